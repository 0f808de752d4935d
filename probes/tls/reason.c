/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_tls_reason(enum cvg_tls_reason reason)
{
    static const char *const codes[] = {
#define CVG_TLS_REASON_CODE(constant, code, meaning, action) code,
        CVG_TLS_REASONS(CVG_TLS_REASON_CODE)
#undef CVG_TLS_REASON_CODE
    };
    return codes[reason];
}
