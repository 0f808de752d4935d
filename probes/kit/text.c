/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded text for people; see text.h. */
#include "kit/text.h"

#include "kit/printable.h"

#include <convergate/number.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cvg_kit_text_init(struct cvg_kit_text *text, char *data, size_t size)
{
    *text = (struct cvg_kit_text){.data = data, .size = size};
    data[0] = '\0';
}

/* Ends the text here with "...", over whole characters. */
static void cut(struct cvg_kit_text *text)
{
    size_t at = text->length;
    if (at > text->size - 4) {
        at = text->size - 4;
        while (at > 0 && ((unsigned char)text->data[at] & 0xC0u) == 0x80u) {
            at--;
        }
    }
    memcpy(text->data + at, "...", 4);
    text->length = at + 3;
    text->cut = 1;
}

/* One character, whole or not at all. */
static void add(struct cvg_kit_text *text, const char *bytes, size_t length)
{
    if (text->cut) {
        return;
    }
    if (length >= text->size - text->length) {
        cut(text);
        return;
    }
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

/* How many bytes from here on are plain printable ASCII. */
static size_t plain(const unsigned char *bytes, size_t length)
{
    size_t count = 0;
    while (count < length && bytes[count] >= 0x20 && bytes[count] < 0x7F) {
        count++;
    }
    return count;
}

/* One character or stray byte, made printable. Returns how many bytes it was. */
static size_t add_one(struct cvg_kit_text *text, const unsigned char *bytes, size_t length)
{
    uint32_t character = 0;
    size_t size = cvg_kit_character(bytes, length, &character);
    if (size == 1 && (character == '\n' || character == '\r' || character == '\t')) {
        add(text, " ", 1);
    } else if (size == 0 || !cvg_kit_is_shown(character)) {
        add(text, "?", 1);
    } else {
        add(text, (const char *)bytes, size);
    }
    return size ? size : 1;
}

void cvg_kit_text_evidence(struct cvg_kit_text *text, const char *bytes, size_t length,
                           size_t limit)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t used = 0;
    while (used < length && used < limit && !text->cut) {
        /* Most of it is plain, and goes in at once where there is room. */
        size_t count = plain(at + used, (length < limit ? length : limit) - used);
        if (count > 0 && count < text->size - text->length) {
            add(text, bytes + used, count);
            used += count;
        } else {
            used += add_one(text, at + used, length - used);
        }
    }
    if (used < length) {
        add(text, "...", 3);
    }
}

void cvg_kit_text_add(struct cvg_kit_text *text, const char *words)
{
    size_t length = strlen(words);
    if (length < text->size - text->length) {
        add(text, words, length);
    } else {
        cvg_kit_text_evidence(text, words, length, length);
    }
}

void cvg_kit_text_format(struct cvg_kit_text *text, const char *format, ...)
{
    char words[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    if (length > 0) {
        cvg_kit_text_add(text, words);
    }
}

void cvg_kit_text_number(struct cvg_kit_text *text, double value)
{
    /* Nine digits leave out what is only rounding (0.19999999999999998) and still tell values
     * apart that a threshold tells apart; the fact `value` has them all. */
    char words[CVG_NUMBER_TEXT];
    cvg_format_rounded(value, 9, words, sizeof(words));
    cvg_kit_text_add(text, words);
}
