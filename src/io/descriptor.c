/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watching a module's own descriptor. One that cannot be watched is told as ready, once: what the
 * module then does with it fails with the reason.
 */
#include "base/alloc.h"
#include "io/loop_inner.h"
#include "io/socket.h"

#include <fcntl.h>

struct descriptor {
    struct cvg_op op;
    struct cvg_loop *loop;
    uv_poll_t *poll; /* freed in its close callback; NULL: cannot be watched */
    struct cvg_later later;
    int fd;
    uint32_t events;
    void (*on_ready)(void *arg, struct cvg_op *op, uint32_t events);
    void *arg;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
    free(handle);
}

static void on_gone(struct cvg_later *later)
{
    free(CVG_CONTAINER(later, struct descriptor, later));
}

static void cancel(struct cvg_op *op)
{
    struct descriptor *descriptor = (struct descriptor *)op;
    cvg_op_leave(op);
    cvg_later_remove(descriptor->loop, &descriptor->later);
    if (descriptor->poll) {
        uv_poll_stop(descriptor->poll);
        uv_close((uv_handle_t *)descriptor->poll, on_closed);
    } else {
        /* Perhaps from its own callback, which still looks at it. */
        cvg_later_add(descriptor->loop, &descriptor->later, on_gone);
    }
}

static const struct cvg_op_kind kind = {"descriptor", cancel};

static void tell(struct descriptor *descriptor, uint32_t events)
{
    struct cvg_op_call call;
    cvg_op_enter(&call, descriptor->op.scope);
    descriptor->on_ready(descriptor->arg, &descriptor->op, events);
    cvg_op_return(&call);
}

static void start(struct descriptor *descriptor);

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct descriptor *descriptor = poll->data;
    cvg_loop_wake(descriptor->loop);
    if (status < 0) {
        /* EPOLLERR, after which libuv has stopped the handle. Reading takes the error away (a
         * datagram that was refused), and then there may be more to come. */
        tell(descriptor, descriptor->events);
        if (descriptor->op.scope && fcntl(descriptor->fd, F_GETFD) >= 0) {
            start(descriptor);
        }
        return;
    }
    tell(descriptor, (events & UV_READABLE ? CVG_EVENT_READ : 0u) |
                         (events & UV_WRITABLE ? CVG_EVENT_WRITE : 0u));
}

static void on_unwatchable(struct cvg_later *later)
{
    struct descriptor *descriptor = CVG_CONTAINER(later, struct descriptor, later);
    tell(descriptor, descriptor->events);
}

static struct descriptor *find(const struct cvg_scope *scope, int fd)
{
    for (struct cvg_op *op = scope->first; op; op = op->next) {
        struct descriptor *descriptor = (struct descriptor *)op;
        if (op->kind == &kind && descriptor->fd == fd) {
            return descriptor;
        }
    }
    return NULL;
}

static void start(struct descriptor *descriptor)
{
    int events = (descriptor->events & CVG_EVENT_READ ? UV_READABLE : 0) |
                 (descriptor->events & CVG_EVENT_WRITE ? UV_WRITABLE : 0);
    if (!descriptor->poll || (events && uv_poll_start(descriptor->poll, events, on_event))) {
        cvg_later_add(descriptor->loop, &descriptor->later, on_unwatchable);
    } else if (!events) {
        uv_poll_stop(descriptor->poll);
    }
}

struct cvg_op *cvg_socket_watch(struct cvg_scope *scope, int fd, uint32_t events,
                                void (*on_ready)(void *arg, struct cvg_op *op, uint32_t events),
                                void *arg)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    struct descriptor *descriptor = find(scope, fd);
    if (!descriptor) {
        descriptor = CVG_NEW(struct descriptor);
        descriptor->loop = scope->loop;
        descriptor->fd = fd;
        cvg_op_join(&descriptor->op, &kind, scope);
        descriptor->poll = CVG_NEW(uv_poll_t);
        descriptor->poll->data = descriptor;
        if (fd < 0 || uv_poll_init(&scope->loop->uv, descriptor->poll, fd)) {
            free(descriptor->poll);
            descriptor->poll = NULL;
        }
    }
    descriptor->events = events;
    descriptor->on_ready = on_ready;
    descriptor->arg = arg;
    start(descriptor);
    return &descriptor->op;
}
