/* SPDX-License-Identifier: Apache-2.0 */
/* Wires runner, environments and board together: one timer publishes whatever is due. */
#include "decide/decider.h"

#include "base/log.h"
#include "base/random.h"
#include "base/time.h"
#include "decide/environment.h"
#include "decide/ledger.h"
#include "decide/vitals_take.h"
#include "io/timer.h"
#include "runner/runner.h"
#include "wire/decision.h"

#include <string.h>

#define VITALS_EVERY        CVG_SECOND
#define LONGEST_TURN_WINDOW CVG_MINUTE
/* A recorded decision is judged on a snapshot that is no older than this. */
#define ASK_FRESH           (100 * CVG_MS)

struct cvg_decider {
    struct cvg_loop *loop;
    struct cvg_config *config;             /* a reference */
    struct cvg_runner *runner;             /* owned */
    struct cvg_board *board;               /* owned */
    const char **names;                    /* owned; the board looks environments up in it */
    struct cvg_environment **environments; /* owned, config->environment_count of them */
    struct cvg_ledger *ledger;             /* owned */
    struct cvg_decision_count *counts;     /* owned; one for each gate, by environment */
    size_t *first_count;                   /* owned; where an environment's counts begin */
    size_t count_count;
    struct cvg_scope scope; /* of the timers */
    struct cvg_op *publish_timer;
    int64_t publish_timer_at; /* CVG_NEVER: none is set */
    struct cvg_random random;
    int64_t started_at; /* wall */
    int64_t window_started, window_longest_ns;
    uint64_t publications;
};

/* ---- publishing ---- */

static void publish(struct cvg_decider *decider, size_t index, int64_t now)
{
    struct cvg_snapshot *snapshot = cvg_environment_snapshot(
        decider->environments[index], now, cvg_time_wall(), cvg_random_next(&decider->random));

    cvg_board_publish(decider->board, index, snapshot);
    decider->publications++;
}

static void arm(struct cvg_decider *decider, int64_t at, int64_t now);

/* Linear over the environments: fine for tens of thousands, each being one comparison. */
static void publish_due(struct cvg_decider *decider, int64_t now)
{
    int64_t next = CVG_NEVER;

    for (size_t i = 0; i < decider->config->environment_count; i++) {
        if (cvg_environment_due(decider->environments[i]) <= now) {
            publish(decider, i, now);
        }
        next = CVG_MIN(next, cvg_environment_due(decider->environments[i]));
    }
    arm(decider, next, now);
}

static void on_publish_timer(void *arg, struct cvg_op *op)
{
    struct cvg_decider *decider = arg;

    (void)op;
    decider->publish_timer = NULL;
    decider->publish_timer_at = CVG_NEVER;
    publish_due(decider, cvg_time_now());
}

static void arm(struct cvg_decider *decider, int64_t at, int64_t now)
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

    cvg_environment_read(decider->environments[environment], check, reading, now);
    arm(decider, cvg_environment_due(decider->environments[environment]), now);
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    struct cvg_decider *decider = ctx;
    int64_t now = cvg_time_now();

    cvg_environment_alive(decider->environments[environment], check, at, now);
    arm(decider, cvg_environment_due(decider->environments[environment]), now);
}

/* ---- from the board ---- */

/* The number of an environment of that name; SIZE_MAX: there is none. */
static size_t find(const struct cvg_decider *decider, const char *name)
{
    size_t low = 0, high = decider->config->environment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, decider->config->environments[middle].name);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return SIZE_MAX;
}

static void record(struct cvg_decider *decider, size_t environment,
                   const struct cvg_snapshot *snapshot, const struct cvg_snapshot_gate *gate,
                   struct cvg_ask *ask, const struct cvg_decision *decision)
{
    char id[CVG_LEDGER_ID];
    struct cvg_wire_decision document = {
        .id = id,
        .environment = snapshot->environment,
        .gate = gate->policy->name,
        .subject = &ask->subject,
        .decision = decision,
        .wall_offset = snapshot->wall_offset,
    };

