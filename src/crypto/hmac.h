/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC-SHA256 (RFC 2104), by OpenSSL. Pure, any thread. */
#ifndef CVG_CRYPTO_HMAC_H
#define CVG_CRYPTO_HMAC_H

#include "crypto/digest.h"

/* Either text may be NULL where its length is 0. Ends the process where the library has no HMAC. */
void cvg_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                     unsigned char ret[CVG_SHA256_SIZE]);

#endif
