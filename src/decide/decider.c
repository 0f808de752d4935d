/* SPDX-License-Identifier: Apache-2.0 */
/* Wires runner, environments and board together: one timer publishes whatever is due. */
#include "decide/decider.h"

#include "base/time.h"
#include "decide/decider_inner.h"
#include "decide/discovery.h"
#include "decide/vitals_take.h"
#include "io/timer.h"

#include <stdio.h>

#define VITALS_EVERY        CVG_SECOND
#define LONGEST_TURN_WINDOW CVG_MINUTE
/* Checks whose environments are published in one turn of the loop, unless one has more. */
#define PUBLISH_CHECKS      2000

/* ---- publishing ---- */

void cvg_decider_publish(struct cvg_decider *decider, size_t environment, int64_t now)
{
    struct cvg_snapshot *snapshot =
        cvg_environment_snapshot(decider->now->environments[environment], now, cvg_time_wall(),
                                 cvg_random_next(&decider->random));

    if (cvg_chronicle_writes(decider->chronicle)) {
        struct cvg_snapshot *before =
            cvg_board_lookup(decider->board, decider->now->names[environment]);
        cvg_chronicle_published(decider->chronicle, before, snapshot);
        cvg_snapshot_unref(before);
    }
    cvg_board_publish(decider->board, environment, snapshot);
    decider->publications++;
}

/* Linear over the environments: fine for tens of thousands, each being one comparison. What does
 * not fit into this turn goes on in the next one, from where this one ended. */
void cvg_decider_publish_due(struct cvg_decider *decider, int64_t now)
{
    size_t count = decider->now->config->environment_count;
    size_t first = decider->publish_from, checks = 0;
    int64_t next = CVG_NEVER;

    for (size_t i = 0; i < count; i++) {
        size_t at = (first + i) % count;
        const struct cvg_environment *environment = decider->now->environments[at];
        if (cvg_environment_due(environment) <= now && checks < PUBLISH_CHECKS) {
            checks += decider->now->config->environments[at].check_count;
            cvg_decider_publish(decider, at, now);
            decider->publish_from = at + 1;
        }
        next = CVG_MIN(next, cvg_environment_due(environment));
    }
    cvg_decider_arm(decider, next <= now ? now + CVG_MS : next, now);
}

static void on_publish_timer(void *arg, struct cvg_op *op)
{
    struct cvg_decider *decider = arg;

    (void)op;
    decider->publish_timer = NULL;
    decider->publish_timer_at = CVG_NEVER;
    cvg_decider_publish_due(decider, cvg_time_now());
}

void cvg_decider_arm(struct cvg_decider *decider, int64_t at, int64_t now)
{
    if (at >= decider->publish_timer_at) {
        return;
    }
    if (decider->publish_timer) {
        cvg_op_cancel(decider->publish_timer);
    }
    decider->publish_timer_at = at;
    decider->publish_timer =
        cvg_timer_start(&decider->scope, CVG_MAX(at - now, 0), on_publish_timer, decider);
}

/* ---- from the runner ---- */

static void on_reading(void *ctx, size_t environment, size_t check,
                       struct cvg_kept_reading *reading)
{
    struct cvg_decider *decider = ctx;
    int64_t now = cvg_time_now();

    cvg_decider_outrun_read(decider, environment, check);
    cvg_environment_read(decider->now->environments[environment], check, reading, now);
    cvg_decider_arm(decider, cvg_environment_due(decider->now->environments[environment]), now);
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    struct cvg_decider *decider = ctx;
    int64_t now = cvg_time_now();

    cvg_environment_alive(decider->now->environments[environment], check, at, now);
    cvg_decider_arm(decider, cvg_environment_due(decider->now->environments[environment]), now);
}

