/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that the deciding thread answers: suspended, answered, given up, abandoned. */
#include "base/time.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SHOP "{\"app\":\"shop\",\"revision\":\"abc\",\"labels\":{\"team\":\"pay\"}}"

static size_t asked(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->lock);
    size_t count = fixture->asked_count;
    pthread_mutex_unlock(&fixture->lock);
    return count;
}

static int post(const struct fixture *fixture, const char *target)
{
    int fd = client_connect(fixture);
    char request[512];
    int length = snprintf(request, sizeof(request),
                          "POST %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          target, fixture->port, strlen(SHOP), SHOP);

    client_send(fd, request, (size_t)length);
    return fd;
}

static void a_post_with_a_subject_is_answered_by_the_desk(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    client_request(fixture, "POST", "/v1/verdict/prod/verify", "", SHOP, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    assert_string_equal(reply.body, "{\"verdict\":\"wait\",\"id\":\"d-1\",\"app\":\"shop\"}");
    reply_done(&reply);
    assert_string_equal(fixture->app, "shop");
    assert_string_equal(fixture->revision, "abc");
    assert_string_equal(fixture->label, "pay");
    assert_string_equal(fixture->gate, "verify");

    client_request(fixture, "POST", "/v1/check/prod?app=cart&rev=r2&label.team=x", "", NULL,
                   &reply);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply_header(&reply, "Retry-After"), "9");
    reply_done(&reply);
    assert_string_equal(fixture->app, "cart");
    assert_string_equal(fixture->revision, "r2");
    assert_string_equal(fixture->label, "x");
    assert_string_equal(fixture->gate, "deploy");
    assert_int_equal(asked(fixture), 2);
}

static void only_a_post_with_a_subject_is_recorded(void **state)
{
    static const struct {
        const char *method, *target, *body;
    } table[] = {
        {"POST", "/v1/verdict/prod", NULL},
        {"POST", "/v1/verdict/prod", "{}"},
        {"POST", "/v1/verdict/prod", "{\"commits\":[\"a\"],\"unheard\":{}}"},
        {"POST", "/v1/verdict/prod?app=", "{\"app\":\"\"}"},
        {"GET", "/v1/verdict/prod?app=shop", NULL},
        {"GET", "/v1/verdict/prod", SHOP},
        {"HEAD", "/v1/verdict/prod?app=shop", NULL},
        {"POST", "/v1/verdict/nowhere", SHOP},
        {"POST", "/v1/verdict/prod/nogate", SHOP},
        {"POST", "/v1/verdict/prod?app=cart", SHOP},
        {"POST", "/v1/verdict/prod?label.team=cart", SHOP},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        client_request(*state, table[i].method, table[i].target, "", table[i].body, &reply);
        assert_true(reply.status == 200 || reply.status == 404 || reply.status == 400);
        reply_done(&reply);
    }
    assert_int_equal(asked(*state), 0);
}

static void a_gate_that_went_meanwhile_is_not_found(void **state)
{
    struct reply reply;

    desk_set(*state, DESK_NOT_FOUND);
    client_request(*state, "POST", "/v1/verdict/prod", "", SHOP, &reply);
    assert_int_equal(reply.status, 404);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "");
    reply_done(&reply);
}

