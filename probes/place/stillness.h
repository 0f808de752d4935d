/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a document has stood still: the clock of `settle`, the grace of one that is being
 * written, and the time of a lock, over looks and restarts. A state that is whole in the middle of
 * an apply looks like a finished one; only that it stays so tells them apart.
 *
 * It stands still since the later of: first seen with these bytes, last seen torn or locked. The
 * place's own time of change proves more, but only where it is later than the look before: a
 * document that was put back with an old time is new all the same. The grace does not run while a
 * lock is held: an apply that locks an empty state leaves it empty until its first write.
 *
 * Pure; plain bytes that the module may keep in a memory of its own. Times are wall nanoseconds.
 */
#ifndef CVG_PLACE_STILLNESS_H
#define CVG_PLACE_STILLNESS_H

#include <stdint.h>

#define CVG_PLACE_DIGEST 32

/* Zeroed: nothing was seen. */
struct cvg_place_stillness {
    uint32_t known; /* digest is that of the latest whole document */
    uint32_t reserved;
    unsigned char digest[CVG_PLACE_DIGEST];
    int64_t seen_at;      /* the latest look; 0: none */
    int64_t still_since;  /* whole, unlocked and unchanged since; 0: not now */
    int64_t torn_since;   /* torn and unlocked since; 0: whole */
    int64_t locked_since; /* 0: not locked */
};

/* What one look showed. digest NULL: no whole document (torn, or there is none). An unchanged
 * document is fed with the digest that is remembered. */
struct cvg_place_glance {
    const unsigned char *digest;
    uint32_t torn, locked;
    int64_t changed_at; /* by the place; 0: not told */
    int64_t wall;       /* of the look */
};

enum cvg_place_standing {
    CVG_PLACE_GONE = 0, /* no document, no lock */
    CVG_PLACE_BEING_WRITTEN,
    CVG_PLACE_TORN_TOO_LONG,
    CVG_PLACE_LOCKED,
    CVG_PLACE_SETTLING,
    CVG_PLACE_SETTLED,
};

/* Moves the clocks on, and says where they stand. settle, grace: nanoseconds. Torn is told before
 * locked. */
enum cvg_place_standing cvg_place_stillness_see(struct cvg_place_stillness *stillness,
                                                const struct cvg_place_glance *glance,
                                                int64_t settle, int64_t grace);
/* 1: the next look would not say the same for time alone: *ret is when that is so (wall). 0: only
 * a change of the document or lock can. */
int cvg_place_stillness_due(const struct cvg_place_stillness *stillness, int64_t settle,
                            int64_t grace, int64_t *ret);

#endif
