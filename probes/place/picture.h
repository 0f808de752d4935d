/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a file that others rewrite in place, as one picture: either all bytes stood there at one
 * instant, or it is said that they did not. Size, times and inode before and after tell that; and
 * as the kernel stamps changes with a clock that stands still for some milliseconds, the bytes of
 * a file that was changed just now are read twice and held against each other.
 *
 * Blocking: on a worker. One owner.
 */
#ifndef CVG_PLACE_PICTURE_H
#define CVG_PLACE_PICTURE_H

#include "place/signs.h"

/* What tells one content of a file from the next. */
struct cvg_place_print {
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
    int64_t taken_wall; /* when it was looked at; 0: never */
};

struct cvg_place_picture {
    int32_t
        error; /* errno: ENOENT; EISDIR, EINVAL: no regular file; EFBIG: over the limit; 0: read */
    uint32_t torn;      /* each try saw it change: the bytes are of several instants */
    uint32_t unchanged; /* it is as `known` says, and was not read */
    char *bytes;        /* malloc'd, a NUL behind */
    size_t length;
    struct cvg_place_print print;
};

/* known: the print of the latest picture. until: on CLOCK_BOOTTIME; no try begins after that. Each
 * descriptor is asked for locks before and after it is read. */
void cvg_place_picture_take(struct cvg_place_picture *picture, const char *path, size_t limit,
                            const struct cvg_place_print *known, int64_t until,
                            struct cvg_place_signs *signs);

#endif
