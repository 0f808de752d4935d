/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded answers and broken ones, to the finding they come to. */
#include "decode.h"

#include "base/alloc.h"
#include "base/macros.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void decode(struct cvg_prom_answer *answer, const char *bytes, size_t length,
                   const char *content_type)
{
    const struct cvg_prom_body body = {bytes, length, content_type};
    cvg_prom_decode(answer, &body);
}

struct golden {
    const char *name, *ready;
    uint32_t reduce; /* enum cvg_prom_reduce */
    uint32_t status, fault;
    const char *reason, *observed; /* observed NULL: not looked at */
};

static void check_golden(const struct golden *row)
{
    struct fixture fixture;
    struct cvg_prom_answer answer = {0};
    struct cvg_prom_finding finding;
    struct cvg_prom_check_config config = check_config(row->ready);
    config.reduce = row->reduce;
    fixture_load(row->name, &fixture);
    fixture_answer(&fixture, &answer);
    check_judge(&config, &answer, &finding);
    const struct cvg_reading *reading = &finding.reading;
    const char *observed = reading->observed ? reading->observed : "";
    if (reading->status != row->status || reading->fault != row->fault ||
        strcmp(reading->reason, row->reason) != 0 ||
        (row->observed != NULL && strcmp(observed, row->observed) != 0)) {
        fail_msg("%s: status %u fault %u %s observed '%s' (%s)", row->name, reading->status,
                 reading->fault, reading->reason, observed, reading->message);
    }
    cvg_prom_answer_done(&answer);
    fixture_done(&fixture);
}

