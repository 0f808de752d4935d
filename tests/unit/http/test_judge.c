/* SPDX-License-Identifier: Apache-2.0 */
/* Which answer is which verdict, whose trouble a fault is, and what is told of an answer. */
#include "judge.h"

#include "base/macros.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct cvg_kit_finding finding; /* too large for frames of every test */

static void judge(const struct cvg_http_check_config *config,
                  const struct cvg_http_response *response)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    cvg_http_judge(config, response, arena, &finding);
    cvg_kit_arena_free(arena);
}

static void expect(uint32_t status, const char *reason)
{
    if (finding.reading.status != status || strcmp(finding.reading.reason, reason) != 0) {
        fail_msg("%u %s: %s; wanted %u %s", (unsigned)finding.reading.status,
                 finding.reading.reason, finding.reading.message, (unsigned)status, reason);
    }
}

static const char *fact(const char *name)
{
    for (size_t i = 0; i < finding.reading.fact_count; i++) {
        if (strcmp(finding.facts[i].name, name) == 0) {
            return finding.facts[i].text;
        }
    }
    return "";
}

static void test_statuses_mean_what_the_table_says(void **state)
{
    (void)state;

    static const struct {
        uint32_t code, status;
        const char *reason;
        uint32_t fault;
    } rows[] = {
        {200, CVG_READY, "Answered", CVG_FAULT_NONE},
        {204, CVG_READY, "Answered", CVG_FAULT_NONE},
        {301, CVG_PROGRESSING, "Redirected", CVG_FAULT_NONE},
        {404, CVG_PROGRESSING, "StatusUnexpected", CVG_FAULT_NONE},
        {410, CVG_FAILED, "StatusUnexpected", CVG_FAULT_NONE},
        {500, CVG_PROGRESSING, "StatusUnexpected", CVG_FAULT_NONE},
        {503, CVG_PROGRESSING, "StatusUnexpected", CVG_FAULT_NONE},
        {401, CVG_UNKNOWN, "Unauthorized", CVG_FAULT_AUTH},
        {403, CVG_UNKNOWN, "Forbidden", CVG_FAULT_AUTH},
        {407, CVG_UNKNOWN, "Unauthorized", CVG_FAULT_AUTH},
        {429, CVG_UNKNOWN, "Throttled", CVG_FAULT_THROTTLED},
        {451, CVG_UNKNOWN, "StatusUnexpected", CVG_FAULT_NONE},
    };

    static const struct cvg_pair on_status[] = {{"410-415", "failed"}, {"451", "unknown"}};
    struct cvg_http_check_config config = cvg_test_check();
    config.on_status = (struct cvg_list){.count = 2, .items = on_status};
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_response response = cvg_test_response(rows[i].code, "", "");
        judge(&config, &response);
        expect(rows[i].status, rows[i].reason);
        assert_int_equal(finding.reading.fault, rows[i].fault);
        assert_int_equal(finding.reading.observed_at_ns, 1000);
    }
}

static void test_a_status_that_is_expected_is_no_refusal(void **state)
{
    (void)state;
    static const char *const expected[] = {"401", "429"};
    struct cvg_http_check_config config = cvg_test_check();
    config.status = (struct cvg_list){.count = 2, .items = (const void *)expected};
    struct cvg_http_response response = cvg_test_response(401, "", "");
    judge(&config, &response);
    expect(CVG_READY, "Answered");
}

static void test_a_target_that_refuses_is_no_fault_of_the_source(void **state)
{
    (void)state;
    struct cvg_http_check_config config = cvg_test_check();
    config.path = NULL;
    config.url = "http://other.example.net/";
    struct cvg_http_response response = cvg_test_response(403, "", "");
    judge(&config, &response);
    expect(CVG_UNKNOWN, "Forbidden");
    assert_int_equal(finding.reading.fault, CVG_FAULT_NONE);
}

static void test_come_back_later_is_unknown(void **state)
{
    (void)state;
    struct cvg_http_check_config config = cvg_test_check();
    struct cvg_http_response response = cvg_test_response(503, "", "");
    response.retry_after_ns = INT64_C(7000000000);
    judge(&config, &response);
    expect(CVG_UNKNOWN, "Throttled");
    assert_non_null(strstr(finding.reading.message, "7 s"));
}

