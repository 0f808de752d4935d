/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificates that chains must end in: a file, read when first needed and again when it changed,
 * and decoded on a worker. One that cannot be read is tried again each time somebody wants it; until
 * it can, nothing is trusted. On the source's thread.
 */
#ifndef CVG_TLS_TRUST_H
#define CVG_TLS_TRUST_H

#include <convergate/module.h>

#include <openssl/x509.h>

struct cvg_tls_trust;

/* Who waits. Zeroed before its first use. */
struct cvg_tls_waiter {
    /* store: a reference that is the callee's; NULL where there is none, and problem says why. */
    void (*on_trust)(struct cvg_tls_waiter *waiter, X509_STORE *store, const char *problem);
    struct cvg_tls_waiter *next;
};

/* ca: NULL: the system's. */
struct cvg_tls_trust *cvg_tls_trust_new(const struct cvg_host *host, struct cvg_source *source,
                                        const char *ca);
/* Nobody waits any more. */
void cvg_tls_trust_free(struct cvg_tls_trust *trust);
/* on_trust is called once: perhaps before this returns. */
void cvg_tls_trust_want(struct cvg_tls_trust *trust, struct cvg_tls_waiter *waiter);
/* Waits no more; also where it did not. */
void cvg_tls_trust_leave(struct cvg_tls_trust *trust, struct cvg_tls_waiter *waiter);

#endif
