/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenSSL's EVP for the arithmetic. The PEM is ours, because OpenSSL's readers and writers leave
 * copies of what they decode in memory that they free. It can be: PKCS #8 of an Ed25519 key is
 * always the same 16 bytes and then the 32 of the seed (RFC 8410, section 7), which is one line of
 * base64.
 */
#include "crypto/ed25519.h"

#include "base/alloc.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <stdlib.h>
#include <string.h>

#define SEED  32
#define LINE  64 /* base64 of PREFIX and SEED */
#define FIRST "-----BEGIN PRIVATE KEY-----\n"
#define LAST  "\n-----END PRIVATE KEY-----\n"

/* SEQUENCE { INTEGER 0, SEQUENCE { OID 1.3.101.112 }, OCTET STRING { OCTET STRING 32 bytes } } */
static const unsigned char prefix[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                         0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

/* The seed is kept: asking the library for it leaves a copy behind. */
struct cvg_ed25519 {
    EVP_PKEY *key;
    unsigned char seed[SEED];
};

static int key_of(const unsigned char seed[SEED], struct cvg_ed25519 **ret,
                  struct cvg_error *reterr)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed, SEED);
    if (!key) {
        ERR_clear_error();
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "the library cannot make an Ed25519 key");
    }
    *ret = CVG_NEW(struct cvg_ed25519);
    (*ret)->key = key;
    memcpy((*ret)->seed, seed, SEED);
    return 0;
}

int cvg_ed25519_make(struct cvg_ed25519 **ret, struct cvg_error *reterr)
{
    unsigned char seed[SEED];
    if (RAND_priv_bytes(seed, SEED) != 1) {
        ERR_clear_error();
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "the library has no randomness");
    }
    int rc = key_of(seed, ret, reterr);
    OPENSSL_cleanse(seed, sizeof seed);
    return rc;
}

/* The whole of the line is base64 without padding, which EVP_DecodeBlock() does not ask for. */
static bool is_line(const char *text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < LINE; i++) {
        if (!memchr(alphabet, text[i], sizeof alphabet - 1)) {
            return false;
        }
    }
    return true;
}

int cvg_ed25519_read(const char *pem, size_t length, struct cvg_ed25519 **ret,
                     struct cvg_error *reterr)
{
    const size_t first = strlen(FIRST), last = strlen(LAST), whole = first + LINE + last;
    unsigned char der[sizeof prefix + SEED];

    /* The last newline may be missing. */
    if ((length != whole && length != whole - 1) || memcmp(pem, FIRST, first) != 0 ||
        !is_line(pem + first) || memcmp(pem + first + LINE, LAST, length - first - LINE) != 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "is not an Ed25519 key in PEM (PKCS #8)");
    }
    int size = EVP_DecodeBlock(der, (const unsigned char *)pem + first, LINE);
    int rc = size == (int)sizeof der && memcmp(der, prefix, sizeof prefix) == 0
                 ? key_of(der + sizeof prefix, ret, reterr)
                 : cvg_error_set(reterr, CVG_E_INVALID, "is a key of another kind than Ed25519");
    OPENSSL_cleanse(der, sizeof der);
    return rc;
}

void cvg_ed25519_write(const struct cvg_ed25519 *key, char ret[CVG_ED25519_PEM])
{
    unsigned char der[sizeof prefix + SEED], line[LINE + 1];

    memcpy(der, prefix, sizeof prefix);
    memcpy(der + sizeof prefix, key->seed, SEED);
    EVP_EncodeBlock(line, der, sizeof der);
    memcpy(ret, FIRST, strlen(FIRST));
    memcpy(ret + strlen(FIRST), line, LINE);
    memcpy(ret + strlen(FIRST) + LINE, LAST, sizeof LAST);
    OPENSSL_cleanse(der, sizeof der);
    OPENSSL_cleanse(line, sizeof line);
}

void cvg_ed25519_free(struct cvg_ed25519 *key)
{
    if (key) {
        EVP_PKEY_free(key->key); /* overwrites the secret half */
        OPENSSL_cleanse(key->seed, SEED);
        free(key);
    }
}

void cvg_ed25519_public(const struct cvg_ed25519 *key, unsigned char ret[CVG_ED25519_PUBLIC])
{
    size_t size = CVG_ED25519_PUBLIC;
    if (EVP_PKEY_get_raw_public_key(key->key, ret, &size) != 1 || size != CVG_ED25519_PUBLIC) {
        abort();
    }
}

void cvg_ed25519_sign(const struct cvg_ed25519 *key, const void *bytes, size_t length,
                      unsigned char ret[CVG_ED25519_SIGNATURE])
{
    static const unsigned char nothing[1];
    size_t size = CVG_ED25519_SIGNATURE;
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, key->key) != 1 ||
        EVP_DigestSign(context, ret, &size, length ? bytes : nothing, length) != 1 ||
        size != CVG_ED25519_SIGNATURE) {
        abort();
    }
    EVP_MD_CTX_free(context);
}

bool cvg_ed25519_verify(const unsigned char public_key[CVG_ED25519_PUBLIC], const void *bytes,
                        size_t length, const unsigned char signature[CVG_ED25519_SIGNATURE])
{
    static const unsigned char nothing[1];
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, CVG_ED25519_PUBLIC);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    bool good = key && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(context, signature, CVG_ED25519_SIGNATURE,
                                 length ? bytes : nothing, length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good;
}
