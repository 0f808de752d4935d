/* SPDX-License-Identifier: Apache-2.0 */
/* convergate probe: one check, once, now, without a daemon: what was sent and what was found. */
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "client/client.h"
#include "config/config.h"
#include "model/reading.h"
#include "module/registry.h"
#include "runner/runner.h"
#include "wire/reading.h"

#include <convergate/number.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN       2048
#define STREAM_MOST (30 * CVG_SECOND)

struct probe {
    const struct cvg_client_options *options;
    size_t environment, check;
    struct cvg_kept_reading *reading; /* owned */
    bool done;
};

static void on_reading(void *ctx, size_t environment, size_t check,
                       struct cvg_kept_reading *reading)
{
    struct probe *probe = ctx;

    /* Checks that the asked one takes facts from are read before it. */
    if (environment != probe->environment || check != probe->check) {
        cvg_reading_unref(reading);
        return;
    }
    cvg_reading_unref(probe->reading);
    probe->reading = reading;
    probe->done = true;
}

static void on_alive(void *ctx, size_t environment, size_t check, int64_t at)
{
    (void)ctx, (void)environment, (void)check, (void)at;
}

static void show_text(const char *label, const char *text, size_t length, size_t total)
{
    char printable[SHOWN + 4];

    if (length == 0) {
        return;
    }
    if (memchr(text, '\0', length)) {
        printf("  %-9s %zu %s that are not text\n", label, total,
               cvg_plural(total, "byte", "bytes"));
        return;
    }
    cvg_text_printable(text, length, printable, sizeof(printable));
    printf("  %-9s %s", label, printable);
    if (total > length) {
        printf(" (%zu bytes in all)", total);
    }
    putchar('\n');
}

static void on_exchanged(void *ctx, const char *source, const struct cvg_exchange *exchange)
{
    struct probe *probe = ctx;
    char took[CVG_NUMBER_TEXT];

    if (probe->options->json) {
        return;
    }
    cvg_format_duration(exchange->took_ns, took, sizeof(took));
    printf("%s: %s %s\n", source, exchange->kind, exchange->request);
    show_text("sent", exchange->sent, exchange->sent_length, exchange->sent_length);
    if (*exchange->fault) {
        printf("  fault     %s\n", exchange->fault);
    }
    if (exchange->status) {
        printf("  status    %u after %s\n", exchange->status, took);
    }
    show_text("received", exchange->received, exchange->received_length, exchange->total_length);
}

static void show_reading(const struct cvg_reading *reading)
{
    char value[CVG_NUMBER_TEXT];

    printf("%s: %s\n", cvg_status_text(reading->status), reading->reason);
    const char *texts[][2] = {
        {"message", reading->message},
        {"expected", reading->expected},
        {"observed", reading->observed},
        {"revision", reading->revision},
    };
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (texts[i][1] && *texts[i][1]) {
            printf("  %-9s %s\n", texts[i][0], texts[i][1]);
        }
    }
    if (reading->has_value) {
        cvg_format_double(reading->value, value, sizeof(value));
        printf("  value     %s\n", value);
    }
    for (size_t i = 0; i < reading->fact_count; i++) {
        printf("  fact      %s = %s\n", reading->facts[i].name, reading->facts[i].text);
    }
}

static void show(const struct probe *probe)
{
    const struct cvg_reading *reading = cvg_reading_get(probe->reading);

    if (probe->options->json) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1024u * 1024);
        cvg_wire_reading_write(reading, cvg_time_wall() - cvg_time_now(), &text);
        puts(cvg_buf_text(&text));
    } else {
        show_reading(reading);
    }
}

/* ---- finding what was asked for ---- */

