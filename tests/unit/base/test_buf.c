/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers: contents, and the ceiling. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parts_come_together(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(10000);
    assert_string_equal(cvg_buf_text(&buf), "");
    assert_int_equal(cvg_buf_add(&buf, NULL, 0), 0);
    assert_int_equal(cvg_buf_puts(&buf, "one"), 0);
    assert_int_equal(cvg_buf_putc(&buf, ' '), 0);
    assert_int_equal(cvg_buf_printf(&buf, "%s %d", "two", 3), 0);
    assert_int_equal(cvg_buf_add(&buf, "\0x", 2), 0);
    assert_int_equal(buf.length, 11);
    assert_memory_equal(cvg_buf_text(&buf), "one two 3\0x", 12);
    for (int i = 0; i < 900; i++) {
        assert_int_equal(cvg_buf_printf(&buf, "%010d", i), 0);
    }
    assert_int_equal(buf.length, 9011);
    assert_string_equal(buf.data + 9001, "0000000899");
    cvg_buf_clear(&buf);
    assert_string_equal(cvg_buf_text(&buf), "");
}

static void the_ceiling_is_reached_but_not_passed(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(4);
    assert_int_equal(cvg_buf_puts(&buf, "1234"), 0);
    assert_false(buf.overflow);
    assert_int_equal(cvg_buf_putc(&buf, '5'), -1);
    assert_true(buf.overflow);
    assert_string_equal(cvg_buf_text(&buf), "1234");
}

static void what_does_not_fit_is_dropped_whole_and_the_error_sticks(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(8);
    assert_int_equal(cvg_buf_puts(&buf, "123"), 0);
    assert_int_equal(cvg_buf_printf(&buf, "%s", "456789"), -1);
    assert_string_equal(cvg_buf_text(&buf), "123");
    assert_int_equal(cvg_buf_puts(&buf, "4"), -1);
    assert_string_equal(cvg_buf_text(&buf), "123");
    cvg_buf_clear(&buf);
    assert_false(buf.overflow);
    assert_int_equal(cvg_buf_puts(&buf, "12345678"), 0);
    struct cvg_buf none = CVG_BUF_INIT(0);
    assert_int_equal(cvg_buf_putc(&none, 'x'), -1);
    assert_string_equal(cvg_buf_text(&none), "");
    cvg_buf_done(&none);
    struct cvg_buf endless = CVG_BUF_INIT(SIZE_MAX);
    assert_int_equal(cvg_buf_puts(&endless, "x"), 0);
    assert_int_equal(cvg_buf_add(&endless, "", SIZE_MAX - 1), -1);
    cvg_buf_done(&endless);
}

static void taking_hands_the_memory_over(void **state)
{
    (void)state;
    struct cvg_buf buf = CVG_BUF_INIT(8);
    size_t length = 42;
    char *empty = cvg_buf_take(&buf, &length);
    assert_string_equal(empty, "");
    assert_int_equal(length, 0);
    free(empty);
    cvg_buf_puts(&buf, "abc");
    char *text = cvg_buf_take(&buf, NULL);
    assert_string_equal(text, "abc");
    free(text);
    assert_null(buf.data);
    assert_int_equal(buf.length, 0);
    assert_int_equal(cvg_buf_puts(&buf, "again"), 0);
    cvg_buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_together),
        cmocka_unit_test(the_ceiling_is_reached_but_not_passed),
        cmocka_unit_test(what_does_not_fit_is_dropped_whole_and_the_error_sticks),
        cmocka_unit_test(taking_hands_the_memory_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
