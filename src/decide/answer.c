/* SPDX-License-Identifier: Apache-2.0 */
/* Questions with a subject: judged on a fresh snapshot, recorded, and answered. */
#include "base/time.h"
#include "decide/decider_inner.h"
#include "wire/decision.h"

/* A recorded decision is judged on a snapshot that is no older than this. */
#define ASK_FRESH (100 * CVG_MS)

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
        size_t count = decider->now->first_count[environment] + (size_t)(gate - snapshot->gates);
        decider->now->counts[count].verdicts[decision->verdict]++;
        cvg_log(CVG_LOG_INFO, "decision", "environment", snapshot->environment, "gate",
                gate->policy->name, "verdict", cvg_verdict_text(decision->verdict), "asked_by",
                ask->asked_by, "app", ask->subject.app, "revision", ask->subject.revision, "id", id,
                "summary", decision->summary, NULL);
    }
    ask->verdict = decision->verdict;
    ask->unknown = decision->unknown;
    ask->retry_after_s = decision->retry_after_s;
    ask->valid_until = decision->valid_until;
    cvg_wire_decision_write(&document, &ask->body);
}

/* The state of an environment for a decision that is recorded. */
static struct cvg_snapshot *fresh_snapshot(struct cvg_decider *decider, size_t environment,
                                           int64_t now)
{
    const char *name = decider->now->names[environment];
    struct cvg_snapshot *snapshot = cvg_board_lookup(decider->board, name);

    if (now - snapshot->decided_at > ASK_FRESH ||
        cvg_environment_due(decider->now->environments[environment]) < now + CVG_PUBLISH_CHANGE) {
        cvg_snapshot_unref(snapshot);
        cvg_decider_publish(decider, environment, now);
        cvg_decider_arm(decider, cvg_environment_due(decider->now->environments[environment]), now);
        snapshot = cvg_board_lookup(decider->board, name);
    }
    return snapshot;
}

void cvg_decider_answer(struct cvg_decider *decider, size_t environment, struct cvg_ask *ask)
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
