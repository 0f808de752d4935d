/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one voice says, held against what the check wants of it. It borrows the values of the
 * voice's answers. Pure; any thread.
 */
#ifndef CVG_DNS_OPINION_H
#define CVG_DNS_OPINION_H

#include "judge.h"
#include "kit/text.h"
#include "reason.h"

struct cvg_dns_opinion {
    uint32_t status; /* enum cvg_status */
    enum cvg_dns_reason reason;
    size_t count; /* of the values, sorted, each once */
    const char *values[CVG_DNS_PARTS * CVG_DNS_RECORDS];
    uint32_t ttl; /* the least; meaningful where count is not 0 */
    uint32_t has_serial, serial;
    const char *alias_end; /* the last of the aliases; NULL: there are none */
    char says[400];        /* for people */
};

void cvg_dns_opinion_make(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voice,
                          struct cvg_dns_opinion *ret);
/* They have the same records; of SOA, the same serial, since the rest may differ for a good reason. */
int cvg_dns_opinion_same(const struct cvg_dns_opinion *left, const struct cvg_dns_opinion *right);
/* "a, b, c and 4 more". */
void cvg_dns_values_say(struct cvg_kit_text *text, const char *const *values, size_t count);

#endif
