/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of open connections, and what the library tells of each: accepted, request line read,
 * request over, closed.
 */
#include "server/connection.h"

#include "base/time.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

struct connection {
    struct cvg_request request;
    struct connection *previous, *next; /* under the lock */
    int fd;                             /* the library's; open while this is in the list */
    _Atomic int64_t active_at;          /* accepted, or ended a request */
};

struct cvg_connections {
    struct cvg_context *context;
    pthread_mutex_t lock;
    struct connection *first;
};

struct cvg_connections *cvg_connections_new(struct cvg_context *context)
{
    struct cvg_connections *connections = CVG_NEW(struct cvg_connections);

    connections->context = context;
    pthread_mutex_init(&connections->lock, NULL);
    return connections;
}

void cvg_connections_free(struct cvg_connections *connections)
{
    if (connections) {
        pthread_mutex_destroy(&connections->lock);
        free(connections);
    }
}

static void started(struct cvg_connections *connections, struct MHD_Connection *library,
                    void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *connection = CVG_NEW(struct connection);
    struct cvg_traffic *traffic = &connections->context->traffic;

    connection->request.context = connections->context;
    connection->request.connection = library;
    connection->fd = info->connect_fd;
    atomic_store(&connection->active_at, cvg_time_now());
    *socket_context = connection;
    atomic_fetch_add(&traffic->connections, 1);
    atomic_fetch_add(&traffic->connections_total, 1);
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connections->first) {
        connections->first->previous = connection;
    }
    connections->first = connection;
    pthread_mutex_unlock(&connections->lock);
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
    pthread_mutex_unlock(&connections->lock);
    atomic_fetch_sub(&connections->context->traffic.connections, 1);
    cvg_request_done(&connection->request);
    free(connection);
}

void cvg_connections_notify(void *cls, struct MHD_Connection *library, void **socket_context,
                            enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        started(cls, library, socket_context);
    } else {
        closed(cls, *socket_context);
        *socket_context = NULL;
    }
}

void *cvg_connections_begin(void *cls, const char *uri, struct MHD_Connection *library)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *connection = info->socket_context;

    (void)cls;
    cvg_request_begin(&connection->request, uri);
    return &connection->request;
}

void cvg_connections_completed(void *cls, struct MHD_Connection *library, void **con_cls,
                               enum MHD_RequestTerminationCode code)
{
    struct cvg_request *request = *con_cls;

    (void)cls;
    (void)library;
    (void)code;
    if (request) {
        struct connection *connection = CVG_CONTAINER(request, struct connection, request);
        cvg_request_done(request);
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
void cvg_connections_sweep(struct cvg_connections *connections, int64_t before)
{
    pthread_mutex_lock(&connections->lock);
    for (struct connection *at = connections->first; at; at = at->next) {
        if (atomic_load_explicit(&at->active_at, memory_order_relaxed) < before) {
            shutdown(at->fd, SHUT_RDWR); /* the library sees the end, and closes it */
        }
    }
    pthread_mutex_unlock(&connections->lock);
}
