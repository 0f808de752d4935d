/* SPDX-License-Identifier: Apache-2.0 */
/* Making a runner out of a configuration, starting it and taking it down. */
#include "runner/runner.h"

#include "base/time.h"
#include "model/steady.h"
#include "runner/runner_inner.h"
#include "runner/schedule.h"

#include <assert.h>
#include <string.h>

static struct cvg_runner_source *source_of(struct cvg_runner *runner,
                                           const struct cvg_source_config *config)
{
    return &runner->sources[config - runner->config->sources];
}

/* ---- sources ---- */

static int make_source(struct cvg_runner *runner, struct cvg_runner_source *source,
                       struct cvg_diagnostics *diagnostics)
{
    const struct cvg_source_config *config = source->config;
    struct cvg_error error;
    if (config->faulty) {
        return CVG_E_INVALID; /* which was said */
    }
    source->module = cvg_registry_get(runner->registry, config->kind->name, &error);
    if (!source->module) {
        cvg_diagnostics_error(diagnostics, config->node, "source '%s': %s", config->name,
                              error.text);
        return CVG_E_INVALID;
    }
    struct cvg_source_setup setup = {
        .loop = runner->loop,
        .module = source->module,
        .config = config,
        .via = config->via ? source_of(runner, config->via)->instance : NULL,
        .memory = cvg_registry_memory(runner->registry),
        .events = &runner->instance_events,
        .ctx = runner,
    };
    int code = cvg_source_new(&setup, diagnostics, &source->instance);
    if (code == 0) {
        runner->made[runner->made_count++] = (size_t)(source - runner->sources);
    }
    return code;
}

/* A source comes after the one whose connection it uses: pass after pass, until nothing moves. */
static void make_sources(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics)
{
    size_t count = runner->config->source_count;
    CVG_CLEANUP(cvg_free_pointer) bool *tried = cvg_alloc_array(count, sizeof *tried);
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const struct cvg_source_config *via = runner->sources[i].config->via;
            if (tried[i] || (via && !source_of(runner, via)->instance)) {
                continue;
            }
            tried[i] = moved = true;
            (void)make_source(runner, &runner->sources[i], diagnostics);
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct cvg_source_config *config = runner->sources[i].config;
        if (!tried[i] && !runner->config->faulty) {
            cvg_diagnostics_error(diagnostics, cvg_node_at(config->node, "via"),
                                  "source '%s': the source that it goes through cannot be used",
                                  config->name);
        }
    }
}

/* ---- checks ---- */

static void note_source(struct cvg_runner_environment *environment,
                        struct cvg_runner_source *source)
{
    for (size_t i = 0; i < environment->source_count; i++) {
        if (environment->sources[i] == source) {
            return;
        }
    }
    CVG_GROW(environment->sources, environment->source_count, environment->source_capacity);
    environment->sources[environment->source_count++] = source;
}

static void make_check(struct cvg_runner *runner, struct cvg_runner_check *check,
                       struct cvg_diagnostics *diagnostics)
{
    const struct cvg_environment_config *environment =
        &runner->config->environments[check->environment];
    struct cvg_runner_source *source = check->source;
    if (check->config->faulty || !source || !source->instance) {
        return; /* which was said */
    }
    int64_t max_age = check->config->max_age_ns;
    check->max_age_ns =
        max_age != CVG_ABSENT_INT
            ? max_age
            : cvg_steady_default_max_age(check->config->polled, check->config->interval_ns,
                                         check->config->timeout_ns);
    if (!check->config->polled && check->config->input_count > 0) {
        cvg_diagnostics_error(diagnostics, check->config->node,
                              "check '%s': takes facts of other checks, which a streaming source "
                              "('%s') cannot do",
                              check->config->name, source->config->name);
        return;
    }
    if (cvg_check_new(source->instance, environment->name, check->config, check, diagnostics,
                      &check->instance) < 0) {
        return;
    }
    CVG_GROW(source->checks, source->check_count, source->check_capacity);
    source->checks[source->check_count++] = check;
    note_source(&runner->environments[check->environment], source);
}

static void note_dependents(struct cvg_runner_environment *environment,
                            struct cvg_runner_check *check)
{
    for (size_t i = 0; i < check->config->input_count; i++) {
        struct cvg_runner_check *input = &environment->checks[check->config->inputs[i]];
        CVG_GROW(input->dependents, input->dependent_count, input->dependent_capacity);
        input->dependents[input->dependent_count++] = check;
    }
}

