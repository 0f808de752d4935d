/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of history: something about an environment became something else. Enough to draw a timeline
 * and to judge the past by another policy. A `start` row says that nothing was known from here on:
 * the checks, the phase and the verdicts begin again at unknown. Plain data; texts are borrowed,
 * never NULL.
 */
#ifndef CVG_RECORD_CHANGE_H
#define CVG_RECORD_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

/* Ceiling of each text in bytes; an engine may refuse what is longer. */
#define CVG_CHANGE_TEXT 8192

enum cvg_change_kind {
    CVG_CHANGE_START = 0,     /* the daemon started; after: its version */
    CVG_CHANGE_STATUS,        /* steady status or reason of the check `name` */
    CVG_CHANGE_PHASE,         /* of the environment; name "" */
    CVG_CHANGE_VERDICT,       /* of the gate `name`, without a subject */
    CVG_CHANGE_SOURCE,        /* the source `name` became "available" or "unavailable" */
    CVG_CHANGE_CONFIGURATION, /* after: digest of the configuration that is in force */
    CVG_CHANGE_GAP,           /* history was lost here; after: how many rows, reason: why */
    CVG_CHANGE_KINDS
};

struct cvg_change {
    uint64_t number; /* rising, unique over all environments; given by the store */
    int64_t at;      /* wall time, nanoseconds since 1970 */
    uint32_t kind;   /* enum cvg_change_kind */
    const char *environment;
    const char *name;
    const char *before, *after; /* words: a status, a phase, a verdict */
    const char *reason;         /* a reason code, or "" */
    const char *message;        /* for people, or "" */
    bool has_value;
    double value; /* of the reading */

    /* Of a status, so that it can be judged again: whether the check was unknown for `reason` and
     * counted as `after` all the same, and when its evidence was true (wall; 0: there was none). */
    bool kept;
    int64_t observed_at;
};

/* "status"; "unknown" for numbers that do not exist. */
const char *cvg_change_kind_text(uint32_t kind);
/* False: there is no such word. */
bool cvg_change_kind_read(const char *text, uint32_t *ret);

#endif
