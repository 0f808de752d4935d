/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said before TLS: a greeting, the wish for TLS and the go-ahead, as SMTP (RFC 3207), IMAP
 * and POP3 (RFC 2595) and PostgreSQL have it. Lines and their number are bounded; nothing that came
 * unencrypted is taken for part of what is encrypted. Pure; one owner.
 */
#ifndef CVG_TLS_PRELUDE_H
#define CVG_TLS_PRELUDE_H

#include "config.h"

#include <stddef.h>

#define CVG_TLS_LINE_MOST  1024
#define CVG_TLS_LINES_MOST 64

struct cvg_tls_prelude {
    uint32_t kind; /* enum cvg_tls_starttls, not AT_ONCE */
    uint32_t step;
    int offered; /* SMTP: STARTTLS stood among what the server can do */
    size_t lines, length;
    const char *send; /* what is to be sent after SAY; constant */
    size_t send_length;
    char line[CVG_TLS_LINE_MOST + 1]; /* being read, or the last one: what a refusal said */
};

enum cvg_tls_turn {
    CVG_TLS_LISTEN = 0, /* wants more bytes */
    CVG_TLS_SAY,        /* send `send`, then give more bytes */
    CVG_TLS_GO,         /* TLS begins */
    CVG_TLS_DENIED,     /* the server has no TLS, or refuses */
    CVG_TLS_LATER,      /* it asks to come back later */
    CVG_TLS_STRANGE,    /* it is not this protocol */
};

/* Who speaks first. */
enum cvg_tls_turn cvg_tls_prelude_begin(struct cvg_tls_prelude *prelude, uint32_t kind);
/* Takes bytes until something is to be done; *ret_used says how many it took. Not again after GO and
 * what comes behind it in the enum. */
enum cvg_tls_turn cvg_tls_prelude_take(struct cvg_tls_prelude *prelude, const void *bytes,
                                       size_t length, size_t *ret_used);

#endif
