/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every request of one server shares. Made before the HTTP threads start and freed after they
 * ended; what changes meanwhile is atomic or has a lock of its own.
 */
#ifndef CVG_SERVER_CONTEXT_H
#define CVG_SERVER_CONTEXT_H

#include "decide/board.h"
#include "server/asking.h"
#include "server/events.h"
#include "server/host.h"
#include "server/limits.h"
#include "server/permit.h"
#include "server/traffic.h"
#include "server/waiting.h"

struct cvg_context {
    struct cvg_board *board;     /* borrowed */
    struct cvg_hosts *hosts;     /* owned by the server */
    struct cvg_asking *asking;   /* the server's reference */
    struct cvg_waiting *waiting; /* owned by the server */
    struct cvg_events *events;   /* owned by the server */
    struct cvg_tls *tls;         /* owned by the server; NULL: none */
    struct cvg_door door;
    struct cvg_limits limits;
    struct cvg_refusals refusals;
    struct cvg_traffic traffic;
    size_t readers; /* how many requests may read the store at one time */
    const char *version;
    int64_t started_at; /* wall time of the process' start, nanoseconds */
};

#endif
