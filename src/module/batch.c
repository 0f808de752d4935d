/* SPDX-License-Identifier: Apache-2.0 */
/* An arena that counts who lives in it. */
#include "module/batch.h"

#define BATCH_CHECKS 16

struct cvg_batch {
    struct cvg_arena *arena;
    size_t references, joined;
};

static struct cvg_batch *batch_new(void)
{
    struct cvg_batch *batch = CVG_NEW(struct cvg_batch);
    batch->arena = cvg_arena_new();
    batch->references = 1;
    return batch;
}

struct cvg_batch *cvg_batch_join(struct cvg_batch **current)
{
    if (!*current || (*current)->joined == BATCH_CHECKS) {
        cvg_batch_leave(*current);
        *current = batch_new();
    }
    (*current)->joined++;
    (*current)->references++;
    return *current;
}

struct cvg_arena *cvg_batch_arena(struct cvg_batch *batch)
{
    return batch->arena;
}

void cvg_batch_leave(struct cvg_batch *batch)
{
    if (batch && --batch->references == 0) {
        cvg_arena_free(batch->arena);
        free(batch);
    }
}
