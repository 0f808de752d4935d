/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a check: connect, say what is to be said, listen for what is awaited. It waits somewhat
 * less long than the host would, so that silence is told as what it is. On the source's thread.
 */
#ifndef CVG_TCP_VISIT_H
#define CVG_TCP_VISIT_H

#include "config.h"

#include <convergate/module.h>

struct cvg_tcp_visit;

struct cvg_tcp_visit_setup {
    const struct cvg_host *host;
    struct cvg_run *run;
    const struct cvg_tcp_check_config *config; /* good, and living as long as the run */
    int64_t deadline_ns;
    uint32_t allow_link_local;
    /* The visit is over, and gone when this returns: tell the reading on. */
    void (*on_over)(void *arg, const struct cvg_reading *reading);
    void *arg;
};

struct cvg_tcp_visit *cvg_tcp_visit_begin(const struct cvg_tcp_visit_setup *setup);
/* The run is over, its operations are cancelled. */
void cvg_tcp_visit_drop(struct cvg_tcp_visit *visit);

#endif
