/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of one check as inputs of another. */
#include "base/time.h"
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stage stage; /* too large for the stack of a test */

static void a_check_waits_for_its_input_and_runs_when_it_comes(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  from: {source: s, do: file, text: '%s/state', interval: 100ms},\n"
                       "  to: {source: s, do: ready, text: 'see ${checks.from.facts.seen}',\n"
                       "       interval: 1h}}}}\n");
    stage_write(&stage, "state", "unknown");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "InputMissing", NULL);
    const struct cvg_reading *reading = stage_reading(&stage, "to");
    assert_int_equal(reading->status, CVG_UNKNOWN);
    assert_int_equal(reading->fault, CVG_FAULT_INPUT);
    assert_string_equal(reading->message, "checks.from.facts.seen is not known");
    assert_int_equal(stage_stats(&stage, 0).runs[CVG_RUN_READY], 0); /* the module was not asked */
    /* Its own round is an hour away: the fact makes it run. */
    stage_write(&stage, "state", "lb-1");
    stage_await(&stage, "to", "Done", "see lb-1");
    uint64_t first = cvg_reading_inputs(stage_check(&stage, "to")->latest);
    stage_write(&stage, "state", "lb-2");
    stage_await(&stage, "to", "Done", "see lb-2");
    /* What was asked with other facts is told from what was not, see model/steady.h. */
    assert_true(first != 0 && cvg_reading_inputs(stage_check(&stage, "to")->latest) != first);
    assert_true(cvg_reading_inputs(stage_check(&stage, "from")->latest) == 0);
    /* An unchanged fact does not. */
    size_t readings = stage_check(&stage, "to")->readings;
    stage_await_readings(&stage, "from", stage_check(&stage, "from")->readings + 4);
    assert_int_equal(stage_check(&stage, "to")->readings, readings);
    assert_true(stage_stats(&stage, 0).up); /* a missing input is no fault of the source */
    stage_close(&stage);
}

/* A restart would else end the dwell of each check that takes facts. */
static void nothing_is_said_before_the_input_was_read_for_the_first_time(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  from: {source: s, do: timer, after: 300ms, interval: 1h, timeout: 5s},\n"
                       "  to: {source: s, do: ready, text: 'see ${checks.from.facts.seen}',\n"
                       "       interval: 1h}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "Done", "see waited");
    assert_int_equal(stage_check(&stage, "to")->readings, 1);
    stage_close(&stage);
}

static void restless_facts_make_one_run_a_second(void **state)
{
    (void)state;
    /* The fact is the round's own time: another one each 100 ms. */
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  from: {source: s, do: round, interval: 100ms},\n"
                       "  to: {source: s, do: ready, text: '${checks.from.facts.seen}',\n"
                       "       interval: 1h}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "Done", NULL);
    const struct stage_check *to = stage_check(&stage, "to");
    for (int i = 0; i < 2; i++) {
        stage_await_readings(&stage, "to", to->readings + 1);
        assert_true(to->gap >= 990 * CVG_MS);
        assert_true(to->gap < 5 * CVG_SECOND);
    }
    stage_close(&stage);
}

static void a_fact_that_came_during_a_run_is_not_lost(void **state)
{
    (void)state;
    /* The run with the old fact takes 300 ms; the new one comes while it is going on. */
    stage_open(&stage,
               "sources: {s: {type: scripted}}\n"
               "environments: {prod: {checks: {\n"
               "  from: {source: s, do: file, text: '%s/state', interval: 100ms},\n"
               "  to: {source: s, do: spawn, text: 'sleep 0.3; echo ${checks.from.facts.seen}',\n"
               "       after: 5s, interval: 1h}}}}\n");
    stage_write(&stage, "state", "old");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "from", "Done", "old");
    stage_turn(&stage, 50 * CVG_MS);
    stage_write(&stage, "state", "new");
    stage_await(&stage, "to", "Done", "0 0 [new?] []");
    stage_close(&stage);
}

static void a_fact_outlives_a_stumble_but_not_its_max_age(void **state)
{
    (void)state;
    stage_open(&stage,
               "sources: {s: {type: scripted}}\n"
               "environments: {prod: {checks: {\n"
               "  from: {source: s, do: file, text: '%s/state', interval: 100ms, max_age: 1s},\n"
               "  to: {source: s, do: ready, text: '${checks.from.facts.seen}',\n"
               "       interval: 100ms}}}}\n");
    stage_write(&stage, "state", "lb-1");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "Done", "lb-1");
    stage_write(&stage, "state", "unknown");
    stage_await(&stage, "from", "Failed", NULL);
    stage_await_readings(&stage, "to", stage_check(&stage, "to")->readings + 2);
    assert_string_equal(stage_reading(&stage, "to")->reason, "Done");
    int64_t began = cvg_time_now();
    stage_await(&stage, "to", "InputMissing", NULL);
    assert_true(cvg_time_now() - began < 2 * CVG_SECOND);
    stage_write(&stage, "state", "lb-1"); /* the same as before: it must come back all the same */
    stage_await(&stage, "to", "Done", "lb-1");
    stage_close(&stage);
}

