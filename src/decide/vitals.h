/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the daemon itself is doing, published once a second for /metrics and /readyz. Immutable,
 * shared by reference like a snapshot. Strings are the configuration's, which it holds.
 */
#ifndef CVG_DECIDE_VITALS_H
#define CVG_DECIDE_VITALS_H

#include "base/alloc.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_config;

#define CVG_VITALS_RESULTS 8
#define CVG_VITALS_BUCKETS 16

struct cvg_source_vitals {
    const char *name, *type;
    bool up;
    uint64_t runs[CVG_VITALS_RESULTS];
    uint64_t buckets[CVG_VITALS_BUCKETS]; /* not cumulative; the last one used is +Inf */
    double seconds;                       /* sum of durations */
    uint64_t callbacks_over_budget;
    uint64_t requests, request_failures, bytes_received, connections;
    uint64_t in_flight, queued;
};

struct cvg_discover_vitals {
    const char *name;
    bool certain; /* its source can tell */
    uint64_t environments, left_out;
};

struct cvg_decision_count {
    const char *environment, *gate;
    uint64_t verdicts[4]; /* by enum cvg_verdict */
};

struct cvg_vitals {
    _Atomic unsigned references;
    int64_t at;              /* CLOCK_BOOTTIME */
    int64_t started_at;      /* wall, of the process */
    int64_t longest_turn_ns; /* of the loop, in the last minute or less */
    uint64_t turns;
    uint64_t publications;
    const char *const *result_names; /* as many as are used in runs */
    size_t result_count;
    const double *bucket_bounds; /* seconds */
    size_t bucket_count;         /* bounds; there is one bucket more */
    struct cvg_source_vitals *sources;
    size_t source_count;
    struct cvg_decision_count *decisions; /* every environment and gate, from 0 */
    size_t decision_count;
    struct cvg_discover_vitals *discovers;
    size_t discover_count;
    struct cvg_config *config; /* a reference */
    struct cvg_arena *arena;   /* owner of the arrays */
};

struct cvg_vitals *cvg_vitals_ref(struct cvg_vitals *vitals);
void cvg_vitals_unref(struct cvg_vitals *vitals); /* takes NULL */

#endif
