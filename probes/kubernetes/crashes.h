/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crash loops between two crashes. A container that is started again runs for a while, and is even
 * ready where nothing looks at it closely, until it crashes again: its waiting reason alone would
 * open a gate in between. So the ends of its latest runs are kept from one version of the pod to
 * the next, and one that ended three times within ten minutes counts as crash-looping until it has
 * run for ten.
 *
 * An end that was not seen is taken to be as early as it can have been, so that nothing is called a
 * crash loop that may be none. The source's thread; cvg_kube_crashes_take any.
 */
#ifndef CVG_KUBE_CRASHES_H
#define CVG_KUBE_CRASHES_H

#include "object.h"

/* Of the container that was started again most often: init containers that have done their work are
 * left out. What it fills is dropped and moved with the pod's facts. */
void cvg_kube_crashes_take(struct cvg_kube_pool *pool, const struct cvg_kube_view *view,
                           struct cvg_kube_crashes *ret);
/* A newer version of the same pod: what was seen before stays known. Both of one pool. */
void cvg_kube_crashes_follow(struct cvg_kube_crashes *crashes,
                             const struct cvg_kube_crashes *before);
/* Until when (wall) it counts as crash-looping; 0: it does not. */
int64_t cvg_kube_crashes_until(const struct cvg_kube_crashes *crashes);

#endif
