/* SPDX-License-Identifier: Apache-2.0 */
/* Limits that were not given, and the counters. */
#include "server/limits.h"

#include "base/time.h"

#include <stdatomic.h>
#include <sys/resource.h>

#define CONNECTIONS_DEFAULT 8192u
#define CONNECTIONS_LEAST   16u
#define HEADER_DEFAULT      ((size_t)6 * 1024)
#define BODY_DEFAULT        ((size_t)256 * 1024)
#define BODIES_DEFAULT      ((size_t)64 * 1024 * 1024)
#define ANSWERS_DEFAULT     ((size_t)256 * 1024 * 1024)
#define IDLE_DEFAULT        (30 * CVG_SECOND)
#define REQUEST_DEFAULT     (40 * CVG_SECOND)

/* The other half is for what the daemon itself connects to, and for the store. */
static unsigned held_by_the_process(void)
{
    struct rlimit files = {0};

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) {
        return CONNECTIONS_LEAST;
    }
    rlim_t half = files.rlim_cur / 2;
    return half > INT32_MAX ? INT32_MAX : CVG_MAX((unsigned)half, CONNECTIONS_LEAST);
}

static unsigned three_quarters(unsigned count)
{
    return CVG_MAX(count - count / 4, 1);
}

void cvg_limits_settle(struct cvg_limits *limits)
{
    unsigned wanted = limits->connections ? limits->connections : CONNECTIONS_DEFAULT;
    unsigned most = CVG_MIN(wanted, held_by_the_process());

    limits->connections = most;
    limits->per_address =
        limits->per_address ? CVG_MIN(limits->per_address, most) : three_quarters(most);
    limits->waiters =
        limits->waiters && limits->waiters < most ? limits->waiters : three_quarters(most);
    limits->header = limits->header ? limits->header : HEADER_DEFAULT;
    limits->body = limits->body ? limits->body : BODY_DEFAULT;
    limits->bodies = limits->bodies ? limits->bodies : BODIES_DEFAULT;
    limits->answers = limits->answers ? limits->answers : ANSWERS_DEFAULT;
    limits->idle_ns = limits->idle_ns ? limits->idle_ns : IDLE_DEFAULT;
    limits->request_ns = limits->request_ns ? limits->request_ns : REQUEST_DEFAULT;
}

void cvg_refusals_count(struct cvg_refusals *refusals, enum cvg_limit limit)
{
    atomic_fetch_add_explicit(&refusals->counts[limit], 1, memory_order_relaxed);
}

uint64_t cvg_refusals_get(const struct cvg_refusals *refusals, enum cvg_limit limit)
{
    return atomic_load_explicit(&refusals->counts[limit], memory_order_relaxed);
}

const char *cvg_limit_text(enum cvg_limit limit)
{
    static const char *const texts[CVG_LIMIT_COUNT] = {
        [CVG_LIMIT_CONNECTIONS] = "connections",
        [CVG_LIMIT_PER_ADDRESS] = "per_address",
        [CVG_LIMIT_WAITERS] = "waiters",
        [CVG_LIMIT_HEADER] = "header",
        [CVG_LIMIT_BODY] = "body",
        [CVG_LIMIT_BODIES] = "bodies",
        [CVG_LIMIT_ANSWERS] = "answers",
        [CVG_LIMIT_IDLE] = "idle",
        [CVG_LIMIT_REQUEST] = "request",
    };

    return texts[limit];
}
