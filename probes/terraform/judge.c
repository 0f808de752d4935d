/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules in their order, and those of what a state has and lacks. See judge.h for what comes before
 * what, and why: an alarm or a refusal says that the evidence is not to be believed; a lock says
 * that it is about to change, which may mend what is tainted; what failed needs a person; what is
 * not known must not look like waiting.
 */
#include "judge.h"

#include "judge_inner.h"

#include <convergate/number.h>

#include <string.h>

#define SECOND         INT64_C(1000000000)
#define SETTLE_DEFAULT (30 * SECOND)
#define GRACE_DEFAULT  (45 * SECOND)

/* ---- failed ---- */

static int is_state(const struct cvg_tf_judging *judging)
{
    return judging->plan == NULL;
}

static int rule_tainted(struct cvg_tf_judging *judging)
{
    return cvg_tf_say_of(judging, CVG_FAILED, CVG_TF_REASON_RESOURCES_TAINTED,
                         "tainted: ", &judging->survey->tainted,
                         "; apply again, or untaint what is in order");
}

static int rule_deposed(struct cvg_tf_judging *judging, enum cvg_status status)
{
    static const enum cvg_status statuses[] = {CVG_FAILED, CVG_DEGRADED, CVG_UNKNOWN};

    return judging->deposed != CVG_TF_BLEMISH_IGNORE && statuses[judging->deposed] == status &&
           cvg_tf_say_of(judging, status, CVG_TF_REASON_OBJECTS_DEPOSED,
                         "replaced and not deleted: ", &judging->survey->deposed, "; apply again");
}

static int rule_failed(struct cvg_tf_judging *judging)
{
    if (judging->plan != NULL && judging->plan->errored == 1) {
        return cvg_tf_say(judging, CVG_FAILED, CVG_TF_REASON_PLAN_ERRORED,
                          "the plan ended with an error; look at its log");
    }
    return rule_tainted(judging) || rule_deposed(judging, CVG_FAILED) ||
           cvg_tf_say_of(judging, CVG_FAILED, CVG_TF_REASON_CHECKS_FAILED,
                         "failed checks: ", &judging->survey->checks_failed, "") ||
           cvg_tf_say_word(judging, judging->run, CVG_FAILED) ||
           cvg_tf_say_word(judging, judging->assessment, CVG_FAILED) ||
           cvg_tf_rule_drift(judging, CVG_FAILED);
}

/* ---- unknown ---- */

static int rule_change_age(struct cvg_tf_judging *judging)
{
    int64_t most = judging->config->max_change_age, changed = judging->sight->changed_at;
    if (most == CVG_ABSENT_INT || !is_state(judging)) {
        return 0;
    }
    if (changed <= 0 || changed > judging->wall) {
        return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_EVIDENCE_AGE_UNKNOWN,
                          changed <= 0 ? "the place does not tell when the state was written"
                                       : "the state was written in the future, by the place's "
                                         "clock");
    }
    if (judging->wall - changed <= most) {
        return 0;
    }
    char words[64];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_tf_say_time(&text, changed);
    return cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_EVIDENCE_TOO_OLD,
                      "the state was last written at %s, longer ago than max_change_age", words);
}

static int rule_serial_unknown(struct cvg_tf_judging *judging)
{
    return judging->config->serial_at_least != CVG_ABSENT_INT && !judging->survey->has_serial &&
           cvg_tf_say(judging, CVG_UNKNOWN, CVG_TF_REASON_SERIAL_UNKNOWN,
                      "this document has no serial, and serial_at_least asks for one");
}

static int rule_unknown(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    return rule_deposed(judging, CVG_UNKNOWN) ||
           cvg_tf_say_of(judging, CVG_UNKNOWN, CVG_TF_REASON_RESOURCES_BARE,
                         "listed without instances, as an apply that failed or was killed leaves "
                         "them: ",
                         &survey->bare, "; apply again") ||
           cvg_tf_say_of(judging, CVG_UNKNOWN, CVG_TF_REASON_CHECKS_MISSING,
                         "there are no results of these checks: ", &survey->checks_missing,
                         survey->is_plan ? "" : "; Terraform before 1.3 keeps none") ||
           cvg_tf_say_of(judging, CVG_UNKNOWN, CVG_TF_REASON_CHECKS_UNKNOWN,
                         "results of these checks are not known: ", &survey->checks_unknown, "") ||
           cvg_tf_say_of(judging, CVG_UNKNOWN, CVG_TF_REASON_OUTPUT_SENSITIVE,
                         "sensitive outputs are never compared: ", &survey->outputs_secret,
                         "; leave equals and matches out to ask only whether they are set") ||
           rule_serial_unknown(judging) || rule_change_age(judging) ||
           cvg_tf_say_word(judging, judging->run, CVG_UNKNOWN) ||
           cvg_tf_say_word(judging, judging->assessment, CVG_UNKNOWN) ||
           cvg_tf_rule_drift(judging, CVG_UNKNOWN);
}

