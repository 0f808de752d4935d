/* SPDX-License-Identifier: Apache-2.0 */
/* What exit codes mean. */
#include "codes.h"

#include <convergate/reading.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_tables(void **state)
{
    (void)state;

    static const struct {
        uint32_t table;
        int32_t code;
        uint32_t status;
        int named;
    } rows[] = {
        {CVG_EXEC_SCRIPT, 0, CVG_READY, 1},    {CVG_EXEC_SCRIPT, 75, CVG_PROGRESSING, 1},
        {CVG_EXEC_SCRIPT, 1, CVG_FAILED, 1},   {CVG_EXEC_SCRIPT, 74, CVG_FAILED, 1},
        {CVG_EXEC_SCRIPT, 255, CVG_FAILED, 1}, {CVG_EXEC_NAGIOS, 0, CVG_READY, 1},
        {CVG_EXEC_NAGIOS, 1, CVG_DEGRADED, 1}, {CVG_EXEC_NAGIOS, 2, CVG_FAILED, 1},
        {CVG_EXEC_NAGIOS, 3, CVG_UNKNOWN, 1},  {CVG_EXEC_NAGIOS, 4, CVG_UNKNOWN, 0},
        {CVG_EXEC_NAGIOS, 75, CVG_UNKNOWN, 0}, {CVG_EXEC_NAGIOS, 255, CVG_UNKNOWN, 0},
    };
    const struct cvg_list none = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int named = -1;
        assert_int_equal(cvg_exec_codes_status(&none, rows[i].table, rows[i].code, &named),
                         rows[i].status);
        assert_int_equal(named, rows[i].named);
    }
}

static void test_the_narrowest_entry_counts(void **state)
{
    (void)state;
    static const struct cvg_pair entries[] = {
        {"default", "unknown"}, {"0-200", "degraded"}, {"10-19", "progressing"}, {"12", "failed"}};

    static const struct {
        int32_t code;
        uint32_t status;
    } rows[] = {{0, CVG_DEGRADED},  {9, CVG_DEGRADED},     {10, CVG_PROGRESSING},
                {12, CVG_FAILED},   {19, CVG_PROGRESSING}, {75, CVG_DEGRADED},
                {201, CVG_UNKNOWN}, {255, CVG_UNKNOWN}};
    const struct cvg_list list = {COUNT(entries), entries};
    for (size_t i = 0; i < COUNT(rows); i++) {
        int named = 0;
        assert_int_equal(cvg_exec_codes_status(&list, CVG_EXEC_SCRIPT, rows[i].code, &named),
                         rows[i].status);
        assert_int_equal(named, 1);
    }
    int named = 0;
    /* Success is told by nothing but a 0, and where others are lumped together, it stays that. */
    const struct cvg_list rest = {1, &entries[0]};
    assert_int_equal(cvg_exec_codes_status(&rest, CVG_EXEC_SCRIPT, 0, &named), CVG_READY);
    assert_int_equal(cvg_exec_codes_status(&rest, CVG_EXEC_SCRIPT, 1, &named), CVG_UNKNOWN);
    assert_int_equal(cvg_exec_codes_status(&rest, CVG_EXEC_SCRIPT, 255, &named), CVG_UNKNOWN);
    const struct cvg_list last = {1, &entries[3]};
    assert_int_equal(cvg_exec_codes_status(&last, CVG_EXEC_SCRIPT, 0, &named), CVG_READY);
}

static void test_entries_are_checked(void **state)
{
    (void)state;
    static const struct cvg_pair good[] = {{"0", "ready"},
                                           {"255", "failed"},
                                           {"3-9", "unknown"},
                                           {"7-7", "degraded"},
                                           {"default", "progressing"}};
    static const struct cvg_pair bad[] = {{"256", "ready"},   {"-1", "ready"}, {"9-3", "ready"},
                                          {"", "ready"},      {"1-", "ready"}, {"-", "ready"},
                                          {"1-2-3", "ready"}, {"x", "ready"},  {"01", "ready"},
                                          {"0", "Ready"},     {"0", ""},       {"0", "ready "}};
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_null(cvg_exec_codes_check(&good[i]));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_non_null(cvg_exec_codes_check(&bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_the_narrowest_entry_counts),
        cmocka_unit_test(test_entries_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
