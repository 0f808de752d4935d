/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on an answer. Statuses are compared as whole words: those that end in COMPLETE are not
 * all good. Pure.
 */
#ifndef CVG_CFN_JUDGE_H
#define CVG_CFN_JUDGE_H

#include "answer.h"
#include "config.h"
#include "kit/finding.h"
#include "reason.h"

#include <convergate/module.h>

/* stack NULL: there is none. */
void cvg_cfn_judge(const struct cvg_cfn_check_config *config, const struct cvg_cfn_stack *stack,
                   struct cvg_kit_finding *ret);
/* Of any answer; fills ret, its observed_at too. */
void cvg_cfn_judge_response(const struct cvg_cfn_check_config *config,
                            const struct cvg_http_response *response, struct cvg_kit_finding *ret);

#endif
