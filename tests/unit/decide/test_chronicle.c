/* SPDX-License-Identifier: Apache-2.0 */
/* Which differences between two publications become history. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "decide/chronicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CHECKS 4
#define GATES  3

/* "NAME STATUS REASON [VALUE]", with a '!' before the status where the evidence is not fresh or a '~'
 * where the status is kept, and "GATE VERDICT". */
struct scene {
    const char *checks[CHECKS + 1];
    const char *gates[GATES + 1];
    uint32_t phase;
    uintptr_t generation;
};

struct stand {
    struct cvg_snapshot snapshot;
    struct cvg_check_view checks[CHECKS];
    struct cvg_check_rules rules[CHECKS];
    struct cvg_snapshot_gate gates[GATES];
    struct cvg_gate_policy policies[GATES];
    struct cvg_reason reasons[GATES];
    char words[CHECKS + GATES][4][32];
};

static uint32_t status_of(const char *word)
{
    for (uint32_t i = 0; i < CVG_STATUS_COUNT; i++) {
        if (strcmp(cvg_status_text(i), word) == 0) {
            return i;
        }
    }
    fail_msg("no status '%s'", word);
    return 0;
}

static uint32_t verdict_of(const char *word)
{
    for (uint32_t i = 0; i < CVG_VERDICT_COUNT; i++) {
        if (strcmp(cvg_verdict_text(i), word) == 0) {
            return i;
        }
    }
    fail_msg("no verdict '%s'", word);
    return 0;
}

static void split(const char *text, char words[4][32])
{
    for (size_t i = 0; i < 4; i++) {
        size_t length = strcspn(text, " ");
        (void)snprintf(words[i], sizeof(words[i]), "%.*s", (int)length, text);
        text += length + (text[length] == ' ');
    }
}

static void put_check(struct stand *stand, size_t i, const char *text)
{
    char(*words)[32] = stand->words[i];
    struct cvg_check_view *check = &stand->checks[i];
    split(text, words);
    bool kept = words[1][0] == '~';
    bool fresh = words[1][0] != '!' && !kept;

    stand->rules[i].name = words[0];
    check->rules = &stand->rules[i];
    check->steady.status = status_of(words[1] + !fresh);
    check->steady.kept = kept;
    check->steady.observed_at = words[3][0] ? 3 * CVG_SECOND : 0;
    check->steady.reason = words[2];
    check->steady.fresh = fresh;
    if (words[3][0]) {
        struct cvg_reading reading = {.size = sizeof(reading),
                                      .status = CVG_READY,
                                      .reason = "Measured",
                                      .message = "it is so",
                                      .has_value = 1,
                                      .value = words[3][0] - '0'};
        check->reading = cvg_reading_keep(&reading, cvg_time_now());
    }
}

static void put_gate(struct stand *stand, size_t i, const char *text)
{
    char(*words)[32] = stand->words[CHECKS + i];
    struct cvg_snapshot_gate *gate = &stand->gates[i];

    split(text, words);
    stand->policies[i].name = words[0];
    gate->policy = &stand->policies[i];
    gate->decision.verdict = verdict_of(words[1]);
    gate->decision.summary = "in one sentence";
    if (words[2][0]) {
        stand->reasons[i].code = words[2];
        gate->decision.reasons = &stand->reasons[i];
        gate->decision.reason_count = 1;
    }
}

static const struct cvg_snapshot *set(struct stand *stand, const struct scene *scene)
{
    struct cvg_snapshot *snapshot = &stand->snapshot;

    *stand = (struct stand){0};
    for (; scene->checks[snapshot->readiness.check_count];) {
        size_t at = snapshot->readiness.check_count++;
        put_check(stand, at, scene->checks[at]);
    }
    for (; scene->gates[snapshot->gate_count];) {
        size_t at = snapshot->gate_count++;
        put_gate(stand, at, scene->gates[at]);
    }
    snapshot->environment = "prod";
    snapshot->readiness.checks = stand->checks;
    snapshot->readiness.phase = scene->phase;
    snapshot->gates = stand->gates;
    snapshot->assembly = (struct cvg_assembly *)scene->generation; /* only compared */
    snapshot->decided_at = 5 * CVG_SECOND;
    snapshot->wall_offset = 100 * CVG_SECOND;
    return snapshot;
}

static void strike(struct stand *stand)
{
    for (size_t i = 0; i < CHECKS; i++) {
        cvg_reading_unref(stand->checks[i].reading);
    }
}

static void expect(const struct scene *before, const struct scene *after, const char *want)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
    struct stand stands[2];
    struct cvg_changes changes = {0};

    const struct cvg_snapshot *was = before ? set(&stands[0], before) : NULL;
    const struct cvg_snapshot *is = set(&stands[1], after);
    cvg_chronicle_compare(was, is, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        const struct cvg_change *row = &changes.rows[i];
        cvg_buf_printf(&found, "%s %s: %s -> %s (%s)", cvg_change_kind_text(row->kind), row->name,
                       row->before, row->after, row->reason);
        cvg_buf_printf(&found, "%s%s", row->message[0] ? " " : "", row->message);
        if (row->has_value) {
            cvg_buf_printf(&found, " %g", row->value);
        }
        if (row->observed_at) {
            assert_int_equal(row->observed_at, 103 * CVG_SECOND);
            cvg_buf_puts(&found, " observed");
        }
        cvg_buf_puts(&found, row->kept ? " kept" : "");
        cvg_buf_puts(&found, "\n");
        assert_string_equal(row->environment, "prod");
        assert_int_equal(row->at, 105 * CVG_SECOND);
    }
    assert_string_equal(cvg_buf_text(&found), want);
    free(changes.rows);
    strike(&stands[1]);
    if (before) {
        strike(&stands[0]);
    }
}

