/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the decider know of each other: decider.c lives and publishes, answer.c judges
 * for subjects, accept.c forgets alarms, keep.c looks after the store, reload.c takes the next
 * configuration over. Deciding thread.
 */
#ifndef CVG_DECIDE_DECIDER_INNER_H
#define CVG_DECIDE_DECIDER_INNER_H

#include "base/log.h"
#include "base/random.h"
#include "decide/acts.h"
#include "decide/chronicle.h"
#include "decide/commit.h"
#include "decide/decider.h"
#include "decide/generation.h"
#include "decide/ledger.h"
#include "decide/restart.h"
#include "decide/visit.h"
#include "io/scope.h"
#include "runner/runner.h"

struct cvg_reloading;
struct cvg_discovery;

struct cvg_decider {
    struct cvg_loop *loop;
    struct cvg_registry *registry; /* borrowed */
    struct cvg_config *first;      /* a reference: what the process was started with */
    struct cvg_generation *now;    /* owned; in force */
    struct cvg_runner *runner;     /* owned */
    struct cvg_complaint *outages; /* owned; one for each source in force */
    struct cvg_board *board;       /* owned */
    struct cvg_ledger *ledger;     /* owned */
    struct cvg_scope scope;        /* of the timers */
    struct cvg_memory *memory;     /* the registry's */
    struct cvg_outrun *outruns;    /* owned; see accept.c */
    /* What is kept; see keep.c. */
    struct cvg_store *store;         /* borrowed; NULL: there is none */
    struct cvg_commits *commits;     /* owned; NULL: the same */
    struct cvg_visit *visit;         /* a reference: the store for workers; NULL: the same */
    struct cvg_judged *held;         /* asks that wait until the ledger was read; see answer.c */
    struct cvg_accepting *accepting; /* whose forgetting is being committed; see accept.c */
    struct cvg_acts *acts;           /* owned; NULL before the start */
    struct cvg_chronicle *chronicle; /* owned; NULL before the start */
    struct cvg_restart *restart;     /* owned; NULL before the start */
    struct cvg_complaint store_away;
    bool store_hangs;         /* when it was looked at last */
    bool recalled, recalling; /* the ledger knows the store's decisions; a worker reads what
                               * could not be read at the start */
    bool recall_tried;        /* before that no decision becomes a row: it may be one already */
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
    char *wanted_actor;              /* owned: all who did, "token:ci, signal" */
    bool wanted;
    int64_t loaded_at; /* wall */
    uint64_t accepted, refused;
    /* Discoveries; see discover.c. */
    struct cvg_discovery *discovery; /* owned */
    struct cvg_op *discover_timer;   /* NULL: none is set */
    int64_t discovered_at;           /* when what was discovered was last taken over */
    uint64_t discovered;             /* the edition that is in force, or is being taken over */
    bool stopping;                   /* errands that still come are only ended */
    cvg_decider_reloaded *reloaded;
    void *reloaded_ctx;
};

/* decider.c */
extern const struct cvg_runner_events cvg_decider_events;
void cvg_decider_publish(struct cvg_decider *decider, size_t environment, int64_t now);
void cvg_decider_publish_due(struct cvg_decider *decider, int64_t now);
void cvg_decider_arm(struct cvg_decider *decider, int64_t at, int64_t now);

/* answer.c: ends in the ask's done, now or after a commit. */
void cvg_decider_answer(struct cvg_decider *decider, size_t environment, struct cvg_ask *ask);

/* The ledger was read, or the daemon stops: goes on with those that were held. */
void cvg_decider_answer_held(struct cvg_decider *decider);

/* accept.c: the same. */
void cvg_decider_accept(struct cvg_decider *decider, struct cvg_accept *accept);
/* A stop: those that were recorded are done. */
void cvg_decider_end_accepting(struct cvg_decider *decider);
/* A reading came. */
void cvg_decider_outrun_read(struct cvg_decider *decider, size_t environment, size_t check);
/* A reload, or the end: whose reading comes next cannot be told any more. */
void cvg_decider_outruns_forget(struct cvg_decider *decider);

/* keep.c */
/* Before the first publication: brings back what the store has. */
void cvg_decider_start_keeping(struct cvg_decider *decider, int64_t now);
/* Now and then: what could not be read at the start may be there by now. */
void cvg_decider_look_at_store(struct cvg_decider *decider);
/* Saves all, and ends whoever waits for a commit. The runner is there until afterwards. */
void cvg_decider_stop_keeping(struct cvg_decider *decider, int64_t now);

/* discover.c */
struct cvg_found_list {
    struct cvg_arena *arena; /* owner of all of it */
    struct cvg_discovered *items;
    size_t count;
};

/* With what the store knows of before the start; a decider that was only just made becomes another
 * one. */
void cvg_decider_bring_back_found(struct cvg_decider *decider);
void cvg_decider_found(void *ctx, size_t discover, const struct cvg_found *found);
void cvg_decider_surveyed(void *ctx, size_t discover, int64_t at, const char *why);
/* Takes over what was discovered meanwhile, soon. */
void cvg_decider_discover_soon(struct cvg_decider *decider);
/* A configuration came into force, made with this list: what became of it. files: it was read anew. */
void cvg_decider_tell_found(struct cvg_decider *decider, const struct cvg_config *before,
                            const struct cvg_found_list *found);
/* Those of the list whose environments were refused are left out from now on, because of what was
 * said. True: there were any, and no other environment was refused. */
bool cvg_decider_leave_out(struct cvg_decider *decider, const struct cvg_config *config,
                           const struct cvg_runner *runner, struct cvg_found_list *found,
                           const struct cvg_diagnostics *said);

/* reload.c */
/* Takes over what was discovered, from the files as they were read last. Only while no reload is going
 * on. */
void cvg_decider_reload_found(struct cvg_decider *decider);
/* Says how it stands before the first reload. */
void cvg_decider_tell_loaded(struct cvg_decider *decider);
void cvg_decider_stop_reloading(struct cvg_decider *decider);

#endif
