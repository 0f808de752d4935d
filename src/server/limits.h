/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What requests may take of the daemon, and how often somebody wanted more. Each limit is a key
 * below `server.limits` and a label of convergate_http_refused_total. Counters are relaxed atomics.
 */
#ifndef CVG_SERVER_LIMITS_H
#define CVG_SERVER_LIMITS_H

#include "base/macros.h"

#include <stddef.h>
#include <stdint.h>

struct cvg_limits {
    unsigned connections; /* open at one time */
    unsigned per_address;
    unsigned waiters; /* below connections */
    size_t header;    /* request line and headers */
    size_t body;
    size_t bodies;      /* all that are being received */
    size_t answers;     /* all documents that are not read to their end yet. A pool of its own:
                       whoever does not read must not keep others from asking */
    int64_t idle_ns;    /* of silence */
    int64_t request_ns; /* since the last whole request */
};

/* Those of the metric. */
enum cvg_limit {
    CVG_LIMIT_CONNECTIONS = 0,
    CVG_LIMIT_PER_ADDRESS,
    CVG_LIMIT_WAITERS,
    CVG_LIMIT_HEADER,
    CVG_LIMIT_BODY,
    CVG_LIMIT_BODIES,  /* of all bodies together */
    CVG_LIMIT_ANSWERS, /* of all documents that are under way */
    CVG_LIMIT_IDLE,    /* silent in the middle of a request */
    CVG_LIMIT_REQUEST,
    CVG_LIMIT_COUNT
};

struct cvg_refusals {
    _Atomic uint64_t counts[CVG_LIMIT_COUNT];
};

/* Fills in what is 0, and keeps connections below half of the process' file descriptors. */
void cvg_limits_settle(struct cvg_limits *limits);
void cvg_refusals_count(struct cvg_refusals *refusals, enum cvg_limit limit);
uint64_t cvg_refusals_get(const struct cvg_refusals *refusals, enum cvg_limit limit);
const char *cvg_limit_text(enum cvg_limit limit); /* "per_address" */

#endif
