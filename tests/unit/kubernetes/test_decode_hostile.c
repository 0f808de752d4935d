/* SPDX-License-Identifier: Apache-2.0 */
/* What no API server should send: it is refused with a reason, and costs a bounded amount. */
#include "dump.h"
#include "encode.h"
#include "looking.h"
#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char protobuf[] = "application/vnd.kubernetes.protobuf";
static const struct cvg_kube_kind widget = {"example.org",   "v1", "Widget", "widgets",
                                            CVG_KUBE_CUSTOM, 0,    1};

struct taken {
    enum cvg_kube_decoded decoded;
    char error[256];
    struct cvg_kit_arena *arena;
    const struct cvg_kube_view *view;
};

static struct taken take(const struct cvg_kube_kind *kind, const char *type, const void *body,
                         size_t length)
{
    struct taken taken = {.arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST)};
    /* Memory of exactly its size, so that a read beyond it is seen. */
    char *copy = malloc(length > 0 ? length : 1);
    assert_non_null(copy);
    memcpy(copy, body, length);
    taken.decoded = cvg_kube_decode_object(kind, type, copy, length, taken.arena, &taken.view,
                                           taken.error, sizeof(taken.error));
    free(copy);
    return taken;
}

static void check(struct taken *taken, enum cvg_kube_decoded wanted, const char *words)
{
    if (taken->decoded != wanted || strstr(taken->error, words) == NULL) {
        fail_msg("%d \"%s\" where %d \"%s\" is wanted", (int)taken->decoded, taken->error,
                 (int)wanted, words);
    }
    cvg_kit_arena_free(taken->arena);
}

static void check_json(const struct cvg_kube_kind *kind, const char *body,
                       enum cvg_kube_decoded wanted, const char *words)
{
    struct taken taken = take(kind, "application/json", body, strlen(body));
    check(&taken, wanted, words);
}

static struct encoded pod_with(struct encoded *status)
{
    struct encoded pod = {0}, meta = encode_meta("a", 0);
    encode_message(&pod, 1, &meta);
    if (status != NULL) {
        encode_message(&pod, 3, status);
    }
    return encode_body("Pod", &pod);
}

static void check_body(struct encoded *body, enum cvg_kube_decoded wanted, const char *words)
{
    struct taken taken =
        take(cvg_kube_kind_of_type(CVG_KUBE_POD), protobuf, body->bytes, body->length);
    check(&taken, wanted, words);
    encode_done(body);
}

/* ---- envelopes ---- */

static void a_body_that_is_cut_anywhere_is_refused(void **state)
{
    struct recording recording;
    (void)state;
    recording_load("views/deployment-web.pb.http", &recording);
    for (size_t length = 0; length < recording.length - 4; length++) {
        struct taken taken =
            take(cvg_kube_kind_of_type(CVG_KUBE_DEPLOYMENT), protobuf, recording.body, length);
        check(&taken, CVG_KUBE_BROKEN, "offset ");
    }
    recording_done(&recording);
    recording_load("views/deployment-web.json.http", &recording);
    for (size_t length = 0; length < recording.length - 1; length++) {
        struct taken taken = take(cvg_kube_kind_of_type(CVG_KUBE_DEPLOYMENT), "application/json",
                                  recording.body, length);
        check(&taken, CVG_KUBE_BROKEN, "offset ");
    }
    recording_done(&recording);
}

static void a_list_that_is_cut_anywhere_is_no_list(void **state)
{
    static const char *const names[] = {"lists/statefulsets.pb.http",
                                        "lists/statefulsets.json.http"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct recording recording;
        recording_load(names[n], &recording);
        for (size_t length = 0; length < recording.length - 4; length++) {
            struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
            struct cvg_kube_list_end end = {0};
            struct dump dump;
            char error[256];
            dump_begin(&dump);
            assert_int_equal(cvg_kube_decode_list(cvg_kube_kind_of_type(CVG_KUBE_STATEFULSET),
                                                  recording.content_type, recording.body, length,
                                                  arena, dump_view, &dump, &end, error,
                                                  sizeof(error)),
                             CVG_KUBE_BROKEN);
            assert_string_not_equal(error, "");
            assert_null(end.resource_version);
            dump_end(&dump);
            dump_done(&dump);
            cvg_kit_arena_free(arena);
        }
        recording_done(&recording);
    }
}

