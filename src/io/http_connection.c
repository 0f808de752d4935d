/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets that libcurl opened.
 *
 * libcurl takes a socket out of the multi handle whenever no transfer uses it, and puts it in
 * again for the next one. Following that costs four epoll_ctl a request; so the watch for reading
 * stays, and is stopped only when something happens that libcurl does not want to know (the
 * server closed an idle connection, which libcurl notices when it would use it next).
 *
 * Transfers learn their connection from its two addresses, which is what libcurl tells before it
 * sends a request (CURLOPT_PREREQFUNCTION); asking it for the descriptor walks all connections.
 */
#include "base/alloc.h"
#include "base/text.h"
#include "io/http_inner.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

static void on_closed(uv_handle_t *handle)
{
    struct cvg_connection *connection = handle->data;
    cvg_connection_unref(connection);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct cvg_connection *connection = handle->data;
    cvg_loop_wake(connection->http->loop);
    if (!connection->wanted) {
        uv_poll_stop(handle);
        connection->armed = 0;
        return;
    }
    int flags = 0;
    if (status < 0) {
        /* EPOLLERR, after which libuv has stopped the handle. libcurl is to read and write, so
         * that it finds the reason; told of an error, it looks for none. */
        connection->armed = 0;
        events = UV_READABLE | UV_WRITABLE;
    }
    flags |= events & UV_READABLE ? CURL_CSELECT_IN : 0;
    flags |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    cvg_http_act(connection->http, connection->fd, flags);
}

static struct cvg_connection **bucket_of(struct cvg_http *http, uint16_t local_port)
{
    return &http->buckets[local_port % CVG_CONNECTION_BUCKETS];
}

static void forget(struct cvg_connection *connection)
{
    struct cvg_http *http = connection->http;
    http->by_fd[connection->fd] = NULL;
    connection->fd = -1;
    for (struct cvg_connection **link = bucket_of(http, connection->local_port); *link;
         link = &(*link)->next) {
        if (*link == connection) {
            *link = connection->next;
            break;
        }
    }
    uv_close((uv_handle_t *)&connection->uv, on_closed);
}

/* libcurl 7.88 closes a socket whose connect did not come to an end by itself, without asking
 * CURLOPT_CLOSESOCKETFUNCTION: it is found out when the number comes back, or at the end. */
static void forget_stale(struct cvg_http *http, int fd)
{
    if ((size_t)fd < http->fd_capacity && http->by_fd[fd]) {
        forget(http->by_fd[fd]);
    }
}

static struct cvg_connection *add(struct cvg_http *http, int fd, bool ours)
{
    forget_stale(http, fd);
    struct cvg_connection *connection = CVG_NEW(struct cvg_connection);
    connection->http = http;
    connection->fd = fd;
    connection->ours = ours;
    connection->references = 1;
    connection->uv.data = connection;
    if (uv_poll_init(&http->loop->uv, &connection->uv, fd)) {
        free(connection);
        return NULL;
    }
    while ((size_t)fd >= http->fd_capacity) {
        size_t capacity = http->fd_capacity ? http->fd_capacity * 2 : 64;
        http->by_fd = cvg_realloc_array(http->by_fd, capacity, sizeof(struct cvg_connection *));
        memset(http->by_fd + http->fd_capacity, 0,
               (capacity - http->fd_capacity) * sizeof(struct cvg_connection *));
        http->fd_capacity = capacity;
    }
    http->by_fd[fd] = connection;
    return connection;
}

static struct cvg_connection *at(const struct cvg_http *http, curl_socket_t fd)
{
    return fd >= 0 && (size_t)fd < http->fd_capacity ? http->by_fd[fd] : NULL;
}

curl_socket_t cvg_connection_open(struct cvg_http *http, int family, int type, int protocol)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (fd < 0) {
        return CURL_SOCKET_BAD;
    }
    if (!add(http, fd, true)) {
        close(fd);
        return CURL_SOCKET_BAD;
    }
    return fd;
}

int cvg_connection_close(struct cvg_http *http, curl_socket_t fd)
{
    struct cvg_connection *connection = at(http, fd);
    if (connection) {
        forget(connection);
    }
    return close(fd);
}

