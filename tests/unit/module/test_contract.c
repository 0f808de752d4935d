/* SPDX-License-Identifier: Apache-2.0 */
/* What the host does when a module breaks its contract, refuses, is old, or goes silent. */
#include "base/alloc.h"
#include "base/time.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void open_rogue(struct world *world, const char *way)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {s: {type: rogue}}\n"
                            "environments: {prod: {checks: {\n"
                            "  c: {source: s, way: %s, interval: 1s, timeout: 50ms}}}}\n",
                            way);
    world_open_good(world, text);
}

static void slips_are_counted_and_do_no_harm(void **state)
{
    (void)state;

    static const struct {
        const char *way;
        uint32_t status;
        const char *reason;
        unsigned faults;
    } cases[] = {
        {"twice", CVG_READY, "Good", 1},
        {"never", CVG_UNKNOWN, "TimedOut", 0},
        {"in-cancel", CVG_UNKNOWN, "TimedOut", 1},
        {"no-reading", CVG_UNKNOWN, "ModuleFault", 1},
        {"no-reason", CVG_UNKNOWN, "ModuleFault", 0},
        {"fault-and-ready", CVG_UNKNOWN, "ModuleFault", 0},
        {"from-the-future", CVG_UNKNOWN, "ModuleFault", 0},
        {"early", CVG_READY, "Good", 1},
        {"alive", CVG_READY, "Good", 1},
        {"group", CVG_READY, "Good", 1},
        {"config-error", CVG_READY, "Good", 1},
        {"endpoint", CVG_READY, "Good", 1},
        {"wake-early", CVG_READY, "Good", 1},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        open_rogue(&world, cases[i].way);
        const struct cvg_reading *reading = world_run(&world, 0);
        if (reading->status != cases[i].status || strcmp(reading->reason, cases[i].reason) != 0) {
            fail_msg("%s: %u %s", cases[i].way, reading->status, reading->reason);
        }
        assert_int_equal(world.completed, 1);
        assert_int_equal(world.reported, 0);
        assert_int_equal(world.alive, 0);
        assert_int_equal(world.woken, 0);
        if (cvg_source_callbacks(world.sources[0]).contract_faults != cases[i].faults) {
            fail_msg("%s: %u slips", cases[i].way,
                     (unsigned)cvg_source_callbacks(world.sources[0]).contract_faults);
        }
        world_close(&world);
    }
}

static void a_run_ends_at_its_deadline(void **state)
{
    (void)state;
    struct world world;
    open_rogue(&world, "never");
    int64_t began = cvg_time_now();
    const struct cvg_reading *reading = world_run(&world, 0);
    assert_true(cvg_time_now() - began >= 50 * CVG_MS);
    assert_int_equal(reading->fault, CVG_FAULT_TIMEOUT);
    assert_string_equal(reading->message, "no answer within 50ms");
    assert_null(cvg_check_run(world.checks[0]));
    world_close(&world);
}

static void an_answer_after_the_deadline_is_ignored(void **state)
{
    (void)state;
    struct world world;
    open_rogue(&world, "late");
    assert_string_equal(world_run(&world, 0)->reason, "TimedOut");
    /* The late one comes while the next run is going on, and must not be taken for its answer. */
    world_start_run(&world, 0);
    world_turn(&world, 40 * CVG_MS);
    assert_int_equal(cvg_source_callbacks(world.sources[0]).contract_faults, 1);
    assert_int_equal(world.completed, 1);
    assert_non_null(cvg_check_run(world.checks[0]));
    world.done = false;
    world_wait(&world);
    assert_string_equal(cvg_reading_get(world.latest)->reason, "TimedOut");
    assert_int_equal(world.completed, 2);
    world_close(&world);
}

static void slow_callbacks_are_counted(void **state)
{
    (void)state;
    struct world world;
    open_rogue(&world, "slow");
    assert_int_equal(cvg_source_callbacks(world.sources[0]).over_budget, 0);
    assert_string_equal(world_run(&world, 0)->reason, "Good");
    struct cvg_callback_stats stats = cvg_source_callbacks(world.sources[0]);
    assert_int_equal(stats.over_budget, 1);
    assert_true(stats.longest_ns >= 25 * CVG_MS);
    assert_true(stats.calls >= 2);
    world_close(&world);
}

/* ---- refusals ---- */

