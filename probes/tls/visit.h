/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a check: connect, ask for TLS where the protocol begins without, shake hands, have the
 * chain examined on a worker, judge. Nothing but the handshake is ever sent over it. It waits somewhat
 * less long than the host would, so that silence is told as what it is. On the source's thread.
 */
#ifndef CVG_TLS_VISIT_H
#define CVG_TLS_VISIT_H

#include "config.h"
#include "trust.h"

#include <convergate/module.h>

#include <openssl/ssl.h>

struct cvg_tls_visit;

struct cvg_tls_visit_setup {
    const struct cvg_host *host;
    struct cvg_run *run;
    const struct cvg_tls_check_config *config; /* good, and living as long as the run */
    SSL_CTX *context;
    struct cvg_tls_trust *trust;
    int64_t deadline_ns, wall_ns;
    uint32_t allow_link_local;
    /* The visit is over, and gone when this returns: tell the reading on. */
    void (*on_over)(void *arg, const struct cvg_reading *reading);
    void *arg;
};

struct cvg_tls_visit *cvg_tls_visit_begin(const struct cvg_tls_visit_setup *setup);
/* The run is over, its operations are cancelled. */
void cvg_tls_visit_drop(struct cvg_tls_visit *visit);

#endif
