/* SPDX-License-Identifier: Apache-2.0 */
/* Digits by hand: the C library's readers take signs, spaces and prefixes. */
#include "crypto/hex.h"

void cvg_hex_write(const void *bytes, size_t length, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < length; i++) {
        *ret++ = digits[from[i] >> 4];
        *ret++ = digits[from[i] & 15];
    }
    *ret = '\0';
}

/* -1: not a digit. */
static int digit(char character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }
    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }
    return -1;
}

bool cvg_hex_read(const char *text, unsigned char *ret, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = digit(text[0]);
        int low = high < 0 ? -1 : digit(text[1]);
        if (low < 0) {
            return false;
        }
        ret[i] = (unsigned char)(high << 4 | low);
        text += 2;
    }
    return *text == '\0';
}

void cvg_sha256_hex(const void *bytes, size_t length, char ret[CVG_SHA256_HEX])
{
    unsigned char digest[CVG_SHA256_SIZE];
    cvg_sha256(bytes, length, digest);
    cvg_hex_write(digest, sizeof digest, ret);
}
