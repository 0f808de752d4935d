/* SPDX-License-Identifier: Apache-2.0 */
/* Pure functions over text; any thread. Bytes from outside are never taken for characters of the
 * locale. */
#include "base/text.h"

#include <string.h>

#define NAME_MOST     63
#define DISTANCE_MOST 127

bool cvg_text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool cvg_text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool cvg_text_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool cvg_text_equal_nocase(const char *a, const char *b)
{
    if (!a || !b) {
        return a == b;
    }
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

/* How many bytes a character has that starts so; 0: none starts so. */
static size_t character_size(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    return first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* Longer than needed, a surrogate, or beyond Unicode: each would be a second spelling. */
static bool is_second_spelling(uint32_t character, size_t size)
{
    return (size == 3 && character < 0x800) || (size == 4 && character < 0x10000) ||
           character > 0x10ffff || (character >= 0xd800 && character < 0xe000);
}

size_t cvg_text_decode(const char *bytes, size_t length, uint32_t *ret_character)
{
    const unsigned char *at = (const unsigned char *)bytes;
    if (length == 0) {
        return 0;
    }
    size_t size = character_size(at[0]);
    if (size == 0 || size > length) {
        return 0;
    }
    uint32_t character = size == 1 ? at[0] : at[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        character = character << 6 | (at[i] & 0x3fU);
    }
    if (is_second_spelling(character, size)) {
        return 0;
    }
    *ret_character = character;
    return size;
}

bool cvg_text_is_utf8(const char *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t size = cvg_text_decode(bytes + at, length - at, &character);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

bool cvg_text_is_printable(uint32_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool separator = c == 0x2028 || c == 0x2029;
    bool direction = c == 0x200e || c == 0x200f || c == 0x61c || (c >= 0x202a && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069);
    return !control && !separator && !direction && c != 0xfeff;
}

bool cvg_text_is_name(const char *text)
{
    size_t length = text ? strnlen(text, NAME_MOST + 1) : 0;
    if (length == 0 || length > NAME_MOST) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!alnum && (i == 0 || (c != '-' && c != '_' && c != '.'))) {
            return false;
        }
    }
    return true;
}

void cvg_text_printable(const char *bytes, size_t length, char *ret, size_t size)
{
    static const char dots[] = "...";
    if (size == 0) {
        return;
    }
    size_t used = 0;
    size_t cut = 0; /* the last place from which the dots still fit */
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t step = cvg_text_decode(bytes + at, length - at, &character);
        bool good = step && cvg_text_is_printable(character);
        const char *from = good ? bytes + at : "?";
        size_t width = good ? step : 1;
        if (used + sizeof dots <= size) {
            cut = used;
        }
        if (used + width >= size) {
            size_t room = CVG_MIN(sizeof dots, size - cut);
            memcpy(ret + cut, dots, room);
            ret[cut + room - 1] = '\0';
            return;
        }
        memcpy(ret + used, from, width);
        used += width;
        at += step ? step : 1;
    }
    ret[used] = '\0';
}

uint64_t cvg_text_hash(const char *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static size_t least(size_t a, size_t b, size_t c)
{
    return CVG_MIN(CVG_MIN(a, b), c);
}

size_t cvg_text_distance(const char *a, const char *b, size_t limit)
{
    size_t m = strlen(a), n = strlen(b);
    size_t beyond = limit < SIZE_MAX ? limit + 1 : limit;
    if (m > DISTANCE_MOST || n > DISTANCE_MOST) {
        return strcmp(a, b) == 0 ? 0 : beyond;
    }
    /* Three rows of the table: a swap looks two rows back. */
    size_t rows[3][DISTANCE_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= n; j++) {
        last[j] = j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = CVG_MIN(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return CVG_MIN(last[n], beyond);
}
