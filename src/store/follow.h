/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following the chain of a database from its last checkpoint to its end, a few hundred rows at a
 * time, so that the database's log is never held for long. Rows may be added and pruned meanwhile.
 * Inside of this layer; any thread, it blocks for the disk.
 */
#ifndef CVG_STORE_FOLLOW_H
#define CVG_STORE_FOLLOW_H

#include "store/engine.h"

struct cvg_follow {
    /* Set by whoever calls; the rest is zero. */
    const struct cvg_engine_kind *kind;
    struct cvg_engine *engine;
    const unsigned char *public_key; /* of the checkpoints; NULL: nobody knows it */
    const _Atomic bool *stop;        /* ends it early, as a success; may be NULL */
    /* Each point that was found good: checkpoints (again where more came meanwhile), then rows. */
    void (*see)(void *ctx, const struct cvg_chain_point *point);
    void *ctx;

    /* What was found until it ended. */
    struct cvg_chain_point point; /* the last good one */
    uint64_t first, rows;         /* number of the first row, 0: none; how many were read */
    uint64_t checkpoints, pruned_up_to;
};

/* Fails with CVG_STORE_TAMPERED where rows or checkpoints are not what they must be (the error says
 * which), else with what the engine says. */
CVG_NODISCARD int cvg_follow_chain(struct cvg_follow *follow, enum cvg_store_fault *ret_fault,
                                   struct cvg_error *reterr);

#endif
