/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's EVP. Going on without a code would let a forged message pass: the process ends. */
#include "crypto/hmac.h"

#include <openssl/evp.h>

#include <stdlib.h>

void cvg_hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                     unsigned char ret[CVG_SHA256_SIZE])
{
    static const unsigned char nothing[1];
    size_t size = 0;

    /* OpenSSL takes a NULL key for "the one that was set before". */
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key_length ? key : nothing, key_length,
                   length ? bytes : nothing, length, ret, CVG_SHA256_SIZE, &size) ||
        size != CVG_SHA256_SIZE) {
        abort();
    }
}
