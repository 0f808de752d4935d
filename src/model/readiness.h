/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readiness: the fold of an environment's checks. A pure function of the checks' rules, their
 * steady views and the time; the order of the checks does not matter.
 *
 * Phase, over required checks, worst first:
 *   failed      one is failed
 *   unknown     one is unknown (not with on_unknown: ignore), or there is none to go by
 *   degraded    one is degraded
 *   converging  one is progressing
 *   ready       all are ready, and one at least is fresh
 *
 * An unknown check with on_unknown: ignore stands in nobody's way, but it is not ready either: it
 * counts in `of`, not in `ready`. Checks that are not required count for score and coverage alone.
 */
#ifndef CVG_MODEL_READINESS_H
#define CVG_MODEL_READINESS_H

#include "base/alloc.h"
#include "model/steady.h"

enum cvg_phase {
    CVG_PHASE_FAILED = 0,
    CVG_PHASE_UNKNOWN,
    CVG_PHASE_DEGRADED,
    CVG_PHASE_CONVERGING,
    CVG_PHASE_READY,
};

#define CVG_PHASE_COUNT 5
const char *cvg_phase_text(uint32_t phase); /* "converging" */

enum cvg_failed_rule {
    CVG_FAILED_WAIT = 0,
    CVG_FAILED_HALT,
    CVG_FAILED_HALT_AFTER
};

/* What the configuration says of a check, as the model needs it. Names are borrowed from the
 * configuration. */
struct cvg_check_rules {
    const char *name;
    const char *source;
    const char *component; /* NULL: none */
    uint32_t plane;        /* enum cvg_plane */
    bool required;
    double weight; /* 0.000001 to 1000000; counts in steps of a millionth, so that sums are exact */
    struct cvg_steady_rules steady;
    enum cvg_failed_rule on_failed;
    int64_t halt_after_ns;
    bool degraded_goes; /* on_degraded: go */
    bool disagrees;     /* agree: false: its revision is of another kind */
};

/* One check as it stands. */
struct cvg_check_view {
    const struct cvg_check_rules *rules;
    struct cvg_steady_view steady;
    struct cvg_kept_reading *reading; /* NULL: never read; owned by whoever holds the readiness */
};

struct cvg_plane_view {
    size_t ready, of;    /* required checks */
    int64_t ready_since; /* all that are not ignored are ready since then; 0: not, or none */
};

struct cvg_component_view {
    const char *name;
    uint32_t phase;
    size_t ready, of; /* required checks */
    struct cvg_plane_view planes[CVG_PLANE_COUNT];
    bool covered[CVG_PLANE_COUNT]; /* has a fresh check on that plane */
};

struct cvg_readiness {
    const struct cvg_check_view *checks; /* the caller's */
    size_t check_count;
    uint32_t phase;
    double score;     /* weight of ready checks / weight of all, 0 to 1; 0 without checks */
    size_t ready, of; /* required checks */
    struct cvg_plane_view planes[CVG_PLANE_COUNT];
    bool
        declared_not_observed; /* declared is all ready, observed is not: the classic false green */
    bool has_lag, lag_open;
    /* Observed's last change to ready minus declared's (0 where observed was first); open: since
     * declared's. has_lag: both planes have required checks, and declared is ready. */
    int64_t lag_ns;
    struct cvg_component_view *components; /* in the arena, sorted by name */
    size_t component_count;
    size_t covered, coverable; /* (plane, component) pairs; coverage is their quotient, 1 for 0/0 */
    int64_t at;                /* the time it was folded for */
    int64_t next_change_at;    /* the earliest of the checks' */
};

/* Components and everything else it allocates come from the arena. checks must live as long as
 * the result. */
void cvg_readiness_fold(const struct cvg_check_view *checks, size_t count, int64_t now,
                        struct cvg_arena *arena, struct cvg_readiness *ret);

#endif
