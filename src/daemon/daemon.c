/* SPDX-License-Identifier: Apache-2.0 */
/* Builds everything before it connects anywhere, so that --check is the first half of a start. */
#include "daemon/daemon.h"

#include "base/log.h"
#include "daemon/keep.h"
#include "daemon/notify.h"
#include "daemon/online.h"
#include "daemon/reload.h"
#include "daemon/serve.h"
#include "daemon/sockets.h"
#include "decide/decider.h"
#include "io/loop.h"

#include <convergate/number.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of starting. */
struct daemon {
    struct cvg_notify *notify;   /* NULL: only --check */
    struct cvg_sockets *sockets; /* NULL: the same */
    struct cvg_config *config;
    struct cvg_loop *loop;
    struct cvg_decider *decider;
    struct cvg_keep *keep; /* NULL: no store, or only --check */
    struct cvg_server *server;
    struct cvg_reload reload;
};

static void stop(struct daemon *daemon)
{
    cvg_server_free(daemon->server); /* readers first: the board goes with the decider */
    cvg_notify_free(daemon->notify);
    cvg_keep_leave(daemon->keep);
    cvg_decider_free(daemon->decider);
    cvg_keep_free(daemon->keep); /* everything was saved; what was asked for is answered */
    cvg_loop_free(daemon->loop);
    cvg_config_unref(daemon->config);
    cvg_sockets_free(daemon->sockets);
}

static int make_loop(const struct cvg_config *config, struct cvg_loop **ret,
                     struct cvg_error *reterr)
{
    size_t count = config->names.servers.count;
    const char *const *servers = config->names.servers.items;
    const char **ended = cvg_alloc_array(count + 1, sizeof(*ended));

    for (size_t i = 0; i < count; i++) {
        ended[i] = servers[i];
    }
    struct cvg_loop_options options = {
        .name_servers = count ? ended : NULL,
        .name_timeout_ns = config->names.timeout_ns,
        .adopts_strays = true,
    };
    int rc = cvg_loop_new(&options, ret, reterr);
    free(ended);
    return rc;
}

/* Everything up to the point where the first connection would be made. */
static int build(const char *file, struct cvg_registry *registry, struct daemon *daemon)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    struct cvg_kinds kinds = cvg_registry_kinds(registry);
    struct cvg_error error = {0};

    daemon->config = cvg_config_read(file, &kinds, &diagnostics);
    int rc = make_loop(daemon->config, &daemon->loop, &error);
    if (rc < 0) {
        fprintf(stderr, "convergated: %s\n", error.text);
    }
    if (rc == 0) {
        rc =
            cvg_decider_new(daemon->loop, daemon->config, registry, &diagnostics, &daemon->decider);
    }
    cvg_diagnostics_print(&diagnostics, stderr);
    return rc;
}

static size_t count_checks(const struct cvg_config *config)
{
    size_t count = 0;

    for (size_t i = 0; i < config->environment_count; i++) {
        count += config->environments[i].check_count;
    }
    return count;
}

static void say_ok(const char *file, const struct cvg_config *config)
{
    size_t sources = config->source_count, environments = config->environment_count;
    size_t checks = count_checks(config);
    printf("%s: ok: %zu %s, %zu %s, %zu %s\n", file, sources,
           cvg_plural(sources, "source", "sources"), environments,
           cvg_plural(environments, "environment", "environments"), checks,
           cvg_plural(checks, "check", "checks"));
}

int cvg_daemon_check(const char *file, struct cvg_registry *registry, int64_t online_ns)
{
    struct daemon daemon = {0};
    int rc = build(file, registry, &daemon);

    if (rc == 0) {
        say_ok(file, daemon.config);
        cvg_keep_check(daemon.config);
    }
    if (rc == 0 && online_ns) {
        rc = cvg_online_check(daemon.loop, daemon.config, registry, online_ns);
    }
    stop(&daemon);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void on_stop_signal(void *arg)
{
    struct daemon *daemon = arg;

    cvg_log(CVG_LOG_INFO, "stopping", NULL);
    cvg_notify_stopping(daemon->notify);
    cvg_loop_stop(daemon->loop);
}

static int start(struct daemon *daemon, struct cvg_error *reterr)
{
    int rc = cvg_keep_new(daemon->config, daemon->loop, daemon->decider, &daemon->keep, reterr);

    if (rc == 0) {
        rc = cvg_serve_new(daemon->config, daemon->sockets, cvg_decider_board(daemon->decider),
                           &daemon->server, reterr);
    }
    if (rc == 0) {
        rc = cvg_sockets_check(daemon->sockets, reterr);
    }
    if (rc == 0) {
        rc = cvg_loop_on_signal(daemon->loop, SIGTERM, on_stop_signal, daemon, reterr);
    }
    if (rc == 0) {
        rc = cvg_loop_on_signal(daemon->loop, SIGINT, on_stop_signal, daemon, reterr);
    }
    if (rc == 0) {
        daemon->reload = (struct cvg_reload){.loop = daemon->loop,
                                             .decider = daemon->decider,
                                             .server = daemon->server,
                                             .notify = daemon->notify};
        rc = cvg_reload_start(&daemon->reload, reterr);
    }
    if (rc == 0) {
        /* Published before the first connection is accepted: every route has an answer. */
        cvg_decider_start(daemon->decider);
        rc = cvg_server_start(daemon->server, reterr);
    }
    return rc;
}

/* NULL: there is none. */
static const char *health_of(const struct daemon *daemon, char *text, size_t size)
{
    const struct cvg_server_config *settings = &daemon->config->server;
    bool ipv6 = settings->health_host && strchr(settings->health_host, ':');

    if (!settings->health_host) {
        return settings->health_socket;
    }
    (void)snprintf(text, size, ipv6 ? "[%s]:%u" : "%s:%u", settings->health_host,
                   cvg_server_health_port(daemon->server));
    return text;
}

static void log_start(const struct daemon *daemon)
{
    char address[300], health[300], checks[32];
    bool ipv6 = strchr(daemon->config->server.listen_host, ':') != NULL;

    (void)snprintf(address, sizeof(address), ipv6 ? "[%s]:%u" : "%s:%u",
                   daemon->config->server.listen_host, cvg_server_port(daemon->server));
    (void)snprintf(checks, sizeof(checks), "%zu", count_checks(daemon->config));
    cvg_log(CVG_LOG_INFO, "listening", "address", address, "socket", daemon->config->server.socket,
            "health", health_of(daemon, health, sizeof(health)), "config", daemon->config->file,
            "checks", checks, "version", CVG_VERSION, NULL);
}

int cvg_daemon_run(const char *file, struct cvg_registry *registry)
{
    struct daemon daemon = {.notify = cvg_notify_take()};
    struct cvg_error error = {0};
    int rc = cvg_sockets_take(&daemon.sockets, &error);

    if (rc == 0 && build(file, registry, &daemon) < 0) {
        stop(&daemon); /* the diagnostics said why */
        return EXIT_FAILURE;
    }
    if (rc == 0) {
        rc = start(&daemon, &error);
    }
    if (rc < 0) {
        cvg_log(CVG_LOG_ERROR, "could not start", "error", error.text, NULL);
    } else {
        log_start(&daemon);
        cvg_notify_start(daemon.notify, daemon.loop, cvg_decider_board(daemon.decider));
        cvg_notify_ready(daemon.notify);
        cvg_loop_run(daemon.loop);
    }
    stop(&daemon);
    return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
