/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_http_reason(enum cvg_http_reason reason)
{
    static const char *const codes[] = {
#define CVG_HTTP_REASON_CODE(constant, code, meaning, action) code,
        CVG_HTTP_REASONS(CVG_HTTP_REASON_CODE)
#undef CVG_HTTP_REASON_CODE
    };
    return codes[reason];
}
