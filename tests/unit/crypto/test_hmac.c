/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 by the test cases of RFC 4231, section 4 (case 5 is of a cut code and says how its
 * first 128 bits begin). */
#include "base/macros.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct text {
    const char *repeated; /* this text, so many times */
    size_t times;
};

static size_t spell(struct text text, char *ret, size_t size)
{
    size_t length = strlen(text.repeated), used = 0;
    for (size_t i = 0; i < text.times; i++) {
        assert_true(used + length <= size);
        memcpy(ret + used, text.repeated, length);
        used += length;
    }
    return used;
}

static void the_published_cases_have_their_codes(void **state)
{
    (void)state;

    static const struct {
        struct text key, message;
        const char *code;
    } cases[] = {
        {{"\x0b", 20},
         {"Hi There", 1},
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {{"Jefe", 1},
         {"what do ya want for nothing?", 1},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{"\xaa", 20},
         {"\xdd", 50},
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
          "\x16\x17\x18\x19",
          1},
         {"\xcd", 50},
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {{"\x0c", 20}, {"Test With Truncation", 1}, "a3b6167473100ee06e0c796c2955552b"},
        {{"\xaa", 131},
         {"Test Using Larger Than Block-Size Key - Hash Key First", 1},
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {{"\xaa", 131},
         {"This is a test using a larger than block-size key and a larger than block-size data. "
          "The key needs to be hashed before being used by the HMAC algorithm.",
          1},
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char key[256], message[256], hex[CVG_SHA256_HEX];
        unsigned char code[CVG_SHA256_SIZE];
        size_t key_length = spell(cases[i].key, key, sizeof key);
        size_t length = spell(cases[i].message, message, sizeof message);
        cvg_hmac_sha256(key, key_length, message, length, code);
        cvg_hex_write(code, sizeof code, hex);
        hex[strlen(cases[i].code)] = '\0';
        assert_string_equal(hex, cases[i].code);
    }
}

static void nothing_may_be_given_as_null(void **state)
{
    (void)state;
    unsigned char code[CVG_SHA256_SIZE];
    char hex[CVG_SHA256_HEX];
    cvg_hmac_sha256(NULL, 0, NULL, 0, code);
    cvg_hex_write(code, sizeof code, hex);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_cases_have_their_codes),
        cmocka_unit_test(nothing_may_be_given_as_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
