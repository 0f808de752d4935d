/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns: which are refused before they can cost anything, and statuses as operators write them. */
#include "kit/regex.h"

#include "base/macros.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_refuses_what_may_take_for_ever(void **state)
{
    (void)state;

    static const struct {
        const char *pattern;
        int is_taken;
    } rows[] = {
        {"version 1\\.4\\.[0-9]+", 1},
        {"^(ok|ready)$", 1},
        {"(ab)*", 1},
        {"a{2,64}", 1},
        {"[]{3}1]x", 1},
        {"[[:digit:]{99}]", 1},
        {"\\(x\\){3}", 1},
        {"(a)\\1", 0},
        {"a{65}", 0},
        {"a{1,1000}", 0},
        {"(a|b){2}", 0},
        {"(a+)*{9}", 0},
        {"((a{9}){9}){9}", 0},
        {"a{9}{9}", 0},
        {"a++", 0},
        {"a*?", 0},
        {"8.1++++++++++++++++++++++++++++++++", 0},
        {"((((a+)+)+)+)+b", 1},
        {"((((((a+)+)+)+)+)+)+", 0},
        {"[+*]+\\++", 1},
        {"(", 0},
        {"[a", 0},
        {"a{2", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char why[160] = "";
        int taken = cvg_kit_regex_check(rows[i].pattern, why, sizeof(why)) == 0;
        if (taken != rows[i].is_taken) {
            fail_msg("%s: %s", rows[i].pattern, why);
        }
        assert_true(taken || why[0] != '\0');
    }
}

static void test_matches_bytes_up_to_a_bound(void **state)
{
    (void)state;
    static char long_one[CVG_KIT_SEARCH_MOST + 8];
    memset(long_one, 'a', sizeof(long_one) - 1);
    memcpy(long_one + CVG_KIT_SEARCH_MOST, "end", 3);
    assert_true(cvg_kit_regex_matches("b.d", "a\nbcd", 5));
    assert_false(cvg_kit_regex_matches("bcd", "abcd", 3));
    assert_false(cvg_kit_regex_matches("end", long_one, sizeof(long_one) - 1));
    assert_true(cvg_kit_regex_matches("end", long_one + 3, sizeof(long_one) - 4));
    assert_false(cvg_kit_regex_matches("(a)\\1", "aa", 2));
    assert_true(cvg_kit_regex_matches("^$", "", 0));
}

static void test_reads_statuses_and_ranges(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        uint32_t low, high; /* 0: it is none */
    } rows[] = {
        {"200", 200, 200}, {"200-299", 200, 299}, {"404-404", 404, 404}, {"100-599", 100, 599},
        {"", 0, 0},        {"2xx", 0, 0},         {"99", 0, 0},          {"600", 0, 0},
        {"299-200", 0, 0}, {"200-", 0, 0},        {"-200", 0, 0},        {"200 - 299", 0, 0},
        {"0200", 0, 0},    {"200,204", 0, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_range range = {0};
        int result = cvg_http_range_parse(rows[i].text, &range);
        if ((result == 0) != (rows[i].low != 0) || range.low != rows[i].low ||
            range.high != rows[i].high) {
            fail_msg("'%s'", rows[i].text);
        }
    }
    assert_true(cvg_http_range_has("200-299", 299));
    assert_false(cvg_http_range_has("200-299", 300));
    assert_false(cvg_http_range_has("nothing", 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_what_may_take_for_ever),
        cmocka_unit_test(test_matches_bytes_up_to_a_bound),
        cmocka_unit_test(test_reads_statuses_and_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
