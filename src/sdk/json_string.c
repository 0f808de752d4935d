/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain bytes are passed eight at a time. What is not plain (quote, backslash, control character,
 * a byte from 0x80) is looked at alone: UTF-8 as RFC 3629 has it, escapes as RFC 8259 has them,
 * surrogates only in pairs.
 */
#include "sdk/json_string.h"

#include <stdint.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* A unit of decoding: how many bytes of the document become how many of text. */
struct piece {
    size_t raw, decoded;
    char bytes[4];
};

static const char cut[] = "the document ends within a string";

static const char *pass_plain(const char *at, const char *end)
{
    while (end - at >= 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        /* A subtraction borrows from the byte above only where a lower one is special already,
         * so the lowest mark is always right. */
        uint64_t special = ((word ^ EACH('"')) - EACH(1)) | ((word ^ EACH('\\')) - EACH(1)) |
                           (word - EACH(0x20)) | word;
        special &= EACH(0x80);
        if (special) {
            return at + (__builtin_ctzll(special) >> 3);
        }
        at += 8;
    }
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 &&
           (unsigned char)*at < 0x80) {
        at++;
    }
    return at;
}

/* Are those behind the first byte of a character the ones that follow in it? The second has bounds of
 * its own. */
static int goes_on(const unsigned char *byte, unsigned char least, unsigned char most, size_t end)
{
    if (end > 1 && (byte[1] < least || byte[1] > most)) {
        return 0;
    }
    for (size_t i = 2; i < end; i++) {
        if ((byte[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return 1;
}

/* Bytes of the well-formed character at `at`, which begins with one from 0x80, as far as the document
 * goes: more than there are where it ends within. 0: broken. */
static size_t utf8_size(const char *at, const char *end)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    unsigned char least = 0x80, most = 0xbf;
    size_t size;
    if (byte[0] >= 0xc2 && byte[0] <= 0xdf) {
        size = 2;
    } else if (byte[0] >= 0xe0 && byte[0] <= 0xef) {
        size = 3;
        /* Not longer than needed; no surrogates. */
        least = byte[0] == 0xe0 ? 0xa0 : least;
        most = byte[0] == 0xed ? 0x9f : most;
    } else if (byte[0] >= 0xf0 && byte[0] <= 0xf4) {
        size = 4;
        /* Not longer than needed; not beyond U+10FFFF. */
        least = byte[0] == 0xf0 ? 0x90 : least;
        most = byte[0] == 0xf4 ? 0x8f : most;
    } else {
        return 0;
    }
    return goes_on(byte, least, most, size < left ? size : left) ? size : 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "\uXXXX" at `at`: the number, or -1. */
static long unicode_escape(const char *at, const char *end)
{
    long value = 0;
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

static void encode_utf8(unsigned long c, struct piece *ret)
{
    char *to = ret->bytes;
    if (c < 0x80) {
        ret->decoded = 1;
        to[0] = (char)c;
    } else if (c < 0x800) {
        ret->decoded = 2;
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        ret->decoded = 3;
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
    } else {
        ret->decoded = 4;
        to[0] = (char)(0xf0 | c >> 18);
        to[1] = (char)(0x80 | (c >> 12 & 0x3f));
        to[2] = (char)(0x80 | (c >> 6 & 0x3f));
        to[3] = (char)(0x80 | (c & 0x3f));
    }
}

/* What a letter behind a backslash means; 0: nothing. */
static char meaning_of(char name)
{
    switch (name) {
    case '"':
    case '\\':
    case '/':
        return name;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* What stands from the backslash to the document's end: may it be the beginning of an escape? */
static int is_cut_escape(const char *at, const char *end)
{
    static const char form[] = "\\uhhhh\\ulshh"; /* h: any digit; l, s: of a low surrogate */
    size_t left = (size_t)(end - at);
    for (size_t i = 0; i < left && i < sizeof form - 1; i++) {
        int digit = hex_value(at[i]);
        int fits = form[i] == 'h'   ? digit >= 0
                   : form[i] == 'l' ? digit == 0xd
                   : form[i] == 's' ? digit >= 0xc
                                    : at[i] == form[i];
        if (!fits) {
            return 0;
        }
    }
    int is_surrogate = left >= 4 && hex_value(at[2]) == 0xd && hex_value(at[3]) >= 8;
    int is_high = is_surrogate && hex_value(at[3]) < 0xc;
    return left < 6 ? !is_surrogate || is_high : is_high && left < sizeof form - 1;
}

/* The escape at `at`, which begins with a backslash. Returns NULL, or what is wrong. */
static const char *read_escape(const char *at, const char *end, struct piece *ret)
{
    if (end - at < 2) {
        return cut;
    }
    if (at[1] != 'u') {
        ret->raw = 2;
        ret->decoded = 1;
        ret->bytes[0] = meaning_of(at[1]);
        return ret->bytes[0] ? NULL : "invalid escape";
    }
    long unit = unicode_escape(at, end);
    if (unit < 0) {
        return "invalid \\u escape";
    }
    ret->raw = 6;
    if (unit >= 0xd800 && unit < 0xe000) {
        long low = unicode_escape(at + 6, end);
        if (unit >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
            return "lone surrogate";
        }
        ret->raw = 12;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    encode_utf8((unsigned long)unit, ret);
    return NULL;
}

const char *cvg_json_string_scan(const char *at, const char *end, struct cvg_json_string *ret,
                                 const char **ret_at)
{
    const char *start = at;
    size_t saved = 0; /* bytes that decoding takes away */
    const char *wrong = NULL;
    while (!wrong) {
        at = pass_plain(at, end);
        if (at == end) {
            wrong = cut;
        } else if (*at == '"') {
            ret->raw = start;
            ret->length = (size_t)(at - start);
            ret->decoded_length = ret->length - saved;
            return NULL;
        } else if (*at == '\\') {
            struct piece piece;
            wrong = read_escape(at, end, &piece);
            if (!wrong) {
                at += piece.raw;
                saved += piece.raw - piece.decoded;
            } else if (is_cut_escape(at, end)) {
                wrong = cut;
                at = end;
            }
        } else if ((unsigned char)*at < 0x20) {
            wrong = "control character in a string";
        } else {
            size_t size = utf8_size(at, end);
            if (size > (size_t)(end - at)) {
                wrong = cut;
                size = (size_t)(end - at);
            } else if (size == 0) {
                wrong = "invalid UTF-8";
            }
            at += size;
        }
    }
    *ret_at = at;
    return wrong;
}

/* The next bytes of a checked string: an escape's meaning, or all up to the next escape (they are
 * in the document then, not in `bytes`). */
static struct piece next_piece(const char *at, const char *end)
{
    struct piece piece = {0, 0, {0}};
    if (*at == '\\') {
        read_escape(at, end, &piece);
    } else {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        piece.raw = piece.decoded = (size_t)((escape ? escape : end) - at);
    }
    return piece;
}

void cvg_json_string_decode(const struct cvg_json_string *string, char *ret)
{
    const char *at = string->raw, *end = at + string->length;
    if (string->length == string->decoded_length) {
        memcpy(ret, at, string->length);
        return;
    }
    while (at < end) {
        struct piece piece = next_piece(at, end);
        memcpy(ret, *at == '\\' ? piece.bytes : at, piece.decoded);
        ret += piece.decoded;
        at += piece.raw;
    }
}

int cvg_json_string_same(const struct cvg_json_string *a, const struct cvg_json_string *b)
{
    if (a->decoded_length != b->decoded_length) {
        return 0;
    }
    if (a->length == a->decoded_length && b->length == b->decoded_length) {
        return memcmp(a->raw, b->raw, a->length) == 0;
    }
    /* Both are cut into pieces that never line up: compare what the two pieces at hand share. */
    const char *at[2] = {a->raw, b->raw};
    const char *end[2] = {a->raw + a->length, b->raw + b->length};
    struct piece piece[2] = {{0, 0, {0}}, {0, 0, {0}}};
    size_t used[2] = {0, 0};
    for (size_t left = a->decoded_length; left > 0;) {
        const char *bytes[2];
        size_t shared = left;
        for (int i = 0; i < 2; i++) {
            if (used[i] == piece[i].decoded) {
                at[i] += piece[i].raw;
                piece[i] = next_piece(at[i], end[i]);
                used[i] = 0;
            }
            bytes[i] = (*at[i] == '\\' ? piece[i].bytes : at[i]) + used[i];
            if (shared > piece[i].decoded - used[i]) {
                shared = piece[i].decoded - used[i];
            }
        }
        if (memcmp(bytes[0], bytes[1], shared) != 0) {
            return 0;
        }
        used[0] += shared;
        used[1] += shared;
        left -= shared;
    }
    return 1;
}
