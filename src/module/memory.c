/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of memory in a map; a piece is one block that is replaced as a whole. */
#include "module/memory.h"

#include "base/alloc.h"
#include "base/map.h"

#include <convergate/module.h>

#include <string.h>

struct piece {
    size_t length;
    unsigned char bytes[];
};

struct cvg_memory {
    struct cvg_map *pieces; /* struct piece, owned */
    bool unknown;
    void (*on_put)(void *ctx, const char *key, const void *bytes, size_t length);
    void *ctx;
};

struct cvg_memory *cvg_memory_new(void)
{
    struct cvg_memory *memory = CVG_NEW(struct cvg_memory);
    memory->pieces = cvg_map_new();
    return memory;
}

void cvg_memory_free(struct cvg_memory *memory)
{
    if (!memory) {
        return;
    }
    const char *key;
    void *piece;
    for (size_t at = 0; cvg_map_next(memory->pieces, &at, &key, &piece);) {
        free(piece);
    }
    cvg_map_free(memory->pieces);
    free(memory);
}

char *cvg_memory_key(const char *environment, const char *check, const char *module)
{
    return cvg_format("%s %s %s", environment, check, module);
}

int cvg_memory_restore(struct cvg_memory *memory, const char *key, const void *bytes, size_t length)
{
    if (length > CVG_MEMORY_LIMIT) {
        return -1;
    }
    if (length == 0) {
        free(cvg_map_remove(memory->pieces, key));
        return 0;
    }
    struct piece *piece = cvg_alloc(sizeof *piece + length);
    piece->length = length;
    memcpy(piece->bytes, bytes, length);
    /* The old one goes last: bytes may point into it. */
    free(cvg_map_put(memory->pieces, key, piece));
    return 0;
}

static bool is_there(const struct piece *piece, const void *bytes, size_t length)
{
    return piece ? piece->length == length && memcmp(piece->bytes, bytes, length) == 0
                 : length == 0;
}

int cvg_memory_put(struct cvg_memory *memory, const char *key, const void *bytes, size_t length)
{
    if (memory->unknown || length > CVG_MEMORY_LIMIT) {
        return -1;
    }
    if (is_there(cvg_map_get(memory->pieces, key), bytes, length)) {
        return 0;
    }
    cvg_memory_restore(memory, key, bytes, length);
    if (memory->on_put) {
        const struct piece *piece = cvg_map_get(memory->pieces, key);
        memory->on_put(memory->ctx, key, piece ? piece->bytes : NULL, length);
    }
    return 0;
}

size_t cvg_memory_get(const struct cvg_memory *memory, const char *key, const void **ret_bytes)
{
    const struct piece *piece = memory->unknown ? NULL : cvg_map_get(memory->pieces, key);
    *ret_bytes = piece ? piece->bytes : NULL;
    return piece ? piece->length : 0;
}

bool cvg_memory_next(const struct cvg_memory *memory, size_t *at, const char **ret_key)
{
    void *piece;
    return cvg_map_next(memory->pieces, at, ret_key, &piece);
}

void cvg_memory_set_known(struct cvg_memory *memory, bool known)
{
    memory->unknown = !known;
}

bool cvg_memory_is_known(const struct cvg_memory *memory)
{
    return !memory->unknown;
}

void cvg_memory_on_put(struct cvg_memory *memory,
                       void (*fn)(void *ctx, const char *key, const void *bytes, size_t length),
                       void *ctx)
{
    memory->on_put = fn;
    memory->ctx = ctx;
}
