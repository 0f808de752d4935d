/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds, breakers, streams and numbers of a running runner. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct stage stage; /* too large for the stack of a test */

/* ---- rounds ---- */

static void checks_are_run_at_their_interval(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  fast: {source: s, do: ready, interval: 100ms, text: quick},\n"
                       "  slow: {source: s, do: ready, interval: 1h}}}}\n");
    stage_turn(&stage, 10 * CVG_MS);
    assert_int_equal(stage.readings, 0); /* not started */
    int64_t began = cvg_time_now();
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "fast", 5);
    assert_true(cvg_time_now() - began >= 400 * CVG_MS);
    assert_int_equal(stage_check(&stage, "slow")->readings, 1);
    assert_string_equal(stage_reading(&stage, "fast")->observed, "quick");
    assert_int_equal(stage_reading(&stage, "fast")->status, CVG_READY);
    struct cvg_source_stats stats = stage_stats(&stage, 0);
    assert_true(stats.up);
    assert_int_equal(stats.runs[CVG_RUN_READY], 6);
    uint64_t in_buckets = 0;
    for (size_t i = 0; i < CVG_COUNT(stats.buckets); i++) {
        in_buckets += stats.buckets[i];
    }
    assert_int_equal(in_buckets, 6);
    assert_true(stats.seconds > 0 && stats.seconds < 6);
    stage_close(&stage);
}

/* So that a rise of three intervals is not missed by a millisecond. A machine that holds the loop
 * up makes a round late, so not every one of them must be on time. */
static void rounds_are_exactly_an_interval_apart(void **state)
{
    int64_t before = 0;
    size_t exact = 0;
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: ready, interval: 150ms}}}}\n");
    cvg_runner_start(stage.runner, 1);
    for (size_t i = 1; i <= 10; i++) {
        stage_await_readings(&stage, "c", i);
        int64_t at = stage_reading(&stage, "c")->observed_at_ns;
        exact += before && (at - before) % (150 * CVG_MS) == 0;
        before = at;
    }
    assert_in_range(exact, 3, 9);
    stage_close(&stage);
}

static void a_large_round_has_one_instant_over_many_turns(void **state)
{
    (void)state;

    enum {
        CHECKS = 1000
    };
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT((size_t)1 << 20);
    cvg_buf_puts(&text, "sources: {s: {type: scripted}}\nenvironments: {prod: {checks: {\n");
    for (int i = 0; i < CHECKS; i++) {
        cvg_buf_printf(&text, "  c%d: {source: s, do: round, interval: 1s, timeout: 1s},\n", i);
    }
    cvg_buf_puts(&text, "}}}\n");
    stage_open(&stage, cvg_buf_text(&text));
    cvg_runner_start(stage.runner, 1);
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (stage.readings < CHECKS && cvg_time_now() < deadline) {
        stage_turn(&stage, CVG_MS);
    }
    assert_true(stage.readings >= CHECKS);
    assert_in_range(stage.most_in_turn, 1, 256);
    const struct cvg_reading *first = stage_reading(&stage, "c0");
    for (int i = 1; i < CHECKS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "c%d", i);
        const struct cvg_reading *reading = stage_reading(&stage, name);
        assert_string_equal(reading->observed, first->observed);
        assert_int_equal(reading->observed_at_ns, first->observed_at_ns);
    }
    stage_close(&stage);
}

static void a_run_that_is_still_going_is_not_run_again(void **state)
{
    (void)state;
    /* A fact that changes all the time wants it to be run again after a second. */
    stage_open(&stage, "sources: {s: {type: scripted}, t: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  from: {source: s, do: round, interval: 100ms},\n"
                       "  to: {source: t, do: silent, text: '${checks.from.facts.seen}',\n"
                       "       interval: 1h, timeout: 1500ms}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "TimedOut", NULL);
    struct cvg_source_stats stats = stage_stats(&stage, 1);
    assert_int_equal(stats.runs[CVG_RUN_TIMEOUT], 1);
    assert_in_range(stats.runs[CVG_RUN_SKIPPED], 1, 10);
    assert_false(stats.up);
    assert_int_equal(stats.buckets[8], 1); /* 1 s to 2.5 s */
    stage_close(&stage);
}

/* ---- breakers ---- */

static const char breaking[] =
    "sources: {s: {type: scripted}, other: {type: scripted}}\n"
    "environments: {prod: {checks: {\n"
    "  a: {source: s, do: file, text: '%s/state', interval: 200ms},\n"
    "  b: {source: s, do: file, text: '%s/state', interval: 200ms},\n"
    "  c: {source: s, do: file, text: '%s/state', interval: 200ms},\n"
    "  d: {source: s, do: ready, text: innocent, interval: 1h},\n"
    "  e: {source: other, do: ready, text: elsewhere, interval: 200ms}}}}\n";

static void an_open_breaker_says_why_until_a_trial_succeeds(void **state)
{
    (void)state;
    stage_open(&stage, breaking);
    stage_write(&stage, "state", "connect");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "a", "SourceUnavailable", NULL);
    int64_t opened = cvg_time_now();
    assert_string_equal(stage_reading(&stage, "a")->message, "the file says so");
    assert_int_equal(stage_reading(&stage, "a")->status, CVG_UNKNOWN);
    assert_int_equal(stage_reading(&stage, "a")->fault, CVG_FAULT_CONNECT);
    /* The innocent one too, though its next round is an hour away. */
    stage_await(&stage, "d", "SourceUnavailable", NULL);
    assert_int_equal(stage.opened, 1);
    assert_string_equal(stage.why, "the file says so");
    struct cvg_source_stats stats = stage_stats(&stage, 0);
    assert_false(stats.up);
    assert_int_equal(stats.breaker, CVG_BREAKER_OPEN);
    assert_true(stage_stats(&stage, 1).up);

    /* Nothing is run, and each round says so. */
    uint64_t runs = stats.runs[CVG_RUN_UNKNOWN];
    size_t readings = stage_check(&stage, "a")->readings;
    stage_await_readings(&stage, "a", readings + 2);
    stats = stage_stats(&stage, 0);
    assert_int_equal(stats.runs[CVG_RUN_UNKNOWN], runs);
    assert_true(stats.runs[CVG_RUN_SKIPPED] >= 2);

    stage_write(&stage, "state", "well");
    stage_await(&stage, "a", "Done", "well");
    assert_true(cvg_time_now() - opened >= 700 * CVG_MS);
    stage_await(&stage, "d", "Done", "innocent");
    assert_int_equal(stage.closed, 1);
    assert_true(stage_stats(&stage, 0).up);
    assert_int_equal(stage_reading(&stage, "e")->status, CVG_READY);
    stage_close(&stage);
}

