/* SPDX-License-Identifier: Apache-2.0 */
/* Watches as an API server sent them, in both encodings and however the bytes are cut. */
#include "dump.h"
#include "encode.h"
#include "recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cvg_kube_kind application = {
    "argoproj.io", "v1alpha1", "Application", "applications", CVG_KUBE_CUSTOM, 0, 1};
static const char protobuf[] = "application/vnd.kubernetes.protobuf;stream=watch";
static const char json[] = "application/json";

static const struct cvg_kube_kind *kind_of(uint32_t type)
{
    return type == CVG_KUBE_CUSTOM ? &application : cvg_kube_kind_of_type(type);
}

struct stream {
    struct cvg_kit_arena *arena;
    struct cvg_kube_frames *frames;
    struct dump dump;
    char error[256];
};

static void open_stream(struct stream *stream, uint32_t type, const char *content_type)
{
    *stream = (struct stream){.arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST)};
    stream->frames = cvg_kube_frames_new(kind_of(type), content_type, stream->arena);
    dump_begin(&stream->dump);
}

static enum cvg_kube_decoded feed(struct stream *stream, const void *bytes, size_t length)
{
    return cvg_kube_frames_feed(stream->frames, bytes, length, dump_event, &stream->dump,
                                stream->error, sizeof(stream->error));
}

static void close_stream(struct stream *stream)
{
    cvg_kube_frames_free(stream->frames);
    cvg_kit_arena_free(stream->arena);
    dump_end(&stream->dump);
}

/* Each piece in memory of its own, so that a read beyond it is seen. */
static void feed_piece(struct stream *stream, const char *bytes, size_t length)
{
    char *piece = malloc(length > 0 ? length : 1);
    assert_non_null(piece);
    memcpy(piece, bytes, length);
    if (feed(stream, piece, length) != CVG_KUBE_OK) {
        fail_msg("%s", stream->error);
    }
    free(piece);
}

static void play(const char *name, uint32_t type, struct dump *ret)
{
    struct recording recording;
    struct stream stream;
    recording_load(name, &recording);
    open_stream(&stream, type, recording.content_type);
    feed_piece(&stream, recording.body, recording.length);
    assert_false(cvg_kube_frames_is_open(stream.frames));
    close_stream(&stream);
    *ret = stream.dump;
    recording_done(&recording);
}

static const struct recorded {
    const char *name;
    uint32_t type;
    int protobuf;
} all[] = {
    {"watch/deployments", CVG_KUBE_DEPLOYMENT, 1},
    {"watch/deployments.labelselector-canary", CVG_KUBE_DEPLOYMENT, 1},
    {"watch/deployments.partialobjectmetadata", CVG_KUBE_DEPLOYMENT, 1},
    {"watch/error-410-old-resourceversion", CVG_KUBE_DEPLOYMENT, 1},
    {"watch/pods", CVG_KUBE_POD, 1},
    {"watch/applications", CVG_KUBE_CUSTOM, 0},
    {"watch/cached-resourceversion-survives-compaction", CVG_KUBE_DEPLOYMENT, 0},
    {"watch/deployments-no-resourceversion-synthetic-added", CVG_KUBE_DEPLOYMENT, 0},
    {"watch/error-410-old-resourceversion-custom-resource", CVG_KUBE_CUSTOM, 0},
    {"watch/nodes.server-sigterm", CVG_KUBE_NODE, 0},
};

static void both_encodings_give_the_same_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char name[128];
        struct dump left, right;
        (void)snprintf(name, sizeof(name), "%s.json.http", all[i].name);
        play(name, all[i].type, &left);
        assert_true(left.count > 0);
        if (all[i].protobuf) {
            (void)snprintf(name, sizeof(name), "%s.pb.http", all[i].name);
            play(name, all[i].type, &right);
            dump_equal(&left, &right, name);
            dump_done(&right);
        }
        dump_done(&left);
    }
}

static void a_watch_tells_what_happened(void **state)
{
    struct dump dump;
    (void)state;
    play("watch/deployments.pb.http", CVG_KUBE_DEPLOYMENT, &dump);
    assert_int_equal(dump.count, 15);
    assert_int_equal(strncmp(dump.text, "type=0\n", 7), 0); /* ADDED */
    assert_non_null(strstr(dump.text, "\ntype=1\n"));       /* MODIFIED */
    assert_non_null(strstr(dump.text, "\ntype=2\n"));       /* DELETED */
    assert_non_null(strstr(dump.text, "\ntype=3\n"));       /* BOOKMARK */
    dump_done(&dump);
    play("watch/error-410-old-resourceversion.pb.http", CVG_KUBE_DEPLOYMENT, &dump);
    assert_non_null(strstr(dump.text, "type=4\n"));
    assert_non_null(strstr(dump.text, "\ncode=410\nreason=\"Expired\"\n"));
    dump_done(&dump);
}

