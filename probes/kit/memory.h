/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of modules. A failed allocation ends the process: a gate that is down is closed, one
 * that goes on without its evidence is not. Any thread.
 */
#ifndef CVG_KIT_MEMORY_H
#define CVG_KIT_MEMORY_H

#include <stddef.h>

/* Zeroed. free() it. */
void *cvg_kit_alloc(size_t size);
/* What is new in it is not zeroed. */
void *cvg_kit_resize(void *memory, size_t count, size_t size);
/* NULL gives NULL. */
char *cvg_kit_copy(const char *text);

#endif
