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

/* Puts NAME=value among count others, the longest value first: masked after one that is a part of it,
 * the rest of it would be left. The array has room for it and then owns it. */
void cvg_exec_secrets_add(char **pairs, size_t count, char *pair);
/* Of NAME=value; lives as long as the pair. */
const char *cvg_exec_secret_value(const char *pair);
void cvg_exec_mask(char *bytes, size_t length, const char *secret);
/* All texts of the finding. A fact that is no number any more is left out. */
void cvg_exec_mask_finding(struct cvg_kit_finding *finding, const char *secret);

#endif
