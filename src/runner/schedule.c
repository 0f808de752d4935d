/* SPDX-License-Identifier: Apache-2.0 */
/* Slots are dealt out once, at the start; after that a round's times are arithmetic. */
#include "runner/schedule.h"

#include "base/alloc.h"
#include "base/time.h"

#include <stdbool.h>

/* An item's place in the caller's array, sorted so that groups stand together. */
struct place {
    uint64_t group;
    size_t first; /* index of the group's first item: groups keep the order of the file */
    size_t index;
};

static int by_group(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->group != right->group) {
        return left->group < right->group ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

static int by_first(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->first != right->first) {
        return left->first < right->first ? -1 : 1;
    }
    return left->index < right->index ? -1 : left->index > right->index;
}

uint32_t cvg_schedule_slots(int64_t interval_ns)
{
    int64_t seconds = interval_ns / CVG_SECOND;
    return (uint32_t)CVG_MIN(CVG_MAX(seconds, 1), (int64_t)UINT32_MAX);
}

size_t cvg_schedule_share(size_t count, int64_t interval_ns)
{
    size_t slots = cvg_schedule_slots(interval_ns);
    size_t even = count / slots + (count % slots != 0);
    return CVG_MAX(even, (size_t)CVG_SCHEDULE_ROUND);
}

void cvg_schedule_assign(struct cvg_schedule_item *items, size_t count, int64_t interval_ns)
{
    if (count == 0) {
        return;
    }
    CVG_CLEANUP(cvg_free_pointer) struct place *places = cvg_alloc_array(count, sizeof *places);
    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){.group = items[i].group, .index = i};
    }
    qsort(places, count, sizeof *places, by_group);
    for (size_t i = 0; i < count; i++) {
        bool begins = i == 0 || places[i].group != places[i - 1].group;
        places[i].first = begins ? places[i].index : places[i - 1].first;
    }
    qsort(places, count, sizeof *places, by_first);

    /* A slot is closed once it has its share, so each closed one has at least that and there are
     * never more than slots of them. */
    size_t share = cvg_schedule_share(count, interval_ns);
    size_t filled = 0;
    uint32_t slot = 0;
    for (size_t i = 0; i < count; i++) {
        bool begins = i == 0 || places[i].first != places[i - 1].first;
        if (begins && filled >= share) {
            slot++;
            filled = 0;
        }
        items[places[i].index].slot = slot;
        filled++;
    }
}

int64_t cvg_schedule_epoch(int64_t start, int64_t interval_ns, size_t before)
{
    uint32_t slots = cvg_schedule_slots(interval_ns);
    return start + (int64_t)(before / CVG_SCHEDULE_BURST % slots) * CVG_SECOND;
}

int64_t cvg_schedule_next(int64_t epoch, int64_t interval_ns, uint32_t slot, int64_t after)
{
    int64_t slots = cvg_schedule_slots(interval_ns);
    /* Whole part and rest apart: the product alone would not fit for long intervals. */
    int64_t offset = interval_ns / slots * slot + interval_ns % slots * slot / slots;
    int64_t first = epoch + offset;
    if (after < first || interval_ns <= 0) {
        return after < first ? first : after + 1;
    }
    return first + ((after - first) / interval_ns + 1) * interval_ns;
}
