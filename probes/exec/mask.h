/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in what a program wrote: each place is written over with as many '*'. What it prints in
 * another form (in base64, cut in two) is not found. Pure; any thread.
 */
#ifndef CVG_EXEC_MASK_H
#define CVG_EXEC_MASK_H

#include "kit/finding.h"

#include <stddef.h>

/* Secrets below that would be found everywhere. */
#define CVG_EXEC_MASK_LEAST 4

void cvg_exec_mask(char *bytes, size_t length, const char *secret);
/* All texts of the finding. A fact that is no number any more is left out. */
void cvg_exec_mask_finding(struct cvg_kit_finding *finding, const char *secret);

#endif
