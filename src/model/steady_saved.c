/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving a steady state, and letting it go on at the first reading after a restart. Whatever is in
 * doubt begins anew, which is later and never earlier.
 */
#include "model/steady_saved.h"

#include "base/alloc.h"
#include "base/macros.h"
#include "base/time.h"
#include "model/steady_time.h"

/* Nothing that is known is older, so that differences of times cannot overflow. */
#define OLDEST (INT64_C(100) * 365 * 24 * 3600 * CVG_SECOND)

bool cvg_steady_save(const struct cvg_steady *steady, struct cvg_steady_saved *ret)
{
    if (!steady->latest) {
        if (steady->resume) {
            *ret = *steady->resume;
        }
        return steady->resume != NULL;
    }
    *ret = (struct cvg_steady_saved){
        .status = steady->status,
        .observed_at = cvg_reading_get(steady->latest)->observed_at_ns,
        .since = steady->since,
        .fresh_at = steady->fresh_at,
        .ready_since = steady->ready_since,
        .unready_since = steady->unready_since,
        .last_known = steady->last_known,
        .last_known_since = steady->last_known_since,
        .inputs = steady->inputs,
        .flap = steady->flap,
    };
    return true;
}

static bool statuses_can_be(const struct cvg_steady_saved *saved)
{
    bool rises = saved->ready_since != 0, falls = saved->unready_since != 0;

    if (saved->status >= CVG_STATUS_COUNT || saved->last_known >= CVG_STATUS_COUNT ||
        (rises && falls)) {
        return false;
    }
    switch (saved->status) {
    case CVG_READY:
        return rises || falls;
    case CVG_PROGRESSING:
        return true;
    default:
        return !rises;
    }
}

static bool times_can_be(const struct cvg_steady_saved *saved, int64_t now)
{
    const int64_t past[] = {saved->observed_at,   saved->since,    saved->ready_since,
                            saved->unready_since, saved->fresh_at, saved->last_known_since,
                            saved->flap.since};

    for (size_t i = 0; i < CVG_COUNT(past); i++) {
        if (past[i] > now || past[i] < now - OLDEST) {
            return false;
        }
    }
    return saved->since != 0 && saved->observed_at <= saved->fresh_at &&
           saved->flap.next_at >= now - OLDEST;
}

static bool flap_can_be(const struct cvg_flap *flap)
{
    return flap->count <= CVG_FLAP_SAMPLES && flap->samples >> flap->count == 0 &&
           (flap->count == 0) == (flap->next_at == 0) && (flap->count > 0 || !flap->flapping);
}

bool cvg_steady_restore(struct cvg_steady *steady, const struct cvg_steady_saved *saved,
                        int64_t now)
{
    if (steady->latest || !statuses_can_be(saved) || !times_can_be(saved, now) ||
        !flap_can_be(&saved->flap)) {
        return false;
    }
    if (!steady->resume) {
        steady->resume = CVG_NEW(struct cvg_steady_saved);
    }
    *steady->resume = *saved;
    return true;
}

/* The state as it was, without a reading: for asking what time would have done to it. */
static struct cvg_steady as_it_was(const struct cvg_steady_saved *saved)
{
    return (struct cvg_steady){
        .fresh_at = saved->fresh_at,
        .ready_since = saved->ready_since,
        .unready_since = saved->unready_since,
        .status = saved->status,
        .since = saved->since,
        .last_known = saved->last_known,
        .last_known_since = saved->last_known_since,
        .inputs = saved->inputs,
        .flap = saved->flap,
    };
}

/* The samples that would have been taken meanwhile: of the status as it was until time would have
 * changed it, and of what it would have become. */
static void sample_missed(struct cvg_steady *was, const struct cvg_steady_rules *rules, int64_t now)
{
    struct cvg_flap *flap = &was->flap;
    int64_t period = cvg_steady_period(rules);
    int64_t stale_at = cvg_steady_add(was->fresh_at, rules->max_age_ns);
    int64_t rise_at = cvg_steady_rise_at(was, rules);
    int64_t fall_at = cvg_steady_fall_at(was, rules);
    int64_t change_at = CVG_MIN(stale_at, CVG_MIN(rise_at, fall_at));

    if (flap->count == 0) {
        return;
    }
    /* From outside: one that is never due would hide all that comes. */
    flap->next_at = CVG_MIN(flap->next_at, cvg_steady_add(now, period));
    bool before = was->status == CVG_UNKNOWN ? cvg_flap_last(flap) : was->status == CVG_READY;
    cvg_flap_sample(flap, period, before, CVG_MIN(change_at - 1, now));
    bool after = cvg_flap_last(flap);
    if (change_at < stale_at) {
        after = change_at == rise_at;
    }
    cvg_flap_sample(flap, period, after, now);
}

void cvg_steady_settle(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                       uint32_t status)
{
    if (!steady->resume) {
        return;
    }
    int64_t now = steady->advanced_to;
    struct cvg_steady was = as_it_was(steady->resume);

    free(steady->resume);
    steady->resume = NULL;
    sample_missed(&was, rules, now);
    bool goes_on = status != CVG_UNKNOWN && now < cvg_steady_add(was.fresh_at, rules->max_age_ns) &&
                   now < cvg_steady_fall_at(&was, rules);
    if (!goes_on) {
        *steady = (struct cvg_steady){.advanced_to = now, .flap = was.flap};
        /* A stream rises by time alone, so it must not have risen while nobody looked. */
        steady->ready_since = !rules->polled && status == CVG_READY ? now : 0;
        return;
    }
    was.advanced_to = now;
    *steady = was;
}