static void on_availability(void *ctx, size_t source, bool available, const char *why)
{
    struct cvg_decider *decider = ctx;
    struct cvg_complaint *outage = &decider->outages[source];
    const struct cvg_config *config = decider->now->config;
    const char *name = config->sources[source].name;
    bool was_available = outage->count == 0;

    if (!available) {
        if (cvg_complaint_raise(outage, cvg_time_now())) {
            cvg_log(CVG_LOG_WARNING, "source unavailable", "source", name, "why", why, NULL);
        }
    } else if (cvg_complaint_clear(outage, NULL)) {
        cvg_log(CVG_LOG_INFO, "source available again", "source", name, NULL);
    }
    if (available != was_available) {
        cvg_chronicle_source(decider->chronicle, config, source, available, why, cvg_time_wall());
    }
}

/* ---- from the board ---- */

static void on_ask(void *ctx, struct cvg_ask *ask)
{
    struct cvg_decider *decider = ctx;
    size_t environment = cvg_generation_find(decider->now, ask->environment);

    ask->found = false; /* a reload may have taken it away since it was asked */
    if (environment != SIZE_MAX && !decider->stopping) {
        cvg_decider_answer(decider, environment, ask);
    } else {
        ask->done(ask);
    }
}

static void on_accept(void *ctx, struct cvg_accept *accept)
{
    struct cvg_decider *decider = ctx;

    if (decider->stopping) {
        accept->outcome = CVG_ACCEPT_UNAVAILABLE;
        accept->id[0] = '\0';
        (void)snprintf(accept->why, sizeof(accept->why), "the daemon stops");
        accept->done(accept);
    } else {
        cvg_decider_accept(decider, accept);
    }
}

static void on_reload(void *ctx, uint64_t ticket, const char *actor)
{
    struct cvg_decider *decider = ctx;

    if (!decider->stopping) {
        cvg_decider_reload(decider, ticket, actor);
    }
}

static void on_hurry(void *ctx, const char *environment)
{
    struct cvg_decider *decider = ctx;
    size_t number = cvg_generation_find(decider->now, environment);

    if (number != SIZE_MAX && !decider->stopping) {
        cvg_runner_hurry(decider->runner, number);
    }
}

/* ---- vitals and heartbeat ---- */

static void on_turn(void *arg)
{
    struct cvg_decider *decider = arg;

    cvg_board_beat(decider->board, cvg_time_now());
}

/* The longest turn of this window and the one before, so that a scrape misses none. */
static int64_t longest_turn(struct cvg_decider *decider, int64_t now)
{
    int64_t current = cvg_loop_longest_turn(decider->loop, false);
    int64_t longest = CVG_MAX(current, decider->window_longest_ns);

    if (now - decider->window_started >= LONGEST_TURN_WINDOW) {
        decider->window_longest_ns = cvg_loop_longest_turn(decider->loop, true);
        decider->window_started = now;
    }
    return longest;
}

/* This timer also keeps the loop turning, and so the heartbeat beating, when nothing happens. */
static void on_vitals_timer(void *arg, struct cvg_op *op)
{
    struct cvg_decider *decider = arg;
    int64_t now = cvg_time_now();
    struct cvg_vitals_input input = {
        .config = decider->now->config,
        .runner = decider->runner,
        .now = now,
        .started_at = decider->started_at,
        .longest_turn_ns = longest_turn(decider, now),
        .turns = cvg_loop_turns(decider->loop),
        .publications = decider->publications,
        .decisions = decider->now->counts,
        .decision_count = decider->now->count_count,
        .discovery = decider->discovery,
    };

    (void)op;
    cvg_board_publish_vitals(decider->board, cvg_vitals_take(&input));
    cvg_restart_save(decider->restart, decider->now, decider->runner, decider->board, now,
                     cvg_time_wall(), false);
    cvg_decider_look_at_store(decider);
    cvg_timer_start(&decider->scope, VITALS_EVERY, on_vitals_timer, decider);
}

/* ---- life ---- */

const struct cvg_runner_events cvg_decider_events = {
    .reading = on_reading,
    .alive = on_alive,
    .availability = on_availability,
    .found = cvg_decider_found,
    .surveyed = cvg_decider_surveyed,
};