static void others_are_answered_while_questions_wait(void **state)
{
    struct fixture *fixture = *state;
    int waiting[16];
    struct reply reply;

    desk_set(fixture, DESK_HOLDS);
    for (size_t i = 0; i < CVG_COUNT(waiting); i++) {
        waiting[i] = post(fixture, "/v1/verdict/prod");
    }
    desk_wait_held(fixture, CVG_COUNT(waiting));
    client_request(fixture, "GET", "/v1/verdict/prod", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    desk_release(fixture);
    for (size_t i = 0; i < CVG_COUNT(waiting); i++) {
        client_read(waiting[i], &reply);
        assert_int_equal(reply.status, 200);
        assert_non_null(strstr(reply.body, "d-1"));
        reply_done(&reply);
        close(waiting[i]);
    }
}

static void a_recorded_go_that_comes_back_too_late_is_no_go(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    fixture->verdict = CVG_GO;
    for (int stalls = 0; stalls <= 1; stalls++) {
        desk_set(fixture, DESK_HOLDS);
        int fd = post(fixture, "/v1/check/prod");
        desk_wait_held(fixture, 1);
        if (stalls) {
            fixture_stall(fixture);
        } else {
            fixture_publish(fixture, PROD, CVG_GO, -1);
        }
        desk_release(fixture);
        client_read(fd, &reply);
        assert_int_equal(reply.status, 503);
        assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
        assert_non_null(strstr(reply.body, "\"DecisionStale\""));
        reply_done(&reply);
        close(fd);
        fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    }
    fixture_beat(fixture);
    desk_set(fixture, DESK_ANSWERS);
    client_request(fixture, "POST", "/v1/check/prod", "", SHOP, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
}

/* After a long stop of the machine the gate has decided anew before the go of then is told. */
static void a_recorded_go_past_its_own_time_is_no_go(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    fixture->verdict = CVG_GO;
    fixture->valid_for = -1;
    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    client_request(fixture, "POST", "/v1/check/prod", "", SHOP, &reply);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    reply_done(&reply);
}

static void a_client_that_left_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    desk_set(fixture, DESK_HOLDS);
    for (size_t i = 0; i < 8; i++) {
        int fd = post(fixture, "/v1/verdict/prod");
        desk_wait_held(fixture, i + 1);
        close(fd);
    }
    desk_release(fixture);
    desk_set(fixture, DESK_ANSWERS);
    client_request(fixture, "POST", "/v1/verdict/prod", "", SHOP, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
}

static void stopping_answers_those_who_wait_and_survives_their_late_answers(void **state)
{
    struct fixture *fixture = *state;
    int verdict = 0, check = 0;
    struct reply reply;

    desk_set(fixture, DESK_HOLDS);
    verdict = post(fixture, "/v1/verdict/prod");
    check = post(fixture, "/v1/check/prod");
    desk_wait_held(fixture, 2);
    fixture_stop_server(fixture);
    desk_release(fixture); /* after the server has gone */

    client_read(verdict, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    assert_non_null(strstr(reply.body, "DecisionStale"));
    reply_done(&reply);
    client_read(check, &reply);
    assert_int_equal(reply.status, 503);
    reply_done(&reply);
    close(verdict);
    close(check);
}

static void a_question_that_is_not_answered_in_time_is_given_up(void **state)
{
    struct fixture *fixture = *state;
    int64_t started = cvg_time_now();
    struct reply reply;
    int fd = 0;

    desk_set(fixture, DESK_HOLDS);
    fd = post(fixture, "/v1/verdict/prod");
    client_read(fd, &reply);
    close(fd);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    assert_non_null(strstr(reply.body, "DecisionStale"));
    assert_true(cvg_time_now() - started >= CVG_HEARTBEAT_LIMIT);
    reply_done(&reply);
    desk_release(fixture); /* too late */
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_post_with_a_subject_is_answered_by_the_desk),
        WITH_FIXTURE(only_a_post_with_a_subject_is_recorded),
        WITH_FIXTURE(a_gate_that_went_meanwhile_is_not_found),
        WITH_FIXTURE(others_are_answered_while_questions_wait),
        WITH_FIXTURE(a_recorded_go_that_comes_back_too_late_is_no_go),
        WITH_FIXTURE(a_recorded_go_past_its_own_time_is_no_go),
        WITH_FIXTURE(a_client_that_left_does_no_harm),
        WITH_FIXTURE(stopping_answers_those_who_wait_and_survives_their_late_answers),
        WITH_FIXTURE(a_question_that_is_not_answered_in_time_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
