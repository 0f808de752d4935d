/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of a configuration and the exact lines that are said about it. */
#ifndef CVG_TESTS_CONFIG_CASES_H
#define CVG_TESTS_CONFIG_CASES_H

#include "config/config.h"

struct text_case {
    const char *name, *yaml, *want; /* want "": nothing is said, and it loads */
};

/* What is printed; free it. */
char *print_diagnostics(struct cvg_diagnostics *diagnostics);
/* Loads text as t.yaml; *ret is NULL where it was refused. */
char *load_and_print(const char *yaml, struct cvg_config **ret);
/* Prints each case that differs, then fails if one did. Warnings alone leave a configuration. */
void run_text_cases(const struct text_case *cases, size_t count);

#endif
