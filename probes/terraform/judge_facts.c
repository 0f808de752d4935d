/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reading carries besides its verdict. An output's value is a fact only as it is: one that
 * would have to be cut or changed to be shown is left out, since another check may ask with it.
 */
#include "judge_inner.h"

#include "kit/printable.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VALUE_MOST 1000
#define SECOND     INT64_C(1000000000)

/* Numbers of which an int64_t is not enough, as digits. */
static void add_digits(struct cvg_kit_finding *finding, const char *name, const char *digits)
{
    size_t before = finding->reading.fact_count;
    cvg_kit_finding_fact(finding, name, "%s", digits);
    if (finding->reading.fact_count > before) {
        finding->facts[before].kind = CVG_FACT_NUMBER;
    }
}

static void add_count(struct cvg_kit_finding *finding, const char *name, size_t count)
{
    cvg_kit_finding_number(finding, name, (int64_t)count);
}

static void add_shown(struct cvg_kit_finding *finding, const char *name, const char *text)
{
    char shown[160];
    if (text != NULL && text[0] != '\0') {
        cvg_kit_printable(shown, sizeof(shown), text, strlen(text));
        cvg_kit_finding_fact(finding, name, "%s", shown);
    }
}

static void add_time(struct cvg_kit_finding *finding, const char *name, int64_t wall)
{
    char words[CVG_NUMBER_TEXT];
    if (wall > 0) {
        cvg_format_time(wall, 0, words, sizeof(words));
        cvg_kit_finding_fact(finding, name, "%s", words);
    }
}

static int64_t bounded(uint64_t number)
{
    return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

/* ---- the lock, and what was seen on the way ---- */

static void add_lock(struct cvg_tf_judging *judging)
{
    static const char *const states[] = {NULL, "free", "held", "stale"};
    const struct cvg_tf_lock *lock = &judging->evidence->lock;
    struct cvg_kit_finding *finding = judging->finding;
    if (lock->state == CVG_PLACE_LOCK_UNSEEN || lock->state > CVG_PLACE_LOCK_STALE) {
        return;
    }
    cvg_kit_finding_fact(finding, "lock.state", "%s", states[lock->state]);
    if (lock->state != CVG_PLACE_LOCK_FREE) {
        add_shown(finding, "lock.who", lock->who);
        add_shown(finding, "lock.operation", lock->operation);
        add_shown(finding, "lock.version", lock->version);
        add_shown(finding, "lock.id", lock->id);
        add_time(finding, "lock.since",
                 lock->created_at > 0 ? lock->created_at : judging->memory->lock_since);
    }
}

static void add_history(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_memory *memory = judging->memory;
    struct cvg_kit_finding *finding = judging->finding;
    if (judging->plan == NULL) {
        cvg_kit_finding_metric(finding, "applies", bounded(memory->applies));
        cvg_kit_finding_metric(finding, "failed_applies", bounded(memory->failed_applies));
        if (memory->applies > 0) {
            cvg_kit_finding_metric(finding, "last_apply_s", memory->last_apply_ns / SECOND);
        }
        if (memory->last_lock_ns > 0) {
            cvg_kit_finding_metric(finding, "last_lock_s", memory->last_lock_ns / SECOND);
        }
    }
    if (judging->plan != NULL || judging->assessment != NULL) {
        cvg_kit_finding_metric(finding, "drift", bounded(memory->drift));
    }
}

/* An assessment tells whether, and not how many. */
static void note_drift(struct cvg_tf_judging *judging)
{
    if (judging->plan != NULL) {
        judging->memory->drift = judging->plan->drifted;
    } else if (judging->assessment != NULL && judging->assessment->status != CVG_UNKNOWN) {
        judging->memory->drift = judging->assessment->status == CVG_DEGRADED;
    }
}

/* ---- outputs ---- */

static int is_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        int letter = ((unsigned char)*at | 0x20) >= 'a' && ((unsigned char)*at | 0x20) <= 'z';
        int digit = *at >= '0' && *at <= '9';
        if (!letter && !digit && *at != '_' && *at != '-' && *at != '.') {
            return 0;
        }
    }
    return *name != '\0' && strlen(name) <= 128;
}

