/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a registry sends its callers for a token (the distribution specification's "Token
 * Authentication"): what it says, where that is, and what the token service answers. All of it is
 * somebody else's words; nothing is believed that was not looked at. Pure; any thread.
 */
#ifndef CVG_HTTP_CHALLENGE_H
#define CVG_HTTP_CHALLENGE_H

#include "kit/arena.h"

#include <stddef.h>
#include <stdint.h>

struct cvg_http_challenge {
    char realm[1024], service[256];
};

/* 0, or -1 where no WWW-Authenticate of these headers asks for a token. */
int cvg_http_challenge_read(const char *headers, struct cvg_http_challenge *ret);

#define CVG_HTTP_ORIGIN_SIZE 300
/* "https://auth.example.net:443" of a URL: small letters, always a port. -1: it has none, or user
 * information. */
int cvg_http_origin(const char *url, char ret[CVG_HTTP_ORIGIN_SIZE]);

struct cvg_http_token {
    const char *text; /* in the arena */
    size_t length;
    int64_t life_ns;
};

/* 0, or -1 where the answer has no token that can stand in a header. */
int cvg_http_token_read(const char *body, size_t length, struct cvg_kit_arena *arena,
                        struct cvg_http_token *ret);

#endif
