/* SPDX-License-Identifier: Apache-2.0 */
/* Kept readings: copied, bounded, checked against the contract, shared by reference. */
#include "base/alloc.h"
#include "base/macros.h"
#include "base/text.h"
#include "make.h"
#include "model/reading.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW S(100)

static struct cvg_reading full(void)
{
    static const struct cvg_fact facts[] = {
        {.name = "outputs.host", .text = "lb.example"},
        {.name = "serial", .text = "42", .kind = CVG_FACT_NUMBER},
    };
    return (struct cvg_reading){
        .size = sizeof(struct cvg_reading),
        .status = CVG_READY,
        .reason = "RolledOut",
        .message = "all 3 replicas are ready",
        .expected = "3",
        .observed = "3",
        .revision = "abc123",
        .facts = facts,
        .fact_count = CVG_COUNT(facts),
        .observed_at_ns = S(90),
        .value = 3,
        .has_value = 1,
        .done = 3,
        .total = 3,
    };
}

static void what_is_kept_is_what_was_given(void **state)
{
    (void)state;
    char message[] = "all 3 replicas are ready";
    struct cvg_reading given = full();
    given.message = message;
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    memset(message, 'x', sizeof message - 1);
    const struct cvg_reading *reading = cvg_reading_get(kept);

    given.message = "all 3 replicas are ready";
    assert_true(cvg_reading_same(reading, &given));
    assert_int_equal(reading->observed_at_ns, S(90));
    assert_string_equal(cvg_reading_fact(reading, "serial"), "42");
    assert_string_equal(cvg_reading_fact(reading, "outputs.host"), "lb.example");
    assert_null(cvg_reading_fact(reading, "outputs"));
    cvg_reading_unref(kept);
}

static void evidence_without_a_time_is_of_now(void **state)
{
    (void)state;
    struct cvg_reading given = full();
    given.observed_at_ns = 0;
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    assert_int_equal(cvg_reading_get(kept)->observed_at_ns, NOW);
    cvg_reading_unref(kept);
}

static void a_reading_that_breaks_the_contract_is_unknown(void **state)
{
    (void)state;
    struct cvg_reading cases[10];
    size_t count = 0;

    cases[count] = full(), cases[count++].reason = NULL;
    cases[count] = full(), cases[count++].reason = "";
    cases[count] = full(), cases[count++].reason = "two words";
    cases[count] = full(), cases[count++].reason = "<b>";
    cases[count] = full(), cases[count++].status = CVG_STATUS_COUNT;
    cases[count] = full(), cases[count++].fault = CVG_FAULT_TIMEOUT;
    cases[count] = full(), cases[count++].observed_at_ns = NOW + 1;
    cases[count] = full(), cases[count++].observed_at_ns = -1;
    cases[count] = full(), cases[count++].facts = NULL;
    cases[count] = full(), cases[count++].size = 0;

    for (size_t i = 0; i < count; i++) {
        struct cvg_kept_reading *kept = cvg_reading_keep(&cases[i], NOW);
        const struct cvg_reading *reading = cvg_reading_get(kept);
        assert_int_equal(reading->status, CVG_UNKNOWN);
        assert_int_equal(reading->fault, CVG_FAULT_BUG);
        assert_string_equal(reading->reason, "ModuleFault");
        assert_true(cvg_text_starts(reading->message, "the module "));
        assert_int_equal(reading->observed_at_ns, NOW);
        assert_int_equal(reading->fact_count, 0);
        cvg_reading_unref(kept);
    }
    struct cvg_reading fault = {.size = sizeof fault,
                                .status = CVG_UNKNOWN,
                                .fault = CVG_FAULT_TIMEOUT,
                                .reason = "TimedOut"};
    struct cvg_kept_reading *kept = cvg_reading_keep(&fault, NOW);
    assert_string_equal(cvg_reading_get(kept)->reason, "TimedOut");
    cvg_reading_unref(kept);
}

