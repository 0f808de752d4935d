/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold. One pass over the checks adds each to the environment's tally and to that of its
 * component; components are found by hash, so the time is linear. Every sum is of whole numbers or
 * a maximum, which is why the order of the checks cannot matter.
 */
#include "model/readiness.h"

#include "base/text.h"
#include "base/time.h"

#include <string.h>

#define WEIGHT_SCALE 1e6
#define WEIGHT_MOST  1e6

struct plane_tally {
    size_t ready, of, blocking; /* blocking: neither ready nor ignored */
    int64_t ready_since;        /* latest of the ready ones */
};

struct tally {
    size_t statuses[CVG_STATUS_COUNT]; /* required checks, without ignored ones */
    size_t ready, of, fresh_ready;
    struct plane_tally planes[CVG_PLANE_COUNT];
    bool covered[CVG_PLANE_COUNT];
};

struct group {
    const char *name;
    uint64_t hash;
    struct tally tally;
};

/* Components by name. Temporary: freed before the fold returns. */
struct groups {
    struct group *items;
    size_t count, capacity;
    uint32_t *slots; /* index of an item + 1; 0: empty */
    size_t mask;
};

static void groups_done(struct groups *groups)
{
    free(groups->items);
    free(groups->slots);
}

static void groups_init(struct groups *groups, size_t check_count)
{
    size_t slots = 16;
    while (slots < 2 * check_count) {
        slots *= 2;
    }
    *groups = (struct groups){.mask = slots - 1};
    groups->slots = cvg_alloc_array(slots, sizeof *groups->slots);
}

static struct tally *groups_tally(struct groups *groups, const char *name)
{
    uint64_t hash = cvg_text_hash(name, strlen(name));
    size_t slot = hash & groups->mask;

    for (; groups->slots[slot] != 0; slot = (slot + 1) & groups->mask) {
        struct group *group = &groups->items[groups->slots[slot] - 1];
        if (group->hash == hash && strcmp(group->name, name) == 0) {
            return &group->tally;
        }
    }
    CVG_GROW(groups->items, groups->count, groups->capacity);
    struct group *group = &groups->items[groups->count++];
    *group = (struct group){.name = name, .hash = hash};
    groups->slots[slot] = (uint32_t)groups->count;
    return &group->tally;
}

