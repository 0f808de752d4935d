/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the deciding thread makes of one configuration: the environments and the counters of their
 * gates. A reload makes the next one beside it. Belongs to one thread at a time.
 */
#ifndef CVG_DECIDE_GENERATION_H
#define CVG_DECIDE_GENERATION_H

#include "decide/environment.h"
#include "decide/vitals.h"

struct cvg_generation {
    struct cvg_config *config;             /* a reference */
    struct cvg_environment **environments; /* owned, config->environment_count of them */
    const char **names;                    /* owned; theirs */
    struct cvg_decision_count *counts;     /* owned; one for each gate, by environment */
    size_t *first_count;                   /* owned; where an environment's counts begin */
    size_t count_count;
};

/* Problems go to diagnostics. */
CVG_NODISCARD int cvg_generation_new(struct cvg_config *config, struct cvg_diagnostics *diagnostics,
                                     struct cvg_generation **ret);
void cvg_generation_free(struct cvg_generation *generation); /* takes NULL */
/* The number of the environment of that name; SIZE_MAX: there is none. */
size_t cvg_generation_find(const struct cvg_generation *generation, const char *name);
/* Environments and counters go on where they stay the same; nothing but freeing is left to old. */
void cvg_generation_inherit(struct cvg_generation *generation, struct cvg_generation *old,
                            const struct cvg_config_diff *diff, int64_t now);

#endif