static void test_finds_in_recorded_answers_what_they_mean(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {"query-vector-success", "== 1", CVG_PROM_ALL, CVG_FAILED, 0, "ConditionNotMet", "0"},
        {"query-vector-success", "== 1", CVG_PROM_ANY, CVG_READY, 0, "ConditionMet", "1"},
        {"query-vector-success", "== 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "ManySeries",
         "2 series"},
        {"query-vector-success", ">= 2", CVG_PROM_COUNT, CVG_READY, 0, "ConditionMet", "2"},
        {"query-vector-success-time-rfc3339", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"query-post-form", ">= 1", CVG_PROM_SUM, CVG_READY, 0, "ConditionMet", "4"},
        {"query-unicode-matcher-post", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"query-unicode-labels", "<= 1", CVG_PROM_MAX, CVG_FAILED, 0, "ConditionNotMet", "2"},
        {"query-vector-empty", "< 1", 0, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-vector-empty", "== 0", CVG_PROM_COUNT, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-vector-empty-filter", "< 1", 0, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-vector-empty-sum", "< 1", 0, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-vector-or-vector0", "< 1", 0, CVG_READY, 0, "ConditionMet", "0"},
        {"query-vector-absent", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"query-division-missing-numerator", "< 1", 0, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-division-missing-numerator-guarded", "< 1", 0, CVG_READY, 0, "ConditionMet", "0"},
        {"query-zero-by-zero-nan", "< 1", 0, CVG_UNKNOWN, 0, "NotANumber", "NaN"},
        {"query-zero-by-zero-nan", "!= 1", 0, CVG_UNKNOWN, 0, "NotANumber", "NaN"},
        {"query-nan-comparison-bool", "== 0", 0, CVG_READY, 0, "ConditionMet", "0"},
        {"query-nan-not-greater-bool-inverted", "== 0", 0, CVG_READY, 0, "ConditionMet", "0"},
        {"query-nan-comparison-drops", "< 1", 0, CVG_UNKNOWN, 0, "NoData", "no series"},
        {"query-scalar", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"query-scalar-literal", "== 42", 0, CVG_READY, 0, "ConditionMet", "42"},
        {"query-scalar-of-empty-is-nan", "< 1", 0, CVG_UNKNOWN, 0, "NotANumber", "NaN"},
        {"query-special-floats", "< 1", CVG_PROM_ALL, CVG_FAILED, 0, "ConditionNotMet", "+Inf"},
        {"query-special-floats", "< 1", CVG_PROM_MAX, CVG_UNKNOWN, 0, "NotANumber", "NaN"},
        {"query-special-floats", "< 1", CVG_PROM_SUM, CVG_UNKNOWN, 0, "NotANumber", "NaN"},
        {"query-special-floats", "== 8", CVG_PROM_COUNT, CVG_READY, 0, "ConditionMet", "8"},
        {"query-special-floats", "< 1", CVG_PROM_ANY, CVG_READY, 0, "ConditionMet", "-0"},
        {"query-stats", "== 4", 0, CVG_READY, 0, "ConditionMet", "4"},
        {"query-histogram-quantile", "< 100", 0, CVG_READY, 0, "ConditionMet", NULL},
        {"query-limit-ignored-in-2.42", "< 10", CVG_PROM_ALL, CVG_READY, 0, "ConditionMet", NULL},
        {"query-lookback-delta-ignored-in-2.42", ">= 1", CVG_PROM_COUNT, CVG_READY, 0,
         "ConditionMet", NULL},
        {"query-vector-1000-series", "== 1000", CVG_PROM_COUNT, CVG_READY, 0, "ConditionMet",
         "1000"},
        {"query-matrix-from-instant", "== 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "WrongResultType",
         ""},
        {"query_range-matrix", "== 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "WrongResultType", ""},
        {"query-string", "== 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "WrongResultType", ""},
        {"alerts-via-series", "== 0", CVG_PROM_COUNT, CVG_FAILED, 0, "ConditionNotMet", "2"},
        {"auth-200-basic", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"warnings-empty-result", "< 1", 0, CVG_UNKNOWN, 0, "PartialData", "no series"},
        {"warnings-remote-read-failed", ">= 1", CVG_PROM_SUM, CVG_DEGRADED, 0, "PartialData",
         "4200"},
        {"warnings-remote-read-failed", "< 1", CVG_PROM_SUM, CVG_FAILED, 0, "ConditionNotMet",
         "4200"},
        {"staleness-0-before", "== 3", CVG_PROM_COUNT, CVG_READY, 0, "ConditionMet", "3"},
        {"staleness-1-seconds-after-series-left", "== 3", CVG_PROM_COUNT, CVG_FAILED, 0,
         "ConditionNotMet", "1"},
        {"staleness-2-rate-still-sees-window", ">= 50", 0, CVG_READY, 0, "ConditionMet", "57"},
        {"staleness-4-up-of-failed-target", "== 1", 0, CVG_FAILED, 0, "ConditionNotMet", "0"},
        {"staleness-6-explicit-timestamp-series-after-5m", "> 0", 0, CVG_UNKNOWN, 0, "NoData",
         "no series"},
        {"staleness-7-absent_over_time", "== 1", 0, CVG_READY, 0, "ConditionMet", "1"},
        {"error-bad_data-bad-time-400", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "QueryRejected",
         ""},
        {"error-bad_data-bad-timeout-400", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"error-bad_data-empty-query-400", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"error-bad_data-parse-400", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "QueryRejected", ""},
        {"error-execution-duplicate-labelset-422", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"error-execution-many-to-many-422", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"error-execution-max-samples-422", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"agent-mode-422", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST, "QueryRejected", ""},
        {"query_range-too-many-points-400", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_REQUEST,
         "QueryRejected", ""},
        {"error-timeout-503", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_TIMEOUT, "QueryTimeout", ""},
        {"notready-503-query", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_THROTTLED, "SourceStarting", ""},
        {"notready-503-alerts", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_THROTTLED, "SourceStarting", ""},
        {"auth-401-no-credentials", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_AUTH, "Unauthorized", ""},
        {"notfound-404", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "NotFound", ""},
        {"method-not-allowed", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "NotFound", ""},
        {"ready-200", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "BadAnswer", ""},
        {"alertmanager-v2-alerts", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "BadAnswer", ""},
        {"alerts-firing-and-pending", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "BadAnswer", ""},
        {"rules", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "BadAnswer", ""},
        {"buildinfo", "< 1", 0, CVG_UNKNOWN, CVG_FAULT_PROTOCOL, "BadAnswer", ""},
    };
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        check_golden(&rows[i]);
    }
}

#define VECTOR(elements)                                                                           \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" elements "]}}"
#define ELEMENT "{\"metric\":{},\"value\":[1.5,\"2\"]}"

struct body {
    const char *bytes;
    uint32_t fault;
    const char *reason; /* "" with fault NONE */
};

static void check_body(const struct body *row)
{
    struct cvg_prom_answer answer = {0};
    decode(&answer, row->bytes, strlen(row->bytes), "application/json");
    if (answer.fault != row->fault ||
        (answer.fault != 0 && strcmp(cvg_prom_reason_code(answer.reason), row->reason) != 0)) {
        fail_msg("%s: fault %u %s: %s", row->bytes, answer.fault,
                 cvg_prom_reason_code(answer.reason), answer.problem);
    }
    assert_true(answer.fault == 0 || (answer.count == 0 && answer.problem[0] != '\0'));
    cvg_prom_answer_done(&answer);
}

static void test_takes_only_what_the_api_promises(void **state)
{
    (void)state;

    enum {
        NONE = CVG_FAULT_NONE,
        BAD = CVG_FAULT_PROTOCOL,
        ASK = CVG_FAULT_REQUEST
    };
    static const struct body rows[] = {
        {VECTOR(ELEMENT), NONE, ""},
        {VECTOR(""), NONE, ""},
        {" \n" VECTOR(ELEMENT) "\n", NONE, ""},
        /* Keys in any order, and keys of newer servers. */
        {"{\"data\":{\"result\":[" ELEMENT "],\"resultType\":\"vector\"},\"status\":\"success\"}",
         NONE, ""},
        {"{\"data\":{\"result\":[1,\"2\"],\"resultType\":\"scalar\"},\"status\":\"success\"}", NONE,
         ""},
        {"{\"data\":{\"result\":[1,\"x\"],\"resultType\":\"string\"},\"status\":\"success\"}", ASK,
         "WrongResultType"},
        {"{\"infos\":[\"rate of a gauge\"],\"new\":{\"a\":[null]},\"status\":\"success\",\"data\":{"
         "\"resultType\":\"vector\",\"result\":[],\"analysis\":null}}",
         NONE, ""},
        {"{\"status\":\"success\",\"warnings\":null,\"data\":{\"resultType\":\"vector\","
         "\"result\":[]}}",
         NONE, ""},
        /* Not JSON. */
        {"", BAD, "BadAnswer"},
        {"<html></html>", BAD, "BadAnswer"},
        {"[]", BAD, "BadAnswer"},
        {"null", BAD, "BadAnswer"},
        {"{", BAD, "BadAnswer"},
        {"{}", BAD, "BadAnswer"},
        {VECTOR(ELEMENT) "x", BAD, "BadAnswer"},
        {VECTOR(ELEMENT) "{}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
         "\"result\":[]}}",
         BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{\"a\":\"1\",\"a\":\"2\"},\"value\":[1,\"2\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,\"2\"],\"value\":[1,\"0\"]}"), BAD, "BadAnswer"},
        /* No success, or nothing in it. */
        {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no\"}", BAD, "BadAnswer"},
        {"{\"status\":\"error\",\"data\":{\"resultType\":\"vector\",\"result\":[" ELEMENT "]}}",
         BAD, "BadAnswer"},
        {"{\"data\":{\"resultType\":\"vector\",\"result\":[" ELEMENT "]}}", BAD, "BadAnswer"},
        {"{\"status\":true,\"data\":{\"resultType\":\"vector\",\"result\":[]}}", BAD, "BadAnswer"},
        {"{\"status\":\"success\"}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":null}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":[]}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{}}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"result\":[]}}", BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":null}}", BAD,
         "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}", BAD,
         "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"Vector\",\"result\":[]}}", BAD,
         "BadAnswer"},
        /* A shape that is not the declared one. */
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[1,\"2\"]}}", BAD,
         "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[]}}", BAD,
         "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"x\"]}}", BAD,
         "BadAnswer"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,2]}}", BAD,
         "BadAnswer"},
        /* Elements. */
        {VECTOR("{\"metric\":{},\"value\":[1,2]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[\"1\",\"2\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,\"2\",\"3\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,\"\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,\"2 \"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,\"1e999\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"value\":[1,null]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{\"a\":1},\"value\":[1,\"2\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":[],\"value\":[1,\"2\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"value\":[1,\"2\"]}"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{}}"), BAD, "BadAnswer"},
        {VECTOR(ELEMENT ",7"), BAD, "BadAnswer"},
        {VECTOR("{\"metric\":{},\"histogram\":[1,{\"count\":\"3\",\"sum\":\"4\"}]}"), ASK,
         "WrongResultType"},
        {VECTOR("{\"metric\":{},\"values\":[[1,\"2\"]]}"), ASK, "WrongResultType"},
        {"{\"status\":\"success\",\"data\":{\"resultType\":\"streams\",\"result\":[]}}", ASK,
         "WrongResultType"},
        /* Warnings. */
        {"{\"status\":\"success\",\"warnings\":[1],\"data\":{\"resultType\":\"vector\",\"result\":["
         "]}}",
         BAD, "BadAnswer"},
        {"{\"status\":\"success\",\"isPartial\":\"no\",\"data\":{\"resultType\":\"vector\","
         "\"result\":[]}}",
         BAD, "BadAnswer"},
    };
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        check_body(&rows[i]);
    }
}