static void facts_go_along_a_chain(void **state)
{
    (void)state;
    stage_open(&stage,
               "sources: {s: {type: scripted}, t: {type: stream, every: 100ms, reports: 100}}\n"
               "environments: {prod: {checks: {\n"
               "  c: {source: s, do: ready, text: 'c ${checks.b.facts.seen}', interval: 1h},\n"
               "  b: {source: s, do: ready, text: 'b ${checks.a.facts.tick}', interval: 1h},\n"
               "  a: {source: t}}}}\n");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "c", "Done", NULL);
    assert_int_equal(strncmp(stage_reading(&stage, "c")->observed, "c b ", 4), 0);
    assert_true(stage_check(&stage, "a")->readings > 0);
    stage_close(&stage);
}

/* A stream is not asked: its check begins anew with each fact. */
static void a_stream_takes_facts_too(void **state)
{
    (void)state;
    stage_open(&stage,
               "sources: {s: {type: scripted}, t: {type: stream, every: 10ms, reports: 100000}}\n"
               "environments: {prod: {checks: {\n"
               "  from: {source: s, do: file, text: '%s/state', interval: 100ms},\n"
               "  other: {source: t, text: of its own},\n"
               "  to: {source: t, text: 'see ${checks.from.facts.seen}'}}}}\n");
    stage_write(&stage, "state", "unknown");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "InputMissing", NULL);
    assert_string_equal(stage_reading(&stage, "to")->message,
                        "checks.from.facts.seen is not known");
    stage_await(&stage, "other", "Streamed", NULL);
    stage_write(&stage, "state", "lb-1");
    stage_await(&stage, "to", "Streamed", NULL);
    assert_string_equal(stage_reading(&stage, "to")->message, "see lb-1");
    uint64_t first = cvg_reading_inputs(stage_check(&stage, "to")->latest);
    stage_write(&stage, "state", "lb-2");
    while (strcmp(stage_reading(&stage, "to")->message, "see lb-1") == 0) {
        stage_await_readings(&stage, "to", stage_check(&stage, "to")->readings + 1);
    }
    /* Nothing of the former is said of the new one. */
    assert_string_equal(stage_reading(&stage, "to")->reason, CVG_NOT_SYNCED);
    stage_await(&stage, "to", "Streamed", NULL);
    assert_string_equal(stage_reading(&stage, "to")->message, "see lb-2");
    assert_true(cvg_reading_inputs(stage_check(&stage, "to")->latest) != first);
    assert_string_equal(stage_reading(&stage, "other")->message, "of its own");
    stage_close(&stage);
}

static void what_a_stream_refuses_when_it_is_filled_in_is_said(void **state)
{
    (void)state;
    stage_open(&stage,
               "sources: {s: {type: scripted}, t: {type: stream, every: 10ms, reports: 100000}}\n"
               "environments: {prod: {checks: {\n"
               "  from: {source: s, do: file, text: '%s/state', interval: 100ms},\n"
               "  to: {source: t, text: '${checks.from.facts.seen}'}}}}\n");
    stage_write(&stage, "state", "refused");
    cvg_runner_start(stage.runner, 1);
    stage_await(&stage, "to", "InputMissing", NULL);
    while (!strstr(stage_reading(&stage, "to")->message, "as it says")) {
        stage_await_readings(&stage, "to", stage_check(&stage, "to")->readings + 1);
    }
    assert_int_equal(stage_reading(&stage, "to")->status, CVG_UNKNOWN);
    stage_write(&stage, "state", "good");
    stage_await(&stage, "to", "Streamed", NULL);
    stage_close(&stage);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_waits_for_its_input_and_runs_when_it_comes),
        cmocka_unit_test(nothing_is_said_before_the_input_was_read_for_the_first_time),
        cmocka_unit_test(a_stream_takes_facts_too),
        cmocka_unit_test(what_a_stream_refuses_when_it_is_filled_in_is_said),
        cmocka_unit_test(restless_facts_make_one_run_a_second),
        cmocka_unit_test(a_fact_that_came_during_a_run_is_not_lost),
        cmocka_unit_test(a_fact_outlives_a_stumble_but_not_its_max_age),
        cmocka_unit_test(facts_go_along_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
