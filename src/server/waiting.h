/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room of those who wait: long polls (wait=) and streams of events. A held connection is
 * suspended, so that it costs memory and no thread. It is resumed, and its handler called again,
 * when
 *
 *   its gate changed        the deciding thread, right after publishing
 *   its time is up          the keeper
 *   its client left         the keeper; the library itself does not look at suspended connections
 *   all are to look         a reload
 *   the server stops        the library aborts the process over a connection left suspended
 *
 * One lock guards the lists and all of a hold while it is held; a connection is resumed under it
 * and only while it is listed, so nobody resumes one that is gone. Whoever holds looks at the
 * board once more afterwards (cvg_waiting_wake): the publisher looks for those who wait only after
 * it swapped, so one of the two sees the other.
 *
 * A place is taken once for a request, a hold is made as often as needed on it. There are fewer
 * places than connections, so that those who wait never shut out those who ask.
 */
#ifndef CVG_SERVER_WAITING_H
#define CVG_SERVER_WAITING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct cvg_waiting;

/* Of one `wait=`; most proxies give up after a minute. */
#define CVG_WAIT_LIMIT (55 * INT64_C(1000000000))

enum cvg_woken {
    CVG_WOKEN_CHANGED = 0, /* or not held yet */
    CVG_WOKEN_TIME,
    CVG_WOKEN_ALL,   /* everybody is to get the answer of now */
    CVG_WOKEN_LEFT,  /* the client closed, or half-closed */
    CVG_WOKEN_CLOSED /* the server stops */
};

struct cvg_waiting_link {
    struct cvg_waiting_link *previous, *next;
};

/* Part of a request, zeroed with it. */
struct cvg_hold {
    struct cvg_waiting_link topic, slot; /* under the lock, like all that follows, while held */
    struct MHD_Connection *connection;
    const char *environment, *gate; /* the request's; a stream: "" for any */
    int fd;
    bool stream;
    bool held;
    bool placed;          /* the request's own */
    enum cvg_woken woken; /* the latest reason; read while not held */
};

struct cvg_waiting_stats {
    size_t places, streams; /* taken now; streams are some of them */
    uint64_t refused;       /* places, since the start */
};

/* limit: places. */
CVG_NODISCARD int cvg_waiting_new(size_t limit, struct cvg_waiting **ret, struct cvg_error *reterr);
void cvg_waiting_free(struct cvg_waiting *waiting); /* nobody waits; takes NULL */
struct cvg_waiting_stats cvg_waiting_stats(struct cvg_waiting *waiting);

/* ---- the connection's own thread ---- */

/* Takes a place. False: all are taken, or the server stops. */
bool cvg_waiting_enter(struct cvg_waiting *waiting, struct cvg_hold *hold, bool stream);
/* Suspends the connection until it is woken, at the latest at that time (CLOCK_BOOTTIME). The names
 * stay as they are until then. False: the server stops, and nothing happened. */
bool cvg_waiting_hold(struct cvg_waiting *waiting, struct cvg_hold *hold, int64_t until);
/* Resumes this one, if it is held. */
void cvg_waiting_wake(struct cvg_waiting *waiting, struct cvg_hold *hold);
/* The request is over: gives the place back. Harmless without one. */
void cvg_waiting_leave(struct cvg_waiting *waiting, struct cvg_hold *hold);

/* ---- any thread ---- */

/* Resumes those who wait for that gate, and no stream. Nobody waiting costs next to nothing. */
void cvg_waiting_wake_gate(struct cvg_waiting *waiting, const char *environment, const char *gate);
/* Resumes the streams that show this gate. */
void cvg_waiting_wake_streams(struct cvg_waiting *waiting, const char *environment,
                              const char *gate);
/* Resumes all. */
void cvg_waiting_wake_all(struct cvg_waiting *waiting);
/* Resumes all, takes no more, and waits a little until all were answered. */
void cvg_waiting_close(struct cvg_waiting *waiting);

/* ---- the keeper ---- */

/* Waits for clients that leave and times that are up, and resumes those; returns at that time, or
 * earlier. */
void cvg_waiting_attend(struct cvg_waiting *waiting, int64_t until);
/* Any thread: lets cvg_waiting_attend return. */
void cvg_waiting_nudge(struct cvg_waiting *waiting);

#endif
