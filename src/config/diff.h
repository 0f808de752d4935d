/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays the same from one configuration to the next, so that a reload keeps what was learned
 * of it. Pure; any thread.
 *
 *   source       its name, type, the module's keys, its connection, and what it goes through
 *   check        its environment, its name, a source that is the same, the module's keys. The
 *                host's keys (rise, interval, weight, ...) may differ: they apply in place
 *   environment  its name
 */
#ifndef CVG_CONFIG_DIFF_H
#define CVG_CONFIG_DIFF_H

#include "config/config.h"

#define CVG_DIFF_NONE SIZE_MAX

struct cvg_config_diff {
    /* By number in the new configuration: the number in the old one, or CVG_DIFF_NONE. */
    size_t *sources;      /* that is the same */
    size_t *environments; /* of that name */
    size_t **checks;      /* by environment and check: that is the same, in the old environment of
                             that name */
    size_t *discovers;    /* that asks the same, of a source that is the same */
    size_t checks_kept, checks_new, checks_gone; /* a check that changed is new, and gone */
    struct cvg_arena *arena;                     /* owner of all of it */
};

/* Both are without fault. Free it with cvg_config_diff_free. */
struct cvg_config_diff *cvg_config_diff_new(const struct cvg_config *before,
                                            const struct cvg_config *after);
void cvg_config_diff_free(struct cvg_config_diff *diff); /* takes NULL */

/* The settings that differ and that only a start applies ("server.listen"): all but sources,
 * environments with what they are made from, and defaults. Names are in the arena. Returns how many. */
size_t cvg_config_diff_settings(const struct cvg_config *before, const struct cvg_config *after,
                                struct cvg_arena *arena, const char ***ret);

#endif
