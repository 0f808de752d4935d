/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the configuration's words to the model's and the gates': the one place where both are
 * known. Immutable; snapshots refer to it and may outlive the environment, so it is shared by
 * reference, which may be dropped on any thread.
 */
#ifndef CVG_DECIDE_ASSEMBLE_H
#define CVG_DECIDE_ASSEMBLE_H

#include "config/config.h"
#include "gate/policy.h"

struct cvg_assembly {
    _Atomic unsigned references;
    struct cvg_config *config;                     /* a reference: names live there */
    const struct cvg_environment_config *settings; /* of the environment */
    struct cvg_check_rules *rules;                 /* as many as it has checks */
    struct cvg_gate_policy *gates;                 /* as many as it has gates */
    struct cvg_arena *arena;                       /* owner of the rest */
};

/* With one reference, the caller's. A gate that cannot be resolved goes to diagnostics. */
CVG_NODISCARD int cvg_assembly_new(struct cvg_config *config, size_t environment,
                                   struct cvg_diagnostics *diagnostics, struct cvg_assembly **ret);
struct cvg_assembly *cvg_assembly_ref(struct cvg_assembly *assembly);
void cvg_assembly_unref(struct cvg_assembly *assembly); /* takes NULL */

#endif
