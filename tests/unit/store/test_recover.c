/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong, and the way back without a restart: nobody is left without an answer, what was
 * acknowledged is there afterwards, and the chain is whole.
 */
#include "stand.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/head.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS 24

/* ---- any call fails, at any time ---- */

static void queue_others(struct stand *stand, size_t round)
{
    char key[24];
    (void)snprintf(key, sizeof key, "note %zu", round % 3);
    const struct cvg_note note = {.kind = CVG_NOTE_STEADY, .key = key, .bytes = "1", .length = 1};
    const struct cvg_change change = stand_change("prod", "api", (int64_t)round + 1);
    cvg_store_note(stand->store, &note, 1);
    cvg_store_change(stand->store, &change, 1);
}

static size_t count_changes(struct stand *stand, const char *environment, uint32_t kinds)
{
    size_t count = 0;
    struct cvg_change_query query = {.environment = environment, .kinds = kinds};
    struct cvg_change_page page = {.more = true};
    while (page.more) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        assert_int_equal(cvg_store_changes(stand->store, &query, arena, &page, NULL), 0);
        count += page.count;
        if (page.more) {
            query.before.at = page.rows[page.count - 1].at;
            query.before.number = page.rows[page.count - 1].number;
        }
    }
    return count;
}

/* Every append was told once; those that were acknowledged, and no others that were told no before
 * they were tried, are there after a restart; nothing else is lost. */
static void check_all(struct stand *stand, struct told *told, size_t count)
{
    stand_wait_available(stand, true);
    assert_true(cvg_store_flush(stand->store, cvg_time_now() + CVG_MINUTE));
    stand_close(stand);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(atomic_load(&told[i].times), 1);
    }
    (void)stand_verify(stand);
    stand_open(stand);
    for (size_t i = 0; i < count; i++) {
        assert_true(atomic_load(&told[i].rc) != 0 || stand_has(stand, told[i].id));
    }
    assert_int_equal(count_changes(stand, "prod", 0), ROWS);
    assert_int_equal(count_changes(stand, "prod", 1u << CVG_CHANGE_GAP), 0);
}

/* One store of which one call fails. Several go at the same time, since each is away for a
 * while. */
struct trial {
    struct stand stand;
    struct told told[ROWS];
    enum memory_call call;
    uint64_t nth;
};

