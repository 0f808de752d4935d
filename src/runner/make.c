/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the sources and checks of a runner. Where there is one before, what stays the same is only
 * noted: it moves over when all the rest could be made (take_over.c).
 */
#include "model/steady.h"
#include "runner/runner_inner.h"

struct cvg_runner_source *cvg_runner_source_of(struct cvg_runner *runner,
                                               const struct cvg_source_config *config)
{
    return &runner->sources[config - runner->config->sources];
}

/* ---- what is taken over ---- */

static bool is_streaming(const struct cvg_runner_source *source)
{
    return source->config->kind->flags & CVG_MODULE_STREAMING;
}

/* A stream is told what to look at before it starts, so one that gets other checks, more of them or
 * fewer, begins anew. */
static void begin_anew(struct cvg_runner *runner)
{
    const struct cvg_config_diff *diff = runner->diff;
    CVG_CLEANUP(cvg_free_pointer)
    size_t *kept = cvg_alloc_array(runner->config->source_count, sizeof *kept);
    for (size_t i = 0; i < runner->config->environment_count; i++) {
        const struct cvg_environment_config *environment = &runner->config->environments[i];
        for (size_t k = 0; k < environment->check_count; k++) {
            const struct cvg_source_config *source = environment->checks[k].source;
            bool same = diff->checks[i][k] != CVG_DIFF_NONE;
            if (same) {
                kept[source - runner->config->sources]++;
            } else if (is_streaming(cvg_runner_source_of(runner, source))) {
                cvg_runner_source_of(runner, source)->adopts = false;
            }
        }
    }
    cvg_runner_plan_surveys(runner, kept);
    for (size_t i = 0; i < runner->config->source_count; i++) {
        struct cvg_runner_source *source = &runner->sources[i];
        if (source->adopts && is_streaming(source)) {
            const struct cvg_runner_source *old = &runner->before->sources[diff->sources[i]];
            source->adopts = kept[i] == old->check_count + old->survey_count;
        }
    }
}

static void plan_adoption(struct cvg_runner *runner)
{
    size_t count = runner->config->source_count;
    for (size_t i = 0; i < count; i++) {
        runner->sources[i].adopts = runner->diff->sources[i] != CVG_DIFF_NONE;
    }
    begin_anew(runner);
    /* Who goes through a connection that ends cannot stay; at most one step a source. */
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            struct cvg_runner_source *source = &runner->sources[i];
            const struct cvg_source_config *via = source->config->via;
            if (source->adopts && via && !cvg_runner_source_of(runner, via)->adopts) {
                source->adopts = false;
                moved = true;
            }
        }
    }
}

/* The source as it is, or as it will be. */
struct cvg_source *cvg_runner_instance_of(const struct cvg_runner *runner,
                                          const struct cvg_runner_source *source)
{
    size_t number = (size_t)(source - runner->sources);
    if (!runner->before || !source->adopts) {
        return source->instance;
    }
    return runner->before->sources[runner->diff->sources[number]].instance;
}

struct cvg_runner_check *cvg_runner_same_check(const struct cvg_runner *runner,
                                               const struct cvg_runner_check *check)
{
    const struct cvg_config_diff *diff = runner->diff;
    if (!runner->before || diff->checks[check->environment][check->index] == CVG_DIFF_NONE) {
        return NULL;
    }
    return &runner->before->environments[diff->environments[check->environment]]
                .checks[diff->checks[check->environment][check->index]];
}

/* ---- sources ---- */

static int make_source(struct cvg_runner *runner, struct cvg_runner_source *source,
                       struct cvg_diagnostics *diagnostics)
{
    const struct cvg_source_config *config = source->config;
    struct cvg_error error;
    if (config->faulty) {
        return CVG_E_INVALID; /* which was said */
    }
    source->module = cvg_registry_get(runner->registry, config->kind->name, &error);
    if (!source->module) {
        cvg_diagnostics_error(diagnostics, config->node, "source '%s': %s", config->name,
                              error.text);
        return CVG_E_INVALID;
    }
    const struct cvg_runner_source *via =
        config->via ? cvg_runner_source_of(runner, config->via) : NULL;
    struct cvg_source_setup setup = {
        .loop = runner->loop,
        .module = source->module,
        .config = config,
        .via = via ? cvg_runner_instance_of(runner, via) : NULL,
        .memory = cvg_registry_memory(runner->registry),
        .events = &runner->instance_events,
        .ctx = runner,
    };
    return cvg_source_new(&setup, diagnostics, &source->instance);
}

