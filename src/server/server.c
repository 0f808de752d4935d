/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's life. Order of the end, each step for a reason that was met:
 *   1. no new connections         (a stopping daemon must not take what it will not answer)
 *   2. all suspended ones resumed and answered (the library aborts the process otherwise)
 *   3. the library stopped        (joins its threads; nobody reads the board any more)
 *   4. the keeper stopped         (it resumes connections, so only after nothing can be suspended)
 * Questions that are still on their way to the deciding thread own all they need.
 */
#include "server/server.h"

#include "base/alloc.h"
#include "server/connection.h"
#include "server/context.h"
#include "server/keeper.h"
#include "server/listener.h"
#include "server/prepared.h"
#include "server/process.h"
#include "server/route.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of each connection that was ever answered. Takes 6,000 bytes of header or URL. */
#define CONNECTION_MEMORY ((size_t)8192)
#define CONNECTIONS_MAX   8192u
#define CONNECTIONS_MIN   32u
#define WAITERS           ((size_t)5000)

struct cvg_server {
    struct cvg_context context;
    struct cvg_connections *connections; /* owned */
    struct cvg_keeper *keeper;           /* owned */
    struct MHD_Daemon *daemon;           /* owned */
    int listen_fd;                       /* owned; -1: none, or the library has it */
    uint16_t port;
    char *host;   /* owned */
    char **hosts; /* owned, NULL-terminated */
    unsigned threads;
    size_t waiters;
    char *version; /* owned */
};

int cvg_server_new(const struct cvg_server_options *options, struct cvg_board *board,
                   struct cvg_server **ret, struct cvg_error *reterr)
{
    size_t count = 0;

    if (options->threads == 0 || options->threads > 256) {
        return cvg_error_set(reterr, CVG_E_INVALID, "server: threads must be from 1 to 256");
    }
    while (options->hosts && options->hosts[count]) {
        count++;
    }
    struct cvg_server *server = CVG_NEW(struct cvg_server);
    server->listen_fd = options->listen_fd ? options->listen_fd : -1;
    server->port = options->port;
    server->threads = options->threads;
    server->waiters = options->waiters ? options->waiters : WAITERS;
    server->host = cvg_strdup(options->host);
    server->version = cvg_strdup(options->version ? options->version : CVG_VERSION);
    server->hosts = cvg_alloc_array(count + 1, sizeof(*server->hosts));
    for (size_t i = 0; i < count; i++) {
        server->hosts[i] = cvg_strdup(options->hosts[i]);
    }
    server->context.board = board;
    server->context.version = server->version;
    server->context.asking = cvg_asking_new();
    server->context.events = cvg_events_new();
    server->connections = cvg_connections_new(&server->context);
    cvg_board_on_attachment(board, cvg_prepared_free);
    *ret = server;
    return 0;
}

/* ---- the library's callbacks ---- */