static void fail_calls(struct trial *trials, size_t count)
{
    static const enum cvg_store_fault faults[] = {CVG_STORE_FULL, CVG_STORE_IO};

    for (size_t i = 0; i < count; i++) {
        struct stand *stand = &trials[i].stand;
        stand_make(stand);
        stand_open(stand);
        memory_engine_fail(stand->file, trials[i].call, trials[i].nth, 1,
                           faults[i % CVG_COUNT(faults)]);
        for (size_t j = 0; j < ROWS; j++) {
            stand_append(stand, &trials[i].told[j]);
            queue_others(stand, j);
            if (j % 4 == 3) {
                stand_wait_told(trials[i].told, j + 1);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        stand_wait_told(trials[i].told, ROWS);
        memory_engine_fail(trials[i].stand.file, trials[i].call, 1, 0, CVG_STORE_IO);
        check_all(&trials[i].stand, trials[i].told, ROWS);
        stand_free(&trials[i].stand);
    }
}

static void the_nth_call_of_each_kind_fails(void **state)
{
    static const enum memory_call calls[] = {MEMORY_BEGIN, MEMORY_COMMIT, MEMORY_ADD_RECORD,
                                             MEMORY_ADD_CHANGE, MEMORY_PUT_NOTE};
    static struct trial trials[CVG_COUNT(calls)];
    (void)state;
    for (uint64_t nth = 1; nth <= 7; nth++) {
        memset(trials, 0, sizeof trials);
        for (size_t i = 0; i < CVG_COUNT(calls); i++) {
            trials[i].call = calls[i];
            trials[i].nth = nth;
        }
        fail_calls(trials, CVG_COUNT(trials));
    }
}

static void any_nth_call_fails(void **state)
{
    static struct trial trials[10];
    (void)state;
    for (uint64_t first = 1; first <= 60; first += CVG_COUNT(trials)) {
        memset(trials, 0, sizeof trials);
        for (size_t i = 0; i < CVG_COUNT(trials); i++) {
            trials[i].call = MEMORY_ANY;
            trials[i].nth = first + i;
        }
        fail_calls(trials, CVG_COUNT(trials));
    }
}

/* No file of this process can be written while it lasts; the database is in memory. */
static void stop_files(bool stop)
{
    struct rlimit limit;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    assert_int_equal(sigaction(SIGXFSZ, &ignore, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = stop ? 0 : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The rows are in the database then, but nobody was told that they are: the next opening goes on
 * from there. */
static void the_nth_head_is_not_written(void **state)
{
    (void)state;
    for (size_t nth = 0; nth < ROWS / 4; nth++) {
        struct stand stand;
        static struct told told[ROWS];
        memset(told, 0, sizeof told);
        stand_make(&stand);
        stand_open(&stand);
        for (size_t i = 0; i < ROWS; i++) {
            bool fails = i == nth * 4;
            stop_files(fails);
            stand_append(&stand, &told[i]);
            queue_others(&stand, i);
            stand_wait_told(told, i + 1);
            stop_files(false);
            if (fails) {
                assert_int_not_equal(atomic_load(&told[i].rc), 0);
                stand_wait_available(&stand, true);
            } else {
                assert_int_equal(atomic_load(&told[i].rc), 0);
            }
        }
        assert_int_equal(stand_status(&stand).failures, 1);
        check_all(&stand, told, ROWS);
        stand_free(&stand);
    }
}

/* ---- faults that last ---- */

static void each_fault_closes_and_goes_away(void **state)
{
    static const enum cvg_store_fault faults[] = {
        CVG_STORE_MISSING, CVG_STORE_DENIED,  CVG_STORE_FULL, CVG_STORE_READ_ONLY,
        CVG_STORE_LOCKED,  CVG_STORE_CORRUPT, CVG_STORE_IO};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(faults); i++) {
        struct stand stand;
        struct told before = {0}, first = {0}, second = {0}, after = {0};
        stand_make(&stand);
        stand_open(&stand);
        stand_append(&stand, &before);
        stand_wait_told(&before, 1);
        uint64_t inspected = memory_engine_calls(stand.file, MEMORY_INSPECT);
        memory_engine_fail(stand.file, MEMORY_COMMIT, 1, MEMORY_ALWAYS, faults[i]);
        stand_append(&stand, &first);
        stand_wait_told(&first, 1);
        assert_int_equal(atomic_load(&first.rc), CVG_E_UNAVAILABLE);
        struct cvg_store_status status = stand_status(&stand);
        assert_false(status.available);
        assert_int_equal(status.fault, faults[i]);
        assert_true(status.why[0] != '\0');
        assert_true(status.read);

        /* Told at once, and reads go on. */
        stand_append(&stand, &second);
        queue_others(&stand, 0);
        stand_wait_told(&second, 1);
        assert_int_equal(atomic_load(&second.rc), CVG_E_UNAVAILABLE);
        assert_true(stand_has(&stand, before.id));
        assert_false(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));

        memory_engine_fail(stand.file, MEMORY_COMMIT, 1, 0, faults[i]);
        stand_wait_available(&stand, true);
        assert_int_equal(stand_status(&stand).fault, CVG_STORE_NO_FAULT);
        stand_append(&stand, &after);
        stand_wait_told(&after, 1);
        assert_int_equal(atomic_load(&after.rc), 0);
        assert_int_equal(atomic_load(&after.number), 2);
        assert_int_equal(count_changes(&stand, "prod", 0), 1);
        assert_true(atomic_load(&stand.changed) >= 2);
        if (faults[i] == CVG_STORE_CORRUPT) {
            assert_true(memory_engine_calls(stand.file, MEMORY_INSPECT) > inspected);
        }
        stand_close(&stand);
        assert_int_equal(stand_verify(&stand), 2);
        stand_free(&stand);
    }
}

struct waiting_calls {
    const char *file;
    enum memory_call call;
    uint64_t count;
};

static bool was_called(void *ctx)
{
    const struct waiting_calls *waiting = ctx;
    return memory_engine_calls(waiting->file, waiting->call) >= waiting->count;
}

/* Opening says nothing about writing: it is tried before the store says that it is back. */
static void what_cannot_be_written_does_not_come_back(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    struct waiting_calls tried = {stand.file, MEMORY_COMMIT,
                                  memory_engine_calls(stand.file, MEMORY_COMMIT) + 4};
    memory_engine_fail(stand.file, MEMORY_COMMIT, 1, MEMORY_ALWAYS, CVG_STORE_FULL);
    stand_append(&stand, &told);
    stand_wait(was_called, &tried, "it tries three times");
    struct cvg_store_status status = stand_status(&stand);
    assert_false(status.available);
    assert_int_equal(status.fault, CVG_STORE_FULL);
    assert_int_equal(status.failures, 1);
    assert_true(atomic_load(&stand.changed) <= 2); /* away, and maybe that it is sound */
    memory_engine_fail(stand.file, MEMORY_COMMIT, 1, 0, CVG_STORE_FULL);
    stand_wait_available(&stand, true);
    stand_free(&stand);
}

/* A database that said that it is damaged is looked through before anything is written to it. */
static void damage_is_inspected_before_use(void **state)
{
    struct stand stand;
    struct told told = {0}, meanwhile = {0}, after = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_fail(stand.file, MEMORY_INSPECT, 1, MEMORY_ALWAYS, CVG_STORE_CORRUPT);
    memory_engine_fail(stand.file, MEMORY_COMMIT, 1, 1, CVG_STORE_CORRUPT);
    struct waiting_calls inspected = {stand.file, MEMORY_INSPECT,
                                      memory_engine_calls(stand.file, MEMORY_INSPECT) + 2};
    stand_append(&stand, &told);
    stand_wait_told(&told, 1);
    uint64_t begun = memory_engine_calls(stand.file, MEMORY_BEGIN);
    stand_wait(was_called, &inspected, "it is inspected twice");
    stand_append(&stand, &meanwhile);
    stand_wait_told(&meanwhile, 1);
    assert_int_equal(atomic_load(&meanwhile.rc), CVG_E_UNAVAILABLE);
    assert_int_equal(memory_engine_calls(stand.file, MEMORY_BEGIN), begun);
    assert_int_equal(stand_status(&stand).inspected, CVG_STORE_UNSOUND);
    memory_engine_fail(stand.file, MEMORY_INSPECT, 1, 0, CVG_STORE_CORRUPT);
    stand_wait_available(&stand, true);
    assert_int_equal(stand_status(&stand).inspected, CVG_STORE_SOUND);
    stand_append(&stand, &after);
    stand_wait_told(&after, 1);
    assert_int_equal(atomic_load(&after.rc), 0);
    stand_free(&stand);
}

static bool is_sound(void *ctx)
{
    return stand_status(ctx).inspected == CVG_STORE_SOUND;
}

static void the_inspection_delays_nothing(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    memory_engine_hold(stand.file, MEMORY_INSPECT);
    stand_open(&stand);
    stand_wait_held(&stand, MEMORY_INSPECT);
    assert_true(stand_status(&stand).available);
    stand_append(&stand, &told);
    stand_wait_told(&told, 1);
    assert_int_equal(atomic_load(&told.rc), 0);
    assert_int_equal(stand_status(&stand).inspected, CVG_STORE_NOT_INSPECTED);
    memory_engine_release(stand.file, MEMORY_INSPECT);
    stand_wait(is_sound, &stand, "it is found sound");
    stand_free(&stand);
}

/* ---- what is lost while it lasts ---- */

static void history_that_does_not_fit_leaves_a_gap(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_fail(stand.file, MEMORY_COMMIT, 1, MEMORY_ALWAYS, CVG_STORE_FULL);
    stand_append(&stand, &told);
    stand_wait_told(&told, 1);
    struct cvg_change *rows = cvg_alloc_array(CVG_STORE_BACKLOG + 7, sizeof *rows);
    for (size_t i = 0; i < CVG_STORE_BACKLOG + 7; i++) {
        rows[i] = stand_change("prod", "api", (int64_t)i + 1);
    }
    cvg_store_change(stand.store, rows, CVG_STORE_BACKLOG + 7);
    const struct cvg_change other = stand_change("stage", "api", 77);
    cvg_store_change(stand.store, &other, 1);
    assert_int_equal(stand_status(&stand).changes_lost, 8);
    memory_engine_fail(stand.file, MEMORY_COMMIT, 1, 0, CVG_STORE_FULL);
    stand_wait_available(&stand, true);
    assert_true(cvg_store_flush(stand.store, cvg_time_now() + CVG_MINUTE));

    assert_int_equal(count_changes(&stand, "prod", 1u << CVG_CHANGE_STATUS), CVG_STORE_BACKLOG);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_change_query query = {.environment = "prod", .kinds = 1u << CVG_CHANGE_GAP};
    struct cvg_change_page page = {0};
    assert_int_equal(cvg_store_changes(stand.store, &query, arena, &page, NULL), 0);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.rows[0].after, "7");
    assert_string_equal(page.rows[0].reason, "full");
    assert_int_equal(page.rows[0].at, CVG_STORE_BACKLOG + 1);
    query.environment = "stage";
    assert_int_equal(cvg_store_changes(stand.store, &query, arena, &page, NULL), 0);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.rows[0].after, "1");
    free(rows);
    stand_free(&stand);
}

static void the_end_tells_everybody_also_while_away(void **state)
{
    struct stand stand;
    static struct told told[50];
    (void)state;
    memset(told, 0, sizeof told);
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_fail(stand.file, MEMORY_BEGIN, 1, MEMORY_ALWAYS, CVG_STORE_IO);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        stand_append(&stand, &told[i]);
    }
    stand_close(&stand);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        assert_int_equal(atomic_load(&told[i].times), 1);
        assert_int_equal(atomic_load(&told[i].rc), CVG_E_UNAVAILABLE);
    }
    memory_engine_fail(stand.file, MEMORY_BEGIN, 1, 0, CVG_STORE_IO);
    stand_free(&stand);
}

