/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: what is told at first, what after it, what to who comes back, and the end. */
#include "base/alloc.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "fixture.h"
#include "server/access.h"
#include "server/events.h"
#include "server/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN         "a-token-of-more-than-enough-characters"
#define AUTHORIZATION "Authorization: Bearer " TOKEN "\r\n"
#define STREAMS       "convergate_http_event_streams"
#define WAITERS       "convergate_http_waiters"

static int listen_to(const struct fixture *fixture, const char *query, const char *last_id)
{
    int fd = client_connect(fixture);
    char request[512];
    /* HTTP/1.0: no chunks, so that the bytes are the stream's own. */
    int length = snprintf(request, sizeof(request),
                          "GET /v1/events%s HTTP/1.0\r\nHost: localhost:%u\r\n%s%s%s\r\n", query,
                          fixture->port, last_id ? "Last-Event-ID: " : "", last_id ? last_id : "",
                          last_id ? "\r\n" : "");

    client_send(fd, request, (size_t)length);
    return fd;
}

/* Reads up to the end of the next frame that has the text; all that was read until then. */
static char *read_frame(int fd, const char *text)
{
    char *head = client_read_until(fd, text);

    assert_non_null(head);
    char *tail = client_read_until(fd, "\n\n");
    assert_non_null(tail);
    size_t size = strlen(head) + strlen(tail) + 1;
    char *all = cvg_alloc_array(size, 1);
    (void)snprintf(all, size, "%s%s", head, tail);
    free(head);
    free(tail);
    return all;
}

static void skip_frame(int fd, const char *text)
{
    free(read_frame(fd, text));
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;

    for (const char *at = text; (at = strstr(at, word)); at += strlen(word)) {
        found++;
    }
    return found;
}

/* The id of the one frame in the text. Free it. */
static char *id_of(const char *text)
{
    const char *at = strstr(text, "id: ");

    assert_non_null(at);
    return cvg_strndup(at + 4, strcspn(at + 4, "\n"));
}

static void a_stream_begins_with_how_all_gates_stand(void **state)
{
    struct fixture *fixture = *state;

    fixture_publish(fixture, STAGING, CVG_HALT, CVG_MINUTE);
    int fd = listen_to(fixture, "", NULL);
    char *text = read_frame(fd, "id: ");
    assert_non_null(strstr(text, "200 OK"));
    assert_non_null(strstr(text, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(text, "X-Accel-Buffering: no\r\n"));
    assert_int_equal(count(text, "event: verdict\n"), 4);
    assert_int_equal(count(text, "id: "), 1);
    assert_non_null(strstr(text, "data: {\"environment\":\"prod\",\"gate\":\"verify\","
                                 "\"verdict\":\"go\",\"unknown\":false,\"phase\":\"ready\","
                                 "\"summary\":\""));
    assert_non_null(strstr(text, "\"environment\":\"staging\",\"gate\":\"deploy\","
                                 "\"verdict\":\"halt\",\"unknown\":false,\"phase\":\"failed\""));
    free(text);
    close(fd);
}

static void changes_come_in_order_and_only_what_was_asked_for(void **state)
{
    struct fixture *fixture = *state;
    int all = listen_to(fixture, "", NULL);
    int one = listen_to(fixture, "?env=prod&gate=verify", NULL);

    skip_frame(all, "id: ");
    char *text = read_frame(one, "id: ");
    assert_int_equal(count(text, "event: verdict\n"), 1);
    free(text);
    fixture_publish(fixture, STAGING, CVG_HALT, CVG_MINUTE);
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE); /* no news */
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    text = read_frame(one, "\"verdict\":\"go\"");
    assert_int_equal(count(text, "event: verdict\n"), 2);
    assert_null(strstr(text, "staging"));
    assert_null(strstr(text, "deploy"));
    assert_true(strstr(text, "\"wait\"") < strstr(text, "\"go\""));
    free(text);
    text = read_frame(all, "\"gate\":\"verify\",\"verdict\":\"go\"");
    assert_int_equal(count(text, "event: verdict\n"), 6);
    assert_int_equal(count(text, "id: "), 6);
    free(text);
    close(all);
    close(one);
}

static void who_comes_back_gets_what_was_missed(void **state)
{
    struct fixture *fixture = *state;
    int fd = listen_to(fixture, "?env=prod", NULL);
    char *text = read_frame(fd, "id: ");
    char *id = id_of(text);

    free(text);
    close(fd);
    fixture_publish(fixture, STAGING, CVG_HALT, CVG_MINUTE);
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    fd = listen_to(fixture, "?env=prod", id);
    text = read_frame(fd, "\"gate\":\"verify\",\"verdict\":\"halt\"");
    assert_int_equal(count(text, "event: verdict\n"), 4); /* two gates, twice; no state before */
    free(text);
    close(fd);
    free(id);
}

