/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a lock of a DIY backend says about itself: {"pid","username","hostname","timestamp"}. One that
 * cannot be read is a lock all the same. Pure.
 */
#ifndef CVG_PULUMI_LOCK_H
#define CVG_PULUMI_LOCK_H

#include <stddef.h>
#include <stdint.h>

struct cvg_pulumi_lock {
    char who[128];      /* "deploy@build-7", printable; "": not told */
    int64_t created_at; /* wall; 0: not told, or in the future */
};

void cvg_pulumi_lock_read(const char *note, size_t length, int64_t wall,
                          struct cvg_pulumi_lock *ret);

#endif
