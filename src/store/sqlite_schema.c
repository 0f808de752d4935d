/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables, step by step. Step N leads from version N - 1 to version N and is never changed once it was
 * released; a new database takes all of them. The version stands in PRAGMA user_version, and that it is
 * ours in PRAGMA application_id. All steps that are missing are one transaction.
 *
 *   series      environment, gate, app, verdict and action together, each combination once: any
 *               filter over them is a set of series
 *   record      the chain. The body stands last, so that whoever looks through rows does not read
 *               the pages that a long one goes over to
 *   record_by_series, record_by_revision, span
 *               indexes of the chain's whole blocks (sqlite_fold.c). span: the first and last time
 *               of each block, because numbers follow the order of commits and the wall clock may
 *               jump
 *   checkpoint  what retention left of the chain's beginning
 *   change      history, in an index for each way it is asked for
 *   note        one of each kind and key
 */
#include "base/alloc.h"
#include "store/sqlite.h"

#include <string.h>

#define APPLICATION 0x43764754 /* "CvGT" */

#define TEXT_OF(number) #number
#define AS_TEXT(number) TEXT_OF(number)
#define BLOCK           AS_TEXT(CVG_SQLITE_BLOCK_BITS)

/* Rows of blocks behind which there is a later one. */
#define OF_WHOLE_BLOCKS                                                                            \
    " FROM record WHERE number >> " BLOCK " < (SELECT max(number) >> " BLOCK " FROM record)"

static const char *const steps[] = {
    /* 1 */
    "CREATE TABLE series (id INTEGER PRIMARY KEY, environment TEXT NOT NULL, gate TEXT NOT NULL,"
    " app TEXT NOT NULL, verdict TEXT NOT NULL, action TEXT NOT NULL,"
    " UNIQUE (environment, gate, app, verdict, action)) STRICT;"
    "CREATE TABLE record (number INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
    " series INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, actor TEXT NOT NULL,"
    " revision TEXT NOT NULL, target TEXT NOT NULL, question BLOB NOT NULL,"
    " outcome BLOB NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL) STRICT;"
    "CREATE INDEX record_series ON record (series);"
    "CREATE TABLE checkpoint (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, hash BLOB NOT NULL,"
    " signature BLOB NOT NULL) STRICT;"
    "CREATE TABLE change (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,"
    " environment TEXT NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL,"
    " after TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL, value REAL) STRICT;"
    "CREATE INDEX change_by_time ON change (at);"
    "CREATE INDEX change_by_kind ON change (environment, kind, at);"
    "CREATE TABLE note (kind INTEGER NOT NULL, key TEXT NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;",

    /* 2: the chain is indexed block by block, which makes writing it half as dear; pages by time,
     * by revision and by name, wherever in the table they are */
    "DROP INDEX record_series;"
    "CREATE TABLE record_by_series (series INTEGER NOT NULL, number INTEGER NOT NULL,"
    " PRIMARY KEY (series, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE record_by_revision (revision TEXT NOT NULL, series INTEGER NOT NULL,"
    " number INTEGER NOT NULL, PRIMARY KEY (revision, series, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE span (block INTEGER PRIMARY KEY, low INTEGER NOT NULL, high INTEGER NOT NULL)"
    " STRICT;"
    "INSERT INTO span (block, low, high) SELECT number >> " BLOCK
    ", min(at), max(at)" OF_WHOLE_BLOCKS " GROUP BY 1;"
    "INSERT INTO record_by_series (series, number) SELECT series, number" OF_WHOLE_BLOCKS
    " ORDER BY 1, 2;"
    "INSERT INTO record_by_revision (revision, series, number)"
    " SELECT revision, series, number" OF_WHOLE_BLOCKS " ORDER BY 1, 2, 3;"
    "CREATE INDEX change_by_name ON change (environment, name, kind, at);",

    /* 3: what a gate reads of a check besides its status */
    "ALTER TABLE change ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE change ADD COLUMN observed_at INTEGER NOT NULL DEFAULT 0;",
};

#define CURRENT ((int64_t)CVG_COUNT(steps))

static int foreign(struct cvg_link *link, const char *why)
{
    link->fault = CVG_STORE_FOREIGN;
    return cvg_error_set(&link->error, CVG_E_INVALID, "%s: %s", link->file, why);
}

static const char *const not_ours = "is a database, but not convergate's";
static const char *const too_new =
    "was written by a later version of convergate, which this one cannot read";

/* The version; 0 where the database is empty. */
static int read_version(struct cvg_link *link, int64_t *ret)
{
    int64_t application = 0, version = 0, tables = 0;
    int rc = cvg_link_ask(link, "PRAGMA application_id", &application);

    if (rc == 0) {
        rc = cvg_link_ask(link, "PRAGMA user_version", &version);
    }
    if (rc == 0) {
        rc = cvg_link_ask(link, "SELECT count(*) FROM sqlite_schema", &tables);
    }
    if (rc < 0) {
        return rc;
    }
    bool empty = application == 0 && version == 0 && tables == 0;
    if (!empty && (application != APPLICATION || version < 1)) {
        return foreign(link, not_ours);
    }
    if (version > CURRENT) {
        return foreign(link, too_new);
    }
    *ret = version;
    return 0;
}

