/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's thread and its rounds. */
#include "server/keeper.h"

#include "base/alloc.h"
#include "base/time.h"
#include "server/asking.h"
#include "server/connection.h"
#include "server/tls.h"
#include "server/waiting.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define ROUND CVG_SECOND

struct cvg_keeper {
    struct cvg_asking *asking;
    struct cvg_connections *connections;
    struct cvg_waiting *waiting;
    struct cvg_tls *tls; /* NULL: none */
    pthread_t thread;
    _Atomic bool stop;
};

static void *keep(void *arg)
{
    struct cvg_keeper *keeper = arg;
    int64_t next_round = cvg_time_now() + ROUND;

    while (!atomic_load(&keeper->stop)) {
        cvg_waiting_attend(keeper->waiting, next_round);
        int64_t now = cvg_time_now();
        if (now >= next_round) {
            cvg_asking_sweep(keeper->asking, now);
            cvg_connections_sweep(keeper->connections, now);
            if (keeper->tls) {
                cvg_tls_attend(keeper->tls, now);
            }
            next_round = now + ROUND;
        }
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

int cvg_keeper_start(struct cvg_asking *asking, struct cvg_connections *connections,
                     struct cvg_waiting *waiting, struct cvg_tls *tls, struct cvg_keeper **ret,
                     struct cvg_error *reterr)
{
    struct cvg_keeper *keeper = CVG_NEW(struct cvg_keeper);

    keeper->asking = asking;
    keeper->connections = connections;
    keeper->waiting = waiting;
    keeper->tls = tls;
    int rc = start_without_signals(keeper);
    if (rc != 0) {
        free(keeper);
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
    atomic_store(&keeper->stop, true);
    cvg_waiting_nudge(keeper->waiting);
    pthread_join(keeper->thread, NULL);
    free(keeper);
}
