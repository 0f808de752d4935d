/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of convergate, the same for every command. */
#ifndef CVG_CLIENT_OPTIONS_H
#define CVG_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What a pipeline may build on. */
enum cvg_exit {
    CVG_EXIT_GO = 0,
    CVG_EXIT_WAIT = 1,
    CVG_EXIT_HALT = 2,
    CVG_EXIT_ROLLBACK = 3,
    CVG_EXIT_UNKNOWN = 4, /* could not ask, or the gate cannot tell */
    CVG_EXIT_USAGE = 64,
};

struct cvg_client_options {
    const char *command;
    const char *arguments[2];          /* NULL where not given */
    const char *server;                /* base URL */
    const char *token_file;            /* NULL: no token */
    const char *ca, *cert, *key;       /* PEM files; NULL where not given */
    const char *gate, *app, *revision; /* "" where not given */
    int64_t wait_ns;
    bool json;
    const char *config, *modules; /* probe */
};

/* Returns -1 to go on, else the exit code. */
int cvg_client_parse(int argc, char **argv, struct cvg_client_options *ret);

#endif
