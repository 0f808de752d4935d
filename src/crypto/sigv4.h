/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS Signature Version 4 in headers, as the AWS General Reference describes it ("Create a signed
 * AWS API request"). Pure: what is signed and the time are arguments. Any thread.
 *
 * What is signed must be what is sent, byte for byte where it says so: `path` and `query` are the
 * request target as on the wire, already percent-encoded. Services other than S3 encode the path
 * once more and take out empty and dot segments; S3 does neither, and wants the payload's hash in
 * a header of its own.
 */
#ifndef CVG_CRYPTO_SIGV4_H
#define CVG_CRYPTO_SIGV4_H

#include "base/buf.h"
#include "base/error.h"

#include <convergate/field.h>

#include <stdbool.h>
#include <stdint.h>

struct cvg_sigv4_keys {
    const char *region, *service;
    const char *access_key, *secret_key;
    const char *session_token; /* NULL: none */
};

struct cvg_sigv4_request {
    const char *method;
    const char *path;  /* "" is "/" */
    const char *query; /* without '?'; NULL: none */
    /* All that are signed, Host among them; values as they are sent. Several of one name are
     * joined in this order. None of those that signing adds. */
    const struct cvg_pair *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
    int64_t wall_ns; /* since 1970 */
    bool s3;
};

/* What is to be sent besides the headers that were given. */
struct cvg_sigv4_signature {
    char date[17];        /* X-Amz-Date: 20150830T123600Z */
    char body_sha256[65]; /* X-Amz-Content-Sha256, with s3 only */
    struct cvg_buf authorization;
    struct cvg_buf canonical; /* the canonical request, for whoever compares it */
};

/* Frees, and wipes. */
void cvg_sigv4_done(struct cvg_sigv4_signature *signature);

/* Fills *ret; X-Amz-Security-Token is the caller's to send where there is one. Fails with
 * CVG_E_INVALID where a key is empty or, like a header, has a character that no header may have,
 * and with CVG_E_TOO_LARGE; the error never has a key in it. */
CVG_NODISCARD int cvg_sigv4_sign(const struct cvg_sigv4_keys *keys,
                                 const struct cvg_sigv4_request *request,
                                 struct cvg_sigv4_signature *ret, struct cvg_error *reterr);

#endif
