/* SPDX-License-Identifier: Apache-2.0 */
/* Readings go into the steady state at once; folding, judging and rendering wait for publication. */
#include "decide/environment.h"

#include "base/text.h"
#include "base/time.h"
#include "decide/assemble.h"
#include "wire/decision.h"

#include <stdatomic.h>

#define BODY_LIMIT (1024u * 1024)

struct cvg_environment {
    struct cvg_assembly *assembly; /* a reference */
    /* The assembly's: */
    const struct cvg_environment_config *settings;
    const struct cvg_check_rules *rules;
    struct cvg_steady *steady; /* owned, settings->check_count of them */
    uint64_t sequence;
    int64_t due;
};

int cvg_environment_new(struct cvg_config *config, size_t index,
                        struct cvg_diagnostics *diagnostics, struct cvg_environment **ret)
{
    struct cvg_assembly *assembly = NULL;
    int rc = cvg_assembly_new(config, index, diagnostics, &assembly);

    if (rc < 0) {
        return rc;
    }
    struct cvg_environment *environment = CVG_NEW(struct cvg_environment);
    environment->assembly = assembly;
    environment->settings = assembly->settings;
    environment->rules = assembly->rules;
    environment->steady =
        cvg_alloc_array(assembly->settings->check_count + 1, sizeof(*environment->steady));
    environment->due = CVG_NEVER;
    *ret = environment;
    return 0;
}

void cvg_environment_free(struct cvg_environment *environment)
{
    if (!environment) {
        return;
    }
    for (size_t i = 0; i < environment->settings->check_count; i++) {
        cvg_steady_done(&environment->steady[i]);
    }
    free(environment->steady);
    cvg_assembly_unref(environment->assembly);
    free(environment);
}

void cvg_environment_inherit(struct cvg_environment *environment, struct cvg_environment *old,
                             const size_t *checks, int64_t now)
{
    for (size_t i = 0; i < environment->settings->check_count; i++) {
        if (checks[i] == CVG_DIFF_NONE) {
            continue;
        }
        /* What time has done until now was done by the old rules. */
        struct cvg_steady *steady = &old->steady[checks[i]];
        cvg_steady_advance(steady, &old->rules[checks[i]].steady, now);
        environment->steady[i] = *steady;
        *steady = (struct cvg_steady){0};
    }
    environment->sequence = old->sequence;
    environment->due = now;
}

bool cvg_environment_restore(struct cvg_environment *environment, size_t check,
                             const struct cvg_steady_saved *saved, int64_t now)
{
    return cvg_steady_restore(&environment->steady[check], saved, now);
}

bool cvg_environment_save(const struct cvg_environment *environment, size_t check,
                          struct cvg_steady_saved *ret)
{
    return cvg_steady_save(&environment->steady[check], ret);
}

int64_t cvg_environment_max_age(const struct cvg_environment *environment, size_t check)
{
    return environment->rules[check].steady.max_age_ns;
}

void cvg_environment_continue(struct cvg_environment *environment, uint64_t sequence)
{
    environment->sequence = CVG_MAX(environment->sequence, sequence);
}

static void want(struct cvg_environment *environment, int64_t at)
{
    environment->due = CVG_MIN(environment->due, at);
}

static bool looks_same(const struct cvg_steady_view *a, const struct cvg_steady_view *b)
{
    return a->status == b->status && a->fresh == b->fresh && a->kept == b->kept &&
           cvg_text_equal(a->reason, b->reason);
}

void cvg_environment_read(struct cvg_environment *environment, size_t check,
                          struct cvg_kept_reading *reading, int64_t now)
{
    struct cvg_steady *steady = &environment->steady[check];
    const struct cvg_steady_rules *rules = &environment->rules[check].steady;
    struct cvg_kept_reading *before = steady->latest ? cvg_reading_ref(steady->latest) : NULL;

    cvg_steady_advance(steady, rules, now);
    struct cvg_steady_view old = cvg_steady_view(steady, rules, now);
    if (cvg_steady_observe(steady, rules, reading, now)) {
        cvg_steady_advance(steady, rules, now);
        struct cvg_steady_view new = cvg_steady_view(steady, rules, now);
        bool same = before && looks_same(&old, &new) &&
                    cvg_reading_same(cvg_reading_get(before), cvg_reading_get(steady->latest));
        want(environment, now + (same ? CVG_PUBLISH_REFRESH : CVG_PUBLISH_CHANGE));
    }
    cvg_reading_unref(before);
}