static void test_says_what_came_instead_of_json(void **state)
{
    (void)state;
    struct cvg_prom_answer answer = {0};
    decode(&answer, "<html>login</html>", 18, "text/html");
    assert_string_equal(answer.problem, "the answer is not a query's but text/html, 18 bytes");
    cvg_prom_answer_done(&answer);
}

static void test_takes_is_partial_for_partial(void **state)
{
    (void)state;
    static const char body[] =
        "{\"status\":\"success\",\"isPartial\":true,\"data\":{\"resultType\":"
        "\"vector\",\"result\":[" ELEMENT "]}}";
    struct cvg_prom_answer answer = {0};
    struct cvg_prom_finding finding;
    struct cvg_prom_check_config config = check_config("== 2");
    decode(&answer, body, strlen(body), "application/json");
    check_judge(&config, &answer, &finding);
    assert_int_equal(finding.reading.status, CVG_DEGRADED);
    assert_string_equal(finding.reading.reason, "PartialData");
    cvg_prom_answer_done(&answer);
}

/* Up to the ceiling, and one more. */
static void test_refuses_more_series_than_are_allowed(void **state)
{
    (void)state;
    for (size_t count = CVG_PROM_ELEMENT_LIMIT; count <= CVG_PROM_ELEMENT_LIMIT + 1; count++) {
        static const char before[] =
            "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[";
        size_t length = sizeof(before) - 1;
        char *body = cvg_alloc(length + count * (strlen(ELEMENT) + 1) + 8);
        memcpy(body, before, length);
        for (size_t i = 0; i < count; i++) {
            memcpy(body + length, i ? "," ELEMENT : ELEMENT, strlen(ELEMENT) + (i ? 1 : 0));
            length += strlen(ELEMENT) + (i ? 1 : 0);
        }
        memcpy(body + length, "]}}", 3);
        struct cvg_prom_answer answer = {0};
        decode(&answer, body, length + 3, "application/json");
        if (count == CVG_PROM_ELEMENT_LIMIT) {
            assert_int_equal(answer.fault, CVG_FAULT_NONE);
            assert_int_equal(answer.count, count);
        } else {
            assert_int_equal(answer.fault, CVG_FAULT_TOO_LARGE);
        }
        cvg_prom_answer_done(&answer);
        free(body);
    }
}

