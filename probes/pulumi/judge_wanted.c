/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a check wants, held against what its survey found: resources by number, outputs by what they are. An
 * output's value is shown only as the fact that the configuration asks for, never in a message.
 */
#include "judge_inner.h"

#include <convergate/number.h>

#include <stdio.h>

/* ---- outputs ---- */

static struct cvg_kit_value value_at(const struct cvg_pulumi_case *c, size_t index)
{
    const struct cvg_pulumi_output *output = c->evidence->survey->outputs[index];
    return output != NULL ? output->value : (struct cvg_kit_value){.kind = CVG_KIT_VALUE_NULL};
}

static enum cvg_kit_fit fit_at(const struct cvg_pulumi_case *c, size_t index)
{
    const struct cvg_kit_want *wants = c->config->outputs.items;
    const struct cvg_kit_value value = value_at(c, index);
    return cvg_kit_want_fit(&wants[index], &value);
}

/* ---- resources ---- */

static size_t least(const struct cvg_pulumi_want_resource *want)
{
    int64_t number = want->count != CVG_ABSENT_INT      ? want->count
                     : want->at_least != CVG_ABSENT_INT ? want->at_least
                                                        : 1;
    return (size_t)number;
}

static int is_surplus(const struct cvg_pulumi_want_resource *want, size_t found)
{
    return want->count != CVG_ABSENT_INT && found > (size_t)want->count;
}

/* ---- gathering ---- */

static void gather_outputs(const struct cvg_pulumi_case *c, enum cvg_kit_fit fit,
                           struct cvg_kit_names *names)
{
    const struct cvg_kit_want *wants = c->config->outputs.items;
    for (size_t i = 0; i < c->config->outputs.count; i++) {
        if (fit_at(c, i) == fit) {
            cvg_kit_names_add(names, wants[i].name, "");
        }
    }
}

static void gather_resources(const struct cvg_pulumi_case *c, int surplus,
                             struct cvg_kit_names *names)
{
    const struct cvg_pulumi_want_resource *wants = c->config->resources.items;
    for (size_t i = 0; i < c->config->resources.count; i++) {
        size_t found = c->evidence->survey->found[i], wanted = least(&wants[i]);
        char note[64] = "";
        if (found > 0 || wanted > 1) {
            (void)snprintf(note, sizeof(note), " (%zu of %zu)", found, wanted);
        }
        if (surplus ? is_surplus(&wants[i], found) : found < wanted) {
            cvg_kit_names_add(names, wants[i].address, note);
        }
    }
}

static int decide(struct cvg_pulumi_case *c, struct cvg_kit_names *names, uint32_t status,
                  enum cvg_pulumi_reason reason, const char *what)
{
    if (names->count == 0) {
        return 0;
    }
    cvg_kit_finding_say(c->finding, status, cvg_pulumi_reason(reason), "%s: %s", what,
                        cvg_kit_names_end(names));
    return 1;
}

int cvg_pulumi_judge_wanted(struct cvg_pulumi_case *c)
{
    struct cvg_kit_names secret = {.count = 0}, surplus = {.count = 0}, missing = {.count = 0},
                         unset = {.count = 0}, differs = {.count = 0};
    gather_outputs(c, CVG_KIT_SECRET, &secret);
    gather_resources(c, 1, &surplus);
    gather_resources(c, 0, &missing);
    gather_outputs(c, CVG_KIT_MISSING, &unset);
    gather_outputs(c, CVG_KIT_EMPTY, &unset);
    gather_outputs(c, CVG_KIT_DIFFERS, &differs);
    if (decide(c, &secret, CVG_UNKNOWN, CVG_PULUMI_REASON_OUTPUT_SECRET,
               "outputs are secret and not compared") ||
        decide(c, &surplus, CVG_DEGRADED, CVG_PULUMI_REASON_SURPLUS,
               "there are more than are wanted")) {
        return 1;
    }
    if (c->evidence->survey->resources == 0 && c->config->allow_empty != 1) {
        cvg_pulumi_say(c, CVG_PROGRESSING, CVG_PULUMI_REASON_NO_RESOURCES,
                       cvg_pulumi_reason_text(CVG_PULUMI_REASON_NO_RESOURCES));
        return 1;
    }
    return decide(c, &missing, CVG_PROGRESSING, CVG_PULUMI_REASON_MISSING,
                  "resources are missing") ||
           decide(c, &unset, CVG_PROGRESSING, CVG_PULUMI_REASON_MISSING,
                  "outputs are missing or empty") ||
           decide(c, &differs, CVG_PROGRESSING, CVG_PULUMI_REASON_OUTPUT_DIFFERS,
                  "outputs are not what is wanted");
}

/* ---- facts ---- */

static void tell_outputs(struct cvg_pulumi_case *c)
{
    const struct cvg_kit_want *wants = c->config->outputs.items;
    for (size_t i = 0; i < c->config->outputs.count; i++) {
        const struct cvg_kit_value value = value_at(c, i);
        cvg_kit_want_tell(&wants[i], &value, c->finding);
    }
}

static void tell_progress(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_want_resource *wants = c->config->resources.items;
    struct cvg_reading *reading = &c->finding->reading;
    for (size_t i = 0; i < c->config->resources.count; i++) {
        size_t wanted = least(&wants[i]), found = c->evidence->survey->found[i];
        reading->total += wanted;
        reading->done += found < wanted ? found : wanted;
    }
    for (size_t i = 0; i < c->config->outputs.count; i++) {
        reading->total++;
        reading->done += fit_at(c, i) == CVG_KIT_FITS;
    }
    if (reading->total > 0) {
        reading->value = (double)reading->done;
        reading->has_value = 1;
        cvg_kit_finding_number(c->finding, "present", (int64_t)reading->done);
        cvg_kit_finding_number(c->finding, "wanted", (int64_t)reading->total);
    }
}

static void tell_lock(struct cvg_pulumi_case *c)
{
    char since[CVG_NUMBER_TEXT];
    if (c->evidence->sight->lock != CVG_PLACE_LOCK_HELD) {
        return;
    }
    cvg_kit_finding_fact(c->finding, "lock.who", "%s", c->lock.who);
    if (c->lock.created_at != 0) {
        cvg_format_time(c->lock.created_at, 0, since, sizeof(since));
        cvg_kit_finding_fact(c->finding, "lock.since", "%s", since);
    }
}

void cvg_pulumi_tell_facts(struct cvg_pulumi_case *c)
{
    const struct cvg_pulumi_survey *survey = c->evidence->survey;
    tell_lock(c);
    if (survey == NULL) {
        return;
    }
    cvg_kit_finding_fact(c->finding, "stack", "%s", survey->stack);
    cvg_kit_finding_fact(c->finding, "updated_at", "%s", survey->time_text);
    cvg_kit_finding_fact(c->finding, "pulumi_version", "%s", survey->pulumi_version);
    cvg_kit_finding_number(c->finding, "resources", (int64_t)survey->resources);
    cvg_kit_finding_number(c->finding, "pending", (int64_t)survey->pending.count);
    tell_progress(c);
    tell_outputs(c);
    if (survey->time_text[0] != '\0') {
        c->finding->reading.revision = cvg_kit_finding_text(c->finding, "%s", survey->time_text);
    }
}
