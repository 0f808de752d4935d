/* SPDX-License-Identifier: Apache-2.0 */
/* A hasher says what the digest in one piece says, however the bytes are cut. */
#include "crypto/hasher.h"

#include "base/macros.h"
#include "crypto/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_have_the_digest_of_the_whole(void **state)
{
    (void)state;
    unsigned char bytes[1500], whole[CVG_SHA256_SIZE], pieces[CVG_SHA256_SIZE];
    struct cvg_hasher *hasher = cvg_hasher_new();
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (unsigned char)(i * 7);
    }
    cvg_sha256(bytes, sizeof bytes, whole);
    for (size_t cut = 0; cut <= sizeof bytes; cut++) {
        cvg_hasher_begin(hasher);
        cvg_hasher_add(hasher, bytes, cut);
        cvg_hasher_add(hasher, NULL, 0);
        cvg_hasher_add(hasher, bytes + cut, sizeof bytes - cut);
        cvg_hasher_end(hasher, pieces);
        assert_memory_equal(pieces, whole, sizeof whole);
    }
    for (size_t step = 1; step < sizeof bytes; step++) {
        cvg_hasher_begin(hasher);
        for (size_t at = 0; at < sizeof bytes; at += step) {
            cvg_hasher_add(hasher, bytes + at, CVG_MIN(step, sizeof bytes - at));
        }
        cvg_hasher_end(hasher, pieces);
        assert_memory_equal(pieces, whole, sizeof whole);
    }
    cvg_hasher_free(hasher);
}

static void a_begin_forgets(void **state)
{
    (void)state;
    unsigned char digest[CVG_SHA256_SIZE];
    char hex[CVG_SHA256_HEX];
    struct cvg_hasher *hasher = cvg_hasher_new();

    /* FIPS 180-2, appendix B.1 */
    cvg_hasher_add(hasher, "abc", 3);
    cvg_hasher_end(hasher, digest);
    cvg_hex_write(digest, sizeof digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");

    cvg_hasher_begin(hasher);
    cvg_hasher_add(hasher, "half of something", 17);
    cvg_hasher_begin(hasher);
    cvg_hasher_end(hasher, digest);
    cvg_hex_write(digest, sizeof digest, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    cvg_hasher_free(hasher);
    cvg_hasher_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_have_the_digest_of_the_whole),
        cmocka_unit_test(a_begin_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
