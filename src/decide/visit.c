/* SPDX-License-Identifier: Apache-2.0 */
/* Visitors hold the lock for reading. */
#include "decide/visit.h"

#include <pthread.h>
#include <stdatomic.h>

struct cvg_visit {
    _Atomic unsigned references;
    pthread_rwlock_t lock;
    struct cvg_store *store; /* under the lock */
};

struct cvg_visit *cvg_visit_new(struct cvg_store *store)
{
    struct cvg_visit *visit = CVG_NEW(struct cvg_visit);

    atomic_init(&visit->references, 1);
    pthread_rwlock_init(&visit->lock, NULL);
    visit->store = store;
    return visit;
}

struct cvg_visit *cvg_visit_ref(struct cvg_visit *visit)
{
    atomic_fetch_add_explicit(&visit->references, 1, memory_order_relaxed);
    return visit;
}

void cvg_visit_unref(struct cvg_visit *visit)
{
    if (visit && atomic_fetch_sub_explicit(&visit->references, 1, memory_order_acq_rel) == 1) {
        pthread_rwlock_destroy(&visit->lock);
        free(visit);
    }
}

struct cvg_store *cvg_visit_enter(struct cvg_visit *visit)
{
    pthread_rwlock_rdlock(&visit->lock);
    return visit->store;
}

void cvg_visit_leave(struct cvg_visit *visit)
{
    pthread_rwlock_unlock(&visit->lock);
}

void cvg_visit_close(struct cvg_visit *visit)
{
    if (visit) {
        pthread_rwlock_wrlock(&visit->lock);
        visit->store = NULL;
        pthread_rwlock_unlock(&visit->lock);
    }
}
