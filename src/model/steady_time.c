/* SPDX-License-Identifier: Apache-2.0 */
/* When time alone changes a steady status. Pure. */
#include "model/steady_time.h"

#include "base/macros.h"
#include "base/time.h"

#define SHORTEST_PERIOD  (15 * CVG_SECOND)
#define SHORTEST_MAX_AGE (60 * CVG_SECOND)
#define STREAM_MAX_AGE   (150 * CVG_SECOND)

int64_t cvg_steady_add(int64_t time, int64_t span)
{
    return time > 0 && span > CVG_NEVER - time ? CVG_NEVER : time + span;
}

int64_t cvg_steady_period(const struct cvg_steady_rules *rules)
{
    return CVG_MAX(rules->interval_ns, SHORTEST_PERIOD);
}

int64_t cvg_steady_stale_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules)
{
    if (!steady->latest || steady->stale) {
        return CVG_NEVER;
    }
    return cvg_steady_add(steady->fresh_at, rules->max_age_ns);
}

int64_t cvg_steady_rise_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules)
{
    if (rules->polled || steady->ready_since == 0 || steady->status != CVG_PROGRESSING) {
        return CVG_NEVER;
    }
    return cvg_steady_add(steady->ready_since, rules->rise_ns);
}

int64_t cvg_steady_fall_at(const struct cvg_steady *steady, const struct cvg_steady_rules *rules)
{
    if (steady->unready_since == 0 || steady->status != CVG_READY) {
        return CVG_NEVER;
    }
    return cvg_steady_add(steady->unready_since, rules->fall_ns);
}

int64_t cvg_steady_kept_until(const struct cvg_steady *steady, const struct cvg_steady_rules *rules)
{
    if (rules->on_unknown != CVG_ON_UNKNOWN_KEEP || steady->status != CVG_UNKNOWN ||
        steady->last_known == CVG_UNKNOWN) {
        return 0;
    }
    return cvg_steady_add(steady->since, rules->keep_ns);
}

bool cvg_steady_keeps(const struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                      int64_t now)
{
    return now < cvg_steady_kept_until(steady, rules);
}

int64_t cvg_steady_default_max_age(bool polled, int64_t interval_ns, int64_t timeout_ns)
{
    if (!polled) {
        return STREAM_MAX_AGE;
    }
    int64_t runs = interval_ns > CVG_NEVER / 3 ? CVG_NEVER : 3 * interval_ns;
    return CVG_MAX(SHORTEST_MAX_AGE, cvg_steady_add(runs, timeout_ns));
}