/* Everything before the cut in one piece, everything behind it in another. */
static void cut_everywhere(const char *name, uint32_t type, size_t step)
{
    struct recording recording;
    struct dump whole;
    recording_load(name, &recording);
    play(name, type, &whole);
    for (size_t at = 1; at < recording.length; at += step) {
        struct stream stream;
        open_stream(&stream, type, recording.content_type);
        feed_piece(&stream, recording.body, at);
        feed_piece(&stream, recording.body + at, recording.length - at);
        assert_false(cvg_kube_frames_is_open(stream.frames));
        close_stream(&stream);
        dump_equal(&whole, &stream.dump, name);
        dump_done(&stream.dump);
    }
    dump_done(&whole);
    recording_done(&recording);
}

static void a_cut_anywhere_changes_nothing(void **state)
{
    (void)state;
    cut_everywhere("watch/error-410-old-resourceversion.pb.http", CVG_KUBE_DEPLOYMENT, 1);
    cut_everywhere("watch/error-410-old-resourceversion.json.http", CVG_KUBE_DEPLOYMENT, 1);
    cut_everywhere("watch/applications.json.http", CVG_KUBE_CUSTOM, 1);
    cut_everywhere("watch/deployments.partialobjectmetadata.pb.http", CVG_KUBE_DEPLOYMENT, 97);
    cut_everywhere("watch/pods.pb.http", CVG_KUBE_POD, 89);
    cut_everywhere("watch/pods.json.http", CVG_KUBE_POD, 211);
}

/* Each frame's every byte boundary: pieces of one size, for many sizes. */
static void pieces_of_any_size_give_the_same(void **state)
{
    static const char *const names[] = {"watch/pods.pb.http", "watch/pods.json.http"};
    static const size_t sizes[] = {1, 2, 3, 5, 7, 100, 2048, 4099};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct recording recording;
        struct dump whole;
        recording_load(names[n], &recording);
        play(names[n], CVG_KUBE_POD, &whole);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct stream stream;
            open_stream(&stream, CVG_KUBE_POD, recording.content_type);
            for (size_t at = 0; at < recording.length; at += sizes[i]) {
                size_t left = recording.length - at;
                feed_piece(&stream, recording.body + at, left < sizes[i] ? left : sizes[i]);
            }
            close_stream(&stream);
            dump_equal(&whole, &stream.dump, names[n]);
            dump_done(&stream.dump);
        }
        dump_done(&whole);
        recording_done(&recording);
    }
}

static void a_stream_that_ends_within_a_frame_is_open(void **state)
{
    static const char *const names[] = {"watch/pods.pb.http", "watch/pods.json.http"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        struct recording recording;
        struct stream stream;
        recording_load(names[n], &recording);
        open_stream(&stream, CVG_KUBE_POD, recording.content_type);
        assert_false(cvg_kube_frames_is_open(stream.frames));
        feed_piece(&stream, recording.body, recording.length - 1);
        assert_true(cvg_kube_frames_is_open(stream.frames));
        close_stream(&stream);
        dump_done(&stream.dump);
        recording_done(&recording);
    }
}

static void streaming_lists_end_in_a_bookmark_that_says_so(void **state)
{
    static const char line[] =
        "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{"
        "\"resourceVersion\":\"9\",\"creationTimestamp\":null,\"annotations\":{"
        "\"k8s.io/initial-events-end\":\"true\"}},\"spec\":{\"containers\":null},\"status\":{}}}\n";
    struct stream stream;
    struct encoded meta = {0}, annotation = {0}, object = {0};
    (void)state;
    open_stream(&stream, CVG_KUBE_POD, json);
    assert_int_equal(feed(&stream, line, strlen(line)), CVG_KUBE_OK);
    close_stream(&stream);
    assert_string_equal(stream.dump.text, "type=3\nresource_version=\"9\"\ninitial_end=1\n");
    dump_done(&stream.dump);

    encode_text(&meta, 6, "9");
    encode_text(&annotation, 1, "k8s.io/initial-events-end");
    encode_text(&annotation, 2, "true");
    encode_message(&meta, 12, &annotation);
    encode_message(&object, 1, &meta);
    struct encoded body = encode_body("Pod", &object);
    struct encoded frame = encode_frame("BOOKMARK", &body);
    open_stream(&stream, CVG_KUBE_POD, protobuf);
    assert_int_equal(feed(&stream, frame.bytes, frame.length), CVG_KUBE_OK);
    close_stream(&stream);
    assert_string_equal(stream.dump.text, "type=3\nresource_version=\"9\"\ninitial_end=1\n");
    dump_done(&stream.dump);
    encode_done(&frame);
}