/* ---- opening ---- */

static void a_missing_folder_may_come(void **state)
{
    struct stand stand;
    char away[96];
    struct told told = {0}, after = {0};
    (void)state;
    stand_make(&stand);
    (void)snprintf(away, sizeof away, "%s.away", stand.folder);
    assert_int_equal(rename(stand.folder, away), 0);
    stand_open(&stand);
    struct cvg_store_status status = stand_status(&stand);
    assert_false(status.available);
    assert_false(status.read);
    assert_int_equal(status.fault, CVG_STORE_MISSING);
    stand_append(&stand, &told);
    stand_wait_told(&told, 1);
    assert_int_equal(atomic_load(&told.rc), CVG_E_UNAVAILABLE);
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_record_query query = {0};
    struct cvg_record_page page;
    struct cvg_error error = {0};
    assert_int_equal(cvg_store_records(stand.store, &query, arena, &page, &error),
                     CVG_E_UNAVAILABLE);
    assert_non_null(strstr(error.text, "missing"));
    assert_int_equal(rename(away, stand.folder), 0);
    stand_wait_available(&stand, true);
    stand_append(&stand, &after);
    stand_wait_told(&after, 1);
    assert_int_equal(atomic_load(&after.rc), 0);
    stand_free(&stand);
}

static void a_second_store_is_refused(void **state)
{
    struct stand stand;
    struct cvg_store *second = NULL;
    struct cvg_error error = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    assert_int_equal(cvg_store_new(&stand.options, &second, &error), CVG_E_EXISTS);
    assert_true(error.text[0] != '\0');
    stand_close(&stand);
    assert_int_equal(cvg_store_new(&stand.options, &second, &error), 0);
    cvg_store_free(second);
    stand_free(&stand);
}

