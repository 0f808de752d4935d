/* SPDX-License-Identifier: Apache-2.0 */
/* A person accepts what a module remembers of a check. */
#include "base/alloc.h"
#include "base/time.h"
#include "module/memory.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world world;

static int begin(void **state)
{
    (void)state;
    world_make(&world, world_checks);
    world_start(&world, true);
    world_await_reason(&world, "alarm", "Done");
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_hold_commits(false);
    world_fail_commits(false);
    world_stop(&world);
    world_end(&world);
    return 0;
}

struct acceptance {
    struct cvg_accept accept;
    bool done;
};

static void on_accepted(struct cvg_accept *accept)
{
    CVG_CONTAINER(accept, struct acceptance, accept)->done = true;
}

static void accept(struct acceptance *acceptance, const char *environment, const char *check)
{
    *acceptance = (struct acceptance){.accept = {.environment = environment,
                                                 .check = check,
                                                 .actor = "user:ada",
                                                 .comment = "known",
                                                 .done = on_accepted}};
    cvg_board_accept(world.board, &acceptance->accept);
}

static size_t remembered(void)
{
    const void *bytes = NULL;

    return cvg_memory_get(cvg_registry_memory(world.registry), "prod alarm scripted", &bytes);
}

/* What the module found remembered when it ran last, and when that was. */
static void last_run(char *ret, size_t size, int64_t *ret_at)
{
    struct cvg_snapshot *snapshot = cvg_board_lookup(world.board, "prod");

    for (size_t i = 0; i < snapshot->readiness.check_count; i++) {
        const struct cvg_check_view *check = &snapshot->readiness.checks[i];
        if (strcmp(check->rules->name, "alarm") == 0) {
            const struct cvg_reading *reading = cvg_reading_get(check->reading);
            (void)snprintf(ret, size, "%s", reading->observed ? reading->observed : "");
            *ret_at = reading->observed_at_ns;
        }
    }
    cvg_snapshot_unref(snapshot);
}

static void await_run_after(int64_t before)
{
    char text[64];
    int64_t at = before, deadline = cvg_time_now() + WORLD_PATIENCE;

    while (at <= before) {
        assert_true(cvg_time_now() < deadline);
        world_turn(&world, 10 * CVG_MS);
        last_run(text, sizeof(text), &at);
    }
    assert_string_equal(text, "");
}

static void the_act_is_a_row_before_anything_is_forgotten(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct acceptance acceptance;
    char text[64];
    int64_t before;

    (void)state;
    last_run(text, sizeof(text), &before);
    assert_int_equal(remembered(), 5);
    world_hold_commits(true);
    accept(&acceptance, "prod", "alarm");
    world_turn(&world, 100 * CVG_MS);
    assert_false(acceptance.done);
    assert_int_equal(remembered(), 5);
    world_hold_commits(false);
    world_run_until(&world, &acceptance.done);
    assert_int_equal(acceptance.accept.outcome, CVG_ACCEPT_DONE);
    struct cvg_record_page page = world_await_rows(&world, "accept", 1, arena);
    assert_string_equal(page.rows[0].id, acceptance.accept.id);
    assert_string_equal(page.rows[0].actor, "user:ada");
    assert_string_equal(page.rows[0].environment, "prod");
    assert_string_equal(page.rows[0].target, "alarm");
    assert_non_null(strstr(page.rows[0].body, "\"known\""));
    await_run_after(before); /* long before its interval */
}

static void what_cannot_be_recorded_is_not_forgotten(void **state)
{
    struct acceptance acceptance;

    (void)state;
    world_fail_commits(true);
    accept(&acceptance, "prod", "alarm");
    world_run_until(&world, &acceptance.done);
    assert_int_equal(acceptance.accept.outcome, CVG_ACCEPT_UNAVAILABLE);
    assert_non_null(strstr(acceptance.accept.why, "the test's disk is full"));
    assert_string_equal(acceptance.accept.id, "");
    assert_int_equal(remembered(), 5);
}

