/* SPDX-License-Identifier: Apache-2.0 */
/* http and https URLs, taken apart strictly (RFC 3986; no user information). */
#ifndef CVG_BASE_URL_H
#define CVG_BASE_URL_H

#include "base/buf.h"
#include "base/error.h"

struct cvg_url {
    bool tls;
    char host[256];   /* without brackets, lower case, IPv6 in its short form */
    uint16_t port;    /* the scheme's default where none is given */
    bool ipv6;        /* host is an IPv6 literal */
    const char *path; /* into the text: from the first '/', or "" ; query included */
};

CVG_NODISCARD int cvg_url_parse(const char *text, struct cvg_url *ret, struct cvg_error *reterr);
/* Same scheme, host and port. */
bool cvg_url_same_origin(const struct cvg_url *a, const struct cvg_url *b);
/* The host is this machine by its name or address alone: "127.example.com" is not. */
bool cvg_url_is_loopback(const struct cvg_url *url);
/* base "http://h/prefix/" and path "/api" give "http://h/prefix/api". */
int cvg_url_join(const char *base, const char *path, struct cvg_buf *ret);
/* Percent-encodes all but unreserved characters (RFC 3986 section 2.3). */
int cvg_url_encode(const char *bytes, size_t length, struct cvg_buf *ret);
/* Decodes %XX, and '+' to space with plus. Returns the length, or -1 (bad escape, NUL). */
long cvg_url_decode(const char *text, size_t length, bool plus, char *ret, size_t size);

#endif
