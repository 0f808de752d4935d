/* SPDX-License-Identifier: Apache-2.0 */
/* Seeing the next look; see remember.h. */
#include "remember.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Two clocks that are read one after the other are not apart by exactly the same each time. */
#define CLOCK_SLACK INT64_C(1000000000)

/* ---- time ---- */

/* 0 is no time, and INT64_MAX one that lies behind all others: both stay. */
static void move(int64_t *time, int64_t by)
{
    int64_t moved = 0;
    if (*time == 0 || *time == INT64_MAX) {
        return;
    }
    if (__builtin_add_overflow(*time, by, &moved)) {
        moved = by > 0 ? INT64_MAX : 1;
    }
    *time = moved < 1 ? 1 : moved;
}

/* After a reboot the uptime begins anew, and times move to where too little seems to have passed:
 * that costs one more `settle`, and never opens anything. */
static void follow_clock(struct cvg_tf_memory *memory, const struct cvg_tf_look *look)
{
    if (look->observed_at <= 0 || look->wall < 0) {
        return;
    }
    int64_t clock = look->wall - look->observed_at;
    int64_t by = memory->clock_known ? clock - memory->clock : 0;
    if (memory->clock_known && by < CLOCK_SLACK && by > -CLOCK_SLACK) {
        return;
    }
    memory->clock = clock;
    memory->clock_known = 1;
    move(&memory->stillness.still_since, by);
    move(&memory->stillness.torn_since, by);
    move(&memory->stillness.locked_since, by);
    move(&memory->stillness.seen_at, by);
    move(&memory->lock_since, by);
    move(&memory->apply_since, by);
}

static int64_t between(int64_t since, int64_t until)
{
    return since < until ? until - since : 0;
}

/* ---- which state it is ---- */

/* Lineages are short; what is longer is told apart by a number made of all of it. */
static void name_lineage(const char *lineage, char ret[128])
{
    size_t length = strlen(lineage);
    if (length < 100) {
        memcpy(ret, lineage, length + 1);
        return;
    }
    uint64_t sum = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (size_t i = 0; i < length; i++) {
        sum = (sum ^ (unsigned char)lineage[i]) * UINT64_C(0x100000001B3);
    }
    (void)snprintf(ret, 128, "%.80s#%zu#%016" PRIx64, lineage, length, sum);
}

static enum cvg_tf_alarm compare(const struct cvg_tf_memory *memory,
                                 const struct cvg_tf_survey *survey, const char *lineage)
{
    if (!memory->known) {
        return CVG_TF_NO_ALARM;
    }
    if (strcmp(memory->lineage, lineage) != 0) {
        return CVG_TF_LINEAGE_CHANGED;
    }
    if (survey->serial_number < memory->serial) {
        return CVG_TF_SERIAL_BEHIND;
    }
    if (survey->serial_number == memory->serial && memory->digested &&
        memcmp(memory->digest, survey->digest, sizeof(memory->digest)) != 0) {
        return CVG_TF_SAME_SERIAL_OTHER_CONTENT;
    }
    return CVG_TF_NO_ALARM;
}

static void identify(struct cvg_tf_memory *memory, const struct cvg_tf_survey *survey)
{
    char lineage[128];
    name_lineage(survey->lineage, lineage);
    memory->alarm = compare(memory, survey, lineage);
    if (memory->alarm != CVG_TF_NO_ALARM) {
        memcpy(memory->other_lineage, lineage, sizeof(lineage));
        memory->other_serial = survey->serial_number;
    } else {
        memory->known = 1;
        memcpy(memory->lineage, lineage, sizeof(lineage));
        memory->serial = survey->serial_number;
    }
}

/* Returns 1 where it is another document than the one before. An alarm keeps what was known. */
static int see_document(struct cvg_tf_memory *memory, const struct cvg_tf_survey *survey)
{
    if (survey == NULL || memory->alarm != CVG_TF_NO_ALARM) {
        return 0;
    }
    if (survey->has_serial) {
        identify(memory, survey);
        if (memory->alarm != CVG_TF_NO_ALARM) {
            return 0;
        }
    }
    int changed =
        memory->digested && memcmp(memory->digest, survey->digest, sizeof(memory->digest)) != 0;
    memory->digested = 1;
    memcpy(memory->digest, survey->digest, sizeof(memory->digest));
    return changed;
}

/* ---- what was seen of applies ---- */

static int64_t since_of(const struct cvg_tf_look *look)
{
    return look->held_since > 0 && look->held_since <= look->wall ? look->held_since : look->wall;
}

static void see_lock(struct cvg_tf_memory *memory, const struct cvg_tf_look *look)
{
    if (look->held && memory->lock_since == 0) {
        memory->lock_since = since_of(look);
    } else if (!look->held && memory->lock_since != 0) {
        /* Of a holder that died nobody knows how long it held. */
        if (!look->stale) {
            memory->last_lock_ns = between(memory->lock_since, look->wall);
        }
        memory->lock_since = 0;
    }
}

static void see_apply(struct cvg_tf_memory *memory, const struct cvg_tf_look *look, int changed,
                      enum cvg_place_standing standing)
{
    if (memory->apply_since == 0 && (look->applying || changed)) {
        memory->apply_since = look->applying ? since_of(look) : look->wall;
    }
    if (memory->apply_since != 0 && standing == CVG_PLACE_SETTLED && !look->held && !look->stale) {
        memory->applies++;
        memory->failed_applies += look->broken != 0;
        memory->last_apply_ns = between(memory->apply_since, memory->stillness.still_since);
        memory->apply_since = 0;
    }
}

enum cvg_place_standing cvg_tf_memory_see(struct cvg_tf_memory *memory,
                                          const struct cvg_tf_look *look, int64_t settle,
                                          int64_t grace)
{
    follow_clock(memory, look);
    int changed = see_document(memory, look->survey);
    see_lock(memory, look);
    const struct cvg_place_glance glance = {
        .digest = look->survey == NULL ? NULL : look->survey->digest,
        .torn = look->torn,
        /* The grace of what a dead writer tore must run out. */
        .locked = look->counts || (look->stale && !look->torn),
        .changed_at = look->changed_at,
        .wall = look->wall,
    };
    enum cvg_place_standing standing =
        cvg_place_stillness_see(&memory->stillness, &glance, settle, grace);
    see_apply(memory, look, changed, standing);
    return standing;
}
