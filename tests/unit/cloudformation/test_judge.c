/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the query API, and what each means. */
#include "judge.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?>\n<DescribeStacksResponse "                                            \
    "xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\n<DescribeStacksResult>\n"     \
    "<Stacks>"
#define TAIL                                                                                       \
    "</Stacks></DescribeStacksResult><ResponseMetadata><RequestId>r</RequestId>"                   \
    "</ResponseMetadata></DescribeStacksResponse>"
#define ARN "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0a1b"
#define MEMBER(more)                                                                               \
    "<member><StackName>shop</StackName><StackId>" ARN "</StackId>" more "</member>"

struct outcome {
    struct cvg_kit_finding finding;
    char verdict[96];
};

static void judge(const struct cvg_cfn_check_config *config, uint32_t status, const char *body,
                  struct outcome *ret)
{
    static const char *const names[] = {"unknown", "failed", "degraded", "progressing", "ready"};
    const struct cvg_http_response response = {.size = sizeof(response),
                                               .status = status,
                                               .content_type = "text/xml",
                                               .headers = "",
                                               .body = body,
                                               .body_length = strlen(body),
                                               .started_ns = 5};
    cvg_cfn_judge_response(config, &response, &ret->finding);
    (void)snprintf(ret->verdict, sizeof(ret->verdict), "%s %s", names[ret->finding.reading.status],
                   ret->finding.reading.reason);
}

static void describe(char *ret, size_t size, const char *status, const char *more)
{
    (void)snprintf(ret, size, HEAD MEMBER("<StackStatus>%s</StackStatus>%s") TAIL, status, more);
}

static const char *fact(const struct outcome *outcome, const char *name)
{
    const struct cvg_reading *reading = &outcome->finding.reading;
    for (size_t i = 0; i < reading->fact_count; i++) {
        if (strcmp(reading->facts[i].name, name) == 0) {
            return reading->facts[i].text;
        }
    }
    return "";
}

static void test_every_status_has_its_verdict(void **state)
{
    static const char *const rows[][2] = {
        {"CREATE_COMPLETE", "ready Complete"},
        {"UPDATE_COMPLETE", "ready Complete"},
        {"IMPORT_COMPLETE", "ready Complete"},
        {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "progressing CleaningUp"},
        {"CREATE_IN_PROGRESS", "progressing InProgress"},
        {"UPDATE_IN_PROGRESS", "progressing InProgress"},
        {"IMPORT_IN_PROGRESS", "progressing InProgress"},
        {"DELETE_IN_PROGRESS", "progressing Deleting"},
        {"REVIEW_IN_PROGRESS", "progressing InReview"},
        {"ROLLBACK_IN_PROGRESS", "progressing RollingBack"},
        {"UPDATE_ROLLBACK_IN_PROGRESS", "progressing RollingBack"},
        {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "progressing RollingBack"},
        {"IMPORT_ROLLBACK_IN_PROGRESS", "progressing RollingBack"},
        {"UPDATE_ROLLBACK_COMPLETE", "failed RolledBack"},
        {"IMPORT_ROLLBACK_COMPLETE", "failed RolledBack"},
        {"ROLLBACK_COMPLETE", "failed CreateRolledBack"},
        {"CREATE_FAILED", "failed OperationFailed"},
        {"UPDATE_FAILED", "failed OperationFailed"},
        {"DELETE_FAILED", "failed OperationFailed"},
        {"ROLLBACK_FAILED", "failed OperationFailed"},
        {"UPDATE_ROLLBACK_FAILED", "failed OperationFailed"},
        {"IMPORT_ROLLBACK_FAILED", "failed OperationFailed"},
        {"DELETE_COMPLETE", "progressing Absent"},
        {"ALMOST_COMPLETE", "unknown StatusUnknown"},
        {"create_complete", "unknown StatusUnknown"},
        {"", "unknown StatusUnknown"},
    };
    const struct cvg_cfn_check_config config = {.stack = "shop", .drift = CVG_CFN_BLEMISH_DEGRADED};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char body[2048];
        struct outcome outcome;
        describe(body, sizeof(body), rows[i][0], "");
        judge(&config, 200, body, &outcome);
        assert_string_equal(outcome.verdict, rows[i][1]);
        assert_int_equal(outcome.finding.reading.observed_at_ns, 5);
    }
}

