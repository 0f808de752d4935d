/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that is wrong with a configuration, in one pass: "file:line:column: error: text". Printed
 * sorted by file and place; the list is capped and says how many more there were. No allocation
 * is shared with the tree, so it outlives it. One owner, no locks.
 */
#ifndef CVG_CONFIG_DIAGNOSTICS_H
#define CVG_CONFIG_DIAGNOSTICS_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdio.h>

#define CVG_DIAGNOSTICS_LIMIT 200

struct cvg_node;

/* Where a template is used: the environment's name, and the place of its `template`. */
struct cvg_use {
    const char *name;
    const struct cvg_node *node;
};

struct cvg_diagnostic {
    char *file; /* owned */
    unsigned line, column;
    bool warning;
    char *text;  /* owned */
    char *use;   /* owned: "environment 'prod', conf.yaml:12:5"; NULL: not in a template */
    size_t more; /* uses beyond that one that have the same problem */
};

struct cvg_diagnostics {
    struct cvg_diagnostic *items; /* owned */
    size_t count, capacity, dropped;
    size_t errors;             /* also the dropped ones */
    const struct cvg_use *use; /* borrowed; see cvg_diagnostics_use */
};

void cvg_diagnostics_done(struct cvg_diagnostics *diagnostics);
/* From now on problems at places in a template name this use of it; the same problem of several
 * uses is told once. NULL: no longer. It must live until then. */
void cvg_diagnostics_use(struct cvg_diagnostics *diagnostics, const struct cvg_use *use);
/* At a node's place; node may be NULL where there is none. */
void cvg_diagnostics_error(struct cvg_diagnostics *diagnostics, const struct cvg_node *node,
                           const char *format, ...) CVG_PRINTF(3, 4);
void cvg_diagnostics_warning(struct cvg_diagnostics *diagnostics, const struct cvg_node *node,
                             const char *format, ...) CVG_PRINTF(3, 4);
void cvg_diagnostics_at(struct cvg_diagnostics *diagnostics, const char *file, unsigned line,
                        unsigned column, const char *format, ...) CVG_PRINTF(5, 6);
/* Sorts and prints, a line each. */
void cvg_diagnostics_print(struct cvg_diagnostics *diagnostics, FILE *out);

#endif
