/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop: one thread that waits for everything (libuv), with its name resolver (c-ares), its
 * HTTP client (libcurl multi) and its worker pool. libuv, libcurl and c-ares are seen by this
 * folder only.
 *
 * All functions of src/io are for the loop's thread, except where they say otherwise.
 */
#ifndef CVG_IO_LOOP_H
#define CVG_IO_LOOP_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_loop;

struct cvg_loop_options {
    const char *const *name_servers; /* "ip" or "ip:port", NULL-terminated; NULL: resolv.conf's */
    int64_t name_timeout_ns;         /* for one try at one server; 0: 2 s */
    const char *user_agent;          /* NULL: convergate/VERSION */
    /* The process becomes a subreaper, and whatever child of it was not spawned on this loop is killed
     * once a spawned one ended badly: for a process that has no other children. */
    bool adopts_strays;
};

/* options may be NULL. */
CVG_NODISCARD int cvg_loop_new(const struct cvg_loop_options *options, struct cvg_loop **ret,
                               struct cvg_error *reterr);
/* All scopes must have ended. Takes NULL. */
void cvg_loop_free(struct cvg_loop *loop);
/* Until cvg_loop_stop(). */
void cvg_loop_run(struct cvg_loop *loop);
/* Runs turns until *done is set or the deadline (CLOCK_BOOTTIME) passed; returns *done. For tests
 * and the client. */
bool cvg_loop_run_until(struct cvg_loop *loop, const bool *done, int64_t deadline);
void cvg_loop_stop(struct cvg_loop *loop);

/* From any thread: run this on the loop's thread, in order. Never lost before cvg_loop_free. */
void cvg_loop_post(struct cvg_loop *loop, void (*fn)(void *arg), void *arg);
/* Runs what was posted until now: for who is about to be freed while the loop stays, and is what
 * those posts are about. */
void cvg_loop_run_posts(struct cvg_loop *loop);

/* Called at the start of each turn: the heartbeat. One per loop. */
void cvg_loop_on_turn(struct cvg_loop *loop, void (*fn)(void *arg), void *arg);
/* A turn is what happens between two waits. The longest since the last call with reset, in
 * nanoseconds; total turns so far. */
int64_t cvg_loop_longest_turn(struct cvg_loop *loop, bool reset);
uint64_t cvg_loop_turns(const struct cvg_loop *loop);

/* Until the loop is freed. One handler for each signal. */
CVG_NODISCARD int cvg_loop_on_signal(struct cvg_loop *loop, int signal, void (*fn)(void *arg),
                                     void *arg, struct cvg_error *reterr);

#endif
