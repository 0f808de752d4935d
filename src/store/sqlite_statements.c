/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL. Whatever reads a page names the index it needs (INDEXED BY), so that no statistics and no
 * guess of the planner turn a bounded read into one over the whole table.
 */
#include "store/sqlite_statements.h"

#define TEXT_OF(number) #number
#define AS_TEXT(number) TEXT_OF(number)
#define BLOCK           AS_TEXT(CVG_SQLITE_BLOCK_BITS)

#define RECORD_COLUMNS(body)                                                                       \
    "SELECT r.number, r.at, r.id, s.action, r.actor, s.environment, s.gate, s.app, r.revision,"    \
    " s.verdict, r.target, " body ", r.question, r.outcome, r.hash"                                \
    " FROM record AS r LEFT JOIN series AS s ON s.id = r.series"

/* The rest of the cursor's own instant, then the instants before it. As one comparison of (at,
 * number) the index would be entered by the time alone, and every row of the instant be read for each
 * row of the page. */
#define NEXT_CHANGE(index, name)                                                                   \
    "SELECT * FROM (SELECT number, at FROM change INDEXED BY " index " WHERE environment = ?1"     \
    " AND kind = ?2" name                                                                          \
    " AND at = ?3 AND ?3 >= ?5 AND number < ?4 ORDER BY number DESC LIMIT 1)"                      \
    " UNION ALL SELECT * FROM (SELECT number, at FROM change INDEXED BY " index                    \
    " WHERE environment = ?1 AND kind = ?2" name " AND at < ?3 AND at >= ?5"                       \
    " ORDER BY at DESC, number DESC LIMIT 1) LIMIT 1"

