/* SPDX-License-Identifier: Apache-2.0 */
/* The audit of SQLite's file: what somebody with a database browser does to it shows. */
#include "audit_stage.h"
#include "base/macros.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **state)
{
    int rc = audit_stage_set_up(state);
    struct audit_stage *stage = *state;
    stage->options.engine = NULL; /* SQLite is what is meant where nobody says another one */
    return rc;
}

/* The stage's own functions want one to be named. */
static void begin(struct audit_stage *stage)
{
    stage->options.engine = &cvg_engine_sqlite;
    audit_stage_begin(stage, AUDIT_ROWS);
}

static int tear_down(void **state)
{
    struct audit_stage *stage = *state;
    stage->options.engine = &cvg_engine_sqlite;
    return audit_stage_tear_down(state);
}

static void run(const struct audit_stage *stage, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(stage->folder.file, &db, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_file_is_verified_beside_its_writer_and_after_it(void **state)
{
    struct audit_stage *stage = *state;
    begin(stage);
    stage->options.engine = NULL;
    assert_string_equal(audit_stage_problem(stage), "");
    assert_int_equal(audit_stage_verify(stage).rows, AUDIT_ROWS);

    stage->options.engine = &cvg_engine_sqlite;
    audit_stage_prune(stage, stage->key, 7);
    audit_stage_add_row(stage, AUDIT_ROWS + 1);
    struct cvg_audit_report report = audit_stage_verify(stage);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.pruned_up_to, 7);
    assert_int_equal(report.unacknowledged, 1);

    audit_stage_end(stage);
    assert_string_equal(audit_stage_problem(stage), "");
}

static void what_a_database_browser_does_is_found(void **state)
{
    struct audit_stage *stage = *state;

    static const struct {
        const char *damage, *problem, *repair;
    } cases[] = {
        {"UPDATE record SET actor = 'token:cj' WHERE number = 9", "row 9: its hash",
         "UPDATE record SET actor = 'token:ci' WHERE number = 9"},
        {"UPDATE record SET body = '{\"n\":8}' WHERE number = 9", "row 9: its hash",
         "UPDATE record SET body = '{\"n\":9}' WHERE number = 9"},
        {"UPDATE record SET at = at + 1 WHERE number = 20", "row 20: its hash",
         "UPDATE record SET at = at - 1 WHERE number = 20"},
        /* of all rows at once */
        {"UPDATE series SET verdict = 'halt'", "row 1: its hash",
         "UPDATE series SET verdict = 'go'"},
        {"UPDATE record SET number = 1000 WHERE number = 20", "rows 20 to 999: are missing",
         "UPDATE record SET number = 20 WHERE number = 1000"},
        {"UPDATE record SET number = 1000 WHERE number = 5", "row 5: is missing",
         "UPDATE record SET number = 5 WHERE number = 1000"},
        {"DELETE FROM record WHERE number > 18", "rows 19 to 20: are missing, the head file", NULL},
        {"DELETE FROM record WHERE number = 10", "row 10: is missing", NULL},
        {"DELETE FROM record", "rows 1 to 20: are missing, the head file", NULL},
    };

    begin(stage);
    audit_stage_end(stage);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        run(stage, cases[i].damage);
        const char *problem = audit_stage_problem(stage);
        if (strncmp(problem, cases[i].problem, strlen(cases[i].problem)) != 0) {
            print_error("%s: '%s'\n", cases[i].damage, problem);
            fail();
        }
        if (cases[i].repair) {
            run(stage, cases[i].repair);
            assert_string_equal(audit_stage_problem(stage), "");
        }
    }
}

/* The rows that stand in the write-ahead log alone are lost with it, and the database is sound. */
static void a_log_that_is_lost_is_found(void **state)
{
    struct audit_stage *stage = *state;
    char log[120];
    begin(stage);
    audit_stage_end(stage); /* everything is in the database now */
    static char bytes[4 << 20];
    size_t length = folder_read(stage->folder.file, bytes, sizeof bytes);
    assert_true(length < sizeof bytes);

    enum cvg_store_fault fault;
    struct cvg_error error;
    assert_int_equal(
        cvg_engine_sqlite.open(stage->folder.file, false, &stage->engine, &fault, &error), 0);
    assert_int_equal(cvg_head_open(stage->folder.file, &stage->head, &error), 0);
    audit_stage_add_row(stage, AUDIT_ROWS + 1);
    audit_stage_write_head(stage, stage->key, AUDIT_ROWS + 1);
    audit_stage_end(stage);
    assert_string_equal(audit_stage_problem(stage), "");

    folder_write(stage->folder.file, bytes, length);
    snprintf(log, sizeof log, "%s-wal", stage->folder.file);
    unlink(log);
    assert_string_equal(audit_stage_problem(stage), "row 21: is missing, the head file knows it");
}

static void what_is_left_of_a_file_can_be_sealed(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_chain_point point;
    struct cvg_error error = {0};
    begin(stage);
    audit_stage_prune(stage, stage->key, 3);
    audit_stage_end(stage);
    run(stage, "DELETE FROM record WHERE number > 18");
    stage->options.engine = NULL;
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "a rotten log", &point, &error),
                     0);
    assert_int_equal(point.number, 19);
    assert_string_equal(audit_stage_problem(stage), "");
    assert_int_equal(cvg_audit_seal(&stage->options, "user:ada", "again", &point, &error),
                     CVG_E_REFUSED);
}

static void what_is_no_database_cannot_be_read(void **state)
{
    struct audit_stage *stage = *state;
    struct cvg_audit_report report;
    struct cvg_error error = {0};
    assert_true(cvg_audit_verify(&stage->options, &report, &error) < 0);
    assert_int_equal(access(stage->folder.file, F_OK), -1);
    folder_write(stage->folder.file, "these are no rows, but a letter\n", 32);
    assert_true(cvg_audit_verify(&stage->options, &report, &error) < 0);
    assert_non_null(strstr(error.text, stage->folder.file));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_verified_beside_its_writer_and_after_it),
        TEST(what_a_database_browser_does_is_found),
        TEST(a_log_that_is_lost_is_found),
        TEST(what_is_left_of_a_file_can_be_sealed),
        TEST(what_is_no_database_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
