/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check's steady state over a restart. What was saved changes nothing by itself: until the first
 * reading the check is unknown (NoReading) like any other, so nothing goes before fresh evidence,
 * also not as kept. The first reading settles it:
 *
 *   it comes while what was saved   status, since, dwells that were going on and what keep would
 *   is within max_age, and it       show go on as if nothing had been missed but readings
 *   says something
 *
 *   it is unknown, or comes later,  begins anew: unknown is no evidence, and a dwell that could
 *   or a fall has ended meanwhile   not be watched did not happen
 *
 *   it is older than the latest     dropped, as it would have been without the restart
 *   reading before the stop
 *
 * Flap samples go on in any case, with those that were missed filled in, since a history can only
 * hold a check back. So no steady status is ready earlier than it would have been without the
 * restart.
 *
 * Times are CLOCK_BOOTTIME of the running system, negative where they are of before its boot; who
 * brings them over from another boot is src/wire/note.h. Pure.
 */
#ifndef CVG_MODEL_STEADY_SAVED_H
#define CVG_MODEL_STEADY_SAVED_H

#include "model/steady.h"

/* Members as in struct cvg_steady. */
struct cvg_steady_saved {
    uint32_t status;     /* before keep and flapping */
    int64_t observed_at; /* of the latest reading */
    int64_t since, fresh_at, ready_since, unready_since;
    uint32_t last_known;
    int64_t last_known_since;
    uint64_t inputs;
    struct cvg_flap flap;
};

/* False: there is nothing to save yet (never read since the start, and nothing restored). A check
 * that was restored and not read since gives back what was restored. */
bool cvg_steady_save(const struct cvg_steady *steady, struct cvg_steady_saved *ret);
/* For a check that was not read yet; later it does nothing. Values from outside are made harmless:
 * what cannot have been (a status that does not exist, times in the future, two dwells at once)
 * is not restored at all; false then. */
bool cvg_steady_restore(struct cvg_steady *steady, const struct cvg_steady_saved *saved,
                        int64_t now);
/* For steady.c: a reading of that status came, and counts. The state is advanced to now. */
void cvg_steady_settle(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                       uint32_t status);

#endif
