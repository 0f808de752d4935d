/* SPDX-License-Identifier: Apache-2.0 */
/* From the end of a program to a reading. */
#include "codes.h"
#include "mask.h"
#include "outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const argv[] = {"/bin/true"};

static struct cvg_exec_check_config config_with(uint32_t table, uint32_t output)
{
    return (struct cvg_exec_check_config){.argv = {1, argv},
                                          .directory = "/",
                                          .exit_codes = table,
                                          .output = output,
                                          .output_limit = 1000};
}

static const char *fact(const struct cvg_kit_finding *finding, const char *name)
{
    for (size_t i = 0; i < finding->reading.fact_count; i++) {
        if (strcmp(finding->facts[i].name, name) == 0) {
            return finding->facts[i].text;
        }
    }
    return "";
}

static void test_only_an_end_of_its_own_can_be_ready(void **state)
{
    (void)state;
    static char full[1000];

    static const struct {
        struct cvg_exec_outcome outcome;
        uint32_t fault;
        const char *reason, *message;
    } rows[] = {
        {{.fault = CVG_FAULT_TIMEOUT, .text = "late"}, CVG_FAULT_NONE, "TimedOut", "late"},
        {{.fault = CVG_FAULT_TOO_LARGE, .text = "much", .out = full, .out_length = 1000},
         CVG_FAULT_TOO_LARGE,
         "OutputTooLarge",
         "much"},
        {{.fault = CVG_FAULT_TOO_LARGE, .text = "much", .err = full, .err_length = 1000},
         CVG_FAULT_TOO_LARGE,
         "OutputTooLarge",
         "much"},
        {{.fault = CVG_FAULT_TOO_LARGE, .text = "many"},
         CVG_FAULT_TOO_LARGE,
         "TooManyProcesses",
         "many"},
        {{.fault = CVG_FAULT_CONNECT, .text = "start /x: No such file or directory"},
         CVG_FAULT_REQUEST,
         "NotExecutable",
         "No such file"},
        {{.exit_code = -1, .signal = 9}, CVG_FAULT_NONE, "Killed", "signal 9 (SIGKILL)"},
        {{.exit_code = -1, .signal = 64}, CVG_FAULT_NONE, "Killed", "signal 64"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cvg_kit_finding finding;
        struct cvg_exec_outcome outcome = rows[i].outcome;
        struct cvg_exec_check_config config = config_with(CVG_EXEC_SCRIPT, CVG_EXEC_OUTPUT_TEXT);
        static const struct cvg_pair all[] = {{"default", "ready"}};
        config.codes = (struct cvg_list){1, all};
        outcome.out = outcome.out ? outcome.out : "";
        outcome.err = outcome.err ? outcome.err : "";
        cvg_exec_judge(&config, &outcome, &finding);
        assert_int_equal(finding.reading.status, CVG_UNKNOWN);
        assert_int_equal(finding.reading.fault, rows[i].fault);
        assert_string_equal(finding.reading.reason, rows[i].reason);
        assert_non_null(strstr(finding.reading.message, rows[i].message));
    }
}

static void test_words(void **state)
{
    (void)state;

    static const struct {
        uint32_t table, output;
        int32_t code;
        const char *out, *err;
        uint32_t status;
        const char *reason, *message;
    } rows[] = {
        {0, CVG_EXEC_OUTPUT_TEXT, 0, "\n fine \nmore", "", CVG_READY, "Succeeded", "fine"},
        {0, CVG_EXEC_OUTPUT_TEXT, 75, "", "soon", CVG_PROGRESSING, "NotYet", "soon"},
        {0, CVG_EXEC_OUTPUT_TEXT, 2, "", "", CVG_FAILED, "NotOk", "it ended with exit code 2"},
        {0, CVG_EXEC_OUTPUT_TEXT, 0, "a\x1b[31mb\xff", "", CVG_READY, "Succeeded", "a?[31mb?"},
        {1, CVG_ABSENT_UINT, 1, "WARN - w|a=1", "", CVG_DEGRADED, "Warned", "WARN - w"},
        {1, CVG_ABSENT_UINT, 3, "UNKNOWN", "", CVG_UNKNOWN, "CannotTell", "UNKNOWN"},
        {1, CVG_ABSENT_UINT, 9, "what", "", CVG_UNKNOWN, "ExitUnexpected", "what"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{}", "", CVG_READY, "Succeeded", "exit code 0"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"status\":\"degraded\",\"message\":\"so\\u0041 so\"}", "",
         CVG_DEGRADED, "Warned", "soA so"},
        /* Nothing makes ready what the exit code does not. */
        {0, CVG_EXEC_OUTPUT_JSON, 1, "{\"status\":\"ready\"}", "", CVG_FAILED, "NotOk", "code 1"},
        {0, CVG_EXEC_OUTPUT_JSON, 75, "{\"status\":\"ready\"}", "", CVG_PROGRESSING, "NotYet", ""},
        {0, CVG_EXEC_OUTPUT_JSON, 1, "Traceback", "boom", CVG_FAILED, "NotOk", "boom"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "", "", CVG_UNKNOWN, "OutputInvalid", "offset 0"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{} x", "", CVG_UNKNOWN, "OutputInvalid", "offset"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "[]", "", CVG_UNKNOWN, "OutputInvalid", "no object"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"x\":1}", "", CVG_UNKNOWN, "OutputInvalid", "another key"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"status\":\"READY\"}", "", CVG_UNKNOWN, "OutputInvalid",
         "status is none"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"status\":\"ready\",\"status\":\"ready\"}", "", CVG_UNKNOWN,
         "OutputInvalid", "duplicate"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"facts\":{\"a\":{}}}", "", CVG_UNKNOWN, "OutputInvalid",
         "a fact is neither"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"facts\":{\"a b\":1}}", "", CVG_UNKNOWN, "OutputInvalid",
         "name"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"facts\":{\"exit_code\":1}}", "", CVG_UNKNOWN,
         "OutputInvalid", "another's"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"value\":\"1\"}", "", CVG_UNKNOWN, "OutputInvalid",
         "value is no number"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"facts\":{\"n\":1e999}}", "", CVG_UNKNOWN, "OutputInvalid",
         "beyond what a double holds"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"value\":-1e999}", "", CVG_UNKNOWN, "OutputInvalid",
         "beyond what a double holds"},
        {0, CVG_EXEC_OUTPUT_JSON, 0, "{\"message\":\"a\\u0000b\"}", "", CVG_UNKNOWN,
         "OutputInvalid", "message"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cvg_kit_finding finding;
        const struct cvg_exec_check_config config = config_with(rows[i].table, rows[i].output);
        const struct cvg_exec_outcome outcome = {.text = "",
                                                 .exit_code = rows[i].code,
                                                 .out = rows[i].out,
                                                 .out_length = strlen(rows[i].out),
                                                 .err = rows[i].err,
                                                 .err_length = strlen(rows[i].err)};
        cvg_exec_judge(&config, &outcome, &finding);
        print_message("%d %s: %s\n", rows[i].code, rows[i].out, finding.reading.message);
        assert_int_equal(finding.reading.status, rows[i].status);
        assert_string_equal(finding.reading.reason, rows[i].reason);
        assert_non_null(strstr(finding.reading.message, rows[i].message));
        assert_int_equal(finding.reading.fault, CVG_FAULT_NONE);
    }
}

static void test_facts(void **state)
{
    (void)state;
    static const char json[] = "{\"facts\":{\"version\":\"0042\",\"n\":9007199254740993,"
                               "\"ok\":true,\"none\":null,\"e\":\"\"},\"value\":2.5,"
                               "\"revision\":\"r7\"}";
    struct cvg_kit_finding finding;
    struct cvg_exec_check_config config = config_with(CVG_EXEC_SCRIPT, CVG_EXEC_OUTPUT_JSON);
    struct cvg_exec_outcome outcome = {
        .text = "", .out = json, .out_length = sizeof json - 1, .err = "", .took_ns = 12000000};
    cvg_exec_judge(&config, &outcome, &finding);
    assert_string_equal(fact(&finding, "exit_code"), "0");
    assert_string_equal(fact(&finding, "took_ms"), "12");
    assert_string_equal(fact(&finding, "version"), "0042");
    assert_string_equal(fact(&finding, "n"), "9007199254740993");
    assert_string_equal(fact(&finding, "ok"), "true");
    assert_string_equal(fact(&finding, "none"), "");
    assert_string_equal(finding.reading.revision, "r7");
    assert_true(finding.reading.has_value && finding.reading.value == 2.5);

    static const char plugin[] = "OK | /=.5MB;10:;@1:2;0;100 '/var log'=2 x=U y=007";
    config = config_with(CVG_EXEC_NAGIOS, CVG_ABSENT_UINT);
    outcome.out = plugin;
    outcome.out_length = sizeof plugin - 1;
    cvg_exec_judge(&config, &outcome, &finding);
    assert_string_equal(fact(&finding, "perf._"), "0.5");
    assert_string_equal(fact(&finding, "perf._.unit"), "MB");
    assert_string_equal(fact(&finding, "perf._.warn"), "10:");
    assert_string_equal(fact(&finding, "perf._.crit"), "@1:2");
    assert_string_equal(fact(&finding, "perf._.min"), "0");
    assert_string_equal(fact(&finding, "perf._.max"), "100");
    assert_string_equal(fact(&finding, "perf._var_log"), "2");
    assert_string_equal(fact(&finding, "perf.x"), "");
    assert_string_equal(fact(&finding, "perf.y"), "7");
    assert_true(finding.reading.has_value && finding.reading.value == 0.5);
}

static void test_a_revision_is_whole_however_much_precedes_it(void **state)
{
    (void)state;

    static const struct {
        size_t facts, fact_length, revision_length;
    } rows[] = {{1, 1000, 256}, {7, 1000, 256}, {8, 1000, 256}, {40, 180, 256}, {40, 20, 40}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cvg_kit_finding finding;
        const struct cvg_exec_check_config config =
            config_with(CVG_EXEC_SCRIPT, CVG_EXEC_OUTPUT_JSON);
        char text[1024], message[1200], revision[300], json[16384];
        memset(text, 'f', sizeof text);
        memset(message, 'm', sizeof message);
        memset(revision, 'r', sizeof revision);
        text[rows[i].fact_length] = message[1199] = revision[rows[i].revision_length] = '\0';
        int used = snprintf(json, sizeof json, "{\"message\":\"%s\",\"facts\":{", message);
        for (size_t j = 0; j < rows[i].facts; j++) {
            used += snprintf(json + used, sizeof json - (size_t)used, "%s\"n%zu\":\"%s\"",
                             j ? "," : "", j, text);
        }
        used +=
            snprintf(json + used, sizeof json - (size_t)used, "},\"revision\":\"%s\"}", revision);
        assert_true((size_t)used < sizeof json);
        const struct cvg_exec_outcome outcome = {
            .text = "", .out = json, .out_length = (size_t)used, .err = ""};
        cvg_exec_judge(&config, &outcome, &finding);
        /* Whole, or refused: half of it would agree with another's. */
        if (finding.reading.status == CVG_READY) {
            assert_string_equal(finding.reading.revision, revision);
        } else {
            assert_string_equal(finding.reading.reason, "OutputInvalid");
            assert_null(finding.reading.revision);
        }
        assert_int_equal(finding.reading.status, i == 0 || i == 4 ? CVG_READY : CVG_UNKNOWN);
    }
}

static void test_nothing_of_invalid_json_is_left(void **state)
{
    (void)state;
    static const char json[] = "{\"facts\":{\"version\":\"42\"},\"value\":7,\"revision\":\"r7\","
                               "\"message\":\"half\",\"status\":";
    static const int32_t codes[] = {0, 1, 75};

    for (size_t i = 0; i < COUNT(codes); i++) {
        struct cvg_kit_finding finding;
        const struct cvg_exec_check_config config =
            config_with(CVG_EXEC_SCRIPT, CVG_EXEC_OUTPUT_JSON);
        const struct cvg_exec_outcome outcome = {.text = "",
                                                 .exit_code = codes[i],
                                                 .out = json,
                                                 .out_length = sizeof json - 1,
                                                 .err = "boom",
                                                 .err_length = 4};
        cvg_exec_judge(&config, &outcome, &finding);
        assert_null(finding.reading.revision);
        assert_false(finding.reading.has_value);
        assert_string_equal(fact(&finding, "version"), "");
        if (codes[i] != 0) {
            assert_string_equal(finding.reading.message, "boom");
            assert_string_equal(fact(&finding, "exit_code"), codes[i] == 1 ? "1" : "75");
        }
    }
}

static void test_a_secret_within_another_hides_both(void **state)
{
    (void)state;
    static char shorter[] = "A=hunter2", longest[] = "B=xx-hunter2-yy", middle[] = "C=-hunter2-";
    char *const orders[][3] = {
        {shorter, longest, middle}, {longest, middle, shorter}, {middle, shorter, longest}};

    for (size_t i = 0; i < COUNT(orders); i++) {
        char *pairs[3] = {NULL};
        char text[] = "xx-hunter2-yy hunter2 z-hunter2-z";
        for (size_t j = 0; j < 3; j++) {
            cvg_exec_secrets_add(pairs, j, orders[i][j]);
        }
        for (size_t j = 0; j < 3; j++) {
            cvg_exec_mask(text, strlen(text), cvg_exec_secret_value(pairs[j]));
        }
        assert_string_equal(text, "************* ******* z*********z");
    }
}

static void test_secrets_are_masked(void **state)
{
    (void)state;
    static const char json[] =
        "{\"message\":\"hunt\\u0065r2!\",\"facts\":{\"a\":\"xhunter2!x\",\"n\":12345678}}";
    struct cvg_kit_finding finding;
    const struct cvg_exec_check_config config = config_with(CVG_EXEC_SCRIPT, CVG_EXEC_OUTPUT_JSON);
    const struct cvg_exec_outcome outcome = {
        .text = "", .out = json, .out_length = sizeof json - 1, .err = ""};
    cvg_exec_judge(&config, &outcome, &finding);
    cvg_exec_mask_finding(&finding, "hunter2!");
    cvg_exec_mask_finding(&finding, "345678");
    assert_string_equal(finding.reading.message, "********");
    assert_string_equal(fact(&finding, "a"), "x********x");
    assert_string_equal(fact(&finding, "n"), "");

    char text[] = "aaaaaaaaa b";
    cvg_exec_mask(text, strlen(text), "aaaa");
    assert_string_equal(text, "********a b");
    cvg_exec_mask(text, strlen(text), "a b"); /* too short to be a secret */
    assert_string_equal(text, "********a b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_an_end_of_its_own_can_be_ready),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_a_revision_is_whole_however_much_precedes_it),
        cmocka_unit_test(test_nothing_of_invalid_json_is_left),
        cmocka_unit_test(test_a_secret_within_another_hides_both),
        cmocka_unit_test(test_secrets_are_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
