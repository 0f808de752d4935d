/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf's wire format and the API server's envelopes; see wire.h. */
#include "wire.h"

#include <string.h>

void cvg_kube_wire_begin(struct cvg_kube_wire *wire, struct cvg_kube_bytes bytes)
{
    wire->at = bytes.at;
    wire->end = bytes.at + bytes.length;
}

/* -1: it does not end, or is longer than 64 bits. */
static int read_long_varint(struct cvg_kube_wire *wire, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && wire->at < wire->end; shift += 7) {
        uint8_t byte = *wire->at++;
        value |= (uint64_t)(byte & 0x7Fu) << shift;
        if (byte < 0x80) {
            *ret = value;
            return shift == 63 && byte > 1 ? -1 : 0;
        }
    }
    return -1;
}

/* Nearly all tags and lengths are one byte. */
static inline int read_varint(struct cvg_kube_wire *wire, uint64_t *ret)
{
    if (wire->at < wire->end && *wire->at < 0x80) {
        *ret = *wire->at++;
        return 0;
    }
    return read_long_varint(wire, ret);
}

static int pass(struct cvg_kube_wire *wire, uint64_t length, struct cvg_kube_bytes *ret)
{
    if (length > (size_t)(wire->end - wire->at)) {
        return -1;
    }
    *ret = (struct cvg_kube_bytes){wire->at, (size_t)length};
    wire->at += length;
    return 1;
}

int cvg_kube_wire_next(struct cvg_kube_wire *wire, struct cvg_kube_wire_field *ret)
{
    uint64_t tag = 0, value = 0;
    if (wire->at == wire->end) {
        return 0;
    }
    if (read_varint(wire, &tag) < 0 || tag >> 3 == 0 || tag >> 3 > (UINT32_C(1) << 29) - 1) {
        return -1;
    }
    *ret =
        (struct cvg_kube_wire_field){.number = (uint32_t)(tag >> 3), .type = (uint32_t)(tag & 7u)};
    switch (ret->type) {
    case CVG_KUBE_VARINT:
        return read_varint(wire, &ret->value) < 0 ? -1 : 1;
    case CVG_KUBE_FIXED64:
        return pass(wire, 8, &ret->bytes);
    case CVG_KUBE_BYTES:
        return read_varint(wire, &value) < 0 ? -1 : pass(wire, value, &ret->bytes);
    case CVG_KUBE_FIXED32:
        return pass(wire, 4, &ret->bytes);
    default:
        return -1; /* groups: the API has none */
    }
}

int cvg_kube_bytes_are(struct cvg_kube_bytes bytes, const char *text)
{
    return bytes.length == strlen(text) &&
           (bytes.length == 0 || memcmp(bytes.at, text, bytes.length) == 0);
}

static int open_type(struct cvg_kube_bytes bytes, struct cvg_kube_envelope *ret)
{
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    int more = 0;
    cvg_kube_wire_begin(&wire, bytes);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.type == CVG_KUBE_BYTES && field.number == 1) {
            ret->api_version = field.bytes;
        } else if (field.type == CVG_KUBE_BYTES && field.number == 2) {
            ret->kind = field.bytes;
        }
    }
    return more;
}

const char *cvg_kube_envelope_open(struct cvg_kube_bytes body, struct cvg_kube_envelope *ret)
{
    static const char magic[] = {'k', '8', 's', '\0'};
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    int more = 0, has_raw = 0, encoded = 0;
    *ret = (struct cvg_kube_envelope){0};
    if (body.length < sizeof(magic) || memcmp(body.at, magic, sizeof(magic)) != 0) {
        return "it does not begin as protobuf of an API server does";
    }
    body.at += sizeof(magic);
    body.length -= sizeof(magic);
    cvg_kube_wire_begin(&wire, body);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.type != CVG_KUBE_BYTES) {
            continue;
        }
        if (field.number == 1 && open_type(field.bytes, ret) < 0) {
            more = -1;
            break;
        }
        if (field.number == 2) {
            ret->raw = field.bytes;
            has_raw = 1;
        } else if (field.number == 3) {
            encoded = field.bytes.length > 0;
        }
    }
    if (more < 0 || !has_raw) {
        return "its envelope is cut short or damaged";
    }
    return encoded ? "its content is encoded once more" : NULL;
}

int cvg_kube_wire_find(struct cvg_kube_bytes message, uint32_t number, uint32_t type,
                       struct cvg_kube_wire_field *ret)
{
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field;
    int more = 0, found = 0;
    cvg_kube_wire_begin(&wire, message);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.number == number && field.type == type) {
            *ret = field;
            found = 1;
        }
    }
    return more < 0 ? -1 : found;
}

const char *cvg_kube_frame_open(struct cvg_kube_bytes frame, struct cvg_kube_bytes *ret_type,
                                struct cvg_kube_bytes *ret_body)
{
    struct cvg_kube_wire wire;
    struct cvg_kube_wire_field field, object;
    int more = 0, has_body = 0;
    *ret_type = *ret_body = (struct cvg_kube_bytes){0};
    cvg_kube_wire_begin(&wire, frame);
    while ((more = cvg_kube_wire_next(&wire, &field)) > 0) {
        if (field.type != CVG_KUBE_BYTES) {
            continue;
        }
        if (field.number == 1) {
            *ret_type = field.bytes;
        } else if (field.number == 2) {
            if (cvg_kube_wire_find(field.bytes, 1, CVG_KUBE_BYTES, &object) <= 0) {
                more = -1;
                break;
            }
            *ret_body = object.bytes;
            has_body = 1;
        }
    }
    return more < 0 || !has_body ? "a watch frame is cut short or damaged" : NULL;
}
