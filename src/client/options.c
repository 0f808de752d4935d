/* SPDX-License-Identifier: Apache-2.0 */
/* One table of options for all commands; each command says how many names it takes. */
#include "client/options.h"

#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "record/chain.h"
#include "record/change.h"

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
    "  convergate accept ENV CHECK [--comment TEXT]\n"
    "      Clear an alarm that a check remembers; it is recorded who did it.\n"
    "  convergate history ENV [--kind K] [--name N] [--from T] [--until T] [--limit N]\n"
    "      What became something else, and why; the newest last.\n"
    "  convergate decisions [ID] [--environment E] [--gate G] [--app A] [--verdict V] [--limit N]\n"
    "      Recorded decisions, the newest last; or one, as it was sent.\n"
    "  convergate reload\n"
    "      Take the configuration on the daemon's disk; needs a token with the scope admin.\n"
    "  convergate audit head\n"
    "      The end of the audit chain, to be noted elsewhere.\n"
    "  convergate audit verify [--store FILE] [--head HEAD]\n"
    "      Whether every recorded row is there as it was written; asks no daemon.\n"
    "  convergate audit export [--store FILE]\n"
    "      Every recorded row as a line of JSON, the oldest first; asks no daemon.\n"
    "  convergate audit seal --store FILE --reason TEXT\n"
    "      After rows were lost for good: go on from what is there.\n"
    "  convergate store backup [--store FILE] TO\n"
    "      Copy the store into a new file; the daemon may run meanwhile.\n"
    "  convergate store restore [--store FILE] FROM\n"
    "      Put a backup in the store's place; the daemon must be stopped.\n"
    "  convergate token [NAME]\n"
    "      Make a token: it goes to stdout, its line for the configuration to stderr.\n"
    "  convergate probe [-c FILE] ENV CHECK\n"
    "      Run one check once, now, without a daemon; show what was sent and found.\n"
    "  convergate init [--kubeconfig FILE] [--context NAME] [--namespace NS]... [--terraform "
    "PLACE]\n"
    "                  [--prometheus URL] [--environment ENV] [--output FILE|-] [--force]\n"
    "      Read a live cluster; write a configuration to begin with (convergate.yaml).\n";

static const char usage_options[] =
    "\n"
    "  -s, --server URL   the daemon (default $CONVERGATE_SERVER, or http://127.0.0.1:8717), or "
    "its\n"
    "                     Unix socket: unix:/run/convergate/convergate.sock\n"
    "      --token-file FILE  the token to show (default $CONVERGATE_TOKEN_FILE)\n"
    "      --ca FILE      the authorities of the daemon's certificate, instead of the system's\n"
    "      --cert FILE, --key FILE  the client certificate to show, and its key\n"
    "  -g, --gate NAME    the gate (default: the environment's first)\n"
    "  -a, --app NAME     what wants to move\n"
    "  -r, --rev REVISION in which revision\n"
    "  -w, --wait TIME    until the answer is not wait, at most this long\n"
    "  -o, --output FORM  text (default) or json; init: the file to write, - for stdout\n"
    "      --comment TEXT  accept: why; it is recorded\n"
    "      --environment ENV  decisions: of this environment; init: its name (default prod)\n"
    "      --verdict VERDICT  decisions: go, wait, halt or rollback\n"
    "      --kind KIND    history: start, status, phase, verdict, source, configuration or gap\n"
    "      --name NAME    history: of this check, gate or source\n"
    "      --from TIME, --until TIME  rows of that time: 2026-11-20T10:00:00Z, or 2h for so long "
    "ago\n"
    "      --limit NUMBER  at most so many rows, the newest ones (default 50)\n"
    "      --store FILE   audit, store: the database (default: the configuration's store)\n"
    "      --head HEAD    audit verify: a head that was noted, which must be in the chain\n"
    "      --reason TEXT  audit seal: why; it is recorded\n"
    "  -c, --config FILE  probe, audit, store: the configuration (default\n"
    "                     /etc/convergate/convergate.yaml)\n"
    "      --modules DIR  probe, init: where the modules are\n"
    "      --kubeconfig FILE  init: the cluster (default: as kubectl finds it)\n"
    "      --context NAME  init: the context of the kubeconfig\n"
    "      --namespace NS  init: only this namespace; may be given several times\n"
    "      --terraform PLACE  init: a state too: a file, or the URL of an http backend\n"
    "      --prometheus URL  init: a Prometheus too\n"
    "      --allow-exec   init: run the program that the kubeconfig names for credentials\n"
    "      --force        init: overwrite the file\n"
    "  -h, --help         print this\n"
    "  -V, --version      print the version\n"
    "\n"
    "Exit codes of check: 0 go, 1 wait, 2 halt, 3 rollback, 4 could not ask or not tell, 64 "
    "usage.\n"
    "Of reload: 0 taken over, 1 refused, 4 could not ask. Of accept: 0 accepted, 1 there was "
    "nothing\n"
    "to accept, 4 could not. Of audit verify: 0 whole, 1 a problem was found, 4 could not read.\n"
    "Of probe: 0 ready, 1 not ready, 4 could not tell. Of init: 0 written, 1 written without what "
    "could\n"
    "not be read, 4 nothing was written.\n";

