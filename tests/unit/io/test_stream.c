/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, pausing, severing, the queue of a lane, redirects, and cancelling from everywhere. */
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/io/harness.h"
#include "unit/io/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BIG ((size_t)8 << 20)

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/* /big: BIG bytes. /hang: a head and silence. /go?N: redirects. Else: ok. */
static void serve(int fd, unsigned number, void *arg)
{
    char request[8192];
    atomic_int *served = arg;
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        atomic_fetch_add(served, 1);
        char *path = strchr(request, '/');
        bool fine = true;
        if (cvg_text_starts(path, "/big")) {
            char *bytes = cvg_alloc(BIG);
            fine = peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n") &&
                   peer_send(fd, bytes, BIG);
            free(bytes);
        } else if (cvg_text_starts(path, "/hang")) {
            fine = peer_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "5\r\nfirst\r\n");
        } else if (cvg_text_starts(path, "/loop")) {
            fine = peer_say(fd, "HTTP/1.1 302 F\r\nLocation: /loop\r\nContent-Length: 1\r\n\r\nx");
        } else if (cvg_text_starts(path, "/away")) {
            fine = peer_say(fd, "HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:1/\r\n"
                                "Content-Length: 4\r\n\r\naway");
        } else if (cvg_text_starts(path, "/see")) {
            fine = peer_say(fd, "HTTP/1.1 303 F\r\nLocation: there?x\r\nContent-Length: 0\r\n\r\n");
        } else if (cvg_text_starts(path, "/there?x")) {
            fine = cvg_text_starts(request, "GET ") && peer_say(fd, ok);
        } else {
            fine = peer_say(fd, ok);
        }
        if (!fine) {
            return;
        }
    }
}

struct fixture {
    struct harness harness;
    struct peer *peer;
    atomic_int served;
};

static void set_up(struct fixture *fixture, const struct cvg_endpoint *settings)
{
    atomic_init(&fixture->served, 0);
    fixture->peer = peer_start(serve, &fixture->served);
    harness_start(&fixture->harness, NULL);
    harness_point(&fixture->harness, peer_port(fixture->peer), settings);
}

static void tear_down(struct fixture *fixture)
{
    harness_stop(&fixture->harness);
    peer_stop(fixture->peer);
}

struct stream {
    struct fixture *fixture;
    struct cvg_op *op;
    struct answer answer;
    size_t bytes;
    int heads;
    bool head, flowing, stop_head, stop_body, cancel_head, cancel_body, end_body, start_more;
    bool pause;
    struct answer other;
};

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct stream *stream = arg;
    assert_ptr_equal(op, stream->op);
    assert_int_equal(head->status, 200);
    assert_true(head->connection > 0);
    stream->head = true;
    stream->heads++;
    if (stream->cancel_head) {
        cvg_op_cancel(op);
    }
    return stream->stop_head ? 1 : 0;
}

static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct stream *stream = arg;
    assert_non_null(bytes);
    stream->bytes += length;
    stream->flowing = true;
    if (stream->start_more) {
        stream->start_more = false;
        struct cvg_http_request request = {
            .size = sizeof request, .path = "/", .on_done = answer_take, .arg = &stream->other};
        cvg_http_start(&stream->fixture->harness.scope, &request);
        assert_false(stream->other.done);
    }
    if (stream->pause && stream->bytes >= 200000) {
        stream->pause = false;
        cvg_http_pause(op);
    }
    if (stream->cancel_body) {
        cvg_op_cancel(op);
    }
    if (stream->end_body) {
        cvg_scope_end(&stream->fixture->harness.scope);
    }
    return stream->stop_body ? 1 : 0;
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct stream *stream = arg;
    answer_take(&stream->answer, op, response);
    cvg_op_cancel(op); /* of no effect in the last callback */
}

static void start(struct stream *stream, struct fixture *fixture, const char *path, uint32_t flags)
{
    stream->fixture = fixture;
    struct cvg_http_request request = {
        .size = sizeof request,
        .path = path,
        .flags = flags,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_done,
        .arg = stream,
    };
    stream->op = cvg_http_start(&fixture->harness.scope, &request);
}

static void test_a_paused_stream_holds_and_goes_on(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stream stream = {.pause = true};
    struct answer other = {0};
    set_up(&fixture, NULL);
    start(&stream, &fixture, "/big", CVG_HTTP_STREAM);
    const int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (stream.pause && cvg_time_now() < deadline) {
        harness_run(&fixture.harness, 10 * CVG_MS);
    }
    size_t held = stream.bytes;
    harness_run(&fixture.harness, 200 * CVG_MS);
    assert_int_equal(stream.bytes, held);
    assert_true(held < BIG);
    harness_get(&fixture.harness, "/", &other);
    assert_int_equal(other.status, 200);

    cvg_http_resume(stream.op);
    assert_int_equal(stream.bytes, held);
    harness_wait(&fixture.harness, &stream.answer.done);
    assert_int_equal(stream.answer.fault, CVG_FAULT_NONE);
    assert_int_equal(stream.bytes, BIG);
    assert_int_equal(stream.heads, 1);
    answer_clear(&stream.answer);
    answer_clear(&other);
    tear_down(&fixture);
}

