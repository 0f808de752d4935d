/* SPDX-License-Identifier: Apache-2.0 */
/* What people do: accept an alarm, ask for a reload. Who may, what is said of it and by whom, and
 * what the deciding thread's outcome becomes. */
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

#define ADMIN "Authorization: Bearer admin-token\r\n"

/* "admin-token" may all, "prod-token" is admin of prod, "ci-token" may decide. */
static void give_tokens(struct fixture *fixture)
{
    static const char *const prod[] = {"prod", NULL};
    struct cvg_grant tokens[] = {
        {.name = "ada", .scopes = CVG_MAY_ALL},
        {.name = "prod", .scopes = CVG_MAY_ALL, .environments = prod},
        {.name = "ci", .scopes = CVG_MAY_READ | CVG_MAY_DECIDE | CVG_MAY_OPERATE},
    };
    static const char *const secrets[] = {"admin-token", "prod-token", "ci-token"};
    struct cvg_access_options options = {.tokens = {tokens, CVG_COUNT(tokens)}};

    for (size_t i = 0; i < CVG_COUNT(tokens); i++) {
        cvg_sha256(secrets[i], strlen(secrets[i]), tokens[i].sha256);
    }
    cvg_server_set_access(fixture->server, cvg_access_new(&options));
}

static void each_outcome_has_its_answer(void **state)
{
    static const struct {
        int outcome;
        unsigned status;
        const char *body;
    } table[] = {
        {CVG_ACCEPT_DONE, 200,
         "{\"environment\":\"prod\",\"check\":\"api\",\"accepted\":true,\"id\":\"a-1\"}"},
        {CVG_ACCEPT_NOTHING, 200,
         "{\"environment\":\"prod\",\"check\":\"api\",\"accepted\":false,\"id\":\"\"}"},
        {CVG_ACCEPT_NO_CHECK, 404, "\"code\":\"NotFound\""},
        {CVG_ACCEPT_UNAVAILABLE, 503,
         "\"code\":\"StoreUnavailable\",\"detail\":\"the disk is full\""},
    };
    struct fixture *fixture = *state;

    give_tokens(fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        fixture->outcome = table[i].outcome;
        client_request(fixture, "POST", "/v1/accept/prod/api", ADMIN,
                       "{\"comment\":\"looked at it\"}", &reply);
        assert_int_equal(reply.status, table[i].status);
        assert_non_null(strstr(reply.body, table[i].body));
        assert_string_equal(reply_header(&reply, "Retry-After"), reply.status == 503 ? "1" : "");
        assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "");
        reply_done(&reply);
        assert_int_equal(fixture->accepted_count, i + 1);
        assert_string_equal(fixture->check, "api");
        assert_string_equal(fixture->actor, "token:ada");
        assert_string_equal(fixture->comment, "looked at it");
    }
}

