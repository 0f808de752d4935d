/* SPDX-License-Identifier: Apache-2.0 */
/* The chain: its rule is pinned by hashes computed elsewhere, and whatever is done to the rows
 * shows. */
#include "record/chain.h"

#include "base/macros.h"
#include "base/random.h"
#include "crypto/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 6
#define TEXT 16 /* of a row's text here, with its NUL */

/* A row with bytes of its own, to be changed. */
struct owned {
    struct cvg_record row;
    char texts[9][TEXT], body[TEXT];
};

static const char **text_of(struct cvg_record *row, size_t which)
{
    const char **const texts[] = {&row->id,          &row->action,  &row->actor,
                                  &row->environment, &row->gate,    &row->app,
                                  &row->revision,    &row->verdict, &row->target};
    return texts[which];
}

static void own(struct owned *owned)
{
    for (size_t i = 0; i < CVG_COUNT(owned->texts); i++) {
        *text_of(&owned->row, i) = owned->texts[i];
    }
    owned->row.body = owned->body;
}

static void make_chain(struct owned rows[ROWS])
{
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    struct cvg_chain_point point = {0};
    memset(rows, 0, ROWS * sizeof *rows);
    for (size_t i = 0; i < ROWS; i++) {
        struct cvg_record *row = &rows[i].row;
        own(&rows[i]);
        row->number = i + 1;
        row->at = 1000 + (int64_t)i;
        for (size_t k = 0; k < CVG_COUNT(rows[i].texts); k++) {
            snprintf(rows[i].texts[k], TEXT, "text %zu of %zu", k, i);
        }
        row->body_length = (size_t)snprintf(rows[i].body, TEXT, "{\"n\":%zu}", i);
        memset(row->question, (int)(16 + i), sizeof row->question);
        memset(row->outcome, (int)(32 + i), sizeof row->outcome);
        cvg_chain_hash(hasher, point.hash, row, row->hash);
        assert_int_equal(cvg_chain_follow(hasher, &point, row, NULL), 0);
    }
    cvg_chain_hasher_free(hasher);
}

/* How many rows follow each other; the error of the first that does not. */
static size_t follow(const struct owned *const *rows, size_t count, struct cvg_error *reterr)
{
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    struct cvg_chain_point point = {0};
    size_t good = 0;
    while (good < count && cvg_chain_follow(hasher, &point, &rows[good]->row, reterr) == 0) {
        good++;
    }
    assert_int_equal(point.number, good ? rows[good - 1]->row.number : 0);
    cvg_chain_hasher_free(hasher);
    return good;
}

static size_t follow_all(const struct owned rows[ROWS])
{
    const struct owned *order[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        order[i] = &rows[i];
    }
    return follow(order, ROWS, NULL);
}

/*
 * The expected hashes are Python's:
 *
 *   import hashlib, struct
 *   def piece(b): return struct.pack(">I", len(b)) + b
 *   def row(before, number, at, texts, body, question, outcome):
 *       m = b"convergate-audit-1\0" + before + struct.pack(">Qq", number, at)
 *       for t in texts: m += piece(t)
 *       return hashlib.sha256(m + piece(body) + question + outcome).digest()
 *   h1 = row(bytes(32), 1, 1767225600000000000,
 *            [b"01890a5d-ac96-774b-bcce-b302099a8057", b"decision", b"token:ci", b"prod-eu",
 *             b"deploy", b"shop/api", b"1f0c", b"go", b""],
 *            b'{"verdict":"go"}', bytes(range(32)), bytes(range(32, 64)))
 *   h2 = row(h1, 2, -1, [b"01890a5d-ac96-774b-bcce-b302099a8058", b"accept", b"user:ada",
 *            b"prod-eu", b"", b"", b"", b"", "größe".encode()], b"", bytes(32), bytes(32))
 */
