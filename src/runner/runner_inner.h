/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the runner know of each other: runner.c makes and frees, turn.c decides what
 * happens in a turn of the loop, run.c starts runs, wake.c does so where a module was told that something
 * changed, result.c takes what comes back, probe.c runs single checks. Only files of this folder include it.
 */
#ifndef CVG_RUNNER_RUNNER_INNER_H
#define CVG_RUNNER_RUNNER_INNER_H

#include "base/alloc.h"
#include "io/scope.h"
#include "module/instance.h"
#include "runner/due.h"
#include "runner/runner.h"

/* Kinds of struct cvg_due, with their subjects. */
enum cvg_due_kind {
    CVG_DUE_ROUND,   /* struct cvg_round */
    CVG_DUE_CHECK,   /* struct cvg_runner_check: a run out of turn */
    CVG_DUE_TRIAL,   /* struct cvg_runner_source: its breaker lets one run through */
    CVG_DUE_WAKE,    /* struct cvg_runner_source: its module was told that something changed */
    CVG_DUE_WOKEN,   /* struct cvg_round: its turn has come after that */
    CVG_DUE_PROBE,   /* NULL: see which probed checks can be run */
    CVG_DUE_GIVE_UP, /* struct cvg_runner_check: a probed stream has not reported in time */
};

/* Work that is spread over turns: the checks of a round, in its time or woken, or of a source whose
 * breaker opened. */
struct cvg_runner_job {
    struct cvg_runner_job *next;
    struct cvg_round *round;          /* either */
    struct cvg_runner_source *source; /* or */
    size_t position;
    int64_t at_ns, at_wall_ns; /* the one instant of a round */
    bool woken;                /* of a round: out of turn */
    bool queued;
};

/* A slot of a source's grid: its checks share each round's instant. */
struct cvg_round {
    struct cvg_runner_source *source;
    int64_t epoch, interval_ns;
    uint32_t slot;
    struct cvg_runner_check **checks; /* owned */
    size_t count, capacity;
    int64_t next_at; /* when it is due next, while it is not going on */
    struct cvg_runner_job job;
    int64_t woken_at; /* when it is due out of turn; 0: it is not */
    struct cvg_runner_job woken;
};

struct cvg_runner_source {
    struct cvg_runner *runner;
    const struct cvg_source_config *config;
    const struct cvg_module *module;
    struct cvg_source *instance;    /* owned; NULL: refused, not made yet, or taken over */
    struct cvg_runner_source *heir; /* who took it over; NULL: nobody */
    bool adopts;                    /* it will take over the one that is the same */
    bool started;
    struct cvg_runner_check **checks; /* owned array */
    size_t check_count, check_capacity;
    size_t survey_count;
    size_t first_round, round_count; /* of the runner's rounds */
    int64_t wake_since; /* when its module last said that something changed; 0: never */
    int64_t wake_at;    /* when that is seen to; 0: it was */
    int64_t wake_done;  /* when it last was */
    struct cvg_breaker breaker;
    bool failing;      /* the latest run failed by the source's fault */
    char *why;         /* owned: the latest such fault's words */
    uint32_t fault;    /* and its kind */
    size_t trial_next; /* where to look for the check that makes the next trial */
    /* What its checks read while the breaker is open, made once for each instant. */
    struct cvg_kept_reading *unavailable;
    int64_t unavailable_at;
    struct cvg_runner_job tell;
    uint64_t runs[CVG_RUN_RESULT_COUNT];
    uint64_t buckets[CVG_DURATION_BUCKETS + 1];
    double seconds;
};

enum cvg_probe_state {
    CVG_PROBE_NONE = 0,
    CVG_PROBE_WAITING, /* for its inputs */
    CVG_PROBE_RUNNING,
    CVG_PROBE_DONE
};

