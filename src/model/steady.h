/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steady status of one check: its readings after dwell (rise, fall), flap detection and
 * freshness.
 *
 *   latest reading   so far          steady status
 *   none             -               unknown, NoReading
 *   too old          -               unknown, Stale
 *   unknown          not ready       unknown, the reading's reason
 *   ready            not ready       progressing, Rising, until `rise` of uninterrupted ready
 *                                    readings. Polled: first and latest reading are that far
 *                                    apart, so there are two. Streams: that long ago, and fresh.
 *                                    With rise 0 one reading is enough for both
 *   ready            kept as ready   ready: no new rise, as with keep it never left
 *   ready            ready           ready; progressing with Flapping while it flaps
 *   other            not ready       the reading's status and reason
 *   other or unknown ready           ready, Falling, until `fall` has passed, then the reading's
 *
 * "Too old" begins at fresh_at + max_age, also while a dwell is running, and ends the uninterrupted
 * readiness: rise starts anew. Dwell is counted in the time of the evidence (observed_at).
 *
 * `on_unknown: keep` replaces an unknown steady status by the last known one for at most keep_ns
 * and says so (`kept`). Fresh is evidence that says something and is within max_age: neither kept
 * nor unknown is ever fresh, not even while `fall` still shows ready.
 *
 * A reading that was asked with other facts than the one before is of another thing (the host that
 * another check names has changed): a rise begins anew with it, and nothing of before is kept.
 *
 * Flapping is judged on the steady status, sampled every max(interval, 15 s); unknown carries the
 * last sample on.
 *
 * Transitions that only time makes (Stale, end of fall, end of rise for streams, end of keep)
 * happen at their own time, not when somebody looks: advancing in one step or in many gives the
 * same state. Deciding thread; pure, time is an argument (CLOCK_BOOTTIME nanoseconds).
 */
#ifndef CVG_MODEL_STEADY_H
#define CVG_MODEL_STEADY_H

#include "model/flap.h"
#include "model/reading.h"

enum cvg_on_unknown {
    CVG_ON_UNKNOWN_BLOCK = 0,
    CVG_ON_UNKNOWN_IGNORE,
    CVG_ON_UNKNOWN_KEEP
};

struct cvg_steady_rules {
    bool polled;
    int64_t interval_ns; /* polled: between readings; streams: 0 */
    int64_t rise_ns, fall_ns, max_age_ns;
    enum cvg_on_unknown on_unknown;
    int64_t keep_ns; /* with CVG_ON_UNKNOWN_KEEP */
};

struct cvg_steady_saved;

/* State. Zeroed is a check that was never read. Owns a reference on `latest`. */
struct cvg_steady {
    struct cvg_kept_reading *latest;
    int64_t fresh_at;    /* when the latest evidence was true: observed_at, or a later alive() */
    int64_t ready_since; /* first of the uninterrupted ready readings; 0: the latest is not ready */
    int64_t unready_since; /* first of the uninterrupted other readings; 0: the latest is ready */
    uint32_t status;       /* enum cvg_status, as of advanced_to, before keep and flapping */
    int64_t since;         /* of `status`; 0: never read */
    bool stale;            /* the latest evidence expired, and nothing came since */
    uint32_t last_known;   /* the latest status that was not unknown; CVG_UNKNOWN: none yet */
    int64_t last_known_since;
    int64_t advanced_to;
    uint64_t inputs; /* of the latest reading that was asked with any; 0: none was */
    struct cvg_flap flap;
    /* Owned; what was so before a restart, until the first reading says whether it goes on (see
     * steady_saved.h). NULL: nothing, or it is settled. */
    struct cvg_steady_saved *resume;
};

/* What the check counts as now. Texts are static, or the reading's (a reference on `reading` keeps
 * them). */
struct cvg_steady_view {
    uint32_t status;
    const char *reason;
    int64_t since;      /* of the status shown; 0: never read */
    bool fresh;         /* known and within max_age; never true for kept, unknown or unread */
    bool kept;          /* unknown for `reason`, shown as the last known status */
    int64_t kept_since; /* when it became unknown; 0: not kept */
    bool flapping, rising, falling;
    int64_t observed_at; /* when the latest evidence was known to be true; 0: never */
    int64_t expires_at;  /* when the evidence becomes Stale; 0: it is, or never read */
    int64_t dwell_done_ns, dwell_of_ns; /* rising: how much of rise has been seen */
    int64_t next_change_at;             /* the view changes then by time alone; CVG_NEVER */
    int64_t
        earliest_ready_at; /* the soonest it can count as ready if all goes well; now if it does */
};

void cvg_steady_done(struct cvg_steady *steady);
/* A new reading; takes over the caller's reference. Readings older than the latest are dropped
 * (returns false). */
bool cvg_steady_observe(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                        struct cvg_kept_reading *reading, int64_t now);
/* Streams: the latest reading was still true at `at`. After Stale this counts as a new reading.
 * Nothing for polled checks, whose silence says nothing. */
void cvg_steady_alive(struct cvg_steady *steady, const struct cvg_steady_rules *rules, int64_t at,
                      int64_t now);
/* Applies what time alone changes up to now. */
void cvg_steady_advance(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                        int64_t now);
/* After cvg_steady_advance(..., now). */
struct cvg_steady_view cvg_steady_view(const struct cvg_steady *steady,
                                       const struct cvg_steady_rules *rules, int64_t now);
/* max_age where the operator gave none: the larger of 60 s and 3 x interval + timeout; 150 s for
 * streams. */
int64_t cvg_steady_default_max_age(bool polled, int64_t interval_ns, int64_t timeout_ns);

#endif