static void the_rule_is_what_it_always_was(void **state)
{
    (void)state;
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    unsigned char first[CVG_SHA256_SIZE], second[CVG_SHA256_SIZE], zeros[CVG_SHA256_SIZE] = {0};
    char hex[CVG_SHA256_HEX];
    struct cvg_record row = {.number = 1,
                             .at = INT64_C(1767225600000000000),
                             .id = "01890a5d-ac96-774b-bcce-b302099a8057",
                             .action = "decision",
                             .actor = "token:ci",
                             .environment = "prod-eu",
                             .gate = "deploy",
                             .app = "shop/api",
                             .revision = "1f0c",
                             .verdict = "go",
                             .target = "",
                             .body = "{\"verdict\":\"go\"} and what is no part of it",
                             .body_length = 16};
    for (unsigned i = 0; i < CVG_SHA256_SIZE; i++) {
        row.question[i] = (unsigned char)i;
        row.outcome[i] = (unsigned char)(32 + i);
    }
    cvg_chain_hash(hasher, zeros, &row, first);
    cvg_hex_write(first, sizeof first, hex);
    assert_string_equal(hex, "a58e7f2364404bff50bcb6134ab5809d09cd59078c02c2485e37e6faf2089f40");

    struct cvg_record act = {.number = 2,
                             .at = -1,
                             .id = "01890a5d-ac96-774b-bcce-b302099a8058",
                             .action = "accept",
                             .actor = "user:ada",
                             .environment = "prod-eu",
                             .gate = "",
                             .app = "",
                             .revision = "",
                             .verdict = "",
                             .target = "gr\xc3\xb6\xc3\x9f"
                                       "e"};
    cvg_chain_hash(hasher, first, &act, second);
    cvg_hex_write(second, sizeof second, hex);
    assert_string_equal(hex, "e2551b4ddd816ee2c3c146e6d4766adda73b9837709aef5fe67be90249292d71");
    cvg_chain_hasher_free(hasher);
    cvg_chain_hasher_free(NULL);
}

/* Whether the chain breaks exactly at row `at` (from 0), or after it for its hash. */
static void must_break(const struct owned rows[ROWS], size_t at)
{
    assert_int_equal(follow_all(rows), at);
}

static void any_byte_of_any_field_counts(void **state)
{
    (void)state;
    struct owned rows[ROWS];
    make_chain(rows);
    assert_int_equal(follow_all(rows), ROWS);

    for (size_t at = 0; at < ROWS; at++) {
        struct cvg_record *row = &rows[at].row;
        for (size_t k = 0; k < CVG_COUNT(rows[at].texts); k++) {
            for (size_t i = 0, length = strlen(rows[at].texts[k]); i <= length; i++) {
                char *byte = &rows[at].texts[k][i]; /* the NUL: a longer text */
                *byte = (char)(*byte ^ 1);
                must_break(rows, at);
                *byte = (char)(*byte ^ 1);
            }
            char last = rows[at].texts[k][1]; /* cut */
            rows[at].texts[k][1] = '\0';
            must_break(rows, at);
            rows[at].texts[k][1] = last;
        }
        for (size_t i = 0; i < row->body_length; i++) {
            rows[at].body[i] = (char)(rows[at].body[i] ^ 0x20);
            must_break(rows, at);
            rows[at].body[i] = (char)(rows[at].body[i] ^ 0x20);
        }
        row->body_length--;
        must_break(rows, at);
        row->body_length++;
        for (size_t i = 0; i < CVG_SHA256_SIZE; i++) {
            unsigned char *const bytes[] = {&row->question[i], &row->outcome[i], &row->hash[i]};
            for (size_t k = 0; k < CVG_COUNT(bytes); k++) {
                *bytes[k] ^= 4;
                must_break(rows, at);
                *bytes[k] ^= 4;
            }
        }
        for (unsigned bit = 0; bit < 64; bit++) {
            row->at ^= (int64_t)(UINT64_C(1) << bit);
            must_break(rows, at);
            row->at ^= (int64_t)(UINT64_C(1) << bit);
            row->number ^= UINT64_C(1) << bit;
            must_break(rows, at);
            row->number ^= UINT64_C(1) << bit;
        }
    }
    assert_int_equal(follow_all(rows), ROWS);
}

/* Lengths are hashed: what moves from the end of one text to the beginning of the next shows. */
static void fields_do_not_run_into_each_other(void **state)
{
    (void)state;
    struct owned rows[ROWS];
    make_chain(rows);
    for (size_t k = 0; k + 1 < CVG_COUNT(rows[0].texts); k++) {
        char *left = rows[2].texts[k], *right = rows[2].texts[k + 1];
        char kept[2][TEXT];
        memcpy(kept[0], left, TEXT);
        memcpy(kept[1], right, TEXT);
        size_t length = strlen(left), other = strlen(right);
        memmove(right + 1, right, other + 1);
        right[0] = left[length - 1];
        left[length - 1] = '\0';
        must_break(rows, 2);
        memcpy(left, kept[0], TEXT);
        memcpy(right, kept[1], TEXT);
    }
    assert_int_equal(follow_all(rows), ROWS);
}

