/* SPDX-License-Identifier: Apache-2.0 */
/* Most publications change nothing, so the comparison goes side by side as long as both snapshots are
 * of one configuration, and only builds a map of names where a reload lies between. */
#include "decide/chronicle.h"

#include "base/map.h"
#include "base/text.h"
#include "base/time.h"
#include "model/reason.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

struct cvg_chronicle {
    struct cvg_store *store;
    struct cvg_changes changes; /* room that is used again */
};

struct cvg_chronicle *cvg_chronicle_new(struct cvg_store *store)
{
    struct cvg_chronicle *chronicle = CVG_NEW(struct cvg_chronicle);

    chronicle->store = store;
    return chronicle;
}

void cvg_chronicle_free(struct cvg_chronicle *chronicle)
{
    if (chronicle) {
        free(chronicle->changes.rows);
        free(chronicle);
    }
}

bool cvg_chronicle_writes(const struct cvg_chronicle *chronicle)
{
    return chronicle->store != NULL;
}

/* The next row, with empty texts. */
static struct cvg_change *add(struct cvg_changes *changes, enum cvg_change_kind kind,
                              const char *environment, int64_t at)
{
    CVG_GROW(changes->rows, changes->count, changes->capacity);
    struct cvg_change *row = &changes->rows[changes->count++];

    *row = (struct cvg_change){.at = at,
                               .kind = kind,
                               .environment = environment,
                               .name = "",
                               .before = "",
                               .after = "",
                               .reason = "",
                               .message = ""};
    return row;
}

static void write_all(struct cvg_chronicle *chronicle)
{
    if (chronicle->changes.count) {
        cvg_store_change(chronicle->store, chronicle->changes.rows, chronicle->changes.count);
    }
    chronicle->changes.count = 0;
}

/* ---- publications ---- */

/* Two snapshots of one environment. */
struct pair {
    const struct cvg_snapshot *before, *after; /* before: NULL at the first one */
    int64_t at;                                /* wall */
    struct cvg_changes *changes;
};

static const char *text_of(const char *text)
{
    return text ? text : "";
}

/* What the reading says belongs to the row only while the check counts as what it says. */
static void add_evidence(struct cvg_change *row, const struct cvg_check_view *check)
{
    const struct cvg_reading *reading = check->reading ? cvg_reading_get(check->reading) : NULL;

    if (reading && (check->steady.fresh || cvg_text_equal(check->steady.reason, reading->reason))) {
        row->message = text_of(reading->message);
        row->has_value = reading->has_value;
        row->value = reading->value;
    }
}

/* before: NULL: there was none. */
static void compare_check(const struct pair *pair, const struct cvg_check_view *before,
                          const struct cvg_check_view *after)
{
    const char *reason = text_of(after->steady.reason);
    uint32_t had = before ? before->steady.status : CVG_UNKNOWN;
    const char *had_reason =
        before ? text_of(before->steady.reason) : cvg_reason_code(CVG_REASON_NO_READING);
    bool had_kept = before && before->steady.kept;
    bool new = !before && pair->before;

    if (!new &&had == after->steady.status &&
        had_kept == after->steady.kept &&strcmp(had_reason, reason) == 0) {
        return;
    }
    struct cvg_change *row =
        add(pair->changes, CVG_CHANGE_STATUS, pair->after->environment, pair->at);
    row->name = after->rules->name;
    row->before = new ? "" : cvg_status_text(had);
    row->after = cvg_status_text(after->steady.status);
    row->reason = reason;
    row->kept = after->steady.kept;
    if (after->steady.observed_at) {
        row->observed_at = after->steady.observed_at + pair->after->wall_offset;
    }
    add_evidence(row, after);
}

static void compare_gate(const struct pair *pair, const struct cvg_snapshot_gate *before,
                         const struct cvg_snapshot_gate *after)
{
    const struct cvg_decision *decision = &after->decision;
    bool new = !before && pair->before;
    uint32_t had = before ? before->decision.verdict : CVG_WAIT;

    if (!new &&had == decision->verdict) {
        return;
    }
    struct cvg_change *row =
        add(pair->changes, CVG_CHANGE_VERDICT, pair->after->environment, pair->at);
    row->name = after->policy->name;
    row->before = new ? "" : cvg_verdict_text(had);
    row->after = cvg_verdict_text(decision->verdict);
    row->reason = decision->reason_count ? decision->reasons[0].code : "";
    row->message = text_of(decision->summary);
}

static void compare_phase(const struct pair *pair)
{
    uint32_t had = pair->before ? pair->before->readiness.phase : CVG_PHASE_UNKNOWN;

    if (had != pair->after->readiness.phase) {
        struct cvg_change *row =
            add(pair->changes, CVG_CHANGE_PHASE, pair->after->environment, pair->at);
        row->before = cvg_phase_text(had);
        row->after = cvg_phase_text(pair->after->readiness.phase);
    }
}

static void add_gone(const struct pair *pair, enum cvg_change_kind kind, const char *name,
                     const char *before)
{
    struct cvg_change *row = add(pair->changes, kind, pair->after->environment, pair->at);

    row->name = name;
    row->before = before;
}