static void make_checks(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics)
{
    const struct cvg_config *config = runner->config;
    for (size_t i = 0; i < config->environment_count; i++) {
        runner->check_count += config->environments[i].check_count;
    }
    runner->checks = cvg_alloc_array(runner->check_count, sizeof *runner->checks);
    struct cvg_runner_check *next = runner->checks;
    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        runner->environments[i].checks = next;
        for (size_t k = 0; k < environment->check_count; k++, next++) {
            next->config = &environment->checks[k];
            next->environment = (uint32_t)i;
            next->index = (uint32_t)k;
            next->source = next->config->source ? source_of(runner, next->config->source) : NULL;
            make_check(runner, next, diagnostics);
        }
        for (size_t k = 0; k < environment->check_count; k++) {
            note_dependents(&runner->environments[i], &runner->environments[i].checks[k]);
        }
    }
}

/* NOLINTNEXTLINE(readability-function-size): what it is made of, who listens, and two results */
int cvg_runner_new(struct cvg_loop *loop, struct cvg_config *config, struct cvg_registry *registry,
                   const struct cvg_runner_events *events, void *ctx,
                   struct cvg_diagnostics *diagnostics, struct cvg_runner **ret)
{
    static const struct cvg_scope_hooks no_hooks = {0};
    struct cvg_runner *runner = CVG_NEW(struct cvg_runner);
    runner->loop = loop;
    runner->config = cvg_config_ref(config);
    runner->registry = registry;
    runner->events = events;
    runner->ctx = ctx;
    runner->instance_events = cvg_runner_instance_events;
    if (!events->exchanged) {
        runner->instance_events.exchanged = NULL;
    }
    cvg_scope_init(&runner->scope, loop, NULL, &no_hooks, runner);
    runner->sources = cvg_alloc_array(config->source_count, sizeof *runner->sources);
    runner->made = cvg_alloc_array(config->source_count, sizeof *runner->made);
    runner->environments = cvg_alloc_array(config->environment_count, sizeof *runner->environments);
    for (size_t i = 0; i < config->source_count; i++) {
        runner->sources[i].runner = runner;
        runner->sources[i].config = &config->sources[i];
    }
    size_t errors = diagnostics->errors;
    make_sources(runner, diagnostics);
    make_checks(runner, diagnostics);
    if (diagnostics->errors > errors || config->faulty) {
        cvg_runner_free(runner);
        return CVG_E_INVALID;
    }
    *ret = runner;
    return 0;
}

/* ---- rounds ---- */

static int by_interval(const void *a, const void *b)
{
    const struct cvg_runner_check *left = *(struct cvg_runner_check *const *)a;
    const struct cvg_runner_check *right = *(struct cvg_runner_check *const *)b;
    if (left->config->interval_ns != right->config->interval_ns) {
        return left->config->interval_ns < right->config->interval_ns ? -1 : 1;
    }
    return left < right ? -1 : left > right; /* both in runner->checks */
}

static struct cvg_round *round_new(struct cvg_runner *runner, const struct cvg_round *like)
{
    struct cvg_round *round = CVG_NEW(struct cvg_round);
    *round = *like;
    CVG_GROW(runner->rounds, runner->round_count, runner->round_capacity);
    runner->rounds[runner->round_count++] = round;
    return round;
}

/* Checks of one source with one interval. before: checks of the grids before this one. */
static void make_grid(struct cvg_runner_source *source, struct cvg_runner_check **checks,
                      size_t count, int64_t start, size_t before)
{
    struct cvg_runner *runner = source->runner;
    int64_t interval = checks[0]->config->interval_ns;
    CVG_CLEANUP(cvg_free_pointer)
    struct cvg_schedule_item *items = cvg_alloc_array(count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i].group = cvg_check_group(checks[i]->instance);
    }
    cvg_schedule_assign(items, count, interval);
    uint32_t last = 0;
    for (size_t i = 0; i < count; i++) {
        last = CVG_MAX(last, items[i].slot);
    }
    struct cvg_round like = {
        .source = source,
        .epoch = cvg_schedule_epoch(start, interval, before),
        .interval_ns = interval,
    };
    size_t first = runner->round_count;
    for (uint32_t slot = 0; slot <= last; slot++) {
        like.slot = slot;
        struct cvg_round *round = round_new(runner, &like);
        int64_t at = cvg_schedule_next(round->epoch, interval, slot, round->epoch - 1);
        cvg_runner_at(runner, at, CVG_DUE_ROUND, round);
    }
    for (size_t i = 0; i < count; i++) {
        struct cvg_round *round = runner->rounds[first + items[i].slot];
        CVG_GROW(round->checks, round->count, round->capacity);
        round->checks[round->count++] = checks[i];
    }
}