static void the_reasons_of_kubernetes_conditions_pass(void **state)
{
    (void)state;

    static const struct {
        const char *reason;
        bool passes;
    } cases[] = {
        {"MinimumReplicasAvailable", true},
        {"a", true},
        {"Two_Words2", true},
        {"Ns:Reason,Other", true},
        {"Ends:", false},
        {"9Lives", false},
        {"_Private", false},
        {"With space", false},
        {"Dash-ed", false},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_reading given = full();
        given.reason = cases[i].reason;
        struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
        assert_int_equal(cvg_reading_get(kept)->status == CVG_READY, cases[i].passes);
        cvg_reading_unref(kept);
    }
    char longest[CVG_READING_CODE_LIMIT + 2];
    memset(longest, 'R', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    struct cvg_reading given = full();
    given.reason = longest;
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    assert_string_equal(cvg_reading_get(kept)->reason, "ModuleFault");
    cvg_reading_unref(kept);
}

static void a_module_of_an_older_minor_has_zeros_in_what_it_does_not_know(void **state)
{
    (void)state;
    struct cvg_reading given = full();
    given.size = offsetof(struct cvg_reading, value);
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    const struct cvg_reading *reading = cvg_reading_get(kept);

    assert_int_equal(reading->status, CVG_READY);
    assert_int_equal(reading->has_value, 0);
    assert_int_equal(reading->total, 0);
    cvg_reading_unref(kept);
}

static void long_text_is_cut_at_a_characters_end(void **state)
{
    (void)state;
    char text[3 * CVG_READING_TEXT_LIMIT + 1];
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        memcpy(text + i, "\xc3\xa9", 3); /* é */
    }
    struct cvg_reading given = full();
    given.message = text;
    given.observed = "raw \x1b[31m bytes \xff";
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    const struct cvg_reading *reading = cvg_reading_get(kept);

    assert_in_range(strlen(reading->message), CVG_READING_TEXT_LIMIT - 3, CVG_READING_TEXT_LIMIT);
    assert_true(cvg_text_ends(reading->message, "..."));
    assert_true(cvg_text_is_utf8(reading->message, strlen(reading->message)));
    assert_string_equal(reading->observed, "raw ?[31m bytes ?");
    cvg_reading_unref(kept);
}

static void facts_that_cannot_be_kept_are_dropped_and_counted(void **state)
{
    (void)state;
    static const struct cvg_fact bad[] = {
        {.name = NULL, .text = "x"},
        {.name = "", .text = "x"},
        {.name = "no spaces", .text = "x"},
        {.name = "no_text", .text = NULL},
        {.name = "no_kind", .text = "x", .kind = 7},
        {.name = "facts_dropped", .text = "0"},
        {.name = "n1", .text = "007", .kind = CVG_FACT_NUMBER},
        {.name = "n2", .text = "1.", .kind = CVG_FACT_NUMBER},
        {.name = "n3", .text = "NaN", .kind = CVG_FACT_NUMBER},
        {.name = "n4", .text = "1}", .kind = CVG_FACT_NUMBER},
        {.name = "n5", .text = "", .kind = CVG_FACT_NUMBER},
        {.name = "n6", .text = "1e", .kind = CVG_FACT_NUMBER},
        {.name = "good", .text = "1"},
        {.name = "good", .text = "2"},
        {.name = "number", .text = "-0.5e+10", .kind = CVG_FACT_NUMBER},
    };
    struct cvg_reading given = full();
    given.facts = bad;
    given.fact_count = CVG_COUNT(bad);
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    const struct cvg_reading *reading = cvg_reading_get(kept);

    assert_int_equal(reading->status, CVG_READY);
    assert_int_equal(reading->fact_count, 3);
    assert_string_equal(cvg_reading_fact(reading, "good"), "1");
    assert_string_equal(cvg_reading_fact(reading, "number"), "-0.5e+10");
    assert_string_equal(cvg_reading_fact(reading, "facts_dropped"), "13");
    cvg_reading_unref(kept);
}

static void only_numbers_are_drawn(void **state)
{
    (void)state;
    static const struct cvg_fact facts[] = {
        {.name = "drawn", .text = "1", .kind = CVG_FACT_NUMBER, .flags = CVG_FACT_METRIC},
        {.name = "plain", .text = "2", .kind = CVG_FACT_NUMBER},
        {.name = "word", .text = "3", .flags = CVG_FACT_METRIC},
        {.name = "later", .text = "4", .kind = CVG_FACT_NUMBER, .flags = 0xfffffffe},
    };
    static const uint32_t flags[] = {CVG_FACT_METRIC, 0, 0, 0};
    struct cvg_reading given = full();
    given.facts = facts;
    given.fact_count = CVG_COUNT(facts);
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);
    const struct cvg_reading *reading = cvg_reading_get(kept);
    assert_int_equal(reading->fact_count, CVG_COUNT(facts));
    for (size_t i = 0; i < CVG_COUNT(facts); i++) {
        assert_int_equal(reading->facts[i].flags, flags[i]);
    }
    assert_false(cvg_reading_same(reading, &given));
    assert_true(cvg_reading_same_facts(reading, &given));
    cvg_reading_unref(kept);
}

