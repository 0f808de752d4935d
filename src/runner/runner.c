/* SPDX-License-Identifier: Apache-2.0 */
/* Making a runner out of a configuration, starting it and taking it down. */
#include "runner/runner.h"

#include "base/time.h"
#include "runner/runner_inner.h"
#include "runner/schedule.h"

#include <assert.h>
#include <string.h>

struct cvg_runner *cvg_runner_new_bare(struct cvg_loop *loop, struct cvg_config *config,
                                       struct cvg_registry *registry,
                                       const struct cvg_runner_events *events, void *ctx)
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
    return runner;
}

bool cvg_runner_prepare(struct cvg_runner *runner, size_t budget,
                        struct cvg_diagnostics *diagnostics)
{
    if (!runner->checks) {
        cvg_runner_make_sources(runner, diagnostics);
        cvg_runner_make_surveys(runner, diagnostics);
        cvg_runner_list_checks(runner);
    }
    for (; runner->prepared < runner->check_count && budget > 0; budget--) {
        cvg_runner_make_check(runner, &runner->checks[runner->prepared++], diagnostics);
    }
    return runner->prepared < runner->check_count;
}

/* NOLINTNEXTLINE(readability-function-size): what it is made of, who listens, and two results */
int cvg_runner_new(struct cvg_loop *loop, struct cvg_config *config, struct cvg_registry *registry,
                   const struct cvg_runner_events *events, void *ctx,
                   struct cvg_diagnostics *diagnostics, struct cvg_runner **ret)
{
    struct cvg_runner *runner = cvg_runner_new_bare(loop, config, registry, events, ctx);
    size_t errors = diagnostics->errors;
    (void)cvg_runner_prepare(runner, SIZE_MAX, diagnostics);
    if (diagnostics->errors > errors || config->faulty) {
        cvg_runner_free(runner);
        return CVG_E_INVALID;
    }
    *ret = runner;
    return 0;
}

struct cvg_kinds cvg_runner_kinds(const struct cvg_runner *runner)
{
    return cvg_registry_kinds(runner->registry);
}

struct cvg_runner *cvg_runner_new_after(struct cvg_runner *before, struct cvg_config *config,
                                        const struct cvg_config_diff *diff)
{
    struct cvg_runner *runner =
        cvg_runner_new_bare(before->loop, config, before->registry, before->events, before->ctx);
    runner->before = before;
    runner->diff = diff;
    runner->closing = true; /* nothing is wanted of it until it takes over */
    return runner;
}

bool cvg_runner_refused(const struct cvg_runner *runner, size_t environment)
{
    return runner->environments[environment].refused;
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

/* The rounds that the same source had with that interval, by slot: they go on at their times, so
 * that reloading often does not keep anybody from being asked. */
static size_t grid_before(const struct cvg_runner_source *source, int64_t interval,
                          const struct cvg_round *const **ret)
{
    const struct cvg_runner *before = source->runner->before;
    size_t first = 0, count = 0;
    if (!before) {
        return 0;
    }
    while (first < before->round_count && (before->rounds[first]->source->heir != source ||
                                           before->rounds[first]->interval_ns != interval)) {
        first++;
    }
    while (first + count < before->round_count && before->rounds[first + count]->slot == count &&
           before->rounds[first + count]->source->heir == source) {
        count++;
    }
    *ret = (const struct cvg_round *const *)&before->rounds[first];
    return count;
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
    const struct cvg_round *const *old = NULL;
    size_t old_count = grid_before(source, interval, &old);
    if (old_count) {
        like.epoch = old[0]->epoch;
    }
    size_t first = runner->round_count;
    for (uint32_t slot = 0; slot <= last; slot++) {
        like.slot = slot;
        struct cvg_round *round = round_new(runner, &like);
        const struct cvg_round *same = slot < old_count ? old[slot] : NULL;
        int64_t from = old_count ? start : round->epoch - 1;
        round->next_at = same && !same->job.queued
                             ? same->next_at
                             : cvg_schedule_next(round->epoch, interval, slot, from);
        cvg_runner_at(runner, round->next_at, CVG_DUE_ROUND, round);
    }
    for (size_t i = 0; i < count; i++) {
        struct cvg_round *round = runner->rounds[first + items[i].slot];
        CVG_GROW(round->checks, round->count, round->capacity);
        round->checks[round->count++] = checks[i];
    }
}

void cvg_runner_make_rounds(struct cvg_runner *runner)
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
        source->first_round = runner->round_count;
        qsort(polled, count, sizeof *polled, by_interval);
        for (size_t from = 0, to = 1; from < count; from = to) {
            int64_t interval = polled[from]->config->interval_ns;
            for (to = from + 1; to < count && polled[to]->config->interval_ns == interval; to++) {
            }
            make_grid(source, &polled[from], to - from, now, before);
            before += to - from;
        }
        source->round_count = runner->round_count - source->first_round;
    }
}

