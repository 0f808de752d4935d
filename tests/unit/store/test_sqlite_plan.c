/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How SQLite goes about the statements: what is asked while somebody waits reads a range of an index,
 * and sorts nothing, however many rows there are.
 */
#include "conformance.h"

#include "base/text.h"
#include "store/sqlite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Those that may read a whole table: small ones, or the first row in the table's own order. */
static bool may_scan(enum cvg_sql sql)
{
    switch (sql) {
    case CVG_SQL_SERIES_ALL:
    case CVG_SQL_SERIES_PRUNE:
    case CVG_SQL_SPAN_BETWEEN:
    case CVG_SQL_SPAN_LAST:
    case CVG_SQL_CHECKPOINT_ALL:
    case CVG_SQL_CHECKPOINT_LAST:
    case CVG_SQL_CHECKPOINT_PRUNE:
    case CVG_SQL_RECORD_FIRST:
    case CVG_SQL_RECORD_LAST:
    case CVG_SQL_CHANGE_FIRST:
    case CVG_SQL_CHANGE_LAST:
        return true;
    default:
        return false;
    }
}

/* One block is indexed in the index's order. */
static bool may_sort(enum cvg_sql sql)
{
    return sql == CVG_SQL_SPAN_FOLD || sql == CVG_SQL_INDEX_FOLD || sql == CVG_SQL_REVISION_FOLD;
}

static void look_at(sqlite3 *db, enum cvg_sql sql)
{
    char text[4096];
    sqlite3_stmt *plan;

    (void)snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", cvg_sql_texts[sql]);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(plan, 3);
        /* "SCAN (subquery-1)" hands a row on that was found. */
        bool scans = cvg_text_starts(step, "SCAN ") && !cvg_text_starts(step, "SCAN (");
        if ((scans && !may_scan(sql)) || (strstr(step, "TEMP B-TREE") && !may_sort(sql))) {
            fail_msg("%s\n%s", cvg_sql_texts[sql], step);
        }
    }
    sqlite3_finalize(plan);
}

static void nothing_reads_a_table_while_somebody_waits(void **state)
{
    struct conformance *world = *state;
    sqlite3 *db;

    assert_int_equal(sqlite3_open(world->place, &db), SQLITE_OK);
    for (unsigned sql = 0; sql < CVG_SQL_COUNT; sql++) {
        look_at(db, sql);
    }
    sqlite3_close(db);
}

static bool keep_place(void *ctx, const struct cvg_change *change)
{
    struct cvg_change_cursor *place = ctx;

    *place = (struct cvg_change_cursor){.at = change->at, .number = change->number};
    return true;
}

struct steps {
    uint64_t count, limit;
};

static int count_steps(void *ctx)
{
    struct steps *steps = ctx;

    return ++steps->count > steps->limit;
}

/* Ten thousand rows of one instant cost a page no more than its own rows: counted in SQLite's steps,
 * not in time. */
static void rows_of_one_instant_are_not_read_again_and_again(void **state)
{
    struct conformance *world = *state;
    const struct cvg_change_query queries[] = {
        {.environment = "prod", .limit = 100},
        {.environment = "prod", .name = "api", .limit = 100},
    };
    conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
    for (unsigned i = 0; i < 10000; i++) {
        const struct cvg_change change = conformance_change(7, CVG_CHANGE_STATUS, "api");
        conformance_ok(
            world, world->kind->add_change(world->engine, &change, &world->fault, &world->error));
    }
    conformance_ok(world, world->kind->commit(world->engine, &world->fault, &world->error));
    for (size_t i = 0; i < CVG_COUNT(queries); i++) {
        struct cvg_change_query query = queries[i];
        struct cvg_change_cursor place = {0};
        struct steps steps = {.limit = 40};
        conformance_ok(world, world->kind->find_changes(world->engine, &query, keep_place, &place,
                                                        &world->fault, &world->error));
        assert_int_equal(place.number, 9901);
        /* All readers are idle: the one that was used last is taken next. */
        sqlite3 *db = world->engine->idle[world->engine->idle_count - 1]->db;
        query.before = place;
        sqlite3_progress_handler(db, 1000, count_steps, &steps);
        conformance_ok(world, world->kind->find_changes(world->engine, &query, keep_place, &place,
                                                        &world->fault, &world->error));
        sqlite3_progress_handler(db, 0, NULL, NULL);
        assert_int_equal(place.number, 9801);
    }
}

static int setup(void **state)
{
    *state = (void *)(uintptr_t)&cvg_engine_sqlite;
    return conformance_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_reads_a_table_while_somebody_waits, setup,
                                        conformance_teardown),
        cmocka_unit_test_setup_teardown(rows_of_one_instant_are_not_read_again_and_again, setup,
                                        conformance_teardown),
    };

    return cmocka_run_group_tests_name("sqlite_plan", tests, NULL, NULL);
}
