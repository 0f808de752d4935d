/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When polled checks run. Checks of one source with one interval share a grid of slots, one second
 * apart (fewer and closer for intervals below); a *round* is one slot at one time: its checks
 * share one instant, so that their answers can be held against each other.
 *
 * Groups (checks that ask the same, see host->group) are never split. Slots are filled in order up
 * to an even share of the checks, or 16, so that a small source has one round and a large one no
 * second with more than its share. The first rounds start at once, slot by slot. Pure.
 */
#ifndef CVG_RUNNER_SCHEDULE_H
#define CVG_RUNNER_SCHEDULE_H

#include "base/macros.h"

#include <stdint.h>

struct cvg_schedule_item {
    uint64_t group;
    uint32_t slot; /* out */
};

/* How many slots an interval has. */
uint32_t cvg_schedule_slots(int64_t interval_ns);
/* Fills in `slot` of each item. Items keep their order. O(n log n). */
void cvg_schedule_assign(struct cvg_schedule_item *items, size_t count, int64_t interval_ns);
/* The first time after `after` at which the slot's round begins, on a grid that began at epoch. */
int64_t cvg_schedule_next(int64_t epoch, int64_t interval_ns, uint32_t slot, int64_t after);

#endif
