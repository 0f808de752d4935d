/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection. The file is taken for hostile: nothing in its schema is trusted, no trigger and no
 * view of it runs, no row may be longer than ours are, and cells are checked as pages are read. It
 * is never mapped into memory, where a page that cannot be read would be a signal instead of an
 * error.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "store/sqlite.h"

#include <string.h>

/* How long another process's lock is waited for: a checkpoint of it is shorter. */
#define BUSY_MS 250

/* The longest row: a body, or the texts of a record beside it. */
#define ROW_LIMIT ((int)CVG_RECORD_BODY + 64 * 1024)

static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA mmap_size = 0;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA recursive_triggers = OFF;"
                               "PRAGMA cache_size = -8192;"
                               "PRAGMA journal_size_limit = 16777216;"
                               "PRAGMA secure_delete = FAST;";

static int configure(struct cvg_link *link)
{
    static const struct {
        int option, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        /* Until the file is known to be ours nothing of it changes, at the end neither. */
        {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
    };

    sqlite3_extended_result_codes(link->db, 1);
    for (size_t i = 0; i < CVG_COUNT(switches); i++) {
        int rc = sqlite3_db_config(link->db, switches[i].option, switches[i].value, NULL);
        if (rc != SQLITE_OK) {
            return cvg_link_fail(link, rc);
        }
    }
    sqlite3_limit(link->db, SQLITE_LIMIT_LENGTH, ROW_LIMIT);
    sqlite3_limit(link->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_busy_timeout(link->db, BUSY_MS);
    return cvg_link_run(link, settings);
}

/* The file as a URI, which is the only way to say that it never changes. */
static char *immutable(const char *file)
{
    static const char hex[] = "0123456789abcdef";
    struct cvg_buf uri = CVG_BUF_INIT((size_t)64 * 1024);

    (void)cvg_buf_puts(&uri, "file:");
    for (const char *at = file; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (strchr("%?#", byte)) {
            const char escape[] = {'%', hex[byte >> 4], hex[byte & 15]};
            (void)cvg_buf_add(&uri, escape, sizeof escape);
        } else {
            (void)cvg_buf_putc(&uri, *at);
        }
    }
    (void)cvg_buf_puts(&uri, "?immutable=1");
    return cvg_buf_take(&uri, NULL);
}

int cvg_link_open(const char *file, const char *vfs, int flags, struct cvg_link **ret,
                  enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *name = flags & SQLITE_OPEN_URI ? immutable(file) : cvg_strdup(file);
    struct cvg_link *link = CVG_NEW(struct cvg_link);
    link->file = cvg_strdup(file);
    int rc = sqlite3_open_v2(name, &link->db, flags | SQLITE_OPEN_NOMUTEX, vfs);

    if (!link->db) {
        rc = cvg_sqlite_fault(file, rc, 0, ret_fault, reterr);
    } else if (rc != SQLITE_OK) {
        rc = cvg_link_tell(link, cvg_link_fail(link, rc), ret_fault, reterr);
    } else {
        rc = cvg_link_tell(link, configure(link), ret_fault, reterr);
    }
    if (rc < 0) {
        cvg_link_close(link);
        return rc;
    }
    *ret = link;
    return 0;
}

void cvg_link_close(struct cvg_link *link)
{
    if (!link) {
        return;
    }
    for (size_t i = 0; i < CVG_SQL_COUNT; i++) {
        sqlite3_finalize(link->statements[i]);
    }
    sqlite3_close(link->db);
    free(link->file);
    free(link);
}

int cvg_link_tell(const struct cvg_link *link, int rc, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr)
{
    if (rc < 0) {
        *ret_fault = link->fault;
        *reterr = link->error;
    }
    return rc;
}

int cvg_link_run(struct cvg_link *link, const char *sql)
{
    int rc = sqlite3_exec(link->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : cvg_link_fail(link, rc);
}

int cvg_link_ask(struct cvg_link *link, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement;
    int rc = sqlite3_prepare_v2(link->db, sql, -1, &statement, NULL);

    if (rc != SQLITE_OK) {
        return cvg_link_fail(link, rc);
    }
    rc = cvg_link_step(link, statement);
    if (rc == 1) {
        *ret = sqlite3_column_int64(statement, 0);
    } else if (rc == 0) {
        rc = cvg_link_corrupt(link, "the answer to a question", 0);
    }
    sqlite3_finalize(statement);
    return rc < 0 ? rc : 0;
}

sqlite3_stmt *cvg_link_get(struct cvg_link *link, enum cvg_sql sql)
{
    if (!link->statements[sql]) {
        int rc = sqlite3_prepare_v3(link->db, cvg_sql_texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
                                    &link->statements[sql], NULL);
        if (rc != SQLITE_OK) {
            (void)cvg_link_fail(link, rc);
            return NULL;
        }
    }
    return link->statements[sql];
}

int cvg_link_step(struct cvg_link *link, sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);

    if (rc == SQLITE_ROW) {
        return 1;
    }
    if (rc != SQLITE_DONE) {
        rc = cvg_link_fail(link, rc);
        cvg_link_reset(statement);
        return rc;
    }
    cvg_link_reset(statement);
    return 0;
}

int cvg_link_do(struct cvg_link *link, sqlite3_stmt *statement)
{
    int rc = cvg_link_step(link, statement);

    if (rc == 1) {
        cvg_link_reset(statement);
    }
    return rc < 0 ? rc : 0;
}

void cvg_link_reset(sqlite3_stmt *statement)
{
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
}

int cvg_link_bind(struct cvg_link *link, sqlite3_stmt *statement, const char *const *texts,
                  size_t count, int first)
{
    for (size_t i = 0; i < count; i++) {
        int rc = sqlite3_bind_text(statement, first + (int)i, texts[i], -1, SQLITE_STATIC);
        if (rc != SQLITE_OK) {
            return cvg_link_fail(link, rc);
        }
    }
    return 0;
}
