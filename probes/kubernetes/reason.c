/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_kube_reason(enum cvg_kube_reason reason)
{
    static const char *const codes[] = {
#define CVG_KUBE_REASON_CODE(constant, code, meaning, action) code,
        CVG_KUBE_REASONS(CVG_KUBE_REASON_CODE)
#undef CVG_KUBE_REASON_CODE
    };
    return codes[reason];
}
