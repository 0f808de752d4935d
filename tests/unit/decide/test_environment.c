/* SPDX-License-Identifier: Apache-2.0 */
/* One environment from readings to published snapshots, on a clock of the test's own. */
#include "base/time.h"
#include "config/config.h"
#include "decide/board.h"
#include "decide/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WALL (INT64_C(1767261600) * CVG_SECOND)

/* ---- a kind of source with nothing to configure ---- */

static const struct cvg_field no_fields[] = {{.name = NULL}};
static const struct cvg_kind polled = {
    .name = "polled",
    .version = "1",
    .summary = "for tests",
    .source_fields = no_fields,
    .check_fields = no_fields,
};

static const struct cvg_kind *find(void *ctx, const char *name, const char **ret_why)
{
    (void)ctx;
    *ret_why = NULL;
    return strcmp(name, polled.name) == 0 ? &polled : NULL;
}

static const struct cvg_kind *const *all(void *ctx)
{
    static const struct cvg_kind *const kinds[] = {&polled, NULL};

    (void)ctx;
    return kinds;
}

static const struct cvg_kinds kinds = {.find = find, .all = all};

static const char text[] = "defaults: {interval: 10s, timeout: 5s, rise: 0s}\n"
                           "sources: {s: {type: polled}}\n"
                           "environments:\n"
                           "  prod:\n"
                           "    checks:\n"
                           "      a: {source: s, component: web}\n"
                           "      b: {source: s, max_age: 60s, rise: 30s}\n"
                           "      side: {source: s, required: false}\n"
                           "    gates:\n"
                           "      deploy: {}\n"
                           "      web: {require: [web]}\n";

struct fixture {
    struct cvg_config *config;
    struct cvg_environment *environment;
};

static int set_up(void **state)
{
    struct fixture *fixture = CVG_NEW(struct fixture);
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};

    if (cvg_config_load_text("t.yaml", text, sizeof(text) - 1, &kinds, &diagnostics,
                             &fixture->config) < 0 ||
        cvg_environment_new(fixture->config, 0, &diagnostics, &fixture->environment) < 0) {
        cvg_diagnostics_print(&diagnostics, stderr);
        return -1;
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    cvg_environment_free(fixture->environment);
    cvg_config_unref(fixture->config);
    free(fixture);
    return 0;
}

static void read_check(struct fixture *fixture, size_t check, uint32_t status, int64_t now)
{
    struct cvg_reading reading = {
        .size = sizeof(reading),
        .status = status,
        .reason = status == CVG_READY ? "Met" : "NotMet",
        .observed_at_ns = now,
    };

    cvg_environment_read(fixture->environment, check, cvg_reading_keep(&reading, now), now);
}

static struct cvg_snapshot *snapshot_at(struct fixture *fixture, int64_t now)
{
    return cvg_environment_snapshot(fixture->environment, now, WALL + now, 0);
}

static uint32_t verdict_at(struct fixture *fixture, const char *gate, int64_t now)
{
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now);
    uint32_t verdict = cvg_snapshot_gate(snapshot, gate)->decision.verdict;

    cvg_snapshot_unref(snapshot);
    return verdict;
}

static void nothing_goes_before_it_was_seen(void **state)
{
    struct fixture *fixture = *state;
    struct cvg_snapshot *snapshot = snapshot_at(fixture, CVG_SECOND);

    assert_int_equal(snapshot->readiness.phase, CVG_PHASE_UNKNOWN);
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        assert_int_equal(snapshot->gates[i].decision.verdict, CVG_WAIT);
        assert_true(snapshot->gates[i].decision.unknown);
        assert_non_null(strstr(snapshot->gates[i].body.text, "\"NoReading\""));
    }
    cvg_snapshot_unref(snapshot);
}

static void gates_look_at_what_they_require(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 100 * CVG_SECOND;

    read_check(fixture, 0, CVG_READY, now);
    read_check(fixture, 1, CVG_FAILED, now);
    assert_int_equal(verdict_at(fixture, "web", now), CVG_GO);
    assert_int_equal(verdict_at(fixture, "deploy", now), CVG_WAIT);
    assert_int_equal(verdict_at(fixture, NULL, now), CVG_WAIT); /* the first one listed */
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now);
    assert_null(cvg_snapshot_gate(snapshot, "nothing"));
    cvg_snapshot_unref(snapshot);
}

