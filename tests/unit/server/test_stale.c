/* SPDX-License-Identifier: Apache-2.0 */
/* A go that may not count any more is never said, on no route. */
#include "base/time.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect_wait(struct fixture *fixture)
{
    static const struct {
        const char *method, *target;
        unsigned status;
    } table[] = {
        {"GET", "/v1/verdict/prod", 200},
        {"HEAD", "/v1/check/prod", 503},
        {"GET", "/v1/check/prod", 503},
        {"POST", "/v1/verdict/prod", 200},
        {"GET", "/v1/verdict/prod/verify", 200},
        {"GET", "/v1/verdict/prod?explain=full", 200},
        {"GET", "/v1/verdict/prod?app=shop", 200},
        {"GET", "/v1/check/prod?app=shop&explain=full", 503},
    };
    struct reply reply;

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        client_request(fixture, table[i].method, table[i].target, "", NULL, &reply);
        if (reply.status != table[i].status || strstr(reply.text, "\"verdict\":\"go\"")) {
            fail_msg("%s %s: %s", table[i].method, table[i].target, reply.text);
        }
        assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
        if (strcmp(table[i].method, "HEAD") != 0) {
            assert_non_null(strstr(reply.body, "\"DecisionStale\""));
            assert_non_null(strstr(reply.body, "\"unknown\":true"));
        }
        reply_done(&reply);
    }
    client_request(fixture, "GET", "/v1/environments", "", NULL, &reply);
    const char *prod = strstr(reply.body, "\"prod\"");
    assert_non_null(prod);
    assert_non_null(strstr(prod, "\"deploy\":\"wait\""));
    reply_done(&reply);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    assert_non_null(strstr(reply.body, "convergate_gate_verdict{environment=\"prod\",gate="
                                       "\"deploy\",verdict=\"go\"} 0\n"));
    assert_non_null(strstr(reply.body, "convergate_gate_verdict{environment=\"prod\",gate="
                                       "\"deploy\",verdict=\"wait\"} 1\n"));
    reply_done(&reply);
}

/* On every route that tells it. */
static void expect_phase(struct fixture *fixture, const char *phase)
{
    static const char *const paths[] = {"/v1/environments", "/v1/environments/prod"};
    char words[128];
    struct reply reply;

    snprintf(words, sizeof(words), "\"environment\":\"prod\",\"phase\":\"%s\"", phase);
    for (size_t i = 0; i < CVG_COUNT(paths); i++) {
        client_request(fixture, "GET", paths[i], "", NULL, &reply);
        assert_non_null(strstr(reply.body, words));
        reply_done(&reply);
    }
    snprintf(words, sizeof(words),
             "convergate_environment_phase{environment=\"prod\",phase=\"%s\"} 1\n", phase);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    assert_non_null(strstr(reply.body, words));
    reply_done(&reply);
}

static void a_stalled_deciding_thread_turns_go_into_wait(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    client_request(fixture, "GET", "/v1/verdict/prod", "", NULL, &reply);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "go");
    reply_done(&reply);

    fixture_stall(fixture);
    expect_wait(fixture);
    /* A question would only wait for a thread that does not answer. */
    client_request(fixture, "POST", "/v1/verdict/prod", "", "{\"app\":\"shop\"}", &reply);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    assert_int_equal(fixture->asked_count, 0);
    reply_done(&reply);
    client_request(fixture, "GET", "/readyz", "", NULL, &reply);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "[-]deciding failed"));
    reply_done(&reply);
    client_request(fixture, "GET", "/livez", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);

    expect_phase(fixture, "unknown");

    fixture_beat(fixture);
    expect_phase(fixture, "ready");
    client_request(fixture, "GET", "/v1/verdict/prod", "", NULL, &reply);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "go");
    reply_done(&reply);
}

static void a_go_past_its_time_turns_into_wait(void **state)
{
    struct fixture *fixture = *state;

    fixture_publish(fixture, PROD, CVG_GO, -1);
    expect_wait(fixture);
}

static void halt_is_not_opened_by_a_stall(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    fixture_publish(fixture, PROD, CVG_HALT, CVG_MINUTE);
    fixture_stall(fixture);
    client_request(fixture, "GET", "/v1/check/prod", "", NULL, &reply);
    assert_int_equal(reply.status, 503);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    reply_done(&reply);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_stalled_deciding_thread_turns_go_into_wait),
        WITH_FIXTURE(a_go_past_its_time_turns_into_wait),
        WITH_FIXTURE(halt_is_not_opened_by_a_stall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