static void who_may_not_accept_is_refused_before_anything_is_done(void **state)
{
    static const struct {
        const char *path, *headers;
        unsigned status;
        const char *code;
    } table[] = {
        {"/v1/accept/prod/api", "", 401, "CredentialMissing"},
        {"/v1/accept/prod/api", "Authorization: Bearer wrong\r\n", 401, "BadToken"},
        {"/v1/accept/prod/api", "Authorization: Bearer ci-token\r\n", 403, "ScopeMissing"},
        {"/v1/accept/staging/api", "Authorization: Bearer prod-token\r\n", 403,
         "EnvironmentForbidden"},
    };
    struct fixture *fixture = *state;
    struct reply reply;

    /* Without tokens anybody on this machine may ask, but not do what people do. */
    client_request(fixture, "POST", "/v1/accept/prod/api", "", NULL, &reply);
    assert_int_equal(reply.status, 403);
    assert_non_null(strstr(reply.body, "ScopeMissing"));
    reply_done(&reply);
    give_tokens(fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        client_request(fixture, "POST", table[i].path, table[i].headers, NULL, &reply);
        assert_int_equal(reply.status, table[i].status);
        assert_non_null(strstr(reply.body, table[i].code));
        reply_done(&reply);
    }
    assert_int_equal(fixture->accepted_count, 0);
    client_request(fixture, "POST", "/v1/accept/prod/api", "Authorization: Bearer prod-token\r\n",
                   NULL, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    assert_string_equal(fixture->actor, "token:prod");
    assert_string_equal(fixture->comment, "");
}

static void what_is_no_accept_is_refused(void **state)
{
    static const struct {
        const char *method, *path, *headers, *body;
        unsigned status;
    } table[] = {
        {"GET", "/v1/accept/prod/api", "", NULL, 405},
        {"HEAD", "/v1/accept/prod/api", "", NULL, 405},
        {"PUT", "/v1/accept/prod/api", "", NULL, 405},
        {"POST", "/v1/accept/prod", "", NULL, 404},
        {"POST", "/v1/accept", "", NULL, 404},
        {"POST", "/v1/accept/prod/api/more", "", NULL, 404},
        {"POST", "/v1/accept/prod/a%2fb", "", NULL, 404},
        {"POST", "/v1/accept//api", "", NULL, 404},
        {"POST", "/v1/accept/prod/", "", NULL, 404},
        {"POST", "/v1/accept/prod/api", "", "{", 400},
        {"POST", "/v1/accept/prod/api", "", "{\"coment\":\"x\"}", 400},
        {"POST", "/v1/accept/prod/api", "", "{\"comment\":1}", 400},
        {"POST", "/v1/accept/prod/api", "Content-Type: text/plain\r\n", "{}", 415},
    };
    struct fixture *fixture = *state;

    give_tokens(fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char headers[256];
        struct reply reply;
        (void)snprintf(headers, sizeof(headers), "%s%s", ADMIN, table[i].headers);
        client_request(fixture, table[i].method, table[i].path, headers, table[i].body, &reply);
        assert_int_equal(reply.status, table[i].status);
        assert_string_equal(reply_header(&reply, "Allow"), reply.status == 405 ? "POST" : "");
        reply_done(&reply);
    }
    assert_int_equal(fixture->accepted_count, 0);
}

static int post(const struct fixture *fixture, const char *target)
{
    char request[256];
    int fd = client_connect(fixture);
    int length = snprintf(request, sizeof(request),
                          "POST %s HTTP/1.1\r\nHost: localhost:%u\r\n" ADMIN
                          "Connection: close\r\nContent-Length: 0\r\n\r\n",
                          target, fixture->port);

    client_send(fd, request, (size_t)length);
    return fd;
}

static void accepts_and_questions_wait_beside_each_other(void **state)
{
    struct fixture *fixture = *state;
    int fds[3];
    struct reply reply;

    give_tokens(fixture);
    desk_set(fixture, DESK_HOLDS);
    fds[0] = post(fixture, "/v1/accept/prod/api");
    desk_wait_held(fixture, 1);
    fds[1] = post(fixture, "/v1/verdict/prod?app=shop");
    desk_wait_held(fixture, 2);
    fds[2] = post(fixture, "/v1/accept/prod/api");
    desk_wait_held(fixture, 3);
    close(fds[2]); /* who left is not waited for, and harms nobody */
    assert_false(client_has_answer(fds[0], 0));
    desk_release(fixture);
    client_read(fds[0], &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "\"accepted\":true"));
    reply_done(&reply);
    client_read(fds[1], &reply);
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "wait");
    reply_done(&reply);
    close(fds[0]);
    close(fds[1]);
}

static void what_is_not_answered_in_time_says_that_it_may_be_done_yet(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    give_tokens(fixture);
    desk_set(fixture, DESK_HOLDS);
    int fd = post(fixture, "/v1/accept/prod/api");
    desk_wait_held(fixture, 1);
    client_read(fd, &reply); /* the keeper gives it up */
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "\"code\":\"Unanswered\""));
    reply_done(&reply);
    close(fd);
}

static void a_stop_answers_who_waits(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    give_tokens(fixture);
    desk_set(fixture, DESK_HOLDS);
    int fd = post(fixture, "/v1/accept/prod/api");
    desk_wait_held(fixture, 1);
    fixture_stop_server(fixture);
    client_read(fd, &reply);
    assert_int_equal(reply.status, 503);
    reply_done(&reply);
    close(fd);
}

static void a_deciding_thread_that_stalls_is_not_asked(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    give_tokens(fixture);
    fixture_stall(fixture);
    client_request(fixture, "POST", "/v1/accept/prod/api", ADMIN, NULL, &reply);
    assert_int_equal(reply.status, 503);
    assert_non_null(strstr(reply.body, "\"code\":\"DecisionStale\""));
    reply_done(&reply);
    assert_int_equal(fixture->accepted_count, 0);
}

static void a_reload_says_who_asked_for_it(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    give_tokens(fixture);
    client_request(fixture, "POST", "/v1/reload", ADMIN, NULL, &reply);
    assert_int_equal(reply.status, 202);
    reply_done(&reply);
    desk_wait_reload(fixture, 1);
    assert_string_equal(fixture->actor, "token:ada");
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(each_outcome_has_its_answer),
        WITH_SERVER(who_may_not_accept_is_refused_before_anything_is_done),
        WITH_SERVER(what_is_no_accept_is_refused),
        WITH_SERVER(accepts_and_questions_wait_beside_each_other),
        WITH_SERVER(what_is_not_answered_in_time_says_that_it_may_be_done_yet),
        WITH_SERVER(a_stop_answers_who_waits),
        WITH_SERVER(a_deciding_thread_that_stalls_is_not_asked),
        WITH_SERVER(a_reload_says_who_asked_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
