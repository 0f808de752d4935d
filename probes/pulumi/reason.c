/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_pulumi_reason(enum cvg_pulumi_reason reason)
{
    static const char *const codes[] = {
#define CVG_PULUMI_REASON_CODE(constant, code, meaning, action) code,
        CVG_PULUMI_REASONS(CVG_PULUMI_REASON_CODE)
#undef CVG_PULUMI_REASON_CODE
    };
    return codes[reason];
}

const char *cvg_pulumi_reason_text(enum cvg_pulumi_reason reason)
{
    switch (reason) {
#define CVG_PULUMI_REASON_TEXT(constant, code, meaning, action)                                    \
    case CVG_PULUMI_REASON_##constant:                                                             \
        return meaning;
        CVG_PULUMI_REASONS(CVG_PULUMI_REASON_TEXT)
#undef CVG_PULUMI_REASON_TEXT
    default:
        return "";
    }
}