static void test_faults_tell_a_target_from_a_source(void **state)
{
    (void)state;

    static const struct {
        uint32_t fault;
        const char *text;
        uint32_t of_target;
        const char *reason;
        uint32_t target_fault;
    } rows[] = {
        {CVG_FAULT_CONNECT, "connect 127.0.0.1:1: Connection refused", CVG_PROGRESSING,
         "ConnectionRefused", CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "connect 127.0.0.1:1: Connection reset by peer", CVG_PROGRESSING,
         "ConnectionReset", CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "resolve a.example: no such name", CVG_PROGRESSING, "NameNotFound",
         CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "connect 192.0.2.1:80: No route to host", CVG_UNKNOWN, "Unreachable",
         CVG_FAULT_NONE},
        {CVG_FAULT_CONNECT, "words that nobody knows", CVG_UNKNOWN, "ConnectFailed",
         CVG_FAULT_NONE},
        {CVG_FAULT_TIMEOUT, "connect 192.0.2.1:80: no answer", CVG_UNKNOWN, "TimedOut",
         CVG_FAULT_NONE},
        {CVG_FAULT_TLS, "certificate has expired", CVG_FAILED, "TlsFailed", CVG_FAULT_NONE},
        {CVG_FAULT_TOO_LARGE, "over 5 bytes", CVG_UNKNOWN, "TooLarge", CVG_FAULT_TOO_LARGE},
        {CVG_FAULT_PROTOCOL, "no HTTP", CVG_UNKNOWN, "BadAnswer", CVG_FAULT_NONE},
    };

    struct cvg_http_check_config below = cvg_test_check(), elsewhere = cvg_test_check();
    elsewhere.path = NULL;
    elsewhere.url = "http://other.example.net/";
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_response response = cvg_test_response(0, "", "");
        response.fault = rows[i].fault;
        response.fault_text = rows[i].text;
        judge(&elsewhere, &response);
        expect(rows[i].of_target, rows[i].reason);
        assert_int_equal(finding.reading.fault, rows[i].target_fault);
        judge(&below, &response);
        expect(CVG_UNKNOWN, rows[i].reason);
        assert_int_equal(finding.reading.fault, rows[i].fault);
    }
}

