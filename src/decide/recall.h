/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger after a start: filled from the store's newest decisions, so that a question which was
 * answered before makes no new row. Reading blocks for the disk.
 */
#ifndef CVG_DECIDE_RECALL_H
#define CVG_DECIDE_RECALL_H

#include "decide/ledger.h"
#include "store/store.h"

struct cvg_recall {
    struct cvg_store *store;
    struct cvg_recalled *rows; /* owned; newest first */
    size_t count, capacity;
    bool failed; /* not all could be read */
};

/* Any thread. */
void cvg_recall_read(struct cvg_recall *recall);
/* Deciding thread. */
void cvg_recall_apply(const struct cvg_recall *recall, struct cvg_ledger *ledger);
void cvg_recall_done(struct cvg_recall *recall);

#endif
