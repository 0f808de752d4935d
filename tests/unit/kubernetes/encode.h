/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf by hand, as a server writes it or as none would: for what no recording has. */
#ifndef CVG_TEST_KUBE_ENCODE_H
#define CVG_TEST_KUBE_ENCODE_H

#include <stddef.h>
#include <stdint.h>

struct encoded {
    unsigned char *bytes; /* owned */
    size_t length, size;
};

void encode_done(struct encoded *encoded);
void encode_raw(struct encoded *encoded, const void *bytes, size_t length);
void encode_number(struct encoded *encoded, uint32_t field, int64_t value);
void encode_text(struct encoded *encoded, uint32_t field, const char *text);
void encode_bytes(struct encoded *encoded, uint32_t field, const void *bytes, size_t length);
/* Takes the inner message over, and ends it. */
void encode_message(struct encoded *encoded, uint32_t field, struct encoded *inner);
/* ObjectMeta with this name and version, and the label size=<filling bytes> where filling > 0. */
struct encoded encode_meta(const char *name, size_t filling);
/* "k8s\0" and an Unknown of that kind around the message, which it takes over. */
struct encoded encode_body(const char *kind, struct encoded *message);
/* A watch frame, with its length before it. */
struct encoded encode_frame(const char *type, struct encoded *body);

#endif
