/* SPDX-License-Identifier: Apache-2.0 */
/* References to snapshots: the last one, on whichever thread, frees all that it holds. */
#include "decide/snapshot.h"

#include "base/text.h"
#include "decide/assemble.h"

#include <stdatomic.h>

struct cvg_snapshot *cvg_snapshot_ref(struct cvg_snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void cvg_snapshot_unref(struct cvg_snapshot *snapshot)
{
    if (!snapshot ||
        atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        void *attachment = atomic_load(&snapshot->gates[i].attachment);
        if (attachment && snapshot->attachment_free) {
            snapshot->attachment_free(attachment);
        }
    }
    for (size_t i = 0; i < snapshot->readiness.check_count; i++) {
        cvg_reading_unref(snapshot->readiness.checks[i].reading);
    }
    cvg_assembly_unref(snapshot->assembly);
    cvg_arena_free(snapshot->arena); /* the snapshot itself lives in it */
}

struct cvg_snapshot_gate *cvg_snapshot_gate(const struct cvg_snapshot *snapshot, const char *name)
{
    if (!name || !*name) {
        return snapshot->gate_count ? &snapshot->gates[0] : NULL;
    }
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        if (cvg_text_equal(snapshot->gates[i].policy->name, name)) {
            return &snapshot->gates[i];
        }
    }
    return NULL;
}