static int compare_groups(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

static void tally_add(struct tally *tally, const struct cvg_check_view *check)
{
    const struct cvg_steady_view *steady = &check->steady;
    struct plane_tally *plane = &tally->planes[check->rules->plane];

    tally->covered[check->rules->plane] |= steady->fresh;
    if (!check->rules->required) {
        return;
    }
    tally->of++;
    plane->of++;
    if (steady->status == CVG_UNKNOWN && check->rules->steady.on_unknown == CVG_ON_UNKNOWN_IGNORE) {
        return;
    }
    tally->statuses[steady->status]++;
    if (steady->status != CVG_READY) {
        plane->blocking++;
        return;
    }
    tally->ready++;
    tally->fresh_ready += steady->fresh;
    /* Since before this boot, it is negative. */
    plane->ready_since =
        plane->ready++ == 0 ? steady->since : CVG_MAX(plane->ready_since, steady->since);
}

static uint32_t tally_phase(const struct tally *tally)
{
    if (tally->statuses[CVG_FAILED] > 0) {
        return CVG_PHASE_FAILED;
    }
    if (tally->statuses[CVG_UNKNOWN] > 0) {
        return CVG_PHASE_UNKNOWN;
    }
    if (tally->statuses[CVG_DEGRADED] > 0) {
        return CVG_PHASE_DEGRADED;
    }
    if (tally->statuses[CVG_PROGRESSING] > 0) {
        return CVG_PHASE_CONVERGING;
    }
    return tally->fresh_ready > 0 ? CVG_PHASE_READY : CVG_PHASE_UNKNOWN;
}

static struct cvg_plane_view plane_view(const struct plane_tally *tally)
{
    bool all = tally->ready > 0 && tally->blocking == 0;
    return (struct cvg_plane_view){
        .ready = tally->ready,
        .of = tally->of,
        .ready_since = all ? tally->ready_since : 0,
    };
}

static void fold_planes(struct cvg_readiness *ret, const struct tally *tally)
{
    for (size_t plane = 0; plane < CVG_PLANE_COUNT; plane++) {
        ret->planes[plane] = plane_view(&tally->planes[plane]);
    }
    int64_t declared_since = ret->planes[CVG_DECLARED].ready_since;
    int64_t observed_since = ret->planes[CVG_OBSERVED].ready_since;
    if (declared_since == 0 || ret->planes[CVG_OBSERVED].of == 0) {
        return;
    }
    ret->has_lag = true;
    ret->lag_open = observed_since == 0;
    ret->declared_not_observed = ret->lag_open;
    int64_t until = ret->lag_open ? ret->at : observed_since;
    ret->lag_ns = CVG_MAX(until - declared_since, 0);
}

static void fold_components(struct cvg_readiness *ret, struct groups *groups,
                            struct cvg_arena *arena)
{
    if (groups->count == 0) {
        return;
    }
    qsort(groups->items, groups->count, sizeof *groups->items, compare_groups);
    ret->components = cvg_arena_alloc(arena, groups->count * sizeof *ret->components);
    ret->component_count = groups->count;
    ret->coverable = groups->count * CVG_PLANE_COUNT;

    for (size_t i = 0; i < groups->count; i++) {
        const struct tally *tally = &groups->items[i].tally;
        struct cvg_component_view *view = &ret->components[i];
        view->name = groups->items[i].name;
        view->phase = tally_phase(tally);
        view->ready = tally->ready;
        view->of = tally->of;
        for (size_t plane = 0; plane < CVG_PLANE_COUNT; plane++) {
            view->planes[plane] = plane_view(&tally->planes[plane]);
            view->covered[plane] = tally->covered[plane];
            ret->covered += tally->covered[plane];
        }
    }
}

static uint64_t scaled_weight(double weight)
{
    if (!(weight > 0)) {
        return 0;
    }
    return (uint64_t)(CVG_MIN(weight, WEIGHT_MOST) * WEIGHT_SCALE + 0.5);
}

void cvg_readiness_fold(const struct cvg_check_view *checks, size_t count, int64_t now,
                        struct cvg_arena *arena, struct cvg_readiness *ret)
{
    CVG_CLEANUP(groups_done) struct groups groups;
    struct tally whole = {.of = 0};
    uint64_t ready_weight = 0;
    uint64_t weight = 0;

    groups_init(&groups, count);
    *ret = (struct cvg_readiness){
        .checks = checks, .check_count = count, .at = now, .next_change_at = CVG_NEVER};
    for (size_t i = 0; i < count; i++) {
        const struct cvg_check_view *check = &checks[i];
        uint64_t own = scaled_weight(check->rules->weight);
        weight += own;
        ready_weight += check->steady.status == CVG_READY ? own : 0;
        ret->next_change_at = CVG_MIN(ret->next_change_at, check->steady.next_change_at);
        tally_add(&whole, check);
        if (check->rules->component) {
            tally_add(groups_tally(&groups, check->rules->component), check);
        }
    }
    ret->phase = tally_phase(&whole);
    ret->ready = whole.ready;
    ret->of = whole.of;
    ret->score = weight > 0 ? (double)ready_weight / (double)weight : 0;
    fold_planes(ret, &whole);
    fold_components(ret, &groups, arena);
}

const char *cvg_phase_text(uint32_t phase)
{
    static const char *const texts[CVG_PHASE_COUNT] = {"failed", "unknown", "degraded",
                                                       "converging", "ready"};
    return phase < CVG_PHASE_COUNT ? texts[phase] : "unknown";
}
