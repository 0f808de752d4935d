/* SPDX-License-Identifier: Apache-2.0 */
/* What time alone does to an outcome, and the words that it is told in. */
#include "rule.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define THEN   (INT64_C(1000000) * SECOND)

static struct cvg_kube_outcome progressing(void)
{
    struct cvg_kube_outcome outcome = {0};
    cvg_kube_say(&outcome, CVG_PROGRESSING, "Before", NULL);
    return outcome;
}

static void test_the_earliest_of_several_dwells_counts(void **state)
{
    (void)state;
    struct cvg_kube_outcome outcome = progressing();
    cvg_kube_worsen(&outcome, THEN, 60 * SECOND, CVG_FAILED, "Later");
    cvg_kube_worsen(&outcome, THEN, 30 * SECOND, CVG_DEGRADED, "Sooner");
    cvg_kube_worsen(&outcome, THEN, 90 * SECOND, CVG_FAILED, "Latest");
    assert_int_equal(outcome.worse_at, THEN + 30 * SECOND);
    assert_int_equal(outcome.worse_status, CVG_DEGRADED);
    assert_string_equal(outcome.worse_reason, "Sooner");
}

static void test_time_makes_nothing_better_or_the_same(void **state)
{
    static const enum cvg_status order[] = {CVG_READY, CVG_PROGRESSING, CVG_DEGRADED, CVG_UNKNOWN,
                                            CVG_FAILED};

    (void)state;
    for (size_t from = 0; from < CVG_COUNT(order); from++) {
        for (size_t to = 0; to < CVG_COUNT(order); to++) {
            struct cvg_kube_outcome outcome = {0};
            cvg_kube_say(&outcome, order[from], "Before", NULL);
            cvg_kube_worsen(&outcome, THEN, SECOND, order[to], "After");
            assert_int_equal(outcome.worse_at != 0, to > from);
        }
    }
}

static void test_without_a_beginning_or_a_dwell_nothing_happens(void **state)
{
    static const struct {
        int64_t since, dwell;
    } rows[] = {{0, SECOND}, {THEN, 0}, {-5, SECOND}, {THEN, -1}, {INT64_MAX, SECOND}};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_outcome outcome = progressing();
        cvg_kube_worsen(&outcome, rows[i].since, rows[i].dwell, CVG_FAILED, "After");
        assert_int_equal(outcome.worse_at, 0);
    }
}

static void test_what_is_said_anew_forgets_the_dwell(void **state)
{
    (void)state;
    struct cvg_kube_outcome outcome = progressing();
    cvg_kube_worsen(&outcome, THEN, SECOND, CVG_FAILED, "After");
    cvg_kube_say(&outcome, CVG_READY, "Now", NULL);
    assert_int_equal(outcome.worse_at, 0);
    assert_string_equal(outcome.worse_reason, "");
}

static void test_a_dwell_is_as_long_as_the_operator_says(void **state)
{
    (void)state;
    const struct cvg_kube_condition ready = {.type = "Ready",
                                             .status = "Unknown",
                                             .reason = "NodeStatusUnknown",
                                             .message = "",
                                             .changed_at = THEN,
                                             .observed_generation = CVG_KUBE_ABSENT};
    struct cvg_kube_view view = {.kind = cvg_kube_kind_of_type(CVG_KUBE_NODE),
                                 .meta = {.generation = CVG_KUBE_ABSENT},
                                 .observed_generation = CVG_KUBE_ABSENT,
                                 .conditions = &ready,
                                 .condition_count = 1,
                                 .has_status = 1};
    struct cvg_kube_dwells dwells;
    struct cvg_kube_outcome outcome;
    cvg_kube_dwells_default(&dwells);
    cvg_kube_judge(&view, &dwells, &outcome);
    assert_int_equal(outcome.worse_at, THEN + 50 * SECOND);
    dwells.node_unknown = 7 * SECOND;
    cvg_kube_judge(&view, &dwells, &outcome);
    assert_int_equal(outcome.worse_at, THEN + 7 * SECOND);
    assert_int_equal(outcome.worse_status, CVG_FAILED);
}

static void test_a_reason_is_a_code_or_ours(void **state)
{
    static const struct {
        const char *own;
        int taken;
    } rows[] = {
        {"FailedCreate", 1},
        {"Kubelet_Ready2", 1},
        {"Synced:OK", 1},
        {"", 0},
        {"no code", 0},
        {"1st", 0},
        {"ends:", 0},
        {"Caf\xC3\xA9", 0},
        {"new\nline", 0},
        {"Semi;colon", 0},
        {"\x1b[31mRed", 0},
        {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0}, /* 65 */
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const char *reason = cvg_kube_own_reason(rows[i].own, CVG_KUBE_REASON_STALLED);
        if ((reason == rows[i].own) != rows[i].taken) {
            fail_msg("%s becomes %s", rows[i].own, reason);
        }
    }
}

static void test_messages_are_printable_and_bounded(void **state)
{
    (void)state;
    struct cvg_kube_outcome outcome = {0};
    char text[2000];
    cvg_kube_say(&outcome, CVG_FAILED, "X", "%s", "a\x1b[0m\r\n b \xff");
    assert_string_equal(outcome.message, "a?[0m b ?");
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cvg_kube_say(&outcome, CVG_FAILED, "X", "%s", text);
    assert_int_equal(strlen(outcome.message), CVG_KUBE_MESSAGE - 1);
    assert_string_equal(outcome.message + CVG_KUBE_MESSAGE - 4, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_earliest_of_several_dwells_counts),
        cmocka_unit_test(test_time_makes_nothing_better_or_the_same),
        cmocka_unit_test(test_without_a_beginning_or_a_dwell_nothing_happens),
        cmocka_unit_test(test_what_is_said_anew_forgets_the_dwell),
        cmocka_unit_test(test_a_dwell_is_as_long_as_the_operator_says),
        cmocka_unit_test(test_a_reason_is_a_code_or_ours),
        cmocka_unit_test(test_messages_are_printable_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