struct cvg_runner_check {
    struct cvg_runner_source *source;
    const struct cvg_check_config *config;
    struct cvg_check *instance;    /* owned; NULL: as for a source */
    struct cvg_runner_check *heir; /* whoever asks the same from now on; NULL: nobody */
    bool taken;                    /* its instance was another's before */
    uint32_t environment, index;
    enum cvg_probe_state probe;
    struct cvg_kept_reading *not_synced; /* of a probed stream that is not through yet, or NULL */
    /* The latest reading that could tell, and when it was last true: its facts are other checks'
     * inputs until it is older than the check's max_age. */
    struct cvg_kept_reading *known;
    int64_t known_at, max_age_ns;
    bool latest_known;                    /* the latest reading is that one */
    bool read;                            /* there was any */
    bool held;                            /* its first round waited for inputs, and said nothing */
    int64_t early_at;                     /* of the run out of turn that is due; 0: none */
    int64_t early_since;                  /* when it was last wanted */
    int64_t started_at;                   /* of the latest run */
    int64_t round_ns;                     /* the instant of the latest run */
    uint64_t inputs;                      /* digest of the facts that it was asked with; 0: none */
    struct cvg_runner_check **dependents; /* owned array: checks that take its facts */
    size_t dependent_count, dependent_capacity;
};

/* What a run, or a stream's check, needs of other checks. */
struct cvg_runner_filled {
    struct cvg_arena *arena; /* NULL: nothing; it does with what the check was created with */
    const void *settings;    /* NULL: the same */
    uint64_t inputs;         /* a digest of the facts that were filled in; 0: none */
};

/* Fills in the facts. False, with a reading that says so unless it is silent: they are missing. */
bool cvg_runner_fill(struct cvg_runner_check *check, bool silent, struct cvg_runner_filled *ret);
/* The reading that says so; missing NULL: what came out is not valid, and why. */
void cvg_runner_say_missing(struct cvg_runner_check *check, const char *missing, const char *why);
/* Whether this is its first round, and comes before the first reading of something that it takes facts of:
 * nobody knows then whether they are missing, and to say so would end what goes on over a restart
 * (model/steady_saved.h). It is run when they come. */
bool cvg_runner_holds(struct cvg_runner_check *check);

/* feed.c: streams' checks that take facts. */
bool cvg_runner_is_fed(const struct cvg_runner_check *check);
void cvg_runner_feed(struct cvg_runner_check *check, int64_t now);
/* The source began, or goes on with new checks. */
void cvg_runner_feed_all(struct cvg_runner_source *source);

struct cvg_runner_environment {
    struct cvg_runner_check *checks;    /* into the runner's */
    struct cvg_runner_source **sources; /* owned array: those that its checks ask, once each */
    size_t source_count, source_capacity;
    bool refused; /* by a module */
};

struct cvg_runner {
    struct cvg_loop *loop;
    struct cvg_config *config; /* a reference */
    struct cvg_registry *registry;
    const struct cvg_runner_events *events;
    void *ctx;
    struct cvg_instance_events instance_events;
    struct cvg_scope scope; /* its timer */
    struct cvg_op *timer;   /* NULL: not set */
    int64_t timer_at;
    bool started, in_turn, closing;
    struct cvg_random random;
    struct cvg_runner_source *sources; /* owned; as in the configuration */
    size_t *made; /* owned; their numbers in the order in which they were made */
    size_t made_count;
    struct cvg_runner_check *checks; /* owned; all environments' */
    size_t check_count;
    size_t prepared;                    /* so many of them are made, or will be taken over */
    struct cvg_runner *before;          /* until it is taken over */
    const struct cvg_config_diff *diff; /* as long as before */
    size_t retired;                     /* so many checks are freed */
    struct cvg_runner_check *surveys;   /* owned; of the configuration's discoveries */
    struct cvg_runner_environment *environments; /* owned; as in the configuration */
    struct cvg_round **rounds;                   /* owned */
    size_t round_count, round_capacity;
    struct cvg_due_heap due;
    struct cvg_runner_job *first_job, *last_job;
    struct cvg_runner_check **probing; /* owned array */
    int64_t patience_ns;               /* with a probed stream; 0: its check's timeout */
    size_t probing_count, probing_capacity;
};

/* runner.c */
void cvg_runner_make_rounds(struct cvg_runner *runner);
/* NULL: none of its. */
struct cvg_runner_source *cvg_runner_source_with(struct cvg_runner *runner,
                                                 const struct cvg_source *instance);

/* An open breaker's trial comes now, if there was none within the last second. */
void cvg_runner_hurry_source(struct cvg_runner_source *source, int64_t now);

/* make.c */
void cvg_runner_make_sources(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics);
void cvg_runner_list_checks(struct cvg_runner *runner);
void cvg_runner_make_check(struct cvg_runner *runner, struct cvg_runner_check *check,
                           struct cvg_diagnostics *diagnostics);
struct cvg_runner_source *cvg_runner_source_of(struct cvg_runner *runner,
                                               const struct cvg_source_config *config);
