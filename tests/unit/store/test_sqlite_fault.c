/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's engine on a disk that fails. For every n the n-th call of a scenario fails; afterwards all
 * that a commit acknowledged is there, and nothing that it refused.
 *
 * One exception is the disk's own: where the sync of a commit fails, its bytes may be in the log
 * all the same, whole and with good checksums. As long as the process lives they are written over by
 * the next commit. When it dies before that, the next open finds them and takes the transaction
 * for committed. So a record that was refused by a failed sync may be there after a crash; one that
 * was acknowledged always is.
 */
#include "conformance.h"
#include "fault_vfs.h"

#include "base/alloc.h"
#include "store/sqlite.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Rows of a transaction: more than one page of each tree. */
#define ROWS         40
#define TRANSACTIONS 6

/* What the commits said. */
struct history {
    bool committed[TRANSACTIONS];
    unsigned refused;
};

static int write_one(struct conformance *world, uint64_t transaction)
{
    const struct cvg_engine_kind *kind = world->kind;
    char key[32];
    (void)snprintf(key, sizeof key, "key %llu", (unsigned long long)transaction);
    const struct cvg_note note = {.kind = CVG_NOTE_STEADY, .key = key, .bytes = "1", .length = 1};
    const struct cvg_change change = conformance_change(5, CVG_CHANGE_STATUS, "api");
    int rc = kind->begin(world->engine, &world->fault, &world->error);
    if (rc < 0) {
        return rc;
    }
    for (uint64_t i = 0; rc == 0 && i < ROWS; i++) {
        char id[32];
        uint64_t number = transaction * ROWS + i + 1;
        (void)snprintf(id, sizeof id, "id-%llu", (unsigned long long)number);
        const struct cvg_record record = conformance_record(number, id);
        rc = conformance_add(world, &record);
    }
    if (rc == 0) {
        rc = kind->put_note(world->engine, &note, &world->fault, &world->error);
    }
    if (rc == 0) {
        rc = kind->add_change(world->engine, &change, &world->fault, &world->error);
    }
    if (rc < 0) {
        kind->rollback(world->engine);
        return rc;
    }
    return kind->commit(world->engine, &world->fault, &world->error);
}

/* Opens where it can be opened, writes, copies, closes; never fails the test by itself. */
static void run_scenario(struct conformance *world, struct history *history)
{
    char copy[128];
    (void)snprintf(copy, sizeof copy, "%s/copy", world->folder.path);
    for (uint64_t i = 0; i < TRANSACTIONS; i++) {
        if (!world->engine && world->kind->open(world->place, false, &world->engine, &world->fault,
                                                &world->error) < 0) {
            world->engine = NULL;
            assert_string_not_equal(world->error.text, "");
            history->refused++;
            continue;
        }
        history->committed[i] = write_one(world, i) == 0;
        history->refused += !history->committed[i];
        if (i == TRANSACTIONS / 2) {
            (void)world->kind->copy(world->engine, copy, NULL, NULL, &world->fault, &world->error);
            (void)world->kind->shrink(world->engine, &world->fault, &world->error);
        }
    }
    if (world->engine) {
        world->kind->close(world->engine);
        world->engine = NULL;
    }
}

static bool tally(void *ctx, const struct cvg_record *record)
{
    size_t *counts = ctx;

    counts[(record->number - 1) / ROWS]++;
    return true;
}

static void is_as_told(struct conformance *world, const struct history *history)
{
    size_t counts[TRANSACTIONS] = {0};
    _Atomic bool stop = false;

    conformance_ok(world, world->kind->walk_records(world->engine, 0, tally, counts, &world->fault,
                                                    &world->error));
    for (size_t i = 0; i < TRANSACTIONS; i++) {
        assert_int_equal(counts[i], history->committed[i] ? ROWS : 0);
    }
    conformance_ok(world, world->kind->inspect(world->engine, &stop, &world->fault, &world->error));
}

