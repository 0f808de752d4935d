/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer. The result of a transaction is COMMIT's alone: on a full disk inserts succeed and the
 * commit fails. A write that failed otherwise than by a refused row dooms its transaction, because
 * SQLite may have rolled back all of it already: what comes later must not be committed without it.
 */
#include "store/sqlite.h"

#include <string.h>

int cvg_sqlite_may_write(const struct cvg_engine *engine, bool transaction,
                         enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    if (engine->read_only) {
        *ret_fault = CVG_STORE_READ_ONLY;
        return cvg_error_set(reterr, CVG_E_REFUSED, "%s: is open for reading only", engine->file);
    }
    if (engine->transaction != transaction) {
        *ret_fault = CVG_STORE_IO;
        return cvg_error_set(reterr, CVG_E_BUG, "%s: %s", engine->file,
                             transaction ? "no transaction is open" : "a transaction is open");
    }
    /* What failed first is the reason for all that comes after it. */
    return engine->doomed
               ? cvg_link_tell(engine->writer, engine->writer->error.code, ret_fault, reterr)
               : 0;
}

int cvg_sqlite_wrote(struct cvg_engine *engine, int rc, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    if (rc < 0 && engine->writer->fault != CVG_STORE_NO_FAULT) {
        engine->doomed = true;
    }
    return cvg_link_tell(engine->writer, rc, ret_fault, reterr);
}

/* A row that the database is not to blame for. */
static int refuse(struct cvg_link *link, int code, const char *what, const char *why)
{
    link->fault = CVG_STORE_NO_FAULT;
    return cvg_error_set(&link->error, code, "%s: %s: %s", link->file, what, why);
}

static bool fit(const char *const *texts, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++) {
        if (strnlen(texts[i], limit + 1) > limit) {
            return false;
        }
    }
    return true;
}

/* ---- transactions ---- */

static void end(struct cvg_engine *engine)
{
    engine->transaction = false;
    engine->doomed = false;
}

int cvg_sqlite_begin(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, false, ret_fault, reterr);
    if (rc < 0) {
        return rc;
    }
    struct cvg_link *link = engine->writer;
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_BEGIN_WRITE);

    rc = statement ? cvg_link_do(link, statement) : link->error.code;
    engine->transaction = rc == 0;
    return cvg_link_tell(link, rc, ret_fault, reterr);
}

static int try_commit(struct cvg_link *link)
{
    sqlite3_stmt *statement = cvg_link_get(link, CVG_SQL_COMMIT);
    return statement ? cvg_link_do(link, statement) : link->error.code;
}

/* A file that was deleted or replaced is written on without a word from the system, and nobody will
 * ever find what is in it. Looked at after the commit, so that nothing can come in between. */
static int is_in_place(struct cvg_link *link)
{
    int moved = 0;

    if (sqlite3_file_control(link->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK ||
        !moved) {
        return 0;
    }
    link->fault = CVG_STORE_MISSING;
    return cvg_error_set(&link->error, CVG_E_NOT_FOUND,
                         "%s: was deleted or replaced while it was in use", link->file);
}

int cvg_sqlite_commit(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                      struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);
    if (rc == 0) {
        rc = try_commit(engine->writer);
        if (rc == 0) {
            rc = is_in_place(engine->writer);
        }
        (void)cvg_link_tell(engine->writer, rc, ret_fault, reterr);
    }
    if (rc < 0) {
        cvg_sqlite_rollback(engine);
    }
    end(engine);
    return rc;
}

void cvg_sqlite_rollback(struct cvg_engine *engine)
{
    if (!engine->transaction) {
        return;
    }
    /* SQLite has done it already where the failure was grave; it cannot fail otherwise: what was not
     * committed is not there, whatever the disk says. */
    if (!sqlite3_get_autocommit(engine->writer->db)) {
        sqlite3_stmt *statement = cvg_link_get(engine->writer, CVG_SQL_ROLLBACK);
        if (statement) {
            (void)cvg_link_do(engine->writer, statement);
        }
    }
    cvg_sqlite_series_forget(engine);
    engine->folded = -1;
    end(engine);
}

/* ---- rows ---- */

/* A row that may be there already. */
static int insert(struct cvg_link *link, sqlite3_stmt *statement, const char *what)
{
    int rc = cvg_link_do(link, statement);

    if (rc < 0) {
        int why = sqlite3_extended_errcode(link->db);
        if (why == SQLITE_CONSTRAINT_PRIMARYKEY || why == SQLITE_CONSTRAINT_UNIQUE ||
            why == SQLITE_CONSTRAINT_ROWID) {
            return refuse(link, CVG_E_EXISTS, what, "is there already");
        }
    }
    return rc;
}

