/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the objects that are open, to find a key that stands twice. Keys are references
 * into the document, one stack of them for all open objects; an object forgets its own at its end.
 *
 * A few keys are compared by a fingerprint, one after the other. From KEYS_FEW on the object gets
 * a hash table under a secret key of this reader. Neither a fingerprint nor a hash decides: equal
 * ones make the real keys be compared, decoded, so that "a" and "\u0061" are the same.
 */
#ifndef CVG_SDK_JSON_KEYS_H
#define CVG_SDK_JSON_KEYS_H

#include "sdk/json_string.h"

#include <stdint.h>

struct cvg_json_keys {
    struct cvg_json_string *strings;
    uint32_t *prints; /* beside strings: fingerprint, or hash where there is a table */
    size_t count, capacity;
    uint64_t secret[2];
    int has_secret;
};

/* One open object. Its table's memory stays with the place in the stack of containers. */
struct cvg_json_object {
    size_t first;    /* of its keys in the stack */
    uint64_t seen;   /* a bit for each fingerprint's top six bits */
    uint32_t *slots; /* number within the object + 1; 0: free */
    size_t capacity; /* of slots */
    size_t mask;     /* 0: no table yet */
};

enum cvg_json_keys_result {
    CVG_JSON_KEYS_OK = 0,
    CVG_JSON_KEYS_DUPLICATE = -1,
    CVG_JSON_KEYS_MEMORY = -2,
};

void cvg_json_keys_free(struct cvg_json_keys *keys);
void cvg_json_object_free(struct cvg_json_object *object);
void cvg_json_keys_open(const struct cvg_json_keys *keys, struct cvg_json_object *object);
void cvg_json_keys_close(struct cvg_json_keys *keys, const struct cvg_json_object *object);
/* The object must be the innermost open one. `decoded` is the key's text (decoded_length bytes);
 * `readable` bytes may be read from there. */
enum cvg_json_keys_result cvg_json_keys_add(struct cvg_json_keys *keys,
                                            struct cvg_json_object *object,
                                            const struct cvg_json_string *string,
                                            const char *decoded, size_t readable);

#endif
