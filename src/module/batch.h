/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for the settings that modules hold on to. A check lives as long as its keys stay the same,
 * which may be many configurations, so its settings cannot live in any of them; an arena for each
 * check would be mostly empty. Sixteen checks share one, and it ends with the last of them.
 * Deciding thread.
 */
#ifndef CVG_MODULE_BATCH_H
#define CVG_MODULE_BATCH_H

#include "base/alloc.h"

struct cvg_batch;

/* One reference is the caller's. *current (NULL: none yet) is the one that is being filled, and
 * replaced when it is full; it holds a reference too. */
struct cvg_batch *cvg_batch_join(struct cvg_batch **current);
struct cvg_arena *cvg_batch_arena(struct cvg_batch *batch);
void cvg_batch_leave(struct cvg_batch *batch); /* takes NULL */

#endif
