/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in a chain, each twice as large as the one before, so that a big object costs few of
 * them and a small one only the first, which outlives a reset.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST ((size_t)64 << 10)
#define BLOCK_MOST  ((size_t)4 << 20)

struct block {
    struct block *before;
    size_t size; /* of data */
    alignas(max_align_t) unsigned char data[];
};

struct cvg_kube_arena {
    struct block *block; /* the newest; owned */
    size_t used;         /* of it */
    size_t taken;        /* data of all blocks */
    size_t ceiling;
    int full;
};

static void *checked(void *memory)
{
    if (memory == NULL) {
        /* A gate that is down is closed; one that goes on without its evidence may not be. */
        (void)fputs("<2>kubernetes: out of memory\n", stderr);
        abort();
    }
    return memory;
}

struct cvg_kube_arena *cvg_kube_arena_new(size_t ceiling)
{
    struct cvg_kube_arena *arena = checked(calloc(1, sizeof(*arena)));
    arena->ceiling = ceiling;
    return arena;
}

void cvg_kube_arena_free(struct cvg_kube_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct block *block = arena->block, *before; block != NULL; block = before) {
        before = block->before;
        free(block);
    }
    free(arena);
}

void cvg_kube_arena_reset(struct cvg_kube_arena *arena)
{
    while (arena->block != NULL && arena->block->before != NULL) {
        struct block *block = arena->block;
        arena->block = block->before;
        free(block);
    }
    arena->taken = arena->block == NULL ? 0 : arena->block->size;
    arena->used = 0;
    arena->full = 0;
}

/* A block with room for size bytes, or -1 where the ceiling is in the way. */
static int grow(struct cvg_kube_arena *arena, size_t size)
{
    size_t wanted = arena->block == NULL ? BLOCK_FIRST : arena->block->size * 2;
    size_t left = arena->ceiling - arena->taken;
    if (size > left) {
        return -1;
    }
    wanted = wanted > BLOCK_MOST ? BLOCK_MOST : wanted;
    wanted = wanted > left ? left : wanted;
    wanted = wanted < size ? size : wanted;
    struct block *block = checked(malloc(sizeof(*block) + wanted));
    block->before = arena->block;
    block->size = wanted;
    arena->block = block;
    arena->used = 0;
    arena->taken += wanted;
    return 0;
}

void *cvg_kube_arena_raw(struct cvg_kube_arena *arena, size_t size)
{
    const size_t step = alignof(max_align_t);
    if (arena->full || size > arena->ceiling) {
        arena->full = 1;
        return NULL;
    }
    /* Nothing is not no memory: an empty array has an address too. */
    size = size == 0 ? step : (size + step - 1) / step * step;
    if (arena->block == NULL || arena->block->size - arena->used < size) {
        if (grow(arena, size) < 0) {
            arena->full = 1;
            return NULL;
        }
    }
    void *memory = arena->block->data + arena->used;
    arena->used += size;
    return memory;
}

void *cvg_kube_arena_alloc(struct cvg_kube_arena *arena, size_t size)
{
    void *memory = cvg_kube_arena_raw(arena, size);
    return memory == NULL ? NULL : memset(memory, 0, size);
}

void *cvg_kube_arena_array(struct cvg_kube_arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        arena->full = 1;
        return NULL;
    }
    return cvg_kube_arena_alloc(arena, total);
}

char *cvg_kube_arena_text(struct cvg_kube_arena *arena, const char *bytes, size_t length)
{
    char *text = length < SIZE_MAX ? cvg_kube_arena_raw(arena, length + 1) : NULL;
    if (text == NULL) {
        arena->full = 1;
        return NULL;
    }
    if (length > 0) {
        memcpy(text, bytes, length);
    }
    text[length] = '\0';
    return text;
}

int cvg_kube_arena_is_full(const struct cvg_kube_arena *arena)
{
    return arena->full;
}
