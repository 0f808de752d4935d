/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on evidence of infrastructure code: what the place said, what the survey counted, what was
 * seen before, and time. Pure.
 *
 * In this order, the first that holds: the place could not be asked (its fault); what is remembered
 * contradicts the state (an alarm: unknown until somebody accepts); the state is refused by name
 * (unknown) or being written (progressing; after the grace unknown); a lock is held (progressing;
 * stale: unknown) or a run of the service is on its way; there is no state (progressing); a plan or
 * assessment is too old (unknown); failed facts (tainted, deposed, checks, the run); unknown ones;
 * degraded ones (drift, pending changes); what is missing (progressing); not yet settled
 * (progressing); ready.
 */
#ifndef CVG_TF_JUDGE_H
#define CVG_TF_JUDGE_H

#include "kit/finding.h"
#include "lock.h"
#include "place/place.h"
#include "remember.h"
#include "survey.h"

struct cvg_tf_evidence {
    const struct cvg_place_sight *sight;
    struct cvg_tf_refusal refusal;
    const struct cvg_tf_survey *survey; /* NULL: refused, absent, or a fault */
    struct cvg_tf_lock lock;
    int64_t
        max_age_ns; /* what the operator wrote as the check's max_age: of evidence that has a time of its own
                           (plans, assessments); CVG_ABSENT_INT: one day */
};

/* Fills the finding and moves memory on. wall: of the look. */
void cvg_tf_judge(const struct cvg_tf_check_config *config, const struct cvg_tf_evidence *evidence,
                  int64_t wall, struct cvg_tf_memory *memory, struct cvg_kit_finding *ret);

#endif