void cvg_runner_start(struct cvg_runner *runner, uint64_t seed)
{
    runner->started = true;
    cvg_random_seed(&runner->random, seed);
    cvg_runner_make_rounds(runner);
    for (size_t i = 0; i < runner->made_count; i++) {
        cvg_runner_start_source(&runner->sources[runner->made[i]]);
    }
    cvg_runner_arm(runner);
}

/* ---- what was before a restart ---- */

void cvg_runner_restore_breaker(struct cvg_runner *runner, size_t source,
                                const struct cvg_breaker *saved, int64_t now)
{
    struct cvg_runner_source *restored = &runner->sources[source];
    assert(!runner->started);
    cvg_breaker_restore(&restored->breaker, saved, now);
    if (restored->breaker.state == CVG_BREAKER_CLOSED) {
        return;
    }
    free(restored->why);
    restored->why = cvg_strdup("it was unavailable before the restart, and was not tried since");
    cvg_runner_at(runner, restored->breaker.trial_at, CVG_DUE_TRIAL, restored);
}

const struct cvg_breaker *cvg_runner_breaker(const struct cvg_runner *runner, size_t source)
{
    return &runner->sources[source].breaker;
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
        cvg_reading_unref(runner->checks[i].not_synced);
        free(runner->checks[i].dependents);
    }
    cvg_runner_free_surveys(runner);
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

struct cvg_runner_source *cvg_runner_source_with(struct cvg_runner *runner,
                                                 const struct cvg_source *instance)
{
    for (size_t i = 0; i < runner->config->source_count; i++) {
        if (runner->sources[i].instance == instance) {
            return &runner->sources[i];
        }
    }
    return NULL;
}

/* ---- what others ask ---- */

void cvg_runner_hurry_source(struct cvg_runner_source *source, int64_t now)
{
    int64_t before = source->breaker.trial_at;
    int64_t at = cvg_breaker_hurry(&source->breaker, now);
    if (at < before) {
        cvg_runner_at(source->runner, at, CVG_DUE_TRIAL, source);
    }
}

void cvg_runner_hurry(struct cvg_runner *runner, size_t environment)
{
    int64_t now = cvg_time_now();
    const struct cvg_runner_environment *asked = &runner->environments[environment];
    for (size_t i = 0; i < asked->source_count; i++) {
        cvg_runner_hurry_source(asked->sources[i], now);
    }
    cvg_runner_arm(runner);
}

void cvg_runner_run_now(struct cvg_runner *runner, size_t environment, size_t check)
{
    cvg_runner_run_at(&runner->environments[environment].checks[check], cvg_time_now());
    cvg_runner_arm(runner);
}

bool cvg_runner_is_running(const struct cvg_runner *runner, size_t environment, size_t check)
{
    return cvg_check_run(runner->environments[environment].checks[check].instance) != NULL;
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
