/* SPDX-License-Identifier: Apache-2.0 */
/* Asking with a subject where decisions are rows of a store. */
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
#include <unistd.h>

#include <cmocka.h>

#define APPS 20

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
    world_hold_commits(false);
    world_fail_commits(false);
    world_stop(&world);
    world_end(&world);
    return 0;
}

static uint64_t counted(uint32_t verdict)
{
    uint64_t before = 0, count = 0;

    /* Vitals are published once a second, so the second ones are of after the call. */
    for (int seen = 0; seen < 2;) {
        struct cvg_vitals *vitals = cvg_board_vitals(world.board);
        seen += vitals->turns != before;
        before = vitals->turns;
        count = vitals->decisions[0].verdicts[verdict];
        cvg_vitals_unref(vitals);
        world_turn(&world, 100 * CVG_MS);
    }
    return count;
}

static void an_answer_comes_after_its_row(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question question;

    (void)state;
    world_hold_commits(true);
    question_ask(&world, &question, "shop");
    world_turn(&world, 200 * CVG_MS);
    assert_false(question.done);
    world_hold_commits(false);
    world_run_until(&world, &question.done);
    assert_true(question.ask.found);
    assert_int_equal(question.ask.verdict, CVG_GO);
    struct cvg_record_page page = world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    const struct cvg_record *row = page.rows;
    assert_string_equal(row->id, question_id(&question, arena));
    assert_string_equal(row->actor, "token:ci");
    assert_string_equal(row->environment, "prod");
    assert_string_equal(row->gate, "deploy");
    assert_string_equal(row->app, "shop");
    assert_string_equal(row->revision, "1");
    assert_string_equal(row->verdict, "go");
    assert_string_equal(row->target, "");
    assert_int_equal(row->body_length, question.ask.body.length);
    assert_memory_equal(row->body, question.ask.body.data, row->body_length);
    question_end(&question);
}

static void the_same_question_makes_no_second_row(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question first, again;

    (void)state;
    question_ask(&world, &first, "shop");
    world_run_until(&world, &first.done);
    question_ask(&world, &again, "shop");
    world_run_until(&world, &again.done);
    assert_string_equal(question_id(&first, arena), question_id(&again, arena));
    world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    assert_int_equal(counted(CVG_GO), 1);
    question_end(&first);
    question_end(&again);
}

static void a_question_repeated_meanwhile_waits_for_the_same_row(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question questions[APPS];

    (void)state;
    world_hold_commits(true);
    for (size_t i = 0; i < APPS; i++) {
        question_ask(&world, &questions[i], "shop");
    }
    world_turn(&world, 100 * CVG_MS);
    for (size_t i = 0; i < APPS; i++) {
        assert_false(questions[i].done);
    }
    world_hold_commits(false);
    for (size_t i = 0; i < APPS; i++) {
        world_run_until(&world, &questions[i].done);
        assert_string_equal(question_id(&questions[i], arena), question_id(&questions[0], arena));
        assert_int_equal(questions[i].ask.verdict, CVG_GO);
    }
    world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    assert_int_equal(counted(CVG_GO), 1);
    for (size_t i = 0; i < APPS; i++) {
        question_end(&questions[i]);
    }
}

static void while_the_disk_hangs_the_answer_comes_at_once(void **state)
{
    struct question waiting, closed;

    (void)state;
    world_hold_commits(true);
    question_ask(&world, &waiting, "shop");
    world_await_store(&world, false);
    question_ask(&world, &closed, "bank");
    world_run_until(&world, &closed.done);
    assert_int_equal(closed.ask.verdict, CVG_WAIT);
    assert_true(question_says(&closed, "StoreUnavailable"));
    assert_false(waiting.done);
    world_hold_commits(false);
    world_run_until(&world, &waiting.done);
    assert_int_equal(waiting.ask.verdict, CVG_GO);
    question_end(&waiting);
    question_end(&closed);
}

