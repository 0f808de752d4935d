/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 and what people are shown of it; see printable.h. */
#include "kit/printable.h"

#include <string.h>

size_t cvg_kit_character(const unsigned char *bytes, size_t length, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = bytes[0];
    if (first < 0x80) {
        *ret = first;
        return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
        return 0;
    }
    size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size > length) {
        return 0;
    }
    uint32_t code = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0u) != 0x80u) {
            return 0;
        }
        code = code << 6 | (bytes[i] & 0x3Fu);
    }
    if (code < least[size] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
        return 0;
    }
    *ret = code;
    return size;
}

/* Nearly all texts are ASCII, and most are short. */
static int is_ascii(const char *text, size_t length)
{
    uint64_t eight = 0, seen = 0;
    if (length < sizeof(eight)) {
        for (size_t i = 0; i < length; i++) {
            seen |= (unsigned char)text[i];
        }
        return seen < 0x80;
    }
    for (size_t at = 0; at + sizeof(eight) < length; at += sizeof(eight)) {
        memcpy(&eight, text + at, sizeof(eight));
        seen |= eight;
    }
    memcpy(&eight, text + length - sizeof(eight), sizeof(eight));
    return ((seen | eight) & UINT64_C(0x8080808080808080)) == 0;
}

int cvg_kit_is_utf8(const char *text)
{
    size_t length = strlen(text);
    if (is_ascii(text, length)) {
        return 1;
    }
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + length;
    while (at < end) {
        uint32_t code = 0;
        size_t size = cvg_kit_character(at, (size_t)(end - at), &code);
        if (size == 0) {
            return 0;
        }
        at += size;
    }
    return 1;
}

int cvg_kit_is_shown(uint32_t c)
{
    return c >= 0x20 && !(c >= 0x7F && c < 0xA0) && c != 0x61C && !(c >= 0x200B && c <= 0x200F) &&
           !(c >= 0x2028 && c <= 0x202E) && !(c >= 0x2060 && c <= 0x206F) && c != 0xFEFF;
}

static int is_blank(unsigned char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Leaves room for the dots, over whole characters. */
static void cut(char *ret, size_t size, size_t length)
{
    size_t at = length > size - 4 ? size - 4 : length;
    while (at > 0 && at < length && ((unsigned char)ret[at] & 0xC0u) == 0x80u) {
        at--;
    }
    memcpy(ret + at, "...", 4);
}

void cvg_kit_printable(char *ret, size_t size, const char *bytes, size_t length)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + length;
    size_t used = 0;
    while (at < end) {
        uint32_t code = 0;
        size_t count = cvg_kit_character(at, (size_t)(end - at), &code);
        const char *shown = (const char *)at;
        size_t wide = count;
        if (is_blank(*at)) {
            while (at + count < end && is_blank(at[count])) {
                count++;
            }
            shown = " ";
            /* None at either end. */
            wide = used == 0 || at + count == end ? 0 : 1;
        } else if (count == 0 || !cvg_kit_is_shown(code)) {
            count = count == 0 ? 1 : count;
            shown = "?";
            wide = 1;
        }
        if (wide > size - 1 - used) {
            cut(ret, size, used);
            return;
        }
        memcpy(ret + used, shown, wide);
        used += wide;
        at += count;
    }
    ret[used] = '\0';
}
