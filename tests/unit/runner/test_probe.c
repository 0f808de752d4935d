/* SPDX-License-Identifier: Apache-2.0 */
/* Running one check once, on a runner that was not started. */
#include "base/time.h"
#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct stage stage; /* too large for the stack of a test */

static void probe(const char *name)
{
    cvg_runner_probe(stage.runner, 0, (size_t)(stage_check(&stage, name) - stage.checks));
}

static void inputs_are_run_first_and_nothing_else(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}, t: {type: stream, every: 1h}}\n"
                       "environments: {prod: {checks: {\n"
                       "  last: {source: s, do: ready,\n"
                       "         text: '${checks.left.facts.seen} ${checks.right.facts.tick}'},\n"
                       "  left: {source: s, do: ready, text: 'of ${checks.root.facts.seen}'},\n"
                       "  right: {source: t},\n"
                       "  root: {source: s, do: file, text: '%s/state'},\n"
                       "  other: {source: s, do: ready}}}}\n");
    stage_write(&stage, "state", "roots");
    probe("last");
    assert_int_equal(stage.readings, 0); /* answers come in turns of the loop */
    stage_await(&stage, "last", "Done", "of roots 1");
    assert_int_equal(stage_check(&stage, "root")->readings, 1);
    assert_int_equal(stage_check(&stage, "left")->readings, 1);
    assert_int_equal(stage_check(&stage, "last")->readings, 1);
    assert_true(stage_check(&stage, "root")->order < stage_check(&stage, "left")->order);
    assert_true(stage_check(&stage, "left")->order < stage_check(&stage, "last")->order);
    stage_turn(&stage, 20 * CVG_MS);
    assert_int_equal(stage_check(&stage, "other")->readings, 0);
    assert_int_equal(stage_check(&stage, "last")->readings, 1);

    /* And again. */
    stage_write(&stage, "state", "leaves");
    probe("left");
    stage_await(&stage, "left", "Done", "of leaves");
    assert_int_equal(stage_check(&stage, "root")->readings, 2);
    stage_close(&stage);
}

static void a_missing_input_is_the_answer(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  to: {source: s, do: ready, text: '${checks.from.facts.seen}'},\n"
                       "  from: {source: s, do: file, text: '%s/nothing'}}}}\n");
    probe("to");
    stage_await(&stage, "to", "InputMissing", NULL);
    assert_int_equal(stage_check(&stage, "from")->readings, 1);
    stage_close(&stage);
}

static void no_number_of_faults_stops_it(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: file, text: '%s/nothing'}}}}\n");
    for (size_t i = 1; i <= 5; i++) {
        probe("c");
        stage_await_readings(&stage, "c", i);
    }
    assert_string_equal(stage_reading(&stage, "c")->reason, "Failed");
    assert_int_equal(stage.opened, 0);
    assert_int_equal(stage_stats(&stage, 0).runs[CVG_RUN_UNKNOWN], 5);
    stage_close(&stage);
}

static void a_stream_is_given_its_timeout(void **state)
{
    (void)state;
    stage_open(&stage, "defaults: {timeout: 50ms}\n"
                       "sources: {t: {type: stream, reports: 0}, u: {type: stream, every: 5ms}}\n"
                       "environments: {prod: {checks: {\n"
                       "  silent: {source: t}, talking: {source: u}}}}\n");
    probe("talking");
    stage_await(&stage, "talking", "Streamed", NULL);
    assert_int_equal(stage_check(&stage, "silent")->readings, 0);
    probe("silent");
    stage_await(&stage, "silent", "TimedOut", NULL);
    assert_int_equal(stage_reading(&stage, "silent")->fault, CVG_FAULT_TIMEOUT);
    stage_close(&stage);
}

static void a_stream_is_waited_for_until_it_is_through(void **state)
{
    (void)state;
    stage_open(&stage, "defaults: {timeout: 50ms}\n"
                       "sources: {t: {type: stream, pending: 5, reports: 6},\n"
                       "          u: {type: stream, pending: 1, reports: 1}}\n"
                       "environments: {prod: {checks: {slow: {source: t}, stuck: {source: u}}}}\n");
    cvg_runner_probe_patience(stage.runner, 30 * CVG_SECOND);
    probe("slow");
    stage_await(&stage, "slow", "Streamed", NULL);
    assert_int_equal(stage_check(&stage, "slow")->readings, 1);
    cvg_runner_probe_patience(stage.runner, 0);
    probe("stuck");
    stage_await(&stage, "stuck", CVG_NOT_SYNCED, NULL);
    assert_int_equal(stage_check(&stage, "stuck")->readings, 1);
    stage_close(&stage);
}

static void what_was_sent_is_shown(void **state)
{
    (void)state;
    stage_open(&stage, "sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {\n"
                       "  c: {source: s, do: http, text: 'http://127.0.0.1:1/x'}}}}\n");
    probe("c");
    stage_await(&stage, "c", "Failed", NULL);
    assert_int_equal(stage.exchanged, 1);
    stage_close(&stage);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_run_first_and_nothing_else),
        cmocka_unit_test(a_missing_input_is_the_answer),
        cmocka_unit_test(no_number_of_faults_stops_it),
        cmocka_unit_test(a_stream_is_given_its_timeout),
        cmocka_unit_test(a_stream_is_waited_for_until_it_is_through),
        cmocka_unit_test(what_was_sent_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
