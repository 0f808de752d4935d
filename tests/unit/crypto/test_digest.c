/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 by the examples of FIPS 180-4 (NIST, "SHA256.pdf" of the Examples with Intermediate
 * Values, and the message of a million a), hexadecimal text, and comparing. */
#include "base/alloc.h"
#include "base/macros.h"
#include "crypto/compare.h"
#include "crypto/digest.h"
#include "crypto/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void published_messages_have_their_digests(void **state)
{
    (void)state;

    static const struct {
        const char *message, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char hex[CVG_SHA256_HEX];
        cvg_sha256_hex(cases[i].message, strlen(cases[i].message), hex);
        assert_string_equal(hex, cases[i].digest);
    }
}

static void a_long_message_has_its_digest(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_free_pointer) char *message = cvg_alloc(1000000);
    memset(message, 'a', 1000000);
    char hex[CVG_SHA256_HEX];
    cvg_sha256_hex(message, 1000000, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* By RFC 1321, appendix A.5. */
static void md5_is_there_to_compare_with(void **state)
{
    (void)state;

    static const struct {
        const char *message;
        unsigned char first, last;
    } cases[] = {
        {"", 0xd4, 0x7e},
        {"abc", 0x90, 0x72},
        {"message digest", 0xf9, 0xd0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        unsigned char digest[CVG_MD5_SIZE];
        assert_true(cvg_md5(cases[i].message, strlen(cases[i].message), digest));
        assert_int_equal(digest[0], cases[i].first);
        assert_int_equal(digest[CVG_MD5_SIZE - 1], cases[i].last);
    }
}

static void nothing_may_be_given_as_null(void **state)
{
    (void)state;
    char hex[CVG_SHA256_HEX];
    cvg_sha256_hex(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void hexadecimal_text_is_read_in_either_case(void **state)
{
    (void)state;
    unsigned char bytes[4];
    char text[9];
    assert_true(cvg_hex_read("00aBFf7e", bytes, sizeof bytes));
    cvg_hex_write(bytes, sizeof bytes, text);
    assert_string_equal(text, "00abff7e");
}

static void anything_but_that_many_digits_is_refused(void **state)
{
    (void)state;

    static const char *const cases[] = {"",          "00abff7",  "00abff7e0", "00abff7e00",
                                        "00abff7g",  "0x0abff7", " 0abff7e",  "00abff7e ",
                                        "00ab:ff7e", "-0abff7e"};

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        unsigned char bytes[4];
        if (cvg_hex_read(cases[i], bytes, sizeof bytes)) {
            fail_msg("taken: '%s'", cases[i]);
        }
    }
}

static void a_difference_anywhere_is_seen(void **state)
{
    (void)state;
    unsigned char a[CVG_SHA256_SIZE], b[CVG_SHA256_SIZE];
    cvg_sha256("token", 5, a);
    memcpy(b, a, sizeof b);
    assert_true(cvg_compare_secret(a, b, sizeof a));
    assert_true(cvg_compare_secret(a, b, 0));
    for (size_t i = 0; i < sizeof a * 8; i++) {
        b[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_false(cvg_compare_secret(a, b, sizeof a));
        b[i / 8] ^= (unsigned char)(1u << i % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_messages_have_their_digests),
        cmocka_unit_test(a_long_message_has_its_digest),
        cmocka_unit_test(md5_is_there_to_compare_with),
        cmocka_unit_test(nothing_may_be_given_as_null),
        cmocka_unit_test(hexadecimal_text_is_read_in_either_case),
        cmocka_unit_test(anything_but_that_many_digits_is_refused),
        cmocka_unit_test(a_difference_anywhere_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
