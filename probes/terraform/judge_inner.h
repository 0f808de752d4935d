/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A judgement in the making, and the rules that speak in it. Each rule looks at one thing and
 * either says the verdict, and returns 1, or leaves it to the rules behind it. Their order is in
 * judge.c. All of one call of cvg_tf_judge(); nothing is kept.
 */
#ifndef CVG_TF_JUDGE_INNER_H
#define CVG_TF_JUDGE_INNER_H

#include "judge.h"
#include "kit/text.h"
#include "reason.h"

struct cvg_tf_judging {
    const struct cvg_tf_check_config *config;
    const struct cvg_tf_evidence *evidence;
    const struct cvg_place_sight *sight;
    const struct cvg_tf_survey *survey; /* NULL: no whole document */
    const struct cvg_tf_plan *plan;     /* NULL: no plan */
    struct cvg_tf_memory *memory;
    struct cvg_kit_finding *finding;
    enum cvg_place_standing standing;
    int64_t wall, settle, grace;
    /* A word of the service that counts; NULL: none. */
    const struct cvg_place_word *run, *assessment;
    enum cvg_tf_blemish deposed, drift;
};

/* A message in the making: cvg_tf_say() ends it. */
#define CVG_TF_MESSAGE 960

/* "a, b, c and 4 more" */
void cvg_tf_say_some(struct cvg_kit_text *text, const struct cvg_tf_some *some);
/* "2026-01-01T10:05:00Z" */
void cvg_tf_say_time(struct cvg_kit_text *text, int64_t wall);
/* ", 12 of 15 wanted are present" where that is known. */
void cvg_tf_say_progress(struct cvg_kit_text *text, const struct cvg_tf_judging *judging);
/* Returns 1. */
int cvg_tf_say(struct cvg_tf_judging *judging, enum cvg_status status, enum cvg_tf_reason reason,
               const char *format, ...) __attribute__((format(printf, 4, 5)));
/* BEFORE some BEHIND, where there are any; returns whether. */
int cvg_tf_say_of(struct cvg_tf_judging *judging, enum cvg_status status, enum cvg_tf_reason reason,
                  const char *before, const struct cvg_tf_some *some, const char *behind);
/* The service's own word, where it has this status. */
int cvg_tf_say_word(struct cvg_tf_judging *judging, const struct cvg_place_word *word,
                    enum cvg_status status);

/* Of the place and the document. */
int cvg_tf_rule_alarm(struct cvg_tf_judging *judging);
int cvg_tf_rule_refused(struct cvg_tf_judging *judging);
int cvg_tf_rule_torn(struct cvg_tf_judging *judging);
int cvg_tf_rule_locked(struct cvg_tf_judging *judging);
int cvg_tf_rule_absent(struct cvg_tf_judging *judging);

/* Of plans and assessments. */
int cvg_tf_rule_evidence_age(struct cvg_tf_judging *judging);
int cvg_tf_rule_drift(struct cvg_tf_judging *judging, enum cvg_status status);
int cvg_tf_rule_pending(struct cvg_tf_judging *judging);

/* A word that counts, or NULL; unless it must show that nothing is left, one from before the
 * state's latest change says nothing. */
const struct cvg_place_word *cvg_tf_assessment_of(const struct cvg_tf_judging *judging);

/* Facts for people and for other checks. */
void cvg_tf_judge_facts(struct cvg_tf_judging *judging);

#endif