/* ---- what no server should send ---- */

static void check_refused(const char *content_type, const void *bytes, size_t length,
                          enum cvg_kube_decoded wanted, const char *words)
{
    struct stream stream;
    open_stream(&stream, CVG_KUBE_POD, content_type);
    assert_int_equal(feed(&stream, bytes, length), wanted);
    if (strstr(stream.error, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", stream.error, words);
    }
    /* It does not begin to be read again in the middle. */
    assert_int_equal(feed(&stream, "\n", 1), wanted);
    close_stream(&stream);
    assert_int_equal(stream.dump.count, 0);
    dump_done(&stream.dump);
}

static void an_absurd_length_is_refused_at_once(void **state)
{
    static const unsigned char heads[][4] = {
        {0xFF, 0xFF, 0xFF, 0xFF}, {0x80, 0, 0, 0}, {0x00, 0x40, 0x20, 0x00}};
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        check_refused(protobuf, heads[i], 4, CVG_KUBE_TOO_LARGE, "larger than any may be");
    }
    check_refused(protobuf, "\0\0\0\0", 4, CVG_KUBE_BROKEN, "cut short");
}

static void a_line_without_end_is_refused_in_time(void **state)
{
    struct stream stream;
    char piece[4096];
    size_t fed = 0;
    (void)state;
    memset(piece, ' ', sizeof(piece));
    open_stream(&stream, CVG_KUBE_POD, json);
    while (feed(&stream, piece, sizeof(piece)) == CVG_KUBE_OK) {
        fed += sizeof(piece);
        assert_true(fed <= CVG_KUBE_OBJECT_MOST + sizeof(piece) * 2);
    }
    assert_non_null(strstr(stream.error, "larger than any may be"));
    close_stream(&stream);
    dump_done(&stream.dump);
}

static void frames_that_are_none_are_refused(void **state)
{
    static const char *const lines[] = {
        "[]\n",
        "{\"type\":\"ADDED\"}\n",
        "{\"type\":\"ADDED\",\"object\":null}\n",
        "{\"type\":\"LOST\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n",
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"}}}\n",
        "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Node\",\"metadata\":{\"name\":\"a\","
        "\"resourceVersion\":\"1\"}}}\n",
        "{\"type\":\"ADDED\",\"type\":\"ADDED\",\"object\":{}}\n",
        "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{}}}\n",
        "<html>\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        check_refused(json, lines[i], strlen(lines[i]), CVG_KUBE_BROKEN, "offset ");
    }
    check_refused("text/plain", "x", 1, CVG_KUBE_BROKEN, "");
    struct encoded body = {0};
    encode_text(&body, 1, "no magic");
    struct encoded frame = encode_frame("ADDED", &body);
    check_refused(protobuf, frame.bytes, frame.length, CVG_KUBE_BROKEN, "does not begin");
    encode_done(&frame);
    struct encoded meta = encode_meta("a", 0), pod = {0};
    encode_message(&pod, 1, &meta);
    struct encoded other = encode_body("Node", &pod);
    frame = encode_frame("ADDED", &other);
    check_refused(protobuf, frame.bytes, frame.length, CVG_KUBE_BROKEN, "another kind");
    encode_done(&frame);
}

static int stop(void *arg, const struct cvg_kube_event *event)
{
    size_t *count = arg;
    (void)event;
    return ++*count == 3;
}

static void a_visitor_can_end_it(void **state)
{
    struct recording recording;
    struct stream stream;
    size_t count = 0;
    (void)state;
    recording_load("watch/pods.pb.http", &recording);
    open_stream(&stream, CVG_KUBE_POD, recording.content_type);
    assert_int_equal(cvg_kube_frames_feed(stream.frames, recording.body, recording.length, stop,
                                          &count, stream.error, sizeof(stream.error)),
                     CVG_KUBE_STOPPED);
    assert_int_equal(count, 3);
    close_stream(&stream);
    dump_done(&stream.dump);
    recording_done(&recording);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_encodings_give_the_same_events),
        cmocka_unit_test(a_watch_tells_what_happened),
        cmocka_unit_test(a_cut_anywhere_changes_nothing),
        cmocka_unit_test(pieces_of_any_size_give_the_same),
        cmocka_unit_test(a_stream_that_ends_within_a_frame_is_open),
        cmocka_unit_test(streaming_lists_end_in_a_bookmark_that_says_so),
        cmocka_unit_test(an_absurd_length_is_refused_at_once),
        cmocka_unit_test(a_line_without_end_is_refused_in_time),
        cmocka_unit_test(frames_that_are_none_are_refused),
        cmocka_unit_test(a_visitor_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
