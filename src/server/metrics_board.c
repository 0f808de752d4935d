/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of /metrics that comes from the board. A family's samples must stand together, so each
 * family walks over all environments; they are all held meanwhile, so that one scrape shows one
 * state of each.
 */
#include "base/time.h"
#include "server/exposition.h"
#include "server/metrics.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

struct shown {
    struct cvg_board *board;
    int64_t now;
    struct cvg_snapshot **snapshots; /* each a reference */
    size_t count;
    struct cvg_buf *buf;
};

/* ---- checks ---- */

static void write_check_status(const struct shown *shown)
{
    const char *name = "convergate_check_status";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "Steady status of a check: 0 unknown, 1 failed, 2 degraded, "
                          "3 progressing, 4 ready.");
    for (size_t i = 0; i < shown->count; i++) {
        const struct cvg_snapshot *snapshot = shown->snapshots[i];
        for (size_t k = 0; k < snapshot->readiness.check_count; k++) {
            const struct cvg_check_view *check = &snapshot->readiness.checks[k];
            struct cvg_exposition_label labels[] = {{"environment", snapshot->environment},
                                                    {"check", check->rules->name}};
            cvg_exposition_count(shown->buf, name, labels, 2, check->steady.status);
        }
    }
}

static void write_check_times(const struct shown *shown)
{
    const char *name = "convergate_check_observed_timestamp_seconds";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "When the latest evidence of a check was true; 0: never read.");
    for (size_t i = 0; i < shown->count; i++) {
        const struct cvg_snapshot *snapshot = shown->snapshots[i];
        for (size_t k = 0; k < snapshot->readiness.check_count; k++) {
            const struct cvg_check_view *check = &snapshot->readiness.checks[k];
            int64_t at = check->steady.observed_at;
            struct cvg_exposition_label labels[] = {{"environment", snapshot->environment},
                                                    {"check", check->rules->name}};
            cvg_exposition_sample(shown->buf, name, labels, 2,
                                  at ? cvg_exposition_seconds(at + snapshot->wall_offset) : 0);
        }
    }
}

static void write_facts_of(struct cvg_buf *buf, const char *name, const char *environment,
                           const struct cvg_check_view *check)
{
    const struct cvg_reading *reading = check->reading ? cvg_reading_get(check->reading) : NULL;
    for (size_t i = 0; reading && i < reading->fact_count; i++) {
        const struct cvg_fact *fact = &reading->facts[i];
        double value = 0;
        if ((fact->flags & CVG_FACT_METRIC) &&
            cvg_parse_double(fact->text, strlen(fact->text), &value) == 0 && isfinite(value)) {
            struct cvg_exposition_label labels[] = {
                {"environment", environment}, {"check", check->rules->name}, {"fact", fact->name}};
            cvg_exposition_sample(buf, name, labels, 3, value);
        }
    }
}

static void write_check_facts(const struct shown *shown)
{
    const char *name = "convergate_check_fact";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "Numbers that a check found and its module wants to be drawn; no sample "
                          "where the latest reading does not have them.");
    for (size_t i = 0; i < shown->count; i++) {
        const struct cvg_snapshot *snapshot = shown->snapshots[i];
        for (size_t k = 0; k < snapshot->readiness.check_count; k++) {
            write_facts_of(shown->buf, name, snapshot->environment, &snapshot->readiness.checks[k]);
        }
    }
}

/* ---- environments and gates ---- */

static void write_phases(const struct shown *shown)
{
    const char *name = "convergate_environment_phase";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "1 for the phase that an environment is in, 0 for the others.");
    for (size_t i = 0; i < shown->count; i++) {
        for (uint32_t phase = 0; phase < CVG_PHASE_COUNT; phase++) {
            struct cvg_exposition_label labels[] = {
                {"environment", shown->snapshots[i]->environment},
                {"phase", cvg_phase_text(phase)}};
            cvg_exposition_count(shown->buf, name, labels, 2,
                                 cvg_board_phase(shown->board, shown->snapshots[i], shown->now) ==
                                     phase);
        }
    }
}

static void write_scores(const struct shown *shown)
{
    const char *name = "convergate_environment_score";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "Weight of the ready checks by weight of all, from 0 to 1.");
    for (size_t i = 0; i < shown->count; i++) {
        struct cvg_exposition_label label = {"environment", shown->snapshots[i]->environment};
        cvg_exposition_sample(shown->buf, name, &label, 1, shown->snapshots[i]->readiness.score);
    }
}

static void write_lags(const struct shown *shown)
{
    const char *name = "convergate_environment_lag_seconds";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "How long the observed plane is or was behind the declared one; no "
                          "sample where that is not known.");
    for (size_t i = 0; i < shown->count; i++) {
        const struct cvg_readiness *readiness = &shown->snapshots[i]->readiness;
        struct cvg_exposition_label label = {"environment", shown->snapshots[i]->environment};
        if (readiness->has_lag) {
            cvg_exposition_sample(shown->buf, name, &label, 1,
                                  cvg_exposition_seconds(readiness->lag_ns));
        }
    }
}

/* What readers are told, a stalled deciding thread included. */
static void write_verdicts(const struct shown *shown)
{
    const char *name = "convergate_gate_verdict";

    cvg_exposition_family(shown->buf, name, "gauge",
                          "1 for the verdict that a gate gives without a subject, 0 for the "
                          "others.");
    for (size_t i = 0; i < shown->count; i++) {
        const struct cvg_snapshot *snapshot = shown->snapshots[i];
        for (size_t k = 0; k < snapshot->gate_count; k++) {
            const struct cvg_snapshot_gate *gate = &snapshot->gates[k];
            bool trusted = cvg_board_trusts(shown->board, &gate->decision, shown->now);
            uint32_t given = trusted ? gate->decision.verdict : gate->stale.verdict;
            for (uint32_t verdict = 0; verdict < CVG_VERDICT_COUNT; verdict++) {
                struct cvg_exposition_label labels[] = {{"environment", snapshot->environment},
                                                        {"gate", gate->policy->name},
                                                        {"verdict", cvg_verdict_text(verdict)}};
                cvg_exposition_count(shown->buf, name, labels, 3, given == verdict);
            }
        }
    }
}

void cvg_metrics_write_board(struct cvg_board *board, int64_t now, struct cvg_buf *ret)
{
    struct shown shown = {.board = board, .now = now, .buf = ret};
    bool more = false;

    shown.count = cvg_board_page(board, NULL, SIZE_MAX, &shown.snapshots, &more);
    write_check_status(&shown);
    write_check_times(&shown);
    write_check_facts(&shown);
    write_phases(&shown);
    write_scores(&shown);
    write_lags(&shown);
    write_verdicts(&shown);
    cvg_board_release(shown.snapshots, shown.count);
}