static void what_cannot_be_recorded_is_closed_and_asked_again_makes_a_row(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question refused, waiting, again;

    (void)state;
    world_hold_commits(true);
    question_ask(&world, &refused, "shop");
    question_ask(&world, &waiting, "shop");
    world_turn(&world, 50 * CVG_MS);
    world_fail_commits(true);
    world_hold_commits(false);
    world_run_until(&world, &refused.done);
    world_run_until(&world, &waiting.done);
    struct question *const closed[] = {&refused, &waiting};
    for (size_t i = 0; i < CVG_COUNT(closed); i++) {
        assert_true(closed[i]->ask.found);
        assert_int_equal(closed[i]->ask.verdict, CVG_WAIT);
        assert_true(closed[i]->ask.unknown);
        assert_string_equal(question_id(closed[i], arena), "");
        assert_true(question_says(closed[i], "\"StoreUnavailable\""));
        assert_true(question_says(closed[i], "the test's disk is full"));
        question_end(closed[i]);
    }
    assert_int_equal(counted(CVG_GO), 0);
    assert_int_equal(counted(CVG_WAIT), 0);
    world_fail_commits(false);
    world_await_store(&world, true);
    question_ask(&world, &again, "shop");
    world_run_until(&world, &again.done);
    assert_int_equal(again.ask.verdict, CVG_GO);
    struct cvg_record_page page = world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    assert_string_equal(page.rows[0].id, question_id(&again, arena));
    assert_int_equal(counted(CVG_GO), 1);
    question_end(&again);
}

static void what_was_recorded_is_answered_while_the_store_is_away(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question recorded, other, again;

    (void)state;
    question_ask(&world, &recorded, "shop");
    world_run_until(&world, &recorded.done);
    world_fail_commits(true);
    question_ask(&world, &other, "other");
    world_run_until(&world, &other.done);
    assert_int_equal(other.ask.verdict, CVG_WAIT);
    world_await_store(&world, false);
    question_ask(&world, &again, "shop");
    world_run_until(&world, &again.done);
    assert_int_equal(again.ask.verdict, CVG_GO);
    assert_string_equal(question_id(&again, arena), question_id(&recorded, arena));
    question_end(&recorded);
    question_end(&other);
    question_end(&again);
}

static void a_restart_makes_no_second_row_of_the_same_answer(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question first, again, changed;

    (void)state;
    question_ask(&world, &first, "shop");
    world_run_until(&world, &first.done);
    world_stop(&world);
    world_start(&world, true);
    world_await_reason(&world, "api", "Done");
    world_await_reason(&world, "alarm", "Done");
    question_ask(&world, &again, "shop");
    world_run_until(&world, &again.done);
    assert_string_equal(question_id(&again, arena), question_id(&first, arena));
    world_await_rows(&world, CVG_RECORD_DECISION, 1, arena);
    world_write(&world, "api", "request");
    world_await_reason(&world, "api", "Failed");
    question_ask(&world, &changed, "shop");
    world_run_until(&world, &changed.done);
    assert_int_equal(changed.ask.verdict, CVG_WAIT);
    world_await_rows(&world, CVG_RECORD_DECISION, 2, arena);
    question_end(&first);
    question_end(&again);
    question_end(&changed);
}

static void a_stop_ends_those_who_wait_for_a_commit(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question committed, failed;

    (void)state;
    /* Whatever can be committed still is. */
    question_ask(&world, &committed, "shop");
    world_stop(&world);
    assert_true(committed.done);
    /* It was not even judged. */
    assert_false(committed.ask.found);
    question_end(&committed);

    world_start(&world, true);
    world_await_reason(&world, "api", "Done");
    world_hold_commits(true);
    question_ask(&world, &committed, "shop");
    question_ask(&world, &failed, "other");
    world_turn(&world, 100 * CVG_MS);
    assert_false(committed.done);
    world_fail_commits(true);
    world_hold_commits(false);
    world_stop(&world);
    assert_true(committed.done && failed.done);
    assert_int_equal(failed.ask.verdict, CVG_WAIT);
    assert_true(question_says(&failed, "\"StoreUnavailable\""));
    assert_string_equal(question_id(&failed, arena), "");
    question_end(&committed);
    question_end(&failed);
    world_fail_commits(false);
    world_start(&world, true);
}

/* ---- a reload between judging and commit ---- */

struct waiting_reload {
    bool done, refused;
};

static void on_reload(void *ctx, const struct cvg_reload_status *status)
{
    struct waiting_reload *waiting = ctx;

    if (status) {
        waiting->refused = status->last_refused;
        waiting->done = true;
    }
}

/* Whether it was accepted. */
static bool reload(const char *text)
{
    struct waiting_reload waiting = {0};

    world_write(&world, "c.yaml", text);
    cvg_decider_on_reload(world.decider, on_reload, &waiting);
    cvg_decider_reload(world.decider, 0, "token:ci");
    world_run_until(&world, &waiting.done);
    cvg_decider_on_reload(world.decider, NULL, NULL);
    return !waiting.refused;
}