static void test_looks_at_the_body(void **state)
{
    (void)state;
    static const char *const contains[] = {"healthy", "two"}, *const lacks[] = {"error"};
    struct cvg_http_check_config config = cvg_test_check();
    config.body_contains = (struct cvg_list){.count = 2, .items = (const void *)contains};
    config.body_lacks = (struct cvg_list){.count = 1, .items = (const void *)lacks};
    config.body_matches = "version 1\\.4";
    config.otherwise = CVG_HTTP_OTHERWISE_FAILED;

    static const struct {
        const char *body;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {"healthy two version 1.4", CVG_READY, "Answered"},
        {"healthy two version 1.5", CVG_FAILED, "BodyUnexpected"},
        {"healthy version 1.4", CVG_FAILED, "BodyUnexpected"},
        {"healthy two version 1.4 error", CVG_FAILED, "BodyUnexpected"},
        {"", CVG_FAILED, "BodyUnexpected"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_response response = cvg_test_response(200, "text/plain", rows[i].body);
        judge(&config, &response);
        expect(rows[i].status, rows[i].reason);
    }
}

static struct cvg_http_want wanting(const char *pointer, const char *key, const char *text)
{
    struct cvg_http_want want = cvg_test_want(pointer);
    want.otherwise = CVG_HTTP_OTHERWISE_DEGRADED;
    if (strcmp(key, "equals") == 0) {
        want.equals = text;
    } else if (strcmp(key, "not_equals") == 0) {
        want.not_equals = text;
    } else if (strcmp(key, "condition") == 0) {
        want.condition = text;
    } else if (strcmp(key, "count") == 0) {
        want.count = text;
    } else if (strcmp(key, "matches") == 0) {
        want.matches = text;
    } else if (strcmp(key, "exists") == 0) {
        want.exists = strcmp(text, "true") == 0;
    }
    return want;
}

static void test_compares_values_of_json(void **state)
{
    (void)state;
    static const char document[] =
        "{\"status\":\"green\",\"n\":3,\"text\":\"3.5\",\"t\":true,\"nul\":null,"
        "\"list\":[1,2],\"empty\":[],\"o\":{\"a\":1}}";

    static const struct {
        const char *pointer, *key, *text;
        const char *reason; /* NULL: as wanted */
    } rows[] = {
        {"/status", "", "", NULL},
        {"/nul", "", "", "ValueMissing"},
        {"/gone", "", "", "ValueMissing"},
        {"/status", "equals", "green", NULL},
        {"/status", "equals", "Green", "ConditionNotMet"},
        {"/n", "equals", "3", NULL},
        {"/n", "equals", "3.0", "ConditionNotMet"},
        {"/t", "equals", "true", NULL},
        {"/nul", "equals", "null", NULL},
        {"/list", "equals", "", "ConditionNotMet"},
        {"/status", "not_equals", "red", NULL},
        {"/status", "not_equals", "green", "ConditionNotMet"},
        {"/gone", "not_equals", "green", "ValueMissing"},
        {"/o", "not_equals", "green", "ConditionNotMet"},
        {"/n", "condition", "< 5", NULL},
        {"/n", "condition", ">= 4", "ConditionNotMet"},
        {"/text", "condition", "3..4", NULL},
        {"/status", "condition", "!= 7", "ConditionNotMet"},
        {"/t", "condition", "!= 7", "ConditionNotMet"},
        {"/list", "count", "== 2", NULL},
        {"/empty", "count", "== 0", NULL},
        {"/o", "count", "== 1", NULL},
        {"/n", "count", "== 0", "ConditionNotMet"},
        {"/gone", "count", "== 0", "ValueMissing"},
        {"/status", "matches", "^gr.en$", NULL},
        {"/status", "matches", "^red", "ConditionNotMet"},
        {"/list", "matches", "", "ConditionNotMet"},
        {"/nul", "exists", "true", NULL},
        {"/gone", "exists", "true", "ValueMissing"},
        {"/gone", "exists", "false", NULL},
        {"/nul", "exists", "false", "ConditionNotMet"},
        {"/status", "exists", "false", "ConditionNotMet"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_want want = wanting(rows[i].pointer, rows[i].key, rows[i].text);
        struct cvg_http_check_config config = cvg_test_check_json(&want, 1);
        struct cvg_http_response response = cvg_test_response(200, "application/json", document);
        judge(&config, &response);
        if (rows[i].reason == NULL) {
            expect(CVG_READY, "Answered");
        } else {
            expect(CVG_DEGRADED, rows[i].reason);
        }
    }
}

static void test_the_first_value_that_is_not_as_wanted_decides(void **state)
{
    (void)state;
    struct cvg_http_want wants[] = {wanting("/a", "equals", "1"), wanting("/b", "equals", "1"),
                                    wanting("/c", "equals", "1")};
    wants[1].otherwise = CVG_HTTP_OTHERWISE_FAILED;
    struct cvg_http_check_config config = cvg_test_check_json(wants, 3);
    struct cvg_http_response response =
        cvg_test_response(200, "application/json", "{\"a\":1,\"b\":2,\"c\":2}");
    judge(&config, &response);
    expect(CVG_FAILED, "ConditionNotMet");
    assert_string_equal(finding.reading.message, "/b is 2, must equal '1'");
}

static void test_what_is_no_json_is_never_ready(void **state)
{
    (void)state;

    static const struct {
        const char *type, *body, *reason;
    } rows[] = {
        {"text/html; charset=utf-8", "<html>Log in</html>", "HtmlPage"},
        {"application/json", " \n<!DOCTYPE html><p>", "HtmlPage"},
        {"application/json", "", "NotJson"},
        {"application/json", "{\"gone\":", "NotJson"},
        {"application/json", "{} {}", "NotJson"},
        {"application/json", "ok", "NotJson"},
    };

    /* Even where nothing may be there. */
    struct cvg_http_want want = wanting("/errors", "exists", "false");
    struct cvg_http_check_config config = cvg_test_check_json(&want, 1);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_response response = cvg_test_response(200, rows[i].type, rows[i].body);
        judge(&config, &response);
        expect(CVG_UNKNOWN, rows[i].reason);
        assert_int_equal(finding.reading.fault, CVG_FAULT_PROTOCOL);
    }
}

static void test_tells_facts_and_a_value(void **state)
{
    (void)state;
    static const struct cvg_pair facts[] = {{"version", "/v"},     {"nodes", "/n"}, {"ok", "/t"},
                                            {"missing", "/gone"},  {"list", "/l"},  {"nul", "/z"},
                                            {"control", "/escape"}};
    struct cvg_http_check_config config = cvg_test_check();
    config.facts = (struct cvg_list){.count = CVG_COUNT(facts), .items = facts};
    config.value = "/n";
    struct cvg_http_response response = cvg_test_response(
        200, "application/json",
        "{\"v\":\"1.4\",\"n\":2.50,\"t\":false,\"l\":[1],\"z\":null,\"escape\":\"a\\u001b[2J\"}");
    judge(&config, &response);
    expect(CVG_READY, "Answered");
    assert_true(finding.reading.has_value);
    assert_true(finding.reading.value > 2.49 && finding.reading.value < 2.51);
    assert_string_equal(fact("status"), "200");
    assert_string_equal(fact("response_ms"), "120");
    assert_string_equal(fact("address"), "192.0.2.7");
    assert_string_equal(fact("version"), "1.4");
    assert_string_equal(fact("nodes"), "2.50");
    assert_string_equal(fact("ok"), "false");
    assert_string_equal(fact("missing"), "");
    assert_string_equal(fact("list"), "");
    assert_string_equal(fact("nul"), "");
    assert_string_equal(fact("control"), "");
    config.value = "/v-is-gone";
    judge(&config, &response);
    expect(CVG_PROGRESSING, "ValueMissing");
}

static void test_a_slow_answer_is_degraded(void **state)
{
    (void)state;
    struct cvg_http_check_config config = cvg_test_check();
    struct cvg_http_response response = cvg_test_response(200, "", "");
    config.max_response = INT64_C(120000000);
    judge(&config, &response);
    expect(CVG_READY, "Answered");
    config.max_response--;
    judge(&config, &response);
    expect(CVG_DEGRADED, "Slow");
}

static void test_a_redirect_is_shown_without_its_query(void **state)
{
    (void)state;
    struct cvg_http_check_config config = cvg_test_check();
    struct cvg_http_response response = cvg_test_response(302, "", "");
    response.headers = "HTTP/1.1 302 Found\nLocation: https://sso.example.net/in?token=hush\n";
    judge(&config, &response);
    expect(CVG_PROGRESSING, "Redirected");
    assert_non_null(strstr(finding.reading.message, "https://sso.example.net/in"));
    assert_null(strstr(finding.reading.message, "hush"));
    response.headers = "HTTP/1.1 302 Found\nLocation: https://me:hush@sso.example.net/in\n";
    judge(&config, &response);
    assert_null(strstr(finding.reading.message, "hush"));
}

static void test_a_copy_of_a_check_judges_the_same(void **state)
{
    (void)state;
    struct cvg_http_want want = wanting("/status", "equals", "green");
    struct cvg_http_check_config config = cvg_test_check_json(&want, 1);
    struct cvg_http_response response =
        cvg_test_response(200, "application/json", "{\"status\":\"red\"}");
    struct cvg_kit_arena *copies = cvg_kit_arena_new((size_t)64 << 10);
    const struct cvg_http_check_config *copy = cvg_http_check_copy(&config, copies);
    assert_non_null(copy);
    want.equals = "red";
    judge(copy, &response);
    expect(CVG_DEGRADED, "ConditionNotMet");
    cvg_kit_arena_free(copies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses_mean_what_the_table_says),
        cmocka_unit_test(test_a_status_that_is_expected_is_no_refusal),
        cmocka_unit_test(test_a_target_that_refuses_is_no_fault_of_the_source),
        cmocka_unit_test(test_come_back_later_is_unknown),
        cmocka_unit_test(test_faults_tell_a_target_from_a_source),
        cmocka_unit_test(test_looks_at_the_body),
        cmocka_unit_test(test_compares_values_of_json),
        cmocka_unit_test(test_the_first_value_that_is_not_as_wanted_decides),
        cmocka_unit_test(test_what_is_no_json_is_never_ready),
        cmocka_unit_test(test_tells_facts_and_a_value),
        cmocka_unit_test(test_a_slow_answer_is_degraded),
        cmocka_unit_test(test_a_redirect_is_shown_without_its_query),
        cmocka_unit_test(test_a_copy_of_a_check_judges_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
