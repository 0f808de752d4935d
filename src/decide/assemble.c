/* SPDX-License-Identifier: Apache-2.0 */
/* Maps each word of the configuration to its rule; nothing is decided here. */
#include "decide/assemble.h"

#include <stdatomic.h>

static const enum cvg_on_unknown on_unknown[] = {
    [CVG_CONFIG_UNKNOWN_BLOCK] = CVG_ON_UNKNOWN_BLOCK,
    [CVG_CONFIG_UNKNOWN_IGNORE] = CVG_ON_UNKNOWN_IGNORE,
    [CVG_CONFIG_UNKNOWN_KEEP] = CVG_ON_UNKNOWN_KEEP,
};

static const enum cvg_failed_rule on_failed[] = {
    [CVG_CONFIG_FAILED_WAIT] = CVG_FAILED_WAIT,
    [CVG_CONFIG_FAILED_HALT] = CVG_FAILED_HALT,
    [CVG_CONFIG_FAILED_HALT_AFTER] = CVG_FAILED_HALT_AFTER,
};

static const enum cvg_agree_on agree_on[] = {
    [CVG_CONFIG_AGREE_ASKED] = CVG_AGREE_ASKED,
    [CVG_CONFIG_AGREE_REVISION] = CVG_AGREE_REVISION,
    [CVG_CONFIG_AGREE_NOTHING] = CVG_AGREE_NOTHING,
};

static struct cvg_check_rules rules_of(const struct cvg_check_config *check)
{
    int64_t max_age = check->max_age_ns;

    if (max_age == CVG_ABSENT_INT) {
        max_age = cvg_steady_default_max_age(check->polled, check->interval_ns, check->timeout_ns);
    }
    return (struct cvg_check_rules){
        .name = check->name,
        .source = check->source->name,
        .component = check->component,
        .plane = check->plane,
        .required = check->required,
        .weight = check->weight,
        .steady =
            {
                .polled = check->polled,
                .interval_ns = check->polled ? check->interval_ns : 0,
                .rise_ns = check->rise_ns,
                .fall_ns = check->fall_ns,
                .max_age_ns = max_age,
                .on_unknown = on_unknown[check->on_unknown],
                .keep_ns = check->keep_ns,
            },
        .on_failed = on_failed[check->on_failed],
        .halt_after_ns = check->halt_after_ns,
        .degraded_goes = check->degraded_goes,
        .disagrees = check->disagrees,
    };
}

static struct cvg_check_rules *assemble_rules(const struct cvg_environment_config *environment,
                                              struct cvg_arena *arena)
{
    struct cvg_check_rules *rules =
        cvg_arena_alloc(arena, (environment->check_count + 1) * sizeof(*rules));

    for (size_t i = 0; i < environment->check_count; i++) {
        rules[i] = rules_of(&environment->checks[i]);
    }
    return rules;
}

static int assemble_gates(struct cvg_assembly *assembly, struct cvg_diagnostics *diagnostics)
{
    const struct cvg_environment_config *environment = assembly->settings;
    int result = 0;

    assembly->gates =
        cvg_arena_alloc(assembly->arena, environment->gate_count * sizeof(*assembly->gates));
    for (size_t i = 0; i < environment->gate_count; i++) {
        const struct cvg_gate_config *gate = &environment->gates[i];
        struct cvg_error error = {0};
        size_t bad = 0;
        if (cvg_policy_resolve(gate->name, assembly->rules, environment->check_count,
                               gate->require.items, gate->require.count, gate->exclude.items,
                               gate->exclude.count, assembly->arena, &assembly->gates[i], &bad,
                               &error) < 0) {
            /* The configuration has refused these already, with their exact places. */
            cvg_diagnostics_error(diagnostics, gate->node ? gate->node : environment->node,
                                  "environment '%s': gate '%s': %s", environment->name, gate->name,
                                  error.text);
            result = CVG_E_INVALID;
        }
        assembly->gates[i].agree_on = agree_on[gate->agree_on];
    }
    return result;
}

int cvg_assembly_new(struct cvg_config *config, size_t environment,
                     struct cvg_diagnostics *diagnostics, struct cvg_assembly **ret)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_assembly *assembly = cvg_arena_alloc(arena, sizeof(*assembly));

    atomic_init(&assembly->references, 1);
    assembly->arena = arena;
    assembly->config = cvg_config_ref(config);
    assembly->settings = &config->environments[environment];
    assembly->rules = assemble_rules(assembly->settings, arena);
    int rc = assemble_gates(assembly, diagnostics);
    if (rc < 0) {
        cvg_assembly_unref(assembly);
        return rc;
    }
    *ret = assembly;
    return 0;
}

struct cvg_assembly *cvg_assembly_ref(struct cvg_assembly *assembly)
{
    atomic_fetch_add_explicit(&assembly->references, 1, memory_order_relaxed);
    return assembly;
}

void cvg_assembly_unref(struct cvg_assembly *assembly)
{
    if (!assembly ||
        atomic_fetch_sub_explicit(&assembly->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    cvg_config_unref(assembly->config);
    cvg_arena_free(assembly->arena); /* the assembly itself lives in it */
}
