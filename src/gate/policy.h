/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which checks a gate looks at. `require` names checks or components; without it the gate looks
 * at every required check. `exclude` takes some out again, by the same names. A check that a gate
 * requires by its own name counts there even where `required: false`.
 */
#ifndef CVG_GATE_POLICY_H
#define CVG_GATE_POLICY_H

#include "base/error.h"
#include "gate/verdict.h"

/* The index array comes from the arena, the name is borrowed. Errors: a name that is neither a check
 * nor a component, or a required component none of whose checks is required (*ret_bad is its index
 * in require, or require_count + its index in exclude), and a gate that is left with no check
 * (*ret_bad is SIZE_MAX); the message does not say which gate. Time is linear in checks and names. */
CVG_NODISCARD int cvg_policy_resolve(const char *name, const struct cvg_check_rules *checks,
                                     size_t check_count, const char *const *require,
                                     size_t require_count, const char *const *exclude,
                                     size_t exclude_count, struct cvg_arena *arena,
                                     struct cvg_gate_policy *ret, size_t *ret_bad,
                                     struct cvg_error *reterr);

#endif
