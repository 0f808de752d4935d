/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks of a document, look after look; see stillness.h. */
#include "place/stillness.h"

#include <string.h>

/* A clock that was set back must not make an age negative, nor keep a wait for years. */
static void hold_back(int64_t *since, int64_t wall)
{
    if (*since > wall) {
        *since = wall;
    }
}

static int proves(const struct cvg_place_stillness *before, const struct cvg_place_glance *glance)
{
    return glance->changed_at > before->seen_at && glance->changed_at <= glance->wall;
}

static void see_lock(struct cvg_place_stillness *stillness, const struct cvg_place_glance *glance)
{
    if (!glance->locked) {
        stillness->locked_since = 0;
    } else if (stillness->locked_since == 0) {
        stillness->locked_since = glance->wall;
    }
}

static void see_torn(struct cvg_place_stillness *stillness, const struct cvg_place_glance *glance)
{
    if (!glance->torn || glance->locked) {
        stillness->torn_since = 0;
    } else if (stillness->torn_since == 0) {
        stillness->torn_since = glance->wall;
    }
}

static void see_document(struct cvg_place_stillness *stillness,
                         const struct cvg_place_glance *glance, int was_locked)
{
    if (!glance->digest || glance->torn) {
        stillness->known = 0;
        stillness->still_since = 0;
        return;
    }
    int same = stillness->known && memcmp(stillness->digest, glance->digest, CVG_PLACE_DIGEST) == 0;
    stillness->known = 1;
    memcpy(stillness->digest, glance->digest, CVG_PLACE_DIGEST);
    if (glance->locked) {
        stillness->still_since = 0;
    } else if (!same || stillness->still_since == 0) {
        /* Who held the lock may have let go of it long after its last write. */
        stillness->still_since =
            !was_locked && proves(stillness, glance) ? glance->changed_at : glance->wall;
    }
}

enum cvg_place_standing cvg_place_stillness_see(struct cvg_place_stillness *stillness,
                                                const struct cvg_place_glance *glance,
                                                int64_t settle, int64_t grace)
{
    int was_locked = stillness->locked_since != 0;
    hold_back(&stillness->seen_at, glance->wall);
    hold_back(&stillness->still_since, glance->wall);
    hold_back(&stillness->torn_since, glance->wall);
    hold_back(&stillness->locked_since, glance->wall);
    see_lock(stillness, glance);
    see_torn(stillness, glance);
    see_document(stillness, glance, was_locked);
    stillness->seen_at = glance->wall;
    if (glance->torn) {
        int64_t torn = glance->locked ? 0 : glance->wall - stillness->torn_since;
        return glance->locked || torn < grace ? CVG_PLACE_BEING_WRITTEN : CVG_PLACE_TORN_TOO_LONG;
    }
    if (glance->locked) {
        return CVG_PLACE_LOCKED;
    }
    if (!stillness->known) {
        return CVG_PLACE_GONE;
    }
    return glance->wall - stillness->still_since < settle ? CVG_PLACE_SETTLING : CVG_PLACE_SETTLED;
}

int cvg_place_stillness_due(const struct cvg_place_stillness *stillness, int64_t settle,
                            int64_t grace, int64_t *ret)
{
    int64_t since = 0, length = 0;
    if (stillness->torn_since != 0) {
        since = stillness->torn_since;
        length = grace;
    } else if (stillness->still_since != 0) {
        since = stillness->still_since;
        length = settle;
    }
    if (since == 0 || stillness->seen_at - since >= length) {
        return 0;
    }
    *ret = since + length;
    return 1;
}
