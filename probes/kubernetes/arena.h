/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one object while it is decoded: bump allocation with a ceiling, reset for the next
 * object. What is over the ceiling fails that object (TooLarge) and nothing else.
 */
#ifndef CVG_KUBE_ARENA_H
#define CVG_KUBE_ARENA_H

#include <stddef.h>

struct cvg_kube_arena;

struct cvg_kube_arena *cvg_kube_arena_new(size_t ceiling);
void cvg_kube_arena_free(struct cvg_kube_arena *arena); /* takes NULL */
void cvg_kube_arena_reset(struct cvg_kube_arena *arena);
/* Zeroed, aligned for any type; NULL over the ceiling. */
void *cvg_kube_arena_alloc(struct cvg_kube_arena *arena, size_t size);
char *cvg_kube_arena_text(struct cvg_kube_arena *arena, const char *bytes, size_t length);
int cvg_kube_arena_is_full(
    const struct cvg_kube_arena *arena); /* an allocation failed since the reset */

#endif
