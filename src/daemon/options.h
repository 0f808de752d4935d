/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of convergated. */
#ifndef CVG_DAEMON_OPTIONS_H
#define CVG_DAEMON_OPTIONS_H

#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

enum cvg_command {
    CVG_COMMAND_RUN,
    CVG_COMMAND_CHECK,
    CVG_COMMAND_SCHEMA,
    CVG_COMMAND_REFERENCE,
    CVG_COMMAND_MANUAL,
    CVG_COMMAND_REASONS,
    CVG_COMMAND_DESCRIBE,
};

struct cvg_options {
    enum cvg_command command;
    const char *config;
    const char *modules;  /* NULL: the default place */
    const char *describe; /* the module */
    enum cvg_log_level log_level;
    bool online;        /* with CVG_COMMAND_CHECK: connect too */
    int64_t timeout_ns; /* of that */
};

/* Returns -1 to go on, else the exit code (help, version: 0; usage: 64). */
int cvg_options_parse(int argc, char **argv, struct cvg_options *ret);

#endif