static void an_id_that_is_not_known_gets_the_whole_state(void **state)
{
    static const char *const ids[] = {"1-1", "x", "", "18c0ffee-99999999999999999999", "-"};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < CVG_COUNT(ids); i++) {
        int fd = listen_to(fixture, "", ids[i]);
        char *text = read_frame(fd, "id: ");
        assert_int_equal(count(text, "event: verdict\n"), 4);
        free(text);
        close(fd);
    }
}

static void an_id_from_too_long_ago_gets_the_whole_state(void **state)
{
    struct fixture *fixture = *state;
    int fd = listen_to(fixture, "", NULL);
    char *text = read_frame(fd, "id: ");
    char *id = id_of(text);

    free(text);
    close(fd);
    for (unsigned i = 0; i <= CVG_EVENTS_KEPT; i++) {
        fixture_publish(fixture, PROD, i % 2 ? CVG_GO : CVG_WAIT, CVG_MINUTE);
    }
    fd = listen_to(fixture, "", id);
    text = read_frame(fd, "id: ");
    assert_int_equal(count(text, "event: verdict\n"), 4);
    free(text);
    free(id);
    close(fd);
}

static void an_id_from_before_a_reload_gets_the_whole_state(void **state)
{
    struct fixture *fixture = *state;
    int stays = listen_to(fixture, "", NULL);
    char *text = read_frame(stays, "id: ");
    char *id = id_of(text);

    free(text);
    cvg_server_wake_all(fixture->server);
    text = read_frame(stays, "id: "); /* who is there is told it too */
    assert_int_equal(count(text, "event: verdict\n"), 4);
    free(text);
    int back = listen_to(fixture, "", id);
    text = read_frame(back, "id: ");
    assert_int_equal(count(text, "event: verdict\n"), 4);
    free(text);
    free(id);
    close(stays);
    close(back);
}

static void a_stalled_daemon_is_told_as_such(void **state)
{
    struct fixture *fixture = *state;

    fixture_stall(fixture);
    int fd = listen_to(fixture, "?env=prod&gate=deploy", NULL);
    char *text = read_frame(fd, "id: ");
    assert_non_null(strstr(text, "\"verdict\":\"wait\",\"unknown\":true"));
    free(text);
    fixture_beat(fixture);
    cvg_server_wake_all(fixture->server); /* as the next keep-alive does */
    skip_frame(fd, "\"verdict\":\"go\"");
    close(fd);
}

static void clients_that_leave_are_noticed(void **state)
{
    struct fixture *fixture = *state;
    int fds[50];

    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = listen_to(fixture, "", NULL);
    }
    fixture_wait_metric(fixture, STREAMS, CVG_COUNT(fds));
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        close(fds[i]);
    }
    fixture_wait_metric(fixture, STREAMS, 0);
    assert_int_equal(fixture_metric(fixture, WAITERS), 0);
}

static void who_falls_behind_what_is_kept_is_told_so(void **state)
{
    struct fixture *fixture = *state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1 << 24);
    struct cvg_events *events = cvg_events_new();
    struct cvg_snapshot *go = cvg_board_lookup(fixture->board, "prod");
    struct cvg_waiting *nobody = NULL;
    const struct cvg_events_filter all = {.environment = "", .gate = ""};
    const struct cvg_events_filter verify = {.environment = "", .gate = "verify"};
    uint64_t early = 0, late = CVG_EVENTS_KEPT;

    assert_int_equal(cvg_waiting_new(1, &nobody, NULL), 0);
    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    struct cvg_snapshot *halt = cvg_board_lookup(fixture->board, "prod");
    for (unsigned i = 0; i < CVG_EVENTS_KEPT; i++) { /* two gates: two events each */
        cvg_events_publish(events, nobody, i % 2 ? halt : go, i % 2 ? go : halt);
    }
    assert_int_equal(cvg_events_latest(events), 2 * CVG_EVENTS_KEPT);
    assert_false(cvg_events_read(events, &all, &early, SIZE_MAX, &text));
    assert_true(cvg_events_read(events, &verify, &late, SIZE_MAX, &text));
    assert_int_equal(count(cvg_buf_text(&text), "event: verdict\n"), CVG_EVENTS_KEPT / 2);
    assert_int_equal(late, 2 * CVG_EVENTS_KEPT);
    cvg_snapshot_unref(go);
    cvg_snapshot_unref(halt);
    cvg_waiting_free(nobody);
    cvg_events_free(events);
}

static void there_are_places_for_so_many_and_no_more(void **state)
{
    struct fixture *fixture = *state; /* of few places */
    struct reply reply;
    int fds[3];

    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = listen_to(fixture, "", NULL);
    }
    fixture_wait_metric(fixture, STREAMS, CVG_COUNT(fds));
    client_request(fixture, "GET", "/v1/events", "", NULL, &reply);
    assert_int_equal(reply.status, 503);
    assert_string_not_equal(reply_header(&reply, "Retry-After"), "");
    reply_done(&reply);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        close(fds[i]);
    }
    fixture_wait_metric(fixture, WAITERS, 0);
}