static void refusals_stand_at_their_keys(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        unsigned line, column;
        const char *says;
    } cases[] = {
        {"sources:\n"
         "  s:\n"
         "    type: scripted\n"
         "    refuse: true\n"
         "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n",
         4, 13, "source 's': refuse: it says so itself"},
        {"sources: {s: {type: scripted}}\n"
         "environments:\n"
         "  prod:\n"
         "    checks:\n"
         "      c:\n"
         "        source: s\n"
         "        do: ready\n"
         "        key: refuse\n",
         8, 14, "check 'c': key: not that one"},
        {"sources: {s: {type: scripted}}\n"
         "environments: {prod: {checks: {c: {source: s, do: ready, key: refuse-silently}}}}\n",
         2, 35, "check 'c': module 'scripted' refuses it without saying why"},
        {"sources: {s: {type: scripted, learn: 'http://'}}\n"
         "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n",
         1, 14, "source 's': "},
        {"sources: {s: {type: scripted, url: 'http://127.0.0.1:1'},\n"
         "  v: {type: scripted, via: s, learn: 'http://127.0.0.1:2'}}\n"
         "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n",
         2, 6, "source 'v': its module sets an endpoint, but it uses another's (via)"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        world_open(&world, cases[i].text);
        assert_int_equal(world.diagnostics.errors, 1);
        const struct cvg_diagnostic *diagnostic = &world.diagnostics.items[0];
        if (!strstr(diagnostic->text, cases[i].says)) {
            fail_msg("'%s' does not say '%s'", diagnostic->text, cases[i].says);
        }
        assert_int_equal(diagnostic->line, cases[i].line);
        assert_int_equal(diagnostic->column, cases[i].column);
        world_close(&world);
    }
}

/* ---- groups ---- */

static void checks_with_one_key_are_one_group(void **state)
{
    (void)state;
    struct world world;
    world_open_good(&world, "sources: {s: {type: scripted}}\n"
                            "environments: {prod: {checks: {\n"
                            "  a: {source: s, do: ready, key: same},\n"
                            "  b: {source: s, do: ready, key: same},\n"
                            "  c: {source: s, do: ready, key: other},\n"
                            "  d: {source: s, do: ready},\n"
                            "  e: {source: s, do: ready}}}}\n");
    uint64_t groups[5];
    for (size_t i = 0; i < CVG_COUNT(groups); i++) {
        groups[i] = cvg_check_group(world.checks[i]);
    }
    assert_int_equal(groups[0], groups[1]);
    for (size_t i = 1; i < CVG_COUNT(groups); i++) {
        for (size_t k = i + 1; k < CVG_COUNT(groups); k++) {
            assert_int_not_equal(groups[i], groups[k]);
        }
    }
    world_close(&world);
}

/* ---- versions ---- */

static void a_module_of_an_earlier_minor_works(void **state)
{
    (void)state;
    struct world world;
    world_open_good(&world, "sources: {s: {type: old}}\n"
                            "environments: {prod: {checks: {\n"
                            "  a: {source: s, text: still here},\n"
                            "  b: {source: s, text: still here, number: 8}}}}\n");
    const struct cvg_reading *reading = world_run(&world, 0);
    assert_int_equal(reading->status, CVG_READY);
    assert_string_equal(reading->observed, "still here");
    assert_int_equal(reading->has_value, 0);
    assert_int_equal(reading->total, 0);
    assert_int_equal(world_run(&world, 1)->status, CVG_FAILED);
    world_close(&world);
}

/* ---- streams ---- */

static void a_stream_reports_says_alive_and_goes_silent(void **state)
{
    (void)state;
    struct world world;
    world_open_good(&world, "sources: {s: {type: stream, every: 2ms, reports: 3, beats: 2}}\n"
                            "environments: {prod: {checks: {a: {source: s}, b: {source: s}}}}\n");
    assert_int_equal(world.reported, 2); /* out of source_start itself */
    while (world.alive < 2) {
        world_wait(&world);
    }
    assert_int_equal(world.reported, 6);
    assert_string_equal(cvg_reading_fact(cvg_reading_get(world.latest), "tick"), "3");
    world_turn(&world, 50 * CVG_MS);
    assert_int_equal(world.reported, 6);
    assert_int_equal(world.alive, 2);
    assert_int_equal(cvg_source_callbacks(world.sources[0]).contract_faults, 0);
    world_close(&world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_counted_and_do_no_harm),
        cmocka_unit_test(a_run_ends_at_its_deadline),
        cmocka_unit_test(an_answer_after_the_deadline_is_ignored),
        cmocka_unit_test(slow_callbacks_are_counted),
        cmocka_unit_test(refusals_stand_at_their_keys),
        cmocka_unit_test(checks_with_one_key_are_one_group),
        cmocka_unit_test(a_module_of_an_earlier_minor_works),
        cmocka_unit_test(a_stream_reports_says_alive_and_goes_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