    struct cvg_ledger_question question = {
        .environment = snapshot->environment,
        .gate = gate->policy->name,
        .subject = &ask->subject,
    };
    if (cvg_ledger_record(decider->ledger, &question, decision,
                          decision->decided_at + snapshot->wall_offset, id)) {
        size_t count = decider->first_count[environment] + (size_t)(gate - snapshot->gates);
        decider->counts[count].verdicts[decision->verdict]++;
        cvg_log(CVG_LOG_INFO, "decision", "environment", snapshot->environment, "gate",
                gate->policy->name, "verdict", cvg_verdict_text(decision->verdict), "asked_by",
                ask->asked_by, "app", ask->subject.app, "revision", ask->subject.revision, "id", id, "summary",
                decision->summary, NULL);
    }
    ask->verdict = decision->verdict;
    ask->unknown = decision->unknown;
    ask->retry_after_s = decision->retry_after_s;
    cvg_wire_decision_write(&document, &ask->body);
}

/* The state of an environment for a decision that is recorded. */
static struct cvg_snapshot *fresh_snapshot(struct cvg_decider *decider, size_t environment,
                                           int64_t now)
{
    const char *name = decider->config->environments[environment].name;
    struct cvg_snapshot *snapshot = cvg_board_lookup(decider->board, name);

    if (now - snapshot->decided_at > ASK_FRESH ||
        cvg_environment_due(decider->environments[environment]) < now + CVG_PUBLISH_CHANGE) {
        cvg_snapshot_unref(snapshot);
        publish(decider, environment, now);
        arm(decider, cvg_environment_due(decider->environments[environment]), now);
        snapshot = cvg_board_lookup(decider->board, name);
    }
    return snapshot;
}

static void answer(struct cvg_decider *decider, size_t environment, struct cvg_ask *ask)
{
    int64_t now = cvg_time_now();
    struct cvg_snapshot *snapshot = fresh_snapshot(decider, environment, now);
    struct cvg_snapshot_gate *gate = cvg_snapshot_gate(snapshot, ask->gate);

    ask->found = gate != NULL;
    if (gate) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_decision decision;
        cvg_gate_judge(&snapshot->readiness, gate->policy, &ask->subject, now,
                       cvg_random_next(&decider->random), arena, &decision);
        record(decider, environment, snapshot, gate, ask, &decision);
        if (decision.unknown) {
            cvg_runner_hurry(decider->runner, environment); /* somebody waits to know */
        }
    }
    cvg_snapshot_unref(snapshot);
}

static void on_ask(void *ctx, struct cvg_ask *ask)
{
    struct cvg_decider *decider = ctx;
    size_t environment = find(decider, ask->environment);

    ask->found = false; /* a reload may have taken it away since it was asked */
    if (environment != SIZE_MAX) {
        answer(decider, environment, ask);
    }
    ask->done(ask);
}

static void on_hurry(void *ctx, const char *environment)
{
    struct cvg_decider *decider = ctx;
    size_t number = find(decider, environment);

    if (number != SIZE_MAX) {
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
        .config = decider->config,
        .runner = decider->runner,
        .now = now,
        .started_at = decider->started_at,
        .longest_turn_ns = longest_turn(decider, now),
        .turns = cvg_loop_turns(decider->loop),
        .publications = decider->publications,
        .decisions = decider->counts,
        .decision_count = decider->count_count,
    };

    (void)op;
    cvg_board_publish_vitals(decider->board, cvg_vitals_take(&input));
    cvg_timer_start(&decider->scope, VITALS_EVERY, on_vitals_timer, decider);
}

/* ---- life ---- */