static void all_was_unknown_before_the_first_publication(void **state)
{
    (void)state;
    expect(NULL,
           &(struct scene){.checks = {"a !unknown NoReading"},
                           .gates = {"deploy wait NoReading"},
                           .phase = CVG_PHASE_UNKNOWN},
           "");
    expect(NULL,
           &(struct scene){.checks = {"a ready Measured 1", "b !unknown NoReading"},
                           .gates = {"deploy halt Failed"},
                           .phase = CVG_PHASE_READY},
           "status a: unknown -> ready (Measured) it is so 1 observed\n"
           "phase : unknown -> ready ()\n"
           "verdict deploy: wait -> halt (Failed) in one sentence\n");
}

static void what_stays_the_same_is_no_history(void **state)
{
    struct scene scene = {.checks = {"a ready Measured 1", "b failed Broken"},
                          .gates = {"deploy go", "verify halt Broken"},
                          .phase = CVG_PHASE_FAILED};
    struct scene other = scene;

    (void)state;
    expect(&scene, &scene, "");
    other.checks[0] = "a ready Measured 2"; /* a value alone is none, either */
    expect(&scene, &other, "");
    other.generation = 1; /* nor is a reload */
    expect(&scene, &other, "");
}

static void a_status_or_a_reason_is_a_row_with_its_evidence(void **state)
{
    (void)state;
    expect(&(struct scene){.checks = {"a ready Measured 1", "b failed Broken"}},
           &(struct scene){.checks = {"a progressing Rising 2", "b failed Torn"}},
           "status a: ready -> progressing (Rising) it is so 2 observed\n"
           "status b: failed -> failed (Torn)\n");
    /* What the reading said is not why it is unknown now. */
    expect(&(struct scene){.checks = {"a ready Measured 1"}},
           &(struct scene){.checks = {"a !unknown Stale 2"}},
           "status a: ready -> unknown (Stale) observed\n");
    expect(&(struct scene){.checks = {"a ready Good 1"}},
           &(struct scene){.checks = {"a !unknown Measured 2"}},
           "status a: ready -> unknown (Measured) it is so 2 observed\n");
}

static void that_a_status_is_kept_is_a_row(void **state)
{
    (void)state;
    expect(&(struct scene){.checks = {"a ready Stale 1"}},
           &(struct scene){.checks = {"a ~ready Stale 1"}},
           "status a: ready -> ready (Stale) observed kept\n");
    expect(&(struct scene){.checks = {"a ~ready Stale"}},
           &(struct scene){.checks = {"a ready Stale"}}, "status a: ready -> ready (Stale)\n");
    expect(NULL, &(struct scene){.checks = {"a ~unknown NoReading"}, .phase = CVG_PHASE_UNKNOWN},
           "status a: unknown -> unknown (NoReading) kept\n");
    expect(&(struct scene){.checks = {"a ~ready Stale 1"}},
           &(struct scene){.checks = {"a ~ready Stale 1"}}, "");
}

static void phases_and_verdicts_are_rows(void **state)
{
    (void)state;
    expect(&(struct scene){.gates = {"deploy wait Rising", "verify go"},
                           .phase = CVG_PHASE_CONVERGING},
           &(struct scene){.gates = {"deploy go", "verify go"}, .phase = CVG_PHASE_READY},
           "phase : converging -> ready ()\n"
           "verdict deploy: wait -> go () in one sentence\n");
}

static void over_a_reload_names_tell_which_is_which(void **state)
{
    (void)state;
    expect(
        &(struct scene){.checks = {"a ready Good", "b failed Broken", "c ready Good"},
                        .gates = {"deploy go", "old wait Rising"}},
        &(struct scene){.checks = {"c progressing Rising", "a ready Good", "d !unknown NoReading"},
                        .gates = {"new wait NoReading", "deploy go"},
                        .generation = 1},
        "status c: ready -> progressing (Rising)\n"
        "status d:  -> unknown (NoReading)\n"
        "status b: failed ->  ()\n"
        "verdict new:  -> wait (NoReading) in one sentence\n"
        "verdict old: wait ->  ()\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_was_unknown_before_the_first_publication),
        cmocka_unit_test(what_stays_the_same_is_no_history),
        cmocka_unit_test(a_status_or_a_reason_is_a_row_with_its_evidence),
        cmocka_unit_test(that_a_status_is_kept_is_a_row),
        cmocka_unit_test(phases_and_verdicts_are_rows),
        cmocka_unit_test(over_a_reload_names_tell_which_is_which),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
