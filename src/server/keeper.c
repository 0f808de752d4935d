/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's thread and its rounds. */
#include "server/keeper.h"

#include "base/alloc.h"
#include "base/time.h"
#include "server/asking.h"
#include "server/connection.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define ROUND_SECONDS 1

struct cvg_keeper {
    struct cvg_asking *asking;
    struct cvg_connections *connections;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t stopped;
    bool stop; /* under the lock */
};

static bool wait_a_round(struct cvg_keeper *keeper)
{
    struct timespec deadline;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += ROUND_SECONDS;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->stop && rc == 0) {
        rc = pthread_cond_timedwait(&keeper->stopped, &keeper->lock, &deadline);
    }
    bool go_on = !keeper->stop;
    pthread_mutex_unlock(&keeper->lock);
    return go_on;
}

static void *keep(void *arg)
{
    struct cvg_keeper *keeper = arg;

    while (wait_a_round(keeper)) {
        int64_t now = cvg_time_now();
        cvg_asking_sweep(keeper->asking, now);
        cvg_connections_sweep(keeper->connections, now - CVG_CONNECTION_LIMIT);
    }
    return NULL;
}

/* Signals belong to the loop's thread. */
static int start_without_signals(struct cvg_keeper *keeper)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&keeper->thread, NULL, keep, keeper);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

static void destroy(struct cvg_keeper *keeper)
{
    pthread_cond_destroy(&keeper->stopped);
    pthread_mutex_destroy(&keeper->lock);
    free(keeper);
}

int cvg_keeper_start(struct cvg_asking *asking, struct cvg_connections *connections,
                     struct cvg_keeper **ret, struct cvg_error *reterr)
{
    struct cvg_keeper *keeper = CVG_NEW(struct cvg_keeper);
    pthread_condattr_t attributes;

    keeper->asking = asking;
    keeper->connections = connections;
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->stopped, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = start_without_signals(keeper);
    if (rc != 0) {
        destroy(keeper);
        return cvg_error_set_errno(reterr, rc, "start the server's keeper");
    }
    *ret = keeper;
    return 0;
}

void cvg_keeper_stop(struct cvg_keeper *keeper)
{
    if (!keeper) {
        return;
    }
    pthread_mutex_lock(&keeper->lock);
    keeper->stop = true;
    pthread_cond_signal(&keeper->stopped);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    destroy(keeper);
}
