/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the verdict; see judge.h. What is wanted is held against what is there in
 * judge_wanted.c. */
#include "judge.h"

#include "judge_inner.h"
#include "kit/text.h"
#include "lock.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

/* ---- saying ---- */

void cvg_pulumi_say(struct cvg_pulumi_case *c, uint32_t status, enum cvg_pulumi_reason reason,
                    const char *words)
{
    cvg_kit_finding_say(c->finding, status, cvg_pulumi_reason(reason), "%s", words);
}

void cvg_pulumi_list(const struct cvg_pulumi_some *some, struct cvg_kit_text *text)
{
    for (size_t i = 0; i < CVG_PULUMI_EXAMPLES && some->first[i] != NULL; i++) {
        cvg_kit_text_format(text, "%s%s", i > 0 ? ", " : "", some->first[i]);
    }
    if (some->count > CVG_PULUMI_EXAMPLES) {
        cvg_kit_text_format(text, " and %zu more", some->count - CVG_PULUMI_EXAMPLES);
    }
}

static void say_some(struct cvg_pulumi_case *c, uint32_t status, enum cvg_pulumi_reason reason,
                     const struct cvg_pulumi_some *some, const char *what)
{
    char words[800];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_format(&text, "%s: ", what);
    cvg_pulumi_list(some, &text);
    cvg_pulumi_say(c, status, reason, words);
}

/* "2m" of nanoseconds, whole seconds. */
static const char *lasting(int64_t ns, char room[CVG_NUMBER_TEXT])
{
    cvg_format_duration(ns - ns % INT64_C(1000000000), room, CVG_NUMBER_TEXT);
    return room;
}

/* ---- what comes before the document ---- */

static int judge_place(struct cvg_pulumi_case *c)
{
    const struct cvg_place_sight *sight = c->evidence->sight;
    if (sight->fault == CVG_FAULT_NONE) {
        return 0;
    }
    cvg_kit_finding_say(c->finding, CVG_UNKNOWN, sight->reason, "%s", sight->text);
    c->finding->reading.fault = sight->fault;
    return 1;
}

static int is_torn(const struct cvg_pulumi_evidence *evidence)
{
    return evidence->sight->being_written || (evidence->refusal && evidence->refusal->torn);
}

static int judge_document(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_evidence *evidence = c->evidence;
    const char *where = evidence->refusal ? evidence->refusal->where : evidence->sight->text;
    char words[400];
    struct cvg_kit_text text;
    enum cvg_pulumi_reason reason =
        evidence->refusal ? evidence->refusal->reason : CVG_PULUMI_REASON_DOCUMENT_TORN;
    uint32_t status = CVG_UNKNOWN;
    if (is_torn(evidence)) {
        int waits = c->standing == CVG_PLACE_BEING_WRITTEN;
        status = waits ? CVG_PROGRESSING : CVG_UNKNOWN;
        reason = waits ? CVG_PULUMI_REASON_BEING_WRITTEN : CVG_PULUMI_REASON_DOCUMENT_TORN;
    } else if (evidence->refusal == NULL) {
        return 0;
    }
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_add(&text, cvg_pulumi_reason_text(reason));
    if (*where != '\0') {
        cvg_kit_text_format(&text, " (%s)", where);
    }
    cvg_pulumi_say(c, status, reason, words);
    return 1;
}

static int judge_trust(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_survey *survey = c->evidence->survey;
    if (survey != NULL && survey->integrity_error) {
        cvg_pulumi_say(c, CVG_UNKNOWN, CVG_PULUMI_REASON_INTEGRITY_ERROR,
                       cvg_pulumi_reason_text(CVG_PULUMI_REASON_INTEGRITY_ERROR));
        return 1;
    }
    if (c->memory->behind == 0) {
        return 0;
    }
    char old[CVG_NUMBER_TEXT], newest[CVG_NUMBER_TEXT];
    cvg_format_time(c->memory->behind, 0, old, sizeof(old));
    cvg_format_time(c->memory->newest, 0, newest, sizeof(newest));
    cvg_kit_finding_say(c->finding, CVG_UNKNOWN, cvg_pulumi_reason(CVG_PULUMI_REASON_TIME_BEHIND),
                        "a stack of %s came after one of %s: somebody put an old one back; look "
                        "which is true, then `convergate accept` this check",
                        old, newest);
    return 1;
}

