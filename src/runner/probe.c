/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one check once, on a runner that was not started: first the checks that it takes facts
 * from, and theirs. A stream is given its check's timeout, or the runner's patience, to report. That it
 * is still reading for the first time (CVG_NOT_SYNCED) is its answer only when the time is up.
 *
 *   none -> waiting (for its inputs) -> running -> done
 */
#include "base/time.h"
#include "model/reason.h"
#include "runner/runner_inner.h"

#include <string.h>

static void mark(struct cvg_runner *runner, struct cvg_runner_check *check)
{
    if (check->probe == CVG_PROBE_WAITING || check->probe == CVG_PROBE_RUNNING) {
        return;
    }
    check->probe = CVG_PROBE_WAITING;
    CVG_GROW(runner->probing, runner->probing_count, runner->probing_capacity);
    runner->probing[runner->probing_count++] = check;
}

void cvg_runner_probe_patience(struct cvg_runner *runner, int64_t patience_ns)
{
    runner->patience_ns = patience_ns;
}

static struct cvg_runner_check *input_of(const struct cvg_runner_check *check, size_t number)
{
    const struct cvg_runner *runner = check->source->runner;
    return &runner->environments[check->environment].checks[check->config->inputs[number]];
}

void cvg_runner_probe(struct cvg_runner *runner, size_t environment, size_t check)
{
    size_t next = runner->probing_count;
    mark(runner, &runner->environments[environment].checks[check]);
    for (; next < runner->probing_count; next++) {
        struct cvg_runner_check *marked = runner->probing[next];
        for (size_t i = 0; i < marked->config->input_count; i++) {
            mark(runner, input_of(marked, i));
        }
    }
    cvg_runner_at(runner, cvg_time_now(), CVG_DUE_PROBE, NULL);
    cvg_runner_arm(runner);
}

static bool inputs_done(const struct cvg_runner_check *check)
{
    for (size_t i = 0; i < check->config->input_count; i++) {
        if (input_of(check, i)->probe != CVG_PROBE_DONE) {
            return false;
        }
    }
    return true;
}

static void start(struct cvg_runner_check *check)
{
    struct cvg_runner *runner = check->source->runner;
    check->probe = CVG_PROBE_RUNNING;
    if (!check->config->polled) {
        int64_t patience = runner->patience_ns ? runner->patience_ns : check->config->timeout_ns;
        cvg_runner_at(runner, cvg_time_now() + patience, CVG_DUE_GIVE_UP, check);
    }
    cvg_runner_start_source(check->source);
    if (cvg_runner_is_fed(check)) {
        cvg_runner_feed(check, cvg_time_now());
    } else if (check->config->polled) {
        /* Where inputs are missing that is its reading, and it is done. */
        (void)cvg_runner_force(check);
    }
}

void cvg_runner_probe_advance(struct cvg_runner *runner)
{
    size_t left = 0;
    for (size_t i = 0; i < runner->probing_count; i++) {
        struct cvg_runner_check *check = runner->probing[i];
        if (check->probe == CVG_PROBE_WAITING && inputs_done(check)) {
            start(check);
        }
        if (check->probe != CVG_PROBE_DONE) {
            runner->probing[left++] = check;
        }
    }
    runner->probing_count = left;
}

void cvg_runner_probe_read(struct cvg_runner_check *check)
{
    if (check->probe == CVG_PROBE_RUNNING) {
        check->probe = CVG_PROBE_DONE;
        cvg_reading_unref(check->not_synced);
        check->not_synced = NULL;
        cvg_runner_at(check->source->runner, cvg_time_now(), CVG_DUE_PROBE, NULL);
    }
}

bool cvg_runner_probe_waits(struct cvg_runner_check *check, struct cvg_kept_reading *kept)
{
    const struct cvg_reading *reading = cvg_reading_get(kept);
    if (check->probe != CVG_PROBE_RUNNING || check->config->polled ||
        reading->status != CVG_UNKNOWN || strcmp(reading->reason, CVG_NOT_SYNCED) != 0) {
        return false;
    }
    cvg_reading_unref(check->not_synced);
    check->not_synced = kept;
    return true;
}

void cvg_runner_probe_give_up(struct cvg_runner_check *check)
{
    if (check->probe == CVG_PROBE_RUNNING && check->not_synced) {
        struct cvg_kept_reading *kept = cvg_reading_ref(check->not_synced);
        cvg_runner_say(check, cvg_reading_get(kept));
        cvg_reading_unref(kept);
    } else if (check->probe == CVG_PROBE_RUNNING) {
        cvg_runner_say(check, &(struct cvg_reading){
                                  .size = sizeof(struct cvg_reading),
                                  .status = CVG_UNKNOWN,
                                  .fault = CVG_FAULT_TIMEOUT,
                                  .reason = cvg_reason_code(CVG_REASON_TIMED_OUT),
                                  .message = "the stream reported nothing in time",
                              });
    }
}