static void envelopes_of_another_make_are_refused(void **state)
{
    (void)state;
    struct encoded body = pod_with(NULL);
    body.bytes[0] = 'K';
    check_body(&body, CVG_KUBE_BROKEN, "does not begin");
    body = (struct encoded){0};
    encode_raw(&body, "k8s", 4);
    check_body(&body, CVG_KUBE_BROKEN, "envelope");
    struct encoded meta = encode_meta("a", 0), pod = {0};
    encode_message(&pod, 1, &meta);
    body = encode_body("Pod", &pod);
    encode_text(&body, 3, "gzip");
    check_body(&body, CVG_KUBE_BROKEN, "encoded once more");
    body = pod_with(NULL);
    encode_raw(&body, "\x0b\x0c", 2); /* a group */
    check_body(&body, CVG_KUBE_BROKEN, "envelope");
    body = pod_with(NULL);
    encode_raw(&body, "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11); /* 2^64 - 1 bytes */
    check_body(&body, CVG_KUBE_BROKEN, "envelope");
    body = pod_with(NULL);
    encode_raw(&body, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13); /* 84 bits */
    check_body(&body, CVG_KUBE_BROKEN, "envelope");
}

static void unknown_fields_are_passed_over(void **state)
{
    struct encoded pod = {0}, meta = encode_meta("a", 0), status = {0};
    (void)state;
    encode_number(&meta, 9999, 1);
    encode_text(&meta, 536870911, "the largest number of a field");
    encode_message(&pod, 1, &meta);
    encode_text(&status, 1, "Running");
    encode_raw(&status, "\xc1\x3e\0\0\0\0\0\0\0\0", 10); /* 1000, eight bytes */
    encode_raw(&status, "\xc5\x3e\0\0\0\0", 6);          /* 1000, four bytes */
    encode_message(&pod, 3, &status);
    struct encoded body = encode_body("Pod", &pod);
    struct taken taken =
        take(cvg_kube_kind_of_type(CVG_KUBE_POD), protobuf, body.bytes, body.length);
    assert_int_equal(taken.decoded, CVG_KUBE_OK);
    assert_string_equal(taken.view->of.pod.phase, "Running");
    check(&taken, CVG_KUBE_OK, "");
    encode_done(&body);
}

/* ---- what is in an object ---- */

static void an_object_without_a_name_is_refused(void **state)
{
    (void)state;
    struct encoded pod = {0}, empty = {0};
    struct encoded body = encode_body("Pod", &empty);
    check_body(&body, CVG_KUBE_BROKEN, "no name");
    struct encoded meta = encode_meta("", 0);
    encode_message(&pod, 1, &meta);
    body = encode_body("Pod", &pod);
    check_body(&body, CVG_KUBE_BROKEN, "no name");
    check_json(&widget, "{}", CVG_KUBE_BROKEN, "no name");
    check_json(&widget, "{\"metadata\":{\"name\":17}}", CVG_KUBE_BROKEN, "no name");
    check_json(&widget, "{\"metadata\":[]}", CVG_KUBE_BROKEN, "no name");
    check_json(&widget, "[]", CVG_KUBE_BROKEN, "is none");
}

static void texts_that_are_no_utf8_are_refused(void **state)
{
    static const char *const texts[] = {"\xff",
                                        "a\xc3",
                                        "\xc0\x80",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "long enough for eight\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct encoded status = {0};
        encode_text(&status, 3, texts[i]);
        struct encoded body = pod_with(&status);
        check_body(&body, CVG_KUBE_BROKEN, "UTF-8");
        char json[128];
        (void)snprintf(json, sizeof(json), "{\"metadata\":{\"name\":\"%s\"}}", texts[i]);
        check_json(&widget, json, CVG_KUBE_BROKEN, "UTF-8");
    }
    struct encoded status = {0};
    encode_text(&status, 3, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\x80");
    struct encoded body = pod_with(&status);
    check_body(&body, CVG_KUBE_OK, "");
}

static void negative_and_absurd_counts_are_refused(void **state)
{
    static const struct count {
        int64_t value;
        const char *words;
    } counts[] = {{-1, "negative"}, {INT32_MIN, "negative"}};

    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct encoded container = {0}, status = {0};
        encode_text(&container, 1, "main");
        encode_number(&container, 5, counts[i].value);
        encode_message(&status, 8, &container);
        struct encoded body = pod_with(&status);
        check_body(&body, CVG_KUBE_BROKEN, counts[i].words);
    }
    const struct cvg_kube_kind *kind = cvg_kube_kind_of_type(CVG_KUBE_DEPLOYMENT);
    check_json(kind, "{\"metadata\":{\"name\":\"a\"},\"status\":{\"replicas\":-1}}",
               CVG_KUBE_BROKEN, "negative");
    check_json(kind, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":2147483648}}",
               CVG_KUBE_BROKEN, "larger");
    check_json(kind, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":\"3\"}}",
               CVG_KUBE_BROKEN, "whole number");
    check_json(kind, "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":1.5}}", CVG_KUBE_BROKEN,
               "whole number");
    check_json(kind, "{\"metadata\":{\"name\":\"a\",\"generation\":-3}}", CVG_KUBE_BROKEN,
               "negative");
    check_json(kind, "{\"metadata\":{\"name\":\"a\",\"generation\":9223372036854775808}}",
               CVG_KUBE_BROKEN, "whole number");
}

