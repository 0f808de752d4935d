/* SPDX-License-Identifier: Apache-2.0 */
/* Reading all of a database: whether it is sound, and a copy of it. */
#include "store/sqlite.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- inspecting ---- */

/* A check of one table is one step of SQLite's, which ends early only when it is interrupted by
 * another thread. So one looks at `stop` meanwhile. */
struct watch {
    sqlite3 *db;
    const _Atomic bool *stop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool done; /* under the lock */
};

#define WATCH_NS (50 * 1000 * 1000)

static void *watch_stop(void *ctx)
{
    struct watch *watch = ctx;

    pthread_mutex_lock(&watch->lock);
    while (!watch->done) {
        struct timespec until;
        if (atomic_load(watch->stop)) {
            sqlite3_interrupt(watch->db);
        }
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += WATCH_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&watch->wake, &watch->lock, &until);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

/* "ok" is the one answer of a sound table. */
static int check_table(struct cvg_link *link, const char *sql)
{
    sqlite3_stmt *statement;
    int rc = sqlite3_prepare_v2(link->db, sql, -1, &statement, NULL);
    if (rc != SQLITE_OK) {
        return cvg_link_fail(link, rc);
    }
    rc = cvg_link_step(link, statement);
    if (rc == 1) {
        const char *answer = (const char *)sqlite3_column_text(statement, 0);
        if (!answer || strcmp(answer, "ok") != 0) {
            link->fault = CVG_STORE_CORRUPT;
            rc = cvg_error_set(&link->error, CVG_E_INVALID, "%s: is damaged: %s", link->file,
                               answer ? answer : "no answer");
        }
    }
    sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

/* Table by table, so that the log is let go of in between. */
static int check_all(struct cvg_link *link, const _Atomic bool *stop)
{
    static const char *const checks[] = {
        "PRAGMA quick_check('sqlite_schema')", "PRAGMA quick_check('series')",
        "PRAGMA quick_check('span')",          "PRAGMA quick_check('record_by_series')",
        "PRAGMA quick_check('checkpoint')",    "PRAGMA quick_check('record_by_revision')",
        "PRAGMA quick_check('note')",          "PRAGMA quick_check('record')",
        "PRAGMA quick_check('change')",
    };

    for (size_t i = 0; i < CVG_COUNT(checks) && !atomic_load(stop); i++) {
        int rc = check_table(link, checks[i]);
        if (rc < 0 && atomic_load(stop)) {
            return 0;
        }
        rc = rc < 0 ? rc : cvg_pool_renew(link);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

int cvg_sqlite_inspect(struct cvg_engine *engine, const _Atomic bool *stop,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    struct watch watch = {.db = link->db, .stop = stop};
    pthread_t thread;
    pthread_mutex_init(&watch.lock, NULL);
    pthread_cond_init(&watch.wake, NULL);
    /* Without the thread the check is the same, and ends later. */
    bool watched = pthread_create(&thread, NULL, watch_stop, &watch) == 0;

    rc = check_all(link, stop);
    if (watched) {
        pthread_mutex_lock(&watch.lock);
        watch.done = true;
        pthread_cond_signal(&watch.wake);
        pthread_mutex_unlock(&watch.lock);
        pthread_join(thread, NULL);
    }
    pthread_cond_destroy(&watch.wake);
    pthread_mutex_destroy(&watch.lock);
    return cvg_pool_give(engine, link, rc, ret_fault, reterr);
}

/* ---- copying ---- */

/* Pages of one step: 1 MiB. */
#define STEP_PAGES 256

struct copying {
    struct cvg_link *from, *to;
    void (*progress)(void *ctx, uint64_t done, uint64_t of);
    void *ctx;
};

/* From one transaction of the reader's, so that what is written meanwhile does not begin the copy
 * anew. */
static int copy_pages(struct copying *copying)
{
    int64_t ignored;
    int rc = cvg_link_ask(copying->from, "SELECT count(*) FROM sqlite_schema", &ignored);
    if (rc < 0) {
        copying->to->fault = copying->from->fault;
        copying->to->error = copying->from->error;
        return rc;
    }
    sqlite3_backup *backup =
        sqlite3_backup_init(copying->to->db, "main", copying->from->db, "main");
    if (!backup) {
        return cvg_link_fail(copying->to, sqlite3_errcode(copying->to->db));
    }
    do {
        rc = sqlite3_backup_step(backup, STEP_PAGES);
        if (copying->progress && (rc == SQLITE_OK || rc == SQLITE_DONE)) {
            int of = sqlite3_backup_pagecount(backup);
            copying->progress(copying->ctx, (uint64_t)(of - sqlite3_backup_remaining(backup)),
                              (uint64_t)of);
        }
    } while (rc == SQLITE_OK);
    (void)sqlite3_backup_finish(backup);
    if (rc != SQLITE_DONE) {
        return cvg_link_fail(copying->to, rc);
    }
    /* So that the copy is one file, readable also where nothing can be written beside it. */
    return cvg_link_run(copying->to, "PRAGMA journal_mode = DELETE");
}

static int sync_path(const char *path, const char *file, int flags, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    int fd = open(path, flags | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) < 0 ? errno : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return failed ? cvg_sqlite_fault(file, SQLITE_IOERR, failed, ret_fault, reterr) : 0;
}

static int sync_file(const char *file, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = sync_path(file, file, O_RDONLY, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    const char *slash = strrchr(file, '/');
    CVG_CLEANUP(cvg_free_pointer)
    char *folder =
        !slash ? cvg_strdup(".") : cvg_strndup(file, slash == file ? 1 : (size_t)(slash - file));
    return sync_path(folder, file, O_RDONLY | O_DIRECTORY, ret_fault, reterr);
}

static int fill_file(struct cvg_engine *engine, const char *file, struct copying *copying,
                     enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc =
        cvg_link_open(file, engine->vfs, SQLITE_OPEN_READWRITE, &copying->to, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    /* Nothing is to be recovered of a copy that did not end. */
    rc = cvg_link_run(copying->to, "PRAGMA synchronous = OFF");
    if (rc == 0) {
        rc = copy_pages(copying);
    }
    rc = cvg_link_tell(copying->to, rc, ret_fault, reterr);
    cvg_link_close(copying->to);
    return rc < 0 ? rc : sync_file(file, ret_fault, reterr);
}

int cvg_sqlite_copy(struct cvg_engine *engine, const char *file,
                    void (*progress)(void *ctx, uint64_t done, uint64_t of), void *ctx,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct copying copying = {.progress = progress, .ctx = ctx};
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST) {
        *ret_fault = CVG_STORE_NO_FAULT;
        return cvg_error_set(reterr, CVG_E_EXISTS, "%s: is there already", file);
    }
    if (fd < 0) {
        return cvg_sqlite_fault(file, SQLITE_CANTOPEN, errno, ret_fault, reterr);
    }
    (void)close(fd);
    int rc = cvg_pool_take(engine, &copying.from, ret_fault, reterr);
    if (rc == 0) {
        rc = fill_file(engine, file, &copying, ret_fault, reterr);
        (void)cvg_pool_give(engine, copying.from, 0, ret_fault, reterr);
    }
    if (rc < 0) {
        (void)unlink(file);
    }
    return rc;
}
