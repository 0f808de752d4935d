/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is remembered of a check's stack from one look to the next, and over restarts: since when it
 * stands still, and the newest update that was seen. A stack has no serial; what goes back in time was
 * put back by somebody, and stays unknown until what is remembered is forgotten (`convergate accept`).
 * Pure; one owner.
 */
#ifndef CVG_PULUMI_REMEMBER_H
#define CVG_PULUMI_REMEMBER_H

#include "place/stillness.h"

#include <stddef.h>

struct cvg_pulumi_memory {
    struct cvg_place_stillness still;
    int64_t newest; /* manifest.time of the newest stack that was seen; 0: none */
    int64_t behind; /* manifest.time of the older one that came after it; 0: no alarm */
};

/* Clocks of those who deploy may differ by so much. */
#define CVG_PULUMI_CLOCKS_APART (INT64_C(300) * 1000000000)

/* A whole stack was seen; time 0: it has none. One that is ahead of our clock counts as of now. */
void cvg_pulumi_memory_see(struct cvg_pulumi_memory *memory, int64_t time, int64_t wall);

/* Bytes for host->remember, and back; versioned, strict; -1: they are none of ours. */
#define CVG_PULUMI_MEMORY_BYTES 128
void cvg_pulumi_memory_write(const struct cvg_pulumi_memory *memory,
                             unsigned char ret[CVG_PULUMI_MEMORY_BYTES]);
int cvg_pulumi_memory_read(const void *bytes, size_t length, struct cvg_pulumi_memory *ret);
/* Nonzero where both differ in more than when the latest look was, or that by over a minute: else it
 * need not be written. */
int cvg_pulumi_memory_moved(const struct cvg_pulumi_memory *before,
                            const struct cvg_pulumi_memory *after);

#endif
