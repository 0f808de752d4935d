/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of open connections, and what the library tells of each: accepted, request line read,
 * request over, closed.
 */
#include "server/connection.h"

#include "base/time.h"
#include "server/addresses.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define HEALTH_CONNECTIONS 64u
#define SOCKET_CONNECTIONS 64u

struct connection {
    struct cvg_request request;
    struct connection *previous, *next; /* under the lock */
    int fd;                             /* the library's; open while this is in the list */
    uint64_t address;                   /* cvg_addresses_key */
    struct cvg_peer peer;
    int64_t accepted_at;
    bool served;               /* ended a request */
    bool cut;                  /* by the keeper; under the lock */
    _Atomic int64_t active_at; /* accepted, or ended a request */
};

struct cvg_connections {
    struct cvg_context *context;
    pthread_mutex_t lock;
    struct connection *first;
    struct cvg_addresses *addresses; /* owned; under the lock */
    unsigned open[CVG_PLACES];       /* under the lock */
};

struct cvg_connections *cvg_connections_new(struct cvg_context *context)
{
    struct cvg_connections *connections = CVG_NEW(struct cvg_connections);

    connections->context = context;
    connections->addresses = cvg_addresses_new();
    pthread_mutex_init(&connections->lock, NULL);
    return connections;
}

void cvg_connections_free(struct cvg_connections *connections)
{
    if (connections) {
        pthread_mutex_destroy(&connections->lock);
        cvg_addresses_free(connections->addresses);
        free(connections);
    }
}

/* ---- whether one may come in ---- */

/* Under the lock. The Unix socket has some room of its own, so that a flood from outside does not
 * shut out who would stop it; the health listener counts for itself. */
static bool is_full(const struct cvg_connections *connections, enum cvg_place place)
{
    unsigned limit = connections->context->limits.connections;
    unsigned all = connections->open[CVG_PLACE_NETWORK] + connections->open[CVG_PLACE_SOCKET];

    switch (place) {
    case CVG_PLACE_HEALTH:
        return connections->open[place] >= HEALTH_CONNECTIONS;
    case CVG_PLACE_SOCKET:
        return all >= limit + SOCKET_CONNECTIONS;
    default:
        return all >= limit;
    }
}

/* Several threads may ask at the same time, so a limit can be passed by as many as there are. */
enum MHD_Result cvg_connections_accept(void *cls, const struct sockaddr *address, socklen_t length)
{
    const struct cvg_entrance *entrance = cls;
    struct cvg_connections *connections = entrance->connections;
    uint64_t key =
        address && length && entrance->place == CVG_PLACE_NETWORK ? cvg_addresses_key(address) : 0;

    pthread_mutex_lock(&connections->lock);
    bool full = is_full(connections, entrance->place);
    bool many = cvg_addresses_count(connections->addresses, key) >=
                connections->context->limits.per_address;
    pthread_mutex_unlock(&connections->lock);
    if (full || many) {
        cvg_refusals_count(&connections->context->refusals,
                           full ? CVG_LIMIT_CONNECTIONS : CVG_LIMIT_PER_ADDRESS);
    }
    return full || many ? MHD_NO : MHD_YES;
}

/* ---- what becomes of it ---- */

static void look_at_peer(struct connection *connection, struct MHD_Connection *library,
                         enum cvg_place place)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct ucred credentials;
    socklen_t length = sizeof(credentials);

    connection->peer.place = place;
    if (place == CVG_PLACE_NETWORK && info && info->client_addr) {
        connection->address = cvg_addresses_key(info->client_addr);
    }
    if (place == CVG_PLACE_SOCKET &&
        getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
        connection->peer.has_uid = true;
        connection->peer.uid = credentials.uid;
    }
}

static void started(const struct cvg_entrance *entrance, struct MHD_Connection *library,
                    void **socket_context)
{
    struct cvg_connections *connections = entrance->connections;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *connection = CVG_NEW(struct connection);
    struct cvg_traffic *traffic = &connections->context->traffic;

    connection->request.context = connections->context;
    connection->request.connection = library;
    connection->fd = info->connect_fd;
    connection->accepted_at = cvg_time_now();
    atomic_store(&connection->active_at, connection->accepted_at);
    look_at_peer(connection, library, entrance->place);
    *socket_context = connection;
    atomic_fetch_add(&traffic->connections, 1);
    atomic_fetch_add(&traffic->connections_total, 1);
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connections->first) {
        connections->first->previous = connection;
    }
    connections->first = connection;
    connections->open[connection->peer.place]++;
    cvg_addresses_add(connections->addresses, connection->address);
    pthread_mutex_unlock(&connections->lock);
}

