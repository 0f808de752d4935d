/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done when: a heap of times. Of two things due at one time the one that was added
 * first comes first, so that the order is the same in every run. Things are not taken out early:
 * whoever takes one asks whether it still holds. Pure.
 */
#ifndef CVG_RUNNER_DUE_H
#define CVG_RUNNER_DUE_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_due {
    int64_t at;
    uint64_t order; /* the heap's */
    uint32_t kind;  /* the caller's */
    void *subject;
};

struct cvg_due_heap {      /* zeroed: empty */
    struct cvg_due *items; /* owned */
    size_t count, capacity;
    uint64_t added;
};

void cvg_due_done(struct cvg_due_heap *heap);
void cvg_due_add(struct cvg_due_heap *heap, int64_t at, uint32_t kind, void *subject);
/* CVG_NEVER where there is none. */
int64_t cvg_due_first(const struct cvg_due_heap *heap);
/* Takes the first one where it is due by now. */
bool cvg_due_take(struct cvg_due_heap *heap, int64_t now, struct cvg_due *ret);

#endif
