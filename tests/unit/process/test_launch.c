/* SPDX-License-Identifier: Apache-2.0 */
/* The word of limits between the host and its launcher. */
#include "process/launch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    static const struct cvg_launch_limits table[] = {
        {0},
        {.memory = INT64_MAX, .processes = INT64_MAX, .file = INT64_MAX, .cpu_s = INT64_MAX},
        {.memory = 1, .processes = 2, .file = 3, .cpu_s = 4},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[CVG_LAUNCH_LIMITS_TEXT];
        struct cvg_launch_limits read;
        cvg_launch_limits_write(&table[i], text);
        assert_int_equal(cvg_launch_limits_read(text, &read), 0);
        assert_memory_equal(&read, &table[i], sizeof read);
    }
}

static void test_anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const table[] = {"",         "1,2,3",     "1,2,3,4,5", "1,2,3,4,",
                                        "1,2,,4",   "-1,2,3,4",  "1,2,3,x",   "1, 2,3,4",
                                        "01,2,3,4", "1,2,3,4\n", "1.5,2,3,4"};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct cvg_launch_limits read = {.memory = 7};
        assert_int_equal(cvg_launch_limits_read(table[i], &read), -1);
        assert_int_equal(read.memory, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
