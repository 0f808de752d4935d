/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When polled checks run. Checks of one source with one interval share a grid of slots, a second
 * or a little more apart (one slot where the interval is under two seconds); a *round* is one slot
 * at one time: its checks share one instant, so that their answers can be held against each other.
 *
 * Groups (checks that ask the same, see host->group) are never split. Slots are filled in order up
 * to an even share of the checks, or 16, so that a small source has one round, and no slot of a
 * large one takes more than its share and what the last group that began in it has beyond: less
 * than twice the share where no group is larger. The first rounds start at once, slot by slot. Pure.
 */
#ifndef CVG_RUNNER_SCHEDULE_H
#define CVG_RUNNER_SCHEDULE_H

#include "base/macros.h"

#include <stdint.h>

struct cvg_schedule_item {
    uint64_t group;
    uint32_t slot; /* out */
};

/* So many checks may stand in one slot even where the even share is less. */
#define CVG_SCHEDULE_ROUND 16
/* So many checks start in the first second of all grids together; see cvg_schedule_epoch. */
#define CVG_SCHEDULE_BURST 2000

/* How many slots an interval has; 1 where it is not positive. */
uint32_t cvg_schedule_slots(int64_t interval_ns);
/* Fills in `slot` of each item. Items keep their order. O(n log n). */
void cvg_schedule_assign(struct cvg_schedule_item *items, size_t count, int64_t interval_ns);
/* When the grid of a source begins, which stands behind `before` checks of other grids: many small
 * sources that are started together must not all begin in the same second. */
int64_t cvg_schedule_epoch(int64_t start, int64_t interval_ns, size_t before);
/* What one slot takes of count checks. */
size_t cvg_schedule_share(size_t count, int64_t interval_ns);
/* The first time after `after` at which the slot's round begins, on a grid that began at epoch. */
int64_t cvg_schedule_next(int64_t epoch, int64_t interval_ns, uint32_t slot, int64_t after);

#endif
