/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

struct server {
    int listener;
    unsigned port;
    pthread_t thread;
};

static bool say(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static void answer(int fd, const char *body)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                            "Content-Length: %zu\r\n\r\n%s",
                            strlen(body), body);
    say(fd, text, strlen(text));
}

static void answer_much(int fd, size_t length)
{
    static const char block[4096];
    CVG_CLEANUP(cvg_free_pointer)
    char *head =
        length ? cvg_format("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                            length)
               : cvg_strdup("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    bool open = say(fd, head, strlen(head));
    for (size_t sent = 0; open && (length == 0 || sent < length); sent += sizeof block) {
        open = say(fd, block, sizeof block);
    }
}

static void answer_request(int fd, char *request)
{
    if (strncmp(request, "ping\n", 5) == 0) {
        say(fd, "pong\n", 5);
        return;
    }
    char *path = strchr(request, ' ');
    char *rest = path ? strchr(path + 1, ' ') : NULL;
    if (!rest) {
        return;
    }
    *rest = '\0';
    path++;
    if (strcmp(path, "/big") == 0) {
        answer_much(fd, SERVER_BIG);
    } else if (strcmp(path, "/forever") == 0) {
        answer_much(fd, 0);
    } else if (strcmp(path, "/where") == 0) {
        char *line = strstr(rest + 1, "Authorization: ");
        char *end = line ? strchr(line, '\r') : NULL;
        if (end) {
            *end = '\0';
        }
        answer(fd, line ? line + strlen("Authorization: ") : "nobody");
    } else {
        CVG_CLEANUP(cvg_free_pointer) char *body = cvg_format("hello %s", path);
        answer(fd, body);
    }
}

/* A peer that shut its side down without reading what was sent leaves the sender waiting for a
 * window until TCP gives up, minutes later. */
static void give_up_soon(int fd)
{
    struct timeval second = {.tv_sec = 1};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second) != 0) {
        abort();
    }
}

static void serve(int fd)
{
    char request[4096];
    give_up_soon(fd);
    size_t length = 0;
    while (length < sizeof request - 1) {
        ssize_t got = recv(fd, request + length, sizeof request - 1 - length, 0);
        if (got <= 0) {
            return;
        }
        length += (size_t)got;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") || strncmp(request, "ping\n", 5) == 0) {
            answer_request(fd, request);
            shutdown(fd, SHUT_WR);
            while (recv(fd, request, sizeof request, 0) > 0) {
            }
            return;
        }
    }
}

static void *on_thread(void *arg)
{
    struct server *server = arg;
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        serve(fd);
        close(fd);
    }
    return NULL;
}

struct server *server_start(void)
{
    struct server *server = CVG_NEW(struct server);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind(server->listener, (const struct sockaddr *)&address, size) |
                 listen(server->listener, 64) |
                 getsockname(server->listener, (struct sockaddr *)&address, &size);
    server->port = ntohs(address.sin_port);
    failed |= pthread_create(&server->thread, NULL, on_thread, server);
    if (failed) {
        abort();
    }
    return server;
}

void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    free(server);
}

unsigned server_port(const struct server *server)
{
    return server->port;
}
