/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The common part of every operation, embedded first in each kind's own struct. Only files of
 * this folder include it.
 *
 * Life: join, then any number of callbacks, then leave and the last callback; or cancel, which
 * leaves and never calls. Code that runs after a callback looks at op->scope: NULL means that the
 * owner cancelled meanwhile. So the memory has to outlast the callback.
 */
#ifndef CVG_IO_OP_H
#define CVG_IO_OP_H

#include "io/scope.h"

struct cvg_op_kind {
    const char *name;
    /* Stops it; no callback follows. Memory is freed here, or later when the library lets go. */
    void (*cancel)(struct cvg_op *op);
};

struct cvg_op {
    const struct cvg_op_kind *kind;
    struct cvg_scope *scope; /* NULL once it has left its scope */
    struct cvg_op *previous, *next;
};

void cvg_op_join(struct cvg_op *op, const struct cvg_op_kind *kind, struct cvg_scope *scope);
/* Takes it out of its scope: before its last callback, and in cancel. */
void cvg_op_leave(struct cvg_op *op);

/* Around each callback into the scope's owner: times it. The scope may be gone afterwards; where
 * it ends during the callback, the time until then is told at its end, while the owner lives. */
struct cvg_op_call {
    struct cvg_loop *loop;
    struct cvg_op_call *outer;
    const struct cvg_scope *scope;
    const struct cvg_scope_hooks *hooks; /* NULL: nobody to tell */
    void *owner;
    int64_t started;
};

void cvg_op_enter(struct cvg_op_call *call, const struct cvg_scope *scope);
void cvg_op_return(struct cvg_op_call *call);

#endif
