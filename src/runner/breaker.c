/* SPDX-License-Identifier: Apache-2.0 */
/* The transitions of a breaker, and how long it pauses. */
#include "runner/breaker.h"

#include "base/macros.h"
#include "base/time.h"

#include <convergate/reading.h>

#define PAUSE_FIRST CVG_SECOND
#define PAUSE_MOST  (60 * CVG_SECOND)
#define HURRY_PAUSE CVG_SECOND
#define JITTER      0.2

bool cvg_breaker_fault_counts(uint32_t fault)
{
    switch (fault) {
    case CVG_FAULT_TIMEOUT:
    case CVG_FAULT_CONNECT:
    case CVG_FAULT_TLS:
    case CVG_FAULT_AUTH:
    case CVG_FAULT_PROTOCOL:
    case CVG_FAULT_THROTTLED:
        return true;
    default:
        return false;
    }
}

bool cvg_breaker_allows(struct cvg_breaker *breaker, int64_t now)
{
    if (breaker->state == CVG_BREAKER_CLOSED) {
        return true;
    }
    if (breaker->state == CVG_BREAKER_HALF_OPEN || now < breaker->trial_at) {
        return false;
    }
    breaker->state = CVG_BREAKER_HALF_OPEN;
    breaker->last_trial_at = now;
    return true;
}

static void set_trial(struct cvg_breaker *breaker, int64_t now, struct cvg_random *random)
{
    int64_t pause = cvg_random_jitter(random, breaker->pause_ns, JITTER);
    breaker->trial_at = now + CVG_MIN(pause, PAUSE_MOST);
}

bool cvg_breaker_failed(struct cvg_breaker *breaker, int64_t now, struct cvg_random *random)
{
    switch (breaker->state) {
    case CVG_BREAKER_CLOSED:
        breaker->failures++;
        if (breaker->failures < CVG_BREAKER_FAILURES) {
            return false;
        }
        breaker->state = CVG_BREAKER_OPEN;
        breaker->pause_ns = PAUSE_FIRST;
        breaker->opened_at = now;
        /* The run that just failed is as good as a trial: nobody may hurry the next at once. */
        breaker->last_trial_at = now;
        set_trial(breaker, now, random);
        return true;
    case CVG_BREAKER_HALF_OPEN:
        breaker->failures++;
        breaker->state = CVG_BREAKER_OPEN;
        breaker->pause_ns = CVG_MIN(breaker->pause_ns * 2, PAUSE_MOST);
        set_trial(breaker, now, random);
        return false;
    case CVG_BREAKER_OPEN:
        /* A run from before it opened: says nothing new, and must not stretch the pause. */
        return false;
    }
    return false;
}

bool cvg_breaker_succeeded(struct cvg_breaker *breaker)
{
    bool closes = breaker->state != CVG_BREAKER_CLOSED;
    *breaker = (struct cvg_breaker){0};
    return closes;
}

int64_t cvg_breaker_hurry(struct cvg_breaker *breaker, int64_t now)
{
    if (breaker->state != CVG_BREAKER_OPEN) {
        return CVG_NEVER;
    }
    int64_t earliest = CVG_MAX(now, breaker->last_trial_at + HURRY_PAUSE);
    breaker->trial_at = CVG_MIN(breaker->trial_at, earliest);
    return breaker->trial_at;
}

void cvg_breaker_restore(struct cvg_breaker *breaker, const struct cvg_breaker *saved, int64_t now)
{
    if (saved->state == CVG_BREAKER_CLOSED) {
        return;
    }
    *breaker = (struct cvg_breaker){
        .state = CVG_BREAKER_OPEN,
        .failures = CVG_MAX(saved->failures, (uint32_t)CVG_BREAKER_FAILURES),
        .pause_ns = CVG_MIN(CVG_MAX(saved->pause_ns, PAUSE_FIRST), PAUSE_MOST),
        .opened_at = CVG_MIN(saved->opened_at, now),
        /* The trial that was under way ended with the process: another one. */
        .trial_at = saved->state == CVG_BREAKER_HALF_OPEN ? now : saved->trial_at,
        .last_trial_at = CVG_MIN(saved->last_trial_at, now),
    };
    breaker->trial_at = CVG_MIN(breaker->trial_at, now + PAUSE_MOST);
}
