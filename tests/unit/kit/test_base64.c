/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void good_text_is_decoded(void **state)
{
    (void)state;

    static const struct {
        const char *text, *bytes;
        size_t length;
    } cases[] = {
        {"", "", 0},
        {"Zg==", "f", 1},
        {"Zm8=", "fo", 2},
        {"Zm9v", "foo", 3},
        {"Zm9vYg==", "foob", 4},
        {"Zm9v\nYmE=\r\n", "fooba", 5},
        {"Zm9vYmFy", "foobar", 6},
        {"+/+/", "\xfb\xff\xbf", 3},
        {"AAA=", "\0\0", 2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *bytes = NULL;
        size_t length = 99;
        if (cvg_kit_base64_decode(cases[i].text, strlen(cases[i].text), &bytes, &length) < 0) {
            fail_msg("%s", cases[i].text);
        }
        assert_int_equal(length, cases[i].length);
        assert_memory_equal(bytes, cases[i].bytes, length + 1);
        free(bytes);
    }
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "Z",     "Zg",     "Zg=",      "Zm9",      "=",
        "====",  "Zg===",  "Zh==",     "Zm9=",     "Zm9vYg",
        "Zm 9v", "Zm9v!",  "Zm9v-_",   "Zg==Zg==", "Zm9v=",
        "Z=g=",  "Zm9v\t", "\xc3\xa4", "Zg==\nx",  "-----BEGIN CERTIFICATE-----",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *bytes = NULL;
        size_t length = 0;
        if (cvg_kit_base64_decode(cases[i], strlen(cases[i]), &bytes, &length) == 0) {
            fail_msg("%s", cases[i]);
        }
        assert_null(bytes);
    }
    char *bytes = NULL;
    size_t length = 0;
    assert_int_equal(cvg_kit_base64_decode("Zm\0v", 4, &bytes, &length), -1);
}

static void what_is_encoded_reads_back(void **state)
{
    (void)state;
    char bytes[64];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(i * 37 + 11);
    }
    for (size_t length = 0; length <= sizeof bytes; length++) {
        char *text = cvg_kit_base64_encode(bytes, length), *back = NULL;
        size_t got = 0;
        assert_int_equal(strlen(text), (length + 2) / 3 * 4);
        assert_int_equal(cvg_kit_base64_decode(text, strlen(text), &back, &got), 0);
        assert_int_equal(got, length);
        assert_memory_equal(back, bytes, length);
        free(text);
        free(back);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_is_decoded),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(what_is_encoded_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
