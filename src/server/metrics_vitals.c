/* SPDX-License-Identifier: Apache-2.0 */
/* The part of /metrics that comes from the vitals: sources, loop and recorded decisions. */
#include "base/time.h"
#include "server/exposition.h"
#include "server/metrics.h"

#include <convergate/number.h>

/* ---- runs ---- */

static void write_runs(const struct cvg_vitals *vitals, struct cvg_buf *buf)
{
    const char *name = "convergate_runs_total";

    cvg_exposition_family(buf, name, "counter", "Runs of checks, by source and result.");
    for (size_t i = 0; i < vitals->source_count; i++) {
        for (size_t k = 0; k < vitals->result_count; k++) {
            struct cvg_exposition_label labels[] = {{"source", vitals->sources[i].name},
                                                    {"result", vitals->result_names[k]}};
            cvg_exposition_count(buf, name, labels, 2, vitals->sources[i].runs[k]);
        }
    }
}

static void write_duration(const struct cvg_vitals *vitals, const struct cvg_source_vitals *source,
                           struct cvg_buf *buf)
{
    uint64_t cumulative = 0;

    for (size_t i = 0; i <= vitals->bucket_count; i++) {
        char bound[CVG_NUMBER_TEXT] = "+Inf";
        if (i < vitals->bucket_count) {
            cvg_format_double(vitals->bucket_bounds[i], bound, sizeof(bound));
        }
        struct cvg_exposition_label labels[] = {{"source", source->name}, {"le", bound}};
        cumulative += source->buckets[i];
        cvg_exposition_count(buf, "convergate_run_duration_seconds_bucket", labels, 2, cumulative);
    }
    struct cvg_exposition_label label = {"source", source->name};
    cvg_exposition_sample(buf, "convergate_run_duration_seconds_sum", &label, 1, source->seconds);
    cvg_exposition_count(buf, "convergate_run_duration_seconds_count", &label, 1, cumulative);
}

/* ---- sources ---- */

static uint64_t is_up(const struct cvg_source_vitals *source)
{
    return source->up;
}

static uint64_t over_budget(const struct cvg_source_vitals *source)
{
    return source->callbacks_over_budget;
}

static uint64_t requests(const struct cvg_source_vitals *source)
{
    return source->requests;
}

static uint64_t failures(const struct cvg_source_vitals *source)
{
    return source->request_failures;
}

static uint64_t received(const struct cvg_source_vitals *source)
{
    return source->bytes_received;
}

static uint64_t connections(const struct cvg_source_vitals *source)
{
    return source->connections;
}

static uint64_t in_flight(const struct cvg_source_vitals *source)
{
    return source->in_flight;
}

static uint64_t queued(const struct cvg_source_vitals *source)
{
    return source->queued;
}

static void write_sources(const struct cvg_vitals *vitals, struct cvg_buf *buf)
{
    static const struct {
        const char *name, *type, *help;
        uint64_t (*value)(const struct cvg_source_vitals *source);
    } families[] = {
        {"convergate_source_up", "gauge",
         "1 while the source answers, 0 while its breaker is open.", is_up},
        {"convergate_source_callbacks_over_budget_total", "counter",
         "Callbacks of the source's module that took longer than they may.", over_budget},
        {"convergate_source_requests_total", "counter", "HTTP requests sent to the source.",
         requests},
        {"convergate_source_request_failures_total", "counter",
         "HTTP requests to the source that got no answer.", failures},
        {"convergate_source_received_bytes_total", "counter",
         "Bytes of bodies received from the source.", received},
        {"convergate_source_connections_total", "counter", "Connections opened to the source.",
         connections},
        {"convergate_source_requests_in_flight", "gauge", "HTTP requests that wait for an answer.",
         in_flight},
        {"convergate_source_requests_queued", "gauge",
         "HTTP requests that wait for the source's limit.", queued},
    };

    for (size_t k = 0; k < CVG_COUNT(families); k++) {
        cvg_exposition_family(buf, families[k].name, families[k].type, families[k].help);
        for (size_t i = 0; i < vitals->source_count; i++) {
            struct cvg_exposition_label label = {"source", vitals->sources[i].name};
            cvg_exposition_count(buf, families[k].name, &label, 1,
                                 families[k].value(&vitals->sources[i]));
        }
    }
}

/* ---- discoveries ---- */

static uint64_t is_certain(const struct cvg_discover_vitals *discover)
{
    return discover->certain;
}

static uint64_t environments(const struct cvg_discover_vitals *discover)
{
    return discover->environments;
}

static uint64_t left_out(const struct cvg_discover_vitals *discover)
{
    return discover->left_out;
}

static void write_discovers(const struct cvg_vitals *vitals, struct cvg_buf *buf)
{
    static const struct {
        const char *name, *help;
        uint64_t (*value)(const struct cvg_discover_vitals *discover);
    } families[] = {
        {"convergate_discover_up", "1 while what is discovered can be told.", is_certain},
        {"convergate_discover_environments", "Environments that the discovery made.", environments},
        {"convergate_discover_left_out",
         "Objects that the discovery found and that make no environment.", left_out},
    };

    for (size_t k = 0; vitals->discover_count > 0 && k < CVG_COUNT(families); k++) {
        cvg_exposition_family(buf, families[k].name, "gauge", families[k].help);
        for (size_t i = 0; i < vitals->discover_count; i++) {
            struct cvg_exposition_label label = {"discover", vitals->discovers[i].name};
            cvg_exposition_count(buf, families[k].name, &label, 1,
                                 families[k].value(&vitals->discovers[i]));
        }
    }
}

/* ---- decisions ---- */

static void write_decisions(const struct cvg_vitals *vitals, struct cvg_buf *buf)
{
    const char *name = "convergate_decisions_total";

    cvg_exposition_family(buf, name, "counter", "Decisions recorded, by gate and verdict.");
    for (size_t i = 0; i < vitals->decision_count; i++) {
        const struct cvg_decision_count *decisions = &vitals->decisions[i];
        for (uint32_t verdict = 0; verdict < CVG_VERDICT_COUNT; verdict++) {
            struct cvg_exposition_label labels[] = {{"environment", decisions->environment},
                                                    {"gate", decisions->gate},
                                                    {"verdict", cvg_verdict_text(verdict)}};
            cvg_exposition_count(buf, name, labels, 3, decisions->verdicts[verdict]);
        }
    }
}

void cvg_metrics_write_vitals(const struct cvg_vitals *vitals, struct cvg_buf *ret)
{
    write_decisions(vitals, ret);
    write_sources(vitals, ret);
    write_discovers(vitals, ret);
    write_runs(vitals, ret);
    cvg_exposition_family(ret, "convergate_run_duration_seconds", "histogram",
                          "How long runs of checks took.");
    for (size_t i = 0; i < vitals->source_count; i++) {
        write_duration(vitals, &vitals->sources[i], ret);
    }
    cvg_exposition_one(ret, "convergate_loop_longest_turn_seconds", "gauge",
                       "The deciding thread's longest turn of late.",
                       cvg_exposition_seconds(vitals->longest_turn_ns));
    cvg_exposition_one(ret, "convergate_loop_turns_total", "counter",
                       "Turns of the deciding thread.", (double)vitals->turns);
    cvg_exposition_one(ret, "convergate_publications_total", "counter",
                       "Snapshots published to the board.", (double)vitals->publications);
}
