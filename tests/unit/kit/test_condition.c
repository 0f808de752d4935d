/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions: which texts are taken, which values they take. */
#include "kit/condition.h"

#include "base/macros.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_takes_and_leaves_values(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        double value;
        int holds;
    } rows[] = {
        {"< 0.01", 0.0099, 1},
        {"< 0.01", 0.01, 0},
        {"<0.01", -5, 1},
        {"< 0.01", INFINITY, 0},
        {"< 0.01", -INFINITY, 1},
        {"< 0.01", NAN, 0},
        {"<= 1", 1, 1},
        {"<= 1", 1.0000001, 0},
        {"> 3", 3, 0},
        {"> 3", 3.1, 1},
        {">= 3", 3, 1},
        {">= 3", 2.9, 0},
        {">= 3", NAN, 0},
        {"== 0", 0, 1},
        {"== 0", -0.0, 1},
        {"== 0", 5e-324, 0},
        {"!= 0", 1, 1},
        {"!= 0", -0.0, 0},
        {"!= 0", NAN, 0},
        {"0.2..0.8", 0.2, 1},
        {"0.2..0.8", 0.8, 1},
        {"0.2..0.8", 0.81, 0},
        {"0.2..0.8", 0.19, 0},
        {"0.2..0.8", NAN, 0},
        {" -1 .. 1 ", 0, 1},
        {"-2..-1", -1.5, 1},
        {"  >=  1e3  ", 1000, 1},
        {"0.2..0.8", INFINITY, 0},
        {"< 5e-324", 0, 1},
        {"< -0.5", -0.4, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_condition condition;
        assert_null(cvg_kit_condition_parse(rows[i].text, &condition));
        if (cvg_kit_condition_holds(&condition, rows[i].value) != rows[i].holds) {
            fail_msg("'%s' of %g", rows[i].text, rows[i].value);
        }
    }
}

static void test_refuses_what_is_no_condition(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",        "0.01",   "<",      "< ",     "< 1%",    "< 50ms", "=< 1",   "= 1",      "=== 1",
        "<> 1",    "< NaN",  "< +Inf", ">= 1 2", "..",      "1..",    "..1",    "0.8..0.2", "a..b",
        "1...2..", "< 0x10", "true",   "! 1",    "< 1e999", "<\n1",   "1..Inf", "< 1, > 2",
    };
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_condition condition;
        if (cvg_kit_condition_parse(rows[i], &condition) == NULL) {
            fail_msg("'%s' was taken", rows[i]);
        }
    }
}

static void test_measures_how_far_a_value_is_off(void **state)
{
    (void)state;
    struct cvg_kit_condition condition;
    assert_null(cvg_kit_condition_parse("< 2", &condition));
    assert_true(cvg_kit_condition_distance(&condition, 1) == 0);
    assert_true(cvg_kit_condition_distance(&condition, 5) == 3);
    assert_null(cvg_kit_condition_parse("2..4", &condition));
    assert_true(cvg_kit_condition_distance(&condition, 1) == 1);
    assert_true(cvg_kit_condition_distance(&condition, 7) == 3);
    assert_null(cvg_kit_condition_parse("> 0", &condition));
    assert_true(cvg_kit_condition_distance(&condition, 0) == 0);
    assert_true(cvg_kit_condition_distance(&condition, NAN) == 0);
    assert_null(cvg_kit_condition_parse("2..4", &condition));
    assert_true(isinf(cvg_kit_condition_distance(&condition, INFINITY)));
}

static void test_knows_which_condition_covers_another(void **state)
{
    (void)state;

    static const struct {
        const char *outer, *inner;
        int covers;
    } rows[] = {
        {"< 0.05", "< 0.01", 1},  {"< 0.01", "< 0.05", 0}, {"< 0.01", "<= 0.01", 0},
        {"<= 0.01", "< 0.01", 1}, {">= 3", "> 3", 1},      {"> 3", ">= 3", 0},
        {"0..1", "0.2..0.8", 1},  {"0.2..0.8", "0..1", 0}, {"< 1", "> 1", 0},
        {"== 1", "== 1", 1},      {"!= 1", "!= 1", 0},     {"<= 5", "0..5", 1},
        {"< 5", "0..5", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_condition outer, inner;
        assert_null(cvg_kit_condition_parse(rows[i].outer, &outer));
        assert_null(cvg_kit_condition_parse(rows[i].inner, &inner));
        if (cvg_kit_condition_covers(&outer, &inner) != rows[i].covers) {
            fail_msg("'%s' over '%s'", rows[i].outer, rows[i].inner);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_and_leaves_values),
        cmocka_unit_test(test_refuses_what_is_no_condition),
        cmocka_unit_test(test_measures_how_far_a_value_is_off),
        cmocka_unit_test(test_knows_which_condition_covers_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
