/* SPDX-License-Identifier: Apache-2.0 */
/* One table of options; each is applied by itself and may end the program. */
#include "daemon/options.h"

#include "base/text.h"
#include "base/time.h"

#include <convergate/number.h>

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE      64 /* sysexits.h: EX_USAGE */
#define TIMEOUT_DEFAULT (30 * CVG_SECOND)
#define TIMEOUT_MOST    (3600 * CVG_SECOND)

static const char usage[] =
    "Usage: convergated [-c FILE] [OPTION...]\n"
    "A convergence gate: answers over HTTP whether a rollout may move, from what infrastructure\n"
    "declares and what is observed.\n"
    "\n"
    "  -c, --config FILE      configuration (default /etc/convergate/convergate.yaml)\n"
    "      --check            say all that is wrong with the configuration, connect to nothing\n"
    "      --online           with --check: connect, read every check once, and say what cannot "
    "be\n"
    "                         read and which rights are missing\n"
    "      --timeout TIME     how long that may take (default 30s)\n"
    "      --print-schema     print the configuration's JSON Schema, for editors\n"
    "      --print-reference  print the configuration's reference page (Markdown)\n"
    "      --print-manual     print the configuration's manual page (mdoc)\n"
    "      --print-reasons    print the page of reason codes (Markdown)\n"
    "      --describe MODULE  explain a module's keys\n"
    "      --modules DIR      where the modules are\n"
    "      --log-level LEVEL  error, warning, info (default) or debug\n"
    "  -h, --help             print this\n"
    "  -V, --version          print the version\n"
    "\n"
    "Exit codes: 0 stopped as asked, 1 could not start, the configuration has errors or a source\n"
    "could not be asked (--online), 64 usage.\n";

static int parse_level(const char *text, enum cvg_log_level *ret)
{
    static const struct {
        const char *name;
        enum cvg_log_level level;
    } levels[] = {
        {"error", CVG_LOG_ERROR},
        {"warning", CVG_LOG_WARNING},
        {"info", CVG_LOG_INFO},
        {"debug", CVG_LOG_DEBUG},
    };

    for (size_t i = 0; i < CVG_COUNT(levels); i++) {
        if (cvg_text_equal(levels[i].name, text)) {
            *ret = levels[i].level;
            return 0;
        }
    }
    fprintf(stderr, "convergated: --log-level takes error, warning, info or debug\n");
    return -1;
}

static int parse_timeout(const char *text, int64_t *ret)
{
    if (cvg_parse_duration(text, strlen(text), ret) == 0 && *ret > 0 && *ret <= TIMEOUT_MOST) {
        return 0;
    }
    fprintf(stderr, "convergated: --timeout takes a time over 0 and up to 1h, such as 45s\n");
    return -1;
}

enum {
    OPT_CHECK = 256,
    OPT_ONLINE,
    OPT_TIMEOUT,
    OPT_SCHEMA,
    OPT_REFERENCE,
    OPT_MANUAL,
    OPT_REASONS,
    OPT_DESCRIBE,
    OPT_MODULES,
    OPT_LOG_LEVEL,
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check", no_argument, NULL, OPT_CHECK},
    {"online", no_argument, NULL, OPT_ONLINE},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"print-schema", no_argument, NULL, OPT_SCHEMA},
    {"print-reference", no_argument, NULL, OPT_REFERENCE},
    {"print-manual", no_argument, NULL, OPT_MANUAL},
    {"print-reasons", no_argument, NULL, OPT_REASONS},
    {"describe", required_argument, NULL, OPT_DESCRIBE},
    {"modules", required_argument, NULL, OPT_MODULES},
    {"log-level", required_argument, NULL, OPT_LOG_LEVEL},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* -1: go on with the next one; else the exit code. */
static int apply(int option, struct cvg_options *ret)
{
    switch (option) {
    case 'c':
        ret->config = optarg;
        return -1;
    case OPT_CHECK:
        ret->command = CVG_COMMAND_CHECK;
        return -1;
    case OPT_ONLINE:
        ret->online = true;
        return -1;
    case OPT_TIMEOUT:
        return parse_timeout(optarg, &ret->timeout_ns) < 0 ? EXIT_USAGE : -1;
    case OPT_SCHEMA:
        ret->command = CVG_COMMAND_SCHEMA;
        return -1;
    case OPT_REFERENCE:
        ret->command = CVG_COMMAND_REFERENCE;
        return -1;
    case OPT_MANUAL:
        ret->command = CVG_COMMAND_MANUAL;
        return -1;
    case OPT_REASONS:
        ret->command = CVG_COMMAND_REASONS;
        return -1;
    case OPT_DESCRIBE:
        ret->command = CVG_COMMAND_DESCRIBE;
        ret->describe = optarg;
        return -1;
    case OPT_MODULES:
        ret->modules = optarg;
        return -1;
    case OPT_LOG_LEVEL:
        return parse_level(optarg, &ret->log_level) < 0 ? EXIT_USAGE : -1;
    case 'h':
        fputs(usage, stdout);
        return 0;
    case 'V':
        puts("convergated " CVG_VERSION);
        return 0;
    default:
        fputs("Try 'convergated --help'.\n", stderr);
        return EXIT_USAGE;
    }
}

int cvg_options_parse(int argc, char **argv, struct cvg_options *ret)
{
    int option;

    *ret = (struct cvg_options){
        .command = CVG_COMMAND_RUN,
        .config = "/etc/convergate/convergate.yaml",
        .log_level = CVG_LOG_INFO,
    };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread is there */
    while ((option = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1) {
        int code = apply(option, ret);
        if (code >= 0) {
            return code;
        }
    }
    if (ret->online && ret->command != CVG_COMMAND_CHECK) {
        fputs("convergated: --online goes with --check\n", stderr);
        return EXIT_USAGE;
    }
    if (ret->timeout_ns && !ret->online) {
        fputs("convergated: --timeout goes with --check --online\n", stderr);
        return EXIT_USAGE;
    }
    if (!ret->timeout_ns) {
        ret->timeout_ns = TIMEOUT_DEFAULT;
    }
    if (optind < argc) {
        fprintf(stderr, "convergated: '%s' is one word too many\nTry 'convergated --help'.\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}
