/* SPDX-License-Identifier: Apache-2.0 */
/* Counters as plain atomics in a table of routes and codes. */
#include "server/traffic.h"

#include <stdatomic.h>

static const unsigned codes[CVG_TRAFFIC_CODES] = {200, 202, 304, 400, 401, 403, 404, 405,
                                                  412, 413, 415, 421, 431, 503, 500};

static unsigned code_index(unsigned code)
{
    for (unsigned i = 0; i < CVG_TRAFFIC_CODES; i++) {
        if (codes[i] == code) {
            return i;
        }
    }
    return CVG_TRAFFIC_CODES - 1;
}

void cvg_traffic_count(struct cvg_traffic *traffic, enum cvg_route_id route, unsigned code)
{
    atomic_fetch_add_explicit(&traffic->answers[route][code_index(code)], 1, memory_order_relaxed);
}

uint64_t cvg_traffic_answers(const struct cvg_traffic *traffic, enum cvg_route_id route,
                             unsigned index)
{
    return atomic_load_explicit(&traffic->answers[route][index], memory_order_relaxed);
}

unsigned cvg_traffic_code(unsigned index)
{
    return codes[index];
}

bool cvg_traffic_expects(enum cvg_route_id route, unsigned code)
{
    switch (route) {
    case CVG_ROUTE_NONE:
        return code == 404;
    case CVG_ROUTE_CHECK:
        return code == 200 || code == 412 || code == 503;
    case CVG_ROUTE_READYZ:
    case CVG_ROUTE_HEALTHZ:
        return code == 200 || code == 503;
    default:
        return code == 200;
    }
}

bool cvg_traffic_reserve(_Atomic size_t *pool, size_t limit, size_t bytes)
{
    size_t before = atomic_fetch_add_explicit(pool, bytes, memory_order_relaxed);

    if (bytes <= limit && before <= limit - bytes) {
        return true;
    }
    cvg_traffic_release(pool, bytes);
    return false;
}

void cvg_traffic_release(_Atomic size_t *pool, size_t bytes)
{
    atomic_fetch_sub_explicit(pool, bytes, memory_order_relaxed);
}

const char *cvg_route_text(enum cvg_route_id route)
{
    static const char *const texts[CVG_ROUTE_COUNT] = {
        [CVG_ROUTE_NONE] = "none",
        [CVG_ROUTE_INDEX] = "index",
        [CVG_ROUTE_VERDICT] = "verdict",
        [CVG_ROUTE_CHECK] = "check",
        [CVG_ROUTE_ENVIRONMENTS] = "environments",
        [CVG_ROUTE_ENVIRONMENT] = "environment",
        [CVG_ROUTE_HISTORY] = "history",
        [CVG_ROUTE_DECISIONS] = "decisions",
        [CVG_ROUTE_DECISION] = "decision",
        [CVG_ROUTE_AUDIT_HEAD] = "audit_head",
        [CVG_ROUTE_ACCEPT] = "accept",
        [CVG_ROUTE_EVENTS] = "events",
        [CVG_ROUTE_RELOAD] = "reload",
        [CVG_ROUTE_LIVEZ] = "livez",
        [CVG_ROUTE_READYZ] = "readyz",
        [CVG_ROUTE_HEALTHZ] = "healthz",
        [CVG_ROUTE_METRICS] = "metrics",
        [CVG_ROUTE_OPENAPI] = "openapi",
        [CVG_ROUTE_SCHEMA] = "schema",
    };

    return route < CVG_ROUTE_COUNT ? texts[route] : texts[CVG_ROUTE_NONE];
}
