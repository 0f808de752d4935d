/* SPDX-License-Identifier: Apache-2.0 */
/* References, as to snapshots. */
#include "decide/reload_status.h"

#include <stdatomic.h>

struct cvg_reload_status *cvg_reload_status_new(void)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_reload_status *status = cvg_arena_alloc(arena, sizeof(*status));

    atomic_init(&status->references, 1);
    status->arena = arena;
    return status;
}

struct cvg_reload_status *cvg_reload_status_ref(struct cvg_reload_status *status)
{
    atomic_fetch_add_explicit(&status->references, 1, memory_order_relaxed);
    return status;
}

void cvg_reload_status_unref(struct cvg_reload_status *status)
{
    if (status && atomic_fetch_sub_explicit(&status->references, 1, memory_order_acq_rel) == 1) {
        cvg_arena_free(status->arena); /* the status itself lives in it */
    }
}
