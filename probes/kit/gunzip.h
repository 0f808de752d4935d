/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking a gzip file (RFC 1952) that is in memory. Strict: one member, whole, with the right check
 * sum and length, and nothing behind it. Bounded by what comes out of it, whatever went in. Pure; any thread.
 */
#ifndef CVG_KIT_GUNZIP_H
#define CVG_KIT_GUNZIP_H

#include <stddef.h>

enum cvg_kit_gunzip_result {
    CVG_KIT_GUNZIP_DONE = 0,
    CVG_KIT_GUNZIP_CUT,       /* what there is, is well-formed, and the rest is missing */
    CVG_KIT_GUNZIP_BROKEN,    /* not gzip, or damaged */
    CVG_KIT_GUNZIP_TRAILING,  /* something follows its end */
    CVG_KIT_GUNZIP_TOO_LARGE, /* over limit */
};

/* Does it begin as gzip. */
int cvg_kit_is_gzip(const char *bytes, size_t length);
/* *ret is the caller's to free, with a NUL behind ret_length bytes, at most limit; untouched unless DONE. */
enum cvg_kit_gunzip_result cvg_kit_gunzip(const char *bytes, size_t length, size_t limit,
                                          char **ret, size_t *ret_length);
/* "is cut short", for people; "" where DONE. */
const char *cvg_kit_gunzip_text(enum cvg_kit_gunzip_result result);

#endif
