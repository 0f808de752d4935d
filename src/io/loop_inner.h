/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a loop. Only files of this folder include it.
 *
 * libuv's handles are closed asynchronously: memory that holds one is freed in its close
 * callback, never where the operation ended.
 */
#ifndef CVG_IO_LOOP_INNER_H
#define CVG_IO_LOOP_INNER_H

#include "io/op.h"

#include <pthread.h>
#include <uv.h>

struct cvg_children;
struct cvg_names;
struct cvg_http;
struct cvg_post;
struct cvg_signal;

/* Something that is to happen in a later turn. Embedded in its owner, which takes it out again
 * before it frees itself. */
struct cvg_later {
    void (*fn)(struct cvg_later *later);
    struct cvg_later *previous, *next;
    bool queued;
};

struct cvg_loop {
    uv_loop_t uv;
    uv_idle_t idle; /* active while laters wait */
    struct cvg_later *later_first, *later_last;
    size_t later_count;

    uv_async_t posted;
    pthread_mutex_t lock; /* guards the two below, which any thread may touch */
    struct cvg_post *post_first, *post_last;

    uv_prepare_t prepare;
    uv_timer_t heartbeat;
    uv_timer_t until;
    const bool *until_done; /* what cvg_loop_run_until waits for; NULL: it does not run */
    int64_t turn_started;   /* 0 between two turns */
    int64_t longest_turn;
    uint64_t turns;
    void (*on_turn)(void *arg);
    void *on_turn_arg;

    struct cvg_op_call *calls; /* callbacks into owners that are being made, innermost first */
    struct cvg_op dead;        /* the handle of operations of ended scopes */
    struct cvg_signal *signals;
    struct cvg_children *children;
    struct cvg_names *names;
    struct cvg_http *http;
};

/* Each libuv callback of this folder begins with it: a turn starts with the first one after the
 * wait. (libuv's own check handle runs after the callbacks of descriptors, its idle metrics cost
 * a second epoll_wait each turn.) */
void cvg_loop_wake(struct cvg_loop *loop);

/* Takes it into the queue of the next turn; nothing where it is there already. */
void cvg_later_add(struct cvg_loop *loop, struct cvg_later *later,
                   void (*fn)(struct cvg_later *later));
void cvg_later_remove(struct cvg_loop *loop, struct cvg_later *later);

/* Milliseconds for libuv, which counts from a clock that it truncates: never early. */
uint64_t cvg_loop_ms(int64_t ns);
/* uv_timer_start with a fresh clock: libuv's own stands still during a turn. */
void cvg_loop_arm(uv_timer_t *timer, uv_timer_cb fn, int64_t after_ns);
/* What is left for an operation: its own timeout, or the scope's deadline, or 30 s. */
int64_t cvg_loop_allowance(const struct cvg_scope *scope, int64_t timeout_ns);

#endif
