/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_exec_reason(enum cvg_exec_reason reason)
{
    static const char *const codes[] = {
#define CVG_EXEC_REASON_CODE(constant, code, meaning, action) code,
        CVG_EXEC_REASONS(CVG_EXEC_REASON_CODE)
#undef CVG_EXEC_REASON_CODE
    };
    return codes[reason];
}
