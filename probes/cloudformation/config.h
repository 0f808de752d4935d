/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a check of a stack. A source is nothing but a connection. Constant while
 * the check lives; any thread.
 */
#ifndef CVG_CFN_CONFIG_H
#define CVG_CFN_CONFIG_H

#include "kit/want.h"

#include <convergate/field.h>

enum cvg_cfn_blemish {
    CVG_CFN_BLEMISH_FAILED = 0,
    CVG_CFN_BLEMISH_DEGRADED,
    CVG_CFN_BLEMISH_UNKNOWN,
    CVG_CFN_BLEMISH_IGNORE
};

struct cvg_cfn_check_config {
    const char *stack;       /* its name or ARN */
    struct cvg_list outputs; /* struct cvg_kit_want */
    uint32_t drift;          /* enum cvg_cfn_blemish */
    uint32_t allow_rollback, allow_cleanup;
};

extern const struct cvg_field cvg_cfn_check_fields[];

/* path: of the key. */
typedef void cvg_cfn_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys: 0 or -1. Words that refer to facts (`${...}`) are looked at only once
 * they are filled in. Pure; offline. */
int cvg_cfn_check_check(const struct cvg_cfn_check_config *config, cvg_cfn_refuse *refuse,
                        void *arg);

#endif
