/* SPDX-License-Identifier: Apache-2.0 */
/* Long polls: held, woken, given up, left, refused, and all of them answered at the end. */
#include "base/time.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAITERS "convergate_http_waiters"
#define REFUSED "convergate_http_refused_total{limit=\"waiters\"}"
#define SHOP    "{\"app\":\"shop\"}"

static int ask(const struct fixture *fixture, const char *method, const char *target,
               const char *body)
{
    int fd = client_connect(fixture);
    char request[512];
    int length = snprintf(request, sizeof(request),
                          "%s %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          method, target, fixture->port, strlen(body), body);

    client_send(fd, request, (size_t)length);
    return fd;
}

static void expect(int fd, unsigned status, const char *verdict)
{
    struct reply reply;

    client_read(fd, &reply);
    assert_int_equal(reply.status, status);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), verdict);
    reply_done(&reply);
    close(fd);
}

static void setup_wait(struct fixture *fixture)
{
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    fixture_publish(fixture, STAGING, CVG_WAIT, CVG_MINUTE);
}

static void an_answer_that_is_not_wait_comes_at_once(void **state)
{
    struct fixture *fixture = *state;

    expect(ask(fixture, "GET", "/v1/verdict/prod?wait=50s", ""), 200, "go");
    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    expect(ask(fixture, "GET", "/v1/check/prod?wait=50s", ""), 412, "halt");
    expect(ask(fixture, "GET", "/v1/check/prod?wait=0s", ""), 412, "halt");
}

static void each_way_of_asking_is_held_until_the_gate_changes(void **state)
{
    static const struct {
        const char *method, *target, *body;
        unsigned status;
        const char *verdict;
    } table[] = {
        {"GET", "/v1/verdict/prod?wait=50s", "", 200, "halt"},
        {"GET", "/v1/check/prod/verify?wait=50s", "", 412, "halt"},
        {"GET", "/v1/check?env=prod&gate=deploy&wait=50s", "", 412, "halt"},
        {"GET", "/v1/verdict/prod?wait=50s&explain=full", "", 200, "halt"},
        {"GET", "/v1/verdict/prod?wait=50s&app=shop", "", 200, "halt"},
        {"HEAD", "/v1/check/prod?wait=50s", "", 412, "halt"},
        {"POST", "/v1/check/prod?wait=50s", "", 412, "halt"},
    };
    struct fixture *fixture = *state;
    int fds[CVG_COUNT(table)];

    setup_wait(fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        fds[i] = ask(fixture, table[i].method, table[i].target, table[i].body);
    }
    fixture_wait_metric(fixture, WAITERS, CVG_COUNT(table));
    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        expect(fds[i], table[i].status, table[i].verdict);
    }
    fixture_wait_metric(fixture, WAITERS, 0);
}

static void only_those_of_the_gate_are_woken(void **state)
{
    struct fixture *fixture = *state;

    setup_wait(fixture);
    int prod = ask(fixture, "GET", "/v1/verdict/prod?wait=50s", "");
    int staging = ask(fixture, "GET", "/v1/verdict/staging?wait=50s", "");
    fixture_wait_metric(fixture, WAITERS, 2);
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE); /* no news */
    fixture_publish(fixture, STAGING, CVG_GO, CVG_MINUTE);
    expect(staging, 200, "go");
    assert_false(client_has_answer(prod, 100 * CVG_MS));
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    expect(prod, 200, "go");
}

static void a_time_that_is_up_gets_what_there_is(void **state)
{
    struct fixture *fixture = *state;
    int64_t started = cvg_time_now();

    setup_wait(fixture);
    expect(ask(fixture, "GET", "/v1/check/prod?wait=300ms", ""), 503, "wait");
    int64_t took = cvg_time_now() - started;
    assert_true(took >= 300 * CVG_MS && took < 2 * CVG_SECOND);
    expect(ask(fixture, "POST", "/v1/verdict/prod?wait=100ms", SHOP), 200, "wait");
    assert_int_equal(fixture->asked_count, 1); /* recorded once, when it was answered */
}

static void a_post_asks_the_desk_when_the_gate_has_changed(void **state)
{
    struct fixture *fixture = *state;

    setup_wait(fixture);
    desk_set(fixture, DESK_HOLDS);
    int fd = ask(fixture, "POST", "/v1/verdict/prod/verify?wait=50s", SHOP);
    fixture_wait_metric(fixture, WAITERS, 1);
    assert_int_equal(fixture->asked_count, 0);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    desk_wait_held(fixture, 1);
    assert_string_equal(fixture->app, "shop");
    assert_string_equal(fixture->gate, "verify");
    /* The desk of this fixture says wait, and the board too by now: it is held again. */
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    desk_release(fixture);
    assert_false(client_has_answer(fd, 100 * CVG_MS));
    desk_set(fixture, DESK_ANSWERS);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    expect(fd, 200, "wait");
    assert_int_equal(fixture->asked_count, 2);
}

static void a_go_that_is_not_trusted_is_waited_for(void **state)
{
    struct fixture *fixture = *state;

    fixture_stall(fixture);
    int fd = ask(fixture, "GET", "/v1/verdict/prod?wait=50s", "");
    fixture_wait_metric(fixture, WAITERS, 1);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE); /* still stalled */
    assert_false(client_has_answer(fd, 100 * CVG_MS));
    fixture_beat(fixture);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    expect(fd, 200, "go");
    pthread_mutex_lock(&fixture->lock);
    assert_int_equal(fixture->hurried_count, 1); /* it could not be told, so trials come at once */
    pthread_mutex_unlock(&fixture->lock);
}

