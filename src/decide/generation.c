/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays beside the configuration's, in its order. */
#include "decide/generation.h"

#include "base/text.h"

#include <string.h>

static void count_gates(struct cvg_generation *generation)
{
    const struct cvg_config *config = generation->config;

    for (size_t i = 0; i < config->environment_count; i++) {
        generation->first_count[i] = generation->count_count;
        generation->count_count += config->environments[i].gate_count;
    }
    generation->counts = cvg_alloc_array(generation->count_count + 1, sizeof(*generation->counts));
    for (size_t i = 0; i < config->environment_count; i++) {
        for (size_t k = 0; k < config->environments[i].gate_count; k++) {
            struct cvg_decision_count *count = &generation->counts[generation->first_count[i] + k];
            count->environment = config->environments[i].name;
            count->gate = config->environments[i].gates[k].name;
        }
    }
}

int cvg_generation_new(struct cvg_config *config, struct cvg_diagnostics *diagnostics,
                       struct cvg_generation **ret)
{
    struct cvg_generation *generation = CVG_NEW(struct cvg_generation);
    size_t count = config->environment_count;
    int result = 0;

    generation->config = cvg_config_ref(config);
    generation->names = cvg_alloc_array(count + 1, sizeof(*generation->names));
    generation->environments = cvg_alloc_array(count + 1, sizeof(struct cvg_environment *));
    generation->first_count = cvg_alloc_array(count + 1, sizeof(*generation->first_count));
    count_gates(generation);
    for (size_t i = 0; i < count; i++) {
        generation->names[i] = config->environments[i].name;
        int rc = cvg_environment_new(config, i, diagnostics, &generation->environments[i]);
        result = rc < 0 ? rc : result;
    }
    if (result < 0) {
        cvg_generation_free(generation);
        return result;
    }
    *ret = generation;
    return 0;
}

void cvg_generation_free(struct cvg_generation *generation)
{
    if (!generation) {
        return;
    }
    for (size_t i = 0; i < generation->config->environment_count; i++) {
        cvg_environment_free(generation->environments[i]);
    }
    free(generation->environments);
    free(generation->names);
    free(generation->first_count);
    free(generation->counts);
    cvg_config_unref(generation->config);
    free(generation);
}

size_t cvg_generation_find(const struct cvg_generation *generation, const char *name)
{
    size_t low = 0, high = generation->config->environment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, generation->names[middle]);
        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return SIZE_MAX;
}

static void inherit_counts(struct cvg_generation *generation, size_t environment,
                           const struct cvg_generation *old, size_t before)
{
    const struct cvg_environment_config *now = &generation->config->environments[environment];
    const struct cvg_environment_config *then = &old->config->environments[before];

    for (size_t i = 0; i < now->gate_count; i++) {
        struct cvg_decision_count *count =
            &generation->counts[generation->first_count[environment] + i];
        for (size_t k = 0; k < then->gate_count; k++) {
            const struct cvg_decision_count *had = &old->counts[old->first_count[before] + k];
            if (cvg_text_equal(had->gate, count->gate)) {
                memcpy(count->verdicts, had->verdicts, sizeof(count->verdicts));
            }
        }
    }
}

void cvg_generation_inherit(struct cvg_generation *generation, struct cvg_generation *old,
                            const struct cvg_config_diff *diff, int64_t now)
{
    for (size_t i = 0; i < generation->config->environment_count; i++) {
        size_t before = diff->environments[i];
        if (before != CVG_DIFF_NONE) {
            cvg_environment_inherit(generation->environments[i], old->environments[before],
                                    diff->checks[i], now);
            inherit_counts(generation, i, old, before);
        }
    }
}
