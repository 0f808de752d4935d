/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS handshake between buffers: bytes of the server in, bytes for it out. It goes through whatever
 * certificate comes, so that all of it can be looked at; nothing but the handshake is ever said over
 * it. What a server may send, and what it may have computed here, is bounded.
 *
 * OpenSSL is shared with what else runs in this process: its queue of errors, which is one for each
 * thread, is empty before and after each call. No sessions are kept. One owner, no locks.
 */
#ifndef CVG_TLS_HANDSHAKE_H
#define CVG_TLS_HANDSHAKE_H

#include <convergate/field.h>

#include <openssl/ssl.h>
#include <stddef.h>

enum cvg_tls_step {
    CVG_TLS_MORE = 0, /* bytes of the server */
    CVG_TLS_DONE,
    CVG_TLS_BROKEN,  /* the handshake failed: see problem */
    CVG_TLS_FOREIGN, /* what the server sends is not TLS: see said */
};

struct cvg_tls_handshake;

/* The settings that all handshakes of a source have; NULL where OpenSSL cannot. */
SSL_CTX *cvg_tls_context_new(void);

/* name: the host that is asked for; an address is not told (SNI has names only). alpn: of the
 * configuration, const char *. Never NULL. */
struct cvg_tls_handshake *cvg_tls_handshake_new(SSL_CTX *context, const char *name,
                                                const struct cvg_list *alpn);
void cvg_tls_handshake_free(struct cvg_tls_handshake *handshake); /* takes NULL */

/* With length 0 it begins. Not again after anything but MORE. */
enum cvg_tls_step cvg_tls_handshake_take(struct cvg_tls_handshake *handshake, const void *bytes,
                                         size_t length);
/* At most size bytes to be sent; 0: nothing left. Also after the end: a goodbye, or an alert. */
size_t cvg_tls_handshake_give(struct cvg_tls_handshake *handshake, void *ret, size_t size);
/* Of BROKEN, a sentence's end: "tlsv1 alert protocol version". */
const char *cvg_tls_handshake_problem(const struct cvg_tls_handshake *handshake);
/* Of FOREIGN: the first bytes that came. Not printable. */
const char *cvg_tls_handshake_said(const struct cvg_tls_handshake *handshake, size_t *ret_length);
/* After DONE. */
const SSL *cvg_tls_handshake_ssl(const struct cvg_tls_handshake *handshake);
/* After DONE: what the server sent, the leaf first, each with a reference that is the caller's. NULL:
 * it sent none. */
STACK_OF(X509) * cvg_tls_handshake_chain(const struct cvg_tls_handshake *handshake);

#endif
