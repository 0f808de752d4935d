/* SPDX-License-Identifier: Apache-2.0 */
/* One table of options for all commands; each command says how many names it takes. */
#include "client/options.h"

#include "base/macros.h"
#include "base/text.h"

#include <convergate/number.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: convergate COMMAND [OPTION...]\n"
    "Asks a convergence gate, and shows why it answers as it does.\n"
    "\n"
    "  convergate check ENV [--gate G] [--app A] [--rev R] [--wait 10m]\n"
    "      May this move now? With --app or --rev the decision is recorded.\n"
    "  convergate status [ENV]\n"
    "      The environments, or one with its checks.\n"
    "  convergate explain ENV [--gate G]\n"
    "      Every reason behind the verdict, with what was expected and seen.\n"
    "  convergate reload\n"
    "      Take the configuration on the daemon's disk; needs a token with the scope admin.\n"
    "  convergate token [NAME]\n"
    "      Make a token: it goes to stdout, its line for the configuration to stderr.\n"
    "  convergate probe -c FILE ENV CHECK\n"
    "      Run one check once, now, without a daemon; show what was sent and found.\n"
    "\n"
    "  -s, --server URL   the daemon (default $CONVERGATE_SERVER, or http://127.0.0.1:8717)\n"
    "      --token-file FILE  the token to show (default $CONVERGATE_TOKEN_FILE)\n"
    "      --ca FILE      the authorities of the daemon's certificate, instead of the system's\n"
    "      --cert FILE, --key FILE  the client certificate to show, and its key\n"
    "  -g, --gate NAME    the gate (default: the environment's first)\n"
    "  -a, --app NAME     what wants to move\n"
    "  -r, --rev REVISION in which revision\n"
    "  -w, --wait TIME    until the answer is not wait, at most this long\n"
    "  -o, --output FORM  text (default) or json\n"
    "  -c, --config FILE  probe: the configuration (default /etc/convergate/convergate.yaml)\n"
    "      --modules DIR  probe: where the modules are\n"
    "  -h, --help         print this\n"
    "  -V, --version      print the version\n"
    "\n"
    "Exit codes of check: 0 go, 1 wait, 2 halt, 3 rollback, 4 could not ask or not tell, 64 "
    "usage.\n"
    "Of reload: 0 taken over, 1 refused, 4 could not ask.\n";

enum {
    OPT_MODULES = 256,
    OPT_TOKEN_FILE,
    OPT_CA,
    OPT_CERT,
    OPT_KEY
};

static const struct option long_options[] = {
    {"server", required_argument, NULL, 's'},
    {"gate", required_argument, NULL, 'g'},
    {"app", required_argument, NULL, 'a'},
    {"rev", required_argument, NULL, 'r'},
    {"wait", required_argument, NULL, 'w'},
    {"output", required_argument, NULL, 'o'},
    {"config", required_argument, NULL, 'c'},
    {"modules", required_argument, NULL, OPT_MODULES},
    {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
    {"ca", required_argument, NULL, OPT_CA},
    {"cert", required_argument, NULL, OPT_CERT},
    {"key", required_argument, NULL, OPT_KEY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int complain(const char *text)
{
    fprintf(stderr, "convergate: %s\nTry 'convergate --help'.\n", text);
    return CVG_EXIT_USAGE;
}

static int parse_output(struct cvg_client_options *ret)
{
    ret->json = cvg_text_equal(optarg, "json");
    return ret->json || cvg_text_equal(optarg, "text") ? -1
                                                       : complain("--output takes text or json");
}

/* -1: go on with the next one; else the exit code. */
static int apply(int option, struct cvg_client_options *ret)
{
    const struct {
        int option;
        const char **where;
    } texts[] = {
        {'s', &ret->server},
        {'g', &ret->gate},
        {'a', &ret->app},
        {'r', &ret->revision},
        {OPT_MODULES, &ret->modules},
        {'c', &ret->config},
        {OPT_TOKEN_FILE, &ret->token_file},
        {OPT_CA, &ret->ca},
        {OPT_CERT, &ret->cert},
        {OPT_KEY, &ret->key},
    };

    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (texts[i].option == option) {
            *texts[i].where = optarg;
            return -1;
        }
    }
    switch (option) {
    case 'w':
        return cvg_parse_duration(optarg, strlen(optarg), &ret->wait_ns) == 0
                   ? -1
                   : complain("--wait takes a duration such as 90s, 10m or 1h30m");
    case 'o':
        return parse_output(ret);
    case 'h':
        fputs(usage, stdout);
        return 0;
    case 'V':
        puts("convergate " CVG_VERSION);
        return 0;
    default:
        fputs("Try 'convergate --help'.\n", stderr);
        return CVG_EXIT_USAGE;
    }
}

static int check_arguments(const struct cvg_client_options *options, int count)
{
    static const struct {
        const char *command;
        int least, most;
        const char *usage;
    } commands[] = {
        {"check", 1, 1, "check takes the name of an environment"},
        {"status", 0, 1, "status takes at most the name of an environment"},
        {"explain", 1, 1, "explain takes the name of an environment"},
        {"reload", 0, 0, "reload takes no name"},
        {"token", 0, 1, "token takes at most the name that the token is to have"},
        {"probe", 2, 2, "probe takes the names of an environment and of a check"},
    };

    for (size_t i = 0; i < CVG_COUNT(commands); i++) {
        if (cvg_text_equal(commands[i].command, options->command)) {
            return count >= commands[i].least && count <= commands[i].most
                       ? -1
                       : complain(commands[i].usage);
        }
    }
    fprintf(stderr, "convergate: there is no command '%s'\n", options->command);
    return complain("the commands are check, status, explain, reload, token and probe");
}

int cvg_client_parse(int argc, char **argv, struct cvg_client_options *ret)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    const char *server = getenv("CONVERGATE_SERVER");
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    const char *token_file = getenv("CONVERGATE_TOKEN_FILE");
    int option;

    *ret = (struct cvg_client_options){
        .server = server && *server ? server : "http://127.0.0.1:8717",
        .token_file = token_file && *token_file ? token_file : NULL,
        .config = "/etc/convergate/convergate.yaml",
        .gate = "",
        .app = "",
        .revision = "",
    };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    while ((option = getopt_long(argc, argv, "s:g:a:r:w:o:c:hV", long_options, NULL)) != -1) {
        int code = apply(option, ret);
        if (code >= 0) {
            return code;
        }
    }
    if (optind == argc) {
        fputs(usage, stderr);
        return CVG_EXIT_USAGE;
    }
    if (!ret->cert != !ret->key) {
        return complain("--cert and --key belong together");
    }
    ret->command = argv[optind++];
    for (int i = 0; i < 2 && optind + i < argc; i++) {
        ret->arguments[i] = argv[optind + i];
    }
    return check_arguments(ret, argc - optind);
}
