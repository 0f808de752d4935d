/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner owns the sources and checks of one configuration and runs them when they are due:
 * rounds, breakers, deadlines, and facts of one check as inputs of another. Its readings are the
 * only thing that goes up.
 *
 * Every polled check has a reading for each of its rounds, also where it was not run: while the
 * breaker of its source is open (SourceUnavailable, with the words of the latest fault), and while
 * a fact that it takes is not known (InputMissing). Exceptions are a round that finds the run before
 * still going, and the first one of all where what it takes facts of was not read yet. A fact counts until the check that has it, when it was last known, is
 * older than its max_age; when facts change, those that take them are run at once, each at most
 * once a second.
 *
 * Deciding thread. Events come in turns of the loop, never out of a function of this header except
 * cvg_runner_start (streams that report at once); no function that frees may be called from one.
 */
#ifndef CVG_RUNNER_RUNNER_H
#define CVG_RUNNER_RUNNER_H

#include "config/diff.h"
#include "io/lane.h"
#include "model/reading.h"
#include "module/registry.h"
#include "runner/breaker.h"

struct cvg_runner;

struct cvg_runner_events {
    /* A check of config->environments[environment].checks[check] was read. The reference goes to
     * the receiver. */
    void (*reading)(void *ctx, size_t environment, size_t check, struct cvg_kept_reading *reading);
    /* A streaming check's latest reading was still true at `at`. */
    void (*alive)(void *ctx, size_t environment, size_t check, int64_t at);
    /* What config->discovers[discover] asks for found all of this. May be NULL. */
    void (*found)(void *ctx, size_t discover, const struct cvg_found *found);
    /* What it found is certain as of then; or it cannot tell, because of why (NULL: it can). May be
     * NULL. */
    void (*surveyed)(void *ctx, size_t discover, int64_t at, const char *why);
    /* For `convergate probe`; may be NULL. */
    void (*exchanged)(void *ctx, const char *source, const struct cvg_exchange *exchange);
    /* The breaker of config->sources[source] opened, because of why, or closed; may be NULL. */
    void (*availability)(void *ctx, size_t source, bool available, const char *why);
};

enum cvg_run_result {
    CVG_RUN_READY = 0,
    CVG_RUN_NOT_READY,
    CVG_RUN_UNKNOWN,
    CVG_RUN_TIMEOUT,
    CVG_RUN_SKIPPED, /* the one before was still going, or the breaker was open */
    CVG_RUN_RESULT_COUNT
};

const char *cvg_run_result_text(enum cvg_run_result result);

/* Upper bounds in seconds: 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 */
#define CVG_DURATION_BUCKETS 11
extern const double cvg_duration_bounds[CVG_DURATION_BUCKETS];

struct cvg_source_stats {
    const char *name; /* the configuration's */
    const char *type;
    bool up; /* the breaker is closed and the latest run did not fail by its fault */
    enum cvg_breaker_state breaker;
    uint64_t runs[CVG_RUN_RESULT_COUNT];
    uint64_t buckets[CVG_DURATION_BUCKETS + 1]; /* not cumulative; the last is +Inf */
    double seconds;                             /* sum of durations */
    uint64_t callbacks_over_budget;
    uint64_t contract_faults;   /* what its module got wrong, see module/instance.h */
    struct cvg_lane_stats lane; /* zero where it has none, or uses another's */
};

/* Creates every source and check, connects to nothing: what `--check` does too. Refusals of
 * modules go to diagnostics; a faulty configuration is refused after all that it has left was
 * tried. Takes a reference on the configuration. */
CVG_NODISCARD int cvg_runner_new(struct cvg_loop *loop, struct cvg_config *config,
                                 struct cvg_registry *registry,
                                 const struct cvg_runner_events *events, void *ctx,
                                 struct cvg_diagnostics *diagnostics, struct cvg_runner **ret);
/* The same in two steps: bare, and then cvg_runner_prepare, after which cvg_runner_refused tells whose
 * checks were refused. */
struct cvg_runner *cvg_runner_new_bare(struct cvg_loop *loop, struct cvg_config *config,
                                       struct cvg_registry *registry,
                                       const struct cvg_runner_events *events, void *ctx);
/* What its modules declare, for reading the configuration that comes next. A worker may use it while
 * nobody makes or prepares a runner. */
struct cvg_kinds cvg_runner_kinds(const struct cvg_runner *runner);
/* The same for the configuration that comes after a running one's, in steps, so that no turn of the
 * loop takes long: what stays the same (see config/diff.h) is not created, it will be taken over.
 * before goes on meanwhile, and the diff must live until cvg_runner_take_over or cvg_runner_free.
 *
 *   cvg_runner_prepare    the sources, then at most `budget` checks each time it is called
 *   cvg_runner_take_over  sources, connections, streams, runs that are going on, breakers, facts
 *                         and counters move over; before says nothing any more, and the new one
 *                         is started
 *   cvg_runner_retire     frees what before has left, at most `budget` checks each time */
struct cvg_runner *cvg_runner_new_after(struct cvg_runner *before, struct cvg_config *config,
                                        const struct cvg_config_diff *diff);
/* True: more is to be done. Refusals go to diagnostics. */
bool cvg_runner_prepare(struct cvg_runner *runner, size_t budget,
                        struct cvg_diagnostics *diagnostics);
void cvg_runner_take_over(struct cvg_runner *runner, struct cvg_runner *before);
/* True: more is to be done; else it is gone. */
bool cvg_runner_retire(struct cvg_runner *before, size_t budget);
/* A module refused a check of this environment while the runner was prepared. */
bool cvg_runner_refused(const struct cvg_runner *runner, size_t environment);
/* Evidence is wanted from now on. seed: for jitter. */
void cvg_runner_start(struct cvg_runner *runner, uint64_t seed);
/* Before cvg_runner_start: a breaker from before a restart. Its trial comes when it is due. */
void cvg_runner_restore_breaker(struct cvg_runner *runner, size_t source,
                                const struct cvg_breaker *saved, int64_t now);
const struct cvg_breaker *cvg_runner_breaker(const struct cvg_runner *runner, size_t source);
/* Cancels everything; no event comes any more. Takes NULL. */
void cvg_runner_free(struct cvg_runner *runner);

/* Runs one check once, now, whatever its schedule and breaker; for `convergate probe`, on a runner
 * that was not started. Checks that it takes facts from are run before it. */
void cvg_runner_probe(struct cvg_runner *runner, size_t environment, size_t check);
/* How long streams that are probed from now on are given; 0: their checks' timeout. */
void cvg_runner_probe_patience(struct cvg_runner *runner, int64_t patience_ns);
/* Somebody waits for this environment: trials of open breakers come at once. */
void cvg_runner_hurry(struct cvg_runner *runner, size_t environment);

/* Runs a polled check once, now, beside its schedule; an open breaker holds it up like any run. A
 * stream tells by itself. */
void cvg_runner_run_now(struct cvg_runner *runner, size_t environment, size_t check);
/* A run of it is going on: the next reading is that run's, unless a reload comes before it. */
bool cvg_runner_is_running(const struct cvg_runner *runner, size_t environment, size_t check);

size_t cvg_runner_source_count(const struct cvg_runner *runner);
void cvg_runner_source_stats(const struct cvg_runner *runner, size_t source,
                             struct cvg_source_stats *ret);

#endif
