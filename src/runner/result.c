/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes back: readings are kept and handed up, runs are counted, breakers told, and checks
 * that take a changed fact are run again. Nothing is started from here; what is to be run becomes
 * due, so that a module that completes inside run() cannot make this recurse.
 */
#include "base/text.h"
#include "base/time.h"
#include "model/reason.h"
#include "model/steady.h"
#include "runner/runner_inner.h"

#include <string.h>

const double cvg_duration_bounds[CVG_DURATION_BUCKETS] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,    2.5,   5,    10};

const char *cvg_run_result_text(enum cvg_run_result result)
{
    static const char *const texts[CVG_RUN_RESULT_COUNT] = {
        [CVG_RUN_READY] = "ready",     [CVG_RUN_NOT_READY] = "not_ready",
        [CVG_RUN_UNKNOWN] = "unknown", [CVG_RUN_TIMEOUT] = "timeout",
        [CVG_RUN_SKIPPED] = "skipped",
    };
    return (unsigned)result < CVG_RUN_RESULT_COUNT ? texts[result] : "unknown";
}

const struct cvg_reading *cvg_runner_facts(const struct cvg_runner_check *check, int64_t now)
{
    if (!check->known || now - check->known_at > check->max_age_ns) {
        return NULL;
    }
    return cvg_reading_get(check->known);
}

static void wake_dependents(struct cvg_runner_check *check, int64_t now)
{
    for (size_t i = 0; i < check->dependent_count; i++) {
        struct cvg_runner_check *dependent = check->dependents[i];
        cvg_runner_run_at(dependent, CVG_MAX(now, dependent->started_at + CVG_RERUN_PAUSE));
    }
}

/* Keeps it for those who take its facts. */
static void remember_facts(struct cvg_runner_check *check, struct cvg_kept_reading *kept,
                           int64_t now)
{
    const struct cvg_reading *reading = cvg_reading_get(kept);
    check->latest_known = reading->status != CVG_UNKNOWN;
    if (!check->latest_known) {
        return;
    }
    const struct cvg_reading *before = cvg_runner_facts(check, now);
    bool changed = !before || !cvg_reading_same_facts(before, reading);
    cvg_reading_unref(check->known);
    check->known = cvg_reading_ref(kept);
    check->known_at = reading->observed_at_ns;
    /* A probe runs its checks itself, in their order. */
    if (changed && check->probe == CVG_PROBE_NONE) {
        wake_dependents(check, now);
    }
}

/* Those whose first round waited for this: now it can be said what is missing. */
static void wake_held(const struct cvg_runner_check *check, int64_t now)
{
    for (size_t i = 0; i < check->dependent_count; i++) {
        if (check->dependents[i]->held && !check->dependents[i]->read) {
            cvg_runner_run_at(check->dependents[i], now);
        }
    }
}

/* Takes the reference. */
static void hand_up(struct cvg_runner_check *check, struct cvg_kept_reading *kept)
{
    struct cvg_runner *runner = check->source->runner;
    if (!check->read && check->probe == CVG_PROBE_NONE) {
        wake_held(check, cvg_time_now());
    }
    check->read = true;
    cvg_runner_probe_read(check);
    runner->events->reading(runner->ctx, check->environment, check->index, kept);
}

void cvg_runner_say(struct cvg_runner_check *check, const struct cvg_reading *reading)
{
    check->latest_known = false;
    hand_up(check, cvg_reading_keep(reading, cvg_time_now()));
}

void cvg_runner_say_asked(struct cvg_runner_check *check, const struct cvg_reading *reading)
{
    check->latest_known = false;
    hand_up(check, cvg_reading_keep_asked(reading, check->inputs, cvg_time_now()));
}

void cvg_runner_say_unavailable(struct cvg_runner_check *check, int64_t at)
{
    struct cvg_runner_source *source = check->source;
    if (!check->config->polled || source->breaker.state == CVG_BREAKER_CLOSED) {
        return;
    }
    if (!source->unavailable || source->unavailable_at != at) {
        cvg_reading_unref(source->unavailable);
        source->unavailable_at = at;
        source->unavailable = cvg_reading_keep(
            &(struct cvg_reading){
                .size = sizeof(struct cvg_reading),
                .status = CVG_UNKNOWN,
                .fault = source->fault,
                .reason = cvg_reason_code(CVG_REASON_SOURCE_UNAVAILABLE),
                .message = source->why,
                .observed_at_ns = at,
            },
            cvg_time_now());
    }
    check->latest_known = false;
    hand_up(check, cvg_reading_ref(source->unavailable));
}

static void set_why(struct cvg_runner_source *source, const struct cvg_reading *reading)
{
    const char *why = reading->message && *reading->message ? reading->message : reading->reason;
    if (!cvg_text_equal(source->why, why)) {
        free(source->why);
        source->why = cvg_strdup(why);
    }
    source->fault = reading->fault;
}

static void tell_availability(struct cvg_runner_source *source, bool available)
{
    struct cvg_runner *runner = source->runner;
    if (runner->events->availability) {
        size_t number = (size_t)(source - runner->sources);
        runner->events->availability(runner->ctx, number, available, source->why);
    }
}

