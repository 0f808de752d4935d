/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of convergate, the same for every command. */
#ifndef CVG_CLIENT_OPTIONS_H
#define CVG_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
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

/* Which rows are asked for. */
struct cvg_client_rows {
    const char *environment, *verdict, *kind, *name; /* "" where not given */
    int64_t from, until;                             /* wall; 0 where not given */
    size_t limit;                                    /* at least 1 */
};

#define CVG_CLIENT_NAMESPACES 32

/* Where `convergate init` looks; NULL where not given. */
struct cvg_client_init {
    const char *kubeconfig, *context, *terraform, *prometheus;
    const char *namespaces[CVG_CLIENT_NAMESPACES];
    size_t namespace_count;
    bool allow_exec, force;
};

struct cvg_client_options {
    const char *command;
    const char *action;                /* the second word of `audit` and `store`; else "" */
    const char *arguments[2];          /* NULL where not given */
    const char *server;                /* base URL, or "unix:/path" */
    const char *token_file;            /* NULL: no token */
    const char *ca, *cert, *key;       /* PEM files; NULL where not given */
    const char *gate, *app, *revision; /* "" where not given */
    int64_t wait_ns;
    const char *output; /* as given; NULL: not given */
    bool json;
    const char *config, *modules;
    struct cvg_client_rows rows;
    struct cvg_client_init init;
    const char *comment, *why; /* "" where not given */
    const char *store;         /* a store's file; NULL: the configuration's */
    const char *head;          /* "NUMBER:HEX"; NULL where not given */
};

/* Returns -1 to go on, else the exit code. */
int cvg_client_parse(int argc, char **argv, struct cvg_client_options *ret);

#endif
