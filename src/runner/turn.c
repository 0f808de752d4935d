/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens in a turn: everything that is due, but at most so many checks, so that verdicts and
 * requests are never kept waiting by a large round. The rest follows in the next turns, as of the
 * same instant. One timer waits for what is due first.
 */
#include "base/time.h"
#include "io/timer.h"
#include "runner/runner_inner.h"
#include "runner/schedule.h"

#define TURN_CHECKS 256
#define ROUND_LATE  (100 * CVG_MS)
/* A timer of no time at all would fire in this very turn of the loop, before anybody else is heard. */
#define NEXT_TURN   CVG_MS

void cvg_runner_at(struct cvg_runner *runner, int64_t at, enum cvg_due_kind kind, void *subject)
{
    cvg_due_add(&runner->due, at, kind, subject);
}

void cvg_runner_push(struct cvg_runner *runner, struct cvg_runner_job *job)
{
    if (job->queued) {
        return;
    }
    job->queued = true;
    job->next = NULL;
    if (runner->last_job) {
        runner->last_job->next = job;
    } else {
        runner->first_job = job;
    }
    runner->last_job = job;
}

static void pop_job(struct cvg_runner *runner)
{
    struct cvg_runner_job *job = runner->first_job;
    runner->first_job = job->next;
    if (!runner->first_job) {
        runner->last_job = NULL;
    }
    job->queued = false;
}

/* The instant of a round is the one it was due at, so that the times between rounds are exactly
 * the interval and a rise of three intervals is not missed by a millisecond. One that comes late
 * (the loop was held up) is of the time it comes at. */
static void begin_round(struct cvg_round *round, int64_t due_at, int64_t now)
{
    int64_t at = now - due_at < ROUND_LATE ? due_at : now;
    round->job = (struct cvg_runner_job){
        .round = round,
        .at_ns = at,
        .at_wall_ns = cvg_time_wall() - (now - at),
    };
    cvg_runner_push(round->source->runner, &round->job);
}

/* False: the budget is spent; the thing stays due. */
static bool do_due(struct cvg_runner *runner, int64_t now, size_t *budget)
{
    struct cvg_due due;
    if (*budget == 0 || !cvg_due_take(&runner->due, now, &due)) {
        return false;
    }
    struct cvg_runner_check *check = due.subject;
    switch ((enum cvg_due_kind)due.kind) {
    case CVG_DUE_ROUND:
        begin_round(due.subject, due.at, now);
        break;
    case CVG_DUE_CHECK:
        /* Another time: it was brought forward, and ran. */
        if (check->early_at == due.at) {
            cvg_runner_run_early(check, now);
            (*budget)--;
        }
        break;
    case CVG_DUE_TRIAL:
        cvg_runner_try(due.subject, now);
        (*budget)--;
        break;
    case CVG_DUE_WAKE:
        cvg_runner_wake(due.subject, now);
        break;
    case CVG_DUE_WOKEN:
        cvg_runner_wake_round(due.subject, now);
        break;
    case CVG_DUE_PROBE:
        cvg_runner_probe_advance(runner);
        break;
    case CVG_DUE_GIVE_UP:
        cvg_runner_probe_give_up(check);
        break;
    }
    return true;
}

static void do_jobs(struct cvg_runner *runner, size_t *budget)
{
    while (runner->first_job && *budget > 0) {
        struct cvg_runner_job *job = runner->first_job;
        struct cvg_round *round = job->round;
        size_t count = round ? round->count : job->source->check_count;
        if (job->position < count) {
            size_t position = job->position++;
            (*budget)--;
            if (round && job->woken) {
                cvg_runner_wake_check(round->checks[position], job);
            } else if (round) {
                cvg_runner_run(round->checks[position], job->at_ns, job->at_wall_ns);
            } else {
                cvg_runner_say_unavailable(job->source->checks[position], job->at_ns);
            }
            continue;
        }
        pop_job(runner);
        if (round && !job->woken) {
            /* From now, not from the round's time: what was missed is not made up for. */
            round->next_at = cvg_schedule_next(round->epoch, round->interval_ns, round->slot,
                                               CVG_MAX(job->at_ns, cvg_time_now()));
            cvg_runner_at(runner, round->next_at, CVG_DUE_ROUND, round);
        }
    }
}

static void on_timer(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_runner *runner = arg;
    runner->timer = NULL;
    runner->in_turn = true;
    int64_t now = cvg_time_now();
    /* Rounds that have begun go on, however much is due. */
    size_t reserved = runner->first_job ? TURN_CHECKS / 2 : 0;
    size_t budget = TURN_CHECKS - reserved;
    while (do_due(runner, now, &budget)) {
    }
    budget += reserved;
    do_jobs(runner, &budget);
    runner->in_turn = false;
    cvg_runner_arm(runner);
}

void cvg_runner_arm(struct cvg_runner *runner)
{
    if (runner->in_turn || runner->closing) {
        return;
    }
    int64_t now = cvg_time_now();
    int64_t soonest = now + NEXT_TURN;
    int64_t first = runner->first_job ? soonest : CVG_MAX(cvg_due_first(&runner->due), soonest);
    if (first == CVG_NEVER || (runner->timer && runner->timer_at <= first)) {
        return;
    }
    cvg_op_cancel(runner->timer);
    runner->timer_at = first;
    runner->timer = cvg_timer_start(&runner->scope, first - now, on_timer, runner);
}
