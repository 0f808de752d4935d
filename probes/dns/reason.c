/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of reason codes; see reason.h. */
#include "reason.h"

const char *cvg_dns_reason(enum cvg_dns_reason reason)
{
    static const char *const codes[] = {
#define CVG_DNS_REASON_CODE(constant, code, meaning, action) code,
        CVG_DNS_REASONS(CVG_DNS_REASON_CODE)
#undef CVG_DNS_REASON_CODE
    };
    return codes[reason];
}
