/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arenas: chunks from the allocator, cut from front to back, freed together. Chunks double from
 * 4 KiB to 256 KiB; what is bigger than a quarter of the next one gets a chunk of its own, behind
 * the current one, so that one big text does not waste the rest of a half-empty chunk.
 */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_FIRST ((size_t)4 << 10)
#define CHUNK_MOST  ((size_t)256 << 10)

struct chunk {
    struct chunk *next;
    size_t size, used;
    max_align_t data[]; /* aligned for any type */
};

struct cvg_arena {
    struct chunk *chunks; /* the first one is cut from */
    size_t next_size, used;
};

struct cvg_arena *cvg_arena_new(void)
{
    struct cvg_arena *arena = CVG_NEW(struct cvg_arena);
    arena->next_size = CHUNK_FIRST;
    return arena;
}

void cvg_arena_free(struct cvg_arena *arena)
{
    if (!arena) {
        return;
    }
    struct chunk *chunk = arena->chunks;
    while (chunk) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = cvg_alloc(sizeof *chunk + size);
    chunk->size = size;
    return chunk;
}

static struct chunk *chunk_for(struct cvg_arena *arena, size_t size)
{
    struct chunk *first = arena->chunks;
    if (first && first->size - first->used >= size) {
        return first;
    }
    if (size > arena->next_size / 4) {
        struct chunk *own = chunk_new(size);
        if (first) {
            own->next = first->next;
            first->next = own;
        } else {
            arena->chunks = own;
        }
        return own;
    }
    struct chunk *fresh = chunk_new(arena->next_size);
    arena->next_size = CVG_MIN(arena->next_size * 2, CHUNK_MOST);
    fresh->next = first;
    arena->chunks = fresh;
    return fresh;
}

void cvg_arena_done(struct cvg_arena **arena)
{
    cvg_arena_free(*arena);
    *arena = NULL;
}

void *cvg_arena_alloc(struct cvg_arena *arena, size_t size)
{
    /* Too big to round up: let the allocator refuse it, which ends the process. */
    size_t unit = _Alignof(max_align_t);
    size_t rounded =
        size > SIZE_MAX / 2 ? SIZE_MAX / 2 : (CVG_MAX(size, 1) + unit - 1) & ~(unit - 1);
    struct chunk *chunk = chunk_for(arena, rounded);
    void *memory = (char *)chunk->data + chunk->used;
    chunk->used += rounded;
    arena->used += rounded;
    return memory;
}

char *cvg_arena_strdup(struct cvg_arena *arena, const char *text)
{
    return text ? cvg_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *cvg_arena_strndup(struct cvg_arena *arena, const char *text, size_t length)
{
    char *copy = cvg_arena_alloc(arena, length < SIZE_MAX ? length + 1 : SIZE_MAX);
    if (length) {
        memcpy(copy, text, length);
    }
    return copy;
}

char *cvg_arena_format(struct cvg_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    size_t size = length < 0 ? 1 : (size_t)length + 1;
    char *text = cvg_arena_alloc(arena, size);
    if (length > 0) {
        (void)vsnprintf(text, size, format, again);
    }
    va_end(again);
    return text;
}

size_t cvg_arena_used(const struct cvg_arena *arena)
{
    return arena->used;
}
