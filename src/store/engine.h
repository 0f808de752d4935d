/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a database must do for the store: keep rows, hand them out in order, and say why it cannot.
 * Everything that is ours, such as queueing, the hash chain, the head, retention and what happens when the database
 * is away, is above this interface (store/store.h), so that another database is these functions and
 * nothing else. The conformance suite (tests/unit/store/conformance.h) is the specification:
 * whatever passes it can take SQLite's place.
 *
 * Threads: functions of the writer are called by one thread at a time, between open and close; those
 * of readers by any thread at any time meanwhile, also while a transaction is open, and see what is
 * committed. Every function that can fail returns 0 or a negative enum cvg_code and fills
 * *reterr and *ret_fault (neither may be NULL). Texts and bytes that a visitor sees live until it
 * returns. A visitor calls nothing of the engine: it holds one of a few readers.
 *
 * A row that is refused for what it is (too long, there already) says CVG_STORE_NO_FAULT, and the
 * transaction goes on without it. After any other failure of a write the transaction can only be rolled
 * back: its commit fails.
 */
#ifndef CVG_STORE_ENGINE_H
#define CVG_STORE_ENGINE_H

#include "base/error.h"
#include "record/chain.h"
#include "record/change.h"
#include "record/note.h"
#include "store/query.h"

/* Why the database cannot. */
enum cvg_store_fault {
    CVG_STORE_NO_FAULT = 0,
    CVG_STORE_MISSING,   /* the folder, the server is not there */
    CVG_STORE_DENIED,    /* no permission */
    CVG_STORE_FULL,      /* no space left */
    CVG_STORE_READ_ONLY, /* file system or file */
    CVG_STORE_LOCKED,    /* somebody else holds it */
    CVG_STORE_CORRUPT,   /* content is not what was written */
    CVG_STORE_FOREIGN,   /* of a later version, or not a database of ours */
    CVG_STORE_IO,        /* the system said no for another reason */
    CVG_STORE_BEHIND,    /* (store) the queue is full, or the disk hangs */
    CVG_STORE_TAMPERED,  /* (store) chain and head do not agree */
    CVG_STORE_FAULT_KINDS
};

/* So many of the newest checkpoints stay. The chain goes on from the last one alone; those before it
 * only tell how retention got there, and let a head that was noted then be compared. */
#define CVG_STORE_CHECKPOINTS 1000

struct cvg_engine; /* an engine's own */

/* False ends the walk, which still is a success. */
typedef bool cvg_see_record(void *ctx, const struct cvg_record *record);
typedef bool cvg_see_change(void *ctx, const struct cvg_change *change);
typedef bool cvg_see_note(void *ctx, const struct cvg_note *note);
typedef bool cvg_see_checkpoint(void *ctx, const struct cvg_chain_signed *checkpoint);

struct cvg_engine_sizes {
    uint64_t bytes;            /* on disk, with everything that belongs to it */
    uint64_t used, free;       /* by what is there, and what shrink can give back of the rest */
    uint64_t records, changes; /* rows that are there now; may be estimates by number */
};

struct cvg_engine_kind {
    const char *name; /* "sqlite" */

    /* Makes what is not there, and brings an older one up to date. read_only: neither; fails with
     * CVG_STORE_MISSING or CVG_STORE_FOREIGN, and everything of the writer fails. */
    int (*open)(const char *place, bool read_only, struct cvg_engine **ret,
                enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    void (*close)(struct cvg_engine *engine);

    /* ---- the writer ---- */

    int (*begin)(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                 struct cvg_error *reterr);
    /* After success everything of the transaction survives the end of the process and of power;
     * after failure nothing of it is there, and no transaction is open. Where the disk failed in the
     * middle of the commit and the process then ends before another commit, the next open may find the
     * transaction whole: the disk had it, and could not say so. */
    int (*commit)(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr);
    void (*rollback)(struct cvg_engine *engine); /* also where none is open */
    /* number and hash are the caller's. A number or id that is there already is CVG_E_EXISTS. */
    int (*add_record)(struct cvg_engine *engine, const struct cvg_record *record,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* number is the engine's to give. */
    int (*add_change)(struct cvg_engine *engine, const struct cvg_change *change,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    int (*put_note)(struct cvg_engine *engine, const struct cvg_note *note,
                    enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* Takes away at most `limit` of the oldest changes that are older than `before` (wall); returns
     * how many in *ret_count. */
    int (*prune_changes)(struct cvg_engine *engine, int64_t before, uint64_t limit,
                         uint64_t *ret_count, enum cvg_store_fault *ret_fault,
                         struct cvg_error *reterr);
    /* Takes away all records up to the checkpoint's number, adds the checkpoint, and takes away what is
     * more than CVG_STORE_CHECKPOINTS of them, the oldest first. */
    int (*prune_records)(struct cvg_engine *engine, const struct cvg_chain_signed *checkpoint,
                         enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* Gives space that is free inside of the database back, in a small step; outside of a
     * transaction. */
    int (*shrink)(struct cvg_engine *engine, enum cvg_store_fault *ret_fault,
                  struct cvg_error *reterr);

    /* ---- readers ---- */

    /* The last record's number and hash; where there is none the last checkpoint's; else zeros. */
    int (*last)(struct cvg_engine *engine, struct cvg_chain_point *ret,
                enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* Records with after < number, in order, with their bodies. Read in pieces, each of one moment:
     * rows that are pruned meanwhile may be missing. */
    int (*walk_records)(struct cvg_engine *engine, uint64_t after, cvg_see_record *see, void *ctx,
                        enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* Those that match, newest first. */
    int (*find_records)(struct cvg_engine *engine, const struct cvg_record_query *query,
                        cvg_see_record *see, void *ctx, enum cvg_store_fault *ret_fault,
                        struct cvg_error *reterr);
    int (*find_changes)(struct cvg_engine *engine, const struct cvg_change_query *query,
                        cvg_see_change *see, void *ctx, enum cvg_store_fault *ret_fault,
                        struct cvg_error *reterr);
    int (*walk_notes)(struct cvg_engine *engine, enum cvg_note_kind kind, cvg_see_note *see,
                      void *ctx, enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    int (*walk_checkpoints)(struct cvg_engine *engine, cvg_see_checkpoint *see, void *ctx,
                            enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    int (*sizes)(struct cvg_engine *engine, struct cvg_engine_sizes *ret,
                 enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* Reads all of it and looks whether it is sound; may take minutes. Ends early, as a success, where
     * *stop becomes true. */
    int (*inspect)(struct cvg_engine *engine, const _Atomic bool *stop,
                   enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
    /* A consistent copy of what is committed, in a new file with mode 0600, synced; the writer goes on meanwhile.
     * progress may be NULL. Fails with CVG_E_EXISTS where the file is there. */
    int (*copy)(struct cvg_engine *engine, const char *file,
                void (*progress)(void *ctx, uint64_t done, uint64_t of), void *ctx,
                enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
};

/* "full"; a word for metrics. */
const char *cvg_store_fault_text(enum cvg_store_fault fault);

/* In a file of SQLite's, with its write-ahead log beside it. */
extern const struct cvg_engine_kind cvg_engine_sqlite;

#endif