/* ---- tampering ---- */

static void edit_verdict(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->verdict = "halt";
}

static void edit_hash(void *ctx, struct cvg_record *row)
{
    (void)ctx;
    row->hash[0] ^= 1;
}

enum tampering {
    CUT_TAIL = 0,
    OTHER_LAST_HASH,
    NO_HEAD,
    ROTTEN_HEAD,
    NO_KEY,
    NO_DATABASE,
    TAMPERINGS
};

static void tamper(struct stand *stand, enum tampering what)
{
    static const char *const removed[TAMPERINGS] = {
        [NO_HEAD] = ".head", [NO_KEY] = ".key", [NO_DATABASE] = ""};
    char path[128];
    if (what == CUT_TAIL) {
        assert_int_equal(memory_engine_remove(stand->file, 5, 5), 1);
    } else if (what == OTHER_LAST_HASH) {
        assert_true(memory_engine_edit(stand->file, 5, edit_hash, NULL));
    } else if (what == ROTTEN_HEAD) {
        (void)snprintf(path, sizeof path, "%s.head", stand->file);
        FILE *file = fopen(path, "r+e");
        assert_non_null(file);
        for (size_t i = 0; i < 8192; i++) {
            assert_int_equal(fputc('x', file), 'x');
        }
        assert_int_equal(fclose(file), 0);
    } else {
        (void)snprintf(path, sizeof path, "%s%s", stand->file, removed[what]);
        assert_int_equal(unlink(path), 0);
    }
}

