/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the SQLite engine. A link is one connection with its prepared statements; the engine
 * has one that writes and a few that read.
 *
 * Connections are opened without SQLite's own locks: a link belongs to one thread at a time. The
 * writer's is the thread that writes; a reader's is whoever took it from the pool, until it is given
 * back. What went wrong last stands in the link, so that the functions inside only return a code,
 * and the engine's functions tell it to their callers (cvg_link_tell).
 *
 * A statement is reset as soon as its rows were read: one that stays open pins the write-ahead log,
 * which then grows without end.
 */
#ifndef CVG_STORE_SQLITE_H
#define CVG_STORE_SQLITE_H

#include "store/engine.h"
#include "store/sqlite_statements.h"

#include <sqlite3.h>

#include <pthread.h>

/* Readers at the same time; more wait for one of them. */
#define CVG_SQLITE_READERS 4

/* Series whose number the writer remembers. */
#define CVG_SQLITE_SERIES_CACHE 512

struct cvg_link {
    sqlite3 *db;
    char *file;
    sqlite3_stmt *statements[CVG_SQL_COUNT]; /* NULL: not prepared yet */
    enum cvg_store_fault fault;              /* what went wrong last, and its words */
    struct cvg_error error;
};

struct cvg_engine {
    char *file, *vfs; /* vfs NULL: the default one */
    bool read_only;
    bool immutable; /* nothing can be written beside it: read without locks and log */

    /* The writer's. */
    struct cvg_link *writer; /* NULL where read_only */
    bool transaction;
    bool doomed; /* a write of the transaction failed: it cannot be committed */
    /* Rows of the chain below this number are indexed; negative: not known. */
    int64_t folded;

    struct cvg_series_slot {
        char *key; /* owned; NULL: empty */
        size_t length;
        int64_t series;
    } series[CVG_SQLITE_SERIES_CACHE];

    /* The pool; under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t given_back;
    struct cvg_link *idle[CVG_SQLITE_READERS];
    unsigned idle_count, reader_count; /* idle; idle and taken */
};

/* Like open of the engine, on a VFS of SQLite's that is named (tests put one of theirs there). */
int cvg_sqlite_open(const char *file, const char *vfs, bool read_only, struct cvg_engine **ret,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr);

/* ---- links (sqlite_link.c) ---- */

