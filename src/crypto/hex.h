/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal text. Pure, any thread. */
#ifndef CVG_CRYPTO_HEX_H
#define CVG_CRYPTO_HEX_H

#include "crypto/digest.h"

#include <stdbool.h>

#define CVG_SHA256_HEX (2 * CVG_SHA256_SIZE + 1) /* with the NUL */

/* Writes 2 * length lower-case digits and a NUL. */
void cvg_hex_write(const void *bytes, size_t length, char *ret);
/* Reads exactly size bytes from exactly 2 * size digits of either case. false: text is anything
 * else, and *ret is not meaningful. */
bool cvg_hex_read(const char *text, unsigned char *ret, size_t size);

/* The digest as text. */
void cvg_sha256_hex(const void *bytes, size_t length, char ret[CVG_SHA256_HEX]);

#endif
