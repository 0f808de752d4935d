/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check's steady state over a restart. What was saved changes nothing by itself: until the first
 * reading the check is unknown (NoReading) like any other, so nothing goes before fresh evidence, also not as
 * kept. The first reading settles it: where it is true within max_age of the last evidence before the stop,
 * status, since, a rise that was going on, and flap samples go on as if nothing had been missed but
 * readings; else they begin anew. Times are CLOCK_BOOTTIME of the running system; who
 * brings them over from another boot is src/wire/note.h. Pure.
 */
#ifndef CVG_MODEL_STEADY_SAVED_H
#define CVG_MODEL_STEADY_SAVED_H

#include "model/steady.h"

struct cvg_steady_saved {
    uint32_t status; /* as of fresh_at, before keep and flapping */
    int64_t since, fresh_at, ready_since, unready_since;
    uint32_t last_known;
    int64_t last_known_since;
    struct cvg_flap flap;
};

/* False: there is nothing to save yet (never read since the start, and nothing restored). A check that
 * was restored and not read since gives back what was restored. */
bool cvg_steady_save(const struct cvg_steady *steady, struct cvg_steady_saved *ret);
/* For a check that was not read yet; later it does nothing. Values from outside are made harmless: a status that
 * does not exist, times in the future, more samples than there are. */
void cvg_steady_restore(struct cvg_steady *steady, const struct cvg_steady_saved *saved,
                        int64_t now);

#endif