static void count_gates(struct cvg_decider *decider)
{
    const struct cvg_config *config = decider->config;

    for (size_t i = 0; i < config->environment_count; i++) {
        decider->first_count[i] = decider->count_count;
        decider->count_count += config->environments[i].gate_count;
    }
    decider->counts = cvg_alloc_array(decider->count_count + 1, sizeof(*decider->counts));
    for (size_t i = 0; i < config->environment_count; i++) {
        for (size_t k = 0; k < config->environments[i].gate_count; k++) {
            struct cvg_decision_count *count = &decider->counts[decider->first_count[i] + k];
            count->environment = config->environments[i].name;
            count->gate = config->environments[i].gates[k].name;
        }
    }
}

static int build_environments(struct cvg_decider *decider, struct cvg_diagnostics *diagnostics)
{
    int result = 0;

    for (size_t i = 0; i < decider->config->environment_count; i++) {
        decider->names[i] = decider->config->environments[i].name;
        int rc = cvg_environment_new(decider->config, i, diagnostics, &decider->environments[i]);
        result = rc < 0 ? rc : result;
    }
    return result;
}

int cvg_decider_new(struct cvg_loop *loop, struct cvg_config *config, struct cvg_registry *registry,
                    struct cvg_diagnostics *diagnostics, struct cvg_decider **ret)
{
    static const struct cvg_runner_events events = {.reading = on_reading, .alive = on_alive};

    if (config->faulty) {
        struct cvg_runner *none = NULL;
        return cvg_runner_new(loop, config, registry, &events, NULL, diagnostics, &none);
    }
    struct cvg_decider *decider = CVG_NEW(struct cvg_decider);
    size_t count = config->environment_count;

    decider->loop = loop;
    decider->config = cvg_config_ref(config);
    decider->publish_timer_at = CVG_NEVER;
    decider->names = cvg_alloc_array(count + 1, sizeof(*decider->names));
    decider->environments = cvg_alloc_array(count + 1, sizeof(struct cvg_environment *));
    decider->first_count = cvg_alloc_array(count + 1, sizeof(*decider->first_count));
    decider->ledger = cvg_ledger_new();
    cvg_scope_init(&decider->scope, loop, NULL, NULL, decider);
    count_gates(decider);
    int gates = build_environments(decider, diagnostics);
    /* Both are tried, so that one run tells all that is wrong. */
    int checks =
        cvg_runner_new(loop, config, registry, &events, decider, diagnostics, &decider->runner);
    decider->board = cvg_board_new(decider->names, count);
    if (gates < 0 || checks < 0) {
        cvg_decider_free(decider);
        return CVG_E_INVALID;
    }
    *ret = decider;
    return 0;
}

void cvg_decider_start(struct cvg_decider *decider)
{
    struct cvg_board_desk desk = {
        .ask = on_ask, .hurry = on_hurry, .ctx = decider, .loop = decider->loop};
    int64_t now = cvg_time_now();
    uint64_t seed;

    cvg_random_bytes(&seed, sizeof(seed));
    cvg_random_seed(&decider->random, seed);
    decider->started_at = cvg_time_wall();
    decider->window_started = now;
    cvg_board_staff(decider->board, &desk);
    cvg_board_beat(decider->board, now);
    cvg_loop_on_turn(decider->loop, on_turn, decider);
    for (size_t i = 0; i < decider->config->environment_count; i++) {
        publish(decider, i, now);
    }
    on_vitals_timer(decider, NULL);
    cvg_runner_start(decider->runner, cvg_random_next(&decider->random));
    publish_due(decider, now);
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
    cvg_runner_free(decider->runner);
    cvg_scope_end(&decider->scope);
    cvg_board_free(decider->board);
    for (size_t i = 0; i < decider->config->environment_count; i++) {
        cvg_environment_free(decider->environments[i]);
    }
    free(decider->environments);
    free(decider->names);
    free(decider->first_count);
    free(decider->counts);
    cvg_ledger_free(decider->ledger);
    cvg_config_unref(decider->config);
    free(decider);
}
