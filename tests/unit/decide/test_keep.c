/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept beside decisions: history, and what happens where the store comes late. */
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
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
    world_await_reason(&world, "api", "Done");
    world_await_reason(&world, "alarm", "Done");
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_hold_memory(false);
    world_stop(&world);
    world_end(&world);
    return 0;
}

/* Oldest first, once there are so many of that kind. */
static const struct cvg_change *await_changes(enum cvg_change_kind kind, const char *name,
                                              size_t count, struct cvg_arena *arena)
{
    struct cvg_change_query query = {.environment = "prod", .kinds = 1u << kind, .name = name};
    struct cvg_change_page page = {0};
    int64_t deadline = cvg_time_now() + WORLD_PATIENCE;

    while (cvg_store_changes(world.store, &query, arena, &page, NULL) < 0 || page.count < count) {
        assert_true(cvg_time_now() < deadline);
        world_turn(&world, 10 * CVG_MS);
    }
    assert_int_equal(page.count, count);
    struct cvg_change *rows = cvg_arena_alloc(arena, count * sizeof(*rows));
    for (size_t i = 0; i < count; i++) {
        rows[i] = page.rows[count - 1 - i];
    }
    return rows;
}

static void a_timeline_can_be_drawn_over_a_restart(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();

    (void)state;
    const struct cvg_change *rows = await_changes(CVG_CHANGE_STATUS, "api", 1, arena);
    assert_string_equal(rows[0].before, "unknown");
    assert_string_equal(rows[0].after, "ready");
    assert_string_equal(rows[0].reason, "Done");
    rows = await_changes(CVG_CHANGE_PHASE, NULL, 1, arena);
    assert_string_equal(rows[0].after, "ready");
    rows = await_changes(CVG_CHANGE_VERDICT, "deploy", 1, arena);
    assert_string_equal(rows[0].before, "wait");
    assert_string_equal(rows[0].after, "go");
    rows = await_changes(CVG_CHANGE_START, NULL, 1, arena);
    assert_string_equal(rows[0].before, "");
    world_stop(&world);
    world_start(&world, true);
    rows = await_changes(CVG_CHANGE_START, NULL, 2, arena);
    assert_string_equal(rows[1].before, "ready");
    assert_true(cvg_text_starts(rows[1].message, "last published at 20"));
    rows = await_changes(CVG_CHANGE_STATUS, "api", 2, arena);
    assert_string_equal(rows[1].before, "unknown");
    rows = await_changes(CVG_CHANGE_CONFIGURATION, NULL, 2, arena);
    assert_string_equal(rows[0].after, world.config->digest);
}

static void a_source_that_goes_and_comes_is_history(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_snapshot *snapshot;

    (void)state;
    world_write(&world, "api", "connect");
    const struct cvg_change *rows = await_changes(CVG_CHANGE_SOURCE, "s", 1, arena);
    assert_string_equal(rows[0].before, "available");
    assert_string_equal(rows[0].after, "unavailable");
    assert_string_equal(rows[0].reason, "SourceUnavailable");
    assert_string_equal(rows[0].message, "the file says so");
    world_write(&world, "api", "ready");
    cvg_board_hurry(world.board, "prod");
    rows = await_changes(CVG_CHANGE_SOURCE, "s", 2, arena);
    assert_string_equal(rows[1].after, "available");
    snapshot = cvg_board_lookup(world.board, "prod");
    assert_non_null(snapshot);
    cvg_snapshot_unref(snapshot);
}

static void on_accepted(struct cvg_accept *accept)
{
    accept->done = NULL;
}

/* Where it cannot be told whether a question was answered before, it is not answered again. */
static void a_store_that_comes_late_brings_everything_back(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_free_pointer) char *aside = cvg_format("%s.aside", world.kept);
    struct question first, closed, again;
    struct cvg_accept accept = {.environment = "prod",
                                .check = "alarm",
                                .actor = "user:ada",
                                .comment = "",
                                .done = on_accepted};

    (void)state;
    question_ask(&world, &first, "shop");
    world_run_until(&world, &first.done);
    world_stop(&world);
    assert_int_equal(rename(world.kept, aside), 0);
    world_start(&world, true);
    world_await_reason(&world, "api", "Done");
    question_ask(&world, &closed, "shop");
    world_run_until(&world, &closed.done);
    assert_int_equal(closed.ask.verdict, CVG_WAIT);
    assert_true(question_says(&closed, "\"StoreUnavailable\""));
    cvg_board_accept(world.board, &accept);
    while (accept.done) {
        world_turn(&world, CVG_MS);
    }
    assert_int_equal(accept.outcome, CVG_ACCEPT_UNAVAILABLE);
    /* A disk that hangs just then holds no turn up. */
    int64_t began = cvg_time_now();
    world_hold_memory(true);
    assert_int_equal(rename(aside, world.kept), 0);
    world_await_store(&world, true);
    world_turn(&world, 1500 * CVG_MS);
    assert_true(cvg_time_now() - began < WORLD_PATIENCE / 2);
    world_hold_memory(false);
    world_await_reason(&world, "alarm", "Done");
    /* It is held until what was recorded before has been read. */
    question_ask(&world, &again, "shop");
    world_run_until(&world, &again.done);
    assert_int_equal(again.ask.verdict, CVG_GO);
    assert_string_equal(question_id(&again, arena), question_id(&first, arena));
    world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    question_end(&first);
    question_end(&closed);
    question_end(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_timeline_can_be_drawn_over_a_restart),
        TEST(a_source_that_goes_and_comes_is_history),
        TEST(a_store_that_comes_late_brings_everything_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
