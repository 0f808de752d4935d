/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, by OpenSSL. Pure functions; any thread. */
#ifndef CVG_CRYPTO_DIGEST_H
#define CVG_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define CVG_SHA256_SIZE 32
#define CVG_MD5_SIZE    16

/* bytes may be NULL where length is 0. Ends the process where the library has no SHA-256. */
void cvg_sha256(const void *bytes, size_t length, unsigned char ret[CVG_SHA256_SIZE]);

/* Only to compare with what others keep. False where the library was told to do without it. */
bool cvg_md5(const void *bytes, size_t length, unsigned char ret[CVG_MD5_SIZE]);

#endif
