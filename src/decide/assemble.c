/* SPDX-License-Identifier: Apache-2.0 */
/* Maps each word of the configuration to its rule; nothing is decided here. */
#include "decide/assemble.h"

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
    };
}

struct cvg_check_rules *cvg_assemble_rules(const struct cvg_environment_config *environment,
                                           struct cvg_arena *arena)
{
    struct cvg_check_rules *rules =
        cvg_arena_alloc(arena, (environment->check_count + 1) * sizeof(*rules));

    for (size_t i = 0; i < environment->check_count; i++) {
        rules[i] = rules_of(&environment->checks[i]);
    }
    return rules;
}

int cvg_assemble_gates(const struct cvg_environment_config *environment,
                       const struct cvg_check_rules *rules, struct cvg_arena *arena,
                       struct cvg_diagnostics *diagnostics, struct cvg_gate_policy **ret)
{
    struct cvg_gate_policy *policies =
        cvg_arena_alloc(arena, environment->gate_count * sizeof(*policies));
    int result = 0;

    for (size_t i = 0; i < environment->gate_count; i++) {
        const struct cvg_gate_config *gate = &environment->gates[i];
        struct cvg_error error = {0};
        size_t bad = 0;
        if (cvg_policy_resolve(gate->name, rules, environment->check_count, gate->require.items,
                               gate->require.count, gate->exclude.items, gate->exclude.count, arena,
                               &policies[i], &bad, &error) < 0) {
            /* The configuration has refused these already, with their exact places. */
            cvg_diagnostics_error(diagnostics, gate->node ? gate->node : environment->node,
                                  "environment '%s': gate '%s': %s", environment->name, gate->name,
                                  error.text);
            result = CVG_E_INVALID;
        }
    }
    if (result == 0) {
        *ret = policies;
    }
    return result;
}