/* A source comes after the one whose connection it uses: pass after pass, until nothing moves. */
void cvg_runner_make_sources(struct cvg_runner *runner, struct cvg_diagnostics *diagnostics)
{
    size_t count = runner->config->source_count;
    CVG_CLEANUP(cvg_free_pointer) bool *tried = cvg_alloc_array(count, sizeof *tried);
    if (runner->before) {
        plan_adoption(runner);
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            struct cvg_runner_source *source = &runner->sources[i];
            const struct cvg_source_config *via = source->config->via;
            if (tried[i] ||
                (via && !cvg_runner_instance_of(runner, cvg_runner_source_of(runner, via)))) {
                continue;
            }
            tried[i] = moved = true;
            if (source->adopts || make_source(runner, source, diagnostics) == 0) {
                runner->made[runner->made_count++] = i;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct cvg_source_config *config = runner->sources[i].config;
        if (!tried[i] && !runner->config->faulty) {
            cvg_diagnostics_error(diagnostics, cvg_node_at(config->node, "via"),
                                  "source '%s': the source that it goes through cannot be used",
                                  config->name);
        }
    }
}

/* ---- checks ---- */

static void note_source(struct cvg_runner_environment *environment,
                        struct cvg_runner_source *source)
{
    for (size_t i = 0; i < environment->source_count; i++) {
        if (environment->sources[i] == source) {
            return;
        }
    }
    CVG_GROW(environment->sources, environment->source_count, environment->source_capacity);
    environment->sources[environment->source_count++] = source;
}

/* False: it was refused, or will never be used. */
static bool create(struct cvg_runner *runner, struct cvg_runner_check *check,
                   struct cvg_diagnostics *diagnostics)
{
    const struct cvg_environment_config *environment =
        &runner->config->environments[check->environment];
    struct cvg_runner_source *source = check->source;
    if (check->config->faulty || !source || !cvg_runner_instance_of(runner, source)) {
        return false; /* which was said */
    }
    int64_t max_age = check->config->max_age_ns;
    check->max_age_ns =
        max_age != CVG_ABSENT_INT
            ? max_age
            : cvg_steady_default_max_age(check->config->polled, check->config->interval_ns,
                                         check->config->timeout_ns);
    return (source->adopts && cvg_runner_same_check(runner, check)) ||
           cvg_check_new(cvg_runner_instance_of(runner, source), environment->name, check->config,
                         check, diagnostics, &check->instance) == 0;
}

static void note_dependents(struct cvg_runner_environment *environment,
                            struct cvg_runner_check *check)
{
    for (size_t i = 0; i < check->config->input_count; i++) {
        struct cvg_runner_check *input = &environment->checks[check->config->inputs[i]];
        CVG_GROW(input->dependents, input->dependent_count, input->dependent_capacity);
        input->dependents[input->dependent_count++] = check;
    }
}

void cvg_runner_list_checks(struct cvg_runner *runner)
{
    const struct cvg_config *config = runner->config;
    for (size_t i = 0; i < config->environment_count; i++) {
        runner->check_count += config->environments[i].check_count;
    }
    runner->checks = cvg_alloc_array(runner->check_count, sizeof *runner->checks);
    struct cvg_runner_check *next = runner->checks;
    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *environment = &config->environments[i];
        runner->environments[i].checks = next;
        for (size_t k = 0; k < environment->check_count; k++, next++) {
            next->config = &environment->checks[k];
            next->environment = (uint32_t)i;
            next->index = (uint32_t)k;
            next->source =
                next->config->source ? cvg_runner_source_of(runner, next->config->source) : NULL;
        }
    }
}

void cvg_runner_make_check(struct cvg_runner *runner, struct cvg_runner_check *check,
                           struct cvg_diagnostics *diagnostics)
{
    struct cvg_runner_environment *environment = &runner->environments[check->environment];
    struct cvg_runner_source *source = check->source;
    size_t errors = diagnostics->errors;
    if (create(runner, check, diagnostics)) {
        CVG_GROW(source->checks, source->check_count, source->check_capacity);
        source->checks[source->check_count++] = check;
        note_source(environment, source);
    }
    environment->refused = environment->refused || diagnostics->errors > errors;
    note_dependents(environment, check);
}
