/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait before the next try, as client-go does it: 800 ms, doubled each time up to
 * 30 s, and up to as much again by chance, so that many that failed together do not come back
 * together. Two minutes without a failure begin anew. Pure: time and chance are arguments.
 */
#ifndef CVG_KUBE_BACKOFF_H
#define CVG_KUBE_BACKOFF_H

#include <stdint.h>

#define CVG_KUBE_BACKOFF_FIRST  INT64_C(800000000)
#define CVG_KUBE_BACKOFF_MOST   INT64_C(30000000000)
#define CVG_KUBE_BACKOFF_HEALTH INT64_C(120000000000)

/* Zeroed: nothing has failed yet. */
struct cvg_kube_backoff {
    int64_t base;  /* of the wait that comes next, without chance; 0: the first */
    int64_t until; /* when the latest wait was over */
};

/* now: host->now(). Nanoseconds from now, at least CVG_KUBE_BACKOFF_FIRST. */
int64_t cvg_kube_backoff_next(struct cvg_kube_backoff *backoff, int64_t now, uint64_t chance);
/* Between least and twice as long. */
int64_t cvg_kube_backoff_spread(int64_t least, uint64_t chance);

#endif
