/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rule of the audit chain. The hash of a row is SHA-256 over
 *
 *   "convergate-audit-1" NUL, the hash of the row before (32 bytes; before row 1: zeros),
 *   number, at (big-endian, 8 bytes each),
 *   id, action, actor, environment, gate, app, revision, verdict, target, body
 *     (each: its length, big-endian 4 bytes, then its bytes),
 *   question, outcome (32 bytes each)
 *
 * so that any edit, gap, change of order or cut shows. The head is the last row's number and hash;
 * it is signed, and kept outside of the database (store/head.h), because a database can lose its
 * tail without noticing. Retention takes rows away from the front and leaves a signed checkpoint:
 * number and hash of the last row that went. Pure; any thread.
 */
#ifndef CVG_RECORD_CHAIN_H
#define CVG_RECORD_CHAIN_H

#include "base/error.h"
#include "crypto/ed25519.h"
#include "record/record.h"

#include <stdbool.h>

/* A place in the chain: everything up to row `number`. Number 0, hash zeros: nothing yet. */
struct cvg_chain_point {
    uint64_t number;
    unsigned char hash[CVG_SHA256_SIZE];
};

/* Reused from row to row by one thread, which makes hashing half as dear. */
struct cvg_chain_hasher;
struct cvg_chain_hasher *cvg_chain_hasher_new(void);
void cvg_chain_hasher_free(struct cvg_chain_hasher *hasher); /* takes NULL */
/* The hash that the row must have after `before`; row->hash is not looked at. */
void cvg_chain_hash(struct cvg_chain_hasher *hasher, const unsigned char before[CVG_SHA256_SIZE],
                    const struct cvg_record *row, unsigned char ret[CVG_SHA256_SIZE]);
/* Checks that the row continues the chain, and moves `point` on to it. The error says what is wrong
 * and at which row: a gap, or another content than its hash says. */
CVG_NODISCARD int cvg_chain_follow(struct cvg_chain_hasher *hasher, struct cvg_chain_point *point,
                                   const struct cvg_record *row, struct cvg_error *reterr);

/* What a signature says besides the point, so that a checkpoint never passes for a head. */
enum cvg_chain_seal {
    CVG_CHAIN_HEAD = 1,
    CVG_CHAIN_CHECKPOINT
};

/* A point and when it was signed. The signature is over "convergate-audit-seal-1" NUL, the kind of
 * seal (1 byte), number (8 bytes, big-endian), hash, at (8 bytes, big-endian). */
struct cvg_chain_signed {
    struct cvg_chain_point point;
    int64_t at; /* wall */
    unsigned char signature[CVG_ED25519_SIGNATURE];
};

void cvg_chain_sign(const struct cvg_ed25519 *key, enum cvg_chain_seal seal,
                    struct cvg_chain_signed *signed_point);
bool cvg_chain_verify(const unsigned char public_key[CVG_ED25519_PUBLIC], enum cvg_chain_seal seal,
                      const struct cvg_chain_signed *signed_point);

/* "NUMBER:HEX", as the log prints a head and `audit verify --head` takes it. Read: exactly that,
 * with digits of either case; false leaves *ret alone. */
#define CVG_CHAIN_POINT_TEXT (20 + 1 + 2 * CVG_SHA256_SIZE + 1)
void cvg_chain_point_write(const struct cvg_chain_point *point, char ret[CVG_CHAIN_POINT_TEXT]);
bool cvg_chain_point_read(const char *text, struct cvg_chain_point *ret);

#endif
