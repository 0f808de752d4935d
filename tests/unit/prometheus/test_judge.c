/* SPDX-License-Identifier: Apache-2.0 */
/* Reducing, conditions and companions, from answers made by hand. */
#include "judge.h"

#include "base/macros.h"
#include "base/text.h"
#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VALUE_LIMIT 4
#define END         1e300 /* ends a row's values */

/* Elements without labels. */
static void make_answer(const double *values, struct cvg_prom_element *elements,
                        struct cvg_prom_answer *ret)
{
    *ret = (struct cvg_prom_answer){.body = "", .elements = elements};
    while (ret->count < VALUE_LIMIT &&
           !(values[ret->count] >= END && isfinite(values[ret->count]))) {
        elements[ret->count] = (struct cvg_prom_element){.value = values[ret->count]};
        ret->count++;
    }
}

static void test_reduces_and_judges(void **state)
{
    (void)state;

    static const struct {
        uint32_t reduce;
        double values[VALUE_LIMIT];
        uint32_t status;
        const char *reason, *observed;
    } rows[] = {
        /* ready: "< 1", degraded: "< 3" */
        {CVG_PROM_SINGLE, {0.5, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_SINGLE, {2, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_SINGLE, {3, END}, CVG_FAILED, "ConditionNotMet", "3"},
        {CVG_PROM_SINGLE, {NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_SINGLE, {INFINITY, END}, CVG_FAILED, "ConditionNotMet", "+Inf"},
        {CVG_PROM_SINGLE, {-INFINITY, END}, CVG_UNKNOWN, "NotFinite", "-Inf"},
        {CVG_PROM_SINGLE, {0, 0, END}, CVG_UNKNOWN, "ManySeries", "2 series"},
        {CVG_PROM_ALL, {0, 0.5, END}, CVG_READY, "ConditionMet", "0"},
        {CVG_PROM_ALL, {0, 2, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_ALL, {0, 2, 9, 7}, CVG_FAILED, "ConditionNotMet", "9"},
        {CVG_PROM_ALL, {0, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_ALL, {NAN, 5, END}, CVG_FAILED, "ConditionNotMet", "5"},
        {CVG_PROM_ALL, {2, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_ALL, {0, -INFINITY, END}, CVG_UNKNOWN, "NotFinite", "-Inf"},
        {CVG_PROM_ALL, {0, INFINITY, END}, CVG_FAILED, "ConditionNotMet", "+Inf"},
        {CVG_PROM_ANY, {5, 0.5, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_ANY, {NAN, 0.5, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_ANY, {5, 2, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_ANY, {9, 5, 7, END}, CVG_FAILED, "ConditionNotMet", "5"},
        {CVG_PROM_ANY, {9, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_ANY, {9, -INFINITY, END}, CVG_UNKNOWN, "NotFinite", "-Inf"},
        {CVG_PROM_MIN, {5, 0.5, 9, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_MIN, {0.5, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_MIN, {INFINITY, 0.5, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_MAX, {0.5, 2, 0.1, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_MAX, {NAN, 9, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_MAX, {0.5, INFINITY, END}, CVG_FAILED, "ConditionNotMet", "+Inf"},
        {CVG_PROM_MAX, {-INFINITY, -INFINITY, END}, CVG_UNKNOWN, "NotFinite", "-Inf"},
        {CVG_PROM_SUM, {0.25, 0.5, END}, CVG_READY, "ConditionMet", "0.75"},
        {CVG_PROM_SUM, {1, 1, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_SUM, {0, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_SUM, {INFINITY, -INFINITY, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_AVG, {0, 1, END}, CVG_READY, "ConditionMet", "0.5"},
        {CVG_PROM_AVG, {2, NAN, END}, CVG_UNKNOWN, "NotANumber", "NaN"},
        {CVG_PROM_COUNT, {7, NAN, END}, CVG_DEGRADED, "InDegradedRange", "2"},
        {CVG_PROM_COUNT, {0, 0, 0, END}, CVG_FAILED, "ConditionNotMet", "3"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_element elements[VALUE_LIMIT];
        struct cvg_prom_answer answer;
        struct cvg_prom_finding finding;
        struct cvg_prom_check_config config = check_config("< 1");
        config.degraded = "< 3";
        config.reduce = rows[i].reduce;
        make_answer(rows[i].values, elements, &answer);
        check_judge(&config, &answer, &finding);
        if (finding.reading.status != rows[i].status ||
            strcmp(finding.reading.reason, rows[i].reason) != 0 ||
            strcmp(finding.reading.observed, rows[i].observed) != 0) {
            fail_msg("row %zu: %u %s %s (%s)", i, finding.reading.status, finding.reading.reason,
                     finding.reading.observed, finding.reading.message);
        }
        assert_true(!finding.reading.has_value || isfinite(finding.reading.value));
        assert_string_equal(finding.reading.expected, "< 1");
    }
}

/* An infinite value may breach a condition, but never satisfies one. */
static void test_never_takes_infinity_for_good(void **state)
{
    (void)state;
    static const char *const conditions[] = {"< 1", "> 1", ">= 1", "<= 1", "!= 1", "0..1", "== 1"};
    for (size_t i = 0; i < CVG_COUNT(conditions); i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            struct cvg_prom_element element = {.value = sign * (double)INFINITY};
            struct cvg_prom_answer answer = {.body = "", .elements = &element, .count = 1};
            struct cvg_prom_check_config config = check_config(conditions[i]);
            struct cvg_prom_finding finding;
            check_judge(&config, &answer, &finding);
            assert_true(finding.reading.status == CVG_FAILED ||
                        finding.reading.status == CVG_UNKNOWN);
        }
    }
}

static void test_empty_is_what_on_empty_says(void **state)
{
    (void)state;

    static const struct {
        uint32_t on_empty, partial, reduce, status;
        const char *reason;
    } rows[] = {
        {CVG_PROM_UNKNOWN, 0, CVG_PROM_SINGLE, CVG_UNKNOWN, "NoData"},
        {CVG_PROM_READY, 0, CVG_PROM_SINGLE, CVG_READY, "NoData"},
        {CVG_PROM_FAILED, 0, CVG_PROM_SINGLE, CVG_FAILED, "NoData"},
        {CVG_PROM_UNKNOWN, 0, CVG_PROM_COUNT, CVG_UNKNOWN, "NoData"},
        {CVG_PROM_READY, 0, CVG_PROM_ALL, CVG_READY, "NoData"},
        {CVG_PROM_READY, 1, CVG_PROM_SINGLE, CVG_UNKNOWN, "PartialData"},
        {CVG_PROM_FAILED, 1, CVG_PROM_SINGLE, CVG_UNKNOWN, "PartialData"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_answer answer = {.body = "", .partial = rows[i].partial};
        struct cvg_prom_check_config config = check_config("== 0");
        struct cvg_prom_finding finding;
        config.on_empty = rows[i].on_empty;
        config.reduce = rows[i].reduce;
        check_judge(&config, &answer, &finding);
        assert_int_equal(finding.reading.status, rows[i].status);
        assert_string_equal(finding.reading.reason, rows[i].reason);
    }
}

static const char *fact(const struct cvg_prom_finding *finding, const char *name)
{
    for (size_t i = 0; i < finding->reading.fact_count; i++) {
        if (strcmp(finding->facts[i].name, name) == 0) {
            return finding->facts[i].text;
        }
    }
    return NULL;
}

static void test_names_the_series_that_decided(void **state)
{
    (void)state;
    static const char body[] = "{\"__name__\":\"up\",\"job\":\"a\\u2028\\u003cb\"}{\"job\":\"c\"}";
    const uint32_t second = (uint32_t)(strchr(body, '}') + 1 - body);
    struct cvg_prom_element elements[] = {{1, {0, second}}, {0, {second, 11}}};
    struct cvg_prom_answer answer = {.body = body, .elements = elements, .count = 2};
    struct cvg_prom_check_config config = check_config("== 1");
    struct cvg_prom_finding finding;
    config.reduce = CVG_PROM_ALL;
    check_judge(&config, &answer, &finding);
    assert_string_equal(finding.reading.message,
                        "1 of 2 series are as wanted, worst: {job=\"c\"} is 0, wanted == 1");
    config.reduce = CVG_PROM_MAX;
    check_judge(&config, &answer, &finding);
    assert_string_equal(finding.reading.message,
                        "the maximum of 2 series, up{job=\"a?<b\"}, is 1, as wanted: == 1");
    assert_null(fact(&finding, "label.job"));
    answer.count = 1;
    config.reduce = CVG_PROM_SINGLE;
    check_judge(&config, &answer, &finding);
    assert_string_equal(finding.reading.message, "up{job=\"a?<b\"} is 1, as wanted: == 1");
    assert_string_equal(fact(&finding, "label.job"), "a?<b");
    assert_string_equal(fact(&finding, "label.__name__"), "up");
    assert_string_equal(fact(&finding, "value"), "1");
    assert_string_equal(fact(&finding, "elements"), "1");
    elements[0].labels.length = 0;
    check_judge(&config, &answer, &finding);
    assert_string_equal(finding.reading.message, "the value is 1, as wanted: == 1");
}

/* However long labels and warnings are, texts stay whole characters within their bounds. */
static void test_bounds_what_came_from_outside(void **state)
{
    (void)state;
    char body[16384] = "{";
    size_t length = 1;
    for (int i = 0; i < 40; i++) {
        length +=
            (size_t)snprintf(body + length, sizeof(body) - length, "%s\"l%d\":\"", i ? "," : "", i);
        for (int j = 0; j < 100; j++) {
            memcpy(body + length, "\xe6\x9d\xb1", 3);
            length += 3;
        }
        body[length++] = '"';
    }
    body[length++] = '}';
    struct cvg_prom_element element = {1, {0, (uint32_t)length}};
    struct cvg_prom_answer answer = {
        .body = body, .elements = &element, .count = 1, .partial = 1, .warnings = 1};
    struct cvg_prom_check_config config = check_config("== 1");
    struct cvg_prom_finding finding;
    memset(answer.warning, 'w', sizeof(answer.warning) - 1);
    check_judge(&config, &answer, &finding);
    assert_int_equal(finding.reading.status, CVG_DEGRADED);
    size_t written = strlen(finding.reading.message);
    assert_true(written < sizeof(finding.message));
    assert_string_equal(finding.reading.message + written - 3, "...");
    assert_true(cvg_text_is_utf8(finding.reading.message, written));
    assert_true(finding.reading.fact_count <= CVG_PROM_FACT_LIMIT);
    for (size_t i = 0; i < finding.reading.fact_count; i++) {
        assert_true(strlen(finding.facts[i].text) < 128);
        assert_true(cvg_text_is_utf8(finding.facts[i].text, strlen(finding.facts[i].text)));
    }
}

/* What the value, its volume and the age of its samples come to together. */
static void test_holds_the_value_against_its_companions(void **state)
{
    (void)state;

    static const struct {
        double value, volume, age;
        uint32_t value_fault, volume_fault, partial_volume, on_low_volume;
        uint32_t status, fault;
        const char *reason;
    } rows[] = {
        {0, 10, 5, 0, 0, 0, 0, CVG_READY, 0, "ConditionMet"},
        {9, 10, 5, 0, 0, 0, 0, CVG_FAILED, 0, "ConditionNotMet"},
        {0, 9, 5, 0, 0, 0, CVG_PROM_UNKNOWN, CVG_UNKNOWN, 0, "LowVolume"},
        {9, 9, 5, 0, 0, 0, CVG_PROM_READY, CVG_READY, 0, "LowVolume"},
        {NAN, 0, 5, 0, 0, 0, CVG_PROM_READY, CVG_READY, 0, "LowVolume"},
        {0, 9, 5, 0, 0, 0, CVG_PROM_FAILED, CVG_FAILED, 0, "LowVolume"},
        {0, NAN, 5, 0, 0, 0, CVG_PROM_READY, CVG_UNKNOWN, 0, "VolumeUnknown"},
        {0, END, 5, 0, 0, 0, CVG_PROM_READY, CVG_UNKNOWN, 0, "VolumeUnknown"},
        {0, 9, 5, 0, 0, 1, CVG_PROM_READY, CVG_UNKNOWN, 0, "PartialData"},
        {0, 10, 5, 0, 0, 1, 0, CVG_DEGRADED, 0, "PartialData"},
        {9, 10, 5, 0, 0, 1, 0, CVG_FAILED, 0, "ConditionNotMet"},
        /* Old samples say nothing, not even that there is little traffic. */
        {0, 10, 46, 0, 0, 0, 0, CVG_UNKNOWN, 0, "SamplesTooOld"},
        {0, 10, 45, 0, 0, 0, 0, CVG_READY, 0, "ConditionMet"},
        {0, 10, 45.0001, 0, 0, 0, 0, CVG_UNKNOWN, 0, "SamplesTooOld"},
        {0, 0, 46, 0, 0, 0, CVG_PROM_READY, CVG_UNKNOWN, 0, "SamplesTooOld"},
        {0, 10, NAN, 0, 0, 0, 0, CVG_UNKNOWN, 0, "SamplesTooOld"},
        {0, 10, END, 0, 0, 0, 0, CVG_UNKNOWN, 0, "SamplesTooOld"},
        /* A fault anywhere is a fault. */
        {0, 0, 5, CVG_FAULT_CONNECT, 0, 0, CVG_PROM_READY, CVG_UNKNOWN, CVG_FAULT_CONNECT,
         "ConnectFailed"},
        {0, 0, 5, 0, CVG_FAULT_CONNECT, 0, CVG_PROM_READY, CVG_UNKNOWN, CVG_FAULT_CONNECT,
         "ConnectFailed"},
    };
    static const struct cvg_prom_volume volume = {"x", 10};
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_element elements[3] = {
            {.value = rows[i].value}, {.value = rows[i].volume}, {.value = rows[i].age}};
        struct cvg_prom_answer answers[3] = {{.body = ""}, {.body = ""}, {.body = ""}};
        for (size_t j = 0; j < 3; j++) {
            answers[j].elements = &elements[j];
            /* NAN >= END is false: only END itself means an empty answer. */
            answers[j].count = elements[j].value >= END ? 0 : 1;
            answers[j].reason = CVG_PROM_REASON_CONNECT_FAILED;
        }
        answers[0].fault = rows[i].value_fault;
        answers[1].fault = rows[i].volume_fault;
        answers[1].partial = rows[i].partial_volume;
        struct cvg_prom_check_config config = check_config("< 1");
        struct cvg_prom_plan plan = {
            .ready = {.low = -(double)INFINITY, .high = 1, .high_open = 1}};
        struct cvg_prom_finding finding;
        struct cvg_prom_part much, old;
        config.min_volume = &volume;
        config.on_low_volume = rows[i].on_low_volume;
        config.max_sample_age = INT64_C(45000000000);
        cvg_prom_judge(&config, &plan, &answers[0], &finding);
        cvg_prom_judge_volume(&answers[1], &much);
        cvg_prom_judge_age(&config, &answers[2], &old);
        cvg_prom_conclude(&config, &much, &old, &finding);
        if (finding.reading.status != rows[i].status || finding.reading.fault != rows[i].fault ||
            strcmp(finding.reading.reason, rows[i].reason) != 0) {
            fail_msg("row %zu: %u %u %s (%s)", i, finding.reading.status, finding.reading.fault,
                     finding.reading.reason, finding.reading.message);
        }
        assert_string_equal(finding.reading.expected, "< 1");
    }
}

/* Codes are CamelCase words, each once. */
static void test_reason_codes_are_words(void **state)
{
    (void)state;
    for (int i = 0; i < CVG_PROM_REASON_COUNT; i++) {
        const char *code = cvg_prom_reason_code((enum cvg_prom_reason)i);
        static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        assert_true(code[0] >= 'A' && code[0] <= 'Z');
        assert_int_equal(code[strspn(code, letters)], '\0');
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(code, cvg_prom_reason_code((enum cvg_prom_reason)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduces_and_judges),
        cmocka_unit_test(test_never_takes_infinity_for_good),
        cmocka_unit_test(test_empty_is_what_on_empty_says),
        cmocka_unit_test(test_names_the_series_that_decided),
        cmocka_unit_test(test_bounds_what_came_from_outside),
        cmocka_unit_test(test_holds_the_value_against_its_companions),
        cmocka_unit_test(test_reason_codes_are_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
