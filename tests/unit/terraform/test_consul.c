/* SPDX-License-Identifier: Apache-2.0 */
#include "backend.h"
#include "consul_decode.h"
#include "kit/base64.h"
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY  "tf/app"
#define HASH "9b8a2bd75b97274313e8a1b1f4e32414" /* of tf-1.5.7/app/applied.tfstate */

static const struct cvg_place_settings settings = {.path = KEY, .limit = 1 << 20};

/* An answer of /v1/kv/: session NULL: nobody holds it. The caller's to free. */
static char *pair_of(const char *value, size_t length, const char *session, unsigned index)
{
    char *text = cvg_kit_base64_encode(value, length);
    size_t size = strlen(text) + 512;
    char *pair = malloc(size);
    assert_non_null(pair);
    (void)snprintf(pair, size,
                   "[{\"LockIndex\":1,\"Key\":\"tf/app\",\"Flags\":0,\"Value\":\"%s\",%s%s%s"
                   "\"CreateIndex\":7,\"ModifyIndex\":%u}]",
                   text, session ? "\"Session\":\"" : "", session ? session : "",
                   session ? "\"," : "", index);
    free(text);
    return pair;
}

static int set_up(void **state)
{
    *state = service_new();
    service_open(*state, &cvg_tf_consul, &settings);
    return 0;
}

static int tear_down(void **state)
{
    service_free(*state);
    return 0;
}

static void says(struct service *service, const char *path, uint32_t status, const char *body)
{
    service_says(service, &(struct service_says){.path = path, .status = status, .body = body});
}

static void a_plain_value_is_the_state(void **state)
{
    struct service *service = *state;
    char *pair = pair_of("{\"version\": 4}", 14, NULL, 12);
    says(service, "v1/kv/tf/app", 200, pair);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_string_equal(sight->bytes, "{\"version\": 4}");
    assert_int_equal(sight->length, 14);
    assert_int_equal(sight->lock, CVG_PLACE_LOCK_FREE);
    assert_string_equal(service_asked(service),
                        "v1/kv/tf/app/.lock */*\nv1/kv/tf/app */*\nv1/kv/tf/app/.lock */*\n");
    /* The same index: nothing is brought again, and the lock is asked once. */
    sight = service_look(service);
    assert_int_equal(sight->unchanged, 1);
    assert_null(sight->bytes);
    assert_string_equal(service_asked(service), "v1/kv/tf/app/.lock */*\nv1/kv/tf/app */*\n");
    service_forget(service);
    free(pair);
    pair = pair_of("{\"version\": 5}", 14, NULL, 13);
    says(service, "v1/kv/tf/app", 200, pair);
    sight = service_look(service);
    assert_string_equal(sight->bytes, "{\"version\": 5}");
    free(pair);
}

static void compressed_values_are_unpacked(void **state)
{
    struct service *service = *state;
    static const unsigned char gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                         0x03, 0xab, 0x56, 0x2a, 0x4b, 0x2d, 0x2a, 0xce, 0xcc,
                                         0xcf, 0x53, 0xb2, 0x52, 0x30, 0xa9, 0x05, 0x00, 0x8b,
                                         0x8e, 0x48, 0x7f, 0x0e, 0x00, 0x00, 0x00};
    char *pair = pair_of((const char *)gzip, sizeof(gzip), NULL, 12);
    char *torn = pair_of((const char *)gzip, sizeof(gzip) - 3, NULL, 13);
    service_says(service, &(struct service_says){"v1/kv/tf/app", 200, pair, 0, NULL, 1});
    const struct cvg_place_sight *sight = service_look(service);
    assert_string_equal(sight->bytes, "{\"version\": 4}");
    /* A value is written in one piece, so a torn one is nobody's work in progress. */
    says(service, "v1/kv/tf/app", 200, torn);
    sight = service_look(service);
    assert_int_equal(sight->fault, CVG_FAULT_PROTOCOL);
    assert_int_equal(sight->being_written, 0);
    free(pair);
    free(torn);
}

