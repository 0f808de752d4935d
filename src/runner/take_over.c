/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configuration takes over from another, in one turn: only pointers move here. What is to be
 * made was made before (make.c), and what is left over is freed later.
 *
 * Nothing that was wanted is lost on the way: rounds go on at their times, the rest of one that is
 * going on and runs out of turn become runs out of turn, an open breaker's trial stays due.
 */
#include "base/time.h"
#include "runner/runner_inner.h"

#include <string.h>

/* ---- sources ---- */

static struct cvg_runner_source *source_named(const struct cvg_runner *before, size_t hint,
                                              const char *name)
{
    size_t count = before->config->source_count;
    for (size_t i = 0; i < count; i++) {
        struct cvg_runner_source *source = &before->sources[(hint + i) % count];
        if (strcmp(source->config->name, name) == 0) {
            return source;
        }
    }
    return NULL;
}

/* Counters are by name, whatever has changed of the source. */
static void take_counters(struct cvg_runner_source *source, const struct cvg_runner_source *old)
{
    memcpy(source->runs, old->runs, sizeof source->runs);
    memcpy(source->buckets, old->buckets, sizeof source->buckets);
    source->seconds = old->seconds;
}

/* A trial that is under way may be that of a check that goes, and then nothing would come of it. */
static void take_breaker(struct cvg_runner_source *source, struct cvg_runner_source *old,
                         int64_t now)
{
    source->breaker = old->breaker;
    source->failing = old->failing;
    source->fault = old->fault;
    source->why = old->why;
    old->why = NULL;
    if (source->breaker.state == CVG_BREAKER_HALF_OPEN) {
        source->breaker.state = CVG_BREAKER_OPEN;
        source->breaker.trial_at = now;
    }
    if (source->breaker.state == CVG_BREAKER_OPEN) {
        cvg_runner_at(source->runner, source->breaker.trial_at, CVG_DUE_TRIAL, source);
    }
    if (old->tell.queued) {
        source->tell.source = source;
        source->tell.at_ns = old->tell.at_ns;
        cvg_runner_push(source->runner, &source->tell);
    }
}

static void take_source(struct cvg_runner_source *source, struct cvg_runner_source *old,
                        int64_t now)
{
    struct cvg_runner *runner = source->runner;
    source->module = old->module;
    source->instance = old->instance;
    source->started = old->started;
    source->trial_next = old->trial_next;
    old->instance = NULL;
    old->heir = source;
    cvg_source_adopt(source->instance, source->config, &runner->instance_events, runner);
    take_breaker(source, old, now);
    cvg_runner_wake_again(source, old, now);
}

static void take_sources(struct cvg_runner *runner, struct cvg_runner *before, int64_t now)
{
    for (size_t i = 0; i < runner->config->source_count; i++) {
        struct cvg_runner_source *source = &runner->sources[i];
        struct cvg_runner_source *old = source_named(before, i, source->config->name);
        if (!old) {
            continue;
        }
        take_counters(source, old);
        if (source->adopts) {
            take_source(source, old, now);
        }
    }
}

/* ---- checks ---- */

static void take_check(struct cvg_runner_check *check, struct cvg_runner_check *old)
{
    old->heir = check;
    /* Facts stay true where the source alone begins anew. */
    check->known = old->known;
    check->known_at = old->known_at;
    old->known = NULL;
    if (!check->source->adopts) {
        return;
    }
    check->instance = old->instance;
    check->taken = true;
    check->latest_known = old->latest_known;
    check->read = old->read;
    check->held = old->held;
    check->started_at = old->started_at;
    check->round_ns = old->round_ns;
    check->inputs = old->inputs;
    old->instance = NULL;
    cvg_check_adopt(check->instance, check->config, check);
    if (old->early_at) {
        cvg_runner_run_at(check, old->early_at);
        check->early_since = old->early_since;
    }
}

static bool is_new(const struct cvg_runner_check *check)
{
    return !check->taken;
}

static void take_checks(struct cvg_runner *runner)
{
    for (size_t i = 0; i < runner->check_count; i++) {
        struct cvg_runner_check *old = cvg_runner_same_check(runner, &runner->checks[i]);
        if (old) {
            take_check(&runner->checks[i], old);
        }
    }
}

/* ---- what was going on ---- */

static void take_jobs(const struct cvg_runner *before, int64_t now)
{
    for (const struct cvg_runner_job *job = before->first_job; job; job = job->next) {
        for (size_t i = job->position; job->round && i < job->round->count; i++) {
            struct cvg_runner_check *heir = job->round->checks[i]->heir;
            if (heir && heir->source->adopts) {
                cvg_runner_run_at(heir, now);
            }
        }
    }
}

void cvg_runner_take_over(struct cvg_runner *runner, struct cvg_runner *before)
{
    int64_t now = cvg_time_now();
    before->closing = true;
    cvg_scope_end(&before->scope);
    before->timer = NULL;
    runner->closing = false;
    runner->started = true;
    runner->random = before->random;
    take_sources(runner, before, now);
    take_checks(runner);
    cvg_runner_take_surveys(runner);
    take_jobs(before, now);
    cvg_runner_make_rounds(runner);
    for (size_t i = 0; i < runner->made_count; i++) {
        struct cvg_runner_source *source = &runner->sources[runner->made[i]];
        if (source->adopts) {
            cvg_runner_run_spread(source, is_new, now);
        }
        cvg_runner_start_source(source);
        cvg_runner_feed_all(source);
    }
    runner->before = NULL;
    runner->diff = NULL;
    cvg_runner_arm(runner);
}

bool cvg_runner_retire(struct cvg_runner *before, size_t budget)
{
    before->closing = true;
    for (; before->retired < before->check_count && budget > 0; budget--) {
        struct cvg_runner_check *check = &before->checks[before->retired++];
        cvg_check_free(check->instance);
        check->instance = NULL;
    }
    if (before->retired < before->check_count) {
        return true;
    }
    cvg_runner_free(before);
    return false;
}
