/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what. Two pure functions stand under every route: cvg_access_identify tells from what
 * a request came with who asks, cvg_access_judge whether that one may. A policy is immutable and
 * shared by reference, so that a reload swaps it under requests that go on; any thread.
 *
 *   no tokens and no clients are configured   whoever is on this machine may read and decide
 *   else (`closed`)                           everybody needs a credential
 *
 * In both cases a token, where one is known, speaks before a certificate, and that before the Unix
 * socket's peer. Root and the daemon's own user may do everything over the Unix socket.
 *
 * Tokens are known by their SHA-256 alone. One that was presented is hashed and compared with all
 * of them, in a time that depends on their number only.
 */
#ifndef CVG_SERVER_ACCESS_H
#define CVG_SERVER_ACCESS_H

#include "base/error.h"
#include "base/scopes.h"
#include "crypto/digest.h"

#include <stddef.h>

/* "token:", "client:" or "user:" and a name of 63 bytes. */
#define CVG_WHO_SIZE 80

/* What one credential may do. */
struct cvg_grant {
    const char *name;
    uint32_t scopes;                 /* enum cvg_may */
    const char *const *environments; /* NULL-terminated; NULL: all */
    unsigned char sha256[CVG_SHA256_SIZE];
    const char *common_name, *dns, *uri; /* a client: one of them */
    uint32_t uid;                        /* a user */
};

struct cvg_grants {
    const struct cvg_grant *items;
    size_t count;
};

struct cvg_access_options {
    struct cvg_grants tokens, clients, users;
    uint32_t own_uid;
};

struct cvg_access;

/* Copies everything. One reference is the caller's. */
struct cvg_access *cvg_access_new(const struct cvg_access_options *options);
struct cvg_access *cvg_access_ref(struct cvg_access *access);
void cvg_access_unref(struct cvg_access *access); /* takes NULL */
bool cvg_access_is_closed(const struct cvg_access *access);

/* What a verified client certificate says of its owner. */
struct cvg_certificate_names {
    const char *common_name; /* NULL: none, or not exactly one */
    const char *const *dns;  /* NULL-terminated, as are uris */
    const char *const *uris;
};

/* What a request came with. */
struct cvg_presented {
    const char *authorization; /* the header's value; NULL: none. Not NUL-terminated */
    size_t authorization_length;
    bool bad_certificate;                            /* one that did not verify */
    const struct cvg_certificate_names *certificate; /* NULL: none */
    bool has_peer;                                   /* the Unix socket's */
    uint32_t peer_uid;
};

enum cvg_access_outcome {
    CVG_ACCESS_GRANTED = 0,
    CVG_ACCESS_MISSING,         /* 401: no credential */
    CVG_ACCESS_BAD_TOKEN,       /* 401 */
    CVG_ACCESS_BAD_CERTIFICATE, /* 401: expired, or of another authority */
    CVG_ACCESS_UNKNOWN,         /* 403: a certificate or user whom nothing was granted */
    CVG_ACCESS_SCOPE,           /* 403 */
    CVG_ACCESS_ENVIRONMENT,     /* 403 */
    CVG_ACCESS_OUTCOMES
};

/* Who asks. who is for logs and records: "token:ci", "user:0", "local". */
struct cvg_identity {
    char who[CVG_WHO_SIZE];
    uint32_t scopes;
    const char *const *environments; /* the policy's, sorted, NULL-terminated; NULL: all */
};

/* CVG_ACCESS_GRANTED, or why nobody is known; then *ret may do nothing. */
enum cvg_access_outcome cvg_access_identify(const struct cvg_access *access,
                                            const struct cvg_presented *presented,
                                            struct cvg_identity *ret);

/* What a request wants. */
struct cvg_want {
    uint32_t scope;          /* one enum cvg_may; 0: nothing that needs a right */
    const char *environment; /* NULL or "": of no environment in particular */
    bool all_environments;   /* shows them all */
};

enum cvg_access_outcome cvg_access_judge(const struct cvg_identity *identity,
                                         const struct cvg_want *want);
/* Whether the environment may be shown to that one; for lists. */
bool cvg_access_sees(const struct cvg_identity *identity, const char *environment);
/* "bad_token", as the metric has it. */
const char *cvg_access_text(enum cvg_access_outcome outcome);

#endif
