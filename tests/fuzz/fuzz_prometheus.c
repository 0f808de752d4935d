/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_prometheus */
/*
 * Any bytes as the body of an answer, of an error, as a condition and as a selector. Whatever they
 * are: a refused answer has no elements and is unknown, and only a finite number, or an empty
 * answer that is whole, can be ready.
 */
#include "fuzz.h"

#include "decode.h"
#include "judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void judge(const struct cvg_prom_answer *answer, uint32_t reduce, const char *ready)
{
    struct cvg_prom_check_config config = {.query = "up",
                                           .ready = ready,
                                           .degraded = "!= 7",
                                           .reduce = reduce,
                                           .on_empty = CVG_PROM_READY,
                                           .max_sample_age = CVG_ABSENT_INT};
    struct cvg_prom_plan plan = {.has_degraded = 1};
    struct cvg_prom_finding finding;
    struct cvg_prom_part volume, age;
    check(cvg_kit_condition_parse(config.ready, &plan.ready) == NULL);
    check(cvg_kit_condition_parse(config.degraded, &plan.degraded) == NULL);
    cvg_prom_judge(&config, &plan, answer, &finding);
    cvg_prom_conclude(&config, NULL, NULL, &finding);
    const struct cvg_reading *reading = &finding.reading;
    check(memchr(finding.message, '\0', sizeof(finding.message)) != NULL);
    check(reading->fact_count <= CVG_PROM_FACT_LIMIT);
    check(reading->fault == CVG_FAULT_NONE || reading->status == CVG_UNKNOWN);
    check(answer->fault == CVG_FAULT_NONE || reading->status == CVG_UNKNOWN);
    if (reading->status == CVG_READY) {
        check(!answer->partial);
        check(answer->count == 0 || (reading->has_value && isfinite(reading->value)));
        check(answer->count == 0 || cvg_kit_condition_holds(&plan.ready, reading->value));
    }
    cvg_prom_judge_volume(answer, &volume);
    cvg_prom_judge_age(&config, answer, &age);
    check(volume.status != CVG_READY || (answer->count == 1 && isfinite(volume.value)));
}

static void refuse(const char *body, size_t length, uint32_t status, const char *type)
{
    struct cvg_http_response response = {.size = sizeof(response),
                                         .status = status,
                                         .fault_text = "",
                                         .content_type = type,
                                         .headers = body, /* a response's are text as well */
                                         .body = body,
                                         .body_length = length};
    struct cvg_prom_answer answer = {0};
    cvg_prom_refuse(&answer, cvg_prom_flavour(status % CVG_PROM_FLAVOUR_COUNT), &response);
    check(answer.fault != CVG_FAULT_NONE && answer.fault != CVG_FAULT_BUG);
    check(answer.problem[0] != '\0');
    cvg_prom_answer_done(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const conditions[] = {"< 1", ">= 1", "!= 0", "0..1"};
    struct cvg_prom_answer answer = {0};
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';

    const struct cvg_prom_body body = {(const char *)data, size, "application/json"};
    cvg_prom_decode(&answer, &body);
    check(answer.fault == CVG_FAULT_NONE || answer.count == 0);
    for (uint32_t reduce = CVG_PROM_SINGLE; reduce <= CVG_PROM_COUNT; reduce++) {
        judge(&answer, reduce, conditions[reduce % 4]);
    }
    cvg_prom_answer_done(&answer);
    refuse(text, size, 503, "application/json");
    refuse(text, size, 302, "text/plain");

    struct cvg_kit_condition condition;
    if (cvg_kit_condition_parse(text, &condition) == NULL) {
        check(!cvg_kit_condition_holds(&condition, NAN));
        check(cvg_kit_condition_distance(&condition, 0) >= 0);
    }
    (void)cvg_prom_is_selector(text);
    free(text);
    return 0;
}