static int insert_record(struct cvg_link *link, const struct cvg_record *record, int64_t series)
{
    const char *const texts[] = {record->id, record->actor, record->revision, record->target};
    sqlite3_stmt *row = cvg_link_get(link, CVG_SQL_RECORD_ADD);
    int rc = row ? cvg_link_bind(link, row, texts, CVG_COUNT(texts), 4) : link->error.code;

    if (rc < 0) {
        return rc;
    }
    sqlite3_bind_int64(row, 1, (int64_t)record->number);
    sqlite3_bind_int64(row, 2, record->at);
    sqlite3_bind_int64(row, 3, series);
    sqlite3_bind_blob(row, 8, record->question, sizeof record->question, SQLITE_STATIC);
    sqlite3_bind_blob(row, 9, record->outcome, sizeof record->outcome, SQLITE_STATIC);
    sqlite3_bind_blob(row, 10, record->hash, sizeof record->hash, SQLITE_STATIC);
    sqlite3_bind_text64(row, 11, record->body_length ? record->body : "", record->body_length,
                        SQLITE_STATIC, SQLITE_UTF8);
    return insert(link, row, "record");
}

static int add_record(struct cvg_engine *engine, const struct cvg_record *record)
{
    const char *const texts[] = {record->id,          record->action,  record->actor,
                                 record->environment, record->gate,    record->app,
                                 record->revision,    record->verdict, record->target};
    struct cvg_link *link = engine->writer;
    int64_t series = 0;

    if (!fit(texts, CVG_COUNT(texts), CVG_RECORD_TEXT) || record->body_length > CVG_RECORD_BODY) {
        return refuse(link, CVG_E_TOO_LARGE, "record", "is too long");
    }
    if (record->number < 1 || record->number > INT64_MAX) {
        return refuse(link, CVG_E_INVALID, "record", "has no number");
    }
    int rc = cvg_sqlite_series(engine, record, &series);
    if (rc == 0) {
        rc = insert_record(link, record, series);
    }
    return rc < 0 ? rc : cvg_sqlite_index(engine, record, series);
}

int cvg_sqlite_add_record(struct cvg_engine *engine, const struct cvg_record *record,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);

    return rc < 0 ? rc : cvg_sqlite_wrote(engine, add_record(engine, record), ret_fault, reterr);
}

static int add_change(struct cvg_link *link, const struct cvg_change *change)
{
    const char *const texts[] = {change->name, change->before, change->after, change->reason,
                                 change->message};
    if (!fit(texts, CVG_COUNT(texts), CVG_CHANGE_TEXT) ||
        !fit(&change->environment, 1, CVG_CHANGE_TEXT)) {
        return refuse(link, CVG_E_TOO_LARGE, "change", "is too long");
    }
    if (change->kind >= CVG_CHANGE_KINDS) {
        return refuse(link, CVG_E_INVALID, "change", "is of no kind that there is");
    }
    sqlite3_stmt *row = cvg_link_get(link, CVG_SQL_CHANGE_ADD);
    int rc = row ? cvg_link_bind(link, row, &change->environment, 1, 2) : link->error.code;
    if (rc == 0) {
        rc = cvg_link_bind(link, row, texts, CVG_COUNT(texts), 4);
    }
    if (rc < 0) {
        return rc;
    }
    sqlite3_bind_int64(row, 1, change->at);
    sqlite3_bind_int64(row, 3, change->kind);
    if (change->has_value) {
        sqlite3_bind_double(row, 9, change->value);
    }
    sqlite3_bind_int64(row, 10, change->kept);
    sqlite3_bind_int64(row, 11, change->observed_at);
    return cvg_link_do(link, row);
}

int cvg_sqlite_add_change(struct cvg_engine *engine, const struct cvg_change *change,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);

    return rc < 0 ? rc
                  : cvg_sqlite_wrote(engine, add_change(engine->writer, change), ret_fault, reterr);
}

static int put_note(struct cvg_link *link, const struct cvg_note *note)
{
    if (!fit(&note->key, 1, CVG_NOTE_KEY) || note->length > CVG_NOTE_BYTES) {
        return refuse(link, CVG_E_TOO_LARGE, "note", "is too long");
    }
    sqlite3_stmt *row = cvg_link_get(link, note->length ? CVG_SQL_NOTE_PUT : CVG_SQL_NOTE_FORGET);
    int rc = row ? cvg_link_bind(link, row, &note->key, 1, 2) : link->error.code;
    if (rc < 0) {
        return rc;
    }
    sqlite3_bind_int64(row, 1, note->kind);
    if (note->length) {
        sqlite3_bind_blob64(row, 3, note->bytes, note->length, SQLITE_STATIC);
    }
    return cvg_link_do(link, row);
}

int cvg_sqlite_put_note(struct cvg_engine *engine, const struct cvg_note *note,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr)
{
    int rc = cvg_sqlite_may_write(engine, true, ret_fault, reterr);

    return rc < 0 ? rc
                  : cvg_sqlite_wrote(engine, put_note(engine->writer, note), ret_fault, reterr);
}
