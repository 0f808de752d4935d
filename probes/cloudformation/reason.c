/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_cfn_reason(enum cvg_cfn_reason reason)
{
    static const char *const codes[] = {
#define CVG_CFN_REASON_CODE(constant, code, meaning, action) code,
        CVG_CFN_REASONS(CVG_CFN_REASON_CODE)
#undef CVG_CFN_REASON_CODE
    };
    return codes[reason];
}

const char *cvg_cfn_reason_text(enum cvg_cfn_reason reason)
{
    switch (reason) {
#define CVG_CFN_REASON_TEXT(constant, code, meaning, action)                                       \
    case CVG_CFN_REASON_##constant:                                                                \
        return meaning;
        CVG_CFN_REASONS(CVG_CFN_REASON_TEXT)
#undef CVG_CFN_REASON_TEXT
    default:
        return "";
    }
}
