/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory. A failed allocation ends the process with a line on stderr: a gate that is down is
 * closed, and systemd restarts it. In return every input is bounded before it is stored.
 * All memory of the daemon comes from here; nothing returns NULL.
 */
#ifndef CVG_BASE_ALLOC_H
#define CVG_BASE_ALLOC_H

#include "base/macros.h"

#include <stdlib.h>

/* Zeroed. count * size is checked for overflow. */
void *cvg_alloc(size_t size);
void *cvg_alloc_array(size_t count, size_t size);
void *cvg_realloc_array(void *memory, size_t count, size_t size);
char *cvg_strdup(const char *text); /* NULL stays NULL */
char *cvg_strndup(const char *text, size_t length);
char *cvg_format(const char *format, ...) CVG_PRINTF(1, 2);

#define CVG_NEW(type) ((type *)cvg_alloc(sizeof(type)))

/* For CVG_CLEANUP: frees what the pointer points to. */
void cvg_free_pointer(void *pointer_to_pointer);
/* Overwrites before freeing, in a way that the compiler keeps. */
void cvg_free_secret(char *text);

/* Makes room for one more element in a growing array (doubling). */
#define CVG_GROW(array, count, capacity)                                                           \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity)*2 : 8;                                            \
            (array) = cvg_realloc_array((array), (capacity), sizeof(*(array)));                    \
        }                                                                                          \
    } while (0)

/* An arena frees wholesale what ends together: a configuration, a snapshot, a run.
 * One owner, no locks. Allocations are zeroed and aligned for any type. */
struct cvg_arena;
struct cvg_arena *cvg_arena_new(void);
void cvg_arena_free(struct cvg_arena *arena); /* takes NULL */
/* For CVG_CLEANUP. */
void cvg_arena_done(struct cvg_arena **arena);
void *cvg_arena_alloc(struct cvg_arena *arena, size_t size);
char *cvg_arena_strdup(struct cvg_arena *arena, const char *text); /* NULL stays NULL */
char *cvg_arena_strndup(struct cvg_arena *arena, const char *text, size_t length);
char *cvg_arena_format(struct cvg_arena *arena, const char *format, ...) CVG_PRINTF(2, 3);
size_t cvg_arena_used(const struct cvg_arena *arena);

#endif
