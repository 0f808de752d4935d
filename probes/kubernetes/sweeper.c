/* SPDX-License-Identifier: Apache-2.0 */
/* The first turn is the caller's: what a usual cluster has is swept in it. */
#include "sweeper.h"

#define MOST 5000 /* objects a turn, which is some 2 ms */

static void on_turn(void *arg, struct cvg_op *op)
{
    struct cvg_kube_sweeper *sweeper = arg;
    (void)op;
    sweeper->turn = NULL;
    cvg_kube_sweeper_start(sweeper);
}

void cvg_kube_sweeper_start(struct cvg_kube_sweeper *sweeper)
{
    if (!sweeper->turn && cvg_kube_collection_sweep(sweeper->collection, MOST)) {
        sweeper->turn = sweeper->host->timer(sweeper->scope, 0, on_turn, sweeper);
    }
}

void cvg_kube_sweeper_stop(struct cvg_kube_sweeper *sweeper)
{
    if (sweeper->turn) {
        sweeper->host->cancel(sweeper->turn);
        sweeper->turn = NULL;
    }
}
