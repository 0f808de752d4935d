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
#include "server/listening.h"
#include "server/prepared.h"
#include "server/process.h"
#include "server/tls.h"

#include <stdlib.h>

/* Of the health listener's socket: there is nothing on it that anybody may not know. */
#define HEALTH_MODE 0666u

struct cvg_server {
    struct cvg_context context;
    struct cvg_connections *connections; /* owned */
    struct cvg_keeper *keeper;           /* owned */
    struct cvg_listening listening[CVG_PLACES];
    uint16_t port, health_port;
    char *socket, *health_host, *health_socket; /* owned; NULL: none */
    unsigned socket_mode;
    char *host;   /* owned */
    char **hosts; /* owned, NULL-terminated */
    unsigned threads;
    char *version; /* owned */
};

static void make_context(struct cvg_server *server, const struct cvg_server_options *options,
                         struct cvg_board *board)
{
    struct cvg_context *context = &server->context;

    context->board = board;
    context->version = server->version;
    context->asking = cvg_asking_new();
    context->events = cvg_events_new();
    context->limits = options->limits;
    cvg_limits_settle(&context->limits);
    context->readers = CVG_MAX(options->threads, 2) - 1;
    cvg_door_init(&context->door);
    if (options->access) {
        cvg_door_set(&context->door, options->access);
    }
    server->connections = cvg_connections_new(context);
    for (unsigned i = 0; i < CVG_PLACES; i++) {
        server->listening[i] =
            (struct cvg_listening){.entrance = {server->connections, (enum cvg_place)i}, .fd = -1};
    }
}

static void copy_options(struct cvg_server *server, const struct cvg_server_options *options)
{
    size_t count = 0;

    while (options->hosts && options->hosts[count]) {
        count++;
    }
    server->port = options->port;
    server->threads = options->threads;
    server->host = cvg_strdup(options->host);
    server->version = cvg_strdup(options->version ? options->version : CVG_VERSION);
    server->hosts = cvg_alloc_array(count + 1, sizeof(*server->hosts));
    for (size_t i = 0; i < count; i++) {
        server->hosts[i] = cvg_strdup(options->hosts[i]);
    }
    server->socket = cvg_strdup(options->socket);
    server->socket_mode = options->socket_mode;
    server->health_host = cvg_strdup(options->health_host);
    server->health_port = options->health_port;
    server->health_socket = cvg_strdup(options->health_socket);
}

int cvg_server_new(const struct cvg_server_options *options, struct cvg_board *board,
                   struct cvg_server **ret, struct cvg_error *reterr)
{
    int rc = 0;
    struct cvg_server *server = CVG_NEW(struct cvg_server);

    copy_options(server, options);
    make_context(server, options, board);
    server->listening[CVG_PLACE_NETWORK].fd = options->listen_fd ? options->listen_fd : -1;
    server->listening[CVG_PLACE_SOCKET].fd = options->socket_fd ? options->socket_fd : -1;
    server->listening[CVG_PLACE_HEALTH].fd = options->health_fd ? options->health_fd : -1;
    if (options->threads == 0 || options->threads > 256) {
        rc = cvg_error_set(reterr, CVG_E_INVALID, "server: threads must be from 1 to 256");
    } else if (options->tls) {
        rc = cvg_tls_new(options->tls, &server->context.tls, reterr);
    }
    if (rc < 0) {
        cvg_server_free(server);
        return rc;
    }
    cvg_board_on_attachment(board, cvg_prepared_free);
    *ret = server;
    return 0;
}

/* ---- start ---- */

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
    int rc = cvg_waiting_new(server->context.limits.waiters, &server->context.waiting, reterr);

    if (rc == 0) {
        cvg_board_on_publish(server->context.board, on_publish, server);
    }
    return rc;
}

/* Opened here, or passed by a service manager; so are the two below. */
static int open_address(struct cvg_listening *listening, const char *key, const char *host,
                        uint16_t *port_inout, struct cvg_error *reterr)
{
    return listening->fd >= 0
               ? cvg_listener_adopt(listening->fd, key, host, port_inout, reterr)
               : cvg_listener_open(host, *port_inout, &listening->fd, port_inout, reterr);
}

