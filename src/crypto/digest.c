/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's EVP. That it has no SHA-256, or no memory, is the end of the process. */
#include "crypto/digest.h"

#include <openssl/evp.h>

#include <stdlib.h>

static bool digest(const EVP_MD *kind, const void *bytes, size_t length, unsigned char *ret,
                   unsigned expected)
{
    static const unsigned char nothing[1];
    unsigned size = 0;

    return EVP_Digest(length ? bytes : nothing, length, ret, &size, kind, NULL) == 1 &&
           size == expected;
}

void cvg_sha256(const void *bytes, size_t length, unsigned char ret[CVG_SHA256_SIZE])
{
    if (!digest(EVP_sha256(), bytes, length, ret, CVG_SHA256_SIZE)) {
        abort();
    }
}

bool cvg_md5(const void *bytes, size_t length, unsigned char ret[CVG_MD5_SIZE])
{
    return digest(EVP_md5(), bytes, length, ret, CVG_MD5_SIZE);
}
