/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run: the servers are asked at the same time, each for all types, and judged when all have
 * answered, when time is up, or as soon as enough of them say the same. On the heap while the run
 * goes on; source's thread.
 */
#ifndef CVG_DNS_INQUIRY_H
#define CVG_DNS_INQUIRY_H

#include "config.h"
#include "kit/finding.h"

#include <convergate/module.h>

struct cvg_dns_inquiry;

struct cvg_dns_setting {
    const struct cvg_host *host;
    struct cvg_scope *scope;             /* of the run */
    const struct cvg_dns_server *system; /* resolv.conf's, where a server of the plan is that */
    size_t system_count;
    uint32_t allow_link_local;
    int64_t deadline_ns; /* the run's */
    /* Once; the inquiry is to be closed then. */
    void (*on_done)(void *arg, struct cvg_kit_finding *finding);
    void *arg;
};

/* Takes the plan over. NULL where such a name is never asked; the plan is ended then. */
struct cvg_dns_inquiry *cvg_dns_inquiry_begin(struct cvg_dns_plan *plan,
                                              const struct cvg_dns_setting *setting);
/* Takes NULL. scope_ended: its operations are gone already. */
void cvg_dns_inquiry_close(struct cvg_dns_inquiry *inquiry, int scope_ended);

#endif
