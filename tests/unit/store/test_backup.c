/* SPDX-License-Identifier: Apache-2.0 */
/* Backups while the store works, restoring, and what is refused. */
#include "stand.h"

#include "base/alloc.h"
#include "base/time.h"
#include "store/backup.h"
#include "store/head.h"

#include <glob.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct backed_up {
    struct stand stand;
    char copy[128];
};

static void make_backed_up(struct backed_up *up, const struct cvg_engine_kind *engine)
{
    stand_make(&up->stand);
    up->stand.options.engine = engine;
    (void)snprintf(up->copy, sizeof up->copy, "%s.copy", up->stand.file);
    stand_open(&up->stand);
}

static void free_backed_up(struct backed_up *up)
{
    char pattern[160];
    glob_t kept = {0};
    stand_close(&up->stand);
    (void)snprintf(pattern, sizeof pattern, "%s.before-*", up->stand.file);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread looks */
    if (glob(pattern, 0, NULL, &kept) == 0) {
        for (size_t i = 0; i < kept.gl_pathc; i++) {
            (void)unlink(kept.gl_pathv[i]);
        }
    }
    globfree(&kept);
    stand_free(&up->stand);
}

static void append_some(struct backed_up *up, struct told *told, size_t count)
{
    memset(told, 0, count * sizeof *told);
    for (size_t i = 0; i < count; i++) {
        stand_append(&up->stand, &told[i]);
    }
    stand_wait_told(told, count);
}

static int back_up(struct backed_up *up, struct cvg_audit_report *report, struct cvg_error *error)
{
    const struct cvg_audit_options options = {.file = up->stand.file,
                                              .engine = up->stand.options.engine};
    return cvg_backup_make(&options, up->copy, report, error);
}

static const struct cvg_engine_kind *const engines[] = {&memory_engine, &cvg_engine_sqlite};

