/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 against what other implementations (Rust's, Python's) compute. */
#include "sdk/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void other_implementations_say_the_same(void **state)
{
    (void)state;

    /* Message 00 01 .. of that length. */
    static const struct {
        uint64_t key[2];
        size_t length;
        uint64_t hash;
    } vectors[] = {
        {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)},
         0,
         UINT64_C(0xabac0158050fc4dc)},
        {{0, 0}, 1, UINT64_C(0x68a914128e01e473)},
        {{0, 0}, 7, UINT64_C(0x2f098ab0c751325a)},
        {{0, 0}, 8, UINT64_C(0xead411e67ebe2eea)},
        {{0, 0}, 9, UINT64_C(0x75927f9d95124362)},
        {{0, 0}, 15, UINT64_C(0xf30eb725bb91c9ea)},
        {{0, 0}, 16, UINT64_C(0x8972188433a5c5b7)},
        {{0, 0}, 63, UINT64_C(0x385d3e39e5f37359)},
    };

    char message[64];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (char)i;
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        assert_true(cvg_siphash(vectors[i].key, message, vectors[i].length) == vectors[i].hash);
    }
}

static void every_bit_of_key_text_and_length_matters(void **state)
{
    (void)state;
    char text[40] = {0};
    uint64_t key[2] = {1, 2};
    for (size_t length = 0; length < sizeof text; length++) {
        uint64_t plain = cvg_siphash(key, text, length);
        assert_true(plain != cvg_siphash(key, text, (length + 1) % sizeof text));
        for (size_t bit = 0; bit < 8 * length; bit++) {
            text[bit / 8] = (char)(1U << bit % 8);
            assert_true(plain != cvg_siphash(key, text, length));
            text[bit / 8] = 0;
        }
        for (size_t bit = 0; bit < 128; bit++) {
            key[bit / 64] ^= UINT64_C(1) << bit % 64;
            assert_true(plain != cvg_siphash(key, text, length));
            key[bit / 64] ^= UINT64_C(1) << bit % 64;
        }
    }
}

static void each_key_is_another(void **state)
{
    (void)state;
    uint64_t a[2], b[2];
    cvg_siphash_key(a);
    cvg_siphash_key(b);
    assert_true(a[0] != b[0] && a[1] != b[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_implementations_say_the_same),
        cmocka_unit_test(every_bit_of_key_text_and_length_matters),
        cmocka_unit_test(each_key_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