static void a_request_that_makes_no_stream_says_why(void **state)
{
    static const struct {
        const char *method, *target;
        unsigned status;
    } table[] = {
        {"HEAD", "/v1/events", 200},
        {"HEAD", "/v1/events?env=prod&gate=verify", 200},
        {"GET", "/v1/events?env=nowhere", 404},
        {"GET", "/v1/events?env=prod&gate=nogate", 404},
        {"GET", "/v1/events?gate=nogate", 404},
        {"GET", "/v1/events?gate=%2e%2e", 404},
        {"GET", "/v1/events?env=", 400},
        {"GET", "/v1/events/prod", 404},
        {"POST", "/v1/events", 405},
        {"DELETE", "/v1/events", 405},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        client_request(*state, table[i].method, table[i].target, "", NULL, &reply);
        if (reply.status != table[i].status) {
            fail_msg("%s %s: %u", table[i].method, table[i].target, reply.status);
        }
        if (*table[i].method == 'H') {
            assert_string_equal(reply_header(&reply, "Content-Type"), "text/event-stream");
            assert_string_equal(reply.body, "");
        }
        reply_done(&reply);
    }
    fixture_wait_metric(*state, WAITERS, 0);
}

/* A token that sees staging alone, or nobody at all. */
static void set_access(struct fixture *fixture, bool has_token)
{
    static const char *const environments[] = {"staging", NULL};
    struct cvg_grant grants[2] = {
        {.name = "watcher", .scopes = CVG_MAY_READ, .environments = environments},
        {.name = "other", .scopes = CVG_MAY_READ, .sha256 = "of nobody"},
    };
    struct cvg_access_options options = {
        .tokens = {.items = has_token ? grants : grants + 1, .count = has_token ? 2 : 1},
        .own_uid = UINT32_MAX,
    };

    cvg_sha256(TOKEN, strlen(TOKEN), grants[0].sha256);
    cvg_server_set_access(fixture->server, cvg_access_new(&options));
}

static void a_stream_shows_what_its_credential_sees(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    set_access(fixture, true);
    client_request(fixture, "GET", "/v1/events", "", NULL, &reply);
    assert_int_equal(reply.status, 401);
    reply_done(&reply);
    client_request(fixture, "GET", "/v1/events?env=prod", AUTHORIZATION, NULL, &reply);
    assert_int_equal(reply.status, 403);
    reply_done(&reply);

    int fd = client_connect(fixture);
    char request[256];
    int length = snprintf(request, sizeof(request),
                          "GET /v1/events HTTP/1.0\r\nHost: localhost:%u\r\n" AUTHORIZATION "\r\n",
                          fixture->port);
    client_send(fd, request, (size_t)length);
    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    char *text = read_frame(fd, "id: ");
    assert_int_equal(count(text, "event: verdict\n"), 2);
    assert_null(strstr(text, "prod"));
    free(text);
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    fixture_publish(fixture, STAGING, CVG_WAIT, CVG_MINUTE);
    text = read_frame(fd, "\"gate\":\"verify\",\"verdict\":\"wait\"");
    assert_null(strstr(text, "prod"));
    free(text);

    set_access(fixture, false); /* the token was taken away */
    cvg_server_wake_all(fixture->server);
    assert_null(client_read_until(fd, "no such text"));
    close(fd);
}

static void a_stop_ends_all_streams(void **state)
{
    struct fixture *fixture = *state;
    int fds[50];

    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = listen_to(fixture, "", NULL);
    }
    fixture_wait_metric(fixture, STREAMS, CVG_COUNT(fds));
    fixture_stop_server(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        char *rest = client_read_until(fds[i], "no such text");
        assert_null(rest);
        close(fds[i]);
    }
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_stream_begins_with_how_all_gates_stand),
        WITH_FIXTURE(changes_come_in_order_and_only_what_was_asked_for),
        WITH_FIXTURE(who_comes_back_gets_what_was_missed),
        WITH_FIXTURE(an_id_that_is_not_known_gets_the_whole_state),
        WITH_FIXTURE(an_id_from_too_long_ago_gets_the_whole_state),
        WITH_FIXTURE(an_id_from_before_a_reload_gets_the_whole_state),
        WITH_FIXTURE(a_stalled_daemon_is_told_as_such),
        WITH_FIXTURE(clients_that_leave_are_noticed),
        WITH_FIXTURE(who_falls_behind_what_is_kept_is_told_so),
        cmocka_unit_test_setup_teardown(there_are_places_for_so_many_and_no_more,
                                        fixture_setup_few_places, fixture_teardown),
        WITH_FIXTURE(a_request_that_makes_no_stream_says_why),
        WITH_FIXTURE(a_stream_shows_what_its_credential_sees),
        WITH_FIXTURE(a_stop_ends_all_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
