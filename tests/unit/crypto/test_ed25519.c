/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by the vectors of RFC 8032, and what becomes of a key's bytes. */
#include "crypto/ed25519.h"

#include "base/macros.h"
#include "crypto/hex.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEED 32

/* ---- what the library frees ---- */

/* Of a key that is watched: no memory may be given back with these bytes in it. One thread. */
static unsigned char watched[SEED];
static char watched_line[65];
static bool watching;
static unsigned leaks;

static void look(const void *memory)
{
    size_t size = memory && watching ? malloc_usable_size((void *)(uintptr_t)memory) : 0;
    if (size && (memmem(memory, size, watched + 4, 16) || memmem(memory, size, watched_line, 40))) {
        leaks++;
    }
}

static void *watch_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return calloc(1, size);
}

static void *watch_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file, (void)line;
    look(memory);
    return realloc(memory, size);
}

static void watch_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    look(memory);
    free(memory);
}

/* ---- keys from seeds ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The PEM of a seed, by hand. */
static void spell(const unsigned char seed[SEED], char ret[CVG_ED25519_PEM])
{
    unsigned char der[48];
    char line[65];
    assert_true(cvg_hex_read("302e020100300506032b657004220420", der, 16));
    memcpy(der + 16, seed, SEED);
    for (size_t i = 0; i < 16; i++) {
        uint32_t bits = (uint32_t)der[3 * i] << 16 | (uint32_t)der[3 * i + 1] << 8 | der[3 * i + 2];
        for (size_t k = 0; k < 4; k++) {
            line[4 * i + k] = alphabet[bits >> (18 - 6 * k) & 63];
        }
    }
    line[64] = '\0';
    snprintf(ret, CVG_ED25519_PEM, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n",
             line);
}

static struct cvg_ed25519 *key_of(const unsigned char seed[SEED])
{
    char pem[CVG_ED25519_PEM];
    struct cvg_ed25519 *key;
    struct cvg_error error;
    spell(seed, pem);
    assert_int_equal(cvg_ed25519_read(pem, strlen(pem), &key, &error), 0);
    return key;
}

/* ---- vectors ---- */

static bool read_line(FILE *file, char *ret, int size)
{
    do {
        if (!fgets(ret, size, file)) {
            return false;
        }
    } while (ret[0] == '#');
    ret[strcspn(ret, "\n")] = '\0';
    return true;
}

static void the_published_vectors_are_met(void **state)
{
    (void)state;
    FILE *file = fopen(CVG_FIXTURES "/crypto/ed25519_rfc8032.txt", "re");
    assert_non_null(file);
    char text[4096];
    unsigned count = 0;

    for (; read_line(file, text, sizeof text); count++) {
        unsigned char seed[SEED], public_key[CVG_ED25519_PUBLIC], message[1024],
            signature[CVG_ED25519_SIGNATURE], made[CVG_ED25519_SIGNATURE];
        assert_true(cvg_hex_read(text, seed, sizeof seed));
        assert_true(read_line(file, text, sizeof text));
        assert_true(cvg_hex_read(text, public_key, sizeof public_key));
        assert_true(read_line(file, text, sizeof text));
        size_t length = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
        assert_true(length == 0 || cvg_hex_read(text, message, length));
        assert_true(read_line(file, text, sizeof text));
        assert_true(cvg_hex_read(text, signature, sizeof signature));

        struct cvg_ed25519 *key = key_of(seed);
        cvg_ed25519_public(key, made);
        assert_memory_equal(made, public_key, sizeof public_key);
        cvg_ed25519_sign(key, length ? message : NULL, length, made);
        assert_memory_equal(made, signature, sizeof signature);
        assert_true(cvg_ed25519_verify(public_key, length ? message : NULL, length, signature));
        cvg_ed25519_free(key);
    }
    assert_int_equal(count, 5);
    (void)fclose(file);
}

static void another_key_byte_or_length_is_refused(void **state)
{
    (void)state;
    static const char text[] = "rows up to here";
    struct cvg_ed25519 *key, *other;
    unsigned char public_key[CVG_ED25519_PUBLIC], stranger[CVG_ED25519_PUBLIC],
        signature[CVG_ED25519_SIGNATURE], zeros[CVG_ED25519_SIGNATURE] = {0};
    char changed[sizeof text];

    assert_int_equal(cvg_ed25519_make(&key, NULL), 0);
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    cvg_ed25519_public(key, public_key);
    cvg_ed25519_public(other, stranger);
    assert_memory_not_equal(public_key, stranger, sizeof stranger);
    cvg_ed25519_sign(key, text, sizeof text, signature);
    assert_true(cvg_ed25519_verify(public_key, text, sizeof text, signature));

    assert_false(cvg_ed25519_verify(stranger, text, sizeof text, signature));
    assert_false(cvg_ed25519_verify(zeros, text, sizeof text, signature));
    assert_false(cvg_ed25519_verify(public_key, text, sizeof text, zeros));
    assert_false(cvg_ed25519_verify(public_key, text, sizeof text - 1, signature));
    assert_false(cvg_ed25519_verify(public_key, NULL, 0, signature));
    for (size_t i = 0; i < sizeof text; i++) {
        memcpy(changed, text, sizeof text);
        changed[i] = (char)(changed[i] ^ 1);
        assert_false(cvg_ed25519_verify(public_key, changed, sizeof changed, signature));
    }
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 0x80;
        assert_false(cvg_ed25519_verify(public_key, text, sizeof text, signature));
        signature[i] ^= 0x80;
    }
    assert_true(cvg_ed25519_verify(public_key, text, sizeof text, signature));
    cvg_ed25519_free(key);
    cvg_ed25519_free(other);
}

