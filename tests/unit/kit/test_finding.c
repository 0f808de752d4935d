/* SPDX-License-Identifier: Apache-2.0 */
/* A reading in the making: what is said stands in it, what does not fit does no harm. */
#include "kit/finding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_is_said_stands_in_the_reading(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    assert_int_equal(finding.reading.status, CVG_UNKNOWN);
    assert_null(finding.reading.reason);
    assert_int_equal(finding.reading.size, sizeof finding.reading);
    cvg_kit_finding_say(&finding, CVG_READY, "Applied", "%d of %d", 2, 2);
    cvg_kit_finding_fact(&finding, "name", "%s", "value");
    cvg_kit_finding_number(&finding, "serial", INT64_MIN);
    cvg_kit_finding_metric(&finding, "drift", 7);
    assert_int_equal(finding.reading.status, CVG_READY);
    assert_string_equal(finding.reading.reason, "Applied");
    assert_string_equal(finding.reading.message, "2 of 2");
    assert_int_equal(finding.reading.fact_count, 3);
    const struct cvg_fact *facts = finding.reading.facts;
    assert_string_equal(facts[0].name, "name");
    assert_string_equal(facts[0].text, "value");
    assert_int_equal(facts[0].kind, CVG_FACT_STRING);
    assert_string_equal(facts[1].text, "-9223372036854775808");
    assert_int_equal(facts[1].kind, CVG_FACT_NUMBER);
    assert_int_equal(facts[1].flags, 0);
    assert_string_equal(facts[2].text, "7");
    assert_int_equal(facts[2].flags, CVG_FACT_METRIC);
}

static void a_finding_that_begins_again_is_empty(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_metric(&finding, "drift", 7);
    cvg_kit_finding_begin(&finding);
    assert_int_equal(finding.reading.fact_count, 0);
    cvg_kit_finding_number(&finding, "serial", 1);
    assert_int_equal(finding.reading.facts[0].flags, 0); /* not those of the one before */
}

static void a_fact_without_a_text_is_left_out(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_fact(&finding, "empty", "%s", "");
    cvg_kit_finding_fact(&finding, "", "%s", "nameless");
    assert_int_equal(finding.reading.fact_count, 0);
}

static void more_facts_than_there_is_room_for_are_left_out(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    for (int i = 0; i < CVG_KIT_FACTS + 10; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "f%d", i);
        cvg_kit_finding_metric(&finding, name, i);
    }
    assert_int_equal(finding.reading.fact_count, CVG_KIT_FACTS);
    assert_string_equal(finding.reading.facts[CVG_KIT_FACTS - 1].name, "f63");
}

static void texts_are_cut_at_a_characters_end(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    char big[4096];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    /* Wherever the cut is, one of these has a character of two bytes across it. */
    for (size_t at = 1018; at < 1028; at++) {
        cvg_kit_finding_begin(&finding);
        memcpy(big + at, "\xc3\xbc", 2);
        cvg_kit_finding_say(&finding, CVG_FAILED, "Big", "%s", big);
        size_t length = strlen(finding.reading.message);
        assert_in_range(length, 1000, 1024);
        assert_true((unsigned char)finding.reading.message[length - 1] != 0xc3);
        memset(big + at, 'x', 2);
    }
}

/* The room ends, and then there is nothing more to be had of it. */
static void a_full_room_gives_empty_texts(void **state)
{
    (void)state;
    struct cvg_kit_finding finding;
    char big[1024];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    cvg_kit_finding_begin(&finding);
    size_t total = 0;
    for (int i = 0; i < 20; i++) {
        total += strlen(cvg_kit_finding_text(&finding, "%s", big)) + 1;
    }
    assert_in_range(total, 1, sizeof finding.room + 20);
    assert_string_equal(cvg_kit_finding_text(&finding, "%s", big), "");
    cvg_kit_finding_number(&finding, "late", 1);
    assert_int_equal(finding.reading.fact_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_stands_in_the_reading),
        cmocka_unit_test(a_finding_that_begins_again_is_empty),
        cmocka_unit_test(a_fact_without_a_text_is_left_out),
        cmocka_unit_test(more_facts_than_there_is_room_for_are_left_out),
        cmocka_unit_test(texts_are_cut_at_a_characters_end),
        cmocka_unit_test(a_full_room_gives_empty_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