static void a_go_opens_after_the_rise_and_ends_with_its_evidence(void **state)
{
    struct fixture *fixture = *state;
    int64_t start = 100 * CVG_SECOND;

    for (int64_t at = 0; at <= 30 * CVG_SECOND; at += 10 * CVG_SECOND) {
        read_check(fixture, 0, CVG_READY, start + at);
        read_check(fixture, 1, CVG_READY, start + at);
        assert_int_equal(verdict_at(fixture, "deploy", start + at),
                         at < 30 * CVG_SECOND ? CVG_WAIT : CVG_GO);
    }
    int64_t last = start + 30 * CVG_SECOND;
    assert_int_equal(verdict_at(fixture, "deploy", last + 59 * CVG_SECOND), CVG_GO);
    assert_int_equal(verdict_at(fixture, "deploy", last + 60 * CVG_SECOND), CVG_WAIT);
}

static void a_go_is_never_valid_beyond_its_evidence(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 100 * CVG_SECOND;

    read_check(fixture, 0, CVG_READY, now);
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now + 50 * CVG_SECOND);
    struct cvg_snapshot_gate *gate = cvg_snapshot_gate(snapshot, "web");
    assert_int_equal(gate->decision.verdict, CVG_GO);
    assert_true(gate->decision.valid_until <= now + 60 * CVG_SECOND);
    cvg_snapshot_unref(snapshot);
}

static void changes_are_published_soon_and_mere_age_later(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 100 * CVG_SECOND;

    assert_int_equal(cvg_environment_due(fixture->environment), CVG_NEVER);
    cvg_snapshot_unref(snapshot_at(fixture, now));
    assert_true(cvg_environment_due(fixture->environment) <= now + CVG_PUBLISH_IDLE);

    read_check(fixture, 0, CVG_READY, now);
    assert_int_equal(cvg_environment_due(fixture->environment), now + CVG_PUBLISH_CHANGE);
    cvg_snapshot_unref(snapshot_at(fixture, now + CVG_PUBLISH_CHANGE));

    read_check(fixture, 0, CVG_READY, now + 5 * CVG_SECOND);
    assert_int_equal(cvg_environment_due(fixture->environment),
                     now + 5 * CVG_SECOND + CVG_PUBLISH_REFRESH);
    read_check(fixture, 0, CVG_FAILED, now + 5 * CVG_SECOND);
    assert_int_equal(cvg_environment_due(fixture->environment),
                     now + 5 * CVG_SECOND + CVG_PUBLISH_CHANGE);
}

static void what_time_alone_changes_is_due_at_its_time(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 100 * CVG_SECOND;

    read_check(fixture, 1, CVG_FAILED, now); /* Stale after 60 s */
    cvg_snapshot_unref(snapshot_at(fixture, now + 55 * CVG_SECOND));
    assert_true(cvg_environment_due(fixture->environment) <= now + 60 * CVG_SECOND);
}

static void bodies_tell_wall_time_and_a_stale_one_stands_beside(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 60 * CVG_SECOND;

    read_check(fixture, 0, CVG_READY, now);
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now);
    struct cvg_snapshot_gate *gate = cvg_snapshot_gate(snapshot, "web");
    assert_non_null(strstr(gate->body.text, "\"decided_at\":\"2026-01-01T10:01:00Z\""));
    assert_non_null(strstr(gate->body.text, "\"verdict\":\"go\""));
    assert_non_null(strstr(gate->stale_body.text, "\"verdict\":\"wait\""));
    assert_non_null(strstr(gate->stale_body.text, "DecisionStale"));
    assert_int_equal(strlen(gate->body.text), gate->body.length);
    cvg_snapshot_unref(snapshot);
}

static void a_snapshot_outlives_what_comes_after_it(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 100 * CVG_SECOND;

    read_check(fixture, 0, CVG_READY, now);
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now);
    read_check(fixture, 0, CVG_FAILED, now + CVG_SECOND);
    assert_string_equal(cvg_reading_get(snapshot->readiness.checks[0].reading)->reason, "Met");
    assert_int_equal(snapshot->readiness.checks[0].steady.status, CVG_READY);
    cvg_snapshot_unref(snapshot);
}

/* ---- a reload ---- */