/* ---- PEM ---- */

static void a_key_survives_its_text(void **state)
{
    (void)state;
    struct cvg_ed25519 *key, *again;
    char pem[CVG_ED25519_PEM], second[CVG_ED25519_PEM];
    unsigned char a[CVG_ED25519_SIGNATURE], b[CVG_ED25519_SIGNATURE];

    assert_int_equal(cvg_ed25519_make(&key, NULL), 0);
    cvg_ed25519_write(key, pem);
    assert_int_equal(strlen(pem), CVG_ED25519_PEM - 1);
    for (size_t cut = 0; cut < 2; cut++) { /* the last newline may be missing */
        assert_int_equal(cvg_ed25519_read(pem, strlen(pem) - cut, &again, NULL), 0);
        cvg_ed25519_sign(key, "x", 1, a);
        cvg_ed25519_sign(again, "x", 1, b);
        assert_memory_equal(a, b, sizeof a);
        cvg_ed25519_write(again, second);
        assert_string_equal(pem, second);
        cvg_ed25519_free(again);
    }
    cvg_ed25519_free(key);
}

/* Made by `openssl genpkey -algorithm ed25519`, its public half by `openssl pkey -text`. */
static void a_key_of_openssl_is_read(void **state)
{
    (void)state;
    static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
                              "-----END PRIVATE KEY-----\n";
    struct cvg_ed25519 *key;
    unsigned char public_key[CVG_ED25519_PUBLIC];
    char hex[2 * CVG_ED25519_PUBLIC + 1];
    assert_int_equal(cvg_ed25519_read(pem, sizeof pem - 1, &key, NULL), 0);
    cvg_ed25519_public(key, public_key);
    cvg_hex_write(public_key, sizeof public_key, hex);
    assert_string_equal(hex, "f7683303b8ab35712c591729e5adf3244932d4fe9e9af375bd1c04dadee1b4b9");
    cvg_ed25519_free(key);
}

static void what_is_no_key_is_refused_without_a_byte_of_it(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n",
        /* something before, something after, another end */
        "\n-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END PRIVATE KEY-----\n\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END PRIVATE KEY-----x",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n",
        /* padding, a space, a letter too few */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQf=\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        " C4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VwBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQf\n"
        "-----END PRIVATE KEY-----\n",
        /* X25519 */
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIOLZItaipRV/sxL8RCbBKJQUaBJkUZgaYIGGHPklsQfV\n"
        "-----END PRIVATE KEY-----\n",
    };
    for (size_t i = 0; i < CVG_COUNT(wrong); i++) {
        struct cvg_ed25519 *key = NULL;
        struct cvg_error error = {0};
        assert_int_equal(cvg_ed25519_read(wrong[i], strlen(wrong[i]), &key, &error), CVG_E_INVALID);
        assert_null(key);
        assert_true(strlen(error.text) > 0);
        assert_null(strstr(error.text, "MC4C"));
        assert_null(strstr(error.text, "OLZI"));
    }
}

/* Any byte but those of the secret itself is looked at. */
static void each_byte_of_the_frame_counts(void **state)
{
    (void)state;
    struct cvg_ed25519 *key;
    char pem[CVG_ED25519_PEM];
    assert_int_equal(cvg_ed25519_make(&key, NULL), 0);
    cvg_ed25519_write(key, pem);
    cvg_ed25519_free(key);

    for (size_t i = 0; i + 1 < sizeof pem; i++) {
        if (i >= 28 + 21 && i < 28 + 64) { /* the seed begins in the 22nd character */
            continue;
        }
        char kept = pem[i];
        pem[i] = kept == 'x' ? 'y' : 'x';
        assert_int_equal(cvg_ed25519_read(pem, sizeof pem - 1, &key, NULL), CVG_E_INVALID);
        pem[i] = kept;
    }
}

static void nothing_is_freed_with_the_secret_in_it(void **state)
{
    (void)state;
    char pem[CVG_ED25519_PEM];
    unsigned char signature[CVG_ED25519_SIGNATURE];
    struct cvg_ed25519 *key;

    for (size_t i = 0; i < sizeof watched; i++) {
        watched[i] = (unsigned char)(37 * i + 11);
    }
    spell(watched, pem);
    memcpy(watched_line, pem + 28 + 22, 40);
    watching = true;

    assert_int_equal(cvg_ed25519_read(pem, strlen(pem), &key, NULL), 0);
    cvg_ed25519_sign(key, "x", 1, signature);
    cvg_ed25519_write(key, pem);
    cvg_ed25519_free(key);
    assert_int_equal(leaks, 0);

    /* The watch itself sees. */
    unsigned char *memory = OPENSSL_malloc(100);
    memcpy(memory + 10, watched, sizeof watched);
    OPENSSL_free(memory);
    watching = false;
    assert_int_equal(leaks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_are_met),
        cmocka_unit_test(another_key_byte_or_length_is_refused),
        cmocka_unit_test(a_key_survives_its_text),
        cmocka_unit_test(a_key_of_openssl_is_read),
        cmocka_unit_test(what_is_no_key_is_refused_without_a_byte_of_it),
        cmocka_unit_test(each_byte_of_the_frame_counts),
        cmocka_unit_test(nothing_is_freed_with_the_secret_in_it),
    };
    /* Before the library allocates anything. */
    if (CRYPTO_set_mem_functions(watch_malloc, watch_realloc, watch_free) != 1) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