/* ---- locks and operations ---- */

static int judge_lock(struct cvg_pulumi_case *c)
{
    const struct cvg_place_sight *sight = c->evidence->sight;
    char age[CVG_NUMBER_TEXT];
    if (!c->locked) {
        return 0;
    }
    int64_t since = c->lock.created_at != 0 ? c->lock.created_at : c->memory->still.locked_since;
    int64_t held = c->evidence->wall - since;
    int stale = sight->lock == CVG_PLACE_LOCK_STALE || held >= c->config->operation_limit;
    cvg_kit_finding_say(
        c->finding, stale ? CVG_UNKNOWN : CVG_PROGRESSING,
        cvg_pulumi_reason(stale ? CVG_PULUMI_REASON_LOCK_STALE : CVG_PULUMI_REASON_LOCKED),
        "%s holds the stack's lock, for %s%s", *c->lock.who ? c->lock.who : "somebody",
        lasting(held > 0 ? held : 0, age), stale ? ": it was probably left behind" : "");
    return 1;
}

/* Where the place sees locks and there is none, nobody is at them: only the look may have been a
 * moment off. Elsewhere time alone tells. */
static int judge_pending(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_survey *survey = c->evidence->survey;
    if (survey == NULL || survey->pending.count == 0) {
        return 0;
    }
    int64_t since = c->memory->still.still_since;
    since = survey->time != 0 && survey->time < since ? survey->time : since;
    int is_free = c->evidence->sight->lock == CVG_PLACE_LOCK_FREE;
    int64_t most = is_free ? c->config->grace : c->config->operation_limit;
    int left = c->evidence->wall - since >= most;
    say_some(c, left ? CVG_UNKNOWN : CVG_PROGRESSING,
             left ? CVG_PULUMI_REASON_INTERRUPTED : CVG_PULUMI_REASON_PENDING, &survey->pending,
             left ? "operations were interrupted" : "operations are pending");
    return 1;
}

/* ---- the stack ---- */

static int judge_presence(struct cvg_pulumi_case *c)
{
    const struct cvg_place_sight *sight = c->evidence->sight;
    if (c->evidence->survey == NULL) {
        cvg_kit_finding_say(c->finding, CVG_PROGRESSING,
                            cvg_pulumi_reason(CVG_PULUMI_REASON_NO_STACK),
                            "there is no document%s%s", *sight->text ? ": " : "", sight->text);
        return 1;
    }
    if (!c->evidence->survey->deployed) {
        cvg_pulumi_say(c, CVG_PROGRESSING, CVG_PULUMI_REASON_NEVER_DEPLOYED,
                       cvg_pulumi_reason_text(CVG_PULUMI_REASON_NEVER_DEPLOYED));
        return 1;
    }
    return 0;
}

static int judge_blemishes(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_survey *survey = c->evidence->survey;

    const struct {
        const struct cvg_pulumi_some *some;
        enum cvg_pulumi_reason reason;
        const char *what;
    } blemishes[] = {
        {&survey->init_failed, CVG_PULUMI_REASON_INIT_FAILED, "did not come up"},
        {&survey->tainted, CVG_PULUMI_REASON_TAINTED, "marked to be replaced"},
        {&survey->replacing, CVG_PULUMI_REASON_PENDING_REPLACEMENT,
         "deleted to be replaced, and not made again"},
        {&survey->deleting, CVG_PULUMI_REASON_PENDING_DELETE, "replaced and not deleted yet"},
    };

    for (size_t i = 0; i < sizeof(blemishes) / sizeof(blemishes[0]); i++) {
        if (blemishes[i].some->count > 0) {
            say_some(c, CVG_FAILED, blemishes[i].reason, blemishes[i].some, blemishes[i].what);
            return 1;
        }
    }
    return 0;
}

