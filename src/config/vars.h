/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ${vars.NAME} in the values of a tree, filled in with the words of one environment. What has none
 * is not copied. `$${` stands for a plain `${` and is left to the binder, which also reads what a
 * value brings in: an operator's own value may hold ${checks...}.
 */
#ifndef CVG_CONFIG_VARS_H
#define CVG_CONFIG_VARS_H

#include "base/map.h"
#include "config/tree.h"

struct cvg_vars {
    struct cvg_arena *arena;
    struct cvg_diagnostics *diagnostics;
    const struct cvg_map *values; /* name to text */
    const char *whose;            /* "template 'service'", for what is not there */
};

/* The tree with its vars filled in; unknown ones are reported and become plain text. */
const struct cvg_node *cvg_vars_fill(const struct cvg_vars *vars, const struct cvg_node *node);

#endif
