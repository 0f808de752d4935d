/* SPDX-License-Identifier: Apache-2.0 */
/* convergate: asks a gate from a shell, a pipeline step or a terminal. */
#include "base/macros.h"
#include "base/text.h"
#include "client/client.h"

#include <signal.h>
#include <stdio.h>

void cvg_client_complain(const struct cvg_error *error)
{
    fprintf(stderr, "convergate: %s\n", error->text);
}

/* A command is its words and one of two functions. */
struct command {
    const char *name, *action;
    int (*ask)(struct cvg_loop *loop, const struct cvg_client_options *options); /* the daemon */
    int (*act)(const struct cvg_client_options *options); /* on this machine alone */
};

static const struct command commands[] = {
    {"check", "", cvg_client_check, NULL},
    {"status", "", cvg_client_status, NULL},
    {"explain", "", cvg_client_explain, NULL},
    {"accept", "", cvg_client_accept, NULL},
    {"history", "", cvg_client_history, NULL},
    {"decisions", "", cvg_client_decisions, NULL},
    {"reload", "", cvg_client_reload, NULL},
    {"audit", "head", cvg_client_audit_head, NULL},
    {"audit", "verify", NULL, cvg_client_audit_verify},
    {"audit", "export", NULL, cvg_client_audit_export},
    {"audit", "seal", NULL, cvg_client_audit_seal},
    {"store", "backup", NULL, cvg_client_store_backup},
    {"store", "restore", NULL, cvg_client_store_restore},
    {"token", "", NULL, cvg_client_token},
    {"probe", "", NULL, cvg_client_probe},
    {"init", "", NULL, cvg_client_init},
};

static int ask_daemon(const struct command *command, const struct cvg_client_options *options)
{
    struct cvg_error error = {0};
    struct cvg_loop *loop = NULL;

    if (cvg_loop_new(NULL, &loop, &error) < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    int code = command->ask(loop, options);
    cvg_loop_free(loop);
    return code;
}

int main(int argc, char **argv)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct cvg_client_options options;
    int code = cvg_client_parse(argc, argv, &options);

    if (code >= 0) {
        return code;
    }
    sigaction(SIGPIPE, &ignore, NULL);
    for (size_t i = 0; i < CVG_COUNT(commands); i++) {
        if (cvg_text_equal(commands[i].name, options.command) &&
            cvg_text_equal(commands[i].action, options.action)) {
            return commands[i].ask ? ask_daemon(&commands[i], &options) : commands[i].act(&options);
        }
    }
    return CVG_EXIT_USAGE; /* a command that only the table of the options knows */
}
