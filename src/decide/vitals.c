/* SPDX-License-Identifier: Apache-2.0 */
/* References to vitals, as to snapshots. */
#include "decide/vitals.h"

#include "config/config.h"

#include <stdatomic.h>

struct cvg_vitals *cvg_vitals_ref(struct cvg_vitals *vitals)
{
    atomic_fetch_add_explicit(&vitals->references, 1, memory_order_relaxed);
    return vitals;
}

void cvg_vitals_unref(struct cvg_vitals *vitals)
{
    if (!vitals || atomic_fetch_sub_explicit(&vitals->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    cvg_config_unref(vitals->config);
    cvg_arena_free(vitals->arena); /* the vitals themselves live in it */
}
