/* SPDX-License-Identifier: Apache-2.0 */
/* A module that was told of a change has its checks asked at once: how often, how many at a time, and what
 * the schedule and the breaker have to say to it. */
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

static void change(int number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "change %d", number);
    stage_write(&stage, "watched", text);
}

static void a_change_is_seen_long_before_the_interval(void **state)
{
    (void)state;
    stage_open(&stage, "sources:\n"
                       "  s: {type: scripted, watch: \"%s/watched\"}\n"
                       "  other: {type: scripted}\n"
                       "environments: {prod: {checks: {\n"
                       "  a: {source: s, do: read, text: \"%s/watched\", interval: 1h},\n"
                       "  b: {source: s, do: round, interval: 2h},\n"
                       "  c: {source: other, do: round, interval: 1h}}}}\n");
    stage_write(&stage, "watched", "before");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "a", "Done", "before");
    stage_write(&stage, "watched", "after");
    stage_await(&stage, "a", "Done", "after");
    stage_await_readings(&stage, "b", 2);
    assert_int_equal(stage_check(&stage, "c")->readings, 1);
    stage_close(&stage);
}

/* So that their answers can be held against each other, and a module can ask once for all. */
static void what_is_woken_together_has_one_instant(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                       "environments: {prod: {checks: {\n"
                       "  a: {source: s, do: round, interval: 1h},\n"
                       "  b: {source: s, do: round, interval: 1h},\n"
                       "  c: {source: s, do: round, interval: 1h}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 1);
    change(1);
    stage_await_readings(&stage, "c", 2);
    const char *instant = stage_reading(&stage, "a")->observed;
    assert_string_equal(stage_reading(&stage, "b")->observed, instant);
    assert_string_equal(stage_reading(&stage, "c")->observed, instant);
    stage_close(&stage);
}

static void however_often_it_is_woken_it_is_asked_four_times_a_second(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted, watch: \"%s/watched\", wakes: 1000}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: read, text: \"%s/watched\", interval: 1h}}}}\n");
    stage_write(&stage, "watched", "before");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 1);
    int64_t began = cvg_time_now();
    int last = 0;
    for (; cvg_time_now() - began < 2 * CVG_SECOND; last++) {
        change(last);
        stage_turn(&stage, 20 * CVG_MS);
    }
    int64_t took = cvg_time_now() - began;
    size_t readings = stage_check(&stage, "c")->readings;
    assert_true(readings >= 3);
    assert_true((int64_t)readings <= 2 + took / (250 * CVG_MS));
    /* The last word is not lost, however soon it came after the one before. */
    char text[32];
    (void)snprintf(text, sizeof text, "change %d", last - 1);
    stage_await(&stage, "c", "Done", text);
    stage_close(&stage);
}

static void a_run_that_began_before_the_change_is_followed_by_another(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: timer, after: 600ms, interval: 1h, timeout: 5s}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_turn(&stage, 50 * CVG_MS);
    assert_true(cvg_runner_is_running(stage.runner, 0, 0));
    change(1);
    stage_await_readings(&stage, "c", 2);
    stage_turn(&stage, 1500 * CVG_MS);
    assert_int_equal(stage_check(&stage, "c")->readings, 2);
    assert_false(cvg_runner_is_running(stage.runner, 0, 0));
    stage_close(&stage);
}

/* The times of rounds are those that they would have been. */
static void the_schedule_stays_as_it_was(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: ready, interval: 1s, timeout: 1s}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 1);
    int64_t grid = stage_reading(&stage, "c")->observed_at_ns;
    size_t on_grid = 0, woken = 0, seen = 1;
    for (int i = 0; on_grid < 3; i++) {
        change(i);
        stage_await_readings(&stage, "c", ++seen);
        int64_t at = stage_reading(&stage, "c")->observed_at_ns;
        bool exact = (at - grid) % CVG_SECOND == 0;
        on_grid += exact;
        woken += !exact;
        assert_true(i < 100);
    }
    assert_true(woken >= 3);
    stage_close(&stage);
}

