/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as operators write them, against those of a state.
 *
 * A pattern is an address or the beginning of one at a part's end: `module.network` covers all
 * managed resources in it and below it, `aws_instance.web` all instances of it, `aws_instance` all
 * of the type, `aws_instance.web[0]` and `module.a["x"].aws_instance.web` what they say. Data
 * sources are covered only by patterns that say `data.`: that one was read proves nothing. A
 * module or resource without an index covers every index. In a part a `*` stands for any text
 * without a dot outside of quotes (`module.*`, `aws_*.web`, `web["eu-*"]`, `web[*]`). Modules in
 * between are not skipped: `aws_instance.web` is the root's. Pure; any thread.
 */
#ifndef CVG_TF_PATTERN_H
#define CVG_TF_PATTERN_H

#include "state.h"

#define CVG_TF_PATTERN_LENGTH 1024

/* NULL: it is a pattern; else what is wrong with it. */
const char *cvg_tf_pattern_check(const char *pattern);
/* instance NULL: could it cover any instance of this resource? A pattern that is none covers
 * nothing. */
int cvg_tf_pattern_covers(const char *pattern, const struct cvg_tf_resource *resource,
                          const struct cvg_tf_instance *instance);

#endif