static const char reloaded_text[] = "defaults: {interval: 10s, timeout: 5s, rise: 0s}\n"
                                    "sources: {s: {type: polled}}\n"
                                    "environments:\n"
                                    "  prod:\n"
                                    "    checks:\n"
                                    "      b: {source: s, max_age: 60s, rise: %s}\n"
                                    "      a: {source: s, component: web, weight: 3}\n"
                                    "      fresh: {source: s}\n"
                                    "    gates:\n"
                                    "      deploy: {exclude: [fresh]}\n";

/* Puts the environment of another text in the fixture's place, as a reload does. */
static void reload(struct fixture *fixture, const char *rise, int64_t now)
{
    char next[600];
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_config *config = NULL;
    struct cvg_environment *environment = NULL;
    int length = snprintf(next, sizeof(next), reloaded_text, rise);

    assert_int_equal(
        cvg_config_load_text("t.yaml", next, (size_t)length, &kinds, &diagnostics, &config), 0);
    assert_int_equal(cvg_environment_new(config, 0, &diagnostics, &environment), 0);
    struct cvg_config_diff *diff = cvg_config_diff_new(fixture->config, config);
    cvg_environment_inherit(environment, fixture->environment, diff->checks[0], now);
    cvg_config_diff_free(diff);
    cvg_environment_free(fixture->environment);
    cvg_config_unref(fixture->config);
    fixture->environment = environment;
    fixture->config = config;
}

/* Of the environment after a reload: b is 0, a is 1, fresh is 2. */
static struct cvg_steady_view view_of(struct fixture *fixture, size_t check, int64_t now)
{
    struct cvg_snapshot *snapshot = snapshot_at(fixture, now);
    struct cvg_steady_view view = snapshot->readiness.checks[check].steady;

    cvg_snapshot_unref(snapshot);
    view.reason = NULL; /* went with the snapshot */
    return view;
}

static void a_dwell_goes_on_after_a_reload(void **state)
{
    struct fixture *fixture = *state;
    int64_t start = 1000 * CVG_SECOND;

    for (int64_t at = 0; at <= 20 * CVG_SECOND; at += 10 * CVG_SECOND) {
        read_check(fixture, 0, CVG_READY, start + at);
        read_check(fixture, 1, CVG_READY, start + at);
    }
    int64_t now = start + 25 * CVG_SECOND;
    reload(fixture, "30s", now);
    struct cvg_steady_view rising = view_of(fixture, 0, now);
    assert_int_equal(rising.status, CVG_PROGRESSING);
    assert_int_equal(rising.dwell_done_ns, 20 * CVG_SECOND);
    assert_int_equal(view_of(fixture, 1, now).status, CVG_READY);
    assert_int_equal(view_of(fixture, 1, now).since, start);
    assert_int_equal(view_of(fixture, 2, now).status, CVG_UNKNOWN);
    read_check(fixture, 0, CVG_READY, start + 30 * CVG_SECOND);
    assert_int_equal(verdict_at(fixture, "deploy", start + 30 * CVG_SECOND), CVG_GO);
}

/* Saved in another boot, so times are of before this one. */
static void what_came_back_goes_on_over_a_reload_before_its_first_reading(void **state)
{
    struct fixture *fixture = *state;
    const struct cvg_steady_saved saved = {
        .status = CVG_READY,
        .observed_at = -20 * CVG_SECOND,
        .since = -900 * CVG_SECOND,
        .fresh_at = -20 * CVG_SECOND,
        .ready_since = -950 * CVG_SECOND,
        .flap = {.samples = 1, .count = 1, .next_at = -15 * CVG_SECOND},
    };
    int64_t now = 10 * CVG_SECOND;

    assert_true(cvg_environment_restore(fixture->environment, 1, &saved, now));
    reload(fixture, "30s", now);
    struct cvg_steady_view view = view_of(fixture, 0, now);
    assert_int_equal(view.status, CVG_UNKNOWN);
    assert_int_equal(view.observed_at, 0); /* never read */
    assert_int_equal(verdict_at(fixture, "deploy", now), CVG_WAIT);
    read_check(fixture, 0, CVG_READY, 30 * CVG_SECOND);
    view = view_of(fixture, 0, 30 * CVG_SECOND);
    assert_int_equal(view.status, CVG_READY);
    assert_int_equal(view.since, -900 * CVG_SECOND);
    assert_true(view.fresh);
}

