/* SPDX-License-Identifier: Apache-2.0 */
/* One configuration takes over from another while checks run. */
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

static void rounds_go_on_at_their_times_however_often_it_is_reloaded(void **state)
{
    static const char pattern[] = "sources: {s: {type: scripted}}\n"
                                  "environments: {prod: {checks: {\n"
                                  "  c: {source: s, do: ready, interval: 200ms},\n"
                                  "  d: {source: s, do: ready, interval: 1h, text: 'v%d'}}}}\n";
    char text[400];
    size_t exact = 0;
    int64_t before = 0;

    (void)state;
    (void)snprintf(text, sizeof text, pattern, 0);
    stage_open(&stage, text);
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 1);
    int64_t began = stage_reading(&stage, "c")->observed_at_ns;
    for (int i = 1; stage_check(&stage, "c")->readings < 8; i++) {
        size_t readings = stage_check(&stage, "c")->readings;
        (void)snprintf(text, sizeof text, pattern, i);
        stage_reload(&stage, text);
        stage_turn(&stage, 10 * CVG_MS);
        int64_t at = stage_reading(&stage, "c")->observed_at_ns;
        if (stage_check(&stage, "c")->readings > readings) {
            exact += (at - before) / CVG_MS >= 150 && before != 0;
            before = at;
        }
        assert_true(cvg_time_now() - began < 20 * CVG_SECOND);
    }
    /* Seven intervals after the first one, and hardly later. */
    assert_true(before - began >= 1300 * CVG_MS);
    assert_true(exact >= 4);
    /* What changed was asked anew each time. */
    assert_true(stage_check(&stage, "d")->readings > 8);
    stage_close(&stage);
}

static void a_run_that_is_going_on_comes_to_its_end(void **state)
{
    static const char pattern[] = "sources: {s: {type: scripted}}\n"
                                  "environments: {prod: {checks: {\n"
                                  "  c: {source: s, do: timer, after: 400ms, interval: 1h},\n"
                                  "  d: {source: s, do: ready, interval: 1h, weight: %d}}}}\n";
    char text[400];

    (void)state;
    (void)snprintf(text, sizeof text, pattern, 1);
    stage_open(&stage, text);
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "d", 1);
    for (int i = 2; i < 10; i++) {
        (void)snprintf(text, sizeof text, pattern, i);
        stage_reload(&stage, text);
    }
    assert_int_equal(stage_check(&stage, "c")->readings, 0);
    stage_await_readings(&stage, "c", 1);
    assert_int_equal(stage_reading(&stage, "c")->status, CVG_READY);
    struct cvg_source_stats stats = stage_stats(&stage, 0);
    assert_int_equal(stats.runs[CVG_RUN_READY], 2); /* and none was begun twice */
    assert_int_equal(stats.contract_faults, 0);
    stage_close(&stage);
}

static void what_changed_is_cancelled_and_asked_anew_at_once(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: silent, interval: 1h, timeout: 30s},\n"
                       "  gone: {source: s, do: silent, interval: 1h, timeout: 30s}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_turn(&stage, 20 * CVG_MS);
    stage_reload(&stage, "sources: {s: {type: scripted}}\n"
                         "environments: {prod: {checks: {\n"
                         "  c: {source: s, do: ready, text: new, interval: 1h}}}}\n");
    stage_await_readings(&stage, "c", 1);
    assert_string_equal(stage_reading(&stage, "c")->observed, "new");
    stage_close(&stage);
}

static void a_changed_source_begins_anew_with_its_checks(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: stream, every: 5ms, reports: 1000000}}\n"
                       "environments: {prod: {checks: {c: {source: s}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 20);
    const char *before = cvg_reading_fact(stage_reading(&stage, "c"), "tick");
    assert_true(strlen(before) >= 2);
    stage_reload(&stage, "sources: {s: {type: stream, every: 1h, reports: 1000000}}\n"
                         "environments: {prod: {checks: {c: {source: s}}}}\n");
    size_t readings = stage_check(&stage, "c")->readings;
    stage_turn(&stage, 50 * CVG_MS);
    assert_int_equal(stage_check(&stage, "c")->readings - readings <= 1, 1);
    stage_close(&stage);
}

static int64_t tick(void)
{
    int64_t number = 0;
    (void)sscanf(cvg_reading_fact(stage_reading(&stage, "c"), "tick"), "%ld", &number);
    return number;
}

static void a_stream_goes_on_unless_it_gets_other_checks(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: stream, every: 2ms, reports: 1000000}}\n"
                       "environments: {prod: {checks: {c: {source: s}, d: {source: s}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "c", 30);
    int64_t before = tick();
    /* Other words of the host's. */
    stage_reload(&stage,
                 "sources: {s: {reports: 1000000, type: stream, every: 2ms}}\n"
                 "environments: {prod: {checks: {c: {source: s, rise: 5m}, d: {source: s}}}}\n");
    stage_await_readings(&stage, "c", stage_check(&stage, "c")->readings + 1);
    assert_true(tick() > before);
    /* A check more, a check less: the module is told of them before the stream begins. */
    stage_reload(&stage, "sources: {s: {type: stream, every: 2ms, reports: 1000000}}\n"
                         "environments: {prod: {checks: {c: {source: s}, d: {source: s}, "
                         "e: {source: s}}}}\n");
    stage_await_readings(&stage, "e", 1);
    assert_true(tick() < before);
    stage_await_readings(&stage, "e", 30);
    before = tick();
    stage_reload(&stage, "sources: {s: {type: stream, every: 2ms, reports: 1000000}}\n"
                         "environments: {prod: {checks: {c: {source: s}, d: {source: s}}}}\n");
    stage_await_readings(&stage, "c", stage_check(&stage, "c")->readings + 1);
    assert_true(tick() < before);
    stage_close(&stage);
}

static void facts_are_still_known_after_a_reload(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  from: {source: s, do: round, interval: 1h},\n"
                       "  to: {source: s, do: ready, text: one, interval: 1h}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await_readings(&stage, "from", 1);
    stage_await_readings(&stage, "to", 1);
    stage_reload(&stage, "sources: {s: {type: scripted}}\n"
                         "environments: {prod: {checks: {\n"
                         "  from: {source: s, do: round, interval: 1h},\n"
                         "  to: {source: s, do: config, text: '${checks.from.facts.seen}',\n"
                         "       interval: 1h}}}}\n");
    stage_await_readings(&stage, "to", 2);
    assert_string_not_equal(stage_reading(&stage, "to")->reason, "InputMissing");
    assert_int_equal(stage_check(&stage, "from")->readings, 1);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_go_on_at_their_times_however_often_it_is_reloaded),
        cmocka_unit_test(a_run_that_is_going_on_comes_to_its_end),
        cmocka_unit_test(what_changed_is_cancelled_and_asked_anew_at_once),
        cmocka_unit_test(a_changed_source_begins_anew_with_its_checks),
        cmocka_unit_test(a_stream_goes_on_unless_it_gets_other_checks),
        cmocka_unit_test(facts_are_still_known_after_a_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