/* One that the library closed for its silence before it had brought a request. */
static bool was_idle(const struct connection *connection)
{
    return !connection->served && !connection->cut &&
           cvg_time_now() - connection->accepted_at >= connection->request.context->limits.idle_ns;
}

static void closed(struct cvg_connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        connections->first = connection->next;
    }
    if (connection->next) {
        connection->next->previous = connection->previous;
    }
    connections->open[connection->peer.place]--;
    cvg_addresses_remove(connections->addresses, connection->address);
    pthread_mutex_unlock(&connections->lock);
    if (was_idle(connection)) {
        cvg_refusals_count(&connections->context->refusals, CVG_LIMIT_IDLE);
    }
    atomic_fetch_sub(&connections->context->traffic.connections, 1);
    cvg_request_done(&connection->request);
    cvg_certificate_free(connection->peer.certificate);
    free(connection);
}

void cvg_connections_notify(void *cls, struct MHD_Connection *library, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    const struct cvg_entrance *entrance = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        started(entrance, library, socket_context);
    } else {
        closed(entrance->connections, *socket_context);
        *socket_context = NULL;
    }
}

static struct connection *connection_of(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info->socket_context;
}

struct cvg_context *cvg_connections_server(struct cvg_connections *connections)
{
    return connections->context;
}

struct cvg_context *cvg_connections_context(struct MHD_Connection *library)
{
    return connection_of(library)->request.context;
}

void *cvg_connections_begin(void *cls, const char *uri, struct MHD_Connection *library)
{
    struct connection *connection = connection_of(library);

    (void)cls;
    cvg_request_begin(&connection->request, uri);
    connection->request.peer = &connection->peer;
    return &connection->request;
}

/* Whether the library itself refused what did not fit into its memory. */
static bool was_too_large(struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_HTTP_STATUS);

    return info && (info->http_status == 431 || info->http_status == 414);
}

void cvg_connections_completed(void *cls, struct MHD_Connection *library, void **con_cls,
                               enum MHD_RequestTerminationCode code)
{
    struct cvg_request *request = *con_cls;

    (void)cls;
    (void)code;
    if (request) {
        struct connection *connection = CVG_CONTAINER(request, struct connection, request);
        if (!request->headers_seen && was_too_large(library)) {
            cvg_refusals_count(&request->context->refusals, CVG_LIMIT_HEADER);
        }
        cvg_request_done(request);
        connection->served = true;
        atomic_store_explicit(&connection->active_at, cvg_time_now(), memory_order_relaxed);
    }
    *con_cls = NULL;
}

bool cvg_connections_enter(struct cvg_request *request, bool stream)
{
    struct connection *connection = CVG_CONTAINER(request, struct connection, request);

    if (!cvg_waiting_enter(request->context->waiting, &request->hold, stream)) {
        return false;
    }
    request->hold.connection = request->connection;
    request->hold.fd = connection->fd;
    request->hold.environment = request->environment;
    request->hold.gate = request->gate;
    atomic_store_explicit(&connection->active_at, CVG_NEVER, memory_order_relaxed);
    return true;
}

/* Linear in what is open: thousands at most, once a second. A connection that waits for the
 * deciding thread is safe: it waits for a few seconds only. */
void cvg_connections_sweep(struct cvg_connections *connections, int64_t now)
{
    int64_t before = now - connections->context->limits.request_ns;

    pthread_mutex_lock(&connections->lock);
    for (struct connection *at = connections->first; at; at = at->next) {
        if (!at->cut && atomic_load_explicit(&at->active_at, memory_order_relaxed) < before) {
            at->cut = true;
            shutdown(at->fd, SHUT_RDWR); /* the library sees the end, and closes it */
            cvg_refusals_count(&connections->context->refusals, CVG_LIMIT_REQUEST);
        }
    }
    pthread_mutex_unlock(&connections->lock);
}
