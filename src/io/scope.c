/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes and the common part of operations: a doubly linked list, so that ending a scope is a
 * matter of cancelling its first until there is none, and an operation leaves in constant time.
 */
#include "io/scope.h"

#include "base/time.h"
#include "io/loop_inner.h"

void cvg_scope_init(struct cvg_scope *scope, struct cvg_loop *loop, struct cvg_lane *lane,
                    const struct cvg_scope_hooks *hooks, void *owner)
{
    *scope = (struct cvg_scope){.loop = loop, .lane = lane, .hooks = hooks, .owner = owner};
}

static void tell_time(struct cvg_op_call *call)
{
    const struct cvg_scope_hooks *hooks = call->hooks;
    call->hooks = NULL;
    if (hooks) {
        hooks->timed(call->owner, cvg_time_now() - call->started);
    }
}

void cvg_scope_end(struct cvg_scope *scope)
{
    scope->ended = true;
    while (scope->first) {
        cvg_op_cancel(scope->first);
    }
    for (struct cvg_op_call *call = scope->loop->calls; call; call = call->outer) {
        if (call->scope == scope) {
            tell_time(call);
        }
    }
}

size_t cvg_scope_count(const struct cvg_scope *scope)
{
    size_t count = 0;
    for (const struct cvg_op *op = scope->first; op; op = op->next) {
        count++;
    }
    return count;
}

void cvg_op_cancel(struct cvg_op *op)
{
    /* Without a scope it is in its last callback, or was never started. */
    if (op && op->scope) {
        op->kind->cancel(op);
    }
}

void cvg_op_join(struct cvg_op *op, const struct cvg_op_kind *kind, struct cvg_scope *scope)
{
    op->kind = kind;
    op->scope = scope;
    op->previous = NULL;
    op->next = scope->first;
    if (scope->first) {
        scope->first->previous = op;
    }
    scope->first = op;
}

void cvg_op_leave(struct cvg_op *op)
{
    if (!op->scope) {
        return;
    }
    if (op->previous) {
        op->previous->next = op->next;
    } else {
        op->scope->first = op->next;
    }
    if (op->next) {
        op->next->previous = op->previous;
    }
    op->scope = NULL;
    op->previous = op->next = NULL;
}

void cvg_op_enter(struct cvg_op_call *call, const struct cvg_scope *scope)
{
    bool timed = scope->hooks && scope->hooks->timed;
    *call = (struct cvg_op_call){
        .loop = scope->loop,
        .outer = scope->loop->calls,
        .scope = scope,
        .hooks = timed ? scope->hooks : NULL,
        .owner = scope->owner,
        .started = timed ? cvg_time_now() : 0,
    };
    scope->loop->calls = call;
}

void cvg_op_return(struct cvg_op_call *call)
{
    tell_time(call);
    call->loop->calls = call->outer;
}
