/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed, in order: the latest events, kept for clients that come back. An event is made
 * when a gate's verdict or its environment's phase changed. Its number rises by one with each;
 * the id has the daemon's start before it, so that nobody goes on where another daemon ended.
 *
 * The deciding thread adds, streams (stream.h) on the HTTP threads read; both under one short
 * lock.
 */
#ifndef CVG_SERVER_EVENTS_H
#define CVG_SERVER_EVENTS_H

#include "base/buf.h"
#include "decide/snapshot.h"

/* How many are kept. A stream that falls behind further is ended. */
#define CVG_EVENTS_KEPT 1024u

struct cvg_events;
struct cvg_waiting;

struct cvg_events *cvg_events_new(void);
void cvg_events_free(struct cvg_events *events); /* takes NULL */

/* The deciding thread, after publishing: adds what changed, and wakes the streams that show it. */
void cvg_events_publish(struct cvg_events *events, struct cvg_waiting *waiting,
                        const struct cvg_snapshot *before, const struct cvg_snapshot *after);

/* The deciding thread, after a reload: environments changed without events, so nobody goes on from
 * before. */
void cvg_events_cut(struct cvg_events *events);

uint64_t cvg_events_latest(struct cvg_events *events); /* 0: none yet */

/* What a stream shows. */
struct cvg_events_filter {
    const char *environment, *gate; /* "": any */
    /* NULL: all; else whether the environment may be shown. Under the lock. */
    bool (*sees)(const void *ctx, const char *environment);
    const void *ctx;
};

/* Appends the frames of those after *cursor that it shows, until the buffer has enough, and moves
 * the cursor behind them. False: some are not kept any more. */
bool cvg_events_read(struct cvg_events *events, const struct cvg_events_filter *filter,
                     uint64_t *cursor, size_t enough, struct cvg_buf *ret);

/* "event: verdict" and its data, without an id. */
void cvg_events_frame(const struct cvg_snapshot *snapshot, const struct cvg_snapshot_gate *gate,
                      const struct cvg_decision *decision, struct cvg_buf *ret);
/* "id: EPOCH-NUMBER" and a newline. */
void cvg_events_id(const struct cvg_events *events, uint64_t number, struct cvg_buf *ret);
/* The number in an id of this daemon. False: it is none, or one from before the latest cut. */
bool cvg_events_parse_id(struct cvg_events *events, const char *id, uint64_t *ret);

#endif