static void compare_checks_by_name(const struct pair *pair)
{
    const struct cvg_readiness *before = &pair->before->readiness, *after = &pair->after->readiness;
    struct cvg_map *had = cvg_map_new();

    for (size_t i = 0; i < before->check_count; i++) {
        cvg_map_put(had, before->checks[i].rules->name, (void *)(uintptr_t)&before->checks[i]);
    }
    for (size_t i = 0; i < after->check_count; i++) {
        compare_check(pair, cvg_map_remove(had, after->checks[i].rules->name), &after->checks[i]);
    }
    for (size_t i = 0; i < before->check_count; i++) {
        const struct cvg_check_view *check = &before->checks[i];
        if (cvg_map_get(had, check->rules->name)) {
            add_gone(pair, CVG_CHANGE_STATUS, check->rules->name,
                     cvg_status_text(check->steady.status));
        }
    }
    cvg_map_free(had);
}

/* Gates are few. */
static const struct cvg_snapshot_gate *gate_of(const struct cvg_snapshot *snapshot,
                                               const char *name)
{
    for (size_t i = 0; snapshot && i < snapshot->gate_count; i++) {
        if (strcmp(snapshot->gates[i].policy->name, name) == 0) {
            return &snapshot->gates[i];
        }
    }
    return NULL;
}

static void compare_gates(const struct pair *pair)
{
    for (size_t i = 0; i < pair->after->gate_count; i++) {
        const struct cvg_snapshot_gate *gate = &pair->after->gates[i];
        compare_gate(pair, gate_of(pair->before, gate->policy->name), gate);
    }
    for (size_t i = 0; pair->before && i < pair->before->gate_count; i++) {
        const struct cvg_snapshot_gate *gate = &pair->before->gates[i];
        if (!gate_of(pair->after, gate->policy->name)) {
            add_gone(pair, CVG_CHANGE_VERDICT, gate->policy->name,
                     cvg_verdict_text(gate->decision.verdict));
        }
    }
}

void cvg_chronicle_compare(const struct cvg_snapshot *before, const struct cvg_snapshot *after,
                           struct cvg_changes *ret)
{
    struct pair pair = {.before = before,
                        .after = after,
                        .at = after->decided_at + after->wall_offset,
                        .changes = ret};

    if (before && before->assembly != after->assembly) {
        compare_checks_by_name(&pair);
    } else {
        for (size_t i = 0; i < after->readiness.check_count; i++) {
            compare_check(&pair, before ? &before->readiness.checks[i] : NULL,
                          &after->readiness.checks[i]);
        }
    }
    compare_phase(&pair);
    compare_gates(&pair);
}

void cvg_chronicle_published(struct cvg_chronicle *chronicle, const struct cvg_snapshot *before,
                             const struct cvg_snapshot *after)
{
    if (chronicle->store) {
        cvg_chronicle_compare(before, after, &chronicle->changes);
        write_all(chronicle);
    }
}

/* ---- what is not published ---- */

void cvg_chronicle_start(struct cvg_chronicle *chronicle, const char *environment,
                         const struct cvg_note_published *before, int64_t wall)
{
    static const char published[] = "last published at ";
    char message[sizeof(published) + CVG_NUMBER_TEXT] = "";

    if (!chronicle->store) {
        return;
    }
    struct cvg_change *row = add(&chronicle->changes, CVG_CHANGE_START, environment, wall);
    if (before) {
        memcpy(message, published, sizeof(published));
        cvg_format_time(before->at, 0, message + sizeof(published) - 1, CVG_NUMBER_TEXT);
        row->before = before->phase;
    }
    row->after = CVG_VERSION;
    row->message = message;
    write_all(chronicle);
}

static bool uses(const struct cvg_environment_config *environment,
                 const struct cvg_source_config *source)
{
    for (size_t i = 0; i < environment->check_count; i++) {
        if (environment->checks[i].source == source) {
            return true;
        }
    }
    return false;
}

void cvg_chronicle_source(struct cvg_chronicle *chronicle, const struct cvg_config *config,
                          size_t source, bool available, const char *why, int64_t wall)
{
    static const char *const words[] = {"unavailable", "available"};

    for (size_t i = 0; chronicle->store && i < config->environment_count; i++) {
        if (!uses(&config->environments[i], &config->sources[source])) {
            continue;
        }
        struct cvg_change *row =
            add(&chronicle->changes, CVG_CHANGE_SOURCE, config->environments[i].name, wall);
        row->name = config->sources[source].name;
        row->before = words[!available];
        row->after = words[available];
        row->reason = available ? "" : cvg_reason_code(CVG_REASON_SOURCE_UNAVAILABLE);
        row->message = available ? "" : text_of(why);
    }
    write_all(chronicle);
}

void cvg_chronicle_configuration(struct cvg_chronicle *chronicle, const struct cvg_config *config,
                                 const char *digest_before, const char *digest, int64_t wall)
{
    for (size_t i = 0; chronicle->store && i < config->environment_count; i++) {
        struct cvg_change *row =
            add(&chronicle->changes, CVG_CHANGE_CONFIGURATION, config->environments[i].name, wall);
        row->before = digest_before;
        row->after = digest;
    }
    write_all(chronicle);
}
