/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain's indexes, written block by block. An index entry for each row at its commit would touch
 * another page for each series, and writing pages is what a transaction costs. So the last block, the
 * tail, has no entries: whoever looks for rows looks through it. When a row of a later
 * block is added, the rows of all blocks before are indexed at once, in the index's own order,
 * and the block gets its row in `span`.
 *
 * Invariant: every row below ((last block of span) + 1) << CVG_SQLITE_BLOCK_BITS is indexed, and
 * none from there on is. Both change in one transaction.
 */
#include "store/sqlite.h"

int cvg_sqlite_tail(struct cvg_link *link, int64_t *ret)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_SPAN_LAST);
    int rc = statement ? cvg_link_step(link, statement) : link->error.code;

    if (rc < 0) {
        return rc;
    }
    *ret = 0;
    if (rc == 1) {
        int64_t block = sqlite3_column_int64(statement, 0);
        cvg_link_reset(statement);
        if (block < 0 || block >= INT64_MAX >> CVG_SQLITE_BLOCK_BITS) {
            return cvg_link_corrupt(link, "span", block);
        }
        *ret = (block + 1) << CVG_SQLITE_BLOCK_BITS;
    }
    return 0;
}

/* Runs the statement with two numbers. */
static int run(struct cvg_link *link, enum cvg_sql sql, int64_t a, int64_t b)
{
    sqlite3_stmt *statement = cvg_link_get(link, sql);

    if (!statement) {
        return link->error.code;
    }
    sqlite3_bind_int64(statement, 1, a);
    sqlite3_bind_int64(statement, 2, b);
    return cvg_link_do(link, statement);
}

static int fold(struct cvg_engine *engine, int64_t before)
{
    static const enum cvg_sql parts[] = {CVG_SQL_SPAN_FOLD, CVG_SQL_INDEX_FOLD,
                                         CVG_SQL_REVISION_FOLD};

    int rc = 0;

    for (size_t i = 0; rc == 0 && i < CVG_COUNT(parts); i++) {
        rc = run(engine->writer, parts[i], engine->folded, before);
    }
    engine->folded = rc == 0 ? before : -1;
    return rc;
}

/* A row among blocks that are indexed already, which only an engine's test would add. */
static int index_one(struct cvg_link *link, const struct cvg_record *record, int64_t series)
{
    int64_t number = (int64_t)record->number;
    int rc = run(link, CVG_SQL_SPAN_ADD, number >> CVG_SQLITE_BLOCK_BITS, record->at);

    if (rc == 0) {
        rc = run(link, CVG_SQL_INDEX_ADD, series, number);
    }
    sqlite3_stmt *statement = rc == 0 ? cvg_link_get(link, CVG_SQL_REVISION_ADD) : NULL;
    if (!statement) {
        return rc < 0 ? rc : link->error.code;
    }
    rc = cvg_link_bind(link, statement, &record->revision, 1, 1);
    sqlite3_bind_int64(statement, 2, series);
    sqlite3_bind_int64(statement, 3, number);
    return rc < 0 ? rc : cvg_link_do(link, statement);
}

int cvg_sqlite_index(struct cvg_engine *engine, const struct cvg_record *record, int64_t series)
{
    int64_t number = (int64_t)record->number;
    int64_t block = number >> CVG_SQLITE_BLOCK_BITS << CVG_SQLITE_BLOCK_BITS;

    if (engine->folded < 0) {
        int rc = cvg_sqlite_tail(engine->writer, &engine->folded);
        if (rc < 0) {
            engine->folded = -1;
            return rc;
        }
    }
    if (number < engine->folded) {
        return index_one(engine->writer, record, series);
    }
    return block > engine->folded ? fold(engine, block) : 0;
}
