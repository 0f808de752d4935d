/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about text. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void comparisons_know_null_and_case(void **state)
{
    (void)state;
    assert_true(cvg_text_equal("a", "a"));
    assert_false(cvg_text_equal("a", "A"));
    assert_true(cvg_text_equal(NULL, NULL));
    assert_false(cvg_text_equal(NULL, ""));
    assert_false(cvg_text_equal("", NULL));
    assert_true(cvg_text_equal_nocase("Content-TYPE", "content-type"));
    assert_false(cvg_text_equal_nocase("content", "content-type"));
    assert_false(cvg_text_equal_nocase("@", "`"));
    assert_false(cvg_text_equal_nocase("\xc3\x84", "\xc3\xa4"));
    assert_true(cvg_text_equal_nocase(NULL, NULL));
    assert_false(cvg_text_equal_nocase(NULL, ""));
    assert_true(cvg_text_starts("abc", "ab"));
    assert_true(cvg_text_starts("abc", ""));
    assert_false(cvg_text_starts("ab", "abc"));
    assert_true(cvg_text_ends("abc", "bc"));
    assert_true(cvg_text_ends("abc", ""));
    assert_false(cvg_text_ends("bc", "abc"));
}

static void utf8_is_what_the_rfc_says(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"", true},
        {"plain", true},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true},
        {"\xc2\x80\xdf\xbf", true},
        {"\xe0\xa0\x80\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
        {"\xed\x9f\xbf\xee\x80\x80", true},
        {"\x80", false},
        {"a\xbf", false},
        {"\xc0\x80", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xed\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xc3", false},
        {"\xc3(", false},
        {"\xe2\x82", false},
        {"\xe2(\xa1", false},
        {"\xf0\x9f\x98", false},
        {"\xf0\x9f\x98x", false},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_text_is_utf8(cases[i].text, strlen(cases[i].text)), cases[i].good);
    }
    assert_true(cvg_text_is_utf8("a\0b", 3));
    assert_false(cvg_text_is_utf8("\xc3\xa9", 1));
}

static void characters_are_decoded(void **state)
{
    (void)state;
    uint32_t character = 0;
    assert_int_equal(cvg_text_decode("", 0, &character), 0);
    assert_int_equal(cvg_text_decode("A", 1, &character), 1);
    assert_int_equal(character, 'A');
    assert_int_equal(cvg_text_decode("\xc3\xa9", 2, &character), 2);
    assert_int_equal(character, 0xe9);
    assert_int_equal(cvg_text_decode("\xe2\x82\xac", 3, &character), 3);
    assert_int_equal(character, 0x20ac);
    assert_int_equal(cvg_text_decode("\xf0\x9f\x98\x80", 4, &character), 4);
    assert_int_equal(character, 0x1f600);
    assert_int_equal(cvg_text_decode("\xf0\x9f\x98\x80", 3, &character), 0);
}

static void names_are_short_and_plain(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "9", "prod-eu", "A.b_c-1", "x--"};
    static const char *const bad[] = {"", "-a", ".a", "_a", "a b", "a/b", "a:b", "\xc3\xa9", "a\n"};
    for (size_t i = 0; i < CVG_COUNT(good); i++) {
        assert_true(cvg_text_is_name(good[i]));
    }
    for (size_t i = 0; i < CVG_COUNT(bad); i++) {
        assert_false(cvg_text_is_name(bad[i]));
    }
    assert_false(cvg_text_is_name(NULL));
    char name[65];
    memset(name, 'x', sizeof name);
    name[63] = '\0';
    assert_true(cvg_text_is_name(name));
    name[63] = 'x';
    name[64] = '\0';
    assert_false(cvg_text_is_name(name));
}

static void only_what_is_printable_is_copied(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        size_t length;
        const char *expected;
    } cases[] = {
        {"plain text", 10, "plain text"},
        {"", 0, ""},
        {"a\nb\tc\x1b[31m\x7f", 11, "a?b?c?[31m?"},
        {"a\0b", 3, "a?b"},
        {"\xc3\xa9\xf0\x9f\x98\x80", 6, "\xc3\xa9\xf0\x9f\x98\x80"},
        {"\xc2\x9b"
         "31m",
         5, "?31m"},
        {"\xe2\x80\xae"
         "abc",
         6, "?abc"},
        {"\xff\xc3x", 3, "??x"},
        {"\xe2\x80\xa8", 3, "?"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char text[32];
        cvg_text_printable(cases[i].text, cases[i].length, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
}

static void long_evidence_is_cut_at_a_character(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        size_t size;
        const char *expected;
    } cases[] = {
        {"1234567", 8, "1234567"},
        {"12345678", 8, "1234..."},
        {"123\xc3\xa9"
         "678",
         8, "123..."},
        {"12\xc3\xa9"
         "5678",
         8, "12\xc3\xa9..."},
        {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 8, "\xf0\x9f\x98\x80..."},
        {"12345", 5, "1..."},
        {"12345", 4, "..."},
        {"12345", 3, ".."},
        {"12345", 1, ""},
        {"", 1, ""},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char *text = malloc(cases[i].size);
        assert_non_null(text);
        cvg_text_printable(cases[i].text, strlen(cases[i].text), text, cases[i].size);
        assert_string_equal(text, cases[i].expected);
        free(text);
    }
    char untouched = 'x';
    cvg_text_printable("abc", 3, &untouched, 0);
    assert_int_equal(untouched, 'x');
}

static void hashes_are_fnv_1a(void **state)
{
    (void)state;
    assert_true(cvg_text_hash("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(cvg_text_hash("a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(cvg_text_hash("foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void distances_count_four_kinds_of_slips(void **state)
{
    (void)state;

    static const struct {
        const char *a, *b;
        size_t limit, distance;
    } cases[] = {
        {"", "", 3, 0},
        {"interval", "interval", 3, 0},
        {"interval", "intervall", 3, 1},
        {"interval", "nterval", 3, 1},
        {"interval", "intervel", 3, 1},
        {"interval", "itnerval", 3, 1},
        {"kitten", "sitting", 3, 3},
        {"kitten", "sitting", 2, 3},
        {"kitten", "sitting", 1, 2},
        {"", "abc", 9, 3},
        {"abc", "", 1, 2},
        {"abcdef", "uvwxyz", 2, 3},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_text_distance(cases[i].a, cases[i].b, cases[i].limit),
                         cases[i].distance);
        assert_int_equal(cvg_text_distance(cases[i].b, cases[i].a, cases[i].limit),
                         cases[i].distance);
    }
    char a[200], b[200];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[199] = b[199] = '\0';
    assert_int_equal(cvg_text_distance(a, b, 2), 0);
    b[0] = 'y';
    assert_int_equal(cvg_text_distance(a, b, 2), 3);
    a[127] = b[127] = '\0';
    assert_int_equal(cvg_text_distance(a, b, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparisons_know_null_and_case),
        cmocka_unit_test(utf8_is_what_the_rfc_says),
        cmocka_unit_test(characters_are_decoded),
        cmocka_unit_test(names_are_short_and_plain),
        cmocka_unit_test(only_what_is_printable_is_copied),
        cmocka_unit_test(long_evidence_is_cut_at_a_character),
        cmocka_unit_test(hashes_are_fnv_1a),
        cmocka_unit_test(distances_count_four_kinds_of_slips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
