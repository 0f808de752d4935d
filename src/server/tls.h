/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's own certificate: read at start, and again when its files change, so that renewing
 * it needs neither a restart nor a command. New connections get the new one, open ones go on. A
 * pair that cannot be used (half written, key of another certificate) is complained about once,
 * and the old one stays.
 *
 * The library's threads ask for the certificate in each handshake and keep the answer until that
 * is over, so what was replaced is freed minutes later only.
 */
#ifndef CVG_SERVER_TLS_H
#define CVG_SERVER_TLS_H

#include "base/error.h"

#include <stdint.h>

struct cvg_tls;
struct gnutls_pcert_st;
struct gnutls_privkey_st;

struct cvg_tls_options {
    const char *cert, *key; /* paths of PEM files */
    const char *client_ca;  /* NULL: no client certificates */
};

CVG_NODISCARD int cvg_tls_new(const struct cvg_tls_options *options, struct cvg_tls **ret,
                              struct cvg_error *reterr);
void cvg_tls_free(struct cvg_tls *tls); /* no connection is left; takes NULL */
/* Once a second or so, one thread: reads files that have changed, and logs that. */
void cvg_tls_attend(struct cvg_tls *tls, int64_t now);
/* The authorities of client certificates as PEM, NULL: none. */
const char *cvg_tls_client_ca(const struct cvg_tls *tls);
/* When the certificate in use expires: wall time, nanoseconds. Any thread. */
int64_t cvg_tls_expires_at(const struct cvg_tls *tls);
/* For a handshake. Any thread. */
void cvg_tls_get(const struct cvg_tls *tls, struct gnutls_pcert_st **ret_chain,
                 unsigned *ret_length, struct gnutls_privkey_st **ret_key);

#endif