/* Begins without a database. */
static void fresh(struct conformance *world)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[160];

    if (world->engine) {
        world->kind->close(world->engine);
        world->engine = NULL;
    }
    for (size_t i = 0; i < CVG_COUNT(suffixes); i++) {
        (void)snprintf(path, sizeof path, "%s%s", world->place, suffixes[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/copy", world->folder.path);
    (void)unlink(path);
}

static void every_call_fails_once(struct conformance *world, unsigned calls, uint64_t more,
                                  int sqlite_rc)
{
    uint64_t n = 0;

    do {
        struct history history = {.refused = 0};
        fresh(world);
        fault_vfs_set(calls, ++n, more, sqlite_rc);
        run_scenario(world, &history);
        bool failed = fault_vfs_failed();
        fault_vfs_set(0, 0, 0, 0);

        conformance_ok(world, world->kind->open(world->place, false, &world->engine, &world->fault,
                                                &world->error));
        is_as_told(world, &history);
        if (!failed) {
            assert_int_equal(history.refused, 0);
            break;
        }
    } while (n < 5000);
    /* There were calls to fail, and the loop came to an end by itself. */
    assert_in_range(n, 2, 4999);
}

static void the_nth_write_fails(void **state)
{
    every_call_fails_once(*state, FAULT_WRITE, 0, SQLITE_IOERR_WRITE);
}

static void the_nth_write_finds_no_space(void **state)
{
    every_call_fails_once(*state, FAULT_WRITE, 3, SQLITE_FULL);
}

static void the_nth_sync_fails(void **state)
{
    every_call_fails_once(*state, FAULT_SYNC, 0, SQLITE_IOERR_FSYNC);
}

static void the_nth_truncate_fails(void **state)
{
    every_call_fails_once(*state, FAULT_TRUNCATE, 0, SQLITE_IOERR_TRUNCATE);
}

static void the_nth_open_fails(void **state)
{
    every_call_fails_once(*state, FAULT_OPEN, 0, SQLITE_CANTOPEN);
}

static void the_nth_read_fails(void **state)
{
    every_call_fails_once(*state, FAULT_READ, 0, SQLITE_IOERR_READ);
}

/* ---- the engine goes on ---- */

static void it_goes_on_when_there_is_space_again(void **state)
{
    struct conformance *world = *state;

    assert_int_equal(write_one(world, 0), 0);
    fault_vfs_set(FAULT_WRITE, 1, UINT64_MAX - 1, SQLITE_FULL);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_true(write_one(world, i) < 0);
        assert_int_equal(world->fault, CVG_STORE_FULL);
        assert_int_equal(conformance_count(world), ROWS);
    }
    fault_vfs_set(0, 0, 0, 0);
    assert_int_equal(write_one(world, 4), 0);
    assert_int_equal(conformance_count(world), 2 * ROWS);
    conformance_reopen(world, false);
    assert_int_equal(conformance_count(world), 2 * ROWS);
}

static void a_refused_commit_is_written_over_by_the_next(void **state)
{
    struct conformance *world = *state;

    assert_int_equal(write_one(world, 0), 0);
    fault_vfs_set(FAULT_SYNC, 1, 0, SQLITE_IOERR_FSYNC);
    assert_true(write_one(world, 1) < 0);
    assert_true(fault_vfs_failed());
    assert_int_equal(world->fault, CVG_STORE_IO);
    fault_vfs_set(0, 0, 0, 0);
    assert_int_equal(conformance_count(world), ROWS);
    assert_int_equal(write_one(world, 2), 0);
    assert_int_equal(conformance_count(world), 2 * ROWS);
    conformance_reopen(world, false);
    assert_int_equal(conformance_count(world), 2 * ROWS);
}

/* Rows that could be written again must not be committed without those that could not. */
static void a_transaction_that_lost_a_write_is_not_committed(void **state)
{
    struct conformance *world = *state;
    char text[32] = "";
    struct cvg_record record = conformance_record(100000, text);
    int rc = 0;
    char *body = cvg_alloc(CVG_RECORD_BODY);
    memset(body, 'b', CVG_RECORD_BODY);
    record.body = body;
    record.body_length = CVG_RECORD_BODY;

    /* More than SQLite keeps in memory: it writes before the commit. */
    conformance_ok(world, world->kind->begin(world->engine, &world->fault, &world->error));
    fault_vfs_set(FAULT_WRITE, 1, 0, SQLITE_FULL);
    for (unsigned i = 0; rc == 0 && i < 20; i++) {
        (void)snprintf(text, sizeof text, "big-%u", i);
        record.number++;
        rc = conformance_add(world, &record);
    }
    assert_true(rc < 0 && fault_vfs_failed());
    assert_int_equal(world->fault, CVG_STORE_FULL);
    const struct cvg_record small = conformance_record(1, "small");
    assert_true(conformance_add(world, &small) < 0);
    assert_int_equal(world->fault, CVG_STORE_FULL);
    assert_true(world->kind->commit(world->engine, &world->fault, &world->error) < 0);
    assert_int_equal(world->fault, CVG_STORE_FULL);
    assert_int_equal(conformance_count(world), 0);
    assert_int_equal(write_one(world, 0), 0);
    assert_int_equal(conformance_count(world), ROWS);
    free(body);
}

/* ---- damage ---- */

static void flip(const char *path, off_t at)
{
    unsigned char byte;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0xff;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    (void)close(fd);
}

static off_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

static bool accept_record(void *ctx, const struct cvg_record *record)
{
    (void)ctx;
    (void)record;
    return true;
}

static bool accept_note(void *ctx, const struct cvg_note *note)
{
    (void)ctx;
    (void)note;
    return true;
}

static bool accept_change(void *ctx, const struct cvg_change *change)
{
    (void)ctx;
    (void)change;
    return true;
}

/* Reads all that there is in every way; how many readings failed, each of them as damage. */
static unsigned read_all(struct conformance *world)
{
    const struct cvg_engine_kind *kind = world->kind;
    const struct cvg_record_query go = {.verdict = "go", .revision = "abc"}, all = {.from = 1};
    const struct cvg_change_query change = {.environment = "prod"};
    _Atomic bool stop = false;
    const int results[] = {
        kind->walk_records(world->engine, 0, accept_record, NULL, &world->fault, &world->error),
        kind->find_records(world->engine, &go, accept_record, NULL, &world->fault, &world->error),
        kind->find_records(world->engine, &all, accept_record, NULL, &world->fault, &world->error),
        kind->find_changes(world->engine, &change, accept_change, NULL, &world->fault,
                           &world->error),
        kind->walk_notes(world->engine, CVG_NOTE_STEADY, accept_note, NULL, &world->fault,
                         &world->error),
        kind->inspect(world->engine, &stop, &world->fault, &world->error),
    };
    unsigned failed = 0;

    for (size_t i = 0; i < CVG_COUNT(results); i++) {
        failed += results[i] < 0;
    }
    return failed;
}

/* Every page in turn has rotten bytes. Most are noticed, by the reading or the inspection; a byte
 * inside a value is the chain's business. Nothing crashes, and what fails says why. */
static void a_rotten_page_is_told_and_never_a_crash(void **state)
{
    struct conformance *world = *state;
    unsigned noticed = 0, pages = 0;

    conformance_fill(world, 1, 3000);
    assert_int_equal(write_one(world, 1000), 0);
    world->kind->close(world->engine);
    world->engine = NULL;
    off_t size = size_of(world->place);
    for (off_t page = 0; page < size; page += 4096 * 7) {
        static const off_t places[] = {0, 1, 5, 9, 100, 2000, 4090};
        for (size_t i = 0; i < CVG_COUNT(places); i++) {
            flip(world->place, page + places[i]);
        }
        int rc =
            world->kind->open(world->place, true, &world->engine, &world->fault, &world->error);
        if (rc == 0) {
            noticed += read_all(world) > 0;
            world->kind->close(world->engine);
        } else {
            assert_true(world->fault == CVG_STORE_CORRUPT || world->fault == CVG_STORE_FOREIGN);
            noticed++;
        }
        world->engine = NULL;
        pages++;
        for (size_t i = 0; i < CVG_COUNT(places); i++) {
            flip(world->place, page + places[i]);
        }
    }
    assert_true(noticed >= pages / 2);
    conformance_ok(world, world->kind->open(world->place, false, &world->engine, &world->fault,
                                            &world->error));
    assert_int_equal(read_all(world), 0);
}

/* A process that dies leaves a log; a rotten byte in it ends the log there, silently. This is why
 * the head is kept outside: the engine cannot tell. What it has left is whole. */
static void a_rotten_log_ends_where_it_is_rotten(void **state)
{
    struct conformance *world = *state;
    char log[128];
    (void)snprintf(log, sizeof log, "%s-wal", world->place);
    world->kind->close(world->engine);
    world->engine = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (world->kind->open(world->place, false, &world->engine, &world->fault, &world->error) ==
            0) {
            for (uint64_t i = 0; i < TRANSACTIONS; i++) {
                (void)write_one(world, i);
            }
        }
        _exit(0); /* no close: the log stays */
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    flip(log, size_of(log) / 2);
    conformance_ok(world, world->kind->open(world->place, false, &world->engine, &world->fault,
                                            &world->error));
    size_t count = conformance_count(world);
    assert_true(count < (size_t)TRANSACTIONS * ROWS);
    assert_int_equal(count % ROWS, 0);
    assert_int_equal(read_all(world), 0);
}

/* ---- rows that no writer of ours wrote ---- */

static void a_row_of_another_type_is_corrupt(void **state)
{
    static const char *const damages[] = {
        "UPDATE record SET hash = x'00'",
        "UPDATE record SET question = zeroblob(33)",
        "UPDATE record SET revision = 'a' || char(0) || 'b'",
        "UPDATE record SET revision = printf('%1000d', 1)",
        "UPDATE record SET series = 4711",
        "DELETE FROM series",
        "UPDATE series SET app = printf('%1000d', 1)",
        "UPDATE change SET reason = 'a' || char(0) || 'b'",
        "UPDATE note SET bytes = x''",
        "UPDATE span SET block = -5",
        "UPDATE span SET block = 9223372036854775807",
        "DELETE FROM record WHERE number = 2400",
        "UPDATE record SET body = zeroblob(0)",
    };
    struct conformance *world = *state;
    unsigned unnoticed = 0;

    for (size_t i = 0; i < CVG_COUNT(damages); i++) {
        fresh(world);
        conformance_ok(world, world->kind->open(world->place, false, &world->engine, &world->fault,
                                                &world->error));
        conformance_fill(world, 1, 2500);
        assert_int_equal(write_one(world, 1000), 0);
        world->kind->close(world->engine);
        world->engine = NULL;
        sqlite3 *db;
        assert_int_equal(sqlite3_open(world->place, &db), SQLITE_OK);
        (void)sqlite3_exec(db, damages[i], NULL, NULL, NULL);
        int changed = sqlite3_changes(db);
        sqlite3_close(db);
        conformance_ok(world, world->kind->open(world->place, true, &world->engine, &world->fault,
                                                &world->error));
        if (changed > 0 && read_all(world) == 0) {
            print_error("%s: not noticed\n", damages[i]);
            unnoticed++;
        } else if (changed > 0) {
            assert_int_equal(world->fault, CVG_STORE_CORRUPT);
        }
    }
    assert_int_equal(unnoticed, 0);
}

/* ---- other holders ---- */

static void a_locked_database_is_told_soon_and_comes_back(void **state)
{
    struct conformance *world = *state;
    sqlite3 *other;

    assert_int_equal(write_one(world, 0), 0);
    assert_int_equal(sqlite3_open(world->place, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_true(write_one(world, 1) < 0);
    assert_int_equal(world->fault, CVG_STORE_LOCKED);
    assert_int_equal(conformance_count(world), ROWS);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(write_one(world, 2), 0);
}

static int setup(void **state)
{
    *state = (void *)(uintptr_t)fault_engine();
    fault_vfs_set(0, 0, 0, 0);
    return conformance_setup(state);
}

static int teardown(void **state)
{
    fault_vfs_set(0, 0, 0, 0);
    return conformance_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_nth_write_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nth_write_finds_no_space, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nth_sync_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nth_truncate_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nth_open_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nth_read_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(it_goes_on_when_there_is_space_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refused_commit_is_written_over_by_the_next, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_transaction_that_lost_a_write_is_not_committed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_rotten_page_is_told_and_never_a_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rotten_log_ends_where_it_is_rotten, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_of_another_type_is_corrupt, setup, teardown),
        cmocka_unit_test_setup_teardown(a_locked_database_is_told_soon_and_comes_back, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("sqlite_fault", tests, NULL, NULL);
}
