/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from every earlier version to this one, whole or not at all, and what is not ours. The
 * fixtures tests/fixtures/store/vN.sql are databases of version N; a new version adds the one before
 * it.
 */
#include "conformance.h"
#include "fault_vfs.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/text.h"
#include "store/sqlite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- databases as they come ---- */

static char *read_file(const char *path, size_t *ret_length)
{
    struct cvg_buf buf = CVG_BUF_INIT((size_t)64 * 1024 * 1024);
    char bytes[4096];
    ssize_t count;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    while ((count = read(fd, bytes, sizeof bytes)) > 0) {
        assert_int_equal(cvg_buf_add(&buf, bytes, (size_t)count), 0);
    }
    (void)close(fd);
    return cvg_buf_take(&buf, ret_length);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    (void)close(fd);
}

/* Runs SQL on the file with a connection of the test's own. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s", message);
    }
    sqlite3_close(db);
}

static char *ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    char *answer = cvg_strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return answer;
}

static const char tables[] =
    "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";

static void close_engine(struct conformance *world)
{
    if (world->engine) {
        world->kind->close(world->engine);
        world->engine = NULL;
    }
}

static int open_engine(struct conformance *world, bool read_only)
{
    int rc =
        world->kind->open(world->place, read_only, &world->engine, &world->fault, &world->error);
    if (rc < 0) {
        world->engine = NULL;
    }
    return rc;
}

/* How many versions there were before this one. */
static int64_t versions(struct conformance *world)
{
    CVG_CLEANUP(cvg_free_pointer) char *version = NULL;

    if (!world->engine) {
        conformance_ok(world, open_engine(world, false));
    }
    close_engine(world);
    version = ask(world->place, "PRAGMA user_version");
    assert_int_equal(strlen(version), 1);
    return version[0] - '0';
}

/* The database of that version in the world's place, as a daemon of that version left it, and with
 * more rows where so many are wanted. */