static int judge_age(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_evidence *evidence = c->evidence;
    const struct cvg_pulumi_survey *survey = evidence->survey;
    char age[CVG_NUMBER_TEXT];
    int64_t made = evidence->sight->changed_at;
    if (survey->is_export && evidence->max_age_ns != CVG_ABSENT_INT && made != 0 &&
        evidence->wall - made > evidence->max_age_ns) {
        cvg_kit_finding_say(c->finding, CVG_UNKNOWN,
                            cvg_pulumi_reason(CVG_PULUMI_REASON_EVIDENCE_TOO_OLD),
                            "the export was made %s ago", lasting(evidence->wall - made, age));
        return 1;
    }
    if (c->config->max_change_age == CVG_ABSENT_INT ||
        (survey->time != 0 && evidence->wall - survey->time <= c->config->max_change_age)) {
        return 0;
    }
    cvg_kit_finding_say(c->finding, CVG_UNKNOWN,
                        cvg_pulumi_reason(CVG_PULUMI_REASON_CHANGE_TOO_OLD),
                        survey->time != 0 ? "the last update was %s ago" : "no update has a time%s",
                        survey->time != 0 ? lasting(evidence->wall - survey->time, age) : "");
    return 1;
}

static int judge_settled(struct cvg_pulumi_case *c)
{
    char stood[CVG_NUMBER_TEXT], settle[CVG_NUMBER_TEXT];
    if (c->standing == CVG_PLACE_SETTLED) {
        return 0;
    }
    cvg_kit_finding_say(c->finding, CVG_PROGRESSING, cvg_pulumi_reason(CVG_PULUMI_REASON_SETTLING),
                        "all is there, and has stood still for %s of %s",
                        lasting(c->evidence->wall - c->memory->still.still_since, stood),
                        lasting(c->config->settle, settle));
    return 1;
}

static void judge_ready(struct cvg_pulumi_case *c)
{
    size_t resources = c->evidence->survey->resources;
    cvg_kit_finding_say(
        c->finding, CVG_READY,
        cvg_pulumi_reason(resources > 0 ? CVG_PULUMI_REASON_READY : CVG_PULUMI_REASON_EMPTY),
        "%zu %s in order", resources, cvg_plural(resources, "resource is", "resources are"));
}

/* ---- the order ---- */

static void see(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_evidence *evidence = c->evidence;
    const struct cvg_pulumi_survey *survey = evidence->survey;
    const struct cvg_place_glance glance = {
        .digest = survey != NULL ? survey->digest : NULL,
        .torn = (uint32_t)is_torn(evidence),
        .locked = c->locked && evidence->sight->lock == CVG_PLACE_LOCK_HELD,
        .changed_at = evidence->sight->changed_at,
        .wall = evidence->wall,
    };
    c->standing =
        cvg_place_stillness_see(&c->memory->still, &glance, c->config->settle, c->config->grace);
    if (survey != NULL) {
        cvg_pulumi_memory_see(c->memory, survey->time, evidence->wall);
    }
}

void cvg_pulumi_judge(const struct cvg_pulumi_check_config *config,
                      const struct cvg_pulumi_evidence *evidence, struct cvg_pulumi_memory *memory,
                      struct cvg_kit_finding *ret)
{
    static int (*const steps[])(struct cvg_pulumi_case * c) = {
        judge_document, judge_trust,     judge_lock, judge_pending,
        judge_presence, judge_blemishes, judge_age,  cvg_pulumi_judge_wanted,
        judge_settled,
    };
    const struct cvg_place_sight *sight = evidence->sight;
    struct cvg_pulumi_case c = {
        .config = config, .evidence = evidence, .memory = memory, .finding = ret};
    cvg_kit_finding_begin(ret);
    ret->reading.observed_at_ns = sight->observed_at;
    if (judge_place(&c)) {
        return;
    }
    c.locked = config->lock == CVG_PULUMI_LOCK_WAIT &&
               (sight->lock == CVG_PLACE_LOCK_HELD || sight->lock == CVG_PLACE_LOCK_STALE);
    cvg_pulumi_lock_read(sight->lock_note, sight->lock_note_length, evidence->wall, &c.lock);
    see(&c);
    cvg_pulumi_tell_facts(&c);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (steps[i](&c)) {
            return;
        }
    }
    judge_ready(&c);
}
