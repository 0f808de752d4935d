/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the servers' answers come to. Each server has a voice, which is as wanted, not yet, or of no
 * use; then they are held against each other. Pure; any thread.
 */
#ifndef CVG_DNS_JUDGE_H
#define CVG_DNS_JUDGE_H

#include "config.h"
#include "exchange.h"
#include "kit/finding.h"
#include "message.h"

#define CVG_DNS_PARTS 2 /* A and AAAA */

/* An answer to one question, or why there is none. */
struct cvg_dns_part {
    uint32_t type;                /* never CVG_DNS_BOTH */
    uint32_t heard;               /* enum cvg_dns_heard */
    const char *text;             /* where no answer was heard: why; borrowed */
    struct cvg_dns_answer answer; /* owned by whoever fills it */
};

struct cvg_dns_voice {
    char label[80]; /* who speaks, for people */
    size_t part_count;
    struct cvg_dns_part parts[CVG_DNS_PARTS];
    int64_t took_ns; /* the slowest part */
};

/* Sets status, reason, message, facts and all else. */
void cvg_dns_judge(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voices,
                   size_t count, struct cvg_kit_finding *finding);

#endif