static void a_changed_rise_applies_to_a_dwell_that_goes_on(void **state)
{
    static const struct {
        const char *rise;
        int64_t ready_after; /* the reading at which it is */
    } cases[] = {{"21s", 30}, {"45s", 50}};

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(i == 0 ? 0 : set_up(state), 0);
        struct fixture *fixture = *state;
        int64_t start = 1000 * CVG_SECOND;
        for (int64_t at = 0; at <= 20; at += 10) {
            read_check(fixture, 1, CVG_READY, start + at * CVG_SECOND);
        }
        reload(fixture, cases[i].rise, start + 22 * CVG_SECOND);
        for (int64_t at = 30; at <= 60; at += 10) {
            int64_t now = start + at * CVG_SECOND;
            read_check(fixture, 0, CVG_READY, now);
            assert_int_equal(view_of(fixture, 0, now).status,
                             at >= cases[i].ready_after ? CVG_READY : CVG_PROGRESSING);
        }
        if (i + 1 < CVG_COUNT(cases)) {
            tear_down(state);
        }
    }
}

/* What time did before the reload stays done, though the new rules would have had it otherwise. */
static void a_reload_does_not_rewrite_the_past(void **state)
{
    struct fixture *fixture = *state;
    int64_t start = 1000 * CVG_SECOND;

    read_check(fixture, 1, CVG_READY, start);
    read_check(fixture, 1, CVG_READY, start + 30 * CVG_SECOND);
    int64_t stale = start + 95 * CVG_SECOND; /* max_age is 60 s */
    reload(fixture, "0s", stale);
    struct cvg_steady_view view = view_of(fixture, 0, stale);
    assert_int_equal(view.status, CVG_UNKNOWN);
    assert_int_equal(view.since, start + 90 * CVG_SECOND);
}

static void a_snapshot_outlives_the_environment_that_made_it(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 1000 * CVG_SECOND;

    read_check(fixture, 0, CVG_READY, now);
    struct cvg_snapshot *held = snapshot_at(fixture, now);
    reload(fixture, "30s", now);
    assert_int_equal(held->gate_count, 2);
    assert_string_equal(cvg_snapshot_gate(held, "web")->policy->name, "web");
    assert_string_equal(held->readiness.checks[1].rules->name, "b");
    cvg_snapshot_unref(held);
}

static void sequences_go_on_after_a_reload(void **state)
{
    struct fixture *fixture = *state;
    int64_t now = 1000 * CVG_SECOND;
    struct cvg_snapshot *before = snapshot_at(fixture, now);

    reload(fixture, "30s", now);
    assert_int_equal(cvg_environment_due(fixture->environment), now);
    struct cvg_snapshot *after = snapshot_at(fixture, now);
    assert_int_equal(after->sequence, before->sequence + 1);
    cvg_snapshot_unref(before);
    cvg_snapshot_unref(after);
}

/* ---- the board's trust ---- */

static void readers_trust_a_go_only_while_it_is_valid_and_the_thread_beats(void **state)
{
    static const char *const names[] = {"prod"};
    struct cvg_board *board = cvg_board_new(names, 1);
    const int64_t now = 1000 * CVG_SECOND;

    static const struct {
        uint32_t verdict;
        int64_t valid_for, beaten_ago;
        bool trusted;
    } cases[] = {
        {CVG_GO, 10 * CVG_SECOND, 0, true},
        {CVG_GO, 1, 0, true},
        {CVG_GO, 0, 0, false},
        {CVG_GO, -CVG_SECOND, 0, false},
        {CVG_GO, 10 * CVG_SECOND, CVG_HEARTBEAT_LIMIT - 1, true},
        {CVG_GO, 10 * CVG_SECOND, CVG_HEARTBEAT_LIMIT, false},
        {CVG_WAIT, -CVG_SECOND, 0, true},
        {CVG_HALT, 10 * CVG_SECOND, CVG_HEARTBEAT_LIMIT, false},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_decision decision = {.verdict = cases[i].verdict,
                                        .valid_until = now + cases[i].valid_for};
        cvg_board_beat(board, now - cases[i].beaten_ago);
        assert_int_equal(cvg_board_trusts(board, &decision, now), cases[i].trusted);
    }
    cvg_board_free(board);
}

/* A snapshot of an environment without checks and gates. */
static struct cvg_snapshot *bare_snapshot(const char *environment)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_snapshot *snapshot = cvg_arena_alloc(arena, sizeof(*snapshot));

    snapshot->references = 1;
    snapshot->arena = arena;
    snapshot->environment = cvg_arena_strdup(arena, environment);
    return snapshot;
}

