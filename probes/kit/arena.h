/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one object while it is decoded: bump allocation with a ceiling, reset for the next
 * object. What is over the ceiling fails that object (TooLarge) and nothing else. One user at a
 * time: a decoding on a worker thread brings an arena of its own.
 */
#ifndef CVG_KIT_ARENA_H
#define CVG_KIT_ARENA_H

#include <stddef.h>

struct cvg_kit_arena;

/* Ends the process where there is no memory. The first bytes are taken with the first use. */
struct cvg_kit_arena *cvg_kit_arena_new(size_t ceiling);
void cvg_kit_arena_free(struct cvg_kit_arena *arena); /* takes NULL */
/* Everything that came from it is zero: before the end of one that had secrets in it. */
void cvg_kit_arena_wipe(struct cvg_kit_arena *arena);
/* Everything that came from it is gone. Keeps a small first block, gives back the rest. */
void cvg_kit_arena_reset(struct cvg_kit_arena *arena);
/* Zeroed, aligned for any type; NULL over the ceiling. */
void *cvg_kit_arena_alloc(struct cvg_kit_arena *arena, size_t size);
void *cvg_kit_arena_array(struct cvg_kit_arena *arena, size_t count, size_t size);
/* The same with whatever stood there before, for who writes all of it. */
void *cvg_kit_arena_raw(struct cvg_kit_arena *arena, size_t size);
/* A copy that ends with a NUL. */
char *cvg_kit_arena_text(struct cvg_kit_arena *arena, const char *bytes, size_t length);
/* An allocation failed since the reset. */
int cvg_kit_arena_is_full(const struct cvg_kit_arena *arena);

#endif
