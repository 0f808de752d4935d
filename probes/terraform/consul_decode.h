/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Terraform keeps in Consul (hashicorp/terraform internal/backend/remote-state/consul/client.go):
 * the state under its key, as it is or as one gzip file; where that is too large for one value, the key
 * holds a pointer to chunks instead, which are joined, unpacked, and must have the MD5 that the pointer
 * names. Pure; any thread.
 */
#ifndef CVG_TF_CONSUL_DECODE_H
#define CVG_TF_CONSUL_DECODE_H

#include <convergate/module.h>

#define CVG_TF_CONSUL_CHUNKS 4096 /* of 512 KiB: far beyond any document's limit */

/* An answer of /v1/kv/KEY. */
struct cvg_tf_consul_pair {
    char modify_index[24]; /* decimal */
    char session[64];      /* who holds the key as a lock; "" nobody */
    char *value;           /* never NULL; a NUL behind */
    size_t length;
};

/* 0, and the value is the caller's to free; -1: it is no such answer. */
int cvg_tf_consul_pair_read(const char *bytes, size_t length, struct cvg_tf_consul_pair *ret);

struct cvg_tf_consul_pointer {
    char hash[33]; /* MD5 of the document, hexadecimal */
    size_t count;  /* of chunks: KEY/tfstate.HASH/0 and so on */
};

enum cvg_tf_consul_value {
    CVG_TF_CONSUL_DOCUMENT = 0, /* the value is the document, or its gzip file */
    CVG_TF_CONSUL_POINTER,
    CVG_TF_CONSUL_BAD_POINTER, /* to other keys than the writer makes, or too many */
};

/* key: without slashes at its end. ret: of a POINTER. */
enum cvg_tf_consul_value cvg_tf_consul_value_read(const char *value, size_t length, const char *key,
                                                  struct cvg_tf_consul_pointer *ret);

enum cvg_tf_consul_result {
    CVG_TF_CONSUL_DONE = 0,
    CVG_TF_CONSUL_BAD_GZIP,
    CVG_TF_CONSUL_TOO_LARGE,
    CVG_TF_CONSUL_OTHER_DIGEST, /* not what the pointer names: bytes are there all the same */
};

/* From what was stored to the document; takes *bytes over, and hands it back, or what was unpacked, to
 * free. It is gone, and *bytes NULL, with BAD_GZIP and TOO_LARGE. hash: NULL where none is named. */
enum cvg_tf_consul_result cvg_tf_consul_unpack(const struct cvg_host *host, char **bytes,
                                               size_t *length, size_t limit, const char *hash);

#endif
