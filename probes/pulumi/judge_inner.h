/* SPDX-License-Identifier: Apache-2.0 */
/* One judgement while it is made: what its steps share; see judge.h. */
#ifndef CVG_PULUMI_JUDGE_INNER_H
#define CVG_PULUMI_JUDGE_INNER_H

#include "judge.h"
#include "kit/text.h"
#include "lock.h"

struct cvg_pulumi_case {
    const struct cvg_pulumi_check_config *config;
    const struct cvg_pulumi_evidence *evidence;
    struct cvg_pulumi_memory *memory;
    struct cvg_kit_finding *finding;
    struct cvg_pulumi_lock lock;
    uint32_t locked; /* and that counts */
    enum cvg_place_standing standing;
};

void cvg_pulumi_say(struct cvg_pulumi_case *c, uint32_t status, enum cvg_pulumi_reason reason,
                    const char *words);
/* "a::b, c::d and 3 more" */
void cvg_pulumi_list(const struct cvg_pulumi_some *some, struct cvg_kit_text *text);

/* What is wanted, against what is there; 1 where that decides. Needs a survey. */
int cvg_pulumi_judge_wanted(struct cvg_pulumi_case *c);
/* Facts, revision, progress. */
void cvg_pulumi_tell_facts(struct cvg_pulumi_case *c);

#endif
