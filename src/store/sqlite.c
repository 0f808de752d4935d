/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's table, and its beginning and end. */
#include "store/sqlite.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void engine_free(struct cvg_engine *engine)
{
    cvg_pool_close(engine);
    /* The writer last: the last connection moves the write-ahead log into the database. */
    cvg_link_close(engine->writer);
    pthread_cond_destroy(&engine->given_back);
    pthread_mutex_destroy(&engine->lock);
    cvg_sqlite_series_forget(engine);
    free(engine->vfs);
    free(engine->file);
    free(engine);
}

/* SQLite makes files that others may read; the log beside the database gets the database's mode.
 * Nobody has locks on a file that is new, so that closing it here drops none. */
static int make_file(const char *file, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno != EEXIST) {
        return cvg_sqlite_fault(file, SQLITE_CANTOPEN, errno, ret_fault, reterr);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return 0;
}

static int open_writer(struct cvg_engine *engine, bool exists, enum cvg_store_fault *ret_fault,
                       struct cvg_error *reterr)
{
    int rc = exists ? 0 : make_file(engine->file, ret_fault, reterr);

    if (rc == 0) {
        rc = cvg_link_open(engine->file, engine->vfs, SQLITE_OPEN_READWRITE, &engine->writer,
                           ret_fault, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    struct cvg_link *writer = engine->writer;
    rc = cvg_schema_raise(writer);
    /* A file that can only be read opens like any other, and fails at the first commit. */
    if (rc == 0 && sqlite3_db_readonly(writer->db, "main") == 1) {
        rc = cvg_link_fail(writer, SQLITE_READONLY);
    }
    if (rc == 0) {
        rc = cvg_link_run(writer, "PRAGMA journal_mode = WAL");
    }
    if (rc == 0) {
        (void)sqlite3_db_config(writer->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
    return cvg_link_tell(writer, rc, ret_fault, reterr);
}

static int try_reader(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                      struct cvg_error *reterr)
{
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);

    if (rc == 0) {
        rc = cvg_pool_give(engine, link, cvg_schema_check(link), ret_fault, reterr);
    }
    return rc;
}

/* A database with a write-ahead log needs a folder that can be written, to read it as well. Where it
 * has no log, and no folder to have one in, it cannot change while it is read. */
static bool is_immutable(const struct cvg_engine *engine, enum cvg_store_fault fault)
{
    CVG_CLEANUP(cvg_free_pointer) char *log = cvg_format("%s-wal", engine->file);

    /* On a read-only file system SQLite misses the log that it cannot make. */
    bool misses_log =
        fault == CVG_STORE_MISSING && access(engine->file, W_OK) < 0 && errno == EROFS;

    return (fault == CVG_STORE_DENIED || fault == CVG_STORE_READ_ONLY || misses_log) &&
           access(log, F_OK) < 0 && errno == ENOENT;
}

static int open_reader(struct cvg_engine *engine, bool exists, enum cvg_store_fault *ret_fault,
                       struct cvg_error *reterr)
{
    if (!exists && access(engine->file, F_OK) < 0) {
        return cvg_sqlite_fault(engine->file, SQLITE_CANTOPEN, errno, ret_fault, reterr);
    }
    int rc = try_reader(engine, ret_fault, reterr);
    if (rc < 0 && is_immutable(engine, *ret_fault)) {
        cvg_pool_close(engine);
        engine->reader_count = 0;
        engine->immutable = true;
        rc = try_reader(engine, ret_fault, reterr);
    }
    return rc;
}

int cvg_sqlite_open(const char *file, const char *vfs, bool read_only, struct cvg_engine **ret,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    bool exists;
    int rc = cvg_schema_look(file, vfs, &exists, ret_fault, reterr);

    if (rc < 0) {
        return rc;
    }
    struct cvg_engine *engine = CVG_NEW(struct cvg_engine);
    engine->file = cvg_strdup(file);
    engine->vfs = cvg_strdup(vfs);
    engine->read_only = read_only;
    engine->folded = -1;
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->given_back, NULL);

    rc = read_only ? open_reader(engine, exists, ret_fault, reterr)
                   : open_writer(engine, exists, ret_fault, reterr);
    if (rc < 0) {
        engine_free(engine);
        return rc;
    }
    *ret = engine;
    return 0;
}

static int sqlite_open(const char *place, bool read_only, struct cvg_engine **ret,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    return cvg_sqlite_open(place, NULL, read_only, ret, ret_fault, reterr);
}

static void sqlite_close(struct cvg_engine *engine)
{
    cvg_sqlite_rollback(engine);
    engine_free(engine);
}

const struct cvg_engine_kind cvg_engine_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .begin = cvg_sqlite_begin,
    .commit = cvg_sqlite_commit,
    .rollback = cvg_sqlite_rollback,
    .add_record = cvg_sqlite_add_record,
    .add_change = cvg_sqlite_add_change,
    .put_note = cvg_sqlite_put_note,
    .prune_changes = cvg_sqlite_prune_changes,
    .prune_records = cvg_sqlite_prune_records,
    .shrink = cvg_sqlite_shrink,
    .last = cvg_sqlite_last,
    .walk_records = cvg_sqlite_walk_records,
    .find_records = cvg_sqlite_find_records,
    .find_changes = cvg_sqlite_find_changes,
    .walk_notes = cvg_sqlite_walk_notes,
    .walk_checkpoints = cvg_sqlite_walk_checkpoints,
    .sizes = cvg_sqlite_sizes,
    .inspect = cvg_sqlite_inspect,
    .copy = cvg_sqlite_copy,
};
