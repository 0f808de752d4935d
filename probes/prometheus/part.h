/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one question of several brought to a check: a number, or why there is none, kept until the
 * answers of the others are in. Owns its texts. One owner, no locks.
 */
#ifndef CVG_PROM_PART_H
#define CVG_PROM_PART_H

#include "answer.h"

#define CVG_PROM_PART_COUNTS 4

struct cvg_prom_part {
    uint32_t status; /* CVG_READY: nothing against it; CVG_UNKNOWN: problem says why */
    uint32_t fault;  /* enum cvg_fault */
    enum cvg_prom_reason reason;
    uint32_t partial;
    double value;
    size_t counts[CVG_PROM_PART_COUNTS]; /* of things by state, as the kind says */
    char problem[512];                   /* or, with counts, the first of them */
};

/* With the answer's fault where it has one, else with the first value where there is one. */
void cvg_prom_part_begin(const struct cvg_prom_answer *answer, struct cvg_prom_part *ret);
/* Unknown, with these words. */
void cvg_prom_part_against(struct cvg_prom_part *part, uint32_t fault, enum cvg_prom_reason reason,
                           const char *words);
/* A finite number that is not negative, from an answer of one series. what: "errors over 1h". */
void cvg_prom_part_amount(const struct cvg_prom_answer *answer, const char *what,
                          struct cvg_prom_part *ret);
/* errors / total of two such amounts. Counts that are extrapolated may say more errors than there
 * are events: at most 1. total is not 0. */
double cvg_prom_part_ratio(const struct cvg_prom_part *errors, const struct cvg_prom_part *total);

#endif