static void test_old_stacks_will_do_where_that_is_allowed(void **state)
{
    const struct cvg_cfn_check_config config = {
        .stack = "shop", .allow_rollback = 1, .allow_cleanup = 1};
    static const char *const rows[][2] = {
        {"UPDATE_ROLLBACK_COMPLETE", "ready RolledBack"},
        {"IMPORT_ROLLBACK_COMPLETE", "ready RolledBack"},
        {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "ready CleaningUp"},
        {"ROLLBACK_COMPLETE", "failed CreateRolledBack"},
        {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "progressing RollingBack"},
    };
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char body[2048];
        struct outcome outcome;
        describe(body, sizeof(body), rows[i][0], "");
        judge(&config, 200, body, &outcome);
        assert_string_equal(outcome.verdict, rows[i][1]);
    }
}

#define DRIFT(word)                                                                                \
    "<DriftInformation><StackDriftStatus>" word "</StackDriftStatus></DriftInformation>"

static void test_drift_counts_as_it_is_said(void **state)
{
    static const struct {
        uint32_t drift;
        const char *more, *verdict;
    } cases[] = {
        {CVG_CFN_BLEMISH_FAILED, DRIFT("DRIFTED"), "failed Drifted"},
        {CVG_CFN_BLEMISH_DEGRADED, DRIFT("DRIFTED"), "degraded Drifted"},
        {CVG_CFN_BLEMISH_UNKNOWN, DRIFT("DRIFTED"), "unknown Drifted"},
        {CVG_CFN_BLEMISH_IGNORE, DRIFT("DRIFTED"), "ready Complete"},
        {CVG_CFN_BLEMISH_FAILED, DRIFT("NOT_CHECKED"), "ready Complete"},
        {CVG_CFN_BLEMISH_FAILED, DRIFT("UNKNOWN"), "ready Complete"},
        {CVG_CFN_BLEMISH_FAILED, DRIFT("IN_SYNC"), "ready Complete"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_cfn_check_config config = {.stack = "shop", .drift = cases[i].drift};
        char body[2048];
        struct outcome outcome;
        describe(body, sizeof(body), "UPDATE_COMPLETE", cases[i].more);
        judge(&config, 200, body, &outcome);
        assert_string_equal(outcome.verdict, cases[i].verdict);
    }
}

#define OUTPUT(key, value)                                                                         \
    "<member><OutputKey>" key "</OutputKey><OutputValue>" value "</OutputValue></member>"

static void test_outputs_are_held_against_what_is_wanted(void **state)
{
    static const struct {
        struct cvg_kit_want want;
        const char *verdict, *fact;
    } cases[] = {
        {{.name = "Url", .serve = 1}, "ready Complete", "https://x?a=1&b=2"},
        {{.name = "Url", .serve = 0}, "ready Complete", ""},
        {{.name = "Url", .equals = "https://x?a=1&b=2"}, "ready Complete", ""},
        {{.name = "Url", .equals = "https://y"}, "progressing OutputDiffers", ""},
        {{.name = "Url", .matches = "^https"}, "ready Complete", ""},
        {{.name = "Empty", .serve = 1}, "progressing OutputMissing", ""},
        {{.name = "Empty", .allow_empty = 1}, "ready Complete", ""},
        {{.name = "Gone"}, "progressing OutputMissing", ""},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_cfn_check_config config = {.stack = "shop",
                                                    .outputs = {1, &cases[i].want}};
        char body[2048];
        struct outcome outcome;
        describe(body, sizeof(body), "CREATE_COMPLETE",
                 "<Outputs>" OUTPUT("Url", "https://x?a=1&amp;b=2") OUTPUT(
                     "Empty", "") "</Outputs>"
                                  "<Parameters><member><ParameterKey>Password</ParameterKey>"
                                  "<ParameterValue>hush</ParameterValue></member></Parameters>");
        judge(&config, 200, body, &outcome);
        assert_string_equal(outcome.verdict, cases[i].verdict);
        assert_string_equal(fact(&outcome, "outputs.Url"), cases[i].fact);
        assert_string_equal(fact(&outcome, "stack_id"), ARN);
        assert_null(strstr(outcome.finding.reading.message, "hush"));
    }
}

static void test_answers_that_are_none_are_no_verdict(void **state)
{
    static const char *const bodies[] = {
        "",
        "{\"DescribeStacksResponse\":{}}",
        "<html><body>Sign in</body></html>",
        HEAD TAIL,
        HEAD MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus>"),
        HEAD MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus>")
            MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus>") TAIL,
        HEAD MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus>"
                    "<StackStatus>CREATE_COMPLETE</StackStatus>") TAIL,
        HEAD MEMBER("") TAIL,
        HEAD MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus><Outputs><member>"
                    "<OutputKey>a</OutputKey></member></Outputs>") TAIL,
        "<!DOCTYPE x [<!ENTITY a \"b\">]>" HEAD MEMBER("<StackStatus>CREATE_COMPLETE</StackStatus>")
            TAIL,
    };
    const struct cvg_cfn_check_config config = {.stack = "shop"};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(bodies); i++) {
        struct outcome outcome;
        judge(&config, 200, bodies[i], &outcome);
        assert_string_equal(outcome.verdict, "unknown BadAnswer");
        assert_int_equal(outcome.finding.reading.fault, CVG_FAULT_PROTOCOL);
    }
}

