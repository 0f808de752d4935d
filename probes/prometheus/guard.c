/* SPDX-License-Identifier: Apache-2.0 */
/* Guards, volume and age, and what they make of a finding; see judge.h. */
#include "judge.h"

#include <math.h>
#include <string.h>

void cvg_prom_judge_volume(const struct cvg_prom_answer *answer, struct cvg_prom_part *ret)
{
    cvg_prom_part_begin(answer, ret);
    if (ret->status == CVG_READY && (answer->count != 1 || !isfinite(ret->value))) {
        cvg_prom_part_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_VOLUME_UNKNOWN,
                              answer->count == 0 ? "min_volume: its query answered no series"
                              : answer->count == 1
                                  ? "min_volume: its query answered no finite number"
                                  : "min_volume: its query answered several series");
    }
}

/* Samples are stamped to the millisecond; the digits behind are the difference's rounding. */
static double to_milliseconds(double seconds)
{
    return seconds > 0 && seconds < 1e12 ? (double)(int64_t)(seconds * 1000 + 0.5) / 1000 : seconds;
}

void cvg_prom_judge_age(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_answer *answer, struct cvg_prom_part *ret)
{
    cvg_prom_part_begin(answer, ret);
    if (ret->status != CVG_READY) {
        return;
    }
    if (answer->count != 1 || !isfinite(ret->value)) {
        cvg_prom_part_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_SAMPLES_TOO_OLD,
                              "max_sample_age: there is no current sample of these series");
        return;
    }
    /* In seconds, as the source counts; a double holds them far below a nanosecond's worth. */
    double limit = (double)config->max_sample_age / 1e9;
    double age = ret->value;
    ret->value = to_milliseconds(age);
    if (age > limit) {
        char words[96];
        struct cvg_kit_text text;
        cvg_kit_text_init(&text, words, sizeof(words));
        cvg_kit_text_add(&text, "max_sample_age: the oldest sample is ");
        cvg_kit_text_number(&text, ret->value);
        cvg_kit_text_add(&text, " s old, at most ");
        cvg_kit_text_number(&text, limit);
        cvg_kit_text_add(&text, " s are taken");
        cvg_prom_part_against(ret, CVG_FAULT_NONE, CVG_PROM_REASON_SAMPLES_TOO_OLD, words);
    }
}

static void conclude_low_volume(const struct cvg_prom_check_config *config,
                                const struct cvg_prom_part *volume,
                                struct cvg_prom_finding *finding)
{
    /* A store that is missing makes traffic look lower than it is. */
    uint32_t status =
        volume->partial ? (uint32_t)CVG_UNKNOWN : cvg_prom_stand_in(config->on_low_volume);
    struct cvg_kit_text text = cvg_prom_finding_say(finding, status, CVG_FAULT_NONE,
                                                    volume->partial ? CVG_PROM_REASON_PARTIAL_DATA
                                                                    : CVG_PROM_REASON_LOW_VOLUME);
    cvg_kit_text_add(&text, "the volume is ");
    cvg_kit_text_number(&text, volume->value);
    cvg_kit_text_add(&text, ", at least ");
    cvg_kit_text_number(&text, config->min_volume->at_least);
    cvg_kit_text_add(&text, " is needed to judge");
    if (volume->partial) {
        cvg_kit_text_add(&text, ", and the source could not look everywhere");
    } else if (status != CVG_UNKNOWN) {
        cvg_kit_text_add(&text, status == CVG_READY ? "; on_low_volume takes this as ready"
                                                    : "; on_low_volume takes this as failed");
    }
}

static void conclude_partial(struct cvg_prom_finding *finding)
{
    const char *code = cvg_prom_reason_code(CVG_PROM_REASON_PARTIAL_DATA);
    if (finding->reading.reason == code) {
        return; /* it says so already */
    }
    if (finding->reading.status == CVG_READY) {
        finding->reading.status = CVG_DEGRADED;
        finding->reading.reason = code;
    }
    struct cvg_kit_text text = {.data = finding->message,
                                .size = sizeof(finding->message),
                                .length = strlen(finding->message)};
    cvg_kit_text_add(&text, "; the source could not look everywhere");
    if (finding->warning[0] != '\0') {
        cvg_kit_text_add(&text, ": ");
        cvg_kit_text_add(&text, finding->warning);
    }
}

void cvg_prom_conclude(const struct cvg_prom_check_config *config,
                       const struct cvg_prom_part *volume, const struct cvg_prom_part *age,
                       struct cvg_prom_finding *finding)
{
    const struct cvg_prom_part *in_order[] = {age, volume};
    if (finding->reading.fault != CVG_FAULT_NONE) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        if (in_order[i] != NULL && in_order[i]->status != CVG_READY) {
            struct cvg_kit_text text =
                cvg_prom_finding_say(finding, CVG_UNKNOWN, in_order[i]->fault, in_order[i]->reason);
            cvg_kit_text_add(&text, in_order[i]->problem);
            return;
        }
    }
    if (volume != NULL) {
        cvg_prom_finding_number(finding, "volume", volume->value);
    }
    if (age != NULL) {
        cvg_prom_finding_number(finding, "sample_age_s", age->value);
    }
    if (volume != NULL && volume->value < config->min_volume->at_least) {
        conclude_low_volume(config, volume, finding);
    }
    if (finding->partial || (volume != NULL && volume->partial) || (age != NULL && age->partial)) {
        conclude_partial(finding);
    }
}
