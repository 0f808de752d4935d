/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_tf_reason(enum cvg_tf_reason reason)
{
    static const char *const codes[] = {
#define CVG_TF_REASON_CODE(constant, code, meaning, action) code,
        CVG_TF_REASONS(CVG_TF_REASON_CODE)
#undef CVG_TF_REASON_CODE
    };
    return codes[reason];
}