static void make_rounds(struct cvg_runner *runner)
{
    int64_t now = cvg_time_now();
    size_t before = 0;
    CVG_CLEANUP(cvg_free_pointer)
    struct cvg_runner_check **polled = cvg_alloc_array(runner->check_count, sizeof *polled);
    for (size_t s = 0; s < runner->config->source_count; s++) {
        struct cvg_runner_source *source = &runner->sources[s];
        size_t count = 0;
        for (size_t i = 0; i < source->check_count; i++) {
            if (source->checks[i]->config->polled) {
                polled[count++] = source->checks[i];
            }
        }
        if (count == 0) {
            continue;
        }
        qsort(polled, count, sizeof *polled, by_interval);
        for (size_t from = 0, to = 1; from < count; from = to) {
            int64_t interval = polled[from]->config->interval_ns;
            for (to = from + 1; to < count && polled[to]->config->interval_ns == interval; to++) {
            }
            make_grid(source, &polled[from], to - from, now, before);
            before += to - from;
        }
    }
}

void cvg_runner_start(struct cvg_runner *runner, uint64_t seed)
{
    runner->started = true;
    cvg_random_seed(&runner->random, seed);
    make_rounds(runner);
    for (size_t i = 0; i < runner->made_count; i++) {
        cvg_runner_start_source(&runner->sources[runner->made[i]]);
    }
    cvg_runner_arm(runner);
}

/* ---- the end ---- */

static void free_sources(struct cvg_runner *runner)
{
    /* Who lends a connection was made before those that use it, and goes after them. */
    for (size_t i = runner->made_count; i-- > 0;) {
        cvg_source_free(runner->sources[runner->made[i]].instance);
    }
    for (size_t i = 0; i < runner->config->source_count; i++) {
        struct cvg_runner_source *source = &runner->sources[i];
        cvg_reading_unref(source->unavailable);
        free(source->checks);
        free(source->why);
    }
    free(runner->sources);
    free(runner->made);
}

void cvg_runner_free(struct cvg_runner *runner)
{
    if (!runner) {
        return;
    }
    assert(!runner->in_turn);
    runner->closing = true;
    cvg_scope_end(&runner->scope);
    for (size_t i = 0; i < runner->check_count; i++) {
        cvg_check_free(runner->checks[i].instance);
        cvg_reading_unref(runner->checks[i].known);
        free(runner->checks[i].dependents);
    }
    free_sources(runner);
    for (size_t i = 0; i < runner->round_count; i++) {
        free(runner->rounds[i]->checks);
        free(runner->rounds[i]);
    }
    for (size_t i = 0; i < runner->config->environment_count; i++) {
        free(runner->environments[i].sources);
    }
    free(runner->environments);
    free(runner->checks);
    free(runner->rounds);
    free(runner->probing);
    cvg_due_done(&runner->due);
    cvg_config_unref(runner->config);
    free(runner);
}

/* ---- what others ask ---- */

void cvg_runner_hurry(struct cvg_runner *runner, size_t environment)
{
    int64_t now = cvg_time_now();
    const struct cvg_runner_environment *asked = &runner->environments[environment];
    for (size_t i = 0; i < asked->source_count; i++) {
        struct cvg_runner_source *source = asked->sources[i];
        int64_t before = source->breaker.trial_at;
        int64_t at = cvg_breaker_hurry(&source->breaker, now);
        if (at < before) {
            cvg_runner_at(runner, at, CVG_DUE_TRIAL, source);
        }
    }
    cvg_runner_arm(runner);
}

size_t cvg_runner_source_count(const struct cvg_runner *runner)
{
    return runner->config->source_count;
}

void cvg_runner_source_stats(const struct cvg_runner *runner, size_t source,
                             struct cvg_source_stats *ret)
{
    const struct cvg_runner_source *from = &runner->sources[source];
    struct cvg_lane *lane = cvg_source_lane(from->instance);
    struct cvg_callback_stats callbacks = cvg_source_callbacks(from->instance);
    *ret = (struct cvg_source_stats){
        .name = from->config->name,
        .type = from->config->kind->name,
        .up = from->breaker.state == CVG_BREAKER_CLOSED && !from->failing,
        .breaker = from->breaker.state,
        .seconds = from->seconds,
        .callbacks_over_budget = callbacks.over_budget,
        .contract_faults = callbacks.contract_faults,
    };
    memcpy(ret->runs, from->runs, sizeof ret->runs);
    memcpy(ret->buckets, from->buckets, sizeof ret->buckets);
    /* A borrowed connection is counted where it belongs. */
    if (lane && !from->config->via) {
        ret->lane = cvg_lane_stats(lane);
    }
}