int cvg_schema_check(struct cvg_link *link)
{
    int64_t version = 0;
    int rc = read_version(link, &version);

    if (rc == 0 && version < CURRENT) {
        rc = foreign(link, version == 0 ? "is empty"
                                        : "was written by an earlier version of convergate, and is "
                                          "brought up to date only where it is written");
    }
    return rc;
}

static int take_steps(struct cvg_link *link)
{
    CVG_CLEANUP(cvg_free_pointer) char *marks = NULL;
    int64_t version = 0;
    int rc = read_version(link, &version);

    for (int64_t i = version; rc == 0 && i < CURRENT; i++) {
        rc = cvg_link_run(link, steps[i]);
    }
    if (rc == 0 && version < CURRENT) {
        marks = cvg_format("PRAGMA application_id = %d; PRAGMA user_version = %lld", APPLICATION,
                           (long long)CURRENT);
        rc = cvg_link_run(link, marks);
    }
    return rc;
}

int cvg_schema_raise(struct cvg_link *link)
{
    int64_t version = 0;
    int rc = read_version(link, &version);

    if (rc < 0 || version == CURRENT) {
        return rc;
    }
    /* Both stand in the first page and cannot change once there is a table. */
    if (version == 0) {
        rc = cvg_link_run(link, "PRAGMA auto_vacuum = INCREMENTAL");
    }
    if (rc == 0) {
        rc = cvg_link_run(link, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
    }
    if (rc < 0) {
        return rc;
    }
    rc = take_steps(link);
    if (rc == 0) {
        rc = cvg_link_run(link, "COMMIT");
    }
    if (rc < 0) {
        /* What went wrong first is what is told. */
        (void)sqlite3_exec(link->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return rc;
}

/* ---- the file's first bytes ---- */

#define HEADER         100
#define AT_PAGES       28
#define AT_VERSION     60
#define AT_APPLICATION 68

static uint32_t number_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* NULL: it may be ours. */
static const char *judge(const unsigned char *header)
{
    uint32_t application = number_at(header + AT_APPLICATION);

    if (memcmp(header, "SQLite format 3", 16) != 0) {
        return "is not a database";
    }
    /* A new database of ours has one page before its first transaction is moved out of the
     * write-ahead log; whether it is ours is then told from there. */
    if (application == 0 && number_at(header + AT_PAGES) <= 1) {
        return NULL;
    }
    if (application != APPLICATION) {
        return not_ours;
    }
    return number_at(header + AT_VERSION) > CURRENT ? too_new : NULL;
}

/* Reads through SQLite's own layer: closing a descriptor of ours would drop the locks that another
 * connection of this process holds on the same file. */
static int read_header(sqlite3_vfs *layer, const char *file, unsigned char *ret,
                       sqlite3_int64 *size)
{
    const char *name = sqlite3_create_filename(file, "", "", 0, NULL);
    CVG_CLEANUP(cvg_free_pointer) sqlite3_file *handle = cvg_alloc((size_t)layer->szOsFile);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
    int rc = name ? layer->xOpen(layer, name, handle, flags, &flags) : SQLITE_NOMEM;

    *size = 0;
    if (rc == SQLITE_OK) {
        rc = handle->pMethods->xFileSize(handle, size);
    }
    if (rc == SQLITE_OK && *size >= HEADER) {
        rc = handle->pMethods->xRead(handle, ret, HEADER, 0);
    }
    if (handle->pMethods) {
        (void)handle->pMethods->xClose(handle);
    }
    sqlite3_free_filename((char *)(uintptr_t)name);
    return rc;
}

int cvg_schema_look(const char *file, const char *vfs, bool *ret_exists,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    sqlite3_vfs *layer = sqlite3_vfs_find(vfs);
    unsigned char header[HEADER] = {0};
    sqlite3_int64 size;
    int there = 0;

    if (!layer || layer->xAccess(layer, file, SQLITE_ACCESS_EXISTS, &there) != SQLITE_OK) {
        return cvg_sqlite_fault(file, SQLITE_CANTOPEN, 0, ret_fault, reterr);
    }
    *ret_exists = there;
    if (!there) {
        return 0;
    }
    int rc = read_header(layer, file, header, &size);
    if (rc != SQLITE_OK) {
        int errnum = layer->xGetLastError ? layer->xGetLastError(layer, 0, NULL) : 0;
        return cvg_sqlite_fault(file, rc, errnum, ret_fault, reterr);
    }
    const char *why = size == 0 ? NULL : size < HEADER ? "is not a database" : judge(header);
    if (why) {
        *ret_fault = CVG_STORE_FOREIGN;
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: %s", file, why);
    }
    *ret_exists = size > 0;
    return 0;
}