static void surplus_facts_are_dropped_and_counted(void **state)
{
    (void)state;
    struct cvg_fact facts[CVG_READING_FACT_LIMIT + 9];
    char names[CVG_READING_FACT_LIMIT + 9][8];
    for (size_t i = 0; i < CVG_COUNT(facts); i++) {
        (void)snprintf(names[i], sizeof names[i], "f%zu", i);
        facts[i] = (struct cvg_fact){.name = names[i], .text = "x"};
    }
    struct cvg_reading given = full();
    given.facts = facts;
    given.fact_count = CVG_COUNT(facts);
    struct cvg_kept_reading *kept = cvg_reading_keep(&given, NOW);

    assert_int_equal(cvg_reading_get(kept)->fact_count, CVG_READING_FACT_LIMIT + 1);
    assert_string_equal(cvg_reading_fact(cvg_reading_get(kept), "facts_dropped"), "9");
    cvg_reading_unref(kept);
}

static void same_sees_every_part_but_the_time(void **state)
{
    (void)state;
    static const struct cvg_fact other_facts[] = {{.name = "serial", .text = "43"}};
    struct cvg_reading a = full();
    struct cvg_reading cases[11];
    size_t count = 0;

    cases[count] = a, cases[count++].status = CVG_FAILED;
    cases[count] = a, cases[count++].reason = "Other";
    cases[count] = a, cases[count++].message = NULL;
    cases[count] = a, cases[count++].expected = "4";
    cases[count] = a, cases[count++].observed = "2";
    cases[count] = a, cases[count++].revision = "def";
    cases[count] = a, cases[count++].value = 4;
    cases[count] = a, cases[count++].has_value = 0;
    cases[count] = a, cases[count++].done = 2;
    cases[count] = a, cases[count++].fact_count = 1;
    cases[count] = a, cases[count].fact_count = 1, cases[count++].facts = other_facts;
    for (size_t i = 0; i < count; i++) {
        assert_false(cvg_reading_same(&a, &cases[i]));
        assert_true(cvg_reading_same(&cases[i], &cases[i]));
    }
    struct cvg_reading later = a;
    later.observed_at_ns = NOW;
    assert_true(cvg_reading_same(&a, &later));
    a.value = later.value = NAN;
    assert_true(cvg_reading_same(&a, &later));
}

static void *ref_and_unref(void *arg)
{
    for (int i = 0; i < 20000; i++) {
        cvg_reading_unref(cvg_reading_ref(arg));
    }
    cvg_reading_unref(arg);
    return NULL;
}

static void references_may_be_dropped_on_any_thread(void **state)
{
    (void)state;
    pthread_t threads[4];
    struct cvg_kept_reading *kept = make_reading(CVG_READY, NOW);

    for (size_t i = 0; i < CVG_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ref_and_unref, cvg_reading_ref(kept)),
                         0);
    }
    for (size_t i = 0; i < CVG_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
    }
    assert_string_equal(cvg_reading_get(kept)->reason, "Ready");
    cvg_reading_unref(kept);
    cvg_reading_unref(NULL);
    assert_null(cvg_reading_ref(NULL));
}

static void words_for_numbers(void **state)
{
    (void)state;
    assert_string_equal(cvg_status_text(CVG_READY), "ready");
    assert_string_equal(cvg_status_text(99), "unknown");
    assert_string_equal(cvg_plane_text(CVG_DECLARED), "declared");
    assert_string_equal(cvg_plane_text(CVG_OBSERVED), "observed");
    for (uint32_t fault = 0; fault < CVG_FAULT_COUNT; fault++) {
        assert_non_null(cvg_fault_text(fault));
    }
    assert_string_equal(cvg_fault_text(CVG_FAULT_TIMEOUT), "timeout");
    assert_string_equal(cvg_fault_text(99), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_what_was_given),
        cmocka_unit_test(evidence_without_a_time_is_of_now),
        cmocka_unit_test(a_reading_that_breaks_the_contract_is_unknown),
        cmocka_unit_test(the_reasons_of_kubernetes_conditions_pass),
        cmocka_unit_test(a_module_of_an_older_minor_has_zeros_in_what_it_does_not_know),
        cmocka_unit_test(long_text_is_cut_at_a_characters_end),
        cmocka_unit_test(facts_that_cannot_be_kept_are_dropped_and_counted),
        cmocka_unit_test(only_numbers_are_drawn),
        cmocka_unit_test(surplus_facts_are_dropped_and_counted),
        cmocka_unit_test(same_sees_every_part_but_the_time),
        cmocka_unit_test(references_may_be_dropped_on_any_thread),
        cmocka_unit_test(words_for_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
