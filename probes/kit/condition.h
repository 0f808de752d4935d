/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition on a number, as operators write it: "< 0.01", "<= 1", "> 3", ">= 3", "== 0",
 * "!= 0", or a range with both ends in it, "0.2..0.8". Every condition is one interval, or all
 * that is outside of one. NaN never satisfies a condition, not even "!=". Pure; any thread.
 */
#ifndef CVG_KIT_CONDITION_H
#define CVG_KIT_CONDITION_H

#include <stdint.h>

struct cvg_kit_condition {
    double low, high;
    uint32_t low_open, high_open; /* the end itself is not in it */
    uint32_t outside;             /* "!=": all but the interval */
};

/* NULL, or what is wrong with the text, which then leaves *ret alone. */
const char *cvg_kit_condition_parse(const char *text, struct cvg_kit_condition *ret);
int cvg_kit_condition_holds(const struct cvg_kit_condition *condition, double value);
/* How far a value is from satisfying it: 0 where it does, is NaN, or only an open end is between. */
double cvg_kit_condition_distance(const struct cvg_kit_condition *condition, double value);
/* Whatever satisfies `inner` satisfies `outer` too. Never true for a "!=". */
int cvg_kit_condition_covers(const struct cvg_kit_condition *outer,
                             const struct cvg_kit_condition *inner);

#endif
