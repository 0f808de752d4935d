/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protobuf's wire format, walked in place: what stands around the objects (envelope, list, watch
 * event), so that nothing is copied before one object is unpacked by itself.
 *
 *   body    "k8s\0" and one Unknown: 1 what it is (1 apiVersion, 2 kind), 2 the object's message
 *   list    1 ListMeta, 2 an item, bare, and again
 *   frame   4 bytes length (big-endian) and a WatchEvent: 1 type, 2 (1: a body)
 *
 * Nothing is owned: all of it points into the bytes.
 */
#ifndef CVG_KUBE_WIRE_H
#define CVG_KUBE_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct cvg_kube_bytes {
    const uint8_t *at;
    size_t length;
};

struct cvg_kube_wire {
    const uint8_t *at, *end;
};

enum cvg_kube_wire_type {
    CVG_KUBE_VARINT = 0,
    CVG_KUBE_FIXED64 = 1,
    CVG_KUBE_BYTES = 2,
    CVG_KUBE_FIXED32 = 5,
};

struct cvg_kube_wire_field {
    uint32_t number, type;
    uint64_t value;              /* of a CVG_KUBE_VARINT */
    struct cvg_kube_bytes bytes; /* of a CVG_KUBE_BYTES */
};

void cvg_kube_wire_begin(struct cvg_kube_wire *wire, struct cvg_kube_bytes bytes);
/* 1: there is a field; 0: the message ends; -1: it is none. */
int cvg_kube_wire_next(struct cvg_kube_wire *wire, struct cvg_kube_wire_field *ret);
int cvg_kube_bytes_are(struct cvg_kube_bytes bytes, const char *text);

/* The last field of that number and type in a message. 1: there is one; 0: none; -1: the message is
 * damaged. */
int cvg_kube_wire_find(struct cvg_kube_bytes message, uint32_t number, uint32_t type,
                       struct cvg_kube_wire_field *ret);

struct cvg_kube_envelope {
    struct cvg_kube_bytes api_version, kind, raw;
};

/* NULL, or what is wrong with it. */
const char *cvg_kube_envelope_open(struct cvg_kube_bytes body, struct cvg_kube_envelope *ret);

/* The type and the body of a watch event. NULL, or what is wrong with it. */
const char *cvg_kube_frame_open(struct cvg_kube_bytes frame, struct cvg_kube_bytes *ret_type,
                                struct cvg_kube_bytes *ret_body);

#endif
