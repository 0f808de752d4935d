/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a path leads to, and where a change of that would show: in the folder of the file itself
 * and in that of each symbolic link on the way, by the name that stands there. Only files of this
 * folder include it.
 */
#ifndef CVG_IO_WATCH_INNER_H
#define CVG_IO_WATCH_INNER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define CVG_PLACES_MAX 16

struct cvg_place {
    char folder[PATH_MAX]; /* exists */
    char name[NAME_MAX + 1];
};

/* Equal prints: nothing has changed. */
struct cvg_print {
    bool exists;
    uint64_t device, inode, size;
    int64_t mtime_ns, ctime_ns;
};

struct cvg_trail {
    struct cvg_place places[CVG_PLACES_MAX];
    int count;
    struct cvg_print print;
};

/* Blocking; for worker threads. path is absolute. Where something on the way does not exist, the
 * trail ends with the name that is missing, in the nearest folder that is there. */
void cvg_trail_follow(const char *path, struct cvg_trail *ret);

#endif
