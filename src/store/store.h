/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store: what must survive. One thread of its own writes. It takes all that waits into one
 * transaction, commits it, writes the signed head beside the database, and then tells each
 * waiter: what was acknowledged survives kill -9 and the loss of power.
 *
 *   any thread  --append, change, note-->  queue  --one transaction-->  engine
 *                                                 <--done, after commit and head--
 *
 * Where the database cannot be written (full, read-only, locked, corrupt, away) the store is
 * unavailable and says why: what waits is told so at once, and so is all that comes. It tries again
 * by itself, soon at first, then every few seconds, and opens the file anew for that; it is
 * available again when a transaction and the head could be written. Notes stay with it until they
 * are written, the latest of each key; of history up to CVG_STORE_BACKLOG rows, and then a row of
 * kind `gap` for each environment says how many were lost (its reason is the fault's word). Reads
 * go on as long as the database lets them.
 *
 * The chain's end is compared with the head whenever the file is opened, before anything is written
 * to it. Where the database ends before its head, or has another row there, acknowledged rows are
 * gone: the store is unavailable as `tampered` until a backup is restored or a person seals what is
 * left (store/audit.h), and nothing touches the database. After the first opening all of it is
 * inspected, beside the work; what was found damaged is not used again before an inspection of the
 * whole found nothing.
 *
 * Beside the database FILE: FILE.head (the signed head), FILE.key (the signing key, owner-only,
 * made at first start), FILE.lock (held while a process has the store open for writing).
 */
#ifndef CVG_STORE_STORE_H
#define CVG_STORE_STORE_H

#include "base/alloc.h"
#include "store/engine.h"

struct cvg_store;

#define CVG_STORE_BACKLOG     10000 /* changes that wait while it is unavailable */
/* Of records that wait. More are refused (CVG_STORE_BEHIND) until half of them are written. */
#define CVG_STORE_QUEUE_BYTES (64u * 1024 * 1024)
#define CVG_STORE_BATCH       1024 /* records in one transaction */
/* A disk that has not answered for so long hangs: the store is unavailable (CVG_STORE_BEHIND) until
 * it does. What waits then goes on waiting, since it may yet be written. */
#define CVG_STORE_PATIENCE    (3 * INT64_C(1000000000))

struct cvg_store_options {
    const char *file;                         /* copied */
    const struct cvg_engine_kind *engine;     /* NULL: cvg_engine_sqlite */
    int64_t keep_records_ns, keep_changes_ns; /* 0: for ever */
    /* Above that the oldest history goes, then the oldest records; 0: no ceiling. */
    uint64_t keep_bytes;
    size_t batch;             /* 0: CVG_STORE_BATCH; 1: each record on its own, for measuring */
    int64_t inspect_after_ns; /* the check of all pages begins so long after open; 0: at once */
    /* available, fault or inspected became another one after new returned, which leaves the state
     * of the first try to be asked for; on the store's thread, and so not while the disk hangs. May
     * be NULL. */
    void (*changed)(void *ctx);
    void *ctx;
};

/* Takes the lock, starts the thread, and waits until the first try to open the file has ended (a
 * big log that must be recovered takes a tenth of a second), or CVG_STORE_PATIENCE. A database that
 * cannot be opened is not a failure: the store is unavailable and tries again. Fails where another process has the
 * store (CVG_E_EXISTS, with its number), and where the key beside the file is readable for others
 * (CVG_E_REFUSED) or no key (CVG_E_INVALID). */
CVG_NODISCARD int cvg_store_new(const struct cvg_store_options *options, struct cvg_store **ret,
                                struct cvg_error *reterr);
/* Writes what is queued, or tells who waits that it cannot, and ends. Nobody calls in any more.
 * Takes NULL. */
void cvg_store_free(struct cvg_store *store);

/* ---- writing; any thread; everything is copied ---- */

/* rc 0: committed, and number and hash of the row; else negative, and the row is not there (or was
 * never told to anybody): CVG_E_UNAVAILABLE, or where the row itself is refused CVG_E_TOO_LARGE,
 * CVG_E_EXISTS. On the store's thread, each exactly once, in the order of appending. Must be
 * quick. point is never NULL. */
typedef void cvg_store_done(void *ctx, int rc, const struct cvg_chain_point *point);
/* number and hash of the record are not looked at. done may be NULL. */
void cvg_store_append(struct cvg_store *store, const struct cvg_record *record,
                      cvg_store_done *done, void *ctx);
/* Never waits, never fails: see above for what happens where the store is unavailable. */
void cvg_store_change(struct cvg_store *store, const struct cvg_change *changes, size_t count);
void cvg_store_note(struct cvg_store *store, const struct cvg_note *notes, size_t count);
/* Returns when all that was queued before is committed (true) or cannot be now, or the time
 * (CLOCK_BOOTTIME) has passed. For stops and tests; never on the deciding thread while it
 * serves. */
bool cvg_store_flush(struct cvg_store *store, int64_t deadline);

/* ---- reading; any thread; blocks for the disk ---- */

/* What is read lives in the arena. Fails with CVG_E_UNAVAILABLE where the database cannot be read
 * now, CVG_E_IO and the like where it answers with an error; the message is for people. */

struct cvg_record_page {
    struct cvg_record *rows;
    size_t count;
    bool more; /* older ones: ask with before = the last row's number */
};

struct cvg_change_page {
    struct cvg_change *rows;
    size_t count;
    bool more;
};

CVG_NODISCARD int cvg_store_records(struct cvg_store *store, const struct cvg_record_query *query,
                                    struct cvg_arena *arena, struct cvg_record_page *ret,
                                    struct cvg_error *reterr);
CVG_NODISCARD int cvg_store_changes(struct cvg_store *store, const struct cvg_change_query *query,
                                    struct cvg_arena *arena, struct cvg_change_page *ret,
                                    struct cvg_error *reterr);
/* Every note of that kind, those that wait included. CVG_E_UNAVAILABLE as long as status.read is
 * false: notes of before the end that is missing would pass for the latest. */
CVG_NODISCARD int cvg_store_notes(struct cvg_store *store, enum cvg_note_kind kind,
                                  cvg_see_note *see, void *ctx, struct cvg_error *reterr);

/* ---- how it is; any thread, never blocks for the disk ---- */

struct cvg_store_status {
    bool available;
    bool hangs; /* for CVG_STORE_PATIENCE or longer; who appends would hear of it much later */
    bool read;  /* the database could be opened and agreed with its head, at least once: what is in
                * it is what was written last */
    enum cvg_store_fault fault;
    char why[CVG_ERROR_TEXT];     /* "" where available */
    int64_t since;                /* of `available`; CLOCK_BOOTTIME */
    struct cvg_chain_signed head; /* of the last commit */
    unsigned char public_key[CVG_ED25519_PUBLIC];

    enum {
        CVG_STORE_NOT_INSPECTED = 0,
        CVG_STORE_SOUND,
        CVG_STORE_UNSOUND
    } inspected;                   /* what the check of all pages and of the chain at start said */
    struct cvg_engine_sizes sizes; /* of a minute ago or less */
    uint64_t commits, failures, records, changes, notes; /* since the start */
    uint64_t changes_lost, records_refused, records_pruned, changes_pruned;
    uint64_t queued;                         /* records that wait */
    double commit_seconds, commit_longest_s; /* total; longest of the last minute or so */
};

void cvg_store_status(struct cvg_store *store, struct cvg_store_status *ret);

#endif
