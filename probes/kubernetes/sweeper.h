/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sweeps what a list replaced out of a collection, some objects a turn, so that a list of very many
 * does not hold the loop up when it takes the place of the one before. The source's thread.
 */
#ifndef CVG_KUBE_SWEEPER_H
#define CVG_KUBE_SWEEPER_H

#include "collection.h"

#include <convergate/module.h>

struct cvg_kube_sweeper {
    const struct cvg_host *host;
    struct cvg_scope *scope;
    struct cvg_kube_collection *collection;
    struct cvg_op *turn; /* NULL: nothing is left */
};

/* Begins where there is something to be swept; at any time. */
void cvg_kube_sweeper_start(struct cvg_kube_sweeper *sweeper);
void cvg_kube_sweeper_stop(struct cvg_kube_sweeper *sweeper);

#endif
