/* SPDX-License-Identifier: Apache-2.0 */
/* Every route's codes, headers and bodies. */
#include "base/alloc.h"
#include "base/time.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    const char *method, *target;
    unsigned status;
    const char *verdict;  /* X-Gate-Verdict, "" for none */
    const char *contains; /* in the body; NULL: no body at all */
};

static void expect(struct fixture *fixture, const struct expected *expected)
{
    struct reply reply;

    client_request(fixture, expected->method, expected->target, "", NULL, &reply);
    if (reply.status != expected->status) {
        fail_msg("%s %s: %u, not %u: %s", expected->method, expected->target, reply.status,
                 expected->status, reply.text);
    }
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), expected->verdict);
    assert_string_equal(reply_header(&reply, "Cache-Control"), "no-store");
    assert_string_equal(reply_header(&reply, "X-Content-Type-Options"), "nosniff");
    assert_string_equal(reply_header(&reply, "Location"), "");
    if (expected->status >= 400 && !*expected->verdict && expected->contains &&
        strstr(expected->target, "z") == NULL) {
        assert_string_equal(reply_header(&reply, "Content-Type"), "application/problem+json");
    }
    if (!expected->contains) {
        assert_string_equal(reply.body, "");
    } else if (!strstr(reply.body, expected->contains)) {
        fail_msg("%s %s: no '%s' in %s", expected->method, expected->target, expected->contains,
                 reply.body);
    }
    reply_done(&reply);
}

static void publish_refused_reload(struct fixture *fixture)
{
    static const char *const messages[] = {"c.yaml:1:2: error: no"};
    struct cvg_reload_status *status = cvg_reload_status_new();

    status->ticket = 3;
    status->refused = 1;
    status->last_refused = true;
    status->finished_at = CVG_SECOND;
    status->messages = messages;
    status->message_count = 1;
    cvg_board_publish_reload(fixture->board, status);
}

