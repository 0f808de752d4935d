/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void encode_done(struct encoded *encoded)
{
    free(encoded->bytes);
    *encoded = (struct encoded){0};
}

void encode_raw(struct encoded *encoded, const void *bytes, size_t length)
{
    if (encoded->size - encoded->length < length) {
        encoded->size = (encoded->size + length) * 2;
        encoded->bytes = realloc(encoded->bytes, encoded->size);
        assert_non_null(encoded->bytes);
    }
    if (length > 0) {
        memcpy(encoded->bytes + encoded->length, bytes, length);
        encoded->length += length;
    }
}

static void varint(struct encoded *encoded, uint64_t value)
{
    unsigned char bytes[10];
    size_t length = 0;
    do {
        bytes[length++] = (unsigned char)((value & 0x7Fu) | (value > 0x7F ? 0x80u : 0));
        value >>= 7;
    } while (value != 0);
    encode_raw(encoded, bytes, length);
}

void encode_number(struct encoded *encoded, uint32_t field, int64_t value)
{
    varint(encoded, (uint64_t)field << 3);
    varint(encoded, (uint64_t)value);
}

void encode_bytes(struct encoded *encoded, uint32_t field, const void *bytes, size_t length)
{
    varint(encoded, (uint64_t)field << 3 | 2u);
    varint(encoded, length);
    encode_raw(encoded, bytes, length);
}

void encode_text(struct encoded *encoded, uint32_t field, const char *text)
{
    encode_bytes(encoded, field, text, strlen(text));
}

void encode_message(struct encoded *encoded, uint32_t field, struct encoded *inner)
{
    encode_bytes(encoded, field, inner->bytes, inner->length);
    encode_done(inner);
}

struct encoded encode_meta(const char *name, size_t filling)
{
    struct encoded meta = {0};
    encode_text(&meta, 1, name);
    encode_text(&meta, 6, "17");
    if (filling > 0) {
        struct encoded label = {0};
        char *text = malloc(filling);
        assert_non_null(text);
        memset(text, 'x', filling);
        encode_text(&label, 1, "size");
        encode_bytes(&label, 2, text, filling);
        encode_message(&meta, 11, &label);
        free(text);
    }
    return meta;
}

struct encoded encode_body(const char *kind, struct encoded *message)
{
    struct encoded type = {0}, body = {0};
    encode_raw(&body, "k8s", 4);
    encode_text(&type, 1, "v1");
    encode_text(&type, 2, kind);
    encode_message(&body, 1, &type);
    encode_message(&body, 2, message);
    encode_text(&body, 3, "");
    encode_text(&body, 4, "");
    return body;
}

struct encoded encode_frame(const char *type, struct encoded *body)
{
    struct encoded event = {0}, object = {0}, frame = {0};
    encode_message(&object, 1, body);
    encode_text(&event, 1, type);
    encode_message(&event, 2, &object);
    const unsigned char head[] = {(unsigned char)(event.length >> 24),
                                  (unsigned char)(event.length >> 16),
                                  (unsigned char)(event.length >> 8), (unsigned char)event.length};
    encode_raw(&frame, head, sizeof(head));
    encode_raw(&frame, event.bytes, event.length);
    encode_done(&event);
    return frame;
}
