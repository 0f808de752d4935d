/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of a check's state from one look to the next, and over restarts: which state it
 * was, since when it stands still, and what was seen of applies on the way. Going back, another
 * lineage, and the same serial with other content raise an alarm that stays until what is
 * remembered is forgotten (`convergate accept`); so does a memory that cannot be read.
 *
 * All times are of the wall clock, and move with it: where it is set, what lies between two looks is
 * told by the clock of the machine's uptime, so that no state settles by a jump. Pure; one owner.
 */
#ifndef CVG_TF_REMEMBER_H
#define CVG_TF_REMEMBER_H

#include "place/stillness.h"
#include "survey.h"

#include <stddef.h>
#include <stdint.h>

enum cvg_tf_alarm {
    CVG_TF_NO_ALARM = 0,
    CVG_TF_SERIAL_BEHIND,
    CVG_TF_LINEAGE_CHANGED,
    CVG_TF_SAME_SERIAL_OTHER_CONTENT,
    CVG_TF_MEMORY_LOST,
    CVG_TF_ALARMS
};

struct cvg_tf_memory {
    uint32_t known;       /* a state with a serial was seen: lineage, serial */
    uint32_t digested;    /* a whole document was seen: digest */
    uint32_t alarm;       /* enum cvg_tf_alarm */
    uint32_t clock_known; /* clock */
    char lineage[128];    /* of the newest state that was accepted; a long one as its digest */
    char other_lineage[128];
    uint64_t serial, other_serial; /* other: of the one that raised the alarm */
    unsigned char digest[32];
    int64_t clock; /* the wall clock's time minus host->now() */
    struct cvg_place_stillness stillness;
    int64_t lock_since;  /* held since; 0: not held */
    int64_t apply_since; /* a lock of an apply, or changes follow each other since; 0: none */
    /* For people, counted while this check looks on. */
    uint64_t applies, failed_applies;
    uint64_t drift; /* objects that the latest plan or assessment found changed */
    int64_t last_apply_ns, last_lock_ns;
};

/* What one look showed of the state. */
struct cvg_tf_look {
    const struct cvg_tf_survey *survey; /* NULL: no whole document */
    uint32_t torn;
    uint32_t held;       /* a lock is held, */
    uint32_t counts;     /* and stands for a change, */
    uint32_t applying;   /* and says that it is an apply's */
    uint32_t stale;      /* a lock's note without its holder */
    uint32_t broken;     /* the state looks as after an apply that failed */
    int64_t held_since;  /* wall, by the lock; 0: not told */
    int64_t changed_at;  /* wall, by the place; 0: not told */
    int64_t wall;        /* of the look */
    int64_t observed_at; /* host->now() of the look; 0: not told */
};

/* Moves all on, raises the alarm where there is one, and says how still the document stands. */
enum cvg_place_standing cvg_tf_memory_see(struct cvg_tf_memory *memory,
                                          const struct cvg_tf_look *look, int64_t settle,
                                          int64_t grace);

/* Bytes for host->remember, and back; versioned, strict; equal where nothing is to be remembered
 * anew. -1: they are none of ours, and *ret is a memory with the alarm MEMORY_LOST: it is to be
 * judged with, so that nothing that was known is forgotten without anybody's word. */
#define CVG_TF_MEMORY_BYTES 1024
size_t cvg_tf_memory_write(const struct cvg_tf_memory *memory, char ret[CVG_TF_MEMORY_BYTES]);
int cvg_tf_memory_read(const void *bytes, size_t length, struct cvg_tf_memory *ret);

#endif
