/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans, and assessments of a service, which are plans that it makes by itself: how old they are and
 * what they found. Neither is worth anything for longer than its age is allowed.
 */
#include "judge_inner.h"

#include <convergate/number.h>

#include <string.h>

#define DAY INT64_C(86400000000000)

/* ---- age ---- */

static int64_t allowed_age(const struct cvg_tf_judging *judging)
{
    int64_t most = judging->evidence->max_age_ns;
    return most == CVG_ABSENT_INT || most <= 0 ? DAY : most;
}

static int say_age(struct cvg_tf_judging *judging, const char *what, int64_t made_at)
{
    if (made_at <= 0 || made_at > judging->wall) {
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_EVIDENCE_AGE_UNKNOWN, "%s %s", what,
                          made_at <= 0 ? "does not tell when it was made"
                                       : "was made in the future, by its own clock");
    }
    if (judging->wall - made_at <= allowed_age(judging)) {
        return 0;
    }
    char words[64];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_tf_say_time(&text, made_at);
    return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_EVIDENCE_TOO_OLD,
                      "%s was made at %s, longer ago than max_age allows", what, words);
}

/* A plan of an old version has no time of its own; then the place's is taken. */
static int64_t plan_made_at(const struct cvg_tf_judging *judging)
{
    return judging->plan->made_at != 0 ? judging->plan->made_at : judging->sight->changed_at;
}

static int rule_assessment_age(struct cvg_tf_judging *judging)
{
    const struct cvg_place_word *word = judging->assessment;
    if (judging->config->converged != 1) {
        return 0;
    }
    if (word == NULL) {
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_NO_ASSESSMENT,
                          "there is no assessment that could show that nothing is left to do");
    }
    if (word->status == CVG_UNKNOWN) {
        return cvg_tf_say_word(judging, word, CVG_UNKNOWN);
    }
    if (say_age(judging, "the assessment", word->made_at)) {
        return 1;
    }
    if (judging->sight->changed_at > word->made_at) {
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_EVIDENCE_TOO_OLD,
                          "the state was written after the assessment was made");
    }
    return 0;
}

int cvg_tf_rule_evidence_age(struct cvg_tf_judging *judging)
{
    return judging->plan != NULL ? say_age(judging, "the plan", plan_made_at(judging))
                                 : rule_assessment_age(judging);
}

const struct cvg_place_word *cvg_tf_assessment_of(const struct cvg_tf_judging *judging)
{
    const struct cvg_place_word *word = &judging->sight->assessment;
    if (!word->given) {
        return NULL;
    }
    if (judging->config->converged == 1) {
        return word;
    }
    int is_of_before = word->made_at > 0 && judging->sight->changed_at > word->made_at;
    return is_of_before || word->status == CVG_UNKNOWN ? NULL : word;
}

/* ---- what they found ---- */

int cvg_tf_rule_drift(struct cvg_tf_judging *judging, enum cvg_status status)
{
    static const enum cvg_status statuses[] = {CVG_FAILED, CVG_DEGRADED, CVG_UNKNOWN};

    if (judging->drift == CVG_TF_BLEMISH_IGNORE || statuses[judging->drift] != status) {
        return 0;
    }
    if (judging->plan != NULL && judging->plan->drifted > 0) {
        return cvg_tf_say(
            judging, status, CVG_TF_REASON_DRIFTED,
            "changed behind the tool's back: %zu %s, the first is %s", judging->plan->drifted,
            cvg_plural(judging->plan->drifted, "object", "objects"), judging->plan->first_drift);
    }
    const struct cvg_place_word *word = judging->assessment;
    if (word == NULL || word->status != CVG_DEGRADED) {
        return 0;
    }
    (void)cvg_tf_say_word(judging, word, CVG_DEGRADED);
    judging->finding->reading.status = status;
    return 1;
}

static void say_count(struct cvg_kit_text *text, size_t count, const char *what)
{
    if (count > 0) {
        cvg_kit_text_format(text, "%s%zu to %s", text->length > 0 ? ", " : "", count, what);
    }
}

int cvg_tf_rule_pending(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_plan *plan = judging->plan;
    if (plan == NULL) {
        return 0;
    }
    char words[512];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    say_count(&text, plan->creates, "create");
    say_count(&text, plan->updates, "update");
    say_count(&text, plan->replaces, "replace");
    say_count(&text, plan->deletes, "delete");
    say_count(&text, plan->others, "change otherwise");
    if (text.length > 0 && plan->first_change[0] != '\0') {
        cvg_kit_text_add(&text, ", the first is ");
        cvg_kit_text_add(&text, plan->first_change);
    } else if (text.length == 0) {
        say_count(&text, plan->output_changes, "change among the outputs");
    }
    if (text.length > 0) {
        return cvg_tf_say(judging, CVG_DEGRADED, CVG_TF_REASON_PENDING_CHANGES,
                          "the plan would change something: %s", words);
    }
    if (plan->deferred > 0 || plan->complete == 0) {
        return cvg_tf_say(judging, CVG_DEGRADED, CVG_TF_REASON_PLAN_INCOMPLETE,
                          "the plan does not cover everything: %zu changes are put off",
                          plan->deferred);
    }
    return 0;
}