static void a_reload_between_judging_and_commit_changes_nothing(void **state)
{
    static const struct {
        const char *text;
        uint64_t counted; /* at gates of that name that are left */
    } cases[] = {
        {"sources: {s: {type: scripted}}\n"
         "environments: {prod: {gates: {first: {}, deploy: {}}, checks: {\n"
         "  c: {source: s, do: ready}}}}\n",
         1},
        {"sources: {s: {type: scripted}}\n"
         "environments: {other: {checks: {c: {source: s, do: ready}}}}\n",
         0},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct question question;
        char app[] = {'a', (char)('0' + i), '\0'};
        world_hold_commits(true);
        question_ask(&world, &question, app);
        world_turn(&world, 50 * CVG_MS);
        assert_true(reload(cases[i].text));
        assert_false(question.done);
        world_hold_commits(false);
        world_run_until(&world, &question.done);
        assert_true(question_says(&question, "\"deploy\""));
        assert_string_not_equal(question_id(&question, arena), "");
        world_turn(&world, 1200 * CVG_MS);
        struct cvg_vitals *vitals = cvg_board_vitals(world.board);
        uint64_t sum = 0;
        for (size_t k = 0; k < vitals->decision_count; k++) {
            if (strcmp(vitals->decisions[k].gate, "deploy") == 0) {
                for (size_t j = 0; j < 4; j++) {
                    sum += vitals->decisions[k].verdicts[j];
                }
            }
        }
        cvg_vitals_unref(vitals);
        assert_int_equal(sum, cases[i].counted);
        question_end(&question);
    }
}

static void a_reload_is_a_row_with_who_and_what(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    CVG_CLEANUP(cvg_free_pointer)
    char *before = cvg_strdup(cvg_decider_config(world.decider)->digest);

    (void)state;
    assert_true(reload("sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n"));
    struct cvg_record_page page = world_await_rows(&world, "reload", 1, arena);
    assert_string_equal(page.rows[0].actor, "token:ci");
    assert_string_equal(page.rows[0].target, world.file);
    assert_non_null(strstr(page.rows[0].body, "\"accepted\""));
    assert_non_null(strstr(page.rows[0].body, before));
    assert_non_null(strstr(page.rows[0].body, cvg_decider_config(world.decider)->digest));
}

static void a_refused_reload_is_a_row_too(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();

    (void)state;
    assert_false(reload("environments: 7\n"));
    struct cvg_record_page page = world_await_rows(&world, "reload", 1, arena);
    assert_non_null(strstr(page.rows[0].body, "\"refused\""));
    assert_non_null(strstr(page.rows[0].body, "c.yaml:1:15"));
}

/* The operator who reloads because of the store must not be kept from it, and it is not lost. */
static void a_reload_while_the_store_is_away_becomes_a_row_later(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question question;

    (void)state;
    world_fail_commits(true);
    question_ask(&world, &question, "shop");
    world_run_until(&world, &question.done);
    question_end(&question);
    world_await_store(&world, false);
    assert_true(reload("sources: {s: {type: scripted}}\n"
                       "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n"));
    world_fail_commits(false);
    world_await_rows(&world, "reload", 1, arena);
}

static void without_a_store_the_answer_comes_at_once(void **state)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct question first, again;

    (void)state;
    world_stop(&world);
    world_start(&world, false);
    world_await_reason(&world, "api", "Done");
    world_await_reason(&world, "alarm", "Done");
    question_ask(&world, &first, "shop");
    question_ask(&world, &again, "shop");
    cvg_loop_run_posts(world.loop); /* one turn, no thread in between */
    assert_true(first.done && again.done);
    assert_int_equal(first.ask.verdict, CVG_GO);
    assert_string_equal(question_id(&first, arena), question_id(&again, arena));
    assert_int_equal(strlen(question_id(&first, arena)), CVG_RECORD_ID - 1);
    assert_null(cvg_board_store(world.board));
    assert_int_equal(counted(CVG_GO), 1);
    question_end(&first);
    question_end(&again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_after_its_row),
        TEST(the_same_question_makes_no_second_row),
        TEST(a_question_repeated_meanwhile_waits_for_the_same_row),
        TEST(while_the_disk_hangs_the_answer_comes_at_once),
        TEST(what_cannot_be_recorded_is_closed_and_asked_again_makes_a_row),
        TEST(what_was_recorded_is_answered_while_the_store_is_away),
        TEST(a_restart_makes_no_second_row_of_the_same_answer),
        TEST(a_stop_ends_those_who_wait_for_a_commit),
        TEST(a_reload_between_judging_and_commit_changes_nothing),
        TEST(a_reload_is_a_row_with_who_and_what),
        TEST(a_refused_reload_is_a_row_too),
        TEST(a_reload_while_the_store_is_away_becomes_a_row_later),
        TEST(without_a_store_the_answer_comes_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
