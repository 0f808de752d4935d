/* SPDX-License-Identifier: Apache-2.0 */
/* The small readings: the chain's end, notes, checkpoints, sizes. */
#include "store/sqlite.h"

#include "base/alloc.h"

#include <string.h>
#include <sys/stat.h>

static int read_point(struct cvg_link *link, sqlite3_stmt *statement, struct cvg_chain_point *ret)
{
    struct cvg_columns columns = {.statement = statement};
    int64_t number = cvg_column_int(&columns, 0);
    struct cvg_chain_point point = {.number = (uint64_t)number};

    cvg_column_fixed(&columns, 1, point.hash, sizeof point.hash);
    cvg_link_reset(statement);
    if (columns.wrong || number < 1) {
        return cvg_link_corrupt(link, "row", number);
    }
    *ret = point;
    return 0;
}

static int read_last(struct cvg_link *link, struct cvg_chain_point *ret)
{
    static const enum cvg_sql places[] = {CVG_SQL_RECORD_LAST, CVG_SQL_CHECKPOINT_LAST};

    for (size_t i = 0; i < CVG_COUNT(places); i++) {
        sqlite3_stmt *statement = cvg_link_get(link, places[i]);
        int rc = statement ? cvg_link_step(link, statement) : link->error.code;
        if (rc != 0) {
            return rc < 0 ? rc : read_point(link, statement, ret);
        }
    }
    *ret = (struct cvg_chain_point){0};
    return 0;
}

int cvg_sqlite_last(struct cvg_engine *engine, struct cvg_chain_point *ret,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);

    return rc < 0 ? rc : cvg_pool_give(engine, link, read_last(link, ret), ret_fault, reterr);
}

/* ---- notes ---- */

static int read_notes(struct cvg_link *link, enum cvg_note_kind kind, cvg_see_note *see, void *ctx)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_NOTE_ALL);
    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, kind);
    int rc;
    while ((rc = cvg_link_step(link, statement)) == 1) {
        struct cvg_columns columns = {.statement = statement};
        struct cvg_note note = {.kind = kind};
        note.key = cvg_column_text(&columns, 0, CVG_NOTE_KEY);
        note.bytes = cvg_column_bytes(&columns, 1, CVG_NOTE_BYTES, &note.length);
        if (columns.wrong || note.length == 0) {
            rc = cvg_link_corrupt(link, "a note of kind", kind);
        } else if (see(ctx, &note)) {
            continue;
        }
        cvg_link_reset(statement);
        break;
    }
    return rc < 0 ? rc : 0;
}

int cvg_sqlite_walk_notes(struct cvg_engine *engine, enum cvg_note_kind kind, cvg_see_note *see,
                          void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);

    return rc < 0
               ? rc
               : cvg_pool_give(engine, link, read_notes(link, kind, see, ctx), ret_fault, reterr);
}

/* ---- checkpoints ---- */

static int read_checkpoints(struct cvg_link *link, cvg_see_checkpoint *see, void *ctx)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_CHECKPOINT_ALL);
    if (!statement) {
        return link->error.code;
    }
    int rc;
    while ((rc = cvg_link_step(link, statement)) == 1) {
        struct cvg_columns columns = {.statement = statement};
        struct cvg_chain_signed checkpoint = {0};
        int64_t number = cvg_column_int(&columns, 0);
        checkpoint.point.number = (uint64_t)number;
        checkpoint.at = cvg_column_int(&columns, 1);
        cvg_column_fixed(&columns, 2, checkpoint.point.hash, sizeof checkpoint.point.hash);
        cvg_column_fixed(&columns, 3, checkpoint.signature, sizeof checkpoint.signature);
        if (columns.wrong || number < 1) {
            rc = cvg_link_corrupt(link, "checkpoint", number);
        } else if (see(ctx, &checkpoint)) {
            continue;
        }
        cvg_link_reset(statement);
        break;
    }
    return rc < 0 ? rc : 0;
}

int cvg_sqlite_walk_checkpoints(struct cvg_engine *engine, cvg_see_checkpoint *see, void *ctx,
                                enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);

    return rc < 0
               ? rc
               : cvg_pool_give(engine, link, read_checkpoints(link, see, ctx), ret_fault, reterr);
}

/* ---- sizes ---- */

static uint64_t file_bytes(const char *file, const char *suffix)
{
    CVG_CLEANUP(cvg_free_pointer) char *path = cvg_format("%s%s", file, suffix);
    struct stat status;

    return stat(path, &status) == 0 && status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

/* 0 where there is no row. */
static int read_number(struct cvg_link *link, enum cvg_sql sql, int64_t *ret)
{
    sqlite3_stmt *statement = cvg_link_get(link, sql);
    int rc = statement ? cvg_link_step(link, statement) : link->error.code;

    *ret = 0;
    if (rc == 1) {
        *ret = sqlite3_column_int64(statement, 0);
        cvg_link_reset(statement);
    }
    return rc < 0 ? rc : 0;
}

/* How many numbers there are from the first to the last row: counting them would read all. */
static int read_extent(struct cvg_link *link, enum cvg_sql first, enum cvg_sql last, uint64_t *ret)
{
    int64_t low = 0, high = 0;
    int rc = read_number(link, first, &low);

    if (rc == 0) {
        rc = read_number(link, last, &high);
    }
    if (rc == 0) {
        *ret = low > 0 && high >= low ? (uint64_t)(high - low) + 1 : 0;
    }
    return rc;
}

/* Of the database as it is committed, wherever its pages are. */
static int read_pages(struct cvg_link *link, struct cvg_engine_sizes *ret)
{
    int64_t size = 0, count = 0, unused = 0;
    int rc = cvg_link_ask(link, "PRAGMA page_size", &size);

    if (rc == 0) {
        rc = cvg_link_ask(link, "PRAGMA page_count", &count);
    }
    if (rc == 0) {
        rc = cvg_link_ask(link, "PRAGMA freelist_count", &unused);
    }
    if (rc == 0 && size > 0 && unused >= 0 && count >= unused) {
        ret->used = (uint64_t)(count - unused) * (uint64_t)size;
        ret->free = (uint64_t)unused * (uint64_t)size;
    }
    return rc;
}

int cvg_sqlite_sizes(struct cvg_engine *engine, struct cvg_engine_sizes *ret,
                     enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    struct cvg_engine_sizes sizes = {0};
    struct cvg_link *link;
    int rc = cvg_pool_take(engine, &link, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    rc = read_extent(link, CVG_SQL_RECORD_FIRST, CVG_SQL_RECORD_LAST, &sizes.records);
    if (rc == 0) {
        rc = read_extent(link, CVG_SQL_CHANGE_FIRST, CVG_SQL_CHANGE_LAST, &sizes.changes);
    }
    if (rc == 0) {
        rc = read_pages(link, &sizes);
    }
    rc = cvg_pool_give(engine, link, rc, ret_fault, reterr);
    if (rc == 0) {
        sizes.bytes = file_bytes(engine->file, "") + file_bytes(engine->file, "-wal") +
                      file_bytes(engine->file, "-shm");
        *ret = sizes;
    }
    return rc;
}
