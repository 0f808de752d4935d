/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inspection reads everything that is there, on a thread of its own and with low priority: the
 * engine looks at its pages, then the chain is followed from the last checkpoint to its end.
 * Nothing waits for it, and rows may be added and pruned meanwhile. Begun and ended by one thread.
 */
#ifndef CVG_STORE_INSPECT_H
#define CVG_STORE_INSPECT_H

#include "store/session.h"

#include <pthread.h>

struct cvg_inspection {
    /* Set by whoever begins it. */
    struct cvg_session *session; /* a reference of its own */
    unsigned char public_key[CVG_ED25519_PUBLIC];
    struct cvg_chain_point head; /* must be in the chain; number 0: none */
    int64_t after_ns;
    void (*ended)(void *ctx); /* on the inspection's thread, its last act */
    void *ctx;

    /* What it found; to be read after cvg_inspection_end. */
    bool complete; /* false: it was stopped */
    enum cvg_store_fault fault;
    struct cvg_error error;

    pthread_t thread;
    bool running;
    _Atomic bool stop, over;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

void cvg_inspection_init(struct cvg_inspection *inspection);
void cvg_inspection_done(struct cvg_inspection *inspection);
/* The session's reference is taken over. CVG_E_IO: no thread could be made. */
CVG_NODISCARD int cvg_inspection_begin(struct cvg_inspection *inspection);
/* One is running, and its thread has nothing more to do. */
bool cvg_inspection_is_over(const struct cvg_inspection *inspection);
/* Waits for the thread, which stops early if it must, and lets the session go. False: none ran. */
bool cvg_inspection_end(struct cvg_inspection *inspection, bool stop);

#endif