static int open_path(struct cvg_listening *listening, const char *key, const char *path,
                     unsigned mode, struct cvg_error *reterr)
{
    if (listening->fd >= 0) {
        return cvg_listener_adopt_path(listening->fd, key, path, reterr);
    }
    int rc = cvg_listener_open_path(path, mode, &listening->fd, reterr);
    listening->path = rc == 0 ? cvg_strdup(path) : NULL;
    return rc;
}

static int refuse_passed(const struct cvg_listening *listening, const char *key,
                         struct cvg_error *reterr)
{
    return listening->fd < 0
               ? 0
               : cvg_error_set(reterr, CVG_E_INVALID,
                               "a socket is passed for `%s`, which the configuration lacks", key);
}

/* Before anything serves, so that a start that fails has answered nobody. */
static int open_all(struct cvg_server *server, struct cvg_error *reterr)
{
    static const char socket_key[] = "server.socket", health_key[] = "server.health";
    struct cvg_listening *unix_socket = &server->listening[CVG_PLACE_SOCKET];
    struct cvg_listening *health = &server->listening[CVG_PLACE_HEALTH];
    int rc = open_address(&server->listening[CVG_PLACE_NETWORK], "server.listen", server->host,
                          &server->port, reterr);

    if (rc == 0) {
        rc = server->socket
                 ? open_path(unix_socket, socket_key, server->socket, server->socket_mode, reterr)
                 : refuse_passed(unix_socket, socket_key, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    if (server->health_socket) {
        return open_path(health, health_key, server->health_socket, HEALTH_MODE, reterr);
    }
    return server->health_host
               ? open_address(health, health_key, server->health_host, &server->health_port, reterr)
               : refuse_passed(health, health_key, reterr);
}

static int serve_all(struct cvg_server *server, struct cvg_error *reterr)
{
    int rc = 0;

    for (unsigned i = 0; i < CVG_PLACES && rc == 0; i++) {
        bool network = i == CVG_PLACE_NETWORK;
        if (server->listening[i].fd >= 0) {
            rc = cvg_listening_start(&server->listening[i], network ? server->threads : 1,
                                     network && server->context.tls, reterr);
        }
    }
    return rc;
}

int cvg_server_start(struct cvg_server *server, struct cvg_error *reterr)
{
    struct cvg_process process = {0};
    int rc = open_all(server, reterr);

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
                              server->context.tls, &server->keeper, reterr);
    }
    return rc < 0 ? rc : serve_all(server, reterr);
}

void cvg_server_wake_all(struct cvg_server *server)
{
    cvg_events_cut(server->context.events);
    cvg_waiting_wake_all(server->context.waiting);
}

uint16_t cvg_server_port(const struct cvg_server *server)
{
    return server->port;
}

uint16_t cvg_server_health_port(const struct cvg_server *server)
{
    return server->health_host ? server->health_port : 0;
}

void cvg_server_set_access(struct cvg_server *server, struct cvg_access *access)
{
    cvg_door_set(&server->context.door, access);
}

/* ---- end ---- */

void cvg_server_free(struct cvg_server *server)
{
    if (!server) {
        return;
    }
    for (unsigned i = 0; i < CVG_PLACES; i++) {
        cvg_listening_quiesce(&server->listening[i]);
    }
    cvg_board_on_publish(server->context.board, NULL, NULL);
    cvg_asking_close(server->context.asking);
    if (server->context.waiting) {
        cvg_waiting_close(server->context.waiting);
    }
    for (unsigned i = 0; i < CVG_PLACES; i++) {
        cvg_listening_stop(&server->listening[i]);
    }
    cvg_keeper_stop(server->keeper);
    for (unsigned i = 0; i < CVG_PLACES; i++) {
        cvg_listening_close(&server->listening[i]);
    }
    cvg_connections_free(server->connections);
    cvg_waiting_free(server->context.waiting);
    cvg_events_free(server->context.events);
    cvg_asking_unref(server->context.asking);
    cvg_hosts_free(server->context.hosts);
    cvg_tls_free(server->context.tls);
    cvg_door_done(&server->context.door);
    for (size_t i = 0; server->hosts[i]; i++) {
        free(server->hosts[i]);
    }
    free(server->hosts);
    free(server->host);
    free(server->socket);
    free(server->health_host);
    free(server->health_socket);
    free(server->version);
    free(server);
}