struct chunked {
    char *pointer;
    const char *whole;
    size_t length, half;
};

/* The fixture's pointer, and the state that it is of in two chunks. */
static struct chunked chunked_state(struct service *service)
{
    struct chunked chunked = {0};
    size_t length = 0;
    const char *pointer = service_file(service, "constructed/consul-chunk-pointer.json", &length);
    chunked.pointer = pair_of(pointer, length, NULL, 20);
    chunked.whole = service_file(service, "tf-1.5.7/app/applied.tfstate", &chunked.length);
    chunked.half = chunked.length / 2;
    says(service, "v1/kv/tf/app", 200, chunked.pointer);
    return chunked;
}

static void chunks_are_joined_and_held_against_their_digest(void **state)
{
    struct service *service = *state;
    struct chunked chunked = chunked_state(service);
    const struct service_says
        first = {"/tfstate." HASH "/0?raw", 200, chunked.whole, chunked.half, NULL, 0},
        second = {"/tfstate." HASH "/1?raw",     200,  chunked.whole + chunked.half,
                  chunked.length - chunked.half, NULL, 0};
    service_says(service, &first);
    service_says(service, &second);
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_int_equal(sight->digest_mismatch, 0);
    assert_int_equal(sight->length, chunked.length);
    assert_memory_equal(sight->bytes, chunked.whole, chunked.length);
    /* The pointer is the same: so are the chunks, which are not asked for. */
    sight = service_look(service);
    assert_int_equal(sight->unchanged, 1);
    assert_null(strstr(service_asked(service), "tfstate."));
    free(chunked.pointer);
}

static void another_digest_is_told_each_time(void **state)
{
    struct service *service = *state;
    struct chunked chunked = chunked_state(service);
    says(service, "*/tfstate.", 200, "not that");
    for (int i = 0; i < 2; i++) {
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->digest_mismatch, 1);
        assert_int_equal(sight->unchanged, 0);
    }
    free(chunked.pointer);
}

static void a_chunk_that_is_gone_is_being_written(void **state)
{
    struct service *service = *state;
    struct chunked chunked = chunked_state(service);
    service_says(service,
                 &(struct service_says){"/0?raw", 200, chunked.whole, chunked.half, NULL, 0});
    for (int i = 0; i < 2; i++) {
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->fault, 0);
        assert_int_equal(sight->being_written, 1);
        assert_null(sight->bytes);
        assert_int_equal(sight->unchanged, 0);
    }
    free(chunked.pointer);
}