static void test_severing_ends_the_stream_and_the_next_is_fresh(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stream stream = {0};
    struct answer other = {0};
    set_up(&fixture, NULL);
    start(&stream, &fixture, "/hang", CVG_HTTP_STREAM);
    harness_wait(&fixture.harness, &stream.flowing);
    cvg_http_sever(stream.op);
    cvg_http_sever(stream.op);
    assert_false(stream.answer.done);
    harness_wait(&fixture.harness, &stream.answer.done);
    assert_int_equal(stream.answer.fault, CVG_FAULT_CONNECT);
    assert_non_null(strstr(stream.answer.fault_text, "given up"));
    harness_get(&fixture.harness, "/", &other);
    assert_int_equal(other.status, 200);
    assert_true(other.connection > stream.answer.connection);
    answer_clear(&stream.answer);
    answer_clear(&other);
    tear_down(&fixture);
}

static void test_the_owner_ends_a_transfer(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct fixture fixture;
        struct stream stream = {.stop_head = way == 0, .stop_body = way == 1};
        set_up(&fixture, NULL);
        start(&stream, &fixture, "/big", 0);
        harness_wait(&fixture.harness, &stream.answer.done);
        assert_int_equal(stream.answer.fault, CVG_FAULT_NONE);
        assert_int_equal(stream.answer.status, 200);
        assert_true(way == 0 ? stream.bytes == 0 : stream.bytes > 0);
        assert_true(stream.bytes < BIG);
        assert_int_equal(stream.answer.calls, 1);
        answer_clear(&stream.answer);
        tear_down(&fixture);
    }
}

static void test_cancelling_from_its_own_callbacks_is_silent(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct fixture fixture;
        struct stream stream = {
            .cancel_head = way == 0, .cancel_body = way == 1, .end_body = way == 2};
        set_up(&fixture, NULL);
        start(&stream, &fixture, "/hang", CVG_HTTP_STREAM);
        harness_wait(&fixture.harness, way == 0 ? &stream.head : &stream.flowing);
        harness_run(&fixture.harness, 50 * CVG_MS);
        assert_int_equal(stream.answer.calls, 0);
        assert_int_equal(stream.heads, 1);
        assert_int_equal(cvg_scope_count(&fixture.harness.scope), 0);
        assert_int_equal(cvg_lane_stats(fixture.harness.lane).in_flight, 0);
        tear_down(&fixture);
    }
}

static void test_starting_another_from_a_body(void **state)
{
    (void)state;
    struct fixture fixture;
    struct stream stream = {.start_more = true};
    set_up(&fixture, NULL);
    start(&stream, &fixture, "/hang", CVG_HTTP_STREAM);
    harness_wait(&fixture.harness, &stream.other.done);
    assert_int_equal(stream.other.status, 200);
    assert_false(stream.answer.done);
    answer_clear(&stream.other);
    tear_down(&fixture);
}

static void test_the_lane_keeps_its_cap_and_its_order(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cvg_endpoint settings = {.concurrency = 1};
    struct answer answers[4] = {0};
    struct cvg_op *ops[4];
    set_up(&fixture, &settings);
    struct stream stream = {0};
    start(&stream, &fixture, "/hang", CVG_HTTP_STREAM); /* not counted */
    for (int i = 0; i < 4; i++) {
        struct cvg_http_request request = {
            .size = sizeof request, .path = "/", .on_done = answer_take, .arg = &answers[i]};
        ops[i] = cvg_http_start(&fixture.harness.scope, &request);
    }
    assert_int_equal(cvg_lane_stats(fixture.harness.lane).in_flight, 1);
    assert_int_equal(cvg_lane_stats(fixture.harness.lane).queued, 3);
    cvg_op_cancel(ops[2]);
    assert_int_equal(cvg_lane_stats(fixture.harness.lane).queued, 2);
    harness_wait(&fixture.harness, &answers[3].done);
    assert_true(answers[0].done && answers[1].done);
    assert_int_equal(answers[2].calls, 0);
    assert_int_equal(answers[1].connection, answers[0].connection);
    assert_int_equal(answers[3].connection, answers[0].connection);
    assert_int_equal(cvg_lane_stats(fixture.harness.lane).in_flight, 0);
    for (int i = 0; i < 4; i++) {
        answer_clear(&answers[i]);
    }
    tear_down(&fixture);
}