static bool never_called(void *ctx, const struct cvg_note *note)
{
    (void)ctx;
    fail_msg("a note was read: %s", note->key);
    return false;
}

static void tampering_shows_and_nothing_is_touched(void **state)
{
    (void)state;
    for (enum tampering what = CUT_TAIL; what < TAMPERINGS; what++) {
        struct stand stand;
        struct told told[5] = {0}, after = {0};
        stand_make(&stand);
        stand_open(&stand);
        for (size_t i = 0; i < CVG_COUNT(told); i++) {
            stand_append(&stand, &told[i]);
        }
        stand_wait_told(told, CVG_COUNT(told));
        stand_close(&stand);
        tamper(&stand, what);
        uint64_t begun = memory_engine_calls(stand.file, MEMORY_BEGIN);
        stand_open(&stand);
        struct cvg_store_status status = stand_status(&stand);
        assert_false(status.available);
        assert_int_equal(status.fault, CVG_STORE_TAMPERED);
        /* Notes of before the end that is missing must not pass for the latest. */
        assert_false(status.read);
        assert_int_equal(cvg_store_notes(stand.store, CVG_NOTE_MEMORY, never_called, NULL, NULL),
                         CVG_E_UNAVAILABLE);
        if (what != NO_KEY) { /* where the file's name says enough */
            assert_non_null(strstr(status.why, "convergate store restore"));
            assert_non_null(strstr(status.why, "convergate audit seal"));
        }
        stand_append(&stand, &after);
        stand_wait_told(&after, 1);
        assert_int_equal(atomic_load(&after.rc), CVG_E_UNAVAILABLE);
        assert_int_equal(memory_engine_calls(stand.file, MEMORY_BEGIN), begun);
        if (what == NO_DATABASE) {
            assert_int_equal(access(stand.file, F_OK), -1);
        } else {
            assert_true(stand_has(&stand, told[0].id));
        }
        stand_free(&stand);
    }
}

/* An edit in the middle is found by following the chain, beside the work. */
static void an_edit_in_the_middle_is_found(void **state)
{
    struct stand stand;
    struct told told[5] = {0}, after = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    for (size_t i = 0; i < CVG_COUNT(told); i++) {
        stand_append(&stand, &told[i]);
    }
    stand_wait_told(told, CVG_COUNT(told));
    stand_close(&stand);
    assert_true(memory_engine_edit(stand.file, 3, edit_verdict, NULL));
    stand_open(&stand);
    stand_wait_available(&stand, false);
    struct cvg_store_status status = stand_status(&stand);
    assert_int_equal(status.fault, CVG_STORE_TAMPERED);
    assert_int_equal(status.inspected, CVG_STORE_UNSOUND);
    assert_non_null(strstr(status.why, "row 3"));
    stand_append(&stand, &after);
    stand_wait_told(&after, 1);
    assert_int_equal(atomic_load(&after.rc), CVG_E_UNAVAILABLE);
    stand_free(&stand);
}

static bool is_tampered(void *ctx)
{
    return stand_status(ctx).fault == CVG_STORE_TAMPERED;
}

