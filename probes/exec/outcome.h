/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run of a program came to, and the reading that follows. Pure; any thread.
 *
 * Its exit code says whether it is ready; what it writes says more, and in JSON may say that it is not.
 * Nothing that it writes makes ready what its exit code does not.
 */
#ifndef CVG_EXEC_OUTCOME_H
#define CVG_EXEC_OUTCOME_H

#include "config.h"
#include "kit/finding.h"
#include "reason.h"

struct cvg_exec_outcome {
    uint32_t fault;    /* enum cvg_fault, as host->spawn tells it */
    const char *text;  /* of the fault */
    int32_t exit_code; /* -1: killed */
    int32_t signal;
    const char *out, *err;
    size_t out_length, err_length;
    int64_t took_ns;
};

void cvg_exec_judge(const struct cvg_exec_check_config *config,
                    const struct cvg_exec_outcome *outcome, struct cvg_kit_finding *ret);
/* Unknown, of this check alone: no fault here speaks of the other checks of the source. */
void cvg_exec_unknown(struct cvg_kit_finding *ret, uint32_t fault, enum cvg_exec_reason reason,
                      const char *text);

/* A number as it stands, which has to be one of JSON; also a metric. The name is made one that facts
 * have; a second one of a name is left out. */
void cvg_exec_fact_number(struct cvg_kit_finding *finding, const char *name, const char *text,
                          size_t length);
void cvg_exec_fact_text(struct cvg_kit_finding *finding, const char *name, const char *text,
                        size_t length);

#endif
