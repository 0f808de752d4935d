/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions of discoveries. Each is a check of its source, made, started and taken over like any
 * other, but in no environment: nobody is told of its readings, only of what it found and up to when
 * that is certain.
 */
#include "base/time.h"
#include "runner/runner_inner.h"

/* In no environment: what the log says in its place, and no name that one could have. */
#define NOWHERE "(discover)"

static struct cvg_runner_check *same_survey(const struct cvg_runner *runner, size_t number)
{
    size_t before = runner->before ? runner->diff->discovers[number] : CVG_DIFF_NONE;
    return before == CVG_DIFF_NONE ? NULL : &runner->before->surveys[before];
}

void cvg_runner_plan_surveys(struct cvg_runner *runner, size_t *kept)
{
    for (size_t i = 0; i < runner->config->discover_count; i++) {
        struct cvg_runner_source *source =
            cvg_runner_source_of(runner, runner->config->discovers[i].check.source);
        if (same_survey(runner, i)) {
            kept[source - runner->sources]++;
        } else {
            source->adopts = false;
        }
    }
}

static bool create(struct cvg_runner *runner, size_t number, struct cvg_diagnostics *diagnostics)
{
    struct cvg_runner_check *survey = &runner->surveys[number];
    const struct cvg_check_config *config = survey->config;
    if (config->faulty || !config->source ||
        !cvg_runner_instance_of(runner, cvg_runner_source_of(runner, config->source))) {
        return false; /* which was said */
    }
    survey->source = cvg_runner_source_of(runner, config->source);
    return (survey->source->adopts && same_survey(runner, number)) ||
           cvg_check_new(cvg_runner_instance_of(runner, survey->source), NOWHERE, config, survey,
                         diagnostics, &survey->instance) == 0;
}

void cvg_runner_make_surveys(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics)
{
    const struct cvg_config *config = runner->config;
    runner->surveys = cvg_alloc_array(config->discover_count + 1, sizeof *runner->surveys);
    for (size_t i = 0; i < config->discover_count; i++) {
        runner->surveys[i].config = &config->discovers[i].check;
        runner->surveys[i].index = (uint32_t)i;
        if (create(runner, i, diagnostics)) {
            runner->surveys[i].source->survey_count++;
        }
    }
}

void cvg_runner_free_surveys(struct cvg_runner *runner)
{
    for (size_t i = 0; runner->surveys && i < runner->config->discover_count; i++) {
        cvg_check_free(runner->surveys[i].instance);
    }
    free(runner->surveys);
    runner->surveys = NULL;
}

void cvg_runner_take_surveys(struct cvg_runner *runner)
{
    for (size_t i = 0; i < runner->config->discover_count; i++) {
        struct cvg_runner_check *survey = &runner->surveys[i], *old = same_survey(runner, i);
        if (old && survey->source->adopts) {
            survey->instance = old->instance;
            survey->latest_known = old->latest_known;
            old->instance = NULL;
            cvg_check_adopt(survey->instance, survey->config, survey);
        }
    }
}

/* ---- what comes back ---- */

void cvg_runner_found(CVG_UNUSED void *ctx, struct cvg_check *instance,
                      const struct cvg_found *found)
{
    const struct cvg_runner_check *survey = cvg_check_owner(instance);
    struct cvg_runner *runner = survey->source->runner;
    if (!runner->closing && runner->events->found) {
        runner->events->found(runner->ctx, survey->index, found);
    }
}

void cvg_runner_surveyed(struct cvg_runner_check *survey, const struct cvg_reading *reading)
{
    struct cvg_runner *runner = survey->source->runner;
    int64_t now = cvg_time_now();
    int64_t at = reading->observed_at_ns ? CVG_MIN(reading->observed_at_ns, now) : now;
    const char *why = reading->message && *reading->message ? reading->message : reading->reason;
    survey->latest_known = reading->status != CVG_UNKNOWN;
    if (runner->events->surveyed) {
        runner->events->surveyed(runner->ctx, survey->index, at,
                                 survey->latest_known ? NULL
                                 : why                ? why
                                                      : "it does not say why");
    }
}

void cvg_runner_survey_alive(const struct cvg_runner_source *source, int64_t at)
{
    const struct cvg_runner *runner = source->runner;
    for (size_t i = 0; i < runner->config->discover_count; i++) {
        const struct cvg_runner_check *survey = &runner->surveys[i];
        if (survey->source == source && survey->latest_known && runner->events->surveyed) {
            runner->events->surveyed(runner->ctx, i, at, NULL);
        }
    }
}