static bool is_on(struct cvg_board *board, const char *environment)
{
    struct cvg_snapshot *snapshot = cvg_board_lookup(board, environment);
    bool found = snapshot && strcmp(snapshot->environment, environment) == 0;

    cvg_snapshot_unref(snapshot);
    return found;
}

static void the_board_finds_environments_by_name(void **state)
{
    static const char *const names[] = {"a", "b", "prod-eu", "prod-us"};
    static const char *const others[] = {"", "prod", "z"};
    struct cvg_board *board = cvg_board_new(names, CVG_COUNT(names));

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        assert_false(cvg_board_serves(board));
        cvg_board_publish(board, i, bare_snapshot(names[i]));
        assert_true(is_on(board, names[i]));
    }
    assert_true(cvg_board_serves(board));
    for (size_t i = 0; i < CVG_COUNT(others); i++) {
        assert_null(cvg_board_lookup(board, others[i]));
    }
    cvg_board_free(board);
}

static void the_board_gives_environments_in_pages(void **state)
{
    static const char *const names[] = {"a", "b", "d"};

    static const struct {
        const char *after;
        size_t limit, count;
        const char *first;
        bool more;
    } cases[] = {
        {NULL, SIZE_MAX, 3, "a", false}, {NULL, 2, 2, "a", true},  {"a", 2, 2, "b", false},
        {"aa", 1, 1, "b", true},         {"c", 9, 1, "d", false},  {"d", 9, 0, NULL, false},
        {"", 1, 1, "a", true},           {"z", 9, 0, NULL, false},
    };
    struct cvg_board *board = cvg_board_new(names, CVG_COUNT(names));

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        cvg_board_publish(board, i, bare_snapshot(names[i]));
    }
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_snapshot **held = NULL;
        bool more = false;
        size_t count = cvg_board_page(board, cases[i].after, cases[i].limit, &held, &more);
        assert_int_equal(count, cases[i].count);
        assert_int_equal(more, cases[i].more);
        if (count) {
            assert_string_equal(held[0]->environment, cases[i].first);
        }
        cvg_board_release(held, count);
    }
    cvg_board_free(board);
}

static void a_new_generation_replaces_adds_and_removes_at_once(void **state)
{
    static const char *const names[] = {"gone", "kept"};
    static const char *const next[] = {"added", "kept"};
    struct cvg_board *board = cvg_board_new(names, CVG_COUNT(names));

    (void)state;
    cvg_board_publish(board, 0, bare_snapshot("gone"));
    cvg_board_publish(board, 1, bare_snapshot("kept"));
    struct cvg_snapshot *held = cvg_board_lookup(board, "gone");
    struct cvg_snapshot *kept = cvg_board_lookup(board, "kept");
    cvg_board_replace(board, next, (struct cvg_snapshot *[]){bare_snapshot("added"), NULL},
                      CVG_COUNT(next));
    assert_null(cvg_board_lookup(board, "gone"));
    assert_true(is_on(board, "added"));
    struct cvg_snapshot *still = cvg_board_lookup(board, "kept");
    assert_ptr_equal(still, kept);
    assert_string_equal(held->environment, "gone"); /* whoever reads goes on to read it */
    cvg_snapshot_unref(held);
    cvg_snapshot_unref(kept);
    cvg_snapshot_unref(still);
    cvg_board_free(board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_goes_before_it_was_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gates_look_at_what_they_require, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_go_opens_after_the_rise_and_ends_with_its_evidence,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_go_is_never_valid_beyond_its_evidence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_published_soon_and_mere_age_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_time_alone_changes_is_due_at_its_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bodies_tell_wall_time_and_a_stale_one_stands_beside, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_snapshot_outlives_what_comes_after_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dwell_goes_on_after_a_reload, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_came_back_goes_on_over_a_reload_before_its_first_reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_rise_applies_to_a_dwell_that_goes_on, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reload_does_not_rewrite_the_past, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_snapshot_outlives_the_environment_that_made_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(sequences_go_on_after_a_reload, set_up, tear_down),
        cmocka_unit_test(readers_trust_a_go_only_while_it_is_valid_and_the_thread_beats),
        cmocka_unit_test(the_board_finds_environments_by_name),
        cmocka_unit_test(the_board_gives_environments_in_pages),
        cmocka_unit_test(a_new_generation_replaces_adds_and_removes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