/* Text that looks as it is: no control characters, which a terminal would obey. */
static int is_plain(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7F || (*at == 0xC2 && at[1] >= 0x80 && at[1] < 0xA0)) {
            return 0;
        }
    }
    return strlen(text) <= VALUE_MOST && cvg_kit_is_utf8(text);
}

static int is_number(const struct cvg_tf_output *output)
{
    double value = 0;
    const char *text = output->text;
    return strcmp(output->type, "number") == 0 &&
           (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) && strcmp(text, "-Inf") != 0 &&
           cvg_parse_double(text, strlen(text), &value) == 0;
}

static void add_output(struct cvg_kit_finding *finding, const struct cvg_tf_output *output)
{
    char name[160];
    if (output->sensitive || output->text == NULL || output->text[0] == '\0' ||
        !is_name(output->name) || !is_plain(output->text)) {
        return;
    }
    (void)snprintf(name, sizeof(name), "outputs.%s", output->name);
    size_t before = finding->reading.fact_count;
    if (is_number(output)) {
        add_digits(finding, name, output->text);
    } else {
        cvg_kit_finding_fact(finding, name, "%s", output->text);
    }
    if (finding->reading.fact_count > before &&
        (strcmp(finding->facts[before].text, output->text) != 0 ||
         strcmp(finding->facts[before].name, name) != 0)) {
        finding->reading.fact_count = before; /* the finding is full */
    }
}

/* ---- all ---- */

static void add_state(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    struct cvg_kit_finding *finding = judging->finding;
    if (survey->has_serial) {
        add_digits(finding, "serial", survey->serial);
        add_shown(finding, "lineage", survey->lineage);
        finding->reading.revision = cvg_kit_finding_text(finding, "%s", survey->serial);
    }
    add_shown(finding, "terraform_version", survey->terraform_version);
    add_count(finding, "resources", survey->resources);
    add_count(finding, "instances", survey->instances);
    add_count(finding, "present", survey->present);
    add_count(finding, "wanted", survey->wanted);
    add_time(finding, "changed_at", judging->sight->changed_at);
    finding->reading.value = (double)survey->present;
    finding->reading.has_value = 1;
    finding->reading.done = survey->present;
    finding->reading.total = survey->wanted;
    if (survey->wanted > 0) {
        finding->reading.expected = cvg_kit_finding_text(finding, "%zu present", survey->wanted);
        finding->reading.observed = cvg_kit_finding_text(finding, "%zu present", survey->present);
    }
}

static void add_plan(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_plan *plan = judging->plan;
    struct cvg_kit_finding *finding = judging->finding;
    size_t changes = plan->creates + plan->updates + plan->deletes + plan->replaces + plan->others;
    add_shown(finding, "terraform_version", plan->terraform_version);
    add_count(finding, "changes", changes);
    add_count(finding, "output_changes", plan->output_changes);
    add_count(finding, "deferred", plan->deferred);
    add_time(finding, "made_at", plan->made_at);
    finding->reading.expected = "no changes";
    finding->reading.observed =
        cvg_kit_finding_text(finding, "%zu %s", changes, cvg_plural(changes, "change", "changes"));
}

void cvg_tf_judge_facts(struct cvg_tf_judging *judging)
{
    const struct cvg_tf_survey *survey = judging->survey;
    note_drift(judging);
    if (judging->plan != NULL) {
        add_plan(judging);
    } else if (survey != NULL) {
        add_state(judging);
    }
    add_lock(judging);
    add_history(judging);
    /* A state that raised an alarm is not the one that the configuration means. */
    for (size_t i = 0;
         survey != NULL && judging->memory->alarm == CVG_TF_NO_ALARM && i < survey->output_count;
         i++) {
        add_output(judging->finding, &survey->outputs[i]);
    }
}