void cvg_environment_alive(struct cvg_environment *environment, size_t check, int64_t at,
                           int64_t now)
{
    cvg_steady_alive(&environment->steady[check], &environment->rules[check].steady, at, now);
    want(environment, now + CVG_PUBLISH_REFRESH);
}

int64_t cvg_environment_due(const struct cvg_environment *environment)
{
    return environment->due;
}

/* ---- snapshots ---- */

static struct cvg_check_view *view_checks(struct cvg_environment *environment,
                                          struct cvg_arena *arena, int64_t now)
{
    size_t count = environment->settings->check_count;
    struct cvg_check_view *views = cvg_arena_alloc(arena, (count + 1) * sizeof(*views));

    for (size_t i = 0; i < count; i++) {
        struct cvg_steady *steady = &environment->steady[i];
        const struct cvg_steady_rules *rules = &environment->rules[i].steady;
        cvg_steady_advance(steady, rules, now);
        views[i] = (struct cvg_check_view){
            .rules = &environment->rules[i],
            .steady = cvg_steady_view(steady, rules, now),
            .reading = steady->latest ? cvg_reading_ref(steady->latest) : NULL,
        };
    }
    return views;
}

static struct cvg_body render(const struct cvg_snapshot *snapshot,
                              const struct cvg_gate_policy *policy,
                              const struct cvg_decision *decision)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(BODY_LIMIT);
    struct cvg_wire_decision document = {
        .id = "",
        .environment = snapshot->environment,
        .gate = policy->name,
        .decision = decision,
        .wall_offset = snapshot->wall_offset,
    };

    cvg_wire_decision_write(&document, &text);
    return (struct cvg_body){
        .text = cvg_arena_strndup(snapshot->arena, cvg_buf_text(&text), text.length),
        .length = text.length,
    };
}

static void judge(struct cvg_environment *environment, struct cvg_snapshot *snapshot,
                  uint64_t jitter)
{
    static const struct cvg_subject nobody = {.app = "", .revision = ""};
    size_t count = environment->settings->gate_count;

    snapshot->gates = cvg_arena_alloc(snapshot->arena, count * sizeof(*snapshot->gates));
    snapshot->gate_count = count;
    for (size_t i = 0; i < count; i++) {
        struct cvg_snapshot_gate *gate = &snapshot->gates[i];
        gate->policy = &environment->assembly->gates[i];
        cvg_gate_judge(&snapshot->readiness, gate->policy, &nobody, snapshot->decided_at, jitter,
                       snapshot->arena, &gate->decision);
        cvg_gate_stale(&gate->decision, snapshot->arena, &gate->stale);
        gate->body = render(snapshot, gate->policy, &gate->decision);
        gate->stale_body = render(snapshot, gate->policy, &gate->stale);
    }
}

struct cvg_snapshot *cvg_environment_snapshot(struct cvg_environment *environment, int64_t now,
                                              int64_t wall, uint64_t jitter)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_snapshot *snapshot = cvg_arena_alloc(arena, sizeof(*snapshot));

    atomic_init(&snapshot->references, 1);
    snapshot->arena = arena;
    snapshot->assembly = cvg_assembly_ref(environment->assembly);
    snapshot->environment = environment->settings->name;
    snapshot->sequence = ++environment->sequence;
    snapshot->decided_at = now;
    snapshot->wall_offset = wall - now;
    cvg_readiness_fold(view_checks(environment, arena, now), environment->settings->check_count,
                       now, arena, &snapshot->readiness);
    judge(environment, snapshot, jitter);
    environment->due = CVG_MIN(now + CVG_PUBLISH_IDLE, snapshot->readiness.next_change_at);
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        if (snapshot->gates[i].decision.next_change_at > now) {
            want(environment, snapshot->gates[i].decision.next_change_at);
        }
    }
    environment->due = CVG_MAX(environment->due, now + CVG_MS);
    return snapshot;
}
