/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's life, its thread, and what callers hand in. The thread takes all that waits, writes
 * it as one batch, and tells each waiter in the order of appending. What keeps it from writing is
 * left to recover.c; while it cannot, records are told so at once, changes and notes stay queued.
 */
#include "base/time.h"
#include "store/beside.h"
#include "store/store_inner.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long the thread waits at most for as many records as came together last. */
#define GATHER_MAX CVG_MS

/* ---- waiting; under the lock ---- */

static void wait_until(struct cvg_store *store, pthread_cond_t *condition, int64_t deadline)
{
    int64_t left = deadline - cvg_time_now();
    struct timespec until;
    if (left <= 0) {
        return;
    }
    /* CLOCK_BOOTTIME cannot be waited for; what the machine sleeps meanwhile is looked at again. */
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t at =
        (int64_t)until.tv_sec * CVG_SECOND + until.tv_nsec + CVG_MIN(left, 60 * CVG_MINUTE);
    until.tv_sec = (time_t)(at / CVG_SECOND);
    until.tv_nsec = (long)(at % CVG_SECOND);
    (void)pthread_cond_timedwait(condition, &store->lock, &until);
}

static int64_t next_duty(const struct cvg_store *store)
{
    switch (store->stage) {
    case CVG_STORE_AWAY:
        return store->retry_at;
    case CVG_STORE_INSPECTING:
        return CVG_NEVER;
    case CVG_STORE_READY:
        break;
    }
    return CVG_MIN(store->retention.due, store->measured_at + CVG_MINUTE);
}

static bool has_work(const struct cvg_store *store)
{
    const struct cvg_queue *queue = &store->queue;
    return queue->records.first || store->stopping || store->inspected || store->suspect ||
           (store->stage == CVG_STORE_READY && (queue->changes.first || queue->notes.first));
}

/* Who was told just now often has the next record ready in a moment; beginning with the first of
 * them would make the others wait for a whole commit. */
static void gather(struct cvg_store *store)
{
    size_t wanted = CVG_MIN(store->gather, store->batch_limit);
    if (store->stage != CVG_STORE_READY || wanted < 2) {
        return;
    }
    int64_t deadline = cvg_time_now() + CVG_MIN(store->last_commit_ns / 4, GATHER_MAX);
    while (!store->stopping && store->queue.records.count < wanted && cvg_time_now() < deadline) {
        store->wake_at = wanted;
        wait_until(store, &store->wake, deadline);
    }
    store->wake_at = SIZE_MAX;
}

static void wait_for_work(struct cvg_store *store)
{
    int64_t duty = next_duty(store);
    while (!has_work(store) && cvg_time_now() < duty) {
        store->wake_at = 1;
        wait_until(store, &store->wake, duty);
    }
    store->wake_at = SIZE_MAX;
    if (store->queue.records.first) {
        gather(store);
    }
}

/* ---- the thread ---- */

static void tell(struct cvg_store *store, struct cvg_batch *batch, bool written)
{
    uint64_t refused = 0;
    for (struct cvg_queue_record *record = batch->records.first; record; record = record->next) {
        if (!written && record->rc == 0) {
            record->rc = CVG_E_UNAVAILABLE;
        }
        refused += record->rc < 0;
        struct cvg_chain_point point = {0};
        if (record->rc == 0) {
            point.number = record->row.number;
            memcpy(point.hash, record->row.hash, sizeof point.hash);
        }
        if (record->done) {
            record->done(record->ctx, record->rc, &point);
        }
    }
    pthread_mutex_lock(&store->lock);
    store->status.records_refused += refused;
    pthread_mutex_unlock(&store->lock);
}

/* Writes the batch, where the store is ready; tells everybody. */
static void write_batch(struct cvg_store *store, struct cvg_batch *batch)
{
    struct cvg_store_trouble trouble = {0};
    enum cvg_store_written written = CVG_STORE_NOT_WRITTEN;
    if (store->stage == CVG_STORE_READY && batch->oldest != UINT64_MAX) {
        written = cvg_store_commit(store, batch, &trouble);
        if (written != CVG_STORE_WRITTEN) {
            cvg_store_lose(store, &trouble);
            pthread_mutex_lock(&store->lock);
            store->status.failures++;
            pthread_mutex_unlock(&store->lock);
        }
    }
    if (batch->records.first) {
        pthread_mutex_lock(&store->lock);
        store->gather = batch->records.count + store->queue.records.count;
        pthread_mutex_unlock(&store->lock);
        tell(store, batch, written == CVG_STORE_WRITTEN);
    }
    pthread_mutex_lock(&store->lock);
    if (written == CVG_STORE_NOT_WRITTEN) {
        cvg_queue_give_back(&store->queue, batch);
    }
    cvg_queue_told(&store->queue, batch);
    store->in_flight = NULL;
    pthread_cond_broadcast(&store->told);
    pthread_mutex_unlock(&store->lock);
    cvg_batch_done(batch);
}

