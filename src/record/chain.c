/* SPDX-License-Identifier: Apache-2.0 */
/* The chain's rule. Whatever is changed here makes every chain that exists invalid. */
#include "record/chain.h"

#include "base/alloc.h"
#include "crypto/hasher.h"
#include "crypto/hex.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define ROW_DOMAIN  "convergate-audit-1"
#define SEAL_DOMAIN "convergate-audit-seal-1"

struct cvg_chain_hasher {
    struct cvg_hasher *sha256;
};

struct cvg_chain_hasher *cvg_chain_hasher_new(void)
{
    struct cvg_chain_hasher *hasher = CVG_NEW(struct cvg_chain_hasher);
    hasher->sha256 = cvg_hasher_new();
    return hasher;
}

void cvg_chain_hasher_free(struct cvg_chain_hasher *hasher)
{
    if (hasher) {
        cvg_hasher_free(hasher->sha256);
        free(hasher);
    }
}

/* Big-endian; returns the place after it. */
static unsigned char *put(unsigned char *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (unsigned char)(value >> (8 * (size - 1 - i)));
    }
    return at + size;
}

static void add_piece(struct cvg_hasher *sha256, const char *bytes, size_t length)
{
    unsigned char size[4];
    put(size, length, sizeof size);
    cvg_hasher_add(sha256, size, sizeof size);
    cvg_hasher_add(sha256, bytes, length);
}

void cvg_chain_hash(struct cvg_chain_hasher *hasher, const unsigned char before[CVG_SHA256_SIZE],
                    const struct cvg_record *row, unsigned char ret[CVG_SHA256_SIZE])
{
    const char *const texts[] = {row->id,  row->action,   row->actor,   row->environment, row->gate,
                                 row->app, row->revision, row->verdict, row->target};
    struct cvg_hasher *sha256 = hasher->sha256;
    unsigned char head[sizeof ROW_DOMAIN + CVG_SHA256_SIZE + 16], *at = head;

    memcpy(at, ROW_DOMAIN, sizeof ROW_DOMAIN); /* its NUL included */
    memcpy(at + sizeof ROW_DOMAIN, before, CVG_SHA256_SIZE);
    at = put(at + sizeof ROW_DOMAIN + CVG_SHA256_SIZE, row->number, 8);
    put(at, (uint64_t)row->at, 8);

    cvg_hasher_begin(sha256);
    cvg_hasher_add(sha256, head, sizeof head);
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        add_piece(sha256, texts[i], strlen(texts[i]));
    }
    add_piece(sha256, row->body, row->body_length);
    cvg_hasher_add(sha256, row->question, sizeof row->question);
    cvg_hasher_add(sha256, row->outcome, sizeof row->outcome);
    cvg_hasher_end(sha256, ret);
}

/* The row is not the one after the point. */
static int explain_gap(uint64_t last, uint64_t number, struct cvg_error *reterr)
{
    unsigned long long here = number, before = last;
    if (number <= last) {
        return cvg_error_set(reterr, CVG_E_INVALID, "row %llu: comes after row %llu", here, before);
    }
    if (number - last == 2) {
        return cvg_error_set(reterr, CVG_E_INVALID, "row %llu: is missing", before + 1);
    }
    return cvg_error_set(reterr, CVG_E_INVALID, "rows %llu to %llu: are missing", before + 1,
                         here - 1);
}

int cvg_chain_follow(struct cvg_chain_hasher *hasher, struct cvg_chain_point *point,
                     const struct cvg_record *row, struct cvg_error *reterr)
{
    unsigned char hash[CVG_SHA256_SIZE];

    if (row->number <= point->number || row->number - point->number != 1) {
        return explain_gap(point->number, row->number, reterr);
    }
    cvg_chain_hash(hasher, point->hash, row, hash);
    if (memcmp(hash, row->hash, sizeof hash) != 0) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "row %llu: its hash is not that of its content after the row before",
                             (unsigned long long)row->number);
    }
    point->number = row->number;
    memcpy(point->hash, hash, sizeof hash);
    return 0;
}

#define SEAL_TEXT (sizeof SEAL_DOMAIN + 1 + 8 + CVG_SHA256_SIZE + 8)

static void seal_text(enum cvg_chain_seal seal, const struct cvg_chain_signed *signed_point,
                      unsigned char ret[SEAL_TEXT])
{
    memcpy(ret, SEAL_DOMAIN, sizeof SEAL_DOMAIN);
    unsigned char *at = put(ret + sizeof SEAL_DOMAIN, (uint64_t)seal, 1);
    at = put(at, signed_point->point.number, 8);
    memcpy(at, signed_point->point.hash, CVG_SHA256_SIZE);
    put(at + CVG_SHA256_SIZE, (uint64_t)signed_point->at, 8);
}

void cvg_chain_sign(const struct cvg_ed25519 *key, enum cvg_chain_seal seal,
                    struct cvg_chain_signed *signed_point)
{
    unsigned char text[SEAL_TEXT];
    seal_text(seal, signed_point, text);
    cvg_ed25519_sign(key, text, sizeof text, signed_point->signature);
}

bool cvg_chain_verify(const unsigned char public_key[CVG_ED25519_PUBLIC], enum cvg_chain_seal seal,
                      const struct cvg_chain_signed *signed_point)
{
    unsigned char text[SEAL_TEXT];
    seal_text(seal, signed_point, text);
    return cvg_ed25519_verify(public_key, text, sizeof text, signed_point->signature);
}

void cvg_chain_point_write(const struct cvg_chain_point *point, char ret[CVG_CHAIN_POINT_TEXT])
{
    int length = snprintf(ret, CVG_CHAIN_POINT_TEXT, "%llu:", (unsigned long long)point->number);
    cvg_hex_write(point->hash, sizeof point->hash, ret + length);
}

bool cvg_chain_point_read(const char *text, struct cvg_chain_point *ret)
{
    static const unsigned char zeros[CVG_SHA256_SIZE];
    const char *colon = strchr(text, ':');
    struct cvg_chain_point point;

    if (!colon || cvg_parse_uint64(text, (size_t)(colon - text), &point.number) != 0 ||
        !cvg_hex_read(colon + 1, point.hash, sizeof point.hash)) {
        return false;
    }
    /* Before the first row there is no hash. */
    if (point.number == 0 && memcmp(point.hash, zeros, sizeof zeros) != 0) {
        return false;
    }
    *ret = point;
    return true;
}