#define ERROR(code, message)                                                                       \
    "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error>"         \
    "<Type>Sender</Type><Code>" code "</Code><Message>" message "</Message></Error>"               \
    "<RequestId>r</RequestId></ErrorResponse>"

static void test_errors_are_told_apart_by_their_code(void **state)
{
    static const struct {
        uint32_t status;
        const char *body, *verdict;
        uint32_t fault;
    } cases[] = {
        {400, ERROR("ValidationError", "Stack with id shop does not exist"), "progressing Absent",
         CVG_FAULT_NONE},
        {403, ERROR("ValidationError", "Stack with id shop does not exist"),
         "unknown QueryRejected", CVG_FAULT_REQUEST},
        {400, ERROR("ValidationError", "1 validation error detected"), "unknown QueryRejected",
         CVG_FAULT_REQUEST},
        {403, ERROR("AccessDenied", "User: arn:x is not authorized"), "unknown Forbidden",
         CVG_FAULT_AUTH},
        {403, ERROR("SignatureDoesNotMatch", "x-amz-security-token:hush"), "unknown Unauthorized",
         CVG_FAULT_AUTH},
        {403, ERROR("ExpiredToken", "expired"), "unknown Unauthorized", CVG_FAULT_AUTH},
        {400, ERROR("Throttling", "Rate exceeded"), "unknown Throttled", CVG_FAULT_THROTTLED},
        {500, ERROR("InternalFailure", ""), "unknown SourceError", CVG_FAULT_PROTOCOL},
        {418, ERROR("Teapot", "hush"), "unknown SourceError", CVG_FAULT_PROTOCOL},
        {403, "<html>", "unknown Forbidden", CVG_FAULT_AUTH},
        {302, "", "unknown Redirected", CVG_FAULT_PROTOCOL},
        {503, "", "unknown SourceStarting", CVG_FAULT_THROTTLED},
    };
    const struct cvg_cfn_check_config config = {.stack = "shop"};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct outcome outcome;
        judge(&config, cases[i].status, cases[i].body, &outcome);
        assert_string_equal(outcome.verdict, cases[i].verdict);
        assert_int_equal(outcome.finding.reading.fault, cases[i].fault);
        assert_null(strstr(outcome.finding.reading.message, "hush"));
    }
}

static void keep(void *arg, const char *path, const char *text)
{
    (void)text;
    (void)snprintf(arg, 64, "%s", path);
}

static void test_refuses_names_that_no_stack_has(void **state)
{
    static const struct {
        const char *stack;
        int result;
    } cases[] = {
        {"shop", 0},         {"Shop-1", 0},       {ARN, 0},      {"${checks.a.facts.b}", 0},
        {"1shop", -1},       {"shop_prod", -1},   {"-shop", -1}, {"shop&Action=DeleteStack", -1},
        {"arn:aws:x y", -1}, {"sh\xc3\xb6p", -1},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_cfn_check_config config = {.stack = cases[i].stack};
        char refused[64] = "";
        assert_int_equal(cvg_cfn_check_check(&config, keep, refused), cases[i].result);
        assert_string_equal(refused, cases[i].result < 0 ? "stack" : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_status_has_its_verdict),
        cmocka_unit_test(test_old_stacks_will_do_where_that_is_allowed),
        cmocka_unit_test(test_drift_counts_as_it_is_said),
        cmocka_unit_test(test_outputs_are_held_against_what_is_wanted),
        cmocka_unit_test(test_answers_that_are_none_are_no_verdict),
        cmocka_unit_test(test_errors_are_told_apart_by_their_code),
        cmocka_unit_test(test_refuses_names_that_no_stack_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