enum {
    OPT_MODULES = 256,
    OPT_TOKEN_FILE,
    OPT_CA,
    OPT_CERT,
    OPT_KEY,
    OPT_COMMENT,
    OPT_ENVIRONMENT,
    OPT_VERDICT,
    OPT_KIND,
    OPT_NAME,
    OPT_FROM,
    OPT_UNTIL,
    OPT_LIMIT,
    OPT_STORE,
    OPT_HEAD,
    OPT_REASON,
    OPT_KUBECONFIG,
    OPT_CONTEXT,
    OPT_NAMESPACE,
    OPT_TERRAFORM,
    OPT_PROMETHEUS,
    OPT_ALLOW_EXEC,
    OPT_FORCE
};

#define LIMIT_DEFAULT 50
#define LIMIT_MOST    100000

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
    {"comment", required_argument, NULL, OPT_COMMENT},
    {"environment", required_argument, NULL, OPT_ENVIRONMENT},
    {"verdict", required_argument, NULL, OPT_VERDICT},
    {"kind", required_argument, NULL, OPT_KIND},
    {"name", required_argument, NULL, OPT_NAME},
    {"from", required_argument, NULL, OPT_FROM},
    {"until", required_argument, NULL, OPT_UNTIL},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"store", required_argument, NULL, OPT_STORE},
    {"head", required_argument, NULL, OPT_HEAD},
    {"reason", required_argument, NULL, OPT_REASON},
    {"kubeconfig", required_argument, NULL, OPT_KUBECONFIG},
    {"context", required_argument, NULL, OPT_CONTEXT},
    {"namespace", required_argument, NULL, OPT_NAMESPACE},
    {"terraform", required_argument, NULL, OPT_TERRAFORM},
    {"prometheus", required_argument, NULL, OPT_PROMETHEUS},
    {"allow-exec", no_argument, NULL, OPT_ALLOW_EXEC},
    {"force", no_argument, NULL, OPT_FORCE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void print_usage(FILE *out)
{
    fputs(usage, out);
    fputs(usage_options, out);
}

static int complain(const char *text)
{
    fprintf(stderr, "convergate: %s\nTry 'convergate --help'.\n", text);
    return CVG_EXIT_USAGE;
}

static int parse_namespace(struct cvg_client_init *ret)
{
    if (ret->namespace_count >= CVG_CLIENT_NAMESPACES) {
        return complain("--namespace can be given at most 32 times");
    }
    ret->namespaces[ret->namespace_count++] = optarg;
    return -1;
}

/* A moment, or how long ago it was. */
static int parse_moment(int64_t *ret)
{
    size_t length = strlen(optarg);
    int64_t ago = 0;

    if (cvg_parse_time(optarg, length, ret) == 0) {
        return -1;
    }
    if (cvg_parse_duration(optarg, length, &ago) < 0) {
        return complain("--from and --until take a time such as 2026-11-20T10:00:00Z, or how long "
                        "ago it was: 90s, 2h, 7d");
    }
    *ret = CVG_MAX(cvg_time_wall() - ago, 1);
    return -1;
}

static int parse_limit(struct cvg_client_options *ret)
{
    uint64_t limit = 0;

    if (cvg_parse_uint64(optarg, strlen(optarg), &limit) < 0 || limit < 1 || limit > LIMIT_MOST) {
        return complain("--limit takes a number from 1 to 100000");
    }
    ret->rows.limit = (size_t)limit;
    return -1;
}

/* -1: go on with the next one; else the exit code. */
static int apply(int option, struct cvg_client_options *ret)
{
    const struct {
        int option;
        const char **where;
    } texts[] = {
        {'s', &ret->server},
        {'o', &ret->output},
        {'g', &ret->gate},
        {'a', &ret->app},
        {'r', &ret->revision},
        {OPT_MODULES, &ret->modules},
        {'c', &ret->config},
        {OPT_TOKEN_FILE, &ret->token_file},
        {OPT_CA, &ret->ca},
        {OPT_CERT, &ret->cert},
        {OPT_KEY, &ret->key},
        {OPT_COMMENT, &ret->comment},
        {OPT_ENVIRONMENT, &ret->rows.environment},
        {OPT_VERDICT, &ret->rows.verdict},
        {OPT_KIND, &ret->rows.kind},
        {OPT_NAME, &ret->rows.name},
        {OPT_STORE, &ret->store},
        {OPT_HEAD, &ret->head},
        {OPT_REASON, &ret->why},
        {OPT_KUBECONFIG, &ret->init.kubeconfig},
        {OPT_CONTEXT, &ret->init.context},
        {OPT_TERRAFORM, &ret->init.terraform},
        {OPT_PROMETHEUS, &ret->init.prometheus},
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
    case OPT_NAMESPACE:
        return parse_namespace(&ret->init);
    case OPT_ALLOW_EXEC:
        ret->init.allow_exec = true;
        return -1;
    case OPT_FORCE:
        ret->init.force = true;
        return -1;
    case OPT_FROM:
        return parse_moment(&ret->rows.from);
    case OPT_UNTIL:
        return parse_moment(&ret->rows.until);
    case OPT_LIMIT:
        return parse_limit(ret);
    case 'h':
        print_usage(stdout);
        return 0;
    case 'V':
        puts("convergate " CVG_VERSION);
        return 0;
    default:
        fputs("Try 'convergate --help'.\n", stderr);
        return CVG_EXIT_USAGE;
    }
}

static bool has_action(const char *command)
{
    return cvg_text_equal(command, "audit") || cvg_text_equal(command, "store");
}

/* The commands of two words come one after the other, each with what it takes. */
static int check_arguments(const struct cvg_client_options *options, int count)
{
    static const struct {
        const char *command, *action;
        int least, most;
        const char *usage;
    } commands[] = {
        {"check", "", 1, 1, "check takes the name of an environment"},
        {"status", "", 0, 1, "status takes at most the name of an environment"},
        {"explain", "", 1, 1, "explain takes the name of an environment"},
        {"accept", "", 2, 2, "accept takes the names of an environment and of a check"},
        {"history", "", 1, 1, "history takes the name of an environment"},
        {"decisions", "", 0, 1, "decisions takes at most the id of a decision"},
        {"reload", "", 0, 0, "reload takes no name"},
        {"audit", "head", 0, 0, "audit head takes no name"},
        {"audit", "verify", 0, 0, "audit verify takes no name; the file goes to --store"},
        {"audit", "export", 0, 0, "audit export takes no name; the file goes to --store"},
        {"audit", "seal", 0, 0, "audit seal takes no name; the file goes to --store"},
        {"store", "backup", 1, 1, "store backup takes the file to make"},
        {"store", "restore", 1, 1, "store restore takes the file of a backup"},
        {"token", "", 0, 1, "token takes at most the name that the token is to have"},
        {"probe", "", 2, 2, "probe takes the names of an environment and of a check"},
        {"init", "", 0, 0, "init takes no name; the environment's goes to --environment"},
    };

    for (size_t i = 0; i < CVG_COUNT(commands); i++) {
        if (cvg_text_equal(commands[i].command, options->command) &&
            cvg_text_equal(commands[i].action, options->action)) {
            return count >= commands[i].least && count <= commands[i].most
                       ? -1
                       : complain(commands[i].usage);
        }
    }
    if (has_action(options->command)) {
        return complain("there are audit head, verify, export and seal, and store backup and "
                        "restore");
    }
    fprintf(stderr, "convergate: there is no command '%s'\n", options->command);
    return complain("the commands are check, status, explain, accept, history, decisions, reload, "
                    "audit, store, token, probe and init");
}

/* What would only be found out later, or not at all. */
static int check_options(const struct cvg_client_options *options)
{
    struct cvg_chain_point head;
    uint32_t kind;

    bool shown = !options->output || options->json || cvg_text_equal(options->output, "text");
    if (!shown && !cvg_text_equal(options->command, "init")) {
        return complain("--output takes text or json");
    }
    if (!options->cert != !options->key) {
        return complain("--cert and --key belong together");
    }
    if (*options->rows.kind && !cvg_change_kind_read(options->rows.kind, &kind)) {
        return complain("--kind takes start, status, phase, verdict, source, configuration or gap");
    }
    if (options->head && !cvg_chain_point_read(options->head, &head)) {
        return complain("--head takes what 'convergate audit head' prints: NUMBER:HEX");
    }
    if (strlen(options->why) > CVG_RECORD_TEXT || strlen(options->comment) > CVG_RECORD_TEXT) {
        return complain("--comment and --reason take at most 512 bytes");
    }
    if (cvg_text_equal(options->action, "seal") && (!options->store || !*options->why)) {
        return complain("audit seal takes --store FILE and --reason TEXT");
    }
    return -1;
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
        .action = "",
        .gate = "",
        .app = "",
        .revision = "",
        .comment = "",
        .why = "",
        .rows = {.environment = "", .verdict = "", .kind = "", .name = "", .limit = LIMIT_DEFAULT},
    };
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    while ((option = getopt_long(argc, argv, "s:g:a:r:w:o:c:hV", long_options, NULL)) != -1) {
        int code = apply(option, ret);
        if (code >= 0) {
            return code;
        }
    }
    if (optind == argc) {
        print_usage(stderr);
        return CVG_EXIT_USAGE;
    }
    ret->command = argv[optind++];
    if (has_action(ret->command) && optind < argc) {
        ret->action = argv[optind++];
    }
    for (int i = 0; i < 2 && optind + i < argc; i++) {
        ret->arguments[i] = argv[optind + i];
    }
    ret->json = cvg_text_equal(ret->output, "json");
    int code = check_arguments(ret, argc - optind);
    return code < 0 ? check_options(ret) : code;
}