/* The library decides how many parameters it has. */
// NOLINTNEXTLINE(readability-function-size)
static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **con_cls)
{
    struct cvg_request *request = *con_cls;

    (void)cls;
    (void)connection;
    if (!request->headers_seen) {
        return cvg_request_headers(request, url, method, version);
    }
    if (*upload_data_size) {
        enum MHD_Result result = cvg_request_body(request, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return result;
    }
    return cvg_route_answer(request);
}

/* Decoding is ours (parameters.c, route.c): the library would cut texts at a decoded zero byte. */
static size_t leave_as_it_is(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* ---- start ---- */

/* Beyond its limit the library leaves newcomers unanswered, so it must be one that the process can
 * hold; and no single address may take it all. */
static unsigned connection_limit(void)
{
    struct rlimit files = {0};

    if (getrlimit(RLIMIT_NOFILE, &files) < 0) {
        return CONNECTIONS_MIN;
    }
    rlim_t half = files.rlim_cur / 2;
    return half > CONNECTIONS_MAX ? CONNECTIONS_MAX : CVG_MAX((unsigned)half, CONNECTIONS_MIN);
}

/* Of one address, and of all who wait: a quarter is left for others, and for short questions. */
static unsigned three_quarters(unsigned limit)
{
    return limit - limit / 4;
}

/* Where the answer of a gate may have changed. Who waits is told `wait` until then, so a gate that
 * still says so wakes nobody. */
static void on_publish(void *ctx, const struct cvg_snapshot *before,
                       const struct cvg_snapshot *after)
{
    struct cvg_server *server = ctx;

    cvg_events_publish(server->context.events, server->context.waiting, before, after);
    for (size_t i = 0; i < after->gate_count; i++) {
        if (after->gates[i].decision.verdict != CVG_WAIT) {
            cvg_waiting_wake_gate(server->context.waiting, after->environment,
                                  after->gates[i].policy->name);
        }
    }
}

static int open_waiting(struct cvg_server *server, struct cvg_error *reterr)
{
    size_t room = three_quarters(CVG_MAX(connection_limit(), server->threads));
    int rc = cvg_waiting_new(CVG_MIN(server->waiters, room), &server->context.waiting, reterr);

    if (rc == 0) {
        cvg_board_on_publish(server->context.board, on_publish, server);
    }
    return rc;
}

static struct MHD_Daemon *start_library(struct cvg_server *server)
{
    unsigned limit = CVG_MAX(connection_limit(), server->threads);
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, server->listen_fd, NULL},
        {MHD_OPTION_THREAD_POOL_SIZE, server->threads > 1 ? server->threads : 0, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, limit, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, three_quarters(limit), NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, CVG_CONNECTION_IDLE_SECONDS, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO, 0, NULL, NULL,
        handle, NULL, MHD_OPTION_ARRAY, options, MHD_OPTION_NOTIFY_CONNECTION,
        cvg_connections_notify, server->connections, MHD_OPTION_NOTIFY_COMPLETED,
        cvg_connections_completed, server->connections, MHD_OPTION_URI_LOG_CALLBACK,
        cvg_connections_begin, server->connections, MHD_OPTION_UNESCAPE_CALLBACK, leave_as_it_is,
        NULL, MHD_OPTION_END);
}

int cvg_server_start(struct cvg_server *server, struct cvg_error *reterr)
{
    struct cvg_process process = {0};
    int rc = server->listen_fd >= 0 ? cvg_listener_adopt(server->listen_fd, server->host,
                                                         server->port, &server->port, reterr)
                                    : cvg_listener_open(server->host, server->port,
                                                        &server->listen_fd, &server->port, reterr);

    if (rc < 0) {
        return rc;
    }
    if (cvg_process_read(&process) == 0) {
        server->context.started_at = process.started_at;
    }
    server->context.hosts =
        cvg_hosts_new(server->host, server->port, (const char *const *)server->hosts);
    rc = open_waiting(server, reterr);
    if (rc == 0) {
        rc = cvg_keeper_start(server->context.asking, server->connections, server->context.waiting,
                              &server->keeper, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    server->daemon = start_library(server);
    if (!server->daemon) {
        return cvg_error_set(reterr, CVG_E_IO, "the HTTP server on %s port %u did not start",
                             server->host, server->port);
    }
    return 0;
}

void cvg_server_wake_all(struct cvg_server *server)
{
    cvg_waiting_wake_all(server->context.waiting);
}

uint16_t cvg_server_port(const struct cvg_server *server)
{
    return server->port;
}

/* ---- end ---- */

void cvg_server_free(struct cvg_server *server)
{
    if (!server) {
        return;
    }
    if (server->daemon) {
        MHD_quiesce_daemon(server->daemon);
    }
    cvg_board_on_publish(server->context.board, NULL, NULL);
    cvg_asking_close(server->context.asking);
    if (server->context.waiting) {
        cvg_waiting_close(server->context.waiting);
    }
    if (server->daemon) {
        MHD_stop_daemon(server->daemon);
    }
    cvg_keeper_stop(server->keeper);
    if (server->listen_fd >= 0) {
        close(server->listen_fd);
    }
    cvg_connections_free(server->connections);
    cvg_waiting_free(server->context.waiting);
    cvg_events_free(server->context.events);
    cvg_asking_unref(server->context.asking);
    cvg_hosts_free(server->context.hosts);
    for (size_t i = 0; server->hosts[i]; i++) {
        free(server->hosts[i]);
    }
    free(server->hosts);
    free(server->host);
    free(server->version);
    free(server);
}
