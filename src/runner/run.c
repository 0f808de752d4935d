/* SPDX-License-Identifier: Apache-2.0 */
/* Starting runs: whether a check can be run now, with what inputs, and what is said where not. */
#include "base/buf.h"
#include "base/text.h"
#include "base/time.h"
#include "model/reason.h"
#include "runner/runner_inner.h"
#include "runner/schedule.h"
#include "sdk/siphash.h"

#include <string.h>

/* So many checks are asked whether they can make a trial. */
#define TRIAL_TRIES 64
/* When no check could make the trial that was due. */
#define TRIAL_AGAIN CVG_SECOND
/* Facts are short; where all of a check together are longer, the rest does not tell runs apart. */
#define FACTS_MOST  (256u * 1024)

/* Who asks, and as of when. */
struct asking {
    const struct cvg_runner_check *check;
    int64_t now;
    struct cvg_buf facts; /* all that were filled in */
};

static void done_asking(struct asking *asking)
{
    cvg_buf_done(&asking->facts);
}

static const struct cvg_runner_check *input_named(const struct cvg_runner_check *check,
                                                  const char *name)
{
    const struct cvg_runner *runner = check->source->runner;
    const struct cvg_runner_check *siblings = runner->environments[check->environment].checks;
    for (size_t i = 0; i < check->config->input_count; i++) {
        const struct cvg_runner_check *input = &siblings[check->config->inputs[i]];
        if (cvg_text_equal(input->config->name, name)) {
            return input;
        }
    }
    return NULL;
}

static int resolve(void *ctx, const char *name, const char *fact, struct cvg_buf *ret)
{
    struct asking *asking = ctx;
    const struct cvg_runner_check *input = input_named(asking->check, name);
    const struct cvg_reading *facts = input ? cvg_runner_facts(input, asking->now) : NULL;
    const char *text = facts ? cvg_reading_fact(facts, fact) : NULL;
    if (!text) {
        return -1;
    }
    cvg_buf_printf(&asking->facts, "%s.%s=%s\n", name, fact, text);
    return cvg_buf_puts(ret, text);
}

/* The same for the same facts, also after a restart; never 0. */
static uint64_t digest_of(const struct cvg_buf *facts)
{
    static const uint64_t key[2] = {0x636f6e7665726765, 0x66616374732f7631};
    uint64_t digest = cvg_siphash(key, cvg_buf_text(facts), facts->length);
    return digest ? digest : 1;
}

void cvg_runner_say_missing(struct cvg_runner_check *check, const char *missing, const char *why)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *message = missing ? cvg_format("%s is not known", missing) : cvg_strdup(why);
    cvg_runner_say(check, &(struct cvg_reading){
                              .size = sizeof(struct cvg_reading),
                              .status = CVG_UNKNOWN,
                              .fault = CVG_FAULT_INPUT,
                              .reason = cvg_reason_code(CVG_REASON_INPUT_MISSING),
                              .message = message,
                          });
}

bool cvg_runner_fill(struct cvg_runner_check *check, bool silent, struct cvg_runner_filled *ret)
{
    *ret = (struct cvg_runner_filled){0};
    if (check->config->input_count == 0) {
        return true;
    }
    CVG_CLEANUP(done_asking)
    struct asking asking = {
        .check = check, .now = cvg_time_now(), .facts = CVG_BUF_INIT(FACTS_MOST)};
    struct cvg_error error = {0};
    const char *missing = NULL;
    ret->arena = cvg_arena_new();
    ret->settings =
        cvg_config_resolve(check->config, resolve, &asking, ret->arena, &missing, &error);
    if (ret->settings) {
        ret->inputs = digest_of(&asking.facts);
        return true;
    }
    if (!silent) {
        cvg_runner_say_missing(check, missing, error.text);
    }
    cvg_arena_free(ret->arena);
    ret->arena = NULL;
    return false;
}

bool cvg_runner_holds(struct cvg_runner_check *check)
{
    const struct cvg_runner *runner = check->source->runner;
    const struct cvg_runner_check *siblings = runner->environments[check->environment].checks;
    bool unread = false;
    for (size_t i = 0; i < check->config->input_count; i++) {
        unread |= !siblings[check->config->inputs[i]].read;
    }
    if (!unread || check->read || check->held) {
        return false;
    }
    check->held = true;
    return true;
}

