/* SPDX-License-Identifier: Apache-2.0 */
#include "shelf.h"

#include "base/time.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE 10

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool broken, holds;
    unsigned held;
    char folder[64], file[96];
} shelf = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static struct timespec deadline(void)
{
    struct timespec at;

    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += PATIENCE;
    return at;
}

/* Whether the read is to fail, after it has waited where it has to. */
static bool enter(enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    pthread_mutex_lock(&shelf.lock);
    shelf.held++;
    pthread_cond_broadcast(&shelf.changed);
    while (shelf.holds) {
        pthread_cond_wait(&shelf.changed, &shelf.lock);
    }
    shelf.held--;
    bool broken = shelf.broken;
    pthread_mutex_unlock(&shelf.lock);
    if (broken) {
        *ret_fault = CVG_STORE_IO;
        (void)!cvg_error_set(reterr, CVG_E_IO, "the disk is gone");
    }
    return broken;
}

static int find_records(struct cvg_engine *engine, const struct cvg_record_query *query,
                        cvg_see_record *see, void *ctx, enum cvg_store_fault *ret_fault,
                        struct cvg_error *reterr)
{
    return enter(ret_fault, reterr)
               ? CVG_E_IO
               : cvg_engine_sqlite.find_records(engine, query, see, ctx, ret_fault, reterr);
}

static int find_changes(struct cvg_engine *engine, const struct cvg_change_query *query,
                        cvg_see_change *see, void *ctx, enum cvg_store_fault *ret_fault,
                        struct cvg_error *reterr)
{
    return enter(ret_fault, reterr)
               ? CVG_E_IO
               : cvg_engine_sqlite.find_changes(engine, query, see, ctx, ret_fault, reterr);
}

static struct cvg_store *open_it(void)
{
    static struct cvg_engine_kind engine;
    struct cvg_store_options options = {
        .file = shelf.file, .engine = &engine, .inspect_after_ns = 60 * CVG_MINUTE};
    struct cvg_store *store = NULL;
    struct cvg_error error = {0};

    engine = cvg_engine_sqlite;
    engine.find_records = find_records;
    engine.find_changes = find_changes;
    shelf.broken = shelf.holds = false;
    if (cvg_store_new(&options, &store, &error) < 0) {
        fail_msg("%s", error.text);
    }
    return store;
}

static void make_folder(void)
{
    (void)snprintf(shelf.folder, sizeof(shelf.folder), "/tmp/cvg-shelf-XXXXXX");
    assert_non_null(mkdtemp(shelf.folder));
    (void)snprintf(shelf.file, sizeof(shelf.file), "%s/store.db", shelf.folder);
}

struct cvg_store *shelf_new(void)
{
    struct cvg_store_status status;

    make_folder();
    struct cvg_store *store = open_it();
    cvg_store_status(store, &status);
    assert_string_equal(status.why, "");
    assert_true(status.available);
    return store;
}

struct cvg_store *shelf_new_foreign(void)
{
    make_folder();
    FILE *file = fopen(shelf.file, "we");
    assert_non_null(file);
    for (unsigned i = 0; i < 1000; i++) {
        assert_true(fputs("this is no database\n", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    return open_it();
}

void shelf_free(struct cvg_store *store)
{
    static const char *const endings[] = {"",      "-wal", "-shm",  "-journal",
                                          ".head", ".key", ".lock", ".key.new"};
    char path[128];

    cvg_store_free(store);
    for (size_t i = 0; i < CVG_COUNT(endings); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", shelf.file, endings[i]);
        (void)!unlink(path);
    }
    assert_int_equal(rmdir(shelf.folder), 0);
}

const char *shelf_id(unsigned number)
{
    static char id[CVG_RECORD_ID];

    (void)snprintf(id, sizeof(id), "01900000-0000-7000-8000-%012u", number);
    return id;
}

void shelf_decide(struct cvg_store *store, unsigned number, int64_t second, const char *environment,
                  const char *app, const char *verdict)
{
    char body[256];
    int length = snprintf(body, sizeof(body),
                          "{\"id\":\"%s\",\"verdict\":\"%s\",\"summary\":\"because of %u\","
                          "\"reasons\":[{\"code\":\"Rising\"}]}",
                          shelf_id(number), verdict, number);
    struct cvg_record record = {
        .at = second * CVG_SECOND,
        .id = shelf_id(number),
        .action = CVG_RECORD_DECISION,
        .actor = "token:ci",
        .environment = environment,
        .gate = "deploy",
        .app = app,
        .revision = "r1",
        .verdict = verdict,
        .target = "",
        .body = body,
        .body_length = (size_t)length,
    };

    cvg_store_append(store, &record, NULL, NULL);
    assert_true(cvg_store_flush(store, cvg_time_now() + PATIENCE * CVG_SECOND));
}

void shelf_break(bool broken)
{
    pthread_mutex_lock(&shelf.lock);
    shelf.broken = broken;
    pthread_mutex_unlock(&shelf.lock);
}

void shelf_hold(void)
{
    pthread_mutex_lock(&shelf.lock);
    shelf.holds = true;
    pthread_mutex_unlock(&shelf.lock);
}

void shelf_wait_held(unsigned count)
{
    struct timespec until = deadline();
    int rc = 0;

    pthread_mutex_lock(&shelf.lock);
    while (shelf.held < count && rc == 0) {
        rc = pthread_cond_timedwait(&shelf.changed, &shelf.lock, &until);
    }
    pthread_mutex_unlock(&shelf.lock);
    assert_int_equal(rc, 0);
}

void shelf_release(void)
{
    pthread_mutex_lock(&shelf.lock);
    shelf.holds = false;
    pthread_cond_broadcast(&shelf.changed);
    pthread_mutex_unlock(&shelf.lock);
}
