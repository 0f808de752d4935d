/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module for tests: its checks do what their `do` key says, each a use of one host function, and
 * say what they saw in `observed`. Runs have a struct of their own, so that any number of checks
 * may be at it.
 */
#ifndef SCRIPTED_H
#define SCRIPTED_H

#include <convergate/module.h>

struct limits {
    double low, high;
};

struct part {
    const char *name;
    int64_t count;
};

struct settings {
    uint32_t action; /* index into scripted_actions */
    const char *text;
    const char *key;
    int64_t after_ns;
    int64_t bytes;
    const struct cvg_secret *secret;
    struct cvg_list names;  /* const char * */
    struct cvg_list labels; /* struct cvg_pair */
    const struct limits *limits;
    uint32_t flag;
    const char *service;   /* that a request is signed for; NULL: the endpoint's */
    struct cvg_list parts; /* struct part */
};

struct check {
    const struct cvg_host *host;
    struct cvg_source *source;
    struct cvg_check *handle;
    const struct settings *settings;
    struct asked *going; /* NULL: none */
    unsigned runs;
};

/* One run. Freed when it is finished or cancelled. */
struct asked {
    struct check *check;
    const struct cvg_host *host;
    struct cvg_run *run;
    struct cvg_scope *scope;
    const struct settings *settings;
    struct cvg_run_inputs inputs;
    struct cvg_op *op;
    int fd;
    uint32_t steps;
    size_t bytes;
    char text[512];
};

typedef void scripted_action(struct asked *asked);

extern const char *const scripted_names[];
extern scripted_action *const scripted_actions[];

/* Ends the run: ready with what it saw, or unknown with a fault. */
void scripted_finish(struct asked *asked, const char *observed);
void scripted_fail(struct asked *asked, uint32_t fault, const char *why);
void scripted_complete(struct asked *asked, const struct cvg_reading *reading);

scripted_action scripted_http, scripted_stream, scripted_resolve, scripted_connect;
scripted_action scripted_timer, scripted_cancel, scripted_offload, scripted_read, scripted_watch;
scripted_action scripted_spawn, scripted_secret, scripted_remember, scripted_clock, scripted_file;
scripted_action scripted_ready, scripted_config, scripted_silent, scripted_log, scripted_round;
scripted_action scripted_stall, scripted_learn, scripted_yaml, scripted_has;
scripted_action scripted_aged, scripted_digest, scripted_count, scripted_parts;

#endif