static void load_version(struct conformance *world, int64_t version, unsigned more)
{
    char path[512], rows[512];
    size_t length;
    (void)snprintf(path, sizeof path, CVG_FIXTURES "/store/v%lld.sql", (long long)version);
    CVG_CLEANUP(cvg_free_pointer) char *sql = read_file(path, &length);

    close_engine(world);
    (void)unlink(world->place);
    run_sql(world->place, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
    run_sql(world->place, sql);
    (void)snprintf(rows, sizeof rows,
                   "WITH RECURSIVE n(i) AS (VALUES(25) UNION ALL SELECT i + 1 FROM n WHERE i < %u)"
                   " INSERT INTO record SELECT i, 1767225600000000000 + i * 1000000000, 1 + i %% 4,"
                   " 'more-' || i, '', 'rev-more', '', zeroblob(32), zeroblob(32), zeroblob(32),"
                   " '{}' FROM n",
                   25 + more);
    if (more) {
        run_sql(world->place, rows);
    }
}

/* ---- what must be there afterwards ---- */

struct seen {
    size_t count;
    uint64_t last;
};

static bool see_record(void *ctx, const struct cvg_record *record)
{
    struct seen *seen = ctx;

    seen->count++;
    seen->last = record->number;
    return true;
}

static bool see_change(void *ctx, const struct cvg_change *change)
{
    struct seen *seen = ctx;

    /* Nobody had written either of them down. */
    assert_false(change->kept);
    assert_int_equal(change->observed_at, 0);
    seen->count++;
    seen->last = change->number;
    return true;
}

static bool see_note(void *ctx, const struct cvg_note *note)
{
    struct seen *seen = ctx;

    assert_string_equal(note->key, "prod api prometheus");
    assert_int_equal(note->length, 3);
    assert_memory_equal(note->bytes, "\x00\xff\x10", 3);
    seen->count++;
    return true;
}

static bool see_checkpoint(void *ctx, const struct cvg_chain_signed *checkpoint)
{
    struct seen *seen = ctx;

    seen->count++;
    seen->last = checkpoint->point.number;
    return true;
}

static size_t found(struct conformance *world, struct cvg_record_query query)
{
    struct seen seen = {0};

    query.limit = 100000;
    conformance_ok(world, world->kind->find_records(world->engine, &query, see_record, &seen,
                                                    &world->fault, &world->error));
    return seen.count;
}

/* The fixtures' rows, and `more` of the same kinds. */
static void everything_is_there(struct conformance *world, unsigned more)
{
    static const char *const environments[] = {"stage"};
    const struct cvg_change_query named = {.environment = "prod", .name = "api"};
    struct seen records = {0}, changes = {0}, notes = {0}, checkpoints = {0};
    _Atomic bool stop = false;
    size_t all = 20 + (more ? more + 1 : 0);

    conformance_ok(world, world->kind->walk_records(world->engine, 0, see_record, &records,
                                                    &world->fault, &world->error));
    assert_int_equal(records.count, all);
    assert_int_equal(found(world, (struct cvg_record_query){.verdict = "go"}), all / 4);
    assert_int_equal(found(world, (struct cvg_record_query){.environments = environments,
                                                            .environment_count = 1,
                                                            .app = "shop"}),
                     (all + 2) / 4);
    assert_int_equal(found(world, (struct cvg_record_query){.revision = "rev-2"}), 4);
    assert_int_equal(found(world, (struct cvg_record_query){.from = 1767225610000000000,
                                                            .until = 1767225612000000000}),
                     2);
    conformance_ok(world, world->kind->find_changes(world->engine, &named, see_change, &changes,
                                                    &world->fault, &world->error));
    assert_int_equal(changes.count, 4);
    conformance_ok(world, world->kind->walk_notes(world->engine, CVG_NOTE_MEMORY, see_note, &notes,
                                                  &world->fault, &world->error));
    assert_int_equal(notes.count, 1);
    conformance_ok(world, world->kind->walk_checkpoints(world->engine, see_checkpoint, &checkpoints,
                                                        &world->fault, &world->error));
    assert_int_equal(checkpoints.count, 1);
    assert_int_equal(checkpoints.last, 4);
    conformance_ok(world, world->kind->inspect(world->engine, &stop, &world->fault, &world->error));
}

/* ---- forwards ---- */

static void every_version_comes_up_to_date(void **state)
{
    struct conformance *world = *state;
    static const unsigned mores[] = {0, 5000};
    int64_t current = versions(world);
    CVG_CLEANUP(cvg_free_pointer) char *wanted = ask(world->place, tables);

    assert_true(current >= 3);
    for (int64_t version = 1; version < current; version++) {
        for (size_t i = 0; i < CVG_COUNT(mores); i++) {
            load_version(world, version, mores[i]);
            conformance_ok(world, open_engine(world, false));
            everything_is_there(world, mores[i]);
            conformance_fill(world, 100000, 100010);
            close_engine(world);
            CVG_CLEANUP(cvg_free_pointer) char *got = ask(world->place, tables);
            assert_string_equal(got, wanted);
            assert_int_equal(versions(world), current);
        }
    }
}

static void a_version_that_is_read_only_is_left_alone(void **state)
{
    struct conformance *world = *state;
    int64_t current = versions(world);
    size_t before, after;

    for (int64_t version = 1; version < current; version++) {
        load_version(world, version, 0);
        CVG_CLEANUP(cvg_free_pointer) char *bytes = read_file(world->place, &before);
        assert_true(open_engine(world, true) < 0);
        assert_int_equal(world->fault, CVG_STORE_FOREIGN);
        CVG_CLEANUP(cvg_free_pointer) char *now = read_file(world->place, &after);
        assert_int_equal(before, after);
        assert_memory_equal(bytes, now, before);
    }
}

/* Whatever call fails on the way: either all is as it was, or all is new. */
static void migrate_through_faults(struct conformance *world, int64_t from)
{
    uint64_t n = 0, failed = 0, kept = 0;
    bool done = false;

    while (!done && n < 5000) {
        load_version(world, from, 3000);
        n++;
        fault_vfs_set(FAULT_WRITE | FAULT_SYNC | FAULT_TRUNCATE, n, 0,
                      n % 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL);
        int rc = open_engine(world, false);
        done = !fault_vfs_failed();
        fault_vfs_set(0, 0, 0, 0);
        if (rc < 0) {
            failed++;
            assert_true(world->fault == CVG_STORE_IO || world->fault == CVG_STORE_FULL);
            CVG_CLEANUP(cvg_free_pointer) char *version = ask(world->place, "PRAGMA user_version");
            CVG_CLEANUP(cvg_free_pointer)
            char *spans =
                ask(world->place, "SELECT count(*) FROM sqlite_schema WHERE name = 'span'");
            CVG_CLEANUP(cvg_free_pointer)
            char *columns = ask(world->place, "SELECT count(*) FROM pragma_table_info('change')"
                                              " WHERE name IN ('kept', 'observed_at')");
            kept += version[0] == '0' + from;
            assert_string_equal(spans, version[0] == '1' ? "0" : "1");
            assert_string_equal(columns, version[0] < '3' ? "0" : "2");
        }
        close_engine(world);
        conformance_ok(world, open_engine(world, false));
        everything_is_there(world, 3000);
    }
    assert_true(done);
    assert_true(failed > 3 && kept > 3);
}

static void a_migration_is_whole_or_nothing(void **state)
{
    struct conformance *world = *state;
    int64_t current = versions(world);

    for (int64_t version = 1; version < current; version++) {
        migrate_through_faults(world, version);
    }
}

/* ---- what is not ours ---- */

static void what_is_not_ours_is_refused_and_untouched(void **state)
{
    struct conformance *world = *state;

    static const struct {
        const char *sql, *bytes;
    } cases[] = {
        {.sql = "PRAGMA application_id = 7; CREATE TABLE t (a)"},
        {.sql = "CREATE TABLE t (a)"},
        {.sql = "CREATE TABLE series (id)"},
        {.sql = "PRAGMA journal_mode = WAL; CREATE TABLE t (a)"},
        {.sql = "PRAGMA application_id = 1131824980; PRAGMA user_version = 99; CREATE TABLE t (a)"},
        {.bytes = "hello"},
        {.bytes = "a text that is longer than the hundred bytes that a database begins with, and "
                  "that has nothing to do with one, whatever it is"},
    };

    char log[128];

    (void)snprintf(log, sizeof log, "%s-wal", world->place);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        size_t before, after;
        close_engine(world);
        (void)unlink(world->place);
        if (cases[i].sql) {
            run_sql(world->place, cases[i].sql);
        } else {
            write_file(world->place, cases[i].bytes, strlen(cases[i].bytes));
        }
        CVG_CLEANUP(cvg_free_pointer) char *bytes = read_file(world->place, &before);
        for (int read_only = 0; read_only < 2; read_only++) {
            assert_true(open_engine(world, read_only) < 0);
            assert_int_equal(world->fault, CVG_STORE_FOREIGN);
            assert_non_null(strstr(world->error.text, world->place));
        }
        CVG_CLEANUP(cvg_free_pointer) char *now = read_file(world->place, &after);
        assert_int_equal(before, after);
        assert_memory_equal(bytes, now, before);
        assert_int_equal(access(log, F_OK), -1);
    }
}

