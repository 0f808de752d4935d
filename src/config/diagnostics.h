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

struct cvg_diagnostic {
    char *file; /* owned */
    unsigned line, column;
    bool warning;
    char *text; /* owned */
};

struct cvg_diagnostics {
    struct cvg_diagnostic *items; /* owned */
    size_t count, capacity, dropped;
    size_t errors; /* also the dropped ones */
};

void cvg_diagnostics_done(struct cvg_diagnostics *diagnostics);
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
