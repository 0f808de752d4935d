/* SPDX-License-Identifier: Apache-2.0 */
/* What retention takes away, and the space that it leaves. */
#include "store/sqlite.h"

/* Pages that one step of shrinking gives back at most: 2 MiB. */
#define SHRINK "PRAGMA incremental_vacuum(512)"

/* Takes away what the statement says, by one number. */
static int prune(struct cvg_link *link, enum cvg_sql sql, int64_t number)
{
    sqlite3_stmt *statement = cvg_link_get(link, sql);

    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, number);
    return cvg_link_do(link, statement);
}

int cvg_sqlite_prune_changes(struct cvg_engine *engine, int64_t before, uint64_t limit,
                             uint64_t *ret_count, enum cvg_store_fault *ret_fault,
                             struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    struct cvg_link *link = engine->writer;
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_CHANGE_PRUNE);
    if (statement) {
        sqlite3_bind_int64(statement, 1, before);
        sqlite3_bind_int64(statement, 2, (int64_t)CVG_MIN(limit, (uint64_t)INT64_MAX));
        rc = cvg_link_do(link, statement);
    } else {
        rc = link->error.code;
    }
    if (rc == 0) {
        *ret_count = (uint64_t)sqlite3_changes64(link->db);
    }
    return cvg_sqlite_wrote(engine, rc, ret_fault, reterr);
}

static int add_checkpoint(struct cvg_link *link, const struct cvg_chain_signed *checkpoint)
{
    sqlite3_stmt *last = cvg_link_get(link, CVG_SQL_CHECKPOINT_LAST);
    sqlite3_stmt *add = cvg_link_get(link, CVG_SQL_CHECKPOINT_ADD);
    int64_t number = (int64_t)checkpoint->point.number;
    int rc = last && add ? cvg_link_step(link, last) : link->error.code;

    if (rc == 1) {
        bool there = sqlite3_column_int64(last, 0) >= number;
        cvg_link_reset(last);
        if (there) {
            link->fault = CVG_STORE_NO_FAULT;
            return cvg_error_set(&link->error, CVG_E_EXISTS,
                                 "%s: a checkpoint that far is there already", link->file);
        }
    }
    if (rc < 0) {
        return rc;
    }
    sqlite3_bind_int64(add, 1, number);
    sqlite3_bind_int64(add, 2, checkpoint->at);
    sqlite3_bind_blob(add, 3, checkpoint->point.hash, sizeof checkpoint->point.hash, SQLITE_STATIC);
    sqlite3_bind_blob(add, 4, checkpoint->signature, sizeof checkpoint->signature, SQLITE_STATIC);
    return cvg_link_do(link, add);
}

static int prune_records(struct cvg_link *link, const struct cvg_chain_signed *checkpoint)
{
    static const enum cvg_sql rows[] = {CVG_SQL_INDEX_PRUNE, CVG_SQL_REVISION_PRUNE,
                                        CVG_SQL_RECORD_PRUNE};

    int64_t number = (int64_t)checkpoint->point.number, tail = 0;

    if (checkpoint->point.number < 1 || checkpoint->point.number >= INT64_MAX) {
        link->fault = CVG_STORE_NO_FAULT;
        return cvg_error_set(&link->error, CVG_E_INVALID, "%s: a checkpoint without a number",
                             link->file);
    }
    int rc = add_checkpoint(link, checkpoint);
    if (rc == 0) {
        rc = prune(link, CVG_SQL_CHECKPOINT_PRUNE, CVG_STORE_CHECKPOINTS);
    }
    for (size_t i = 0; rc == 0 && i < CVG_COUNT(rows); i++) {
        rc = prune(link, rows[i], number);
    }
    if (rc == 0) {
        /* The block that the next number is in stays. */
        rc = prune(link, CVG_SQL_SPAN_PRUNE, (number + 1) >> CVG_SQLITE_BLOCK_BITS);
    }
    if (rc == 0) {
        rc = cvg_sqlite_tail(link, &tail);
    }
    return rc == 0 ? prune(link, CVG_SQL_SERIES_PRUNE, tail) : rc;
}

int cvg_sqlite_prune_records(struct cvg_engine *engine, const struct cvg_chain_signed *checkpoint,
                             enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    cvg_sqlite_series_forget(engine);
    engine->folded = -1;
    return cvg_sqlite_wrote(engine, prune_records(engine->writer, checkpoint), ret_fault, reterr);
}

int cvg_sqlite_shrink(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                      struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, false, ret_fault, reterr);

    return rc < 0 ? rc
                  : cvg_link_tell(engine->writer, cvg_link_run(engine->writer, SHRINK), ret_fault,
                                  reterr);
}
