/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store from inside. Its thread owns the writer's side of the engine, the head file, the end of
 * the chain, and the way back from a fault; what others look at is under one lock, which is never
 * held over a call that can wait for the disk.
 *
 *   store.c      life, the thread's loop, what callers hand in
 *   queue.c      what waits
 *   commit.c     one batch: rows, commit, head
 *   recover.c    opening, comparing with the head, the way back
 *   inspect.c    the check of everything that is there, on a thread of its own
 *   retention.c  what is old goes
 *   read.c       pages and notes
 *   status.c     how it is
 */
#ifndef CVG_STORE_STORE_INNER_H
#define CVG_STORE_STORE_INNER_H

#include "store/head.h"
#include "store/inspect.h"
#include "store/queue.h"
#include "store/retention.h"
#include "store/session.h"
#include "store/store.h"

#include <pthread.h>
#include <sys/types.h>

enum cvg_store_stage {
    CVG_STORE_AWAY = 0,   /* tries again at retry_at */
    CVG_STORE_INSPECTING, /* was found damaged: not used before it was looked through */
    CVG_STORE_READY
};

/* Why something could not be done. */
struct cvg_store_trouble {
    enum cvg_store_fault fault;
    struct cvg_error error;
};

/* Which file it was that was opened. */
struct cvg_store_identity {
    dev_t device;
    ino_t number;
    bool known;
};

struct cvg_store {
    /* From new to free the same. */
    char *file, *head_path;
    const struct cvg_engine_kind *kind;
    size_t batch_limit;
    int64_t inspect_after_ns;
    void (*changed)(void *ctx);
    void *ctx;
    pthread_t thread;

    /* The store's thread. */
    enum cvg_store_stage stage;
    int64_t retry_at, backoff_ns, ready_at;
    bool must_inspect;
    int lock_fd; /* -1: not held yet */
    struct cvg_ed25519 *key;
    struct cvg_head_file *head_file;
    struct cvg_chain_hasher *hasher;
    struct cvg_session *writer; /* the session that is written to; NULL unless ready */
    struct cvg_store_identity database, head;
    struct cvg_chain_point end; /* of the chain */
    struct cvg_retention retention;
    int64_t measured_at, longest_since;
    double longest_before;
    int64_t last_commit_ns;
    size_t gather; /* as many records came together last */
    bool told_available;
    enum cvg_store_fault told_fault;
    int told_inspected;

    struct cvg_inspection inspection;

    /* Under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* the thread has something to do */
    pthread_cond_t told; /* a batch has ended, or the first try to open */
    struct cvg_queue queue;
    struct cvg_batch *in_flight;
    struct cvg_session *session; /* for readers; NULL: nothing could be opened yet */
    struct cvg_store_status status;
    size_t wake_at;     /* records that must wait for the thread to be woken; SIZE_MAX: do not */
    int64_t busy_since; /* the thread's turn began; 0: it waits for work */
    bool tried, stopping, inspected, suspect;
    bool left; /* new returned before the first try had ended */
};

/* ---- status.c ---- */

/* Takes the lock. The database agrees with its head (NULL: there is none), which is ours until the
 * first one that we write. */
void cvg_store_set_read(struct cvg_store *store, const struct cvg_head *head);
void cvg_store_set_available(struct cvg_store *store);
void cvg_store_set_away(struct cvg_store *store, const struct cvg_store_trouble *trouble);
void cvg_store_set_inspected(struct cvg_store *store, int inspected);
void cvg_store_count_commit(struct cvg_store *store, int64_t began, int64_t ended);
/* Sizes, once a minute. */
void cvg_store_measure(struct cvg_store *store, int64_t now);
/* Calls `changed` where the state is another one than at the last call. */
void cvg_store_announce(struct cvg_store *store);

/* ---- commit.c ---- */

enum cvg_store_written {
    CVG_STORE_WRITTEN = 0,
    CVG_STORE_NOT_WRITTEN, /* nothing of the batch is there */
    CVG_STORE_NO_HEAD      /* it is there, but the head is not on disk: not acknowledged */
};

/* Rows get their numbers and hashes; those that are refused alone get their rc. */
enum cvg_store_written cvg_store_commit(struct cvg_store *store, struct cvg_batch *batch,
                                        struct cvg_store_trouble *trouble);
/* Signs the end of the chain and writes it beside the database. */
CVG_NODISCARD int cvg_store_seal(struct cvg_store *store, struct cvg_store_trouble *trouble);

/* ---- recover.c ---- */

/* Before the thread is there: takes the lock and the key. Fails only where somebody else has the
 * store, or where the key is no key or not secret. */
CVG_NODISCARD int cvg_store_claim(struct cvg_store *store, struct cvg_error *reterr);
/* Tries to open, or looks how the inspection went, where it is time for that. */
void cvg_store_recover(struct cvg_store *store, int64_t now);
/* Whether the files that are open are those that the next start will find. */
CVG_NODISCARD int cvg_store_check_place(const struct cvg_store *store,
                                        struct cvg_store_trouble *trouble);
/* A ready store is away from here on. */
void cvg_store_lose(struct cvg_store *store, const struct cvg_store_trouble *trouble);
/* What an inspection of a ready store said. */
void cvg_store_inspected(struct cvg_store *store);
/* Fails where no thread can be had; then the database stays as it is, not inspected. */
int cvg_store_begin_inspection(struct cvg_store *store, struct cvg_session *session,
                               int64_t after_ns);

#endif
