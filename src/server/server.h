/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server: libmicrohttpd with epoll and a fixed pool of threads. It sees the board and
 * nothing behind it. A GET never writes: without a subject it gets a body that was rendered at
 * publishing, with one the gate's pure function runs on the published snapshot. A POST with a
 * subject is suspended while the deciding thread judges and records.
 */
#ifndef CVG_SERVER_SERVER_H
#define CVG_SERVER_SERVER_H

#include "base/error.h"
#include "decide/board.h"
#include "server/access.h"
#include "server/limits.h"
#include "server/tls.h"

struct cvg_server;

struct cvg_server_options {
    const char *host; /* literal address */
    uint16_t port;    /* 0: any free one */
    /* Already listen at the network's, the Unix socket's and health's address, the server's from
     * now on; 0: it opens them itself. */
    int listen_fd, socket_fd, health_fd;
    unsigned threads;
    struct cvg_limits limits;          /* what is 0 has a default */
    const struct cvg_tls_options *tls; /* NULL: HTTP */
    struct cvg_access *access;         /* a reference, taken over; NULL: nothing is configured */
    const char *socket;                /* path; NULL: none */
    unsigned socket_mode;              /* 0660 */
    const char *health_host;           /* literal address; NULL: none */
    uint16_t health_port;
    const char *health_socket; /* path; NULL: none */
    const char *const *hosts;  /* further names that the Host header may have; NULL-terminated */
    const char *version;
};

/* board must outlive it. Before cvg_decider_start. */
CVG_NODISCARD int cvg_server_new(const struct cvg_server_options *options, struct cvg_board *board,
                                 struct cvg_server **ret, struct cvg_error *reterr);
/* Listens and answers from now on. */
CVG_NODISCARD int cvg_server_start(struct cvg_server *server, struct cvg_error *reterr);
/* Answers everybody who waits with what is published now, after a reload. The deciding thread. */
void cvg_server_wake_all(struct cvg_server *server);
uint16_t cvg_server_port(const struct cvg_server *server);
uint16_t cvg_server_health_port(const struct cvg_server *server); /* 0: none */
/* Who may ask from now on; takes the reference over. Any thread. */
void cvg_server_set_access(struct cvg_server *server, struct cvg_access *access);
/* Answers all who wait, then stops. The loop may be the calling thread: nothing here waits for
 * it. Asks that are still under way are abandoned safely. Takes NULL. */
void cvg_server_free(struct cvg_server *server);

#endif
