/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room in which questions wait. The lock guards the list and each question's place in it;
 * what the deciding thread writes into a question is read only after it was marked as answered
 * under the same lock.
 */
#include "server/asking.h"

#include "base/alloc.h"
#include "base/time.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

/* A decision document with all its reasons. */
#define ANSWER_LIMIT  ((size_t)4 * 1024 * 1024)
#define CLOSE_SECONDS 1

struct cvg_asking {
    _Atomic unsigned references; /* the server, and each question */
    pthread_mutex_t lock;
    pthread_cond_t all_finished;
    struct cvg_pending *first; /* whose connection is suspended */
    size_t unfinished;         /* requests that posted and are not over */
    bool closed;
};

struct cvg_pending {
    bool accepts; /* an accept, else an ask */

    union {
        struct cvg_ask ask;
        struct cvg_accept accept;
    };

    struct cvg_asking *asking; /* a reference */
    struct cvg_arena *arena;   /* the question's texts */
    _Atomic unsigned references;
    /* Under the room's lock: */
    struct MHD_Connection *connection;
    struct cvg_pending *previous, *next;
    bool listed, answered, given_up;
    int64_t since;
};

struct cvg_asking *cvg_asking_new(void)
{
    struct cvg_asking *asking = CVG_NEW(struct cvg_asking);
    pthread_condattr_t attributes;

    atomic_init(&asking->references, 1);
    pthread_mutex_init(&asking->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&asking->all_finished, &attributes);
    pthread_condattr_destroy(&attributes);
    return asking;
}