static void test_the_deadline_counts_in_the_queue(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cvg_endpoint settings = {.concurrency = 1};
    struct answer first = {0}, second = {0};
    set_up(&fixture, &settings);
    struct cvg_http_request request = {.size = sizeof request,
                                       .path = "/hang",
                                       .timeout_ns = 400 * CVG_MS,
                                       .on_done = answer_take,
                                       .arg = &first};
    cvg_http_start(&fixture.harness.scope, &request);
    fixture.harness.scope.deadline_ns = cvg_time_now() + 100 * CVG_MS;
    request.timeout_ns = 0;
    request.arg = &second;
    cvg_http_start(&fixture.harness.scope, &request);
    harness_wait(&fixture.harness, &second.done);
    assert_false(first.done);
    assert_int_equal(second.fault, CVG_FAULT_TIMEOUT);
    assert_non_null(strstr(second.fault_text, "for the requests before it"));
    harness_wait(&fixture.harness, &first.done);
    assert_int_equal(first.fault, CVG_FAULT_TIMEOUT);
    answer_clear(&first);
    answer_clear(&second);
    tear_down(&fixture);
}

static void test_redirects(void **state)
{
    (void)state;
    struct fixture fixture;
    struct answer answer = {0};
    set_up(&fixture, NULL);

    static const struct {
        const char *path;
        uint32_t flags, status;
        const char *body;
        int served;
    } table[] = {
        {"/loop", 0, 302, "x", 1},
        {"/loop", CVG_HTTP_FOLLOW, 302, "x", 6},
        {"/away", CVG_HTTP_FOLLOW, 302, "away", 1},
        {"/see", CVG_HTTP_FOLLOW, 200, "ok", 2},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        atomic_store(&fixture.served, 0);
        struct cvg_http_request request = {.path = table[i].path,
                                           .flags = table[i].flags,
                                           .method = "POST",
                                           .body = "b",
                                           .body_length = 1};
        harness_ask(&fixture.harness, &request, &answer);
        assert_int_equal(answer.fault, CVG_FAULT_NONE);
        assert_int_equal(answer.status, table[i].status);
        assert_string_equal(answer.body, table[i].body);
        assert_int_equal(atomic_load(&fixture.served), table[i].served);
    }
    answer_clear(&answer);
    tear_down(&fixture);
}

static void test_many_at_once(void **state)
{
    (void)state;

    enum {
        MANY = 300
    };
    struct fixture fixture;
    struct answer *answers = cvg_alloc_array(MANY, sizeof *answers);
    set_up(&fixture, NULL);
    for (int i = 0; i < MANY; i++) {
        struct cvg_http_request request = {
            .size = sizeof request, .path = "/", .on_done = answer_take, .arg = &answers[i]};
        struct cvg_op *op = cvg_http_start(&fixture.harness.scope, &request);
        if (i % 3 == 0) {
            cvg_op_cancel(op);
        }
    }
    for (int i = 0; i < MANY; i++) {
        if (i % 3 == 0) {
            continue;
        }
        harness_wait(&fixture.harness, &answers[i].done);
        assert_int_equal(answers[i].status, 200);
        answer_clear(&answers[i]);
    }
    assert_true(peer_connections(fixture.peer) <= 33);
    free(answers);
    tear_down(&fixture);
}

static void test_an_ended_scope_never_calls(void **state)
{
    (void)state;
    struct fixture fixture;
    struct answer answer = {0};
    set_up(&fixture, NULL);
    struct cvg_http_request request = {
        .size = sizeof request, .path = "/", .on_done = answer_take, .arg = &answer};
    cvg_http_start(&fixture.harness.scope, &request);
    cvg_scope_end(&fixture.harness.scope);
    cvg_scope_end(&fixture.harness.scope);
    struct cvg_op *op = cvg_http_start(&fixture.harness.scope, &request);
    assert_non_null(op);
    cvg_http_pause(op);
    cvg_http_resume(op);
    cvg_http_sever(op);
    cvg_op_cancel(op);
    harness_run(&fixture.harness, 50 * CVG_MS);
    assert_int_equal(answer.calls, 0);
    tear_down(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_paused_stream_holds_and_goes_on),
        cmocka_unit_test(test_severing_ends_the_stream_and_the_next_is_fresh),
        cmocka_unit_test(test_the_owner_ends_a_transfer),
        cmocka_unit_test(test_cancelling_from_its_own_callbacks_is_silent),
        cmocka_unit_test(test_starting_another_from_a_body),
        cmocka_unit_test(test_the_lane_keeps_its_cap_and_its_order),
        cmocka_unit_test(test_the_deadline_counts_in_the_queue),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_an_ended_scope_never_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
