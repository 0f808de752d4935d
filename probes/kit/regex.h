/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended regular expressions (POSIX) within bounds: what a pattern can cost is known before it is
 * tried. No back references (they make matching exponential), no repetition of more than
 * CVG_KIT_REPEAT_MOST, none of a group by a number or of a repetition, and few of a group by + (they
 * multiply); at most CVG_KIT_SEARCH_MOST bytes are searched. Pure; any thread.
 */
#ifndef CVG_KIT_REGEX_H
#define CVG_KIT_REGEX_H

#include <stddef.h>

#define CVG_KIT_REPEAT_MOST 64
#define CVG_KIT_GROUPS_MOST 4
#define CVG_KIT_SEARCH_MOST ((size_t)64 << 10)

/* 0, or -1 and what is wrong with it. */
int cvg_kit_regex_check(const char *pattern, char *ret, size_t size);
/* It matches somewhere in the first of these bytes, behind which there is a NUL. One that does not pass the check never does. */
int cvg_kit_regex_matches(const char *pattern, const char *bytes, size_t length);

#endif
