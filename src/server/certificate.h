/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The certificate that a client has shown on a TLS connection: verified once, kept as the names
 * that it gives its owner. HTTP threads; one owner, the connection.
 */
#ifndef CVG_SERVER_CERTIFICATE_H
#define CVG_SERVER_CERTIFICATE_H

#include "server/access.h"

struct cvg_certificate;
struct gnutls_session_int;

enum cvg_certificate_state {
    CVG_CERTIFICATE_NONE, /* none was shown */
    CVG_CERTIFICATE_BAD,  /* not of our authority, expired, not for clients, or unreadable */
    CVG_CERTIFICATE_GOOD
};

/* *ret: only where it is good; free it. */
enum cvg_certificate_state cvg_certificate_read(struct gnutls_session_int *session,
                                                struct cvg_certificate **ret);
/* A connection can live longer than the certificate that it was opened with. wall_ns: now. */
bool cvg_certificate_holds(const struct cvg_certificate *certificate, int64_t wall_ns);
const struct cvg_certificate_names *
cvg_certificate_names(const struct cvg_certificate *certificate);
void cvg_certificate_free(struct cvg_certificate *certificate); /* takes NULL */

#endif
