/* SPDX-License-Identifier: Apache-2.0 */
/* Copies what the runner counts into the plain numbers that readers see. */
#include "decide/vitals_take.h"

#include <stdatomic.h>
#include <string.h>

_Static_assert((int)CVG_RUN_RESULT_COUNT <= CVG_VITALS_RESULTS, "every result has a place");
_Static_assert(CVG_DURATION_BUCKETS < CVG_VITALS_BUCKETS, "every bucket has a place, and +Inf");

static void take_source(const struct cvg_runner *runner, size_t index,
                        struct cvg_source_vitals *ret)
{
    struct cvg_source_stats stats;

    cvg_runner_source_stats(runner, index, &stats);
    *ret = (struct cvg_source_vitals){
        .name = stats.name,
        .type = stats.type,
        .up = stats.up,
        .seconds = stats.seconds,
        .callbacks_over_budget = stats.callbacks_over_budget,
        .requests = stats.lane.requests,
        .request_failures = stats.lane.failures,
        .bytes_received = stats.lane.bytes_received,
        .connections = stats.lane.connections,
        .in_flight = stats.lane.in_flight,
        .queued = stats.lane.queued,
    };
    memcpy(ret->runs, stats.runs, sizeof(stats.runs));
    memcpy(ret->buckets, stats.buckets, sizeof(stats.buckets));
}

static void take_discovers(const struct cvg_vitals_input *input, struct cvg_vitals *vitals)
{
    vitals->discover_count = input->discovery ? input->config->discover_count : 0;
    vitals->discovers =
        cvg_arena_alloc(vitals->arena, (vitals->discover_count + 1) * sizeof(*vitals->discovers));
    for (size_t i = 0; i < vitals->discover_count; i++) {
        const char *name = input->config->discovers[i].name;
        struct cvg_discovery_stats stats = cvg_discovery_stats(input->discovery, name);
        vitals->discovers[i] = (struct cvg_discover_vitals){
            .name = name,
            .certain = stats.certain,
            .environments = stats.environments,
            .left_out = stats.left_out,
        };
    }
}

struct cvg_vitals *cvg_vitals_take(const struct cvg_vitals_input *input)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_vitals *vitals = cvg_arena_alloc(arena, sizeof(*vitals));
    const char **results = cvg_arena_alloc(arena, CVG_RUN_RESULT_COUNT * sizeof(*results));
    size_t decisions_size = input->decision_count * sizeof(*input->decisions);

    atomic_init(&vitals->references, 1);
    vitals->arena = arena;
    vitals->config = cvg_config_ref(input->config);
    vitals->at = input->now;
    vitals->started_at = input->started_at;
    vitals->longest_turn_ns = input->longest_turn_ns;
    vitals->turns = input->turns;
    vitals->publications = input->publications;
    for (int result = 0; result < CVG_RUN_RESULT_COUNT; result++) {
        results[result] = cvg_run_result_text((enum cvg_run_result)result);
    }
    vitals->result_names = results;
    vitals->result_count = CVG_RUN_RESULT_COUNT;
    vitals->bucket_bounds = cvg_duration_bounds;
    vitals->bucket_count = CVG_DURATION_BUCKETS;
    vitals->source_count = cvg_runner_source_count(input->runner);
    vitals->sources = cvg_arena_alloc(arena, (vitals->source_count + 1) * sizeof(*vitals->sources));
    for (size_t i = 0; i < vitals->source_count; i++) {
        take_source(input->runner, i, &vitals->sources[i]);
    }
    take_discovers(input, vitals);
    vitals->decision_count = input->decision_count;
    vitals->decisions = cvg_arena_alloc(arena, decisions_size + 1);
    if (decisions_size) {
        memcpy(vitals->decisions, input->decisions, decisions_size);
    }
    return vitals;
}
