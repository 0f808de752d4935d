/* SPDX-License-Identifier: Apache-2.0 */
/* What is said before TLS, and what is taken for the go-ahead. */
#include "prelude.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The turn that it ends in. step: how many bytes come at a time. */
static enum cvg_tls_turn talk(uint32_t kind, const char *said, size_t step)
{
    struct cvg_tls_prelude prelude;
    enum cvg_tls_turn turn = cvg_tls_prelude_begin(&prelude, kind);
    size_t length = strlen(said), at = 0;
    while (at < length && (turn == CVG_TLS_LISTEN || turn == CVG_TLS_SAY)) {
        size_t used = 0;
        turn = cvg_tls_prelude_take(&prelude, said + at, CVG_MIN(step, length - at), &used);
        assert_true(used > 0);
        at += used;
    }
    return turn;
}

static void test_goes_over_to_tls_when_told_to(void **state)
{
    (void)state;

    static const struct {
        uint32_t kind;
        const char *said;
        enum cvg_tls_turn turn;
    } rows[] = {
        {CVG_TLS_SMTP, "220-a\r\n220 b\r\n250-x\r\n250 starttls\r\n220 go\r\n", CVG_TLS_GO},
        {CVG_TLS_SMTP, "220 b\r\n250 STARTTLSX\r\n", CVG_TLS_DENIED},
        {CVG_TLS_SMTP, "220 b\r\n250 STARTTLS\r\n454 later\r\n", CVG_TLS_LATER},
        {CVG_TLS_SMTP, "554 no\r\n", CVG_TLS_DENIED},
        {CVG_TLS_SMTP, "22", CVG_TLS_LISTEN},
        {CVG_TLS_SMTP, "2200 x\r\n", CVG_TLS_STRANGE},
        {CVG_TLS_IMAP, "* OK x\r\n* y\r\na1 OK go\r\n", CVG_TLS_GO},
        {CVG_TLS_IMAP, "* OKAY\r\n", CVG_TLS_STRANGE},
        {CVG_TLS_IMAP, "* PREAUTH x\r\n", CVG_TLS_DENIED},
        {CVG_TLS_IMAP, "* BYE\r\n", CVG_TLS_LATER},
        {CVG_TLS_IMAP, "* OK\r\na1 BAD\r\n", CVG_TLS_DENIED},
        {CVG_TLS_POP3, "+OK\r\n+OK\r\n", CVG_TLS_GO},
        {CVG_TLS_POP3, "+OK\n-ERR no\n", CVG_TLS_DENIED},
        {CVG_TLS_POP3, "-ERR busy\r\n", CVG_TLS_LATER},
        {CVG_TLS_POSTGRES, "S", CVG_TLS_GO},
        {CVG_TLS_POSTGRES, "N", CVG_TLS_DENIED},
        {CVG_TLS_POSTGRES, "E", CVG_TLS_LATER},
        {CVG_TLS_POSTGRES, "H", CVG_TLS_STRANGE},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        enum cvg_tls_turn whole = talk(rows[i].kind, rows[i].said, SIZE_MAX);
        enum cvg_tls_turn slowly = talk(rows[i].kind, rows[i].said, 1);
        if (whole != rows[i].turn || slowly != rows[i].turn) {
            fail_msg("'%s': %d, %d", rows[i].said, (int)whole, (int)slowly);
        }
    }
}

static void test_takes_nothing_unencrypted_for_encrypted(void **state)
{
    (void)state;
    assert_int_equal(talk(CVG_TLS_POP3, "+OK\r\n+OK\r\n+OK\r\n", SIZE_MAX), CVG_TLS_STRANGE);
    assert_int_equal(talk(CVG_TLS_POSTGRES, "SS", SIZE_MAX), CVG_TLS_STRANGE);
}

static void test_lines_and_their_number_are_bounded(void **state)
{
    char text[(CVG_TLS_LINES_MOST + 2) * 8 + 1] = "";
    char line[CVG_TLS_LINE_MOST + 2];
    (void)state;
    for (size_t i = 0; i <= CVG_TLS_LINES_MOST; i++) {
        memcpy(text + i * 7, "220-x\r\n", 8);
    }
    assert_int_equal(talk(CVG_TLS_SMTP, text, SIZE_MAX), CVG_TLS_STRANGE);
    memset(line, '2', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    assert_int_equal(talk(CVG_TLS_SMTP, line, SIZE_MAX), CVG_TLS_STRANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_over_to_tls_when_told_to),
        cmocka_unit_test(test_takes_nothing_unencrypted_for_encrypted),
        cmocka_unit_test(test_lines_and_their_number_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
