/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check's state looks like from outside: keep and flapping laid over the steady status, the
 * reason for it, and when it may change. Pure.
 */
#include "base/macros.h"
#include "base/time.h"
#include "model/reason.h"
#include "model/steady.h"
#include "model/steady_time.h"

static const char *reason_of(const struct cvg_steady *steady, const struct cvg_steady_view *view)
{
    if (!steady->latest) {
        return cvg_reason_code(CVG_REASON_NO_READING);
    }
    if (steady->stale) {
        return cvg_reason_code(CVG_REASON_STALE);
    }
    if (view->falling) {
        return cvg_reason_code(CVG_REASON_FALLING);
    }
    if (view->rising) {
        return cvg_reason_code(CVG_REASON_RISING);
    }
    return cvg_reading_get(steady->latest)->reason;
}

static void show_evidence(struct cvg_steady_view *view, const struct cvg_steady *steady,
                          const struct cvg_steady_rules *rules, int64_t now)
{
    if (!steady->latest) {
        return;
    }
    int64_t stale_at = cvg_steady_stale_at(steady, rules);
    bool within = !steady->stale && now < stale_at;
    view->observed_at = steady->fresh_at;
    view->expires_at = within ? stale_at : 0;
    view->fresh = within && cvg_reading_get(steady->latest)->status != CVG_UNKNOWN;
}

static void show_dwell(struct cvg_steady_view *view, const struct cvg_steady *steady,
                       const struct cvg_steady_rules *rules, int64_t now)
{
    view->falling = steady->status == CVG_READY && steady->unready_since != 0;
    view->rising = steady->status == CVG_PROGRESSING && steady->ready_since != 0;
    if (view->rising) {
        int64_t seen_until = rules->polled ? steady->fresh_at : now;
        view->dwell_of_ns = rules->rise_ns;
        view->dwell_done_ns = CVG_MIN(seen_until - steady->ready_since, rules->rise_ns);
    }
}

static void show_keep(struct cvg_steady_view *view, const struct cvg_steady *steady,
                      const struct cvg_steady_rules *rules, int64_t now)
{
    int64_t until = cvg_steady_kept_until(steady, rules);

    if (now < until) {
        view->status = steady->last_known;
        view->since = steady->last_known_since;
        view->kept = true;
        view->kept_since = steady->since;
    } else if (until != 0) {
        view->since = until;
    }
}

static void show_flapping(struct cvg_steady_view *view, const struct cvg_steady *steady)
{
    view->flapping = steady->flap.flapping;
    if (view->status != CVG_READY) {
        return;
    }
    if (steady->flap.since != 0) {
        view->since = CVG_MAX(view->since, steady->flap.since);
    }
    if (view->flapping) {
        view->status = CVG_PROGRESSING;
        view->reason = cvg_reason_code(CVG_REASON_FLAPPING);
    }
}

static int64_t next_change(const struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                           const struct cvg_steady_view *view)
{
    bool sample =
        steady->status == CVG_UNKNOWN ? cvg_flap_last(&steady->flap) : steady->status == CVG_READY;
    int64_t at = cvg_flap_change_at(&steady->flap, cvg_steady_period(rules), sample);

    at = CVG_MIN(at, cvg_steady_stale_at(steady, rules));
    at = CVG_MIN(at, cvg_steady_rise_at(steady, rules));
    at = CVG_MIN(at, cvg_steady_fall_at(steady, rules));
    if (view->kept) {
        at = CVG_MIN(at, cvg_steady_kept_until(steady, rules));
    }
    return at;
}

/* The time of the polled reading that can end the rise, if every reading from now on is ready and
 * comes on time. */
static int64_t last_reading_of_rise(const struct cvg_steady *steady,
                                    const struct cvg_steady_rules *rules, int64_t now)
{
    int64_t interval = CVG_MAX(rules->interval_ns, 1);
    int64_t next = steady->latest ? CVG_MAX(now, cvg_steady_add(steady->fresh_at, interval)) : now;
    if (rules->rise_ns == 0) {
        return next;
    }
    int64_t first = steady->ready_since != 0 ? steady->ready_since : next;
    int64_t wanted = cvg_steady_add(first, rules->rise_ns);
    if (steady->ready_since == 0) {
        wanted = CVG_MAX(wanted, cvg_steady_add(next, interval)); /* a second one is needed */
    }
    if (wanted <= next) {
        return next;
    }
    int64_t more = (wanted - next - 1) / interval + 1;
    return more > (CVG_NEVER - next) / interval ? CVG_NEVER : next + more * interval;
}

static int64_t earliest_ready(const struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                              const struct cvg_steady_view *view, int64_t now)
{
    bool is_ready = steady->status == CVG_READY;
    int64_t at = now;

    /* What was ready before a restart can be so with its first reading. */
    if (view->status == CVG_READY || steady->resume) {
        return now;
    }
    if (!is_ready && rules->polled) {
        at = last_reading_of_rise(steady, rules, now);
    } else if (!is_ready) {
        int64_t first = steady->ready_since != 0 ? steady->ready_since : now;
        at = CVG_MAX(now, cvg_steady_add(first, rules->rise_ns));
    }
    if (!steady->flap.flapping) {
        return at;
    }
    /* Nobody knows when a check that is not ready will be; a sample that changes nothing is the
     * best that can come until then, so this is never too late. */
    bool sample = is_ready || cvg_flap_last(&steady->flap);
    return CVG_MAX(at, cvg_flap_change_at(&steady->flap, cvg_steady_period(rules), sample));
}

struct cvg_steady_view cvg_steady_view(const struct cvg_steady *steady,
                                       const struct cvg_steady_rules *rules, int64_t now)
{
    struct cvg_steady_view view = {.status = steady->status, .since = steady->since};

    show_evidence(&view, steady, rules, now);
    show_dwell(&view, steady, rules, now);
    view.reason = reason_of(steady, &view);
    show_keep(&view, steady, rules, now);
    show_flapping(&view, steady);
    view.next_change_at = next_change(steady, rules, &view);
    view.earliest_ready_at = earliest_ready(steady, rules, &view, now);
    return view;
}
