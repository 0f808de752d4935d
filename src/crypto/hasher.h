/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 in pieces, and again and again: what is dear about a digest of a few hundred bytes is
 * finding the algorithm and making a context, and a hasher does that once. One owner, no locks.
 */
#ifndef CVG_CRYPTO_HASHER_H
#define CVG_CRYPTO_HASHER_H

#include "crypto/digest.h"

struct cvg_hasher;

/* Ends the process where the library has no SHA-256. */
struct cvg_hasher *cvg_hasher_new(void);
void cvg_hasher_free(struct cvg_hasher *hasher); /* takes NULL */

/* Forgets what was added; a new hasher has begun. */
void cvg_hasher_begin(struct cvg_hasher *hasher);
/* bytes may be NULL where length is 0. */
void cvg_hasher_add(struct cvg_hasher *hasher, const void *bytes, size_t length);
/* The digest of all that was added since the begin; begin comes next. */
void cvg_hasher_end(struct cvg_hasher *hasher, unsigned char ret[CVG_SHA256_SIZE]);

#endif
