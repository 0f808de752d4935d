/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's comparison, which is written so that no compiler takes a short cut. */
#include "crypto/compare.h"

#include <openssl/crypto.h>

bool cvg_compare_secret(const void *a, const void *b, size_t length)
{
    return CRYPTO_memcmp(a, b, length) == 0;
}
