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

static int ask_daemon(const struct cvg_client_options *options)
{
    static const struct {
        const char *name;
        int (*run)(struct cvg_loop *loop, const struct cvg_client_options *options);
    } commands[] = {
        {"check", cvg_client_check},
        {"status", cvg_client_status},
        {"explain", cvg_client_explain},
        {"reload", cvg_client_reload},
    };
    struct cvg_error error = {0};
    struct cvg_loop *loop = NULL;
    int code = CVG_EXIT_USAGE;

    if (cvg_loop_new(NULL, &loop, &error) < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < CVG_COUNT(commands); i++) {
        if (cvg_text_equal(commands[i].name, options->command)) {
            code = commands[i].run(loop, options);
        }
    }
    cvg_loop_free(loop);
    return code;
}

int main(int argc, char **argv)
{
    struct cvg_client_options options;
    int code = cvg_client_parse(argc, argv, &options);

    if (code >= 0) {
        return code;
    }
    if (cvg_text_equal(options.command, "token")) {
        return cvg_client_token(&options);
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    return cvg_text_equal(options.command, "probe") ? cvg_client_probe(&options)
                                                    : ask_daemon(&options);
}
