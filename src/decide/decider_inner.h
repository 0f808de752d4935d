/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the decider know of each other: decider.c lives and publishes, answer.c judges
 * for subjects, reload.c takes the next configuration over. Deciding thread.
 */
#ifndef CVG_DECIDE_DECIDER_INNER_H
#define CVG_DECIDE_DECIDER_INNER_H

#include "base/log.h"
#include "base/random.h"
#include "decide/decider.h"
#include "decide/generation.h"
#include "decide/ledger.h"
#include "io/scope.h"
#include "runner/runner.h"

struct cvg_reloading;

struct cvg_decider {
    struct cvg_loop *loop;
    struct cvg_config *first;      /* a reference: what the process was started with */
    struct cvg_generation *now;    /* owned; in force */
    struct cvg_runner *runner;     /* owned */
    struct cvg_complaint *outages; /* owned; one for each source in force */
    struct cvg_board *board;       /* owned */
    struct cvg_ledger *ledger;     /* owned */
    struct cvg_scope scope;        /* of the timers */
    struct cvg_op *publish_timer;
    int64_t publish_timer_at; /* CVG_NEVER: none is set */
    size_t publish_from;      /* the environment that is looked at first */
    struct cvg_random random;
    int64_t started_at; /* wall */
    int64_t window_started, window_longest_ns;
    uint64_t publications;
    /* Reloads; see reload.c. */
    struct cvg_reloading *reloading; /* NULL: none is going on */
    uint64_t wanted_ticket;          /* of the latest that was asked for while one was going on */
    bool wanted;
    int64_t loaded_at; /* wall */
    uint64_t accepted, refused;
    bool stopping; /* errands that still come are only ended */
    cvg_decider_reloaded *reloaded;
    void *reloaded_ctx;
};

/* decider.c */
void cvg_decider_publish(struct cvg_decider *decider, size_t environment, int64_t now);
void cvg_decider_publish_due(struct cvg_decider *decider, int64_t now);
void cvg_decider_arm(struct cvg_decider *decider, int64_t at, int64_t now);

/* answer.c */
void cvg_decider_answer(struct cvg_decider *decider, size_t environment, struct cvg_ask *ask);

/* reload.c */
/* Says how it stands before the first reload. */
void cvg_decider_tell_loaded(struct cvg_decider *decider);
void cvg_decider_stop_reloading(struct cvg_decider *decider);

#endif
