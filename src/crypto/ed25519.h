/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures (RFC 8032), by OpenSSL. A key is made, read and used; its secret half leaves
 * only as PEM for the file that keeps it, and is wiped when the key is freed. Any thread, one key
 * by one thread at a time.
 */
#ifndef CVG_CRYPTO_ED25519_H
#define CVG_CRYPTO_ED25519_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CVG_ED25519_PUBLIC    32
#define CVG_ED25519_SIGNATURE 64

struct cvg_ed25519;

CVG_NODISCARD int cvg_ed25519_make(struct cvg_ed25519 **ret, struct cvg_error *reterr);
/* PKCS #8 in PEM, not encrypted. The error never has a byte of it. */
CVG_NODISCARD int cvg_ed25519_read(const char *pem, size_t length, struct cvg_ed25519 **ret,
                                   struct cvg_error *reterr);
/* Appends the same; the caller wipes the buffer (cvg_buf_wipe or cvg_buf_done of a secret one). */
CVG_NODISCARD int cvg_ed25519_write(const struct cvg_ed25519 *key, struct cvg_buf *ret,
                                    struct cvg_error *reterr);
void cvg_ed25519_free(struct cvg_ed25519 *key); /* takes NULL */

void cvg_ed25519_public(const struct cvg_ed25519 *key, unsigned char ret[CVG_ED25519_PUBLIC]);
void cvg_ed25519_sign(const struct cvg_ed25519 *key, const void *bytes, size_t length,
                      unsigned char ret[CVG_ED25519_SIGNATURE]);
bool cvg_ed25519_verify(const unsigned char public_key[CVG_ED25519_PUBLIC], const void *bytes,
                        size_t length, const unsigned char signature[CVG_ED25519_SIGNATURE]);

#endif
