/* SPDX-License-Identifier: Apache-2.0 */
/* Pages by the engine, rows by the chain's rule. */
#include "store/inspect.h"

#include "base/time.h"
#include "store/follow.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* Of the rest of the process; deciding and answering come first. */
#define NICE 10

/* ---- the chain ---- */

struct comparison {
    const struct cvg_chain_point *head;
    bool other; /* the chain has another row there */
};

static void on_point(void *ctx, const struct cvg_chain_point *point)
{
    struct comparison *comparison = ctx;
    if (point->number == comparison->head->number &&
        memcmp(point->hash, comparison->head->hash, CVG_SHA256_SIZE) != 0) {
        comparison->other = true;
    }
}

static int inspect_chain(struct cvg_inspection *inspection)
{
    const struct cvg_chain_point *head = &inspection->head;
    struct comparison comparison = {.head = head};
    struct cvg_follow follow = {
        .kind = inspection->session->kind,
        .engine = inspection->session->engine,
        .public_key = inspection->public_key,
        .stop = &inspection->stop,
        .see = on_point,
        .ctx = &comparison,
    };
    int rc = cvg_follow_chain(&follow, &inspection->fault, &inspection->error);
    if (rc < 0 || atomic_load(&inspection->stop)) {
        return rc;
    }
    if (comparison.other) {
        inspection->fault = CVG_STORE_TAMPERED;
        return cvg_error_set(&inspection->error, CVG_E_INVALID,
                             "row %llu: is another one than the head says",
                             (unsigned long long)head->number);
    }
    if (follow.point.number < head->number) {
        inspection->fault = CVG_STORE_TAMPERED;
        return cvg_error_set(
            &inspection->error, CVG_E_INVALID, "rows end at %llu, the head is at %llu",
            (unsigned long long)follow.point.number, (unsigned long long)head->number);
    }
    return 0;
}

/* ---- the thread ---- */

/* False: it is to stop. */
static bool wait_before(struct cvg_inspection *inspection)
{
    struct timespec until = {0};
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t at = (int64_t)until.tv_sec * CVG_SECOND + until.tv_nsec + inspection->after_ns;
    until.tv_sec = (time_t)(at / CVG_SECOND);
    until.tv_nsec = (long)(at % CVG_SECOND);
    pthread_mutex_lock(&inspection->lock);
    while (inspection->after_ns > 0 && !atomic_load(&inspection->stop)) {
        if (pthread_cond_timedwait(&inspection->wake, &inspection->lock, &until) != 0) {
            break;
        }
    }
    pthread_mutex_unlock(&inspection->lock);
    return !atomic_load(&inspection->stop);
}

static void *run(void *arg)
{
    struct cvg_inspection *inspection = arg;
    struct cvg_session *session = inspection->session;
    int rc = 0;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
    if (wait_before(inspection)) {
        rc = session->kind->inspect(session->engine, &inspection->stop, &inspection->fault,
                                    &inspection->error);
        if (rc == 0) {
            rc = inspect_chain(inspection);
        }
    }
    if (rc == 0) {
        inspection->fault = CVG_STORE_NO_FAULT;
    } else if (inspection->fault == CVG_STORE_NO_FAULT) {
        inspection->fault = CVG_STORE_IO;
    }
    inspection->complete = rc < 0 || !atomic_load(&inspection->stop);
    atomic_store(&inspection->over, true);
    inspection->ended(inspection->ctx);
    return NULL;
}

void cvg_inspection_init(struct cvg_inspection *inspection)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&inspection->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&inspection->lock, NULL);
    atomic_init(&inspection->stop, false);
    atomic_init(&inspection->over, false);
}

void cvg_inspection_done(struct cvg_inspection *inspection)
{
    (void)cvg_inspection_end(inspection, true);
    pthread_cond_destroy(&inspection->wake);
    pthread_mutex_destroy(&inspection->lock);
}

int cvg_inspection_begin(struct cvg_inspection *inspection)
{
    atomic_store(&inspection->stop, false);
    atomic_store(&inspection->over, false);
    inspection->fault = CVG_STORE_NO_FAULT;
    inspection->complete = false;
    inspection->running = true;
    if (pthread_create(&inspection->thread, NULL, run, inspection) != 0) {
        inspection->running = false;
        cvg_session_unref(inspection->session);
        inspection->session = NULL;
        return CVG_E_IO;
    }
    return 0;
}

bool cvg_inspection_is_over(const struct cvg_inspection *inspection)
{
    return inspection->running && atomic_load(&inspection->over);
}

bool cvg_inspection_end(struct cvg_inspection *inspection, bool stop)
{
    if (!inspection->running) {
        return false;
    }
    if (stop) {
        pthread_mutex_lock(&inspection->lock);
        atomic_store(&inspection->stop, true);
        pthread_cond_signal(&inspection->wake);
        pthread_mutex_unlock(&inspection->lock);
    }
    pthread_join(inspection->thread, NULL);
    inspection->running = false;
    cvg_session_unref(inspection->session);
    inspection->session = NULL;
    return true;
}
