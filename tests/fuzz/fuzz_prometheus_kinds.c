/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_prometheus */
/*
 * Any bytes as a list of rules, a list of alerts, and as words of an operator: a matcher, an
 * objective, a track, a template. Whatever they are: a refused list has nothing in it and is
 * unknown, places are within the body, and what is filled into a query stays within its quotes.
 */
#include "fuzz.h"

#include "decode.h"
#include "inquiry.h"
#include "matcher.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_span(struct cvg_prom_span span, size_t size)
{
    check(span.at <= size && span.length <= size - span.at);
}

static void check_lists(const struct cvg_prom_answer *answer, size_t size)
{
    check(answer->fault == CVG_FAULT_NONE || answer->rule_count + answer->alert_count == 0);
    for (size_t i = 0; i < answer->rule_count; i++) {
        check_span(answer->rules[i].name, size);
        check_span(answer->rules[i].group, size);
        check_span(answer->rules[i].error, size);
    }
    for (size_t i = 0; i < answer->alert_count; i++) {
        check_span(answer->alerts[i].labels, size);
        check_span(answer->alerts[i].silence, size);
    }
}

static void never(void *arg, const char *path, const char *text)
{
    (void)arg, (void)path;
    check(text[0] != '\0');
}

/* The answer for each question of the check; what comes of it must not be ready by mistake. */
static void judge(const struct cvg_prom_check_config *config, uint32_t flavour,
                  const struct cvg_prom_answer *answer)
{
    struct cvg_prom_inquiry inquiry;
    struct cvg_prom_part parts[CVG_PROM_WANTED_LIMIT] = {{0}};
    struct cvg_prom_held held = {.parts = parts, .wall_ns = INT64_C(1795201957) * 1000000000};
    if (cvg_prom_inquiry_make(config, cvg_prom_flavour(flavour), CVG_PROM_FILLED_IN, never, NULL,
                              &inquiry) < 0) {
        return;
    }
    cvg_prom_finding_begin(&held.finding);
    for (size_t i = 0; i < inquiry.count; i++) {
        cvg_prom_inquiry_take(&inquiry, i, answer, &held);
    }
    cvg_prom_inquiry_conclude(&inquiry, &held);
    const struct cvg_reading *reading = &held.finding.reading;
    check(reading->reason != NULL && held.finding.message[0] != '\0');
    check(answer->fault == CVG_FAULT_NONE || reading->status == CVG_UNKNOWN);
    check(reading->fault == CVG_FAULT_NONE || reading->status == CVG_UNKNOWN);
    check(reading->status != CVG_READY || !answer->partial);
    cvg_prom_inquiry_done(&inquiry);
}

static void read_lists(const char *bytes, size_t size)
{
    static const char *const names[] = {"a", "DemoFiring"};
    static const char *const matchers[] = {"a=b"};
    const struct cvg_prom_rules rules = {
        .names = {2, names}, .max_age = CVG_ABSENT_INT, .on_firing = CVG_PROM_FIRING_DEGRADED};
    const struct cvg_prom_alerts alerts = {.match = {1, matchers}, .watchdog = {1, matchers}};
    const struct cvg_prom_check_config of_rules = {.rules = &rules,
                                                   .max_sample_age = CVG_ABSENT_INT};
    const struct cvg_prom_check_config of_alerts = {.alerts = &alerts,
                                                    .max_sample_age = CVG_ABSENT_INT};
    const struct cvg_prom_body body = {bytes, size, "application/json"};
    struct cvg_prom_answer answer = {0};
    cvg_prom_decode_rules(&answer, &body);
    check_lists(&answer, size);
    judge(&of_rules, CVG_PROM_PROMETHEUS, &answer);
    cvg_prom_decode_alerts(&answer, &body);
    check_lists(&answer, size);
    judge(&of_alerts, CVG_PROM_ALERTMANAGER, &answer);
    cvg_prom_decode(&answer, &body);
    judge(&of_alerts, CVG_PROM_PROMETHEUS, &answer);
    cvg_prom_answer_done(&answer);
}

/* A matcher that was taken reads back as itself once it is written. */
static void read_matcher(const char *text)
{
    struct cvg_prom_matcher matcher, again;
    struct cvg_prom_string string = {0};
    if (cvg_prom_matcher_parse(text, &matcher) == NULL) {
        cvg_prom_matcher_write(&matcher, &string);
        check(cvg_prom_matcher_parse(string.data, &again) == NULL);
        check(strcmp(matcher.name, again.name) == 0 && strcmp(matcher.value, again.value) == 0);
        check(strcmp(matcher.operator, again.operator) == 0);
    }
    cvg_prom_string_done(&string);
}

/* However a track is called, its quotes stay closed behind it. */
static void fill_in(const char *text, const struct cvg_prom_answer *answer)
{
    const struct cvg_prom_canary canary = {.errors = "x{t=\"$track\"}",
                                           .total = "x{t=\"$track\"}",
                                           .canary = text,
                                           .baseline = "b",
                                           .min_events = 1,
                                           .max_ratio = 1,
                                           .max_times = 1,
                                           .max_z = NAN};
    const struct cvg_prom_slo slo = {.objective = text,
                                     .errors = "x$window",
                                     .total = text,
                                     .period = INT64_C(30) * 86400 * 1000000000};
    const struct cvg_prom_check_config of_canary = {.canary = &canary,
                                                    .max_sample_age = CVG_ABSENT_INT};
    const struct cvg_prom_check_config of_slo = {.slo = &slo, .max_sample_age = CVG_ABSENT_INT};
    struct cvg_prom_inquiry inquiry;
    if (cvg_prom_inquiry_make(&of_canary, cvg_prom_flavour(CVG_PROM_PROMETHEUS), CVG_PROM_FILLED_IN,
                              never, NULL, &inquiry) == 0) {
        const char *at = inquiry.wanted[0].text + strlen("x{t=\"");
        while (*at != '"') {
            check(*at != '\0');
            at += *at == '\\' ? 2 : 1;
        }
        check(strcmp(at, "\"}") == 0);
        cvg_prom_inquiry_done(&inquiry);
    }
    judge(&of_canary, CVG_PROM_PROMETHEUS, answer);
    judge(&of_slo, CVG_PROM_PROMETHEUS, answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cvg_prom_answer none = {.body = ""};
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    read_lists((const char *)data, size);
    read_matcher(text);
    if (size < 4096) {
        fill_in(text, &none);
    }
    free(text);
    return 0;
}
