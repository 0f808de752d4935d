/* SPDX-License-Identifier: Apache-2.0 */
/* The wait that comes next is kept, not the one that was: so a zeroed struct has not failed. */
#include "backoff.h"

int64_t cvg_kube_backoff_spread(int64_t least, uint64_t chance)
{
    return least + (int64_t)(chance % ((uint64_t)least + 1));
}

int64_t cvg_kube_backoff_next(struct cvg_kube_backoff *backoff, int64_t now, uint64_t chance)
{
    if (backoff->base == 0 || now - backoff->until > CVG_KUBE_BACKOFF_HEALTH) {
        backoff->base = CVG_KUBE_BACKOFF_FIRST;
    }
    int64_t wait = cvg_kube_backoff_spread(backoff->base, chance);
    backoff->base =
        backoff->base > CVG_KUBE_BACKOFF_MOST / 2 ? CVG_KUBE_BACKOFF_MOST : backoff->base * 2;
    backoff->until = now + wait;
    return wait;
}