static void a_deletion_is_never_missed(void **state)
{
    struct encoded pod = {0}, meta = encode_meta("a", 0), time = {0};
    (void)state;
    encode_number(&time, 1, -62135596801); /* before the year 1 */
    encode_message(&meta, 9, &time);
    encode_message(&pod, 1, &meta);
    struct encoded body = encode_body("Pod", &pod);
    check_body(&body, CVG_KUBE_BROKEN, "deletion");
    check_json(&widget, "{\"metadata\":{\"name\":\"a\",\"deletionTimestamp\":\"soon\"}}",
               CVG_KUBE_BROKEN, "deletion");
    check_json(&widget, "{\"metadata\":{\"name\":\"a\",\"deletionTimestamp\":null}}", CVG_KUBE_OK,
               "");
}

static void keys_that_stand_twice_are_refused(void **state)
{
    (void)state;
    check_json(&widget, "{\"metadata\":{\"name\":\"a\",\"name\":\"b\"}}", CVG_KUBE_BROKEN,
               "duplicate");
    check_json(&widget, "{\"metadata\":{\"name\":\"a\",\"n\\u0061me\":\"b\"}}", CVG_KUBE_BROKEN,
               "duplicate");
    check_json(&widget, "{\"metadata\":{\"name\":\"a\"}} {}", CVG_KUBE_BROKEN, "offset ");
}

/* ---- sizes ---- */

static void large_objects_are_taken_and_larger_ones_refused(void **state)
{
    static const struct size {
        size_t bytes;
        enum cvg_kube_decoded wanted;
    } sizes[] = {{3u << 19, CVG_KUBE_OK}, {(4u << 20) + 1, CVG_KUBE_TOO_LARGE}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct encoded pod = {0}, meta = encode_meta("a", sizes[i].bytes);
        encode_message(&pod, 1, &meta);
        struct encoded body = encode_body("Pod", &pod);
        /* The same as the one item of a list, and as JSON. */
        struct encoded item = {0}, list = {0}, list_meta = {0}, json = {0};
        encode_text(&list_meta, 2, "17");
        encode_message(&list, 1, &list_meta);
        meta = encode_meta("a", sizes[i].bytes);
        encode_message(&item, 1, &meta);
        encode_message(&list, 2, &item);
        struct encoded page = encode_body("PodList", &list);
        const char *open = "{\"metadata\":{\"name\":\"a\"},\"x\":\"";
        encode_raw(&json, open, strlen(open));
        char *text = malloc(sizes[i].bytes);
        assert_non_null(text);
        memset(text, 'x', sizes[i].bytes);
        encode_raw(&json, text, sizes[i].bytes);
        encode_raw(&json, "\"}", 2);
        free(text);

        struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
        struct cvg_kube_list_end end = {0};
        struct dump dump;
        char error[256];
        dump_begin(&dump);
        assert_int_equal(cvg_kube_decode_list(cvg_kube_kind_of_type(CVG_KUBE_POD), protobuf,
                                              (const char *)page.bytes, page.length, arena,
                                              dump_view, &dump, &end, error, sizeof(error)),
                         sizes[i].wanted);
        cvg_kube_list_end_done(&end);
        dump_end(&dump);
        dump_done(&dump);
        cvg_kit_arena_free(arena);
        struct taken taken = take(&widget, "application/json", json.bytes, json.length);
        check(&taken, sizes[i].wanted, "");
        check_body(&body, sizes[i].wanted, "");
        encode_done(&page);
        encode_done(&json);
    }
}

static void many_small_values_end_at_the_ceiling(void **state)
{
    struct encoded json = {0};
    (void)state;
    const char *open = "{\"metadata\":{\"name\":\"a\"},\"x\":[0";
    encode_raw(&json, open, strlen(open));
    while (json.length < CVG_KUBE_OBJECT_MOST - 8) {
        encode_raw(&json, ",0", 2);
    }
    encode_raw(&json, "]}", 2);
    struct taken taken = take(&widget, "application/json", json.bytes, json.length);
    check(&taken, CVG_KUBE_TOO_LARGE, "too large");
    encode_done(&json);
}