static void an_empty_file_becomes_a_store(void **state)
{
    struct conformance *world = *state;

    close_engine(world);
    write_file(world->place, "", 0);
    assert_true(open_engine(world, true) < 0);
    conformance_ok(world, open_engine(world, false));
    conformance_fill(world, 1, 3);
    assert_int_equal(conformance_count(world), 3);
}

/* ---- files ---- */

static void nobody_else_may_read_it(void **state)
{
    struct conformance *world = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", ".copy"};
    mode_t before = umask(0);
    char copy[128];

    close_engine(world);
    (void)unlink(world->place);
    conformance_ok(world, open_engine(world, false));
    (void)snprintf(copy, sizeof copy, "%s.copy", world->place);
    conformance_ok(
        world, world->kind->copy(world->engine, copy, NULL, NULL, &world->fault, &world->error));
    (void)umask(before);
    for (size_t i = 0; i < CVG_COUNT(suffixes); i++) {
        struct stat status;
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", world->place, suffixes[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void a_missing_folder_is_told(void **state)
{
    struct conformance *world = *state;

    close_engine(world);
    (void)snprintf(world->place, sizeof world->place, "%s/none/store", world->folder.path);
    assert_true(open_engine(world, false) < 0);
    assert_int_equal(world->fault, CVG_STORE_MISSING);
    assert_true(open_engine(world, true) < 0);
    assert_int_equal(world->fault, CVG_STORE_MISSING);
}

/* Permissions say nothing to root, so that it is somebody else who tries. What is there can be read. */
static void a_folder_that_cannot_be_written_is_told(void **state)
{
    struct conformance *world = *state;
    uid_t me = geteuid();

    conformance_fill(world, 1, 3);
    close_engine(world);
    assert_int_equal(chmod(world->folder.path, 0555), 0);
    assert_int_equal(chmod(world->place, 0444), 0);
    assert_true(me != 0 || seteuid(65534) == 0);
    int old = open_engine(world, false);
    enum cvg_store_fault old_fault = world->fault;
    close_engine(world);
    int reading = open_engine(world, true);
    size_t count = reading == 0 ? conformance_count(world) : 0;
    close_engine(world);
    (void)snprintf(world->place, sizeof world->place, "%s/new", world->folder.path);
    int fresh = open_engine(world, false);
    enum cvg_store_fault fresh_fault = world->fault;
    close_engine(world);
    assert_true(me != 0 || seteuid(0) == 0);
    assert_int_equal(chmod(world->folder.path, 0700), 0);

    assert_true(old < 0);
    assert_int_equal(old_fault, CVG_STORE_DENIED);
    conformance_ok(world, reading);
    assert_int_equal(count, 3);
    assert_true(fresh < 0);
    assert_int_equal(fresh_fault, CVG_STORE_DENIED);
}

static int setup(void **state)
{
    *state = (void *)(uintptr_t)fault_engine();
    fault_vfs_set(0, 0, 0, 0);
    return conformance_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_version_comes_up_to_date, setup,
                                        conformance_teardown),
        cmocka_unit_test_setup_teardown(a_version_that_is_read_only_is_left_alone, setup,
                                        conformance_teardown),
        cmocka_unit_test_setup_teardown(a_migration_is_whole_or_nothing, setup,
                                        conformance_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_refused_and_untouched, setup,
                                        conformance_teardown),
        cmocka_unit_test_setup_teardown(an_empty_file_becomes_a_store, setup, conformance_teardown),
        cmocka_unit_test_setup_teardown(nobody_else_may_read_it, setup, conformance_teardown),
        cmocka_unit_test_setup_teardown(a_missing_folder_is_told, setup, conformance_teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_written_is_told, setup,
                                        conformance_teardown),
    };

    return cmocka_run_group_tests_name("sqlite_schema", tests, NULL, NULL);
}
