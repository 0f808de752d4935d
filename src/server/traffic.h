/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the HTTP threads count: answers by route and status code, connections, the bytes of bodies
 * that are being received and of documents that are being sent. Relaxed atomics: each number is right by itself, and nobody
 * draws conclusions from two of them.
 */
#ifndef CVG_SERVER_TRAFFIC_H
#define CVG_SERVER_TRAFFIC_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

/* The routes as the metric convergate_http_requests_total names them. */
enum cvg_route_id {
    CVG_ROUTE_NONE = 0, /* no such route, or refused before it was looked at */
    CVG_ROUTE_INDEX,
    CVG_ROUTE_VERDICT,
    CVG_ROUTE_CHECK,
    CVG_ROUTE_ENVIRONMENTS,
    CVG_ROUTE_ENVIRONMENT,
    CVG_ROUTE_HISTORY,
    CVG_ROUTE_DECISIONS,
    CVG_ROUTE_DECISION,
    CVG_ROUTE_AUDIT_HEAD,
    CVG_ROUTE_ACCEPT,
    CVG_ROUTE_EVENTS,
    CVG_ROUTE_RELOAD,
    CVG_ROUTE_LIVEZ,
    CVG_ROUTE_READYZ,
    CVG_ROUTE_HEALTHZ,
    CVG_ROUTE_METRICS,
    CVG_ROUTE_OPENAPI,
    CVG_ROUTE_SCHEMA,
    CVG_ROUTE_COUNT
};

/* All codes that are ever answered; anything else would be counted as the last one, 500. */
#define CVG_TRAFFIC_CODES 15

struct cvg_traffic {
    _Atomic uint64_t answers[CVG_ROUTE_COUNT][CVG_TRAFFIC_CODES];
    _Atomic uint64_t connections; /* open now */
    _Atomic uint64_t connections_total;
    _Atomic size_t body_bytes, answer_bytes; /* pools; their limits are in struct cvg_limits */
    _Atomic size_t store_reads;              /* requests that read the store; a pool as well */
};

void cvg_traffic_count(struct cvg_traffic *traffic, enum cvg_route_id route, unsigned code);
uint64_t cvg_traffic_answers(const struct cvg_traffic *traffic, enum cvg_route_id route,
                             unsigned code_index);
unsigned cvg_traffic_code(unsigned code_index);
/* Whether the series stands in /metrics before it was counted for the first time. */
bool cvg_traffic_expects(enum cvg_route_id route, unsigned code);
/* Room in a pool (body_bytes, answer_bytes); false over the limit. What was taken is given back
 * with release. */
bool cvg_traffic_reserve(_Atomic size_t *pool, size_t limit, size_t bytes);
void cvg_traffic_release(_Atomic size_t *pool, size_t bytes);
const char *cvg_route_text(enum cvg_route_id route); /* "verdict" */

#endif