/* ---- degraded ---- */

static int rule_degraded(struct cvg_tf_judging *judging)
{
    return rule_deposed(judging, CVG_DEGRADED) || cvg_tf_rule_drift(judging, CVG_DEGRADED) ||
           cvg_tf_rule_pending(judging) || cvg_tf_say_word(judging, judging->run, CVG_DEGRADED);
}

/* ---- on its way ---- */

static int rule_empty(struct cvg_tf_judging *judging)
{
    if (!is_state(judging) || judging->survey->instances > 0 || judging->config->allow_empty == 1) {
        return 0;
    }
    char words[160];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_tf_say_progress(&text, judging);
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_EMPTY_STATE,
                      "there are no resources in the state: it was destroyed, or never applied%s",
                      words);
}

static int rule_missing_resources(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    if (survey->missing.count == 0) {
        return 0;
    }
    char words[CVG_TF_MESSAGE];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_tf_say_some(&text, &survey->missing);
    cvg_tf_say_progress(&text, judging);
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_RESOURCES_MISSING, "missing: %s",
                      words);
}

static int rule_serial(struct cvg_tf_judging *judging)
{
    int64_t least = judging->config->serial_at_least;
    return is_state(judging) && least > 0 && judging->survey->serial_number < (uint64_t)least &&
           cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_SERIAL_TOO_LOW,
                      "the state is at serial %s, %lld is wanted", judging->survey->serial,
                      (long long)least);
}

static int rule_missing(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    return rule_empty(judging) || rule_missing_resources(judging) ||
           cvg_tf_say_of(judging, CVG_PROGRESSING, CVG_TF_REASON_RESOURCES_SURPLUS,
                         "more instances than count says: ", &survey->surplus, "") ||
           cvg_tf_say_of(judging, CVG_PROGRESSING, CVG_TF_REASON_OUTPUTS_MISSING,
                         "outputs are missing: ", &survey->outputs_missing,
                         "; a null output is not stored") ||
           cvg_tf_say_of(judging, CVG_PROGRESSING, CVG_TF_REASON_OUTPUTS_EMPTY,
                         "outputs are empty: ", &survey->outputs_empty, "") ||
           cvg_tf_say_of(judging, CVG_PROGRESSING, CVG_TF_REASON_OUTPUTS_DIFFER,
                         "outputs are not what they are to be: ", &survey->outputs_differ, "") ||
           rule_serial(judging);
}

/* A plan that can be read is whole: its writer has nothing more to say. */
static int rule_settling(struct cvg_tf_judging *judging)
{
    if (!is_state(judging) || judging->standing == CVG_PLACE_SETTLED) {
        return 0;
    }
    char words[160];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    int64_t since = judging->memory->stillness.still_since;
    if (since > 0) {
        cvg_kit_text_add(&text, "unchanged since ");
        cvg_tf_say_time(&text, since);
        cvg_kit_text_add(&text, ", settled at ");
        cvg_tf_say_time(&text, since + judging->settle);
    } else {
        cvg_kit_text_add(&text, "it does not stand still yet");
    }
    cvg_tf_say_progress(&text, judging);
    return cvg_tf_say(judging, CVG_PROGRESSING, CVG_TF_REASON_SETTLING, "%s", words);
}

/* ---- ready ---- */

static int rule_ready(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    if (!is_state(judging)) {
        return cvg_tf_say(judging, CVG_READY, CVG_TF_REASON_CONVERGED,
                          "the plan would change nothing");
    }
    char words[64];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_tf_say_time(&text, judging->memory->stillness.still_since);
    const char *converged =
        judging->config->converged == 1 ? ", and the assessment found nothing to do" : "";
    if (survey->wanted > 0) {
        return cvg_tf_say(judging, CVG_READY, CVG_TF_REASON_APPLIED,
                          "%zu of %zu wanted are present, unchanged since %s%s", survey->present,
                          survey->wanted, words, converged);
    }
    return cvg_tf_say(judging, CVG_READY, CVG_TF_REASON_APPLIED,
                      "%zu %s in order, unchanged since %s%s", survey->instances,
                      cvg_plural(survey->instances, "resource is", "resources are"), words,
                      converged);
}

/* ---- all ---- */

static int has_failed(const struct cvg_tf_survey *survey)
{
    return survey != NULL && (survey->tainted.count > 0 || survey->deposed.count > 0 ||
                              survey->bare.count > 0 || survey->checks_failed.count > 0);
}

