/* SPDX-License-Identifier: Apache-2.0 */
/* Text in a bounded room: what fits stands there, what does not is cut and says so. */
#include "kit/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void pieces_are_put_together(void **state)
{
    (void)state;
    char room[64];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, room, sizeof room);
    assert_string_equal(room, "");
    cvg_kit_text_add(&text, "value ");
    cvg_kit_text_number(&text, 0.19999999999999998);
    cvg_kit_text_format(&text, " of %d ", 3);
    cvg_kit_text_evidence(&text, "x\ny", 3, 3);
    assert_string_equal(room, "value 0.2 of 3 x y");
    assert_int_equal(text.length, strlen(room));
    assert_int_equal(text.cut, 0);
}

static void what_does_not_fit_is_cut_at_a_character(void **state)
{
    (void)state;

    static const struct {
        const char *first, *then, *shown;
    } cases[] = {
        {"", "1234567", "1234567"},           {"", "12345678", "1234..."},
        {"1234567", "8", "1234..."},          {"123\xc3\xbc", "56789", "123..."},
        {"12\xe2\x82\xac", "56789", "12..."}, {"1234", "\xc3\xbc\xc3\xbc", "1234..."},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[8];
        struct cvg_kit_text text;
        cvg_kit_text_init(&text, room, sizeof room);
        cvg_kit_text_add(&text, cases[i].first);
        cvg_kit_text_add(&text, cases[i].then);
        assert_string_equal(room, cases[i].shown);
        bool cut = strstr(cases[i].shown, "...") != NULL;
        assert_int_equal(text.cut, cut);
        if (cut) {
            cvg_kit_text_add(&text, "more"); /* comes to nothing */
            assert_string_equal(room, cases[i].shown);
        }
    }
}

static void evidence_is_bounded_and_made_printable(void **state)
{
    (void)state;

    static const struct {
        const char *bytes;
        size_t limit;
        const char *shown;
    } cases[] = {
        {"plain", 10, "plain"},
        {"plain", 5, "plain"},
        {"plainly", 5, "plain..."},
        {"a\tb\rc", 10, "a b c"},
        {"a\x1b[0m\xff", 10, "a?[0m?"},
        {"\xe2\x80\xaeo", 10, "?o"},
        {"\xc3\xbc", 1, "\xc3\xbc"}, /* begun within the limit: whole */
        {"", 3, ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[32];
        struct cvg_kit_text text;
        cvg_kit_text_init(&text, room, sizeof room);
        cvg_kit_text_evidence(&text, cases[i].bytes, strlen(cases[i].bytes), cases[i].limit);
        assert_string_equal(room, cases[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_put_together),
        cmocka_unit_test(what_does_not_fit_is_cut_at_a_character),
        cmocka_unit_test(evidence_is_bounded_and_made_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