static void source_failed(struct cvg_runner_source *source, const struct cvg_reading *reading,
                          int64_t now)
{
    struct cvg_runner *runner = source->runner;
    bool was_trial = source->breaker.state == CVG_BREAKER_HALF_OPEN;
    set_why(source, reading);
    bool opened = cvg_breaker_failed(&source->breaker, now, &runner->random);
    if (opened || was_trial) {
        cvg_runner_at(runner, source->breaker.trial_at, CVG_DUE_TRIAL, source);
    }
    if (opened) {
        source->tell.position = 0;
        source->tell.source = source;
        source->tell.at_ns = now;
        cvg_runner_push(runner, &source->tell);
        tell_availability(source, false);
    }
}

static void source_answered(struct cvg_runner_source *source, int64_t now)
{
    if (cvg_breaker_succeeded(&source->breaker)) {
        cvg_runner_run_spread(source, NULL, now);
        tell_availability(source, true);
    }
}

static void judge_source(struct cvg_runner_source *source, const struct cvg_reading *reading,
                         int64_t now)
{
    bool bug = reading->fault == CVG_FAULT_BUG;
    source->failing = cvg_breaker_fault_counts(reading->fault);
    if (!source->runner->started) {
        return; /* somebody probes, and wants to see each fault */
    }
    /* A module's bug says nothing of the source, but it may not pass for a trial's success. */
    if (source->failing || (bug && source->breaker.state == CVG_BREAKER_HALF_OPEN)) {
        source_failed(source, reading, now);
    } else if (!bug) {
        source_answered(source, now);
    }
}

static enum cvg_run_result result_of(const struct cvg_reading *reading)
{
    if (reading->status == CVG_READY) {
        return CVG_RUN_READY;
    }
    if (reading->status != CVG_UNKNOWN) {
        return CVG_RUN_NOT_READY;
    }
    return reading->fault == CVG_FAULT_TIMEOUT ? CVG_RUN_TIMEOUT : CVG_RUN_UNKNOWN;
}

static void count(struct cvg_runner_source *source, const struct cvg_reading *reading, int64_t took)
{
    double seconds = (double)took / (double)CVG_SECOND;
    size_t bucket = 0;
    while (bucket < CVG_DURATION_BUCKETS && seconds > cvg_duration_bounds[bucket]) {
        bucket++;
    }
    source->buckets[bucket]++;
    source->seconds += seconds;
    source->runs[result_of(reading)]++;
}

/* The operator says which fact is the check's revision. */
static struct cvg_kept_reading *keep(const struct cvg_runner_check *check,
                                     const struct cvg_reading *reading, int64_t now)
{
    struct cvg_reading taken = *reading;
    if (check->config->revision) {
        taken.revision = cvg_reading_fact(reading, check->config->revision);
    }
    return cvg_reading_keep_asked(&taken, check->inputs, now);
}

static void completed(CVG_UNUSED void *ctx, struct cvg_check *instance, struct cvg_run *run,
                      const struct cvg_reading *reading)
{
    struct cvg_runner_check *check = cvg_check_owner(instance);
    struct cvg_runner *runner = check->source->runner;
    if (runner->closing) {
        return;
    }
    int64_t now = cvg_time_now();
    struct cvg_reading dated = *reading;
    if (dated.observed_at_ns == 0) {
        dated.observed_at_ns = check->round_ns;
    }
    struct cvg_kept_reading *kept = keep(check, &dated, now);
    /* From here on as kept: what broke the contract has become a ModuleFault. */
    const struct cvg_reading *taken = cvg_reading_get(kept);
    count(check->source, taken, now - cvg_run_started_at(run));
    judge_source(check->source, taken, now);
    remember_facts(check, kept, now);
    hand_up(check, kept);
    cvg_runner_arm(runner);
}

static void reported(CVG_UNUSED void *ctx, struct cvg_check *instance,
                     const struct cvg_reading *reading)
{
    struct cvg_runner_check *check = cvg_check_owner(instance);
    struct cvg_runner *runner = check->source->runner;
    if (runner->closing) {
        return;
    }
    if (check->config->discover) {
        cvg_runner_surveyed(check, reading);
        return;
    }
    int64_t now = cvg_time_now();
    struct cvg_kept_reading *kept = keep(check, reading, now);
    check->source->failing = cvg_breaker_fault_counts(cvg_reading_get(kept)->fault);
    remember_facts(check, kept, now);
    if (!cvg_runner_probe_waits(check, kept)) {
        hand_up(check, kept);
    }
    cvg_runner_arm(runner);
}

static void alive(CVG_UNUSED void *ctx, struct cvg_source *instance)
{
    struct cvg_runner *runner = ctx;
    if (runner->closing) {
        return;
    }
    struct cvg_runner_source *source = cvg_runner_source_with(runner, instance);
    int64_t now = cvg_time_now();
    for (size_t i = 0; source && i < source->check_count; i++) {
        struct cvg_runner_check *check = source->checks[i];
        if (!check->read) {
            continue;
        }
        if (check->latest_known) {
            check->known_at = now;
        }
        runner->events->alive(runner->ctx, check->environment, check->index, now);
    }
    if (source) {
        cvg_runner_survey_alive(source, now);
    }
}

static void exchanged(void *ctx, struct cvg_source *instance, const struct cvg_exchange *exchange)
{
    struct cvg_runner *runner = ctx;
    if (!runner->closing) {
        runner->events->exchanged(runner->ctx, cvg_source_config(instance)->name, exchange);
    }
}

const struct cvg_instance_events cvg_runner_instance_events = {
    .completed = completed,
    .reported = reported,
    .alive = alive,
    .woken = cvg_runner_woken,
    .found = cvg_runner_found,
    .exchanged = exchanged,
};