static void prune(struct cvg_store *store, int64_t now)
{
    struct cvg_store_trouble trouble = {0};
    struct cvg_retention_step step = {
        .session = store->writer,
        .key = store->key,
        .last = store->end.number,
        .now = now,
        .wall = cvg_time_wall(),
    };
    if (cvg_retention_step(&store->retention, &step, &trouble.fault, &trouble.error) < 0) {
        cvg_store_lose(store, &trouble);
        return;
    }
    if (step.records || step.changes) {
        pthread_mutex_lock(&store->lock);
        store->status.records_pruned += step.records;
        store->status.changes_pruned += step.changes;
        pthread_mutex_unlock(&store->lock);
    }
}

/* What is not a batch. */
static void do_duties(struct cvg_store *store, bool inspected, bool suspect)
{
    int64_t now = cvg_time_now();
    if (store->stage == CVG_STORE_READY && inspected) {
        cvg_store_inspected(store);
    }
    if (store->stage == CVG_STORE_READY && suspect && !store->inspection.running) {
        (void)cvg_store_begin_inspection(store, store->writer, 0);
    }
    if (store->stage == CVG_STORE_READY) {
        cvg_store_measure(store, now);
        prune(store, now);
    } else if (inspected || store->stage == CVG_STORE_AWAY) {
        cvg_store_recover(store, now);
    }
    cvg_store_announce(store);
}

/* At a stop what waits has one more chance. */
static void try_once_more(struct cvg_store *store)
{
    pthread_mutex_lock(&store->lock);
    bool waits = cvg_queue_oldest(&store->queue) != UINT64_MAX;
    pthread_mutex_unlock(&store->lock);
    if (waits && store->stage == CVG_STORE_AWAY && !store->must_inspect) {
        store->retry_at = 0;
        cvg_store_recover(store, cvg_time_now());
    }
}

static void *run(void *arg)
{
    struct cvg_store *store = arg;
    bool stopping = false;
    cvg_store_recover(store, cvg_time_now());
    pthread_mutex_lock(&store->lock);
    store->told_available = store->status.available && !store->left;
    store->told_fault = store->left ? CVG_STORE_BEHIND : store->status.fault;
    store->tried = true;
    pthread_cond_broadcast(&store->told);
    pthread_mutex_unlock(&store->lock);

    for (;;) {
        struct cvg_batch batch = {0};
        pthread_mutex_lock(&store->lock);
        store->busy_since = 0;
        wait_for_work(store);
        store->busy_since = cvg_time_now();
        bool inspected = store->inspected, suspect = store->suspect, last = stopping;
        store->inspected = store->suspect = false;
        if (store->stopping && !stopping) {
            stopping = true;
            pthread_mutex_unlock(&store->lock);
            try_once_more(store);
            pthread_mutex_lock(&store->lock);
        }
        cvg_queue_take(&store->queue, store->batch_limit, store->stage != CVG_STORE_READY, &batch);
        store->in_flight = &batch;
        pthread_mutex_unlock(&store->lock);
        bool empty = !batch.records.first && !batch.changes.first && !batch.notes.first;
        write_batch(store, &batch);
        if (last && empty) {
            break;
        }
        if (!stopping) {
            do_duties(store, inspected, suspect);
        }
    }
    return NULL;
}

/* ---- life ---- */

static void on_inspected(void *ctx)
{
    struct cvg_store *store = ctx;
    pthread_mutex_lock(&store->lock);
    store->inspected = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
}