static void a_breaker_that_was_open_before_a_restart_closes_by_a_trial(void **state)
{
    (void)state;
    stage_open(&stage, breaking);
    stage_write(&stage, "state", "well");
    int64_t now = cvg_time_now();
    const struct cvg_breaker saved = {
        .state = CVG_BREAKER_OPEN,
        .failures = 9,
        .pause_ns = CVG_MINUTE,
        .opened_at = now - CVG_MINUTE,
        .trial_at = now + 300 * CVG_MS,
        .last_trial_at = now - CVG_SECOND,
    };
    cvg_runner_restore_breaker(stage.runner, 0, &saved, now);
    assert_int_equal(cvg_runner_breaker(stage.runner, 0)->state, CVG_BREAKER_OPEN);
    assert_false(stage_stats(&stage, 0).up);
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "a", "SourceUnavailable", NULL);
    assert_int_equal(stage_reading(&stage, "a")->status, CVG_UNKNOWN);
    stage_await(&stage, "a", "Done", "well");
    assert_true(cvg_time_now() - now >= 300 * CVG_MS);
    assert_int_equal(stage.closed, 1);
    assert_true(stage_stats(&stage, 0).up);
    stage_close(&stage);
}

static void somebody_waiting_makes_the_trial_come(void **state)
{
    (void)state;
    stage_open(&stage, breaking);
    stage_write(&stage, "state", "connect");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "d", "SourceUnavailable", NULL);
    cvg_runner_hurry(stage.runner, 0);
    /* Two trials fail; the next is then at least 3.2 s away. */
    uint64_t failed = stage_stats(&stage, 0).runs[CVG_RUN_UNKNOWN];
    while (stage_stats(&stage, 0).runs[CVG_RUN_UNKNOWN] < failed + 2) {
        stage_turn(&stage, CVG_MS);
    }
    stage_write(&stage, "state", "well");
    int64_t began = cvg_time_now();
    cvg_runner_hurry(stage.runner, 0);
    stage_await(&stage, "a", "Done", "well");
    int64_t took = cvg_time_now() - began;
    assert_true(took >= 900 * CVG_MS); /* not within a second of the last one */
    assert_true(took < 3000 * CVG_MS); /* unhurried it is 3.2 s at least */
    stage_close(&stage);
}

static void a_wrong_question_does_not_open_the_breaker(void **state)
{
    (void)state;
    stage_open(&stage, breaking);
    stage_write(&stage, "state", "request");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "a", 3);
    assert_int_equal(stage_reading(&stage, "a")->fault, CVG_FAULT_REQUEST);
    assert_string_equal(stage_reading(&stage, "d")->observed, "innocent");
    assert_int_equal(stage.opened, 0);
    assert_true(stage_stats(&stage, 0).up);
    stage_close(&stage);
}

/* ---- streams ---- */

static void a_stream_that_goes_silent_is_not_kept_alive(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: stream, every: 2ms, reports: 3, beats: 2}}\n"
                       "environments: {prod: {checks: {a: {source: s}, b: {source: s}}}}\n");
    stage_turn(&stage, 10 * CVG_MS);
    assert_int_equal(stage.readings, 0);
    cvg_runner_start(stage.runner, 1);
    const struct stage_check *a = stage_check(&stage, "a");
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;
    while (a->alive < 2 && cvg_time_now() < deadline) {
        stage_turn(&stage, CVG_MS);
    }
    assert_int_equal(a->alive, 2);
    assert_int_equal(a->readings, 3);
    assert_int_equal(stage_check(&stage, "b")->alive, 2);
    assert_int_equal(stage_check(&stage, "b")->readings, 3);
    int64_t observed_at = stage_reading(&stage, "a")->observed_at_ns;
    stage_turn(&stage, 60 * CVG_MS);
    assert_int_equal(a->alive, 2);
    assert_int_equal(a->readings, 3);
    assert_int_equal(stage_reading(&stage, "a")->observed_at_ns, observed_at);
    assert_true(stage_stats(&stage, 0).up);
    assert_int_equal(stage_stats(&stage, 0).contract_faults, 0);
    stage_close(&stage);
}

