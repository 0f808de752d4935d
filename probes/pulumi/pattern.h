/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources as operators write them, against those of a stack: TYPE::NAME, or a whole URN. A `*`
 * stands for any text, also an empty one. A type is that of the resource itself, or with a `$` in
 * it the one with its parents' types, as the URN has it. Pure; any thread.
 */
#ifndef CVG_PULUMI_PATTERN_H
#define CVG_PULUMI_PATTERN_H

#include <stddef.h>

/* The parts of a URN: urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME. They point into its text. */
struct cvg_pulumi_urn {
    const char *text;
    const char *qualified, *type; /* with the parents' types, and without; up to type_end */
    const char *type_end;
    const char *name; /* the rest; may have :: in it */
};

/* 0, or -1 where it is none. */
int cvg_pulumi_urn_read(const char *text, struct cvg_pulumi_urn *ret);
/* NULL: it is a pattern; else what is wrong with it. */
const char *cvg_pulumi_pattern_check(const char *pattern);
int cvg_pulumi_pattern_covers(const char *pattern, const struct cvg_pulumi_urn *urn);

#endif
