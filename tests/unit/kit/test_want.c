/* SPDX-License-Identifier: Apache-2.0 */
/* Wanted outputs: what fits, what is told, and how many are named. */
#include "kit/want.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_what_fits(void **state)
{
    static const struct {
        struct cvg_kit_want want;
        struct cvg_kit_value value;
        enum cvg_kit_fit fit;
    } cases[] = {
        {{.name = "a"}, {NULL, CVG_KIT_VALUE_NULL, 0}, CVG_KIT_MISSING},
        {{.name = "a", .allow_empty = 1}, {NULL, CVG_KIT_VALUE_NULL, 0}, CVG_KIT_MISSING},
        {{.name = "a"}, {"", CVG_KIT_VALUE_EMPTY, 0}, CVG_KIT_EMPTY},
        {{.name = "a", .allow_empty = 1}, {"", CVG_KIT_VALUE_EMPTY, 0}, CVG_KIT_FITS},
        {{.name = "a"}, {NULL, CVG_KIT_VALUE_SET, 0}, CVG_KIT_FITS},
        {{.name = "a", .equals = "x"}, {"x", CVG_KIT_VALUE_SET, 0}, CVG_KIT_FITS},
        {{.name = "a", .equals = "x"}, {"xy", CVG_KIT_VALUE_SET, 0}, CVG_KIT_DIFFERS},
        {{.name = "a", .equals = "x"}, {NULL, CVG_KIT_VALUE_SET, 0}, CVG_KIT_DIFFERS},
        {{.name = "a", .matches = "^[0-9]+$"}, {"42", CVG_KIT_VALUE_SET, 0}, CVG_KIT_FITS},
        {{.name = "a", .matches = "^[0-9]+$"}, {"42a", CVG_KIT_VALUE_SET, 0}, CVG_KIT_DIFFERS},
        {{.name = "a", .matches = "("}, {"(", CVG_KIT_VALUE_SET, 0}, CVG_KIT_DIFFERS},
        {{.name = "a", .equals = "x", .matches = "y"},
         {"x", CVG_KIT_VALUE_SET, 0},
         CVG_KIT_DIFFERS},
        {{.name = "a"}, {NULL, CVG_KIT_VALUE_SET, 1}, CVG_KIT_FITS},
        {{.name = "a", .equals = "x"}, {"x", CVG_KIT_VALUE_SET, 1}, CVG_KIT_SECRET},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(cvg_kit_want_fit(&cases[i].want, &cases[i].value), cases[i].fit);
    }
}

static void test_tells_a_value_exactly_or_not_at_all(void **state)
{
    static char longest[999 + 1], longer[1000 + 1];
    memset(longest, 'x', sizeof(longest) - 1);
    memset(longer, 'x', sizeof(longer) - 1);

    const struct {
        struct cvg_kit_want want;
        struct cvg_kit_value value;
        int told;
    } cases[] = {
        {{.name = "lb.host-1_a", .serve = 1}, {"x y", CVG_KIT_VALUE_SET, 0}, 1},
        {{.name = "a", .serve = 0}, {"x", CVG_KIT_VALUE_SET, 0}, 0},
        {{.name = "a", .serve = 1}, {"x", CVG_KIT_VALUE_SET, 1}, 0},
        {{.name = "a", .serve = 1}, {NULL, CVG_KIT_VALUE_SET, 0}, 0},
        {{.name = "a b", .serve = 1}, {"x", CVG_KIT_VALUE_SET, 0}, 0},
        {{.name = "a", .serve = 1}, {"x\ny", CVG_KIT_VALUE_SET, 0}, 0},
        {{.name = "a", .serve = 1}, {"\x1b[2J", CVG_KIT_VALUE_SET, 0}, 0},
        {{.name = "a", .serve = 1}, {longest, CVG_KIT_VALUE_SET, 0}, 1},
        {{.name = "a", .serve = 1}, {longer, CVG_KIT_VALUE_SET, 0}, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cvg_kit_finding finding;
        cvg_kit_finding_begin(&finding);
        cvg_kit_want_tell(&cases[i].want, &cases[i].value, &finding);
        assert_int_equal(finding.reading.fact_count, cases[i].told);
        if (cases[i].told) {
            assert_string_equal(finding.facts[0].text, cases[i].value.text);
        }
    }
}

static void test_leaves_room_for_what_is_said_later(void **state)
{
    char text[900];
    struct cvg_kit_finding finding;
    const struct cvg_kit_want want = {.name = "a", .serve = 1};
    const struct cvg_kit_value value = {.text = text, .kind = CVG_KIT_VALUE_SET};
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cvg_kit_finding_begin(&finding);
    for (int i = 0; i < 20; i++) {
        cvg_kit_want_tell(&want, &value, &finding);
    }
    assert_true(finding.reading.fact_count > 0);
    for (size_t i = 0; i < finding.reading.fact_count; i++) {
        assert_string_equal(finding.facts[i].text, text);
    }
    cvg_kit_finding_say(&finding, CVG_READY, "Said", "%s", text);
    assert_string_equal(finding.reading.message, text);
}

static void test_names_three_and_counts_the_rest(void **state)
{
    static const char *const names[] = {"one", "two\n", "three", "four", "five"};
    struct cvg_kit_names some = {.count = 0};
    (void)state;
    cvg_kit_names_add(&some, names[0], " (1 of 2)");
    assert_string_equal(cvg_kit_names_end(&some), "one (1 of 2)");
    for (size_t i = 1; i < COUNT(names); i++) {
        cvg_kit_names_add(&some, names[i], "");
    }
    assert_string_equal(cvg_kit_names_end(&some), "one (1 of 2), two, three and 2 more");
}

static void test_says_what_is_wrong_with_an_expression(void **state)
{
    const struct cvg_kit_want good = {.name = "a", .matches = "a|b"}, none = {.name = "a"},
                              bad = {.name = "a", .matches = "("};
    char text[160] = "";
    (void)state;
    assert_int_equal(cvg_kit_want_check(&good, text, sizeof(text)), 0);
    assert_int_equal(cvg_kit_want_check(&none, text, sizeof(text)), 0);
    assert_string_equal(text, "");
    assert_int_equal(cvg_kit_want_check(&bad, text, sizeof(text)), -1);
    assert_string_not_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_fits),
        cmocka_unit_test(test_tells_a_value_exactly_or_not_at_all),
        cmocka_unit_test(test_leaves_room_for_what_is_said_later),
        cmocka_unit_test(test_names_three_and_counts_the_rest),
        cmocka_unit_test(test_says_what_is_wrong_with_an_expression),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
