/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions with a subject: judged on a fresh snapshot, recorded, and answered.
 *
 *   judge --> the ledger has it                                   --> answered with that record's id
 *         --> the same, in a store that is damaged or away          --> wait, StoreUnavailable
 *         --> new, no store                --> counted and logged --> answered
 *         --> new       --> row committed  --> counted and logged --> answered, and all that waited
 *         --> the same question is being committed: waits for that
 *         --> row cannot be committed      --> forgotten          --> wait, StoreUnavailable
 *         --> the store's rows of before the start are being read: held until they were
 *
 * Whatever waits holds its snapshot, so a reload in between changes neither the answer nor what it
 * is made of; what is counted then belongs to the gate of that name, if there still is one.
 */
#include "base/time.h"
#include "decide/decider_inner.h"
#include "wire/decision.h"

#include <string.h>

/* A recorded decision is judged on a snapshot that is no older than this. */
#define ASK_FRESH (100 * CVG_MS)

/* An ask that was judged. */
struct cvg_judged {
    struct cvg_ask *ask;
    struct cvg_snapshot *snapshot; /* a reference */
    const struct cvg_snapshot_gate *gate;
    struct cvg_decision decision;
    struct cvg_arena *arena; /* owner of the decision's texts, and of this */
    struct cvg_judged *next;
};

/* A row that is being committed, and who waits for it; the first one's document is the row's. */
struct recording {
    struct cvg_decider *decider;
    struct cvg_ledger_key key;
    char id[CVG_LEDGER_ID];
    struct cvg_judged *first, **last;
};

/* ---- the end of an ask ---- */

static void write_document(const struct cvg_judged *judged, const struct cvg_decision *decision,
                           const char *id)
{
    struct cvg_wire_decision document = {
        .id = id,
        .environment = judged->snapshot->environment,
        .gate = judged->gate->policy->name,
        .subject = &judged->ask->subject,
        .decision = decision,
        .wall_offset = judged->snapshot->wall_offset,
    };

    cvg_buf_clear(&judged->ask->body);
    cvg_wire_decision_write(&document, &judged->ask->body);
}

/* The document is written already. */
static void finish(struct cvg_judged *judged, const struct cvg_decision *decision)
{
    struct cvg_ask *ask = judged->ask;

    ask->verdict = decision->verdict;
    ask->unknown = decision->unknown;
    ask->retry_after_s = decision->retry_after_s;
    ask->valid_until = decision->valid_until;
    cvg_snapshot_unref(judged->snapshot);
    cvg_arena_free(judged->arena);
    ask->done(ask);
}

static void answer(struct cvg_judged *judged, const char *id)
{
    struct cvg_decision decision = judged->decision;

    write_document(judged, &decision, id);
    finish(judged, &decision);
}

static void answer_unrecorded(struct cvg_judged *judged, const char *why)
{
    struct cvg_decision decision;

    cvg_gate_unrecorded(&judged->decision, why, judged->arena, &decision);
    write_document(judged, &decision, "");
    finish(judged, &decision);
}

static void answer_unavailable(struct cvg_decider *decider, struct cvg_judged *judged)
{
    char why[CVG_ERROR_TEXT];

    cvg_commit_why(decider->store, why, sizeof(why));
    answer_unrecorded(judged, why[0] ? why : "the daemon stops");
}

/* ---- recording ---- */

static void count(struct cvg_decider *decider, const struct cvg_judged *judged)
{
    struct cvg_generation *now = decider->now;
    size_t environment = cvg_generation_find(now, judged->snapshot->environment);

    if (environment == SIZE_MAX) {
        return;
    }
    const struct cvg_environment_config *config = &now->config->environments[environment];
    for (size_t i = 0; i < config->gate_count; i++) {
        if (strcmp(config->gates[i].name, judged->gate->policy->name) == 0) {
            now->counts[now->first_count[environment] + i].verdicts[judged->decision.verdict]++;
        }
    }
}

static void tell_recorded(struct cvg_decider *decider, const struct cvg_judged *judged,
                          const char *id)
{
    const struct cvg_ask *ask = judged->ask;

    count(decider, judged);
    cvg_log(CVG_LOG_INFO, "decision", "environment", judged->snapshot->environment, "gate",
            judged->gate->policy->name, "verdict", cvg_verdict_text(judged->decision.verdict),
            "asked_by", ask->asked_by, "app", ask->subject.app, "revision", ask->subject.revision,
            "id", id, "summary", judged->decision.summary, NULL);
}

static void on_recorded(void *arg, bool committed, const char *why)
{
    struct recording *recording = arg;
    struct cvg_decider *decider = recording->decider;
    struct cvg_judged *first = recording->first;

    if (committed) {
        cvg_ledger_commit(decider->ledger, &recording->key, recording->id, recording);
        tell_recorded(decider, first, recording->id);
    } else {
        cvg_ledger_forget(decider->ledger, &recording->key, recording);
    }
    for (struct cvg_judged *judged = first, *next; judged; judged = next) {
        next = judged->next;
        if (!committed) {
            answer_unrecorded(judged, why);
        } else if (judged == first) {
            struct cvg_decision decision = judged->decision;
            finish(judged, &decision); /* with the document that is in the row */
        } else {
            answer(judged, recording->id);
        }
    }
    free(recording);
}

