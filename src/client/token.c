/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convergate token: a new token, made from the system's randomness and kept nowhere. The token
 * goes to stdout and nothing else does, so that it can be written into a file; what belongs into
 * the configuration goes to stderr.
 */
#include "base/random.h"
#include "client/client.h"
#include "crypto/hex.h"

#include <stdio.h>
#include <string.h>

#define TOKEN_BYTES 32
#define PREFIX      "cvg_" /* so that scanners for leaked secrets can know one */

int cvg_client_token(const struct cvg_client_options *options)
{
    unsigned char bytes[TOKEN_BYTES];
    char token[sizeof(PREFIX) + 2 * TOKEN_BYTES] = PREFIX;
    char digest[CVG_SHA256_HEX];
    const char *name = options->arguments[0] ? options->arguments[0] : "NAME";

    cvg_random_bytes(bytes, sizeof(bytes));
    cvg_hex_write(bytes, sizeof(bytes), token + strlen(PREFIX));
    cvg_sha256_hex(token, strlen(token), digest);
    int written = puts(token);
    explicit_bzero(bytes, sizeof(bytes));
    explicit_bzero(token, sizeof(token));
    if (written < 0 || fflush(stdout) != 0) {
        perror("convergate: the token was not written");
        return CVG_EXIT_UNKNOWN;
    }
    fprintf(stderr,
            "The token is not kept anywhere else. In the configuration, with the scopes it needs:\n"
            "\n"
            "server:\n"
            "  tokens:\n"
            "    %s: {sha256: %s, scopes: [decide]}\n",
            name, digest);
    return CVG_EXIT_GO;
}
