/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists by gate (a hash of both names, so that a reload may change what environments there are), a
 * wheel of times, and an epoll that tells who left.
 */
#include "server/waiting.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TOPICS        1024u
/* One turn of the wheel is longer than anybody is held. */
#define TICK          (50 * CVG_MS)
#define SLOTS         2048
#define EVENTS        256
#define CLOSE_SECONDS 2
/* The event of the nudge; others have a hold's key. */
#define NUDGE         UINT64_MAX

_Static_assert(CVG_WAIT_LIMIT < (SLOTS - 2) * TICK, "the wheel must be longer than any wait");

struct watched {
    struct cvg_hold *hold; /* NULL: not held */
    uint32_t generation;   /* rises with each hold on this descriptor */
};

struct cvg_waiting {
    int epoll_fd, nudge_fd; /* owned */
    size_t limit;
    _Atomic size_t held_count;
    pthread_mutex_t lock;
    pthread_cond_t empty;
    struct cvg_waiting_link topics[TOPICS], streams, slots[SLOTS];
    int64_t tick;            /* the latest that was looked at */
    struct watched *watched; /* by descriptor; owned */
    size_t watched_count;
    size_t place_count, stream_count;
    uint64_t refused;
    bool closed;
};

/* ---- lists ---- */

static void list_init(struct cvg_waiting_link *list)
{
    list->previous = list->next = list;
}

static void list_add(struct cvg_waiting_link *list, struct cvg_waiting_link *link)
{
    link->previous = list->previous;
    link->next = list;
    list->previous->next = link;
    list->previous = link;
}

static void list_remove(struct cvg_waiting_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = link->next = NULL;
}

static struct cvg_waiting_link *topic_of(struct cvg_waiting *waiting, const char *environment,
                                         const char *gate)
{
    uint32_t hash = 2166136261u; /* FNV-1a; the names are the configuration's */

    for (const char *at = environment; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    hash *= 16777619u;
    for (const char *at = gate; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    return &waiting->topics[hash % TOPICS];
}

/* ---- life ---- */

static int open_descriptors(struct cvg_waiting *waiting, struct cvg_error *reterr)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = NUDGE};

    waiting->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    waiting->nudge_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (waiting->epoll_fd < 0 || waiting->nudge_fd < 0 ||
        epoll_ctl(waiting->epoll_fd, EPOLL_CTL_ADD, waiting->nudge_fd, &event) < 0) {
        return cvg_error_set_errno(reterr, errno, "watch waiting connections");
    }
    return 0;
}

int cvg_waiting_new(size_t limit, struct cvg_waiting **ret, struct cvg_error *reterr)
{
    struct cvg_waiting *waiting = CVG_NEW(struct cvg_waiting);
    pthread_condattr_t attributes;

    waiting->limit = limit;
    waiting->tick = cvg_time_now() / TICK;
    list_init(&waiting->streams);
    for (size_t i = 0; i < TOPICS; i++) {
        list_init(&waiting->topics[i]);
    }
    for (size_t i = 0; i < SLOTS; i++) {
        list_init(&waiting->slots[i]);
    }
    pthread_mutex_init(&waiting->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiting->empty, &attributes);
    pthread_condattr_destroy(&attributes);
    int rc = open_descriptors(waiting, reterr);
    if (rc < 0) {
        cvg_waiting_free(waiting);
        return rc;
    }
    *ret = waiting;
    return 0;
}

void cvg_waiting_free(struct cvg_waiting *waiting)
{
    if (!waiting) {
        return;
    }
    if (waiting->nudge_fd >= 0) {
        close(waiting->nudge_fd);
    }
    if (waiting->epoll_fd >= 0) {
        close(waiting->epoll_fd);
    }
    pthread_cond_destroy(&waiting->empty);
    pthread_mutex_destroy(&waiting->lock);
    free(waiting->watched);
    free(waiting);
}

struct cvg_waiting_stats cvg_waiting_stats(struct cvg_waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    struct cvg_waiting_stats stats = {
        .places = waiting->place_count,
        .streams = waiting->stream_count,
        .refused = waiting->refused,
    };
    pthread_mutex_unlock(&waiting->lock);
    return stats;
}

void cvg_waiting_nudge(struct cvg_waiting *waiting)
{
    uint64_t one = 1;

    /* Full means that one is under way already. */
    (void)!write(waiting->nudge_fd, &one, sizeof(one));
}

/* ---- under the lock ---- */

static struct watched *watched_at(struct cvg_waiting *waiting, int fd)
{
    size_t index = (size_t)fd;

