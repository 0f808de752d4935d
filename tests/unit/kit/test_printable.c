/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by RFC 3629, and what is shown of texts from outside. */
#include "kit/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void characters_are_what_the_standard_says(void **state)
{
    (void)state;

    static const struct {
        const char *bytes;
        size_t size;
        uint32_t character;
    } cases[] = {
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7F},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7FF},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xef\xbf\xbf", 3, 0xFFFF},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10FFFF},
        {"\x80", 0, 0},             /* begins none */
        {"\xc1\xbf", 0, 0},         /* longer than needed */
        {"\xe0\x9f\xbf", 0, 0},     /* the same */
        {"\xf0\x8f\xbf\xbf", 0, 0}, /* the same */
        {"\xed\xa0\x80", 0, 0},     /* a surrogate */
        {"\xed\xbf\xbf", 0, 0},     /* the last one */
        {"\xf4\x90\x80\x80", 0, 0}, /* over the last character */
        {"\xf5\x80\x80\x80", 0, 0},
        {"\xff", 0, 0},
        {"\xc3", 0, 0}, /* cut off */
        {"\xe2\x82", 0, 0},
        {"\xc3(", 0, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t character = 0;
        size_t length = strlen(cases[i].bytes);
        size_t size = cvg_kit_character((const unsigned char *)cases[i].bytes, length, &character);
        if (size != cases[i].size || character != cases[i].character) {
            fail_msg("case %zu: %zu bytes, U+%04X", i, size, character);
        }
        assert_int_equal(cvg_kit_is_utf8(cases[i].bytes), cases[i].size == length);
    }
}

/* At each place of a text, also where eight bytes are looked at together. */
static void one_bad_byte_anywhere_is_seen(void **state)
{
    (void)state;
    char text[64];
    for (size_t length = 1; length < sizeof text; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        assert_true(cvg_kit_is_utf8(text));
        for (size_t at = 0; at < length; at++) {
            text[at] = '\xff';
            assert_false(cvg_kit_is_utf8(text));
            text[at] = 'a';
        }
    }
    assert_true(cvg_kit_is_utf8(""));
}

static void what_people_are_shown(void **state)
{
    (void)state;

    static const struct {
        size_t size;
        const char *bytes, *shown;
    } cases[] = {
        {32, "", ""},
        {32, "plain text", "plain text"},
        {32, "  two\t\r\n lines\n", "two lines"},
        {32, "esc\x1b[31m", "esc?[31m"},
        {32, "\x7f\xc2\x85", "??"},
        {32, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {32,
         "a\xff\xfe"
         "b",
         "a??b"},
        {32, "left \xe2\x80\xae right", "left ? right"}, /* an override of the direction */
        {32, "no\xe2\x80\x8bthing", "no?thing"},         /* of no width */
        {32, "\xef\xbb\xbfmark", "?mark"},
        {8, "1234567", "1234567"},
        {8, "12345678", "1234..."},
        {8,
         "123\xc3\xbc"
         "5678",
         "123..."},
        {4, "1234", "..."},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char shown[32];
        cvg_kit_printable(shown, cases[i].size, cases[i].bytes, strlen(cases[i].bytes));
        assert_string_equal(shown, cases[i].shown);
    }
}

static void a_nul_is_a_character_like_others(void **state)
{
    (void)state;
    char shown[16];
    cvg_kit_printable(shown, sizeof shown, "a\0b", 3);
    assert_string_equal(shown, "a?b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_what_the_standard_says),
        cmocka_unit_test(one_bad_byte_anywhere_is_seen),
        cmocka_unit_test(what_people_are_shown),
        cmocka_unit_test(a_nul_is_a_character_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
