/* SPDX-License-Identifier: Apache-2.0 */
/* What a service says, however it is cut, and whether it is what was awaited. */
#include "banner.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int says(const struct cvg_tcp_expect *expect, const char *bytes, size_t length, char *line)
{
    struct cvg_tcp_banner *banner = cvg_tcp_banner_new(expect);
    int found = 0;
    for (size_t i = 0; i < length && !found && cvg_tcp_banner_room(banner) > 0; i++) {
        found = cvg_tcp_banner_take(banner, bytes + i, 1);
    }
    cvg_tcp_banner_line(banner, line);
    cvg_tcp_banner_free(banner);
    return found;
}

static void test_finds_what_is_awaited(void **state)
{
    (void)state;

    static const struct {
        const char *contains, *matches, *bytes;
        size_t length;
        int found;
        const char *line;
    } rows[] = {
        {"SSH", NULL, "SSH-2.0-x\r\n", 11, 1, "SSH"},
        {NULL, "^SSH-2\\.0-", "\r\nSSH-2.0-", 10, 0, "SSH-2.0-"},
        {"b", "^a", "ab", 2, 1, "ab"},
        {"b", "^c", "ab", 2, 0, "ab"},
        {"end", NULL, "a\0end", 5, 1, NULL},
        {NULL, "e.d", "a\0end", 5, 1, NULL},
        {"late", NULL, "0123456789abcdeflate", 20, 0, "0123456789abcdef"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const struct cvg_tcp_expect expect = {
            .contains = rows[i].contains, .matches = rows[i].matches, .limit = 16};
        char line[CVG_TCP_LINE_MOST];
        if (says(&expect, rows[i].bytes, rows[i].length, line) != rows[i].found ||
            (rows[i].line != NULL && strcmp(line, rows[i].line) != 0)) {
            fail_msg("row %zu: %s", i, line);
        }
    }
}

static void test_refuses_what_is_no_pattern(void **state)
{
    char why[160] = "";
    (void)state;
    assert_int_equal(cvg_tcp_pattern_check(NULL, why, sizeof(why)), 0);
    assert_int_equal(cvg_tcp_pattern_check("^a$", why, sizeof(why)), 0);
    assert_int_equal(cvg_tcp_pattern_check("(", why, sizeof(why)), -1);
    assert_true(why[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_is_awaited),
        cmocka_unit_test(test_refuses_what_is_no_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
