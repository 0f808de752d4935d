/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention takes away what is old, in rounds of small steps: history and records past their age,
 * then, while what is there needs more than it may, the oldest history and after that the oldest
 * records; and at last space that is free inside is given back. Each step is one short transaction; a step that took long makes the next one smaller.
 * Records go from the front of the chain only, and a signed checkpoint stays in their place; the
 * newest record always stays. For there to be fewer checkpoints records may become older by a
 * hundredth of their age before the first one goes.
 *
 * Age is a row's own time held against a clock that cannot jump. The wall clock can: forward by
 * years over a bad time server, and all rows would be old at once. So retention has a clock of its
 * own, which follows the wall clock at most four times as fast as time passes (CLOCK_BOOTTIME), and
 * is kept in the database over restarts; and of both the earlier one counts. A jump by years then
 * takes away a few hours' worth of rows for each hour that nobody mends the clock; a machine that
 * was off for a month has caught up after ten days, and only has too much until then.
 *
 * Time is an argument everywhere. The store's thread.
 */
#ifndef CVG_STORE_RETENTION_H
#define CVG_STORE_RETENTION_H

#include "store/session.h"

struct cvg_retention_clock {
    int64_t read;    /* what it shows, wall; 0: not set */
    int64_t read_at; /* CLOCK_BOOTTIME */
};

/* saved: what it showed when it was kept last; what is before this program was written, 0 included,
 * says nothing, and the wall clock is believed. */
void cvg_retention_clock_set(struct cvg_retention_clock *clock, int64_t saved, int64_t now,
                             int64_t wall);
/* Lets it go on, and returns the time against which ages are measured. */
int64_t cvg_retention_clock_read(struct cvg_retention_clock *clock, int64_t now, int64_t wall);

enum cvg_retention_phase {
    CVG_RETENTION_RESTS = 0,
    CVG_RETENTION_OLD_CHANGES,
    CVG_RETENTION_OLD_RECORDS,
    CVG_RETENTION_SPACE, /* the database is larger than it may be */
    CVG_RETENTION_SHRINK
};

struct cvg_retention {
    int64_t keep_records_ns, keep_changes_ns; /* 0: for ever */
    uint64_t keep_bytes;                      /* 0: no ceiling */
    struct cvg_retention_clock clock;
    enum cvg_retention_phase phase;
    int64_t due;      /* CLOCK_BOOTTIME: of the next step */
    uint64_t rows;    /* that a step takes */
    uint64_t left;    /* rows that this round may still take for space */
    unsigned shrinks; /* steps that may still give space back in this round */
    bool again;       /* the next round begins soon: there is more to do */
    bool of_changes;  /* what goes for space */
    bool draining;    /* records have begun to go in this round */
};

void cvg_retention_init(struct cvg_retention *retention, int64_t keep_records_ns,
                        int64_t keep_changes_ns, uint64_t keep_bytes);
/* A database was opened: reads the clock that is kept there, and begins a round soon. */
CVG_NODISCARD int cvg_retention_open(struct cvg_retention *retention, struct cvg_session *session,
                                     int64_t now, int64_t wall, enum cvg_store_fault *ret_fault,
                                     struct cvg_error *reterr);

struct cvg_retention_step {
    struct cvg_session *session;   /* no transaction is open */
    const struct cvg_ed25519 *key; /* signs checkpoints */
    uint64_t last;                 /* number of the last record that is acknowledged: it stays */
    int64_t now, wall;

    uint64_t records, changes; /* what it took away */
};

/* One step, where it is due; sets when the next one is. After a failure nothing of it is there. */
CVG_NODISCARD int cvg_retention_step(struct cvg_retention *retention,
                                     struct cvg_retention_step *step,
                                     enum cvg_store_fault *ret_fault, struct cvg_error *reterr);

#endif