/* A row whose own hash is made right again is found by the row after it. */
static void an_edit_that_mends_its_hash_breaks_the_next_row(void **state)
{
    (void)state;
    struct owned rows[ROWS];
    make_chain(rows);
    struct cvg_chain_hasher *hasher = cvg_chain_hasher_new();
    for (size_t at = 1; at + 1 < ROWS; at++) {
        struct owned kept = rows[at];
        rows[at].texts[7][0] = 'X';
        cvg_chain_hash(hasher, rows[at - 1].row.hash, &rows[at].row, rows[at].row.hash);
        must_break(rows, at + 1);
        rows[at] = kept;
        own(&rows[at]);
    }
    cvg_chain_hasher_free(hasher);
}

static void gaps_and_orders_are_named(void **state)
{
    (void)state;

    static const struct {
        const char *order; /* numbers of rows */
        size_t good;
        const char *message;
    } cases[] = {
        {"123456", 6, ""},
        {"13456", 1, "row 2: is missing"},
        {"12356", 3, "row 4: is missing"},
        {"1256", 2, "rows 3 to 4: are missing"},
        {"23456", 0, "row 1: is missing"},
        {"6", 0, "rows 1 to 5: are missing"},
        {"132456", 1, "row 2: is missing"},
        {"213456", 0, "row 1: is missing"},
        {"123345", 3, "row 3: comes after row 3"},
        {"1231", 3, "row 1: comes after row 3"},
    };
    struct owned rows[ROWS];
    make_chain(rows);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct owned *order[ROWS];
        struct cvg_error error = {0};
        size_t count = strlen(cases[i].order);
        for (size_t k = 0; k < count; k++) {
            order[k] = &rows[cases[i].order[k] - '1'];
        }
        assert_int_equal(follow(order, count, &error), cases[i].good);
        assert_string_equal(error.text, cases[i].message);
    }
}

/* Two rows that change places, numbers and all but their content. */
static void a_swap_that_mends_numbers_is_found(void **state)
{
    (void)state;
    for (size_t a = 0; a < ROWS; a++) {
        for (size_t b = a + 1; b < ROWS; b++) {
            struct owned rows[ROWS];
            make_chain(rows);
            struct owned kept = rows[a];
            rows[a] = rows[b];
            rows[b] = kept;
            rows[a].row.number = a + 1;
            rows[b].row.number = b + 1;
            own(&rows[a]);
            own(&rows[b]);
            must_break(rows, a);
        }
    }
}

/* ---- seals ---- */

static void a_seal_covers_all_that_it_says(void **state)
{
    (void)state;
    struct cvg_ed25519 *key, *other;
    unsigned char public_key[CVG_ED25519_PUBLIC], stranger[CVG_ED25519_PUBLIC];
    struct cvg_chain_signed sealed = {.point = {.number = 7}, .at = 12345};
    memset(sealed.point.hash, 0x5a, sizeof sealed.point.hash);
    assert_int_equal(cvg_ed25519_make(&key, NULL), 0);
    assert_int_equal(cvg_ed25519_make(&other, NULL), 0);
    cvg_ed25519_public(key, public_key);
    cvg_ed25519_public(other, stranger);

    cvg_chain_sign(key, CVG_CHAIN_HEAD, &sealed);
    assert_true(cvg_chain_verify(public_key, CVG_CHAIN_HEAD, &sealed));
    assert_false(cvg_chain_verify(stranger, CVG_CHAIN_HEAD, &sealed));
    /* A checkpoint says that rows may be gone: a head must never pass for one. */
    assert_false(cvg_chain_verify(public_key, CVG_CHAIN_CHECKPOINT, &sealed));

    for (size_t i = 0; i < sizeof sealed.point.hash; i++) {
        sealed.point.hash[i] ^= 1;
        assert_false(cvg_chain_verify(public_key, CVG_CHAIN_HEAD, &sealed));
        sealed.point.hash[i] ^= 1;
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        sealed.point.number ^= UINT64_C(1) << bit;
        assert_false(cvg_chain_verify(public_key, CVG_CHAIN_HEAD, &sealed));
        sealed.point.number ^= UINT64_C(1) << bit;
        sealed.at ^= (int64_t)(UINT64_C(1) << bit);
        assert_false(cvg_chain_verify(public_key, CVG_CHAIN_HEAD, &sealed));
        sealed.at ^= (int64_t)(UINT64_C(1) << bit);
    }
    assert_true(cvg_chain_verify(public_key, CVG_CHAIN_HEAD, &sealed));
    cvg_ed25519_free(key);
    cvg_ed25519_free(other);
}