    if (index >= waiting->watched_count) {
        size_t count = CVG_MAX(index + 1, waiting->watched_count * 2);
        waiting->watched = cvg_realloc_array(waiting->watched, count, sizeof(struct watched));
        for (size_t i = waiting->watched_count; i < count; i++) {
            waiting->watched[i] = (struct watched){0};
        }
        waiting->watched_count = count;
    }
    return &waiting->watched[index];
}

/* A descriptor stays in the epoll until the library closes it: it tells of one event only, and
 * what is not held is left alone. Where the kernel has no room to watch, the client's leaving is
 * noticed when its time is up. */
static void watch(struct cvg_waiting *waiting, struct cvg_hold *hold)
{
    struct watched *watched = watched_at(waiting, hold->fd);

    watched->hold = hold;
    watched->generation++;
    struct epoll_event event = {
        .events = EPOLLRDHUP | EPOLLONESHOT,
        .data.u64 = (uint64_t)watched->generation << 31 | (uint32_t)hold->fd,
    };
    if (epoll_ctl(waiting->epoll_fd, EPOLL_CTL_MOD, hold->fd, &event) < 0) {
        (void)epoll_ctl(waiting->epoll_fd, EPOLL_CTL_ADD, hold->fd, &event);
    }
}

static void wake(struct cvg_waiting *waiting, struct cvg_hold *hold, enum cvg_woken why)
{
    list_remove(&hold->topic);
    list_remove(&hold->slot);
    waiting->watched[hold->fd].hold = NULL;
    hold->held = false;
    hold->woken = why;
    atomic_fetch_sub(&waiting->held_count, 1);
    MHD_resume_connection(hold->connection);
}

static void wake_list(struct cvg_waiting *waiting, struct cvg_waiting_link *list,
                      enum cvg_woken why)
{
    while (list->next != list) {
        wake(waiting, CVG_CONTAINER(list->next, struct cvg_hold, topic), why);
    }
}

static void wake_everybody(struct cvg_waiting *waiting, enum cvg_woken why)
{
    for (size_t i = 0; i < TOPICS; i++) {
        wake_list(waiting, &waiting->topics[i], why);
    }
    wake_list(waiting, &waiting->streams, why);
}

/* ---- the connection's own thread ---- */

bool cvg_waiting_enter(struct cvg_waiting *waiting, struct cvg_hold *hold, bool stream)
{
    pthread_mutex_lock(&waiting->lock);
    bool placed = !waiting->closed && waiting->place_count < waiting->limit;
    if (placed) {
        waiting->place_count++;
        waiting->stream_count += stream;
    } else {
        waiting->refused++;
    }
    pthread_mutex_unlock(&waiting->lock);
    hold->placed = placed;
    hold->stream = stream;
    return placed;
}

bool cvg_waiting_hold(struct cvg_waiting *waiting, struct cvg_hold *hold, int64_t until)
{
    int64_t tick = (until + TICK - 1) / TICK;
    bool first = false;

    pthread_mutex_lock(&waiting->lock);
    bool closed = waiting->closed;
    tick = CVG_MAX(CVG_MIN(tick, waiting->tick + SLOTS - 1), waiting->tick + 1);
    if (closed) {
        hold->woken = CVG_WOKEN_CLOSED;
    } else {
        list_add(hold->stream ? &waiting->streams
                              : topic_of(waiting, hold->environment, hold->gate),
                 &hold->topic);
        list_add(&waiting->slots[tick % SLOTS], &hold->slot);
        watch(waiting, hold);
        hold->held = true;
        first = atomic_fetch_add(&waiting->held_count, 1) == 0;
        MHD_suspend_connection(hold->connection);
    }
    pthread_mutex_unlock(&waiting->lock);
    if (first) {
        cvg_waiting_nudge(waiting); /* the keeper counts ticks only while somebody waits */
    }
    return !closed;
}

void cvg_waiting_wake(struct cvg_waiting *waiting, struct cvg_hold *hold)
{
    pthread_mutex_lock(&waiting->lock);
    if (hold->held) {
        wake(waiting, hold, CVG_WOKEN_CHANGED);
    }
    pthread_mutex_unlock(&waiting->lock);
}

void cvg_waiting_leave(struct cvg_waiting *waiting, struct cvg_hold *hold)
{
    if (!hold->placed) {
        return;
    }
    pthread_mutex_lock(&waiting->lock);
    hold->placed = false;
    waiting->stream_count -= hold->stream;
    if (--waiting->place_count == 0) {
        pthread_cond_broadcast(&waiting->empty);
    }
    pthread_mutex_unlock(&waiting->lock);
}