/* A file that is open takes what is written to it also when its name is gone. */
static void files_that_are_removed_under_it_are_missed(void **state)
{
    static const char *const removed[][3] = {{""}, {".head"}, {"", ".head", ".key"}};
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(removed); i++) {
        struct stand stand;
        struct told before = {0}, first = {0}, second = {0};
        stand_make(&stand);
        stand_open(&stand);
        stand_append(&stand, &before);
        stand_wait_told(&before, 1);
        for (size_t j = 0; j < CVG_COUNT(removed[i]) && removed[i][j]; j++) {
            char path[128];
            (void)snprintf(path, sizeof path, "%s%s", stand.file, removed[i][j]);
            assert_int_equal(unlink(path), 0);
        }
        stand_append(&stand, &first);
        stand_wait_told(&first, 1);
        assert_int_equal(atomic_load(&first.rc), CVG_E_UNAVAILABLE);
        stand_wait(is_tampered, &stand, "it finds that rows are gone");
        stand_append(&stand, &second);
        stand_wait_told(&second, 1);
        assert_int_equal(atomic_load(&second.rc), CVG_E_UNAVAILABLE);
        stand_free(&stand);
    }
}

static void a_store_that_can_only_be_read_has_the_head_that_is_beside_it(void **state)
{
    struct stand stand;
    struct told told = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    stand_append(&stand, &told);
    stand_wait_told(&told, 1);
    const struct cvg_store_status before = stand_status(&stand);
    stand_close(&stand);
    memory_engine_fail(stand.file, MEMORY_BEGIN, 1, MEMORY_ALWAYS, CVG_STORE_READ_ONLY);
    stand_open(&stand);
    const struct cvg_store_status status = stand_status(&stand);
    assert_false(status.available);
    assert_true(status.read);
    assert_int_equal(status.head.point.number, 1);
    assert_memory_equal(status.head.signature, before.head.signature, CVG_ED25519_SIGNATURE);
    assert_memory_equal(status.public_key, before.public_key, CVG_ED25519_PUBLIC);
    stand_free(&stand);
}

static void a_disk_that_hangs_is_told_of_and_holds_no_start_up(void **state)
{
    struct stand stand;
    struct told told = {0}, after = {0};
    (void)state;
    stand_make(&stand);
    stand_open(&stand);
    memory_engine_hold(stand.file, MEMORY_COMMIT);
    stand_append(&stand, &told);
    stand_wait_available(&stand, false);
    struct cvg_store_status status = stand_status(&stand);
    assert_true(status.hangs);
    assert_int_equal(status.fault, CVG_STORE_BEHIND);
    assert_true(status.commit_longest_s >= (double)CVG_STORE_PATIENCE / (double)CVG_SECOND);
    assert_int_equal(atomic_load(&told.times), 0);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_wait_told(&told, 1);
    assert_int_equal(atomic_load(&told.rc), 0);
    stand_wait_available(&stand, true);
    assert_false(stand_status(&stand).hangs);
    stand_close(&stand);

    memory_engine_hold(stand.file, MEMORY_COMMIT);
    stand_open(&stand);
    unsigned changed = atomic_load(&stand.changed);
    status = stand_status(&stand);
    assert_false(status.available);
    assert_int_equal(status.fault, CVG_STORE_BEHIND);
    memory_engine_release(stand.file, MEMORY_COMMIT);
    stand_wait_available(&stand, true);
    stand_append(&stand, &after);
    stand_wait_told(&after, 1);
    assert_int_equal(atomic_load(&after.rc), 0);
    assert_true(atomic_load(&stand.changed) > changed);
    stand_free(&stand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_call_of_each_kind_fails),
        cmocka_unit_test(any_nth_call_fails),
        cmocka_unit_test(the_nth_head_is_not_written),
        cmocka_unit_test(each_fault_closes_and_goes_away),
        cmocka_unit_test(what_cannot_be_written_does_not_come_back),
        cmocka_unit_test(damage_is_inspected_before_use),
        cmocka_unit_test(the_inspection_delays_nothing),
        cmocka_unit_test(history_that_does_not_fit_leaves_a_gap),
        cmocka_unit_test(the_end_tells_everybody_also_while_away),
        cmocka_unit_test(a_missing_folder_may_come),
        cmocka_unit_test(a_second_store_is_refused),
        cmocka_unit_test(tampering_shows_and_nothing_is_touched),
        cmocka_unit_test(an_edit_in_the_middle_is_found),
        cmocka_unit_test(files_that_are_removed_under_it_are_missed),
        cmocka_unit_test(a_store_that_can_only_be_read_has_the_head_that_is_beside_it),
        cmocka_unit_test(a_disk_that_hangs_is_told_of_and_holds_no_start_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
