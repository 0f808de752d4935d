/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/io/name_server.h"

#include "base/alloc.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEADER = 12,
    TYPE_A = 1
};

struct name_server {
    int fd;
    pthread_t thread;
    atomic_uint questions;
    char address[32];
};

static size_t add_address(unsigned char *packet, size_t at, unsigned char last)
{
    /* Name: pointer to the question; A, IN, TTL 60, 4 bytes. */
    const unsigned char record[] = {0xc0, HEADER, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, last};
    memcpy(packet + at, record, sizeof record);
    return at + sizeof record;
}

/* Turns the question in packet into its answer; 0: say nothing. */
static size_t answer(unsigned char *packet, size_t length)
{
    const char *name = (const char *)packet + HEADER + 1;
    size_t end = HEADER;
    while (end < length && packet[end]) {
        end += packet[end] + 1u;
    }
    size_t at = end + 5;
    if (at > length) {
        return 0;
    }
    unsigned type = packet[end + 1] * 256u + packet[end + 2];
    unsigned code = cvg_text_starts(name, "none")     ? 3
                    : cvg_text_starts(name, "fail")   ? 2
                    : cvg_text_starts(name, "refuse") ? 5
                                                      : 0;
    if (cvg_text_starts(name, "silent")) {
        return 0;
    }
    packet[2] = 0x81; /* answer, recursion desired */
    packet[3] = (unsigned char)(0x80 | code);
    memset(packet + 6, 0, 6);
    if (type == TYPE_A && name[0] == 'a' && (name[1] == '1' || name[1] == '2')) {
        packet[7] = (unsigned char)(name[1] - '0');
        at = add_address(packet, at, 1);
        at = name[1] == '2' ? add_address(packet, at, 2) : at;
    }
    return at;
}

static void *run(void *arg)
{
    struct name_server *server = arg;
    for (;;) {
        unsigned char packet[1024] = {0};
        struct sockaddr_in from;
        socklen_t size = sizeof from;
        ssize_t got = recvfrom(server->fd, packet, 512, 0, (struct sockaddr *)&from, &size);
        if (got < HEADER) {
            return NULL; /* the empty datagram that ends it */
        }
        atomic_fetch_add(&server->questions, 1);
        size_t length = answer(packet, (size_t)got);
        if (length) {
            sendto(server->fd, packet, length, 0, (struct sockaddr *)&from, size);
        }
    }
}

struct name_server *name_server_start(void)
{
    struct name_server *server = CVG_NEW(struct name_server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(server->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(server->fd, (struct sockaddr *)&address, &size) != 0) {
        abort();
    }
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", ntohs(address.sin_port));
    pthread_create(&server->thread, NULL, run, server);
    return server;
}

void name_server_stop(struct name_server *server)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(server->fd, (struct sockaddr *)&address, &size);
    sendto(server->fd, "", 0, 0, (struct sockaddr *)&address, size);
    pthread_join(server->thread, NULL);
    close(server->fd);
    free(server);
}

const char *name_server_address(const struct name_server *server)
{
    return server->address;
}

unsigned name_server_questions(const struct name_server *server)
{
    return atomic_load(&server->questions);
}
