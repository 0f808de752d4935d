/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scope owns operations: HTTP requests, timers, sockets, child processes, ... When it ends, all
 * of them are cancelled and none calls back any more. The operations of a module's source, check
 * and run belong to such scopes, so the functions in this folder have the shapes that
 * <convergate/module.h> promises and are put into the host table as they are.
 *
 * No operation calls back before the function that started it has returned.
 */
#ifndef CVG_IO_SCOPE_H
#define CVG_IO_SCOPE_H

#include "io/loop.h"

#include <convergate/module.h>

struct cvg_lane;

/* One thing that was sent and what came back, for `convergate probe` and debug logs. Credentials
 * are left out. */
struct cvg_exchange {
    const char *kind;    /* "http", "exec", "connect", "resolve", "file" */
    const char *request; /* "POST http://127.0.0.1:9090/api/v1/query" */
    const char *sent;    /* request body, may be "" */
    size_t sent_length;
    uint32_t status;      /* HTTP */
    const char *fault;    /* "" where an answer came */
    const char *received; /* up to the first 4 KiB of the decoded body */
    size_t received_length, total_length;
    int64_t took_ns;
};

/* Hooks of whoever owns the scope; any may be NULL. */
struct cvg_scope_hooks {
    /* Each callback into the owner took this long. */
    void (*timed)(void *owner, int64_t ns);
    void (*exchanged)(void *owner, const struct cvg_exchange *exchange);
};

struct cvg_scope {
    struct cvg_loop *loop;
    struct cvg_op *first;  /* its operations, doubly linked in op.h */
    struct cvg_lane *lane; /* the endpoint that HTTP requests go through; borrowed; may be NULL */
    int64_t deadline_ns;   /* of operations that have no timeout of their own; 0: none */
    const struct cvg_scope_hooks *hooks;
    void *owner;
    bool ended;
};

void cvg_scope_init(struct cvg_scope *scope, struct cvg_loop *loop, struct cvg_lane *lane,
                    const struct cvg_scope_hooks *hooks, void *owner);
/* May be called twice, and from a callback of one of its own operations. */
void cvg_scope_end(struct cvg_scope *scope);
size_t cvg_scope_count(const struct cvg_scope *scope);

/* host->cancel. Silent; the handle is dead afterwards. */
void cvg_op_cancel(struct cvg_op *op);

#endif
