/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: chain, place, and cutting. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void context_goes_in_front_and_the_code_stays(void **state)
{
    (void)state;
    struct cvg_error error;
    memset(&error, 'x', sizeof error);
    assert_int_equal(cvg_error_set(&error, CVG_E_TIMEOUT, "no answer in %d s", 5), CVG_E_TIMEOUT);
    assert_int_equal(cvg_error_prefix(&error, "check '%s'", "api"), CVG_E_TIMEOUT);
    assert_int_equal(cvg_error_prefix(&error, "environment 'prod'"), CVG_E_TIMEOUT);
    assert_string_equal(error.text, "environment 'prod': check 'api': no answer in 5 s");
    assert_int_equal(error.line, 0);
    assert_string_equal(error.file, "");
}

static void the_systems_words_are_added(void **state)
{
    (void)state;
    struct cvg_error error;
    assert_int_equal(cvg_error_set_errno(&error, ENOENT, "open %s", "/x"), CVG_E_IO);
    assert_string_equal(error.text, "open /x: No such file or directory");
    assert_int_equal(error.code, CVG_E_IO);
}

static void nobody_needs_to_listen(void **state)
{
    (void)state;
    assert_int_equal(cvg_error_set(NULL, CVG_E_REFUSED, "no"), CVG_E_REFUSED);
    assert_int_equal(cvg_error_set_errno(NULL, EIO, "no"), CVG_E_IO);
    assert_true(cvg_error_prefix(NULL, "no") < 0);
}

static void an_error_may_be_made_from_its_own_text(void **state)
{
    (void)state;
    struct cvg_error error;
    cvg_error_set(&error, CVG_E_INVALID, "inner");
    cvg_error_set(&error, CVG_E_BUG, "outer (%s)", error.text);
    assert_string_equal(error.text, "outer (inner)");
    cvg_error_prefix(&error, "%s", error.text);
    assert_string_equal(error.text, "outer (inner): outer (inner)");
}

static void long_texts_are_cut_between_characters_and_say_so(void **state)
{
    (void)state;
    struct cvg_error error;
    char text[2 * CVG_ERROR_TEXT + 1];
    for (size_t start = 0; start < 2; start++) {
        memset(text, 'x', sizeof text);
        for (size_t i = start; i + 2 < sizeof text; i += 2) {
            memcpy(text + i, "\xc3\xa9", 2);
        }
        text[sizeof text - 1] = '\0';
        cvg_error_set(&error, CVG_E_INVALID, "%s", text);
        size_t length = strlen(error.text);
        assert_true(length >= CVG_ERROR_TEXT - 3 && length < CVG_ERROR_TEXT);
        assert_string_equal(error.text + length - 3, "...");
        assert_int_equal((length - 3 - start) % 2, 0);
    }
    cvg_error_prefix(&error, "front");
    assert_memory_equal(error.text, "front: ", 7);
    assert_string_equal(error.text + strlen(error.text) - 3, "...");
    cvg_error_set_errno(&error, EIO, "%s", text);
    assert_int_equal(error.text[CVG_ERROR_TEXT - 1], '\0');
}

static void exactly_fitting_texts_are_not_cut(void **state)
{
    (void)state;
    struct cvg_error error;
    char text[CVG_ERROR_TEXT];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    cvg_error_set(&error, CVG_E_INVALID, "%s", text);
    assert_string_equal(error.text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_goes_in_front_and_the_code_stays),
        cmocka_unit_test(the_systems_words_are_added),
        cmocka_unit_test(nobody_needs_to_listen),
        cmocka_unit_test(an_error_may_be_made_from_its_own_text),
        cmocka_unit_test(long_texts_are_cut_between_characters_and_say_so),
        cmocka_unit_test(exactly_fitting_texts_are_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