static int find(const struct cvg_config *config, struct probe *probe)
{
    const char *environment = probe->options->arguments[0], *check = probe->options->arguments[1];

    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *settings = &config->environments[i];
        if (!cvg_text_equal(settings->name, environment)) {
            continue;
        }
        for (size_t k = 0; k < settings->check_count; k++) {
            if (cvg_text_equal(settings->checks[k].name, check)) {
                probe->environment = i;
                probe->check = k;
                return 0;
            }
        }
        fprintf(stderr, "convergate: environment '%s' has no check '%s'\n", environment, check);
        return -1;
    }
    fprintf(stderr, "convergate: there is no environment '%s'\n", environment);
    return -1;
}

/* Every check has a deadline of its own, and its inputs theirs before it. */
static int64_t patience(const struct cvg_config *config, const struct probe *probe)
{
    const struct cvg_environment_config *settings = &config->environments[probe->environment];
    int64_t sum = 5 * CVG_SECOND;

    for (size_t i = 0; i < settings->check_count; i++) {
        sum += settings->checks[i].polled ? settings->checks[i].timeout_ns : STREAM_MOST;
    }
    return sum;
}

static int exit_code(const struct probe *probe)
{
    if (!probe->done) {
        fprintf(stderr, "convergate: the check was not answered\n");
        return CVG_EXIT_UNKNOWN;
    }
    switch (cvg_reading_get(probe->reading)->status) {
    case CVG_READY:
        return CVG_EXIT_GO;
    case CVG_UNKNOWN:
        return CVG_EXIT_UNKNOWN;
    default:
        return CVG_EXIT_WAIT;
    }
}

static int run(struct cvg_config *config, struct cvg_registry *registry, struct probe *probe)
{
    static const struct cvg_runner_events events = {
        .reading = on_reading, .alive = on_alive, .exchanged = on_exchanged};
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_loop_options options = {.name_timeout_ns = config->names.timeout_ns,
                                       .adopts_strays = true};
    const char **servers = cvg_alloc_array(config->names.servers.count + 1, sizeof(*servers));
    struct cvg_runner *runner = NULL;
    struct cvg_loop *loop = NULL;
    struct cvg_error error = {0};

    for (size_t i = 0; i < config->names.servers.count; i++) {
        servers[i] = ((const char *const *)config->names.servers.items)[i];
        options.name_servers = servers;
    }
    int rc = cvg_loop_new(&options, &loop, &error);
    free(servers);
    if (rc < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    rc = cvg_runner_new(loop, config, registry, &events, probe, &diagnostics, &runner);
    cvg_diagnostics_print(&diagnostics, stderr);
    if (rc == 0) {
        cvg_runner_probe_patience(runner, STREAM_MOST);
        cvg_runner_probe(runner, probe->environment, probe->check);
        cvg_loop_run_until(loop, &probe->done, cvg_time_now() + patience(config, probe));
        if (probe->done) {
            show(probe);
        }
    }
    cvg_runner_free(runner);
    cvg_loop_free(loop);
    return rc == 0 ? exit_code(probe) : CVG_EXIT_UNKNOWN;
}

int cvg_client_open_registry(const char *directory, struct cvg_registry **ret)
{
    char place[PATH_MAX];
    struct cvg_error error = {0};

    if (!directory && cvg_registry_default(place, sizeof(place)) < 0) {
        fprintf(stderr, "convergate: cannot tell where the modules are; use --modules\n");
        return -1;
    }
    if (cvg_registry_open(directory ? directory : place, ret, &error) < 0) {
        cvg_client_complain(&error);
        return -1;
    }
    return 0;
}

int cvg_client_probe(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct probe probe = {.options = options};
    struct cvg_registry *registry = NULL;
    struct cvg_config *config = NULL;
    int code = CVG_EXIT_UNKNOWN;

    if (cvg_client_open_registry(options->modules, &registry) < 0) {
        return code;
    }
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    int rc = cvg_config_load(options->config, &kinds, &diagnostics, &config);
    cvg_diagnostics_print(&diagnostics, stderr);
    if (rc == 0 && find(config, &probe) == 0) {
        code = run(config, registry, &probe);
    }
    cvg_reading_unref(probe.reading);
    cvg_config_unref(config);
    cvg_registry_free(registry);
    return code;
}