static void depth_is_bounded(void **state)
{
    static const struct depth {
        size_t depth;
        enum cvg_kube_decoded wanted;
    } depths[] = {{CVG_KUBE_DEPTH_MOST - 1, CVG_KUBE_OK},
                  {CVG_KUBE_DEPTH_MOST, CVG_KUBE_BROKEN},
                  {100000, CVG_KUBE_BROKEN}};

    static const char *const places[] = {"\"x\":",
                                         "\"metadata\":{\"name\":\"a\",\"managedFields\":"};
    (void)state;
    for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        for (size_t place = 0; place < 2; place++) {
            struct encoded json = {0};
            size_t depth = depths[i].depth - place;
            encode_raw(&json, "{", 1);
            encode_raw(&json, places[place], strlen(places[place]));
            for (size_t j = 0; j < depth; j++) {
                encode_raw(&json, "[", 1);
            }
            for (size_t j = 0; j < depth; j++) {
                encode_raw(&json, "]", 1);
            }
            const char *end = place == 1 ? "}}" : ",\"metadata\":{\"name\":\"a\"}}";
            encode_raw(&json, end, strlen(end));
            struct taken taken = take(&widget, "application/json", json.bytes, json.length);
            check(&taken, depths[i].wanted, "");
            encode_done(&json);
        }
    }
}

/* ---- custom resources, whose status is written by whoever may ---- */

static void whatever_a_custom_status_is_the_object_can_be_read(void **state)
{
    static const struct status {
        const char *json;
        int has_status;
        int64_t observed;
        size_t conditions;
        const char *phase;
    } statuses[] = {
        {"null", 0, CVG_KUBE_ABSENT, 0, ""},
        {"{}", 0, CVG_KUBE_ABSENT, 0, ""},
        {"17", 0, CVG_KUBE_ABSENT, 0, ""},
        {"\"fine\"", 0, CVG_KUBE_ABSENT, 0, ""},
        {"{\"observedGeneration\":3}", 1, 3, 0, ""},
        {"{\"observedGeneration\":\"3\"}", 1, 3, 0, ""},
        {"{\"observedGeneration\":\"5f8dd9c6c4\"}", 1, CVG_KUBE_ABSENT, 0, ""},
        {"{\"observedGeneration\":-3}", 1, 0, 0, ""},
        {"{\"observedGeneration\":null}", 1, CVG_KUBE_ABSENT, 0, ""},
        {"{\"phase\":[],\"conditions\":{}}", 1, CVG_KUBE_ABSENT, 0, ""},
        {"{\"phase\":\"Running\",\"conditions\":[17,{},{\"type\":5},{\"type\":\"Ready\"}]}", 1,
         CVG_KUBE_ABSENT, 1, "Running"},
        {"{\"conditions\":[{\"type\":\"Ready\",\"status\":true,\"observedGeneration\":-1,"
         "\"lastTransitionTime\":\"never\"}]}",
         1, CVG_KUBE_ABSENT, 1, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char json[512];
        (void)snprintf(json, sizeof(json), "{\"metadata\":{\"name\":\"a\"},\"status\":%s}",
                       statuses[i].json);
        struct taken taken = take(&widget, "application/json", json, strlen(json));
        if (taken.decoded != CVG_KUBE_OK || taken.view->has_status != statuses[i].has_status ||
            taken.view->observed_generation != statuses[i].observed ||
            taken.view->condition_count != statuses[i].conditions ||
            strcmp(taken.view->phase, statuses[i].phase) != 0) {
            fail_msg("%s: %s", statuses[i].json, taken.error);
        }
        const char *ready = condition_status(taken.view, "Ready");
        assert_true(strcmp(ready, "True") != 0 && strcmp(ready, "False") != 0);
        check(&taken, CVG_KUBE_OK, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_that_is_cut_anywhere_is_refused),
        cmocka_unit_test(a_list_that_is_cut_anywhere_is_no_list),
        cmocka_unit_test(envelopes_of_another_make_are_refused),
        cmocka_unit_test(unknown_fields_are_passed_over),
        cmocka_unit_test(an_object_without_a_name_is_refused),
        cmocka_unit_test(texts_that_are_no_utf8_are_refused),
        cmocka_unit_test(negative_and_absurd_counts_are_refused),
        cmocka_unit_test(a_deletion_is_never_missed),
        cmocka_unit_test(keys_that_stand_twice_are_refused),
        cmocka_unit_test(large_objects_are_taken_and_larger_ones_refused),
        cmocka_unit_test(many_small_values_end_at_the_ceiling),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(whatever_a_custom_status_is_the_object_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