/* flags of sqlite3_open_v2; with SQLITE_OPEN_URI the file is taken for one that never changes. Where it fails the fault and the words are told. */
int cvg_link_open(const char *file, const char *vfs, int flags, struct cvg_link **ret,
                  enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
void cvg_link_close(struct cvg_link *link); /* takes NULL */
/* Hands on what went wrong last; returns rc. */
int cvg_link_tell(const struct cvg_link *link, int rc, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr);
/* Binds texts to the parameters from `first` on; they must live until the statement is reset. */
int cvg_link_bind(struct cvg_link *link, sqlite3_stmt *statement, const char *const *texts,
                  size_t count, int first);
/* Runs SQL that has no parameters. */
int cvg_link_run(struct cvg_link *link, const char *sql);
/* One whole number that the SQL answers. */
int cvg_link_ask(struct cvg_link *link, const char *sql, int64_t *ret);
/* The prepared statement, with nothing bound. NULL: see the link's error. */
sqlite3_stmt *cvg_link_get(struct cvg_link *link, enum cvg_sql sql);
/* 1: a row, 0: the end, negative: failed. After the end or a failure the statement is reset. */
int cvg_link_step(struct cvg_link *link, sqlite3_stmt *statement);
/* Steps a statement that answers no rows. */
int cvg_link_do(struct cvg_link *link, sqlite3_stmt *statement);
/* Ends the reading of a statement early, and forgets what was bound. */
void cvg_link_reset(sqlite3_stmt *statement);

/* ---- faults (sqlite_fault.c) ---- */

/* Remembers in the link what SQLite's code means; returns the code of ours. */
int cvg_link_fail(struct cvg_link *link, int sqlite_rc);
/* The same for a file without a link. */
int cvg_sqlite_fault(const char *file, int sqlite_rc, int errnum, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr);
/* A row or a number that no writer of ours wrote. */
int cvg_link_corrupt(struct cvg_link *link, const char *what, int64_t number);

/* ---- columns, strictly (sqlite_column.c) ---- */

/* A row being decoded: the first thing that is wrong is remembered, later columns are then empty. */
struct cvg_columns {
    sqlite3_stmt *statement;
    bool wrong;
};

int64_t cvg_column_int(struct cvg_columns *columns, int at);
/* At most `limit` bytes, and no NUL in it. */
const char *cvg_column_text(struct cvg_columns *columns, int at, size_t limit);
/* With its length; NULs may be in it, and one is behind it. */
const char *cvg_column_body(struct cvg_columns *columns, int at, size_t limit, size_t *ret_length);
const void *cvg_column_bytes(struct cvg_columns *columns, int at, size_t limit, size_t *ret_length);
/* Exactly so many bytes. */
void cvg_column_fixed(struct cvg_columns *columns, int at, unsigned char *ret, size_t length);

/* ---- schema (sqlite_schema.c) ---- */

/* Looks at the file's first bytes, which touches nothing: fails with FOREIGN where it is
 * certainly not ours or of a later version. *ret_exists: whether there is anything in it. */
int cvg_schema_look(const char *file, const char *vfs, bool *ret_exists,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
/* Makes or migrates what is there; all or nothing. */
int cvg_schema_raise(struct cvg_link *link);
/* Fails with FOREIGN where it is not exactly of this version. */
int cvg_schema_check(struct cvg_link *link);

/* ---- the pool (sqlite_pool.c) ---- */

/* A reader with a transaction open, so that all it reads is of one moment. Waits where all are
 * taken. */
int cvg_pool_take(struct cvg_engine *engine, struct cvg_link **ret, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr);
/* Ends the transaction and gives the link back; tells what went wrong where rc < 0. Returns rc. */
int cvg_pool_give(struct cvg_engine *engine, struct cvg_link *link, int rc,
                  enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
/* Ends the link's transaction and begins another one: what was read until now is no longer held. */
int cvg_pool_renew(struct cvg_link *link);
void cvg_pool_close(struct cvg_engine *engine);

/* ---- the engine's functions, by file; engine.h says what they promise ---- */

/* sqlite_write.c */
int cvg_sqlite_begin(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr);
int cvg_sqlite_commit(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                      struct cvg_error *reterr);
void cvg_sqlite_rollback(struct cvg_engine *engine);
int cvg_sqlite_add_record(struct cvg_engine *engine, const struct cvg_record *record,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_add_change(struct cvg_engine *engine, const struct cvg_change *change,
                          enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_put_note(struct cvg_engine *engine, const struct cvg_note *note,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
/* What a write asks first: that the engine writes, and that a transaction is open (or is not). */
int cvg_sqlite_may_write(const struct cvg_engine *engine, bool transaction,
                         enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
/* Ends a write: a failure that is the database's own dooms the transaction. Returns rc. */
int cvg_sqlite_wrote(struct cvg_engine *engine, int rc, enum cvg_store_fault *ret_fault,
                     struct cvg_error *reterr);

/* sqlite_series.c: the number of the record's series, which is made where there is none. */
int cvg_sqlite_series(struct cvg_engine *engine, const struct cvg_record *record, int64_t *ret);
/* Forgets what the writer remembers of the transaction that did not come to be, or of rows that went. */
void cvg_sqlite_series_forget(struct cvg_engine *engine);

/* sqlite_fold.c */
int cvg_sqlite_index(struct cvg_engine *engine, const struct cvg_record *record, int64_t series);
/* The first number whose row is not indexed. */
int cvg_sqlite_tail(struct cvg_link *link, int64_t *ret);

/* sqlite_prune.c */
int cvg_sqlite_prune_changes(struct cvg_engine *engine, int64_t before, uint64_t limit,
                             uint64_t *ret_count, enum cvg_store_fault *ret_fault,
                             struct cvg_error *reterr);
int cvg_sqlite_prune_records(struct cvg_engine *engine, const struct cvg_chain_signed *checkpoint,
                             enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_shrink(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                      struct cvg_error *reterr);

/* sqlite_read.c */
int cvg_sqlite_last(struct cvg_engine *engine, struct cvg_chain_point *ret,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_walk_notes(struct cvg_engine *engine, enum cvg_note_kind kind, cvg_see_note *see,
                          void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_walk_checkpoints(struct cvg_engine *engine, cvg_see_checkpoint *see, void *ctx,
                                enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_sizes(struct cvg_engine *engine, struct cvg_engine_sizes *ret,
                     enum cvg_store_fault *ret_fault, struct cvg_error *reterr);

/* sqlite_records.c */
int cvg_sqlite_walk_records(struct cvg_engine *engine, uint64_t after, cvg_see_record *see,
                            void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_find_records(struct cvg_engine *engine, const struct cvg_record_query *query,
                            cvg_see_record *see, void *ctx, enum cvg_store_fault *ret_fault,
                            struct cvg_error *reterr);

/* sqlite_changes.c */
int cvg_sqlite_find_changes(struct cvg_engine *engine, const struct cvg_change_query *query,
                            cvg_see_change *see, void *ctx, enum cvg_store_fault *ret_fault,
                            struct cvg_error *reterr);

/* sqlite_copy.c */
int cvg_sqlite_inspect(struct cvg_engine *engine, const _Atomic bool *stop,
                       enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
int cvg_sqlite_copy(struct cvg_engine *engine, const char *file,
                    void (*progress)(void *ctx, uint64_t done, uint64_t of), void *ctx,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr);

#endif