int cvg_decider_new(struct cvg_loop *loop, struct cvg_config *config, struct cvg_registry *registry,
                    struct cvg_diagnostics *diagnostics, struct cvg_decider **ret)
{
    if (config->faulty) {
        struct cvg_runner *none = NULL;
        return cvg_runner_new(loop, config, registry, &cvg_decider_events, NULL, diagnostics,
                              &none);
    }
    struct cvg_decider *decider = CVG_NEW(struct cvg_decider);

    decider->loop = loop;
    decider->registry = registry;
    decider->memory = cvg_registry_memory(registry);
    decider->first = cvg_config_ref(config);
    decider->publish_timer_at = CVG_NEVER;
    decider->ledger = cvg_ledger_new();
    decider->outages = cvg_alloc_array(config->source_count + 1, sizeof(*decider->outages));
    cvg_scope_init(&decider->scope, loop, NULL, NULL, decider);
    int gates = cvg_generation_new(config, diagnostics, &decider->now);
    /* Both are tried, so that one run tells all that is wrong. */
    int checks = cvg_runner_new(loop, config, registry, &cvg_decider_events, decider, diagnostics,
                                &decider->runner);
    if (gates < 0 || checks < 0) {
        cvg_decider_free(decider);
        return CVG_E_INVALID;
    }
    decider->board = cvg_board_new(decider->now->names, config->environment_count);
    cvg_decider_bring_back_found(decider);
    *ret = decider;
    return 0;
}

/* Also before the start, so that whoever serves the board finds the store. */
static void staff(struct cvg_decider *decider)
{
    struct cvg_board_desk desk = {.ask = on_ask,
                                  .accept = on_accept,
                                  .hurry = on_hurry,
                                  .reload = on_reload,
                                  .ctx = decider,
                                  .loop = decider->loop,
                                  .store = decider->store};

    cvg_board_staff(decider->board, &desk);
}

void cvg_decider_keep(struct cvg_decider *decider, struct cvg_store *store)
{
    decider->store = store;
    cvg_decider_bring_back_found(decider);
    staff(decider);
}

void cvg_decider_start(struct cvg_decider *decider)
{
    int64_t now = cvg_time_now();
    uint64_t seed;

    cvg_random_bytes(&seed, sizeof(seed));
    cvg_random_seed(&decider->random, seed);
    decider->started_at = cvg_time_wall();
    decider->window_started = now;
    staff(decider);
    cvg_board_beat(decider->board, now);
    cvg_decider_start_keeping(decider, now);
    cvg_loop_on_turn(decider->loop, on_turn, decider);
    for (size_t i = 0; i < decider->now->config->environment_count; i++) {
        cvg_decider_publish(decider, i, now);
    }
    decider->loaded_at = decider->started_at;
    cvg_decider_tell_loaded(decider);
    on_vitals_timer(decider, NULL);
    cvg_runner_start(decider->runner, cvg_random_next(&decider->random));
    cvg_decider_publish_due(decider, now);
}

const struct cvg_config *cvg_decider_config(const struct cvg_decider *decider)
{
    return decider->now->config;
}

const struct cvg_config *cvg_decider_first_config(const struct cvg_decider *decider)
{
    return decider->first;
}

struct cvg_board *cvg_decider_board(struct cvg_decider *decider)
{
    return decider->board;
}

void cvg_decider_free(struct cvg_decider *decider)
{
    if (!decider) {
        return;
    }
    cvg_loop_on_turn(decider->loop, NULL, NULL);
    /* Nobody asks any more; what was asked before must not find a board that is gone. */
    decider->stopping = true;
    cvg_loop_run_posts(decider->loop);
    cvg_decider_stop_reloading(decider);
    cvg_decider_stop_keeping(decider, cvg_time_now());
    cvg_runner_free(decider->runner);
    cvg_scope_end(&decider->scope);
    cvg_decider_outruns_forget(decider);
    cvg_board_free(decider->board);
    cvg_generation_free(decider->now);
    cvg_restart_free(decider->restart);
    cvg_chronicle_free(decider->chronicle);
    cvg_ledger_free(decider->ledger);
    cvg_discovery_free(decider->discovery);
    cvg_config_unref(decider->first);
    free(decider->wanted_actor);
    free(decider->outages);
    free(decider);
}