/* ---- the end, and the beginning ---- */

static void freeing_while_everything_is_going_says_nothing(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}, t: {type: stream, every: 1ms}}\n"
                       "environments: {prod: {checks: {\n"
                       "  a: {source: s, do: silent, interval: 10s},\n"
                       "  b: {source: s, do: spawn, text: sleep 60, after: 1h, interval: 10s},\n"
                       "  c: {source: s, do: watch, text: '%s/x', interval: 10s},\n"
                       "  d: {source: t}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "d", 1);
    stage_turn(&stage, 5 * CVG_MS);
    cvg_runner_free(stage.runner);
    stage.runner = NULL;
    uint64_t readings = stage.readings;
    stage_turn(&stage, 20 * CVG_MS);
    assert_int_equal(stage.readings, readings);
    stage_close(&stage);
}

static void what_modules_refuse_is_refused_all_at_once(void **state)
{
    (void)state;
    static const char text[] = "sources:\n"
                               "  through: {type: scripted, via: bad}\n"
                               "  s: {type: scripted}\n"
                               "  bad: {type: scripted, refuse: true, url: 'http://127.0.0.1:1'}\n"
                               "environments: {prod: {checks: {\n"
                               "  a: {source: s, do: ready, key: refuse},\n"
                               "  b: {source: s, do: ready},\n"
                               "  c: {source: through, do: ready},\n"
                               "  d: {source: s, do: ready, key: refuse-silently}}}}\n";
    static const struct cvg_runner_events none = {0};
    struct cvg_registry *registry = NULL;
    struct cvg_loop *loop = NULL;
    struct cvg_config *config = NULL;
    struct cvg_runner *runner = NULL;
    struct cvg_diagnostics diagnostics = {0};
    assert_int_equal(cvg_registry_open(CVG_BUILD "/tests/modules", &registry, NULL), 0);
    assert_int_equal(cvg_loop_new(NULL, &loop, NULL), 0);
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    assert_int_equal(
        cvg_config_load_text("t.yaml", text, strlen(text), &kinds, &diagnostics, &config), 0);
    assert_int_equal(cvg_runner_new(loop, config, registry, &none, NULL, &diagnostics, &runner),
                     CVG_E_INVALID);
    assert_null(runner);
    assert_int_equal(diagnostics.errors, 4);

    static const struct {
        unsigned line;
        const char *says;
    } expected[] = {
        {4, "source 'bad': refuse: it says so itself"},
        {2, "source 'through': the source that it goes through cannot be used"},
        {6, "check 'a': key: not that one"},
        {9, "check 'd': module 'scripted' refuses it without saying why"},
    };

    for (size_t i = 0; i < CVG_COUNT(expected); i++) {
        assert_int_equal(diagnostics.items[i].line, expected[i].line);
        assert_string_equal(diagnostics.items[i].text, expected[i].says);
    }
    cvg_config_unref(config);
    cvg_diagnostics_done(&diagnostics);
    cvg_loop_free(loop);
    cvg_registry_free(registry);
    cvg_runner_free(NULL);
}

static void results_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"ready", "not_ready", "unknown", "timeout", "skipped"};
    assert_int_equal(CVG_COUNT(names), CVG_RUN_RESULT_COUNT);
    for (unsigned i = 0; i < CVG_COUNT(names); i++) {
        assert_string_equal(cvg_run_result_text((enum cvg_run_result)i), names[i]);
    }
    for (size_t i = 1; i < CVG_DURATION_BUCKETS; i++) {
        assert_true(cvg_duration_bounds[i] > cvg_duration_bounds[i - 1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_are_run_at_their_interval),
        cmocka_unit_test(rounds_are_exactly_an_interval_apart),
        cmocka_unit_test(a_large_round_has_one_instant_over_many_turns),
        cmocka_unit_test(a_run_that_is_still_going_is_not_run_again),
        cmocka_unit_test(an_open_breaker_says_why_until_a_trial_succeeds),
        cmocka_unit_test(a_breaker_that_was_open_before_a_restart_closes_by_a_trial),
        cmocka_unit_test(somebody_waiting_makes_the_trial_come),
        cmocka_unit_test(a_wrong_question_does_not_open_the_breaker),
        cmocka_unit_test(a_stream_that_goes_silent_is_not_kept_alive),
        cmocka_unit_test(freeing_while_everything_is_going_says_nothing),
        cmocka_unit_test(what_modules_refuse_is_refused_all_at_once),
        cmocka_unit_test(results_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