/* Whoever may write the state's key may not make the daemon read others with its token. */
static void pointers_lead_only_to_the_states_own_chunks(void **state)
{
    (void)state;

    static const struct {
        const char *value;
        enum cvg_tf_consul_value what;
    } cases[] = {
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[\"tf/app/tfstate." HASH "/0\"]}",
         CVG_TF_CONSUL_POINTER},
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[\"vault/keys\"]}", CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[\"tf/app/tfstate." HASH "/1\"]}",
         CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[\"tf/app/tfstate." HASH "/0/x\"]}",
         CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"\",\"chunks\":[\"tf/app/tfstate.abc/0\"]}",
         CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[]}", CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"" HASH "\"}", CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"" HASH "\",\"chunks\":[7]}", CVG_TF_CONSUL_BAD_POINTER},
        {"{\"current-hash\":\"00000000000000000000000000000000\",\"chunks\":[\"tf/app/tfstate." HASH
         "/0\"]}",
         CVG_TF_CONSUL_BAD_POINTER},
        {"{\"version\":4,\"outputs\":{\"current-hash\":{}}}", CVG_TF_CONSUL_DOCUMENT},
        {"{\"current-hash\":", CVG_TF_CONSUL_DOCUMENT},
        {"", CVG_TF_CONSUL_DOCUMENT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_tf_consul_pointer pointer = {0};
        if (cvg_tf_consul_value_read(cases[i].value, strlen(cases[i].value), KEY, &pointer) !=
            cases[i].what) {
            fail_msg("%s", cases[i].value);
        }
    }
}

static void locks_are_told(void **state)
{
    struct service *service = *state;

    static const struct {
        const char *session, *note;
        enum cvg_place_lock lock;
    } cases[] = {
        {"f4f0", "{\"ID\":\"f4f0\"}", CVG_PLACE_LOCK_HELD},
        {"f4f0", NULL, CVG_PLACE_LOCK_HELD},
        {NULL, "{\"ID\":\"f4f0\"}", CVG_PLACE_LOCK_STALE},
        {NULL, NULL, CVG_PLACE_LOCK_FREE},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *lock = pair_of("", 0, cases[i].session, 3);
        service_forget(service);
        says(service, "/.lock", 200, lock);
        if (cases[i].note != NULL) {
            says(service, "/.lockinfo?raw", 200, cases[i].note);
        }
        const struct cvg_place_sight *sight = service_look(service);
        assert_int_equal(sight->fault, 0);
        assert_int_equal(sight->absent, 1);
        assert_int_equal(sight->lock, cases[i].lock);
        assert_string_equal(sight->lock_note, cases[i].note ? cases[i].note : "");
        assert_int_equal(sight->lock_note_length, strlen(sight->lock_note));
        free(lock);
    }
}

static void an_apply_during_the_look_is_seen(void **state)
{
    struct service *service = *state;
    char *held = pair_of("", 0, "f4f0", 3), *pair = pair_of("{}", 2, NULL, 12);
    says(service, "v1/kv/tf/app", 200, pair);
    /* Free before the state was read, held after; and the other way round. */
    service_says(service, &(struct service_says){"/.lock", 404, NULL, 0, NULL, 1});
    service_says(service, &(struct service_says){"/.lock", 200, held, 0, NULL, 2});
    assert_int_equal(service_look(service)->lock, CVG_PLACE_LOCK_HELD);
    service_forget(service);
    free(pair);
    pair = pair_of("{}", 2, NULL, 13);
    says(service, "v1/kv/tf/app", 200, pair);
    service_says(service, &(struct service_says){"/.lock", 200, held, 0, NULL, 1});
    assert_int_equal(service_look(service)->lock, CVG_PLACE_LOCK_HELD);
    free(held);
    free(pair);
}

static void what_is_refused_is_named(void **state)
{
    struct service *service = *state;
    char *free_lock = pair_of("", 0, NULL, 3);

    static const struct {
        const char *path;
        uint32_t status;
        const char *body;
        uint32_t fault;
        const char *reason;
    } cases[] = {
        {"*", 0, NULL, CVG_FAULT_CONNECT, "ConnectFailed"},
        {"*", 403, "Permission denied: token with AccessorID 'secret'", CVG_FAULT_AUTH,
         "Forbidden"},
        {"*", 401, NULL, CVG_FAULT_AUTH, "Unauthorized"},
        {"*", 500, "No cluster leader", CVG_FAULT_PROTOCOL, "SourceError"},
        {"*", 429, NULL, CVG_FAULT_THROTTLED, "Throttled"},
        {"*", 302, NULL, CVG_FAULT_PROTOCOL, "Redirected"},
        {"v1/kv/tf/app", 200, "<html>", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"v1/kv/tf/app", 200, "[]", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"v1/kv/tf/app", 200, "[{\"Value\":\"e30=\"}]", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"v1/kv/tf/app", 200, "[{\"Value\":\"!\",\"ModifyIndex\":7}]", CVG_FAULT_PROTOCOL,
         "BadAnswer"},
        {"v1/kv/tf/app", 200, "[{\"Value\":7,\"ModifyIndex\":7}]", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"/.lock", 200, "{}", CVG_FAULT_PROTOCOL, "BadAnswer"},
        {"/.lockinfo?raw", 500, NULL, CVG_FAULT_PROTOCOL, "SourceError"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service_forget(service);
        says(service, cases[i].path, cases[i].status, cases[i].body);
        says(service, "/.lock", 200, free_lock);
        const struct cvg_place_sight *sight = service_look(service);
        if (sight->fault != cases[i].fault || strcmp(sight->reason, cases[i].reason) != 0) {
            fail_msg("%zu: %u %s", i, sight->fault, sight->reason ? sight->reason : "-");
        }
        assert_null(sight->bytes);
        assert_true(sight->text[0] != '\0');
        assert_null(strstr(sight->text, "secret"));
    }
    free(free_lock);
}

static void a_null_value_is_an_empty_state(void **state)
{
    struct service *service = *state;
    says(service, "v1/kv/tf/app", 200, "[{\"Value\":null,\"ModifyIndex\":7}]");
    const struct cvg_place_sight *sight = service_look(service);
    assert_int_equal(sight->fault, 0);
    assert_non_null(sight->bytes);
    assert_int_equal(sight->length, 0);
}

static void too_much_is_refused(void **state)
{
    struct service *service = *state;
    size_t length = 2 << 20;
    char *bytes = calloc(1, length + 1);
    assert_non_null(bytes);
    memset(bytes, 'a', length);
    service_says(service, &(struct service_says){"v1/kv/tf/app", 200, bytes, length, NULL, 0});
    assert_int_equal(service_look(service)->fault, CVG_FAULT_TOO_LARGE);
    service_forget(service);
    struct chunked chunked = chunked_state(service);
    /* Each chunk is under the limit, and both are not. */
    service_says(service, &(struct service_says){"*/tfstate.", 200, bytes, 600 * 1024, NULL, 0});
    assert_int_equal(service_look(service)->fault, CVG_FAULT_TOO_LARGE);
    free(chunked.pointer);
    free(bytes);
}

static void a_look_can_end_at_every_turn(void **state)
{
    struct service *service = *state;
    char *lock = pair_of("", 0, "f4f0", 3);
    struct chunked chunked = chunked_state(service);
    says(service, "/.lock", 200, lock);
    says(service, "/.lockinfo?raw", 200, "{}");
    says(service, "*/tfstate.", 200, "x");
    struct cvg_place_look *look = NULL;
    unsigned turns = 0;
    while ((look = service_begin(service, turns)) != NULL) {
        cvg_tf_consul.cancel(look);
        turns++;
    }
    assert_int_equal(turns, 9);
    assert_int_equal(service_seen(service), 1);
    /* The source ends in the middle of one. */
    assert_non_null(service_begin(service, 3));
    free(lock);
    free(chunked.pointer);
    service_forget(service);
}

static void settings_are_checked(void **state)
{
    struct service *service = *state;
    struct cvg_place_settings other = settings;
    assert_string_equal(service_check(service, &cvg_tf_consul, &settings, 1), "");
    assert_non_null(
        strstr(service_check(service, &cvg_tf_consul, &settings, 0), "url: is missing"));
    other.path = NULL;
    assert_non_null(strstr(service_check(service, &cvg_tf_consul, &other, 1), "path: is missing"));
    other.path = "/tf";
    assert_non_null(strstr(service_check(service, &cvg_tf_consul, &other, 1), "path: must not"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_plain_value_is_the_state),
        TEST(compressed_values_are_unpacked),
        TEST(chunks_are_joined_and_held_against_their_digest),
        TEST(another_digest_is_told_each_time),
        TEST(a_chunk_that_is_gone_is_being_written),
        TEST(pointers_lead_only_to_the_states_own_chunks),
        TEST(locks_are_told),
        TEST(an_apply_during_the_look_is_seen),
        TEST(what_is_refused_is_named),
        TEST(a_null_value_is_an_empty_state),
        TEST(too_much_is_refused),
        TEST(a_look_can_end_at_every_turn),
        TEST(settings_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