const char *const cvg_sql_texts[CVG_SQL_COUNT] = {
    [CVG_SQL_BEGIN] = "BEGIN",
    [CVG_SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [CVG_SQL_COMMIT] = "COMMIT",
    [CVG_SQL_ROLLBACK] = "ROLLBACK",

    [CVG_SQL_SERIES_FIND] = "SELECT id FROM series WHERE environment = ?1 AND gate = ?2"
                            " AND app = ?3 AND verdict = ?4 AND action = ?5",
    [CVG_SQL_SERIES_ADD] = "INSERT INTO series (environment, gate, app, verdict, action)"
                           " VALUES (?1, ?2, ?3, ?4, ?5)",
    [CVG_SQL_SERIES_ALL] = "SELECT id, environment, gate, app, verdict, action FROM series"
                           " ORDER BY id",
    [CVG_SQL_SERIES_ONE] = "SELECT id, environment, gate, app, verdict, action FROM series"
                           " WHERE id = ?1",
    [CVG_SQL_RECORD_ADD] = "INSERT INTO record (number, at, series, id, actor, revision, target,"
                           " question, outcome, hash, body)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [CVG_SQL_SPAN_ADD] = "INSERT INTO span (block, low, high) VALUES (?1, ?2, ?2)"
                         " ON CONFLICT (block) DO UPDATE"
                         " SET low = min(low, excluded.low), high = max(high, excluded.high)",
    [CVG_SQL_INDEX_ADD] = "INSERT INTO record_by_series (series, number) VALUES (?1, ?2)",
    [CVG_SQL_REVISION_ADD] = "INSERT INTO record_by_revision (revision, series, number)"
                             " VALUES (?1, ?2, ?3)",
    [CVG_SQL_SPAN_FOLD] = "INSERT INTO span (block, low, high)"
                          " SELECT number >> " BLOCK ", min(at), max(at) FROM record"
                          " WHERE number >= ?1 AND number < ?2 GROUP BY 1",
    [CVG_SQL_INDEX_FOLD] = "INSERT INTO record_by_series (series, number)"
                           " SELECT series, number FROM record"
                           " WHERE number >= ?1 AND number < ?2 ORDER BY series, number",
    [CVG_SQL_REVISION_FOLD] = "INSERT INTO record_by_revision (revision, series, number)"
                              " SELECT revision, series, number FROM record"
                              " WHERE number >= ?1 AND number < ?2"
                              " ORDER BY revision, series, number",
    [CVG_SQL_CHANGE_ADD] = "INSERT INTO change (at, environment, kind, name, before, after, reason,"
                           " message, value, kept, observed_at)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [CVG_SQL_NOTE_PUT] = "INSERT INTO note (kind, key, bytes) VALUES (?1, ?2, ?3)"
                         " ON CONFLICT (kind, key) DO UPDATE SET bytes = excluded.bytes",
    [CVG_SQL_NOTE_FORGET] = "DELETE FROM note WHERE kind = ?1 AND key = ?2",

    [CVG_SQL_CHANGE_PRUNE] = "DELETE FROM change WHERE number IN (SELECT number FROM change"
                             " INDEXED BY change_by_time WHERE at < ?1 ORDER BY at, number"
                             " LIMIT ?2)",
    [CVG_SQL_RECORD_PRUNE] = "DELETE FROM record WHERE number <= ?1",
    [CVG_SQL_INDEX_PRUNE] = "DELETE FROM record_by_series WHERE (series, number) IN"
                            " (SELECT series, number FROM record WHERE number <= ?1)",
    [CVG_SQL_REVISION_PRUNE] = "DELETE FROM record_by_revision WHERE (revision, series, number) IN"
                               " (SELECT revision, series, number FROM record WHERE number <= ?1)",
    [CVG_SQL_SPAN_PRUNE] = "DELETE FROM span WHERE block < ?1",
    [CVG_SQL_SERIES_PRUNE] = "DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM record_by_series"
                             " AS i WHERE i.series = series.id) AND id NOT IN (SELECT series"
                             " FROM record WHERE number >= ?1)",
    [CVG_SQL_CHECKPOINT_PRUNE] = "DELETE FROM checkpoint WHERE number <= (SELECT number"
                                 " FROM checkpoint ORDER BY number DESC LIMIT 1 OFFSET ?1)",
    [CVG_SQL_CHECKPOINT_ADD] = "INSERT INTO checkpoint (number, at, hash, signature)"
                               " VALUES (?1, ?2, ?3, ?4)",

    [CVG_SQL_RECORD_LAST] = "SELECT number, hash FROM record ORDER BY number DESC LIMIT 1",
    [CVG_SQL_CHECKPOINT_LAST] = "SELECT number, hash FROM checkpoint ORDER BY number DESC LIMIT 1",
    [CVG_SQL_CHECKPOINT_ALL] = "SELECT number, at, hash, signature FROM checkpoint ORDER BY number",
    [CVG_SQL_RECORD_FIRST] = "SELECT number FROM record ORDER BY number LIMIT 1",
    [CVG_SQL_CHANGE_FIRST] = "SELECT number FROM change ORDER BY number LIMIT 1",
    [CVG_SQL_CHANGE_LAST] = "SELECT number FROM change ORDER BY number DESC LIMIT 1",
    [CVG_SQL_RECORD_WALK] =
        RECORD_COLUMNS("r.body") " WHERE r.number > ?1 ORDER BY r.number LIMIT ?2",
    [CVG_SQL_RECORD_ONE] = RECORD_COLUMNS("r.body") " WHERE r.number = ?1",
    [CVG_SQL_RECORD_BARE] = RECORD_COLUMNS("''") " WHERE r.number = ?1",
    [CVG_SQL_RECORD_BY_ID] = "SELECT number FROM record WHERE id = ?1",
    [CVG_SQL_RECORD_SCAN] = RECORD_COLUMNS("''") " WHERE r.number < ?1 AND r.number >= ?2"
                                                 " ORDER BY r.number DESC",
    [CVG_SQL_RECORD_NEXT] = "SELECT number FROM record_by_series"
                            " WHERE series = ?1 AND number < ?2 AND number >= ?3"
                            " ORDER BY number DESC LIMIT 1",
    [CVG_SQL_RECORD_NEXT_OF] = "SELECT number FROM record_by_revision"
                               " WHERE series = ?1 AND number < ?2 AND number >= ?3"
                               " AND revision = ?4 ORDER BY number DESC LIMIT 1",
    [CVG_SQL_REVISION_SERIES] = "SELECT series FROM record_by_revision"
                                " WHERE revision = ?1 AND series > ?2 ORDER BY series LIMIT 1",
    [CVG_SQL_SPAN_LAST] = "SELECT block FROM span ORDER BY block DESC LIMIT 1",
    [CVG_SQL_SPAN_BETWEEN] = "SELECT min(block), max(block) FROM span"
                             " WHERE high >= ?1 AND low < ?2",
    [CVG_SQL_CHANGE_NEXT] = NEXT_CHANGE("change_by_kind", ""),
    [CVG_SQL_CHANGE_NEXT_NAMED] = NEXT_CHANGE("change_by_name", " AND name = ?6"),
    [CVG_SQL_CHANGE_ONE] = "SELECT number, at, kind, environment, name, before, after, reason,"
                           " message, value, kept, observed_at FROM change WHERE number = ?1",
    [CVG_SQL_NOTE_ALL] = "SELECT key, bytes FROM note WHERE kind = ?1 ORDER BY key",
};
