/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of a check's state from one look to the next, and over restarts: which state it
 * was, since when it stands still, and what was seen of applies on the way. Going back, another
 * lineage, and the same serial with other content raise an alarm that stays until what is
 * remembered is forgotten (`convergate accept`). Pure; one owner.
 */
#ifndef CVG_TF_REMEMBER_H
#define CVG_TF_REMEMBER_H

#include <stddef.h>
#include <stdint.h>

enum cvg_tf_alarm {
    CVG_TF_NO_ALARM = 0,
    CVG_TF_SERIAL_BEHIND,
    CVG_TF_LINEAGE_CHANGED,
    CVG_TF_SAME_SERIAL_OTHER_CONTENT
};

struct cvg_tf_memory {
    uint32_t known;                            /* a state was seen */
    uint32_t alarm;                            /* enum cvg_tf_alarm */
    char lineage[128], serial[24];             /* of the newest state that was accepted */
    char other_lineage[128], other_serial[24]; /* of the one that raised the alarm */
    unsigned char digest[32];
    int64_t still_since;  /* wall: unchanged, whole and unlocked since; 0: not now */
    int64_t torn_since;   /* wall; 0: whole */
    int64_t locked_since; /* wall; 0: not locked */
    int64_t apply_since;  /* wall: a lock of an apply, or changes follow each other since; 0 */
    /* For people, counted while this check looks on. */
    uint64_t applies, failed_applies, drift;
    int64_t last_apply_ns, last_lock_ns;
};

/* Bytes for host->remember, and back; versioned, strict; -1: they are none of ours. */
#define CVG_TF_MEMORY_BYTES 1024
size_t cvg_tf_memory_write(const struct cvg_tf_memory *memory, char ret[CVG_TF_MEMORY_BYTES]);
int cvg_tf_memory_read(const void *bytes, size_t length, struct cvg_tf_memory *ret);

#endif
