/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_tcp_reason(enum cvg_tcp_reason reason)
{
    static const char *const codes[] = {
#define CVG_TCP_REASON_CODE(constant, code, meaning, action) code,
        CVG_TCP_REASONS(CVG_TCP_REASON_CODE)
#undef CVG_TCP_REASON_CODE
    };
    return codes[reason];
}
