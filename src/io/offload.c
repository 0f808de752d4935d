/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on libuv's pool. The offload is freed when the work has come back, whether its owner still
 * wants it or not.
 */
#include "io/offload.h"

#include "base/alloc.h"
#include "io/loop_inner.h"

struct offload {
    struct cvg_op op;
    uv_work_t uv;
    struct cvg_loop *loop;
    struct cvg_later refused; /* the scope had ended already: only discard */
    void (*work)(void *arg);
    void (*done)(void *arg, struct cvg_op *op);
    void (*discard)(void *arg);
    void *arg;
};

static void cancel(struct cvg_op *op)
{
    struct offload *offload = (struct offload *)op;
    cvg_op_leave(op);
    /* Fails once a worker has begun; either way on_worked comes and discards. */
    (void)uv_cancel((uv_req_t *)&offload->uv);
}

static const struct cvg_op_kind kind = {"offload", cancel};

static void on_work(uv_work_t *request)
{
    struct offload *offload = request->data;
    offload->work(offload->arg);
}

static void on_worked(uv_work_t *request, int status)
{
    struct offload *offload = request->data;
    struct cvg_scope *scope = offload->op.scope;
    (void)status;
    cvg_loop_wake(offload->loop);
    if (scope) {
        cvg_op_leave(&offload->op);
        struct cvg_op_call call;
        cvg_op_enter(&call, scope);
        offload->done(offload->arg, &offload->op);
        cvg_op_return(&call);
    } else if (offload->discard) {
        offload->discard(offload->arg);
    }
    free(offload);
}

static void on_refused(struct cvg_later *later)
{
    struct offload *offload = CVG_CONTAINER(later, struct offload, refused);
    offload->discard(offload->arg);
    free(offload);
}

struct cvg_op *cvg_offload_start(struct cvg_scope *scope, void (*work)(void *arg),
                                 void (*done)(void *arg, struct cvg_op *op),
                                 void (*discard)(void *arg), void *arg)
{
    if (scope->ended && !discard) {
        return &scope->loop->dead;
    }
    struct offload *offload = CVG_NEW(struct offload);
    offload->loop = scope->loop;
    offload->work = work;
    offload->done = done;
    offload->discard = discard;
    offload->arg = arg;
    offload->uv.data = offload;
    if (scope->ended) {
        cvg_later_add(scope->loop, &offload->refused, on_refused);
        return &scope->loop->dead;
    }
    cvg_op_join(&offload->op, &kind, scope);
    uv_queue_work(&scope->loop->uv, &offload->uv, on_work, on_worked);
    return &offload->op;
}