static void where_nothing_is_remembered_nothing_is_done(void **state)
{
    static const struct {
        const char *environment, *check;
        int outcome;
    } cases[] = {
        {"prod", "api", CVG_ACCEPT_NOTHING},
        {"prod", "none", CVG_ACCEPT_NO_CHECK},
        {"none", "alarm", CVG_ACCEPT_NO_CHECK},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct acceptance acceptance;
        accept(&acceptance, cases[i].environment, cases[i].check);
        world_run_until(&world, &acceptance.done);
        assert_int_equal(acceptance.accept.outcome, cases[i].outcome);
        assert_string_equal(acceptance.accept.id, "");
    }
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    world_await_rows(&world, NULL, 0, arena);
}

static void without_a_store_it_is_forgotten_at_once(void **state)
{
    struct acceptance acceptance;
    char text[64];
    int64_t before;

    (void)state;
    world_stop(&world);
    world_start(&world, false);
    world_await_reason(&world, "alarm", "Done");
    last_run(text, sizeof(text), &before);
    accept(&acceptance, "prod", "alarm");
    world_run_until(&world, &acceptance.done);
    assert_int_equal(acceptance.accept.outcome, CVG_ACCEPT_DONE);
    assert_string_equal(acceptance.accept.id, "");
    await_run_after(before);
}

/* Whose run writes back what it knew before: "slow" takes a while from recall to remember. */
static void a_run_that_is_going_on_brings_nothing_back(void **state)
{
    static const char slow[] = "prod slow scripted";
    struct cvg_memory *memory;
    struct acceptance acceptance;
    const void *bytes = NULL;
    bool written = false;

    (void)state;
    world_stop(&world);
    world_write(&world, "c.yaml",
                "sources: {s: {type: scripted}}\n"
                "environments: {prod: {checks: {\n"
                "  slow: {source: s, do: remember, text: siren, after: 300ms, interval: 1h}}}}\n");
    world_start(&world, false);
    memory = cvg_registry_memory(world.registry);
    assert_int_equal(cvg_memory_put(memory, slow, "old", 3), 0);
    world_turn(&world, 100 * CVG_MS); /* the first run has begun, and is not over */
    accept(&acceptance, "prod", "slow");
    world_run_until(&world, &acceptance.done);
    assert_int_equal(acceptance.accept.outcome, CVG_ACCEPT_DONE);
    assert_int_equal(cvg_memory_get(memory, slow, &bytes), 0);
    world_await_reason(&world, "slow", "Rising"); /* that run's reading */
    assert_int_equal(cvg_memory_get(memory, slow, &bytes), 0);
    /* The next run knows of nothing, and remembers again. */
    for (int64_t deadline = cvg_time_now() + WORLD_PATIENCE; !written;) {
        assert_true(cvg_time_now() < deadline);
        world_turn(&world, 10 * CVG_MS);
        written = cvg_memory_get(memory, slow, &bytes) > 0;
    }
}

static void a_stop_ends_those_who_wait(void **state)
{
    struct acceptance judged, posted;

    (void)state;
    world_hold_commits(true);
    accept(&judged, "prod", "alarm");
    world_turn(&world, 50 * CVG_MS);
    accept(&posted, "prod", "alarm");
    world_fail_commits(true);
    world_hold_commits(false);
    world_stop(&world);
    assert_true(judged.done && posted.done);
    assert_int_equal(judged.accept.outcome, CVG_ACCEPT_UNAVAILABLE);
    assert_int_equal(posted.accept.outcome, CVG_ACCEPT_UNAVAILABLE);
    world_fail_commits(false);
    world_start(&world, true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_act_is_a_row_before_anything_is_forgotten),
        TEST(what_cannot_be_recorded_is_not_forgotten),
        TEST(where_nothing_is_remembered_nothing_is_done),
        TEST(without_a_store_it_is_forgotten_at_once),
        TEST(a_run_that_is_going_on_brings_nothing_back),
        TEST(a_stop_ends_those_who_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
