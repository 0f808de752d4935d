/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ed25519 signatures (RFC 8032), by OpenSSL. A key is made, read and used; its secret half leaves
 * only as PEM for the file that keeps it, and is wiped when the key is freed. Any thread, one key
 * by one thread at a time.
 */
#ifndef CVG_CRYPTO_ED25519_H
#define CVG_CRYPTO_ED25519_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define CVG_ED25519_PUBLIC    32
#define CVG_ED25519_SIGNATURE 64
#define CVG_ED25519_PEM       (28 + 65 + 26 + 1) /* bytes of the text, with its NUL */

struct cvg_ed25519;

CVG_NODISCARD int cvg_ed25519_make(struct cvg_ed25519 **ret, struct cvg_error *reterr);
/* PKCS #8 in PEM (RFC 8410), not encrypted, as `openssl genpkey -algorithm ed25519` writes it; with
 * or without the last newline, and nothing around it. The error never has a byte of it. */
CVG_NODISCARD int cvg_ed25519_read(const char *pem, size_t length, struct cvg_ed25519 **ret,
                                   struct cvg_error *reterr);
/* The same as a text, which the caller wipes. */
void cvg_ed25519_write(const struct cvg_ed25519 *key, char ret[CVG_ED25519_PEM]);
void cvg_ed25519_free(struct cvg_ed25519 *key); /* takes NULL */

void cvg_ed25519_public(const struct cvg_ed25519 *key, unsigned char ret[CVG_ED25519_PUBLIC]);
void cvg_ed25519_sign(const struct cvg_ed25519 *key, const void *bytes, size_t length,
                      unsigned char ret[CVG_ED25519_SIGNATURE]);
bool cvg_ed25519_verify(const unsigned char public_key[CVG_ED25519_PUBLIC], const void *bytes,
                        size_t length, const unsigned char signature[CVG_ED25519_SIGNATURE]);

#endif