void cvg_connection_want(struct cvg_http *http, curl_socket_t fd, int what)
{
    struct cvg_connection *connection = at(http, fd);
    if (!connection) {
        connection = what == CURL_POLL_REMOVE ? NULL : add(http, fd, false);
        if (!connection) {
            return;
        }
    }
    if (what == CURL_POLL_REMOVE && !connection->ours) {
        forget(connection);
        return;
    }
    int wanted = what == CURL_POLL_IN      ? UV_READABLE
                 : what == CURL_POLL_OUT   ? UV_WRITABLE
                 : what == CURL_POLL_INOUT ? UV_READABLE | UV_WRITABLE
                                           : 0;
    connection->wanted = wanted;
    int armed = wanted ? wanted : connection->armed & UV_READABLE;
    if (armed != connection->armed) {
        if (armed) {
            uv_poll_start(&connection->uv, armed, on_ready);
        } else {
            uv_poll_stop(&connection->uv);
        }
        connection->armed = armed;
    }
}

void cvg_connections_end(struct cvg_http *http)
{
    for (size_t fd = 0; fd < http->fd_capacity; fd++) {
        forget_stale(http, (int)fd);
    }
}

static bool ends_of(int fd, char *local, uint16_t *local_port, char *remote, uint16_t *remote_port)
{
    for (int side = 0; side < 2; side++) {
        struct sockaddr_storage storage = {0};
        socklen_t size = sizeof storage;
        int status = side ? getpeername(fd, (struct sockaddr *)&storage, &size)
                          : getsockname(fd, (struct sockaddr *)&storage, &size);
        if (status != 0) {
            return false;
        }
        char *text = side ? remote : local;
        uint16_t *port = side ? remote_port : local_port;
        if (storage.ss_family == AF_INET) {
            struct sockaddr_in in;
            memcpy(&in, &storage, sizeof in);
            inet_ntop(AF_INET, &in.sin_addr, text, CVG_ADDRESS_TEXT);
            *port = ntohs(in.sin_port);
        } else if (storage.ss_family == AF_INET6) {
            struct sockaddr_in6 in6;
            memcpy(&in6, &storage, sizeof in6);
            inet_ntop(AF_INET6, &in6.sin6_addr, text, CVG_ADDRESS_TEXT);
            *port = ntohs(in6.sin6_port);
        } else {
            return false;
        }
    }
    return true;
}

static bool is_between(const struct cvg_connection *connection, const char *local,
                       uint16_t local_port, const char *remote, uint16_t remote_port)
{
    return connection->local_port == local_port && connection->remote_port == remote_port &&
           strcmp(connection->local, local) == 0 && strcmp(connection->remote, remote) == 0;
}

/* Once for each connection: looks at those that have not been named yet. */
static struct cvg_connection *name_new(struct cvg_http *http, const char *local,
                                       uint16_t local_port, const char *remote,
                                       uint16_t remote_port)
{
    for (size_t fd = 0; fd < http->fd_capacity; fd++) {
        struct cvg_connection *connection = http->by_fd[fd];
        if (!connection || connection->named || !connection->ours ||
            !ends_of(connection->fd, connection->local, &connection->local_port, connection->remote,
                     &connection->remote_port) ||
            !is_between(connection, local, local_port, remote, remote_port)) {
            continue;
        }
        connection->named = true;
        connection->number = ++http->numbers;
        struct cvg_connection **bucket = bucket_of(http, local_port);
        connection->next = *bucket;
        *bucket = connection;
        return connection;
    }
    return NULL;
}

struct cvg_connection *cvg_connection_find(struct cvg_http *http, const char *local,
                                           uint16_t local_port, const char *remote,
                                           uint16_t remote_port)
{
    struct cvg_connection *connection = *bucket_of(http, local_port);
    while (connection && !is_between(connection, local, local_port, remote, remote_port)) {
        connection = connection->next;
    }
    return connection ? connection : name_new(http, local, local_port, remote, remote_port);
}

void cvg_connection_unref(struct cvg_connection *connection)
{
    if (connection && --connection->references == 0) {
        free(connection);
    }
}
