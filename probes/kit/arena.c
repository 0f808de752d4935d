/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in a chain, each twice as large as the one before, so that a big object costs few of
 * them and a small one only the first, which outlives a reset.
 */
#include "kit/arena.h"

#include "kit/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST ((size_t)64 << 10)
#define BLOCK_MOST  ((size_t)4 << 20)

struct block {
    struct block *before;
    size_t size; /* of data */
    alignas(max_align_t) unsigned char data[];
};

struct cvg_kit_arena {
    struct block *block;     /* the newest; owned */
    unsigned char *at, *end; /* what is free of it; nothing once the arena is full */
    size_t taken;            /* data of all blocks */
    size_t ceiling;
    int full;
};

struct cvg_kit_arena *cvg_kit_arena_new(size_t ceiling)
{
    struct cvg_kit_arena *arena = cvg_kit_alloc(sizeof(*arena));
    arena->ceiling = ceiling;
    return arena;
}

void cvg_kit_arena_free(struct cvg_kit_arena *arena)
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

void cvg_kit_arena_wipe(struct cvg_kit_arena *arena)
{
    for (struct block *block = arena->block; block != NULL; block = block->before) {
        explicit_bzero(block->data, block->size);
    }
}

static void use_block(struct cvg_kit_arena *arena)
{
    arena->at = arena->block == NULL ? NULL : arena->block->data;
    arena->end = arena->block == NULL ? NULL : arena->block->data + arena->block->size;
}

void cvg_kit_arena_reset(struct cvg_kit_arena *arena)
{
    while (arena->block != NULL && arena->block->before != NULL) {
        struct block *block = arena->block;
        arena->block = block->before;
        free(block);
    }
    use_block(arena);
    arena->taken = arena->block == NULL ? 0 : arena->block->size;
    arena->full = 0;
}

/* A block with room for size bytes, or -1 where the ceiling is in the way. */
static int grow(struct cvg_kit_arena *arena, size_t size)
{
    size_t wanted = arena->block == NULL ? BLOCK_FIRST : arena->block->size * 2;
    size_t left = arena->ceiling - arena->taken;
    if (size > left) {
        return -1;
    }
    wanted = wanted > BLOCK_MOST ? BLOCK_MOST : wanted;
    wanted = wanted > left ? left : wanted;
    wanted = wanted < size ? size : wanted;
    struct block *block = cvg_kit_resize(NULL, 1, sizeof(*block) + wanted);
    block->before = arena->block;
    block->size = wanted;
    arena->block = block;
    arena->taken += wanted;
    use_block(arena);
    return 0;
}

static void *take(struct cvg_kit_arena *arena, size_t size)
{
    void *memory = arena->at;
    arena->at += size;
    return memory;
}

/* Nothing comes out of it any more, not even what would fit. */
static void *fill_up(struct cvg_kit_arena *arena)
{
    arena->full = 1;
    arena->at = arena->end;
    return NULL;
}

void *cvg_kit_arena_raw(struct cvg_kit_arena *arena, size_t size)
{
    const size_t step = alignof(max_align_t);
    /* Nothing is not no memory: an empty array has an address too. */
    size_t rounded = (size + (size == 0) + step - 1) / step * step;
    if (rounded >= size && rounded <= (size_t)(arena->end - arena->at)) {
        return take(arena, rounded);
    }
    if (arena->full || rounded < size || grow(arena, rounded) < 0) {
        return fill_up(arena);
    }
    return take(arena, rounded);
}

void *cvg_kit_arena_alloc(struct cvg_kit_arena *arena, size_t size)
{
    void *memory = cvg_kit_arena_raw(arena, size);
    return memory == NULL ? NULL : memset(memory, 0, size);
}

void *cvg_kit_arena_array(struct cvg_kit_arena *arena, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        return fill_up(arena);
    }
    return cvg_kit_arena_alloc(arena, total);
}

char *cvg_kit_arena_text(struct cvg_kit_arena *arena, const char *bytes, size_t length)
{
    char *text = length < SIZE_MAX ? cvg_kit_arena_raw(arena, length + 1) : NULL;
    if (text == NULL) {
        return fill_up(arena);
    }
    if (length > 0) {
        memcpy(text, bytes, length);
    }
    text[length] = '\0';
    return text;
}

int cvg_kit_arena_is_full(const struct cvg_kit_arena *arena)
{
    return arena->full;
}