static void each_route_answers_as_documented(void **state)
{
    static const struct expected table[] = {
        {"GET", "/v1/verdict/prod", 200, "go", "\"verdict\":\"go\""},
        {"HEAD", "/v1/verdict/prod", 200, "go", NULL},
        {"POST", "/v1/verdict/prod", 200, "go", "\"verdict\":\"go\""},
        {"GET", "/v1/verdict/prod/verify", 200, "go", "\"gate\":\"verify\""},
        {"GET", "/v1/verdict/prod?gate=verify", 200, "go", "\"gate\":\"verify\""},
        {"GET", "/v1/verdict?env=prod", 200, "go", "\"env\":\"prod\""},
        {"GET", "/v1/verdict?env=prod&gate=verify", 200, "go", "\"gate\":\"verify\""},
        {"GET", "/v1/verdict/pr%6Fd", 200, "go", "\"env\":\"prod\""},
        {"GET", "/v1/verdict/prod?unheard=of&x", 200, "go", "\"env\":\"prod\""},
        {"GET", "/v1/verdict/prod?explain=full", 200, "go", "\"id\":\"\""},
        {"GET", "/v1/verdict/prod?app=shop&rev=abc&label.team=a%20b", 200, "go",
         "\"app\":\"shop\""},
        {"GET", "/v1/check/prod", 200, "go", "\"verdict\":\"go\""},
        {"GET", "/v1/check/prod/verify?app=shop", 200, "go", "\"app\":\"shop\""},
        {"GET", "/v1/verdict/nowhere", 404, "", "no environment"},
        {"GET", "/v1/check/nowhere", 404, "", "no environment"},
        {"GET", "/v1/verdict/prod/nogate", 404, "", "no gate"},
        {"GET", "/v1/verdict/prod?gate=nogate", 404, "", "no gate"},
        {"GET", "/v1/verdict?env=nowhere", 404, "", "no environment"},
        {"GET", "/v1/verdict?env=%2e%2e%2f", 404, "", "no environment"},
        {"GET", "/v1/verdict", 400, "", "NoEnvironment"},
        {"GET", "/v1/verdict/", 404, "", "no such route"},
        {"GET", "/v1/reload", 200, "", "\"result\":\"refused\""},
        {"HEAD", "/v1/reload", 200, "", NULL},
        {"POST", "/v1/reload", 403, "", "Forbidden"},
        {"GET", "/v1/reload/prod", 404, "", "no such route"},
        {"GET", "/readyz?verbose", 200, "", "the last reload was refused"},
        {"GET", "/v1/verdict/prod/", 404, "", "no such route"},
        {"GET", "/v1/verdict/prod/deploy/more", 404, "", "no such route"},
        {"GET", "/v1/verdict/pro%", 404, "", "no such route"},
        {"GET", "/v1/verdicts/prod", 404, "", "no such route"},
        {"GET", "//v1/verdict/prod", 404, "", "no such route"},
        {"GET", "/v1/verdict/prod?gate=", 400, "", "'gate' is empty"},
        {"GET", "/v1/verdict?env=", 400, "", "'env' is empty"},
        {"GET", "/v1/verdict/prod?env=staging", 400, "", "differ"},
        {"GET", "/v1/verdict/prod/deploy?gate=verify", 400, "", "differ"},
        {"GET", "/v1/verdict/prod?gate=deploy&gate=verify", 400, "", "given twice"},
        {"GET", "/v1/verdict/prod?app=a&app=a", 400, "", "given twice"},
        {"GET", "/v1/verdict/prod?rev=a&rev=b", 400, "", "given twice"},
        {"GET", "/v1/verdict/prod?label.a=1&label.a=2", 400, "", "given twice"},
        {"GET", "/v1/verdict/prod?app=%zz", 400, "", "percent-escape"},
        {"GET", "/v1/verdict/prod?app=%ff", 400, "", "UTF-8"},
        {"GET", "/v1/verdict/prod?app=%0a", 400, "", "printable"},
        {"GET", "/v1/verdict/prod?app=%00", 400, "", "zero byte"},
        {"GET", "/v1/verdict/prod%00", 400, "", "zero byte"},
        {"GET", "/v1/verdict/prod?explain=some", 400, "", "explain"},
        {"PUT", "/v1/verdict/prod", 405, "", "MethodNotAllowed"},
        {"OPTIONS", "/v1/verdict/prod", 405, "", "MethodNotAllowed"},
        {"DELETE", "/metrics", 405, "", "MethodNotAllowed"},
        {"POST", "/v1/environments", 405, "", "MethodNotAllowed"},
        {"POST", "/livez", 405, "", "MethodNotAllowed"},
        {"GET", "/v1/environments", 200, "", "\"staging\""},
        {"GET", "/v1/environments?limit=1", 200, "", "\"next\":\"prod\""},
        {"GET", "/v1/environments?limit=1&after=prod", 200, "", "\"next\":\"\""},
        {"GET", "/v1/environments?after=q", 200, "", "\"staging\""},
        {"GET", "/v1/environments?after=zzz", 200, "", "\"environments\":[]"},
        {"GET", "/v1/environments?limit=0", 400, "", "limit"},
        {"GET", "/v1/environments?limit=501", 400, "", "limit"},
        {"GET", "/v1/environments?limit=1&limit=2", 400, "", "given twice"},
        {"GET", "/v1/environments/prod", 200, "", "\"environment\":\"prod\""},
        {"GET", "/v1/environments/nowhere", 404, "", "no environment"},
        {"GET", "/v1/environments/", 404, "", "no such route"},
        {"GET", "/livez", 200, "", "ok"},
        {"GET", "/livez?verbose", 200, "", "[+]process ok\nlivez check passed"},
        {"GET", "/readyz", 200, "", "ok"},
        {"HEAD", "/readyz", 200, "", NULL},
        {"GET", "/healthz", 200, "", "ok"},
        {"GET", "/readyz?verbose", 200, "", "[+]deciding ok\nreadyz check passed"},
        {"GET", "/readyz?verbose&exclude=deciding", 200, "", "[+]deciding excluded: ok"},
        {"GET", "/", 200, "", "\"version\":\"1.2.3\""},
        {"GET", "/metrics", 200, "", "convergate_check_status"},
        {"GET", "/nothing", 404, "", "no such route"},
    };

    publish_refused_reload(*state);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        expect(*state, &table[i]);
    }
}