/* Does a held lock stand for a change? */
static int lock_counts(const struct cvg_tf_judging *judging)
{
    const struct cvg_tf_lock *lock = &judging->evidence->lock;
    int64_t young = judging->config->ignore_plan_locks;
    if (lock->state != CVG_PLACE_LOCK_HELD || judging->config->lock == CVG_TF_LOCK_IGNORE) {
        return 0;
    }
    return young == CVG_ABSENT_INT || !lock->is_plan || lock->created_at <= 0 ||
           lock->created_at > judging->wall || judging->wall - lock->created_at >= young;
}

static void look_on(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_evidence *evidence = judging->evidence;
    const struct cvg_tf_lock *lock = &evidence->lock;
    enum cvg_tf_refusal_kind refusal = evidence->refusal.kind;
    const struct cvg_tf_look look = {
        .survey = judging->survey,
        .torn = judging->sight->being_written || refusal == CVG_TF_EMPTY || refusal == CVG_TF_TORN,
        .held = lock->state == CVG_PLACE_LOCK_HELD,
        .counts = (uint32_t)lock_counts(judging),
        .applying = lock->state == CVG_PLACE_LOCK_HELD && strstr(lock->operation, "Apply") != NULL,
        .stale = lock->state == CVG_PLACE_LOCK_STALE && judging->config->lock != CVG_TF_LOCK_IGNORE,
        .broken = (uint32_t)has_failed(judging->survey),
        .held_since = lock->created_at,
        .changed_at = judging->sight->changed_at,
        .wall = judging->wall,
        .observed_at = judging->sight->observed_at,
    };
    judging->standing = cvg_tf_memory_see(judging->memory, &look, judging->settle, judging->grace);
}

static void judge(struct cvg_tf_judging *judging)
{
    static int (*const rules[])(struct cvg_tf_judging *) = {
        cvg_tf_rule_alarm,  cvg_tf_rule_refused, cvg_tf_rule_torn,
        cvg_tf_rule_locked, cvg_tf_rule_absent,  cvg_tf_rule_evidence_age,
        rule_failed,        rule_unknown,        rule_degraded,
        rule_missing,       rule_settling,       rule_ready,
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i](judging)) {
            return;
        }
    }
}

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value == CVG_ABSENT_INT || value < 0 ? otherwise : value;
}

static enum cvg_tf_blemish blemish(uint32_t value, enum cvg_tf_blemish otherwise)
{
    return value <= CVG_TF_BLEMISH_IGNORE ? (enum cvg_tf_blemish)value : otherwise;
}

/* A run that was limited to some addresses counts unless the operator says that it will do. */
static const struct cvg_place_word *run_of(const struct cvg_tf_check_config *config,
                                           const struct cvg_place_word *run)
{
    int targeted =
        run->reason != NULL && strcmp(run->reason, cvg_tf_reason(CVG_TF_REASON_RUN_TARGETED)) == 0;
    return !run->given || (targeted && config->targeted == 1) ? NULL : run;
}

void cvg_tf_judge(const struct cvg_tf_check_config *config, const struct cvg_tf_evidence *evidence,
                  int64_t wall, struct cvg_tf_memory *memory, struct cvg_kit_finding *ret)
{
    const struct cvg_place_sight *sight = evidence->sight;
    cvg_kit_finding_begin(ret);
    ret->reading.observed_at_ns = sight->observed_at;
    if (sight->fault != CVG_FAULT_NONE) {
        cvg_kit_finding_say(ret, CVG_UNKNOWN, sight->reason, "%s", sight->text);
        ret->reading.fault = sight->fault;
        return;
    }
    int is_whole = !sight->absent && !sight->being_written && !sight->digest_mismatch &&
                   evidence->refusal.kind == CVG_TF_FINE;
    struct cvg_tf_judging judging = {
        .config = config,
        .evidence = evidence,
        .sight = sight,
        .survey = is_whole ? evidence->survey : NULL,
        .memory = memory,
        .finding = ret,
        .wall = wall,
        .settle = or_default(config->settle, SETTLE_DEFAULT),
        .grace = or_default(config->grace, GRACE_DEFAULT),
        .run = run_of(config, &sight->run),
        .deposed = blemish(config->deposed, CVG_TF_BLEMISH_FAILED),
        .drift = blemish(config->drift, CVG_TF_BLEMISH_DEGRADED),
    };
    judging.plan = judging.survey == NULL ? NULL : judging.survey->plan;
    judging.assessment = cvg_tf_assessment_of(&judging);
    look_on(&judging);
    judge(&judging);
    cvg_tf_judge_facts(&judging);
}
