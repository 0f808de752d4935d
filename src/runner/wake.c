/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module was told that something changed (host->wake) and wants its source asked at once. That is
 * a round out of turn for each of the source's rounds: one instant for all of its checks, and as many
 * in a second as ever, the first at once. Times of the schedule stay as they are; a run that began
 * after the latest word is not repeated, one that began before is.
 *
 *   woken -> due, at the earliest CVG_WAKE_PAUSE after the last time -> its rounds, a second apart
 *
 * While the breaker is open nothing is asked: the trial is brought forward, and what closes it asks
 * all. While a trial goes on, which may have begun too early to see the change, the word is put off.
 */
#include "base/time.h"
#include "io/scope.h"
#include "runner/runner_inner.h"

/* A file that is written all the time must not make its checks run all the time. */
#define WAKE_PAUSE (250 * CVG_MS)

static void set_wake(struct cvg_runner_source *source, int64_t at)
{
    source->wake_at = at;
    cvg_runner_at(source->runner, at, CVG_DUE_WAKE, source);
}

void cvg_runner_woken(void *ctx, struct cvg_source *instance)
{
    struct cvg_runner *runner = ctx;
    /* Who probes asks once, and asks itself. */
    struct cvg_runner_source *source =
        runner->started && !runner->closing ? cvg_runner_source_with(runner, instance) : NULL;
    if (!source) {
        return;
    }
    int64_t now = cvg_time_now();
    source->wake_since = now;
    if (!source->wake_at) {
        set_wake(source, CVG_MAX(now, source->wake_done + WAKE_PAUSE));
        cvg_runner_arm(runner);
    }
}

/* A round that comes anyhow, as early, need not be woken. */
static bool comes_by(const struct cvg_round *round, int64_t now, int64_t at)
{
    return !round->job.queued && round->next_at > now && round->next_at <= at;
}

static void wake_rounds(struct cvg_runner_source *source, int64_t now)
{
    struct cvg_runner *runner = source->runner;
    for (size_t i = 0; i < source->round_count; i++) {
        struct cvg_round *round = runner->rounds[source->first_round + i];
        int64_t at = now + (int64_t)i * CVG_SECOND;
        if (round->woken_at || comes_by(round, now, at)) {
            continue;
        }
        round->woken_at = at;
        cvg_runner_at(runner, at, CVG_DUE_WOKEN, round);
    }
}

void cvg_runner_wake(struct cvg_runner_source *source, int64_t now)
{
    source->wake_at = 0;
    source->wake_done = now;
    switch (source->breaker.state) {
    case CVG_BREAKER_CLOSED:
        wake_rounds(source, now);
        break;
    case CVG_BREAKER_OPEN:
        cvg_runner_hurry_source(source, now);
        break;
    case CVG_BREAKER_HALF_OPEN:
        set_wake(source, now + WAKE_PAUSE);
        break;
    }
}

void cvg_runner_wake_round(struct cvg_round *round, int64_t now)
{
    struct cvg_runner *runner = round->source->runner;
    if (round->woken.queued) {
        round->woken_at = now + WAKE_PAUSE;
        cvg_runner_at(runner, round->woken_at, CVG_DUE_WOKEN, round);
        return;
    }
    round->woken_at = 0;
    round->woken = (struct cvg_runner_job){
        .round = round,
        .at_ns = now,
        .at_wall_ns = cvg_time_wall(),
        .woken = true,
    };
    cvg_runner_push(runner, &round->woken);
}

void cvg_runner_wake_check(struct cvg_runner_check *check, const struct cvg_runner_job *job)
{
    if (check->started_at >= check->source->wake_since) {
        return;
    }
    if (cvg_check_run(check->instance)) {
        cvg_runner_run_at(check, cvg_time_now() + WAKE_PAUSE);
        return;
    }
    cvg_runner_run(check, job->at_ns, job->at_wall_ns);
}

static bool is_pending(const struct cvg_runner_source *source)
{
    bool pending = source->wake_at != 0;
    for (size_t i = 0; i < source->round_count; i++) {
        pending |= source->runner->rounds[source->first_round + i]->woken_at != 0;
    }
    return pending;
}

void cvg_runner_wake_again(struct cvg_runner_source *source, const struct cvg_runner_source *old,
                           int64_t now)
{
    source->wake_since = old->wake_since;
    source->wake_done = old->wake_done;
    if (is_pending(old)) {
        set_wake(source, now);
    }
}
