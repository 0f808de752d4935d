/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The breaker of a source: after CVG_BREAKER_FAILURES runs in a row that failed by the source's
 * fault (enum cvg_fault, marked (source)) no run is started until a trial succeeds. Trials come
 * after 1 s, doubling with jitter up to 60 s; somebody waiting makes the trial come at once (but
 * not within 1 s of the last one). Pure, time and chance are arguments.
 *
 *   closed     failure x 3            -> open
 *   open       time of the trial      -> half open, one run
 *   half open  success -> closed;  failure -> open, pause doubled
 */
#ifndef CVG_RUNNER_BREAKER_H
#define CVG_RUNNER_BREAKER_H

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

#define CVG_BREAKER_FAILURES 3

enum cvg_breaker_state {
    CVG_BREAKER_CLOSED = 0,
    CVG_BREAKER_OPEN,
    CVG_BREAKER_HALF_OPEN
};

struct cvg_breaker { /* zeroed: closed */
    enum cvg_breaker_state state;
    uint32_t failures;
    int64_t pause_ns, opened_at, trial_at, last_trial_at;
};

bool cvg_breaker_fault_counts(uint32_t fault);
/* May a run start now? An open breaker whose trial is due becomes half open and says yes once. */
bool cvg_breaker_allows(struct cvg_breaker *breaker, int64_t now);
/* A run ended. Each returns true when the breaker opened, or closed. A success closes it even where
 * it began before the breaker opened; a failure from then changes nothing any more. */
bool cvg_breaker_failed(struct cvg_breaker *breaker, int64_t now, struct cvg_random *random);
bool cvg_breaker_succeeded(struct cvg_breaker *breaker);
/* Somebody waits: brings the trial forward. Returns the time of it; CVG_NEVER where none is to come
 * (closed, or the trial is under way). */
int64_t cvg_breaker_hurry(struct cvg_breaker *breaker, int64_t now);
/* An open or half open breaker from before a restart, as open; values from outside are bounded. One
 * that was closed leaves it as it is. */
void cvg_breaker_restore(struct cvg_breaker *breaker, const struct cvg_breaker *saved, int64_t now);

#endif