static void launch(struct cvg_runner_check *check, const struct cvg_runner_filled *prepared,
                   int64_t at_ns, int64_t at_wall_ns)
{
    int64_t now = cvg_time_now();
    check->started_at = now;
    check->round_ns = at_ns;
    check->inputs = prepared->inputs;
    struct cvg_run_inputs inputs = {
        .size = sizeof inputs,
        .config = prepared->settings,
        .round_wall_ns = at_wall_ns,
        .round_ns = at_ns,
        .deadline_ns = now + check->config->timeout_ns,
        .max_age_ns = check->config->max_age_written_ns,
    };
    cvg_run_start(check->instance, &inputs, prepared->arena);
}

void cvg_runner_run(struct cvg_runner_check *check, int64_t at_ns, int64_t at_wall_ns)
{
    struct cvg_runner_source *source = check->source;
    if (cvg_check_run(check->instance)) {
        source->runs[CVG_RUN_SKIPPED]++;
        return;
    }
    /* A trial is never left to a round: its check may lack inputs, and then nothing would come. */
    if (source->breaker.state != CVG_BREAKER_CLOSED) {
        source->runs[CVG_RUN_SKIPPED]++;
        cvg_runner_say_unavailable(check, at_ns);
        return;
    }
    struct cvg_runner_filled prepared;
    if (!cvg_runner_holds(check) && cvg_runner_fill(check, false, &prepared)) {
        launch(check, &prepared, at_ns, at_wall_ns);
    }
}

static void set_early(struct cvg_runner_check *check, int64_t at)
{
    check->early_at = at;
    cvg_runner_at(check->source->runner, at, CVG_DUE_CHECK, check);
}

void cvg_runner_run_at(struct cvg_runner_check *check, int64_t at)
{
    if (!check->config->polled && !cvg_runner_is_fed(check)) {
        return;
    }
    check->early_since = cvg_time_now();
    if (!check->early_at || at < check->early_at) {
        set_early(check, at);
    }
}

void cvg_runner_run_spread(struct cvg_runner_source *source,
                           bool (*wanted)(const struct cvg_runner_check *check), int64_t now)
{
    size_t count = 0;
    for (size_t i = 0; i < source->check_count; i++) {
        struct cvg_runner_check *check = source->checks[i];
        if (wanted && !wanted(check)) {
            continue;
        }
        size_t share = cvg_schedule_share(source->check_count, check->config->interval_ns);
        cvg_runner_run_at(check, now + (int64_t)(count++ / share) * CVG_SECOND);
    }
}

void cvg_runner_run_early(struct cvg_runner_check *check, int64_t now)
{
    check->early_at = 0;
    if (cvg_runner_is_fed(check)) {
        cvg_runner_feed(check, now);
        return;
    }
    if (check->started_at >= check->early_since) {
        return;
    }
    bool going = cvg_check_run(check->instance) != NULL;
    cvg_runner_run(check, now, cvg_time_wall()); /* where one is going, counts it as skipped */
    if (going) {
        set_early(check, now + CVG_RERUN_PAUSE);
    }
}

void cvg_runner_try(struct cvg_runner_source *source, int64_t now)
{
    struct cvg_breaker *breaker = &source->breaker;
    if (breaker->state != CVG_BREAKER_OPEN || now < breaker->trial_at) {
        return;
    }
    size_t tries = CVG_MIN(source->check_count, (size_t)TRIAL_TRIES);
    for (size_t i = 0; i < tries; i++) {
        struct cvg_runner_check *check = source->checks[source->trial_next++ % source->check_count];
        struct cvg_runner_filled prepared;
        if (!check->config->polled || cvg_check_run(check->instance) ||
            !cvg_runner_fill(check, true, &prepared)) {
            continue;
        }
        if (cvg_breaker_allows(breaker, now)) {
            launch(check, &prepared, now, cvg_time_wall());
        } else {
            cvg_arena_free(prepared.arena);
        }
        return;
    }
    cvg_runner_at(source->runner, now + TRIAL_AGAIN, CVG_DUE_TRIAL, source);
}

bool cvg_runner_force(struct cvg_runner_check *check)
{
    if (cvg_check_run(check->instance)) {
        return true;
    }
    struct cvg_runner_filled prepared;
    if (!cvg_runner_fill(check, false, &prepared)) {
        return false;
    }
    launch(check, &prepared, cvg_time_now(), cvg_time_wall());
    return true;
}

void cvg_runner_start_source(struct cvg_runner_source *source)
{
    if (!source->started) {
        source->started = true;
        cvg_source_start(source->instance);
        cvg_runner_feed_all(source);
    }
}