static void beyond_the_places_the_answer_comes_at_once(void **state)
{
    struct fixture *fixture = *state; /* of few places */
    int fds[3];

    setup_wait(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = ask(fixture, "GET", "/v1/check/prod?wait=50s", "");
    }
    fixture_wait_metric(fixture, WAITERS, 3);
    expect(ask(fixture, "GET", "/v1/check/prod?wait=50s", ""), 503, "wait");
    expect(ask(fixture, "POST", "/v1/check/prod?wait=50s", SHOP), 503, "wait");
    assert_int_equal(fixture_metric(fixture, REFUSED), 2);
    close(fds[0]);
    fixture_wait_metric(fixture, WAITERS, 2); /* the place is free again */
    fds[0] = ask(fixture, "GET", "/v1/check/prod?wait=50s", "");
    fixture_wait_metric(fixture, WAITERS, 3);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        expect(fds[i], 200, "go");
    }
}

static void clients_that_leave_are_noticed(void **state)
{
    struct fixture *fixture = *state;
    int fds[100];

    setup_wait(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = ask(fixture, i % 2 ? "POST" : "GET", "/v1/verdict/prod?wait=50s", "");
    }
    fixture_wait_metric(fixture, WAITERS, CVG_COUNT(fds));
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        close(fds[i]);
    }
    fixture_wait_metric(fixture, WAITERS, 0);
    fixture_wait_metric(fixture, "convergate_http_connections", 1); /* the scrape's own */
}

static void who_closes_only_the_sending_half_is_not_held(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    setup_wait(fixture);
    int fd = ask(fixture, "GET", "/v1/verdict/prod?wait=50s", "");
    fixture_wait_metric(fixture, WAITERS, 1);
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply);
    assert_true(reply.status == 200 || reply.status == 0);
    reply_done(&reply);
    close(fd);
    fixture_wait_metric(fixture, WAITERS, 0);
}

static void a_connection_goes_on_after_waiting(void **state)
{
    struct fixture *fixture = *state;
    int fd = client_connect(fixture);
    char two[512];
    int length = snprintf(two, sizeof(two),
                          "GET /v1/verdict/prod?wait=50s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n"
                          "GET /v1/check/staging?wait=50s HTTP/1.1\r\nHost: localhost:%u\r\n"
                          "Connection: close\r\n\r\n",
                          fixture->port, fixture->port);

    setup_wait(fixture);
    client_send(fd, two, (size_t)length); /* pipelined: the second one waits behind the first */
    fixture_wait_metric(fixture, WAITERS, 1);
    fixture_publish(fixture, STAGING, CVG_HALT, CVG_MINUTE);
    assert_false(client_has_answer(fd, 100 * CVG_MS));
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    char *first = client_read_until(fd, "\r\n\r\n");
    assert_non_null(first);
    assert_non_null(strstr(first, "X-Gate-Verdict: go"));
    free(first);
    char *second = client_read_until(fd, "HTTP/1.1 412");
    assert_non_null(second);
    free(second);
    close(fd);
}

static void a_wait_that_makes_no_sense_is_refused(void **state)
{
    static const char *const values[] = {"30", "56s", "1h", "-1s", "", "soon", "1s&wait=2s"};
    struct reply reply;

    for (size_t i = 0; i < CVG_COUNT(values); i++) {
        char target[128];
        (void)snprintf(target, sizeof(target), "/v1/verdict/prod?wait=%s", values[i]);
        client_request(*state, "GET", target, "", NULL, &reply);
        assert_int_equal(reply.status, 400);
        assert_non_null(strstr(reply.body, "'wait'"));
        reply_done(&reply);
    }
}

static void all_are_answered_when_asked_to(void **state)
{
    struct fixture *fixture = *state;

    setup_wait(fixture);
    int prod = ask(fixture, "GET", "/v1/check/prod?wait=50s", "");
    int staging = ask(fixture, "POST", "/v1/check/staging?wait=50s", SHOP);
    fixture_wait_metric(fixture, WAITERS, 2);
    cvg_server_wake_all(fixture->server);
    expect(prod, 503, "wait");
    expect(staging, 503, "wait");
}

static void a_stop_answers_all_who_wait(void **state)
{
    struct fixture *fixture = *state;
    int64_t started = cvg_time_now();
    int fds[200];

    setup_wait(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = i % 2 ? ask(fixture, "POST", "/v1/check/prod?wait=50s", SHOP)
                       : ask(fixture, "GET", "/v1/check/prod?wait=50s", "");
    }
    fixture_wait_metric(fixture, WAITERS, CVG_COUNT(fds));
    fixture_stop_server(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        expect(fds[i], 503, "wait");
    }
    assert_true(cvg_time_now() - started < 10 * CVG_SECOND);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(an_answer_that_is_not_wait_comes_at_once),
        WITH_FIXTURE(each_way_of_asking_is_held_until_the_gate_changes),
        WITH_FIXTURE(only_those_of_the_gate_are_woken),
        WITH_FIXTURE(a_time_that_is_up_gets_what_there_is),
        WITH_FIXTURE(a_post_asks_the_desk_when_the_gate_has_changed),
        WITH_FIXTURE(a_go_that_is_not_trusted_is_waited_for),
        cmocka_unit_test_setup_teardown(beyond_the_places_the_answer_comes_at_once,
                                        fixture_setup_few_places, fixture_teardown),
        WITH_FIXTURE(clients_that_leave_are_noticed),
        WITH_FIXTURE(who_closes_only_the_sending_half_is_not_held),
        WITH_FIXTURE(a_connection_goes_on_after_waiting),
        WITH_FIXTURE(a_wait_that_makes_no_sense_is_refused),
        WITH_FIXTURE(all_are_answered_when_asked_to),
        WITH_FIXTURE(a_stop_answers_all_who_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
