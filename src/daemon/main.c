/* SPDX-License-Identifier: Apache-2.0 */
/* convergated: reads its options, finds its modules, and runs or explains itself. */
#include "base/alloc.h"
#include "config/describe.h"
#include "daemon/daemon.h"
#include "daemon/options.h"
#include "daemon/reasons.h"

#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#define PRINT_LIMIT (16u * 1024 * 1024)
#define MAPPED_FROM (256 * 1024)

/* A core dump would hold tokens. */
static void forbid_core_dumps(void)
{
    struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        perror("convergated: setrlimit");
    }
}

/* Left alone, glibc raises this threshold with the first large buffer that is freed, and keeps what
 * bodies of some hundred KiB have used for ever. An allocator that has no such threshold (a
 * sanitizer's) says 0, and nothing is lost. */
static void give_large_buffers_back(void)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet. */
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
}

static int open_registry(const char *directory, struct cvg_registry **ret)
{
    char place[PATH_MAX];
    struct cvg_error error = {0};

    if (!directory) {
        if (cvg_registry_default(place, sizeof(place)) < 0) {
            fprintf(stderr, "convergated: cannot tell where the modules are; use --modules\n");
            return -1;
        }
        directory = place;
    }
    if (cvg_registry_open(directory, ret, &error) < 0) {
        fprintf(stderr, "convergated: %s\n", error.text);
        return -1;
    }
    return 0;
}

static int describe(struct cvg_registry *registry, const char *name, struct cvg_buf *text)
{
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    const char *why = NULL;
    const struct cvg_kind *kind = kinds.find(kinds.ctx, name, &why);

    if (kind) {
        return cvg_describe_kind(kind, text);
    }
    fprintf(stderr, "convergated: no module '%s'%s%s; there are:", name, why ? ": " : "",
            why ? why : "");
    for (const struct cvg_kind *const *all = kinds.all(kinds.ctx); *all; all++) {
        fprintf(stderr, " %s", (*all)->name);
    }
    fputc('\n', stderr);
    return -1;
}

static int print(const struct cvg_options *options, struct cvg_registry *registry)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(PRINT_LIMIT);
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    int rc = 0;

    if (options->command == CVG_COMMAND_SCHEMA) {
        rc = cvg_describe_schema(&kinds, &text);
    } else if (options->command == CVG_COMMAND_REFERENCE) {
        rc = cvg_describe_reference(&kinds, &text);
    } else if (options->command == CVG_COMMAND_MANUAL) {
        rc = cvg_describe_manual(&kinds, &text);
    } else if (options->command == CVG_COMMAND_REASONS) {
        rc = cvg_reasons_describe(&text);
    } else {
        rc = describe(registry, options->describe, &text);
    }
    if (rc == 0) {
        fputs(cvg_buf_text(&text), stdout);
    }
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct cvg_options options;
    struct cvg_registry *registry = NULL;
    int code = cvg_options_parse(argc, argv, &options);

    if (code >= 0) {
        return code;
    }
    cvg_log_set_level(options.log_level);
    forbid_core_dumps();
    give_large_buffers_back();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL); /* a client that left is an error code, not an end */
    sigaction(SIGHUP, &ignore, NULL);  /* until reloading is possible: it is being read anyway */
    if (open_registry(options.modules, &registry) < 0) {
        return EXIT_FAILURE;
    }
    switch (options.command) {
    case CVG_COMMAND_RUN:
        code = cvg_daemon_run(options.config, registry);
        break;
    case CVG_COMMAND_CHECK:
        code = cvg_daemon_check(options.config, registry, options.online ? options.timeout_ns : 0);
        break;
    default:
        code = print(&options, registry);
        break;
    }
    cvg_registry_free(registry);
    return code;
}
