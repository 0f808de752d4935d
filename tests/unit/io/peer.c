/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/io/peer.h"

#include "base/alloc.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 512

struct call {
    struct peer *peer;
    int fd;
    unsigned number;
    pthread_t thread;
};

struct peer {
    int fd;
    uint16_t port;
    peer_serve_fn *serve;
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock; /* guards calls' descriptors */
    atomic_uint count;
    struct call calls[CONNECTIONS_MAX];
};

static void *run_call(void *arg)
{
    struct call *call = arg;
    call->peer->serve(call->fd, call->number, call->peer->arg);
    pthread_mutex_lock(&call->peer->lock);
    close(call->fd);
    call->fd = -1;
    pthread_mutex_unlock(&call->peer->lock);
    return NULL;
}

static void *run_peer(void *arg)
{
    struct peer *peer = arg;
    for (;;) {
        int fd = accept4(peer->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || atomic_load(&peer->count) >= CONNECTIONS_MAX) {
            return NULL;
        }
        unsigned number = atomic_load(&peer->count);
        struct call *call = &peer->calls[number];
        *call = (struct call){.peer = peer, .fd = fd, .number = number};
        pthread_create(&call->thread, NULL, run_call, call);
        atomic_store(&peer->count, number + 1);
    }
}

static struct peer *start(int fd, peer_serve_fn *serve, void *arg)
{
    struct peer *peer = CVG_NEW(struct peer);
    peer->serve = serve;
    peer->arg = arg;
    peer->fd = fd;
    pthread_mutex_init(&peer->lock, NULL);
    pthread_create(&peer->thread, NULL, run_peer, peer);
    return peer;
}

struct peer *peer_start(peer_serve_fn *serve, void *arg)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        abort();
    }
    struct peer *peer = start(fd, serve, arg);
    peer->port = ntohs(address.sin_port);
    return peer;
}

struct peer *peer_start_at(const char *path, peer_serve_fn *serve, void *arg)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0) {
        abort();
    }
    return start(fd, serve, arg);
}

void peer_stop(struct peer *peer)
{
    shutdown(peer->fd, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
    unsigned count = atomic_load(&peer->count);
    pthread_mutex_lock(&peer->lock);
    for (unsigned i = 0; i < count; i++) {
        if (peer->calls[i].fd >= 0) {
            shutdown(peer->calls[i].fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&peer->lock);
    for (unsigned i = 0; i < count; i++) {
        pthread_join(peer->calls[i].thread, NULL);
    }
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

uint16_t peer_port(const struct peer *peer)
{
    return peer->port;
}

unsigned peer_connections(const struct peer *peer)
{
    return atomic_load(&peer->count);
}

static size_t content_length(const char *head)
{
    const char *found = strcasestr(head, "\r\nContent-Length:");
    uint64_t length = 0;
    if (found) {
        found += strlen("\r\nContent-Length:");
        found += strspn(found, " ");
        (void)!cvg_parse_uint64(found, strcspn(found, "\r"), &length);
    }
    return (size_t)length;
}

bool peer_read_request(int fd, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        const char *end = strstr(text, "\r\n\r\n");
        if (end && used >= (size_t)(end - text) + 4 + content_length(text)) {
            return true;
        }
        ssize_t got = used + 1 < size ? recv(fd, text + used, size - 1 - used, 0) : -1;
        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
        text[used] = '\0';
    }
}

bool peer_send(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool peer_say(int fd, const char *text)
{
    return peer_send(fd, text, strlen(text));
}

void peer_wait_closed(int fd)
{
    char room[4096];
    while (recv(fd, room, sizeof room, 0) > 0) {
    }
}

void peer_reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}
