/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four digits to three bytes. What a lenient decoder would skip is refused: a certificate that was
 * cut or pasted badly should be found here, and not by a TLS handshake that says nothing.
 */
#include "kit/base64.h"

#include "kit/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char digit)
{
    const char *at = digit == '\0' ? NULL : strchr(digits, digit);
    return at == NULL ? -1 : (int)(at - digits);
}

struct decoding {
    unsigned char *out;
    size_t length;
    uint32_t group;
    unsigned held;    /* digits in the group */
    unsigned padding; /* '=' that came */
};

static int take(struct decoding *decoding, char digit)
{
    int value = value_of(digit);
    if (digit == '=' && decoding->held >= 2 && decoding->held + decoding->padding < 4) {
        decoding->padding++;
        return 0;
    }
    if (value < 0 || decoding->padding > 0) {
        return -1;
    }
    decoding->group = decoding->group << 6 | (uint32_t)value;
    if (++decoding->held == 4) {
        decoding->out[decoding->length++] = (unsigned char)(decoding->group >> 16);
        decoding->out[decoding->length++] = (unsigned char)(decoding->group >> 8);
        decoding->out[decoding->length++] = (unsigned char)decoding->group;
        decoding->group = 0;
        decoding->held = 0;
    }
    return 0;
}

/* The last group, of two or three digits. Bits that belong to no byte must be zero. */
static int finish(struct decoding *decoding)
{
    if (decoding->held == 0) {
        return 0;
    }
    if (decoding->held + decoding->padding != 4) {
        return -1;
    }
    uint32_t spare = decoding->held == 2 ? 4 : 2;
    if ((decoding->group & ((1u << spare) - 1)) != 0) {
        return -1;
    }
    uint32_t bytes = decoding->group >> spare;
    if (decoding->held == 3) {
        decoding->out[decoding->length++] = (unsigned char)(bytes >> 8);
    }
    decoding->out[decoding->length++] = (unsigned char)bytes;
    return 0;
}

int cvg_kit_base64_decode(const char *text, size_t length, char **ret, size_t *ret_length)
{
    char *memory = cvg_kit_alloc(length / 4 * 3 + 4);
    struct decoding decoding = {.out = (unsigned char *)memory};
    int code = 0;
    for (size_t i = 0; i < length && code == 0; i++) {
        code = text[i] == '\n' || text[i] == '\r' ? 0 : take(&decoding, text[i]);
    }
    if (code == 0) {
        code = finish(&decoding);
    }
    if (code < 0) {
        explicit_bzero(memory, length / 4 * 3 + 4);
        free(memory);
        return -1;
    }
    memory[decoding.length] = '\0';
    *ret = memory;
    *ret_length = decoding.length;
    return 0;
}

char *cvg_kit_base64_encode(const char *bytes, size_t length)
{
    char *text = cvg_kit_alloc((length + 2) / 3 * 4 + 1);
    char *out = text;
    for (size_t at = 0; at < length; at += 3) {
        uint32_t group = 0;
        for (size_t i = 0; i < 3; i++) {
            group = group << 8 | (at + i < length ? (unsigned char)bytes[at + i] : 0u);
        }
        for (size_t i = 0; i < 4; i++) {
            *out++ = at + i > length ? '=' : digits[group >> (18 - 6 * i) & 63];
        }
    }
    return text;
}
