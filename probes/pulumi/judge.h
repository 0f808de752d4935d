/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a stack: what the place said, what the survey counted, what was seen before, and time.
 * Pure.
 *
 * In this order, the first that holds: the place could not be asked (its fault); the document is being
 * written (progressing; after the grace unknown) or refused by name, Pulumi's own integrity error with
 * it (unknown); it is older than what was seen (unknown until somebody accepts); a lock is held
 * (progressing; too old: unknown); operations are pending (the same); there is no stack (progressing);
 * failed resources; what cannot be told (unknown); more than is wanted (degraded); what is missing
 * (progressing); not yet settled (progressing); ready.
 */
#ifndef CVG_PULUMI_JUDGE_H
#define CVG_PULUMI_JUDGE_H

#include "config.h"
#include "kit/finding.h"
#include "place/place.h"
#include "remember.h"
#include "survey.h"

struct cvg_pulumi_evidence {
    const struct cvg_place_sight *sight;
    const struct cvg_pulumi_refusal *refusal; /* NULL: none */
    const struct cvg_pulumi_survey *survey;   /* NULL: refused, absent, or a fault */
    int64_t max_age_ns; /* of an export, by the place's time; CVG_ABSENT_INT: any */
    int64_t wall;       /* of the look */
};

/* Fills the finding and moves memory on. */
void cvg_pulumi_judge(const struct cvg_pulumi_check_config *config,
                      const struct cvg_pulumi_evidence *evidence, struct cvg_pulumi_memory *memory,
                      struct cvg_kit_finding *ret);

#endif