static void join(struct recording *recording, struct cvg_judged *judged)
{
    *recording->last = judged;
    recording->last = &judged->next;
}

static void record(struct cvg_decider *decider, struct cvg_judged *judged,
                   const struct cvg_ledger_key *key)
{
    const struct cvg_ask *ask = judged->ask;
    struct recording *recording = CVG_NEW(struct recording);
    int64_t at = judged->decision.decided_at + judged->snapshot->wall_offset;

    recording->decider = decider;
    recording->key = *key;
    recording->last = &recording->first;
    join(recording, judged);
    cvg_record_id(at, recording->id);
    write_document(judged, &judged->decision, recording->id);
    struct cvg_record row = {
        .at = at,
        .id = recording->id,
        .action = CVG_RECORD_DECISION,
        .actor = ask->asked_by ? ask->asked_by : "",
        .environment = judged->snapshot->environment,
        .gate = judged->gate->policy->name,
        .app = ask->subject.app,
        .revision = ask->subject.revision,
        .verdict = cvg_verdict_text(judged->decision.verdict),
        .target = "",
        .body = cvg_buf_text(&ask->body),
        .body_length = ask->body.length,
    };
    memcpy(row.question, key->question, sizeof(row.question));
    memcpy(row.outcome, key->outcome, sizeof(row.outcome));
    cvg_ledger_begin(decider->ledger, key, recording);
    cvg_commits_add(decider->commits, &row, on_recorded, recording);
}

/* ---- judging ---- */

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

/* Takes the snapshot's reference over. */
static struct cvg_judged *judge(struct cvg_decider *decider, struct cvg_ask *ask,
                                struct cvg_snapshot *snapshot, const struct cvg_snapshot_gate *gate,
                                int64_t now)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_judged *judged = cvg_arena_alloc(arena, sizeof(*judged));

    judged->ask = ask;
    judged->snapshot = snapshot;
    judged->gate = gate;
    judged->arena = arena;
    cvg_gate_judge(&snapshot->readiness, gate->policy, &ask->subject, now,
                   cvg_random_next(&decider->random), arena, &judged->decision);
    return judged;
}

/* It may have a row already, of before the start: that is being read, or cannot be read now. */
static void hold(struct cvg_decider *decider, struct cvg_judged *judged)
{
    struct cvg_store_status status;

    cvg_store_status(decider->store, &status);
    if (!status.available || decider->stopping) {
        answer_unavailable(decider, judged);
    } else {
        judged->next = decider->held;
        decider->held = judged;
        cvg_decider_look_at_store(decider);
    }
}

/* The store can neither be relied on to have the record, nor to take a new one in time. */
static bool is_closed(const struct cvg_decider *decider, enum cvg_ledger_place place)
{
    if (!decider->commits) {
        return false;
    }
    return place == CVG_LEDGER_RECORDED ? !cvg_commit_holds(decider->store)
                                        : cvg_commit_hangs(decider->store);
}

/* With the record that there is, or with a new one. */
static void settle(struct cvg_decider *decider, struct cvg_judged *judged)
{
    struct cvg_ledger_question question = {
        .environment = judged->snapshot->environment,
        .gate = judged->gate->policy->name,
        .subject = &judged->ask->subject,
    };
    struct cvg_ledger_key key;
    char id[CVG_LEDGER_ID];
    void *commit = NULL;

    cvg_ledger_key(&question, &judged->decision, &key);
    enum cvg_ledger_place place = cvg_ledger_find(decider->ledger, &key, id, &commit);
    if (place == CVG_LEDGER_COMMITTING) {
        join(commit, judged);
    } else if (is_closed(decider, place)) {
        answer_unavailable(decider, judged);
    } else if (place == CVG_LEDGER_RECORDED) {
        answer(judged, id);
    } else if (decider->commits && !decider->recall_tried) {
        hold(decider, judged);
    } else if (decider->commits) {
        record(decider, judged, &key);
    } else {
        cvg_record_id(judged->decision.decided_at + judged->snapshot->wall_offset, id);
        cvg_ledger_commit(decider->ledger, &key, id, NULL);
        tell_recorded(decider, judged, id);
        answer(judged, id);
    }
}

void cvg_decider_answer_held(struct cvg_decider *decider)
{
    struct cvg_judged *held = decider->held;

    decider->held = NULL;
    for (struct cvg_judged *next; held; held = next) {
        next = held->next;
        held->next = NULL;
        settle(decider, held);
    }
}

void cvg_decider_answer(struct cvg_decider *decider, size_t environment, struct cvg_ask *ask)
{
    int64_t now = cvg_time_now();
    struct cvg_snapshot *snapshot = fresh_snapshot(decider, environment, now);
    struct cvg_snapshot_gate *gate = cvg_snapshot_gate(snapshot, ask->gate);

    ask->found = gate != NULL;
    if (!gate) {
        cvg_snapshot_unref(snapshot);
        ask->done(ask);
        return;
    }
    struct cvg_judged *judged = judge(decider, ask, snapshot, gate, now);
    if (judged->decision.unknown) {
        cvg_runner_hurry(decider->runner, environment); /* somebody waits to know */
    }
    settle(decider, judged);
}
