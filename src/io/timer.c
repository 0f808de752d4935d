/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: one libuv timer each; memory goes with its close callback. */
#include "io/timer.h"

#include "base/alloc.h"
#include "io/loop_inner.h"

struct timer {
    struct cvg_op op;
    uv_timer_t uv;
    void (*on_timer)(void *arg, struct cvg_op *op);
    void *arg;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void cancel(struct cvg_op *op)
{
    struct timer *timer = (struct timer *)op;
    cvg_op_leave(op);
    uv_close((uv_handle_t *)&timer->uv, on_closed);
}

static const struct cvg_op_kind kind = {"timer", cancel};

static void on_fired(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    struct cvg_scope *scope = timer->op.scope;
    cvg_loop_wake(scope->loop);
    cancel(&timer->op);
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    timer->on_timer(timer->arg, &timer->op);
    cvg_op_return(&call);
}

struct cvg_op *cvg_timer_start(struct cvg_scope *scope, int64_t after_ns,
                               void (*on_timer)(void *arg, struct cvg_op *op), void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    struct timer *timer = CVG_NEW(struct timer);
    timer->on_timer = on_timer;
    timer->arg = arg;
    timer->uv.data = timer;
    cvg_op_join(&timer->op, &kind, scope);
    uv_timer_init(&scope->loop->uv, &timer->uv);
    cvg_loop_arm(&timer->uv, on_fired, after_ns);
    return &timer->op;
}