/* ---- any thread ---- */

void cvg_waiting_wake_gate(struct cvg_waiting *waiting, const char *environment, const char *gate)
{
    struct cvg_waiting_link *next = NULL;

    if (atomic_load(&waiting->held_count) == 0) {
        return;
    }
    struct cvg_waiting_link *topic = topic_of(waiting, environment, gate);
    pthread_mutex_lock(&waiting->lock);
    for (struct cvg_waiting_link *at = topic->next; at != topic; at = next) {
        struct cvg_hold *hold = CVG_CONTAINER(at, struct cvg_hold, topic);
        next = at->next;
        if (cvg_text_equal(hold->environment, environment) && cvg_text_equal(hold->gate, gate)) {
            wake(waiting, hold, CVG_WOKEN_CHANGED);
        }
    }
    pthread_mutex_unlock(&waiting->lock);
}

void cvg_waiting_wake_streams(struct cvg_waiting *waiting, const char *environment,
                              const char *gate)
{
    struct cvg_waiting_link *next = NULL;

    if (atomic_load(&waiting->held_count) == 0) {
        return;
    }
    pthread_mutex_lock(&waiting->lock);
    for (struct cvg_waiting_link *at = waiting->streams.next; at != &waiting->streams; at = next) {
        struct cvg_hold *hold = CVG_CONTAINER(at, struct cvg_hold, topic);
        next = at->next;
        if ((!*hold->environment || cvg_text_equal(hold->environment, environment)) &&
            (!*hold->gate || cvg_text_equal(hold->gate, gate))) {
            wake(waiting, hold, CVG_WOKEN_CHANGED);
        }
    }
    pthread_mutex_unlock(&waiting->lock);
}

void cvg_waiting_wake_all(struct cvg_waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
    wake_everybody(waiting, CVG_WOKEN_ALL);
    pthread_mutex_unlock(&waiting->lock);
}

void cvg_waiting_close(struct cvg_waiting *waiting)
{
    struct timespec deadline;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += CLOSE_SECONDS;
    pthread_mutex_lock(&waiting->lock);
    waiting->closed = true;
    wake_everybody(waiting, CVG_WOKEN_CLOSED);
    while (waiting->place_count &&
           pthread_cond_timedwait(&waiting->empty, &waiting->lock, &deadline) == 0) {
    }
    pthread_mutex_unlock(&waiting->lock);
}

/* ---- the keeper ---- */

static void wake_whose_time_is_up(struct cvg_waiting *waiting, int64_t now)
{
    int64_t tick = now / TICK;

    pthread_mutex_lock(&waiting->lock);
    /* After a long sleep of the machine, one turn of the wheel is all of it. */
    waiting->tick = CVG_MAX(waiting->tick, tick - SLOTS);
    while (waiting->tick < tick) {
        struct cvg_waiting_link *slot = &waiting->slots[++waiting->tick % SLOTS];
        while (slot->next != slot) {
            wake(waiting, CVG_CONTAINER(slot->next, struct cvg_hold, slot), CVG_WOKEN_TIME);
        }
    }
    pthread_mutex_unlock(&waiting->lock);
}

static void take_events(struct cvg_waiting *waiting, const struct epoll_event *events, int count)
{
    uint64_t nudges = 0;

    pthread_mutex_lock(&waiting->lock);
    for (int i = 0; i < count; i++) {
        uint64_t key = events[i].data.u64;
        if (key == NUDGE) {
            (void)!read(waiting->nudge_fd, &nudges, sizeof(nudges));
            continue;
        }
        /* The event of an earlier hold, which is over: the descriptor may be somebody else's. */
        const struct watched *watched = &waiting->watched[key & INT32_MAX];
        if (watched->hold && watched->generation == (uint32_t)(key >> 31)) {
            wake(waiting, watched->hold, CVG_WOKEN_LEFT);
        }
    }
    pthread_mutex_unlock(&waiting->lock);
}

void cvg_waiting_attend(struct cvg_waiting *waiting, int64_t until)
{
    struct epoll_event events[EVENTS];
    int64_t now = cvg_time_now();
    int64_t left = CVG_MAX(until - now, 0);

    if (atomic_load(&waiting->held_count)) {
        left = CVG_MIN(left, TICK - now % TICK);
    }
    int count = epoll_wait(waiting->epoll_fd, events, EVENTS, (int)(left / CVG_MS) + 1);
    if (count > 0) {
        take_events(waiting, events, count);
    }
    wake_whose_time_is_up(waiting, cvg_time_now());
}