/* However an answer is cut, it is never evidence. */
static void test_is_never_ready_on_a_truncated_answer(void **state)
{
    (void)state;
    static const char *const names[] = {"query-vector-success", "query-scalar",
                                        "query-special-floats", "query-unicode-labels",
                                        "query-stats",          "warnings-remote-read-failed"};
    struct cvg_prom_check_config config = check_config("> -1");
    config.reduce = CVG_PROM_ANY;
    config.on_empty = CVG_PROM_READY;
    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        struct fixture fixture;
        struct cvg_prom_answer answer = {0};
        fixture_load(names[i], &fixture);
        for (size_t length = 0; length < fixture.response.body_length; length++) {
            char *cut = cvg_strndup(fixture.response.body, length);
            struct cvg_prom_finding finding;
            decode(&answer, cut, length, "application/json");
            check_judge(&config, &answer, &finding);
            assert_int_equal(finding.reading.status, CVG_UNKNOWN);
            assert_int_equal(finding.reading.fault, CVG_FAULT_PROTOCOL);
            free(cut);
        }
        cvg_prom_answer_done(&answer);
        fixture_done(&fixture);
    }
}

static void test_names_what_the_server_said(void **state)
{
    (void)state;

    static const struct {
        const char *fixture, *problem;
    } rows[] = {
        {"error-bad_data-parse-400", "400 bad_data: invalid parameter \"query\": 1:7: parse error: "
                                     "unclosed left parenthesis"},
        {"error-timeout-503", "503 timeout: query timed out in expression evaluation"},
        {"notready-503-query", "503: Service Unavailable; it is starting, or nothing stands behind "
                               "its proxy: look at its /-/ready"},
        {"notfound-404", "404: 404 page not found; is the path in the source's url right?"},
        {"agent-mode-422", "422 execution: unavailable with Prometheus Agent"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct fixture fixture;
        struct cvg_prom_answer answer = {0};
        fixture_load(rows[i].fixture, &fixture);
        fixture_answer(&fixture, &answer);
        assert_string_equal(answer.problem, rows[i].problem);
        cvg_prom_answer_done(&answer);
        fixture_done(&fixture);
    }
}

static void test_tells_statuses_and_faults_apart(void **state)
{
    (void)state;
    static const char json[] = "{\"status\":\"error\",\"errorType\":\"internal\",\"error\":\"x\"}";

    static const struct {
        uint32_t response_fault, status;
        const char *type, *headers, *body;
        uint32_t fault;
        const char *reason, *problem; /* problem NULL: not looked at */
    } rows[] = {
        {CVG_FAULT_TIMEOUT, 0, "", "", "", CVG_FAULT_TIMEOUT, "TimedOut", "why"},
        {CVG_FAULT_CONNECT, 0, "", "", "", CVG_FAULT_CONNECT, "ConnectFailed", "why"},
        {CVG_FAULT_TLS, 0, "", "", "", CVG_FAULT_TLS, "TlsFailed", "why"},
        {CVG_FAULT_TOO_LARGE, 200, "", "", "", CVG_FAULT_TOO_LARGE, "TooLarge", "why"},
        {CVG_FAULT_PROTOCOL, 200, "", "", "", CVG_FAULT_PROTOCOL, "BadAnswer", "why"},
        {CVG_FAULT_AUTH, 0, "", "", "", CVG_FAULT_AUTH, "Unauthorized", "why"},
        {CVG_FAULT_REQUEST, 0, "", "", "", CVG_FAULT_REQUEST, "NotAsked", "why"},
        {CVG_FAULT_BUG, 0, "", "", "", CVG_FAULT_PROTOCOL, "BadAnswer", "why"},
        {0, 302, "text/html", "HTTP/1.1 302 Found\nX: y\nLocation: https://sso/login?s=secret\n",
         "<a>", CVG_FAULT_PROTOCOL, "Redirected", "302: text/html, 3 bytes to https://sso/login"},
        {0, 302, "", "Location: https://u:p@host/\n", "", CVG_FAULT_PROTOCOL, "Redirected", "302"},
        {0, 403, "text/html", "", "<b>", CVG_FAULT_AUTH, "Forbidden", "403: text/html, 3 bytes"},
        {0, 407, "", "", "", CVG_FAULT_AUTH, "Unauthorized", NULL},
        {0, 413, "text/html", "", "<b>", CVG_FAULT_REQUEST, "QueryRejected", NULL},
        {0, 418, "text/plain", "", "teapot", CVG_FAULT_PROTOCOL, "SourceError", "418: teapot"},
        {0, 429, "text/plain", "", "slow", CVG_FAULT_THROTTLED, "Throttled", NULL},
        {0, 499, "", "", "", CVG_FAULT_PROTOCOL, "QueryCanceled", NULL},
        {0, 500, "application/json; charset=utf-8", "", json, CVG_FAULT_PROTOCOL, "SourceError",
         "500 internal: x"},
        {0, 502, "text/html", "", "<b>", CVG_FAULT_PROTOCOL, "SourceError", NULL},
        {0, 504, "text/html", "", "<b>", CVG_FAULT_PROTOCOL, "SourceError", NULL},
        /* The declared type decides how a body is read, not what it looks like. */
        {0, 503, "text/plain", "", json, CVG_FAULT_THROTTLED, "SourceStarting", NULL},
        {0, 503, "application/json", "", json, CVG_FAULT_PROTOCOL, "SourceError", NULL},
        {0, 503, "application/json", "", "{\"errorType\":", CVG_FAULT_THROTTLED, "SourceStarting",
         NULL},
        {0, 400, "application/json", "", "{\"error\":{\"code\":3}}", CVG_FAULT_REQUEST,
         "QueryRejected", "400"},
        {0, 400, "text/plain", "", "a\033[31mb\xff\n", CVG_FAULT_REQUEST, "QueryRejected",
         "400: a?[31mb?"},
        {0, 0, "", "", "", CVG_FAULT_PROTOCOL, "SourceError", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_response response = {.size = sizeof(response),
                                             .fault = rows[i].response_fault,
                                             .fault_text = "why",
                                             .status = rows[i].status,
                                             .content_type = rows[i].type,
                                             .headers = rows[i].headers,
                                             .body = rows[i].body,
                                             .body_length = strlen(rows[i].body)};
        struct cvg_prom_answer answer = {0};
        assert_true(cvg_prom_is_refusal(&response));
        cvg_prom_refuse(&answer, cvg_prom_flavour(CVG_PROM_PROMETHEUS), &response);
        if (answer.fault != rows[i].fault ||
            strcmp(cvg_prom_reason_code(answer.reason), rows[i].reason) != 0 ||
            (rows[i].problem != NULL && strcmp(answer.problem, rows[i].problem) != 0)) {
            fail_msg("row %zu: fault %u %s: %s", i, answer.fault,
                     cvg_prom_reason_code(answer.reason), answer.problem);
        }
        cvg_prom_answer_done(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_in_recorded_answers_what_they_mean),
        cmocka_unit_test(test_takes_only_what_the_api_promises),
        cmocka_unit_test(test_says_what_came_instead_of_json),
        cmocka_unit_test(test_takes_is_partial_for_partial),
        cmocka_unit_test(test_refuses_more_series_than_are_allowed),
        cmocka_unit_test(test_is_never_ready_on_a_truncated_answer),
        cmocka_unit_test(test_names_what_the_server_said),
        cmocka_unit_test(test_tells_statuses_and_faults_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
