/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration's words to the model's and the gates': the one place where both are
 * known. Everything is in the arena or borrowed from the configuration.
 */
#ifndef CVG_DECIDE_ASSEMBLE_H
#define CVG_DECIDE_ASSEMBLE_H

#include "config/config.h"
#include "gate/policy.h"

/* As many as the environment has checks. */
struct cvg_check_rules *cvg_assemble_rules(const struct cvg_environment_config *environment,
                                           struct cvg_arena *arena);
/* As many as it has gates; a gate that cannot be resolved goes to diagnostics. */
CVG_NODISCARD int cvg_assemble_gates(const struct cvg_environment_config *environment,
                                     const struct cvg_check_rules *rules, struct cvg_arena *arena,
                                     struct cvg_diagnostics *diagnostics,
                                     struct cvg_gate_policy **ret);

#endif