/* What is signed, byte by byte: signatures must verify with other programs too. */
static void the_text_that_is_signed_is_pinned(void **state)
{
    (void)state;
    unsigned char text[24 + 1 + 8 + 32 + 8] = "convergate-audit-seal-1", made[64];
    struct cvg_chain_signed sealed = {.point = {.number = 0x0102030405060708},
                                      .at = 0x1112131415161718};
    struct cvg_ed25519 *key;
    text[24] = 2;
    for (unsigned i = 0; i < 8; i++) {
        text[25 + i] = (unsigned char)(i + 1);
        text[65 + i] = (unsigned char)(i + 0x11);
    }
    for (unsigned i = 0; i < 32; i++) {
        text[33 + i] = sealed.point.hash[i] = (unsigned char)(0xa0 + i);
    }
    assert_int_equal(cvg_ed25519_make(&key, NULL), 0);
    cvg_chain_sign(key, CVG_CHAIN_CHECKPOINT, &sealed);
    cvg_ed25519_sign(key, text, sizeof text, made);
    assert_memory_equal(sealed.signature, made, sizeof made);
    cvg_ed25519_free(key);
}

/* ---- points as text ---- */

static void points_survive_their_text(void **state)
{
    (void)state;
    struct cvg_random random;
    static const uint64_t numbers[] = {1, 9, 10, 123456789, UINT64_MAX - 1, UINT64_MAX};
    cvg_random_seed(&random, 7);
    for (size_t i = 0; i < CVG_COUNT(numbers); i++) {
        struct cvg_chain_point point = {.number = numbers[i]}, again = {0};
        char text[CVG_CHAIN_POINT_TEXT];
        for (size_t k = 0; k < sizeof point.hash; k++) {
            point.hash[k] = (unsigned char)cvg_random_next(&random);
        }
        cvg_chain_point_write(&point, text);
        assert_true(cvg_chain_point_read(text, &again));
        assert_memory_equal(&again, &point, sizeof point);
    }
}

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define NIL "0000000000000000000000000000000000000000000000000000000000000000"

static void other_texts_are_no_points(void **state)
{
    (void)state;
    static const char *const good[] = {"0:" NIL, "1:" HEX, "18446744073709551615:" HEX,
                                       "2:00112233445566778899AABBCCDDEEFF"
                                       "00112233445566778899aabbccddeeff"};
    static const char *const wrong[] = {
        "",
        ":",
        "1",
        "1:",
        ":" HEX,
        HEX,
        "1:" HEX "0",
        "1:0" HEX,
        "01:" HEX,
        "+1:" HEX,
        "-1:" HEX,
        " 1:" HEX,
        "1 :" HEX,
        "1: " HEX,
        "1:" HEX " ",
        "1:" HEX "\n",
        "0:" HEX,
        "0x1:" HEX,
        "1::" HEX,
        "18446744073709551616:" HEX,
        "1.0:" HEX,
        "1e3:" HEX,
        "1:g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    };
    struct cvg_chain_point point, untouched = {.number = 42};
    for (size_t i = 0; i < CVG_COUNT(good); i++) {
        assert_true(cvg_chain_point_read(good[i], &point));
    }
    for (size_t i = 0; i < CVG_COUNT(wrong); i++) {
        point = untouched;
        assert_false(cvg_chain_point_read(wrong[i], &point));
        assert_memory_equal(&point, &untouched, sizeof point);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rule_is_what_it_always_was),
        cmocka_unit_test(any_byte_of_any_field_counts),
        cmocka_unit_test(fields_do_not_run_into_each_other),
        cmocka_unit_test(an_edit_that_mends_its_hash_breaks_the_next_row),
        cmocka_unit_test(gaps_and_orders_are_named),
        cmocka_unit_test(a_swap_that_mends_numbers_is_found),
        cmocka_unit_test(a_seal_covers_all_that_it_says),
        cmocka_unit_test(the_text_that_is_signed_is_pinned),
        cmocka_unit_test(points_survive_their_text),
        cmocka_unit_test(other_texts_are_no_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