void cvg_asking_unref(struct cvg_asking *asking)
{
    if (!asking || atomic_fetch_sub_explicit(&asking->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    pthread_cond_destroy(&asking->all_finished);
    pthread_mutex_destroy(&asking->lock);
    free(asking);
}

static void pending_unref(struct cvg_pending *pending)
{
    if (atomic_fetch_sub_explicit(&pending->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    if (!pending->accepts) {
        cvg_buf_done(&pending->ask.body);
    }
    cvg_arena_free(pending->arena);
    cvg_asking_unref(pending->asking);
    free(pending);
}

/* ---- under the lock ---- */

static void list(struct cvg_pending *pending)
{
    struct cvg_asking *asking = pending->asking;

    pending->next = asking->first;
    if (asking->first) {
        asking->first->previous = pending;
    }
    asking->first = pending;
    pending->listed = true;
}

static void unlist(struct cvg_pending *pending)
{
    if (pending->previous) {
        pending->previous->next = pending->next;
    } else {
        pending->asking->first = pending->next;
    }
    if (pending->next) {
        pending->next->previous = pending->previous;
    }
    pending->previous = pending->next = NULL;
    pending->listed = false;
}

static void resume(struct cvg_pending *pending)
{
    unlist(pending);
    MHD_resume_connection(pending->connection);
}

/* ---- the deciding thread ---- */

static void answered(struct cvg_pending *pending)
{
    struct cvg_asking *asking = pending->asking;

    pthread_mutex_lock(&asking->lock);
    pending->answered = true;
    if (pending->listed) {
        resume(pending);
    }
    pthread_mutex_unlock(&asking->lock);
    pending_unref(pending);
}

static void decided(struct cvg_ask *ask)
{
    answered(CVG_CONTAINER(ask, struct cvg_pending, ask));
}

static void accepted(struct cvg_accept *accept)
{
    answered(CVG_CONTAINER(accept, struct cvg_pending, accept));
}

/* ---- HTTP threads ---- */

/* Owned by the caller alone until it is suspended. */
static struct cvg_pending *make(struct cvg_asking *asking, struct MHD_Connection *connection)
{
    struct cvg_pending *pending = CVG_NEW(struct cvg_pending);

    pending->arena = cvg_arena_new();
    pending->asking = asking;
    atomic_fetch_add_explicit(&asking->references, 1, memory_order_relaxed);
    pending->connection = connection;
    pending->since = cvg_time_now();
    atomic_init(&pending->references, 1);
    return pending;
}

/* From here on the deciding thread owns it as well. False: the server is stopping, and it is gone. */
static bool suspend(struct cvg_pending *pending)
{
    struct cvg_asking *asking = pending->asking;

    pthread_mutex_lock(&asking->lock);
    bool closed = asking->closed;
    if (!closed) {
        atomic_fetch_add_explicit(&pending->references, 1, memory_order_relaxed);
        asking->unfinished++;
        list(pending);
        MHD_suspend_connection(pending->connection);
    }
    pthread_mutex_unlock(&asking->lock);
    if (closed) {
        pending_unref(pending);
    }
    return !closed;
}

static void copy_subject(struct cvg_pending *pending, const struct cvg_subject *subject)
{
    struct cvg_arena *arena = pending->arena;
    struct cvg_label *labels = NULL;

    if (subject->label_count) {
        labels = cvg_arena_alloc(arena, subject->label_count * sizeof(*labels));
    }
    for (size_t i = 0; i < subject->label_count; i++) {
        labels[i].name = cvg_arena_strdup(arena, subject->labels[i].name);
        labels[i].value = cvg_arena_strdup(arena, subject->labels[i].value);
    }
    pending->ask.subject = (struct cvg_subject){
        .app = cvg_arena_strdup(arena, subject->app),
        .revision = cvg_arena_strdup(arena, subject->revision),
        .labels = labels,
        .label_count = subject->label_count,
    };
}

struct cvg_pending *cvg_asking_post(struct cvg_asking *asking, struct cvg_board *board,
                                    struct MHD_Connection *connection,
                                    const struct cvg_ask *question)
{
    struct cvg_pending *pending = make(asking, connection);

    pending->ask.environment = cvg_arena_strdup(pending->arena, question->environment);
    pending->ask.gate = cvg_arena_strdup(pending->arena, question->gate);
    copy_subject(pending, &question->subject);
    pending->ask.asked_by = cvg_arena_strdup(pending->arena, question->asked_by);
    pending->ask.body.limit = ANSWER_LIMIT;
    pending->ask.done = decided;
    if (!suspend(pending)) {
        return NULL;
    }
    cvg_board_ask(board, &pending->ask);
    return pending;
}

struct cvg_pending *cvg_asking_post_accept(struct cvg_asking *asking, struct cvg_board *board,
                                           struct MHD_Connection *connection,
                                           const struct cvg_accept *question)
{
    struct cvg_pending *pending = make(asking, connection);

    pending->accepts = true;
    pending->accept = (struct cvg_accept){
        .environment = cvg_arena_strdup(pending->arena, question->environment),
        .check = cvg_arena_strdup(pending->arena, question->check),
        .actor = cvg_arena_strdup(pending->arena, question->actor),
        .comment = cvg_arena_strdup(pending->arena, question->comment),
        .done = accepted,
    };
    if (!suspend(pending)) {
        return NULL;
    }
    cvg_board_accept(board, &pending->accept);
    return pending;
}

static bool is_usable(struct cvg_pending *pending)
{
    pthread_mutex_lock(&pending->asking->lock);
    /* What was given up may be answered at this very moment; the client is told the one that came
     * first. */
    bool usable = pending->answered && !pending->given_up;
    pthread_mutex_unlock(&pending->asking->lock);
    return usable;
}

struct cvg_ask *cvg_asking_take(struct cvg_pending *pending)
{
    return is_usable(pending) ? &pending->ask : NULL;
}

struct cvg_accept *cvg_asking_take_accept(struct cvg_pending *pending)
{
    return is_usable(pending) ? &pending->accept : NULL;
}

void cvg_asking_leave(struct cvg_pending *pending)
{
    pthread_mutex_lock(&pending->asking->lock);
    if (pending->listed) {
        unlist(pending);
    }
    pthread_mutex_unlock(&pending->asking->lock);
    pending_unref(pending);
}

void cvg_asking_finished(struct cvg_asking *asking)
{
    pthread_mutex_lock(&asking->lock);
    asking->unfinished--;
    if (asking->unfinished == 0) {
        pthread_cond_broadcast(&asking->all_finished);
    }
    pthread_mutex_unlock(&asking->lock);
}

/* ---- giving up ---- */

/* Linear in what waits: thousands at most, once a second. */
static void give_up(struct cvg_asking *asking, int64_t older_than)
{
    struct cvg_pending *next = NULL;

    for (struct cvg_pending *pending = asking->first; pending; pending = next) {
        next = pending->next;
        if (pending->since < older_than) {
            pending->given_up = true;
            resume(pending);
        }
    }
}

void cvg_asking_sweep(struct cvg_asking *asking, int64_t now)
{
    pthread_mutex_lock(&asking->lock);
    give_up(asking, now - CVG_ASKING_PATIENCE);
    pthread_mutex_unlock(&asking->lock);
}

void cvg_asking_close(struct cvg_asking *asking)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += CLOSE_SECONDS;
    pthread_mutex_lock(&asking->lock);
    asking->closed = true;
    give_up(asking, CVG_NEVER);
    while (asking->unfinished &&
           pthread_cond_timedwait(&asking->all_finished, &asking->lock, &deadline) == 0) {
    }
    pthread_mutex_unlock(&asking->lock);
}
