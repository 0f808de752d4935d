/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row that a command adds to the chain of a store that no daemon has open: a seal, a restore.
 * Any thread; whoever calls holds the store's lock.
 */
#ifndef CVG_STORE_ACT_H
#define CVG_STORE_ACT_H

#include "store/engine.h"

struct cvg_act {
    const char *file;
    const struct cvg_engine_kind *engine; /* NULL: cvg_engine_sqlite */
    const char *action, *actor, *target;  /* never NULL */
    const char *body;                     /* JSON */
};

/* Adds the row after the last one that is there, and makes it the head, signed with FILE.key,
 * which is made where it is not there. The chain is not looked at. After a failure the row may
 * be there without being the head. */
CVG_NODISCARD int cvg_act_add(const struct cvg_act *act, struct cvg_chain_point *ret,
                              struct cvg_error *reterr);

#endif
