/* SPDX-License-Identifier: Apache-2.0 */
/* How the store is: written by its thread, read by anybody. */
#include "base/time.h"
#include "store/store_inner.h"

#include <stdio.h>
#include <string.h>

#define MEASURE_EVERY CVG_MINUTE
#define LONGEST_FOR   CVG_MINUTE

void cvg_store_set_read(struct cvg_store *store, const struct cvg_head *head)
{
    pthread_mutex_lock(&store->lock);
    store->status.read = true;
    if (head && store->status.head.point.number == 0) {
        store->status.head = head->point;
        memcpy(store->status.public_key, head->public_key, sizeof head->public_key);
    }
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_set_available(struct cvg_store *store)
{
    pthread_mutex_lock(&store->lock);
    store->status.available = true;
    store->status.read = true;
    store->status.fault = CVG_STORE_NO_FAULT;
    store->status.why[0] = '\0';
    store->status.since = cvg_time_now();
    /* What comes in bursts while the database keeps up is not lost for that. */
    store->queue.change_limit = (size_t)CVG_STORE_BACKLOG * 20;
    store->queue.why = cvg_store_fault_text(CVG_STORE_BEHIND);
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_set_away(struct cvg_store *store, const struct cvg_store_trouble *trouble)
{
    pthread_mutex_lock(&store->lock);
    if (store->status.available || store->status.since == 0) {
        store->status.since = cvg_time_now();
    }
    store->status.available = false;
    store->status.fault = trouble->fault;
    snprintf(store->status.why, sizeof store->status.why, "%s", trouble->error.text);
    store->queue.change_limit = CVG_STORE_BACKLOG;
    store->queue.why = cvg_store_fault_text(trouble->fault);
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_set_inspected(struct cvg_store *store, int inspected)
{
    pthread_mutex_lock(&store->lock);
    store->status.inspected = inspected == CVG_STORE_SOUND     ? CVG_STORE_SOUND
                              : inspected == CVG_STORE_UNSOUND ? CVG_STORE_UNSOUND
                                                               : CVG_STORE_NOT_INSPECTED;
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_count_commit(struct cvg_store *store, int64_t began, int64_t ended)
{
    double seconds = (double)(ended - began) / (double)CVG_SECOND;
    store->last_commit_ns = ended - began;
    pthread_mutex_lock(&store->lock);
    store->status.commits++;
    store->status.commit_seconds += seconds;
    if (ended - store->longest_since > LONGEST_FOR) {
        store->longest_before = store->status.commit_longest_s;
        store->status.commit_longest_s = 0;
        store->longest_since = ended;
    }
    store->status.commit_longest_s = CVG_MAX(store->status.commit_longest_s, seconds);
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_measure(struct cvg_store *store, int64_t now)
{
    if (!store->writer || (store->measured_at && now - store->measured_at < MEASURE_EVERY)) {
        return;
    }
    struct cvg_engine_sizes sizes = {0};
    struct cvg_store_trouble ignored = {0};
    store->measured_at = now;
    if (store->kind->sizes(store->writer->engine, &sizes, &ignored.fault, &ignored.error) == 0) {
        pthread_mutex_lock(&store->lock);
        store->status.sizes = sizes;
        pthread_mutex_unlock(&store->lock);
    }
}

static void tell_behind(struct cvg_store_status *status)
{
    status->available = false;
    status->fault = CVG_STORE_BEHIND;
    snprintf(status->why, sizeof status->why,
             "%llu records wait to be written, more are refused until half of them are",
             (unsigned long long)status->queued);
}

/* A fault that is known already says more. */
static void tell_hang(const struct cvg_store *store, int64_t busy, struct cvg_store_status *ret)
{
    ret->hangs = true;
    ret->commit_longest_s = CVG_MAX(ret->commit_longest_s, (double)busy / (double)CVG_SECOND);
    if (ret->available || !store->tried) {
        ret->available = false;
        ret->fault = CVG_STORE_BEHIND;
        snprintf(ret->why, sizeof ret->why, "the disk has not answered for %lld s%s",
                 (long long)(busy / CVG_SECOND), store->tried ? "" : ", opening the database");
    }
}

/* The caller holds the lock. */
static void compose(struct cvg_store *store, struct cvg_store_status *ret)
{
    int64_t busy = store->busy_since ? cvg_time_now() - store->busy_since : 0;
    *ret = store->status;
    ret->changes_lost += store->queue.lost;
    ret->queued = store->queue.outstanding;
    ret->commit_longest_s = CVG_MAX(ret->commit_longest_s, store->longest_before);
    if (cvg_time_now() - store->longest_since > 2 * LONGEST_FOR) {
        ret->commit_longest_s = 0;
    }
    if (ret->available && store->queue.behind) {
        tell_behind(ret);
    }
    if (busy >= CVG_STORE_PATIENCE || !store->tried) {
        tell_hang(store, busy, ret);
    }
}

void cvg_store_status(struct cvg_store *store, struct cvg_store_status *ret)
{
    pthread_mutex_lock(&store->lock);
    compose(store, ret);
    pthread_mutex_unlock(&store->lock);
}

void cvg_store_announce(struct cvg_store *store)
{
    pthread_mutex_lock(&store->lock);
    bool behind = store->status.available && store->queue.behind;
    bool available = store->status.available && !behind;
    enum cvg_store_fault fault = behind ? CVG_STORE_BEHIND : store->status.fault;
    int inspected = (int)store->status.inspected;
    pthread_mutex_unlock(&store->lock);

    bool same = available == store->told_available && fault == store->told_fault &&
                inspected == store->told_inspected;
    store->told_available = available;
    store->told_fault = fault;
    store->told_inspected = inspected;
    if (!same && store->changed) {
        store->changed(store->ctx);
    }
}
