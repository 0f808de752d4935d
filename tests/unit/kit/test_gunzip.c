/* SPDX-License-Identifier: Apache-2.0 */
#include "kit/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    PLENTY = 1 << 20
};

/* "hello, hello, hello\n", as gzip -9n wrote it. */
static const unsigned char hello[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                      0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0xc8, 0x40, 0xa2,
                                      0xb8, 0x00, 0xe7, 0x42, 0x6e, 0x52, 0x14, 0x00, 0x00, 0x00};
static const char *const hello_text = "hello, hello, hello\n";

/* As many zeros. */
enum {
    ZEROS = 20000
};

static const unsigned char zeros[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01,
    0x00, 0x00, 0x00, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x78, 0x30, 0x02, 0x53, 0x2f, 0x97, 0x20, 0x4e, 0x00, 0x00};

static enum cvg_kit_gunzip_result unpack(const void *bytes, size_t length, size_t limit, char **ret,
                                         size_t *ret_length)
{
    *ret = NULL;
    *ret_length = 0;
    /* In memory of its own, so that a sanitizer sees a byte too many. */
    char *own = malloc(length ? length : 1);
    assert_non_null(own);
    memcpy(own, bytes, length);
    enum cvg_kit_gunzip_result result = cvg_kit_gunzip(own, length, limit, ret, ret_length);
    assert_int_equal(*ret != NULL, result == CVG_KIT_GUNZIP_DONE);
    free(own);
    return result;
}

static void a_whole_file_is_unpacked(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    assert_true(cvg_kit_is_gzip((const char *)hello, sizeof(hello)));
    assert_int_equal(unpack(hello, sizeof(hello), PLENTY, &text, &length), CVG_KIT_GUNZIP_DONE);
    assert_int_equal(length, strlen(hello_text));
    assert_string_equal(text, hello_text);
    free(text);
}

static void a_cut_file_is_told_at_every_length(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof(hello); length++) {
        char *text = NULL;
        size_t got = 0;
        assert_int_equal(unpack(hello, length, PLENTY, &text, &got), CVG_KIT_GUNZIP_CUT);
    }
}

static void no_damaged_byte_changes_what_comes_out(void **state)
{
    (void)state;
    for (size_t at = 0; at < sizeof(hello); at++) {
        unsigned char bytes[sizeof(hello)];
        char *text = NULL;
        size_t got = 0;
        memcpy(bytes, hello, sizeof(hello));
        bytes[at] ^= 0x10;
        /* Only flags, time and system of the head are not covered by the check sum. */
        if (unpack(bytes, sizeof(bytes), PLENTY, &text, &got) == CVG_KIT_GUNZIP_DONE) {
            assert_in_range(at, 3, 9);
            assert_string_equal(text, hello_text);
        }
        free(text);
    }
}

static void what_follows_the_end_is_refused(void **state)
{
    (void)state;
    unsigned char bytes[2 * sizeof(hello)];
    char *text = NULL;
    size_t got = 0;
    memcpy(bytes, hello, sizeof(hello));
    memcpy(bytes + sizeof(hello), hello, sizeof(hello));
    assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &text, &got), CVG_KIT_GUNZIP_TRAILING);
    assert_int_equal(unpack(bytes, sizeof(hello) + 1, PLENTY, &text, &got),
                     CVG_KIT_GUNZIP_TRAILING);
}

static void other_bytes_are_not_gzip(void **state)
{
    (void)state;
    static const char *const cases[] = {"{\"version\": 4}", "PK\x03\x04", "\x1f\x8b\x09\x01",
                                        "\x78\x9c\x03"};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = NULL;
        size_t got = 0;
        assert_int_equal(unpack(cases[i], strlen(cases[i]), PLENTY, &text, &got),
                         CVG_KIT_GUNZIP_BROKEN);
        assert_int_equal(cvg_kit_is_gzip(cases[i], strlen(cases[i])), i == 2);
    }
    assert_false(cvg_kit_is_gzip("\x1f", 1));
}

static void the_limit_is_on_what_comes_out(void **state)
{
    (void)state;
    char *text = NULL;
    size_t got = 0;
    size_t length = strlen(hello_text);
    for (size_t limit = 0; limit < length; limit++) {
        assert_int_equal(unpack(hello, sizeof(hello), limit, &text, &got),
                         CVG_KIT_GUNZIP_TOO_LARGE);
    }
    assert_int_equal(unpack(hello, sizeof(hello), length, &text, &got), CVG_KIT_GUNZIP_DONE);
    free(text);
}

/* What a file says of its length is a guess only. */
static void a_wrong_length_at_the_end_is_damage(void **state)
{
    (void)state;
    static const unsigned char lies[] = {0x00, 0x01, 0x13, 0x15, 0xff};
    for (size_t i = 0; i < sizeof(lies); i++) {
        unsigned char bytes[sizeof(hello)];
        char *text = NULL;
        size_t got = 0;
        memcpy(bytes, hello, sizeof(hello));
        memset(bytes + sizeof(bytes) - 4, lies[i] == 0xff ? 0xff : 0, 4);
        bytes[sizeof(bytes) - 4] = lies[i];
        assert_int_equal(unpack(bytes, sizeof(bytes), PLENTY, &text, &got), CVG_KIT_GUNZIP_BROKEN);
    }
}

/* A file that says nothing of its length is unpacked too: room grows, and what is there stays. */
static void much_comes_out_of_little(void **state)
{
    (void)state;
    char *text = NULL;
    size_t got = 0;
    assert_int_equal(unpack(zeros, sizeof(zeros), ZEROS, &text, &got), CVG_KIT_GUNZIP_DONE);
    assert_int_equal(got, ZEROS);
    for (size_t i = 0; i <= got; i++) {
        assert_int_equal(text[i], 0);
    }
    free(text);
    assert_int_equal(unpack(zeros, sizeof(zeros), ZEROS - 1, &text, &got),
                     CVG_KIT_GUNZIP_TOO_LARGE);
}

static void every_result_has_its_words(void **state)
{
    (void)state;
    assert_string_equal(cvg_kit_gunzip_text(CVG_KIT_GUNZIP_DONE), "");
    for (int result = CVG_KIT_GUNZIP_CUT; result <= CVG_KIT_GUNZIP_TOO_LARGE; result++) {
        assert_true(strlen(cvg_kit_gunzip_text((enum cvg_kit_gunzip_result)result)) > 8);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file_is_unpacked),
        cmocka_unit_test(a_cut_file_is_told_at_every_length),
        cmocka_unit_test(no_damaged_byte_changes_what_comes_out),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(other_bytes_are_not_gzip),
        cmocka_unit_test(the_limit_is_on_what_comes_out),
        cmocka_unit_test(a_wrong_length_at_the_end_is_damage),
        cmocka_unit_test(much_comes_out_of_little),
        cmocka_unit_test(every_result_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