/* As many in a second as the schedule would ask: 16, so in three rounds. */
static void a_large_source_is_woken_a_share_a_second(void **state)
{
    (void)state;

    enum {
        CHECKS = 40,
        SHARE = 16
    };
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT((size_t)1 << 20);
    cvg_buf_puts(&text, "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                        "environments: {prod: {checks: {\n");
    for (int i = 0; i < CHECKS; i++) {
        cvg_buf_printf(&text, "  c%d: {source: s, do: ready, interval: 1h, timeout: 1s},\n", i);
    }
    cvg_buf_puts(&text, "}}}\n");
    stage_open(&stage, cvg_buf_text(&text));
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c39", 1);
    uint64_t before = stage.readings;
    change(1);
    stage_await_readings(&stage, "c0", 2);
    int64_t first = cvg_time_now();
    assert_int_equal(stage.readings - before, SHARE);
    stage_await_readings(&stage, "c39", 2);
    assert_true(cvg_time_now() - first >= 1900 * CVG_MS);
    assert_int_equal(stage.readings - before, CHECKS);
    stage_close(&stage);
}

/* Nothing goes past an open breaker, but its trial comes at once. */
static void a_word_brings_the_trial_forward(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: ready, interval: 1h}}}}\n");
    int64_t now = cvg_time_now();
    struct cvg_breaker saved = {
        .state = CVG_BREAKER_OPEN,
        .failures = 9,
        .pause_ns = 60 * CVG_SECOND,
        .opened_at = now - 600 * CVG_SECOND,
        .trial_at = now + 60 * CVG_SECOND,
        .last_trial_at = now - 10 * CVG_SECOND,
    };
    cvg_runner_restore_breaker(stage.runner, 0, &saved, now);
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "c", "SourceUnavailable", NULL);
    assert_int_equal(stage.closed, 0);
    change(1);
    stage_await(&stage, "c", "Done", NULL);
    assert_int_equal(stage.closed, 1);
    assert_true(cvg_time_now() - now < 30 * CVG_SECOND);
    stage_close(&stage);
}

static void a_word_is_not_lost_in_a_reload(void **state)
{
    char text[512];
    (void)state;

    static const char pattern[] = "sources: {s: {type: scripted, watch: \"%s/watched\"}}\n"
                                  "environments: {prod: {checks: {\n"
                                  "  c: {source: s, do: ready, interval: 1h, weight: %s}}}}\n";
    CVG_CLEANUP(cvg_free_pointer) char *first = cvg_strdup(pattern);
    *strrchr(first, '%') = '1';
    *strrchr(first, 's') = ' ';
    stage_open(&stage, first);
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 1);
    change(1);
    stage_await_readings(&stage, "c", 2);
    change(2); /* told within the pause, so put off */
    stage_turn(&stage, 120 * CVG_MS);
    (void)snprintf(text, sizeof text, pattern, stage.folder, "2");
    stage_reload(&stage, text);
    stage_await_readings(&stage, "c", 3);
    change(3); /* the watch went on, and tells the new one */
    stage_await_readings(&stage, "c", 4);
    stage_close(&stage);
}

static void a_run_is_told_how_old_its_evidence_may_be(void **state)
{
    (void)state;
    stage_open(&stage, "defaults: {max_age: 2h}\n"
                       "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  none: {source: s, do: aged},\n"
                       "  some: {source: s, do: aged, max_age: 10m}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "none", "Done", "any age");
    stage_await(&stage, "some", "Done", "600000000000");
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_seen_long_before_the_interval),
        cmocka_unit_test(what_is_woken_together_has_one_instant),
        cmocka_unit_test(however_often_it_is_woken_it_is_asked_four_times_a_second),
        cmocka_unit_test(a_run_that_began_before_the_change_is_followed_by_another),
        cmocka_unit_test(the_schedule_stays_as_it_was),
        cmocka_unit_test(a_large_source_is_woken_a_share_a_second),
        cmocka_unit_test(a_word_brings_the_trial_forward),
        cmocka_unit_test(a_word_is_not_lost_in_a_reload),
        cmocka_unit_test(a_run_is_told_how_old_its_evidence_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