static void a_backup_is_whole_and_ones_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(engines); i++) {
        struct backed_up up;
        struct told told[10];
        struct cvg_audit_report report = {0};
        struct cvg_error error = {0};
        struct stat info;
        char head[160];
        make_backed_up(&up, engines[i]);
        append_some(&up, told, CVG_COUNT(told));
        if (back_up(&up, &report, &error) != 0) {
            fail_msg("not backed up: %s", error.text);
        }
        assert_int_equal(report.rows, CVG_COUNT(told));
        assert_string_equal(report.problem, "");
        (void)snprintf(head, sizeof head, "%s.head", up.copy);
        assert_int_equal(stat(up.copy, &info), 0);
        assert_true(engines[i] == &memory_engine || (info.st_mode & 0777) == 0600);
        assert_int_equal(stat(head, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        /* What is there is never written over. */
        assert_int_equal(back_up(&up, &report, &error), CVG_E_EXISTS);
        free_backed_up(&up);
    }
}

struct background {
    struct backed_up *up;
    _Atomic bool over;
    size_t rounds;
};

static void *append_on(void *arg)
{
    struct background *background = arg;
    while (!atomic_load(&background->over)) {
        struct told told[20];
        append_some(background->up, told, CVG_COUNT(told));
        background->rounds++;
    }
    return NULL;
}

static void a_backup_is_made_while_the_store_works(void **state)
{
    struct backed_up up;
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    pthread_t thread;
    (void)state;
    make_backed_up(&up, &cvg_engine_sqlite);
    struct background background = {.up = &up};
    assert_int_equal(pthread_create(&thread, NULL, append_on, &background), 0);
    for (size_t i = 0; i < 5; i++) {
        char head[160];
        if (back_up(&up, &report, &error) != 0) {
            fail_msg("not backed up: %s", error.text);
        }
        assert_string_equal(report.problem, "");
        (void)snprintf(head, sizeof head, "%s.head", up.copy);
        assert_int_equal(unlink(up.copy), 0);
        assert_int_equal(unlink(head), 0);
    }
    atomic_store(&background.over, true);
    pthread_join(thread, NULL);
    assert_true(background.rounds > 0);
    free_backed_up(&up);
}

static void a_failed_backup_leaves_nothing(void **state)
{
    struct backed_up up;
    struct told told[5];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    char head[160];
    (void)state;
    make_backed_up(&up, &memory_engine);
    append_some(&up, told, CVG_COUNT(told));
    (void)snprintf(head, sizeof head, "%s.head", up.copy);
    memory_engine_fail(up.stand.file, MEMORY_COPY, 1, 1, CVG_STORE_FULL);
    assert_true(back_up(&up, &report, &error) < 0);
    assert_int_equal(access(up.copy, F_OK), -1);
    memory_engine_fail(up.copy, MEMORY_WALK_RECORDS, 1, 1, CVG_STORE_IO);
    assert_true(back_up(&up, &report, &error) < 0);
    assert_int_equal(access(up.copy, F_OK), -1);
    assert_int_equal(access(head, F_OK), -1);
    assert_int_equal(back_up(&up, &report, &error), 0);
    free_backed_up(&up);
}

static bool on_act(void *ctx, const struct cvg_record *row)
{
    struct cvg_record *last = ctx;
    last->number = row->number;
    last->action = strcmp(row->action, "restore") == 0 ? "restore" : "other";
    last->verdict = strstr(row->body, "\"head_before\":\"7:") ? "told" : "";
    last->actor = strcmp(row->actor, "user:ada") == 0 ? "user:ada" : "";
    return true;
}

/* Rows that came after the backup are gone, and the chain says so itself. */
static void a_restored_store_goes_on(void **state)
{
    struct backed_up up;
    struct told told[5], later[2], after[1];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    (void)state;
    make_backed_up(&up, &cvg_engine_sqlite);
    append_some(&up, told, CVG_COUNT(told));
    assert_int_equal(back_up(&up, &report, &error), 0);
    append_some(&up, later, CVG_COUNT(later));
    assert_int_equal(cvg_backup_restore(up.stand.file, up.copy, "user:ada", &report, &error),
                     CVG_E_EXISTS);
    stand_close(&up.stand);
    if (cvg_backup_restore(up.stand.file, up.copy, "user:ada", &report, &error) != 0) {
        fail_msg("not restored: %s", error.text);
    }
    assert_int_equal(report.rows, CVG_COUNT(told) + 1);
    assert_int_equal(stand_verify(&up.stand), CVG_COUNT(told) + 1);
    struct cvg_record last = {0};
    const struct cvg_audit_options options = {.file = up.stand.file};
    assert_int_equal(cvg_audit_walk(&options, on_act, &last, &error), 0);
    assert_int_equal(last.number, CVG_COUNT(told) + 1);
    assert_string_equal(last.action, "restore");
    assert_string_equal(last.actor, "user:ada");
    assert_string_equal(last.verdict, "told");

    stand_open(&up.stand);
    assert_true(stand_status(&up.stand).available);
    append_some(&up, after, 1);
    assert_int_equal(atomic_load(&after[0].rc), 0);
    assert_int_equal(atomic_load(&after[0].number), CVG_COUNT(told) + 2);
    assert_true(stand_has(&up.stand, told[4].id));
    assert_false(stand_has(&up.stand, later[0].id));
    stand_close(&up.stand);

    /* What was there before is kept, whole. */
    char pattern[160];
    glob_t kept = {0};
    (void)snprintf(pattern, sizeof pattern, "%s.before-*Z", up.stand.file);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread looks */
    assert_int_equal(glob(pattern, 0, NULL, &kept), 0);
    assert_int_equal(kept.gl_pathc, 1);
    const struct cvg_audit_options before = {.file = kept.gl_pathv[0]};
    assert_int_equal(cvg_audit_verify(&before, &report, &error), 0);
    assert_string_equal(report.problem, "");
    assert_int_equal(report.rows, CVG_COUNT(told) + CVG_COUNT(later));
    globfree(&kept);
    free_backed_up(&up);
}

static void a_lost_database_is_restored(void **state)
{
    struct backed_up up;
    struct told told[5];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    (void)state;
    make_backed_up(&up, &cvg_engine_sqlite);
    append_some(&up, told, CVG_COUNT(told));
    assert_int_equal(back_up(&up, &report, &error), 0);
    stand_close(&up.stand);
    assert_int_equal(unlink(up.stand.file), 0);
    stand_open(&up.stand);
    assert_int_equal(stand_status(&up.stand).fault, CVG_STORE_TAMPERED);
    assert_int_equal(access(up.stand.file, F_OK), -1);
    stand_close(&up.stand);
    if (cvg_backup_restore(up.stand.file, up.copy, "user:ada", &report, &error) != 0) {
        fail_msg("not restored: %s", error.text);
    }
    stand_open(&up.stand);
    assert_true(stand_status(&up.stand).available);
    assert_true(stand_has(&up.stand, told[0].id));
    free_backed_up(&up);
}

static void a_damaged_backup_is_refused(void **state)
{
    struct backed_up up;
    struct told told[50];
    struct cvg_audit_report report = {0};
    struct cvg_error error = {0};
    (void)state;
    make_backed_up(&up, &cvg_engine_sqlite);
    append_some(&up, told, CVG_COUNT(told));
    assert_int_equal(back_up(&up, &report, &error), 0);
    stand_close(&up.stand);
    FILE *file = fopen(up.copy, "r+e");
    assert_non_null(file);
    static char text[1 << 20];
    size_t length = fread(text, 1, sizeof text, file);
    char *found = memmem(text, length, "{\"verdict\":\"go\"}", 16);
    assert_non_null(found);
    assert_int_equal(fseek(file, found - text + 12, SEEK_SET), 0);
    assert_int_equal(fputs("no", file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(cvg_backup_restore(up.stand.file, up.copy, "user:ada", &report, &error),
                     CVG_E_INVALID);
    assert_int_equal(stand_verify(&up.stand), CVG_COUNT(told));
    stand_open(&up.stand);
    assert_true(stand_status(&up.stand).available);
    free_backed_up(&up);
}

static char *beside(const struct backed_up *up, const char *suffix)
{
    return cvg_format("%s.%s", up->stand.file, suffix);
}

/* What a restore that was killed leaves, as far as it is there in the end. */
static void leave(const struct backed_up *up, const char *suffix, const char *content)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = beside(up, suffix);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool is_left(const struct backed_up *up, const char *suffix)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = beside(up, suffix);
    return access(path, F_OK) == 0;
}

static void a_start_takes_away_what_a_killed_restore_left(void **state)
{
    static const char *const leftovers[] = {"restoring", "restoring-wal", "restoring-shm",
                                            "restoring.head", "restoring.lock"};
    struct backed_up up;
    struct told told[1];
    struct stat info;
    (void)state;
    make_backed_up(&up, &cvg_engine_sqlite);
    append_some(&up, told, 1);
    stand_close(&up.stand);
    CVG_CLEANUP(cvg_free_pointer) char *key = beside(&up, "key");
    CVG_CLEANUP(cvg_free_pointer) char *second = beside(&up, "restoring.key");

    assert_int_equal(link(key, second), 0);
    for (size_t i = 0; i < CVG_COUNT(leftovers); i++) {
        leave(&up, leftovers[i], "x");
    }
    stand_open(&up.stand);
    assert_true(stand_status(&up.stand).available);
    for (size_t i = 0; i < CVG_COUNT(leftovers); i++) {
        assert_false(is_left(&up, leftovers[i]));
    }
    assert_int_equal(stat(key, &info), 0);
    assert_int_equal(info.st_nlink, 1);
    stand_close(&up.stand);

    /* The moment between the old database and the new one: it is still there to be put in place.
     * The second name of the key is not needed for that. */
    CVG_CLEANUP(cvg_free_pointer) char *away = beside(&up, "away");
    assert_int_equal(rename(up.stand.file, away), 0);
    assert_int_equal(link(key, second), 0);
    leave(&up, "restoring", "x");
    stand_open(&up.stand);
    assert_int_equal(stand_status(&up.stand).fault, CVG_STORE_TAMPERED);
    assert_true(is_left(&up, "restoring"));
    assert_false(is_left(&up, "restoring.key"));
    stand_close(&up.stand);

    assert_int_equal(rename(away, up.stand.file), 0);
    leave(&up, "restoring.key", "another key, of which this may be all there is");
    stand_open(&up.stand);
    assert_false(is_left(&up, "restoring"));
    assert_true(is_left(&up, "restoring.key"));
    assert_int_equal(unlink(second), 0);
    free_backed_up(&up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_backup_is_whole_and_ones_own),
        cmocka_unit_test(a_backup_is_made_while_the_store_works),
        cmocka_unit_test(a_failed_backup_leaves_nothing),
        cmocka_unit_test(a_restored_store_goes_on),
        cmocka_unit_test(a_lost_database_is_restored),
        cmocka_unit_test(a_start_takes_away_what_a_killed_restore_left),
        cmocka_unit_test(a_damaged_backup_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