/* The source as it is, or as it will be; NULL: it could not be made. */
struct cvg_source *cvg_runner_instance_of(const struct cvg_runner *runner,
                                          const struct cvg_runner_source *source);
/* The check of the running configuration that asks the same; NULL: there is none. */
struct cvg_runner_check *cvg_runner_same_check(const struct cvg_runner *runner,
                                               const struct cvg_runner_check *check);

/* turn.c */
void cvg_runner_at(struct cvg_runner *runner, int64_t at, enum cvg_due_kind kind, void *subject);
/* Sets the timer for what is due first; called where due things were added outside a turn. */
void cvg_runner_arm(struct cvg_runner *runner);
void cvg_runner_push(struct cvg_runner *runner, struct cvg_runner_job *job);

/* run.c */
/* A fact that changes with every reading must not make others run without end. */
#define CVG_RERUN_PAUSE INT64_C(1000000000)

/* A run out of turn is wanted, at that time or earlier; one that a round starts from now on counts
 * as it. */
void cvg_runner_run_at(struct cvg_runner_check *check, int64_t at);
/* That time has come. */
void cvg_runner_run_early(struct cvg_runner_check *check, int64_t now);
/* Those of its checks that are wanted (NULL: all), a share each second, so that the source is not
 * met by all in one moment. */
void cvg_runner_run_spread(struct cvg_runner_source *source,
                           bool (*wanted)(const struct cvg_runner_check *check), int64_t now);
/* In a round or out of turn: skips and says why where it cannot be run. */
void cvg_runner_run(struct cvg_runner_check *check, int64_t at_ns, int64_t at_wall_ns);
/* One run through an open breaker, if its trial is due. */
void cvg_runner_try(struct cvg_runner_source *source, int64_t now);
/* Whatever schedule and breaker say. False: the inputs are missing, which was said. */
bool cvg_runner_force(struct cvg_runner_check *check);
void cvg_runner_start_source(struct cvg_runner_source *source);

/* result.c */
extern const struct cvg_instance_events cvg_runner_instance_events;
/* Gives a reading of the host's own to a check. */
void cvg_runner_say(struct cvg_runner_check *check, const struct cvg_reading *reading);
/* The same, of what the check asks now. */
void cvg_runner_say_asked(struct cvg_runner_check *check, const struct cvg_reading *reading);
void cvg_runner_say_unavailable(struct cvg_runner_check *check, int64_t at);
/* The facts that others may take, or NULL. */
const struct cvg_reading *cvg_runner_facts(const struct cvg_runner_check *check, int64_t now);

/* survey.c: the questions of discoveries, which are in no environment. */
void cvg_runner_make_surveys(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics);
void cvg_runner_free_surveys(struct cvg_runner *runner);
/* Notes which sources begin anew because of them. kept: by source, counted on. */
void cvg_runner_plan_surveys(struct cvg_runner *runner, size_t *kept);
void cvg_runner_take_surveys(struct cvg_runner *runner);
/* Events of instances. */
void cvg_runner_found(void *ctx, struct cvg_check *instance, const struct cvg_found *found);
void cvg_runner_surveyed(struct cvg_runner_check *survey, const struct cvg_reading *reading);
void cvg_runner_survey_alive(const struct cvg_runner_source *source, int64_t at);

/* wake.c */
void cvg_runner_woken(void *ctx, struct cvg_source *instance); /* an event of instances */
/* That time has come: of the source, and of one of its rounds. */
void cvg_runner_wake(struct cvg_runner_source *source, int64_t now);
void cvg_runner_wake_round(struct cvg_round *round, int64_t now);
/* A check of a round that was woken. */
void cvg_runner_wake_check(struct cvg_runner_check *check, const struct cvg_runner_job *job);
/* What was not seen to of the one before a reload. */
void cvg_runner_wake_again(struct cvg_runner_source *source, const struct cvg_runner_source *old,
                           int64_t now);

/* probe.c */
/* True: a probed stream says that it is not through yet; the reference was taken. */
bool cvg_runner_probe_waits(struct cvg_runner_check *check, struct cvg_kept_reading *kept);
void cvg_runner_probe_advance(struct cvg_runner *runner);
void cvg_runner_probe_give_up(struct cvg_runner_check *check);
/* A check was read. */
void cvg_runner_probe_read(struct cvg_runner_check *check);

#endif