static void each_verdict_is_printed_with_its_code(void **state)
{
    static const struct {
        uint32_t verdict;
        const char *text;
        unsigned on_check;
    } table[] = {
        {CVG_GO, "go", 200},
        {CVG_WAIT, "wait", 503},
        {CVG_HALT, "halt", 412},
        {CVG_ROLLBACK, "rollback", 412},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char quoted[64];
        struct reply reply;
        (void)snprintf(quoted, sizeof(quoted), "\"verdict\":\"%s\"", table[i].text);
        fixture_publish(fixture, PROD, table[i].verdict, CVG_MINUTE);
        expect(fixture, &(struct expected){"GET", "/v1/verdict/prod", 200, table[i].text, quoted});
        expect(fixture, &(struct expected){"POST", "/v1/check/prod", table[i].on_check,
                                           table[i].text, quoted});
        expect(fixture, &(struct expected){"HEAD", "/v1/check/prod", table[i].on_check,
                                           table[i].text, NULL});
        client_request(fixture, "GET", "/v1/check/prod", "", NULL, &reply);
        assert_int_equal(*reply_header(&reply, "Retry-After") != '\0', table[i].on_check == 503);
        assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
        reply_done(&reply);
    }
}

static void a_refused_method_names_those_allowed(void **state)
{
    struct reply reply;

    client_request(*state, "PATCH", "/v1/check/prod", "", NULL, &reply);
    assert_int_equal(reply.status, 405);
    assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD, POST");
    reply_done(&reply);
    client_request(*state, "PATCH", "/v1/environments/prod", "", NULL, &reply);
    assert_string_equal(reply_header(&reply, "Allow"), "GET, HEAD");
    reply_done(&reply);
}

static void bodies_are_json_and_bounded(void **state)
{
    static const struct {
        const char *headers, *body;
        unsigned status;
        const char *contains;
    } table[] = {
        {"Content-Type: application/json\r\n", "{}", 200, "\"verdict\""},
        {"Content-Type: application/json; charset=utf-8\r\n", "{\"app\":\"shop\"}", 200, "d-1"},
        {"Content-Type: application/cloudevents+json\r\n", "{\"app\":\"shop\"}", 200, "d-1"},
        {"", "{\"app\":\"shop\"}", 200, "d-1"},
        {"Content-Type: text/plain\r\n", "", 200, "\"verdict\""},
        {"Content-Type: application/x-www-form-urlencoded\r\n", "app=shop", 415, "NotJson"},
        {"Content-Type: text/plain\r\n", "{}", 415, "NotJson"},
        {"Content-Type: application/json\r\n", "{\"app\":", 400, "offset"},
        {"Content-Type: application/json\r\n", "[]", 400, "object"},
        {"Content-Type: application/json\r\n", "{\"app\":1}", 400, "'app'"},
        {"Content-Type: application/json\r\n", "{\"app\":\"a\",\"app\":\"b\"}", 400, "duplicate"},
        {"Content-Type: application/json\r\n", "{\"app\":\"a\"} x", 400, "offset"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        client_request(*state, "POST", "/v1/verdict/prod", table[i].headers, table[i].body, &reply);
        if (reply.status != table[i].status || !strstr(reply.body, table[i].contains)) {
            fail_msg("%s%s: %s", table[i].headers, table[i].body, reply.text);
        }
        reply_done(&reply);
    }
}

static void a_body_over_its_limit_is_refused(void **state)
{
    static const size_t sizes[] = {256 * 1024 + 1, 900 * 1024, 3 * 1024 * 1024};

    for (size_t i = 0; i < CVG_COUNT(sizes); i++) {
        char *body = cvg_alloc(sizes[i] + 1);
        struct reply reply;
        memset(body, ' ', sizes[i]);
        client_request(*state, "POST", "/v1/verdict/prod", "", body, &reply);
        /* Of one that is refused unread, the answer may be lost with the connection's reset. */
        if (i < 2 || reply.status) {
            assert_int_equal(reply.status, 413);
        }
        reply_done(&reply);
        free(body);
    }
    expect(*state, &(struct expected){"GET", "/v1/verdict/prod", 200, "go", "\"verdict\""});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_route_answers_as_documented, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(each_verdict_is_printed_with_its_code, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_refused_method_names_those_allowed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(bodies_are_json_and_bounded, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_body_over_its_limit_is_refused, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