static struct cvg_store *make(const struct cvg_store_options *options)
{
    struct cvg_store *store = CVG_NEW(struct cvg_store);
    pthread_condattr_t monotonic;
    store->file = cvg_strdup(options->file);
    store->head_path = cvg_beside_path(options->file, "head");
    store->kind = options->engine ? options->engine : &cvg_engine_sqlite;
    store->batch_limit = options->batch ? options->batch : CVG_STORE_BATCH;
    store->inspect_after_ns = options->inspect_after_ns;
    store->changed = options->changed;
    store->ctx = options->ctx;
    store->lock_fd = -1;
    store->hasher = cvg_chain_hasher_new();
    cvg_retention_init(&store->retention, options->keep_records_ns, options->keep_changes_ns,
                       options->keep_bytes);
    cvg_inspection_init(&store->inspection);
    store->inspection.ended = on_inspected;
    store->inspection.ctx = store;
    cvg_queue_init(&store->queue);
    pthread_mutex_init(&store->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->wake, &monotonic);
    pthread_cond_init(&store->told, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return store;
}

static void unmake(struct cvg_store *store)
{
    cvg_inspection_done(&store->inspection);
    cvg_head_close(store->head_file);
    cvg_session_unref(store->writer);
    cvg_session_unref(store->session);
    cvg_queue_done(&store->queue);
    cvg_chain_hasher_free(store->hasher);
    cvg_ed25519_free(store->key);
    if (store->lock_fd >= 0) {
        close(store->lock_fd);
    }
    pthread_cond_destroy(&store->wake);
    pthread_cond_destroy(&store->told);
    pthread_mutex_destroy(&store->lock);
    free(store->head_path);
    free(store->file);
    free(store);
}

int cvg_store_new(const struct cvg_store_options *options, struct cvg_store **ret,
                  struct cvg_error *reterr)
{
    struct cvg_store *store = make(options);
    int64_t deadline = cvg_time_now() + CVG_STORE_PATIENCE;
    int rc = cvg_store_claim(store, reterr);
    store->busy_since = cvg_time_now();
    if (rc == 0 && pthread_create(&store->thread, NULL, run, store) != 0) {
        rc = cvg_error_set(reterr, CVG_E_IO, "no thread could be made for the store");
    }
    if (rc < 0) {
        unmake(store);
        return rc;
    }
    pthread_mutex_lock(&store->lock);
    while (!store->tried && cvg_time_now() < deadline) {
        wait_until(store, &store->told, deadline);
    }
    store->left = !store->tried;
    pthread_mutex_unlock(&store->lock);
    *ret = store;
    return 0;
}

void cvg_store_free(struct cvg_store *store)
{
    if (!store) {
        return;
    }
    pthread_mutex_lock(&store->lock);
    store->stopping = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
    unmake(store);
}

/* ---- what callers hand in ---- */

static void wake(struct cvg_store *store)
{
    if (store->queue.records.count >= store->wake_at ||
        (store->wake_at == 1 && store->status.available)) {
        store->wake_at = SIZE_MAX;
        pthread_cond_signal(&store->wake);
    }
}

void cvg_store_append(struct cvg_store *store, const struct cvg_record *record,
                      cvg_store_done *done, void *ctx)
{
    struct cvg_queue_record *copy = cvg_queue_record_new(record, done, ctx);
    pthread_mutex_lock(&store->lock);
    cvg_queue_add_record(&store->queue, copy);
    wake(store);
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_change(struct cvg_store *store, const struct cvg_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cvg_queue_change *copy = cvg_queue_change_new(&changes[i]);
        pthread_mutex_lock(&store->lock);
        cvg_queue_add_change(&store->queue, copy);
        wake(store);
        pthread_mutex_unlock(&store->lock);
    }
}

void cvg_store_note(struct cvg_store *store, const struct cvg_note *notes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cvg_queue_note *copy = cvg_queue_note_new(&notes[i]);
        pthread_mutex_lock(&store->lock);
        cvg_queue_add_note(&store->queue, copy);
        wake(store);
        pthread_mutex_unlock(&store->lock);
    }
}

bool cvg_store_flush(struct cvg_store *store, int64_t deadline)
{
    pthread_mutex_lock(&store->lock);
    uint64_t target = store->queue.ticket;
    bool waits;
    for (;;) {
        uint64_t oldest = cvg_queue_oldest(&store->queue);
        if (store->in_flight) {
            oldest = CVG_MIN(oldest, store->in_flight->oldest);
        }
        waits = oldest <= target;
        if (!waits || !store->status.available || cvg_time_now() >= deadline) {
            break;
        }
        wait_until(store, &store->told, deadline);
    }
    pthread_mutex_unlock(&store->lock);
    return !waits;
}
