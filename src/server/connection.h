/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's open connections. The library's own timeout is one of silence: a client that sends
 * a byte now and then holds its connection for ever. So each connection remembers when it last
 * ended a request, and the keeper cuts off those that have not for too long.
 *
 * The list has a lock that the library's closing notification takes too, before it closes the
 * descriptor: the keeper never touches one that has been given to somebody else.
 */
#ifndef CVG_SERVER_CONNECTION_H
#define CVG_SERVER_CONNECTION_H

#include "server/request.h"

struct cvg_connections;

/* A listener, as the library's callbacks know it. */
struct cvg_entrance {
    struct cvg_connections *connections;
    enum cvg_place place;
};

struct cvg_connections *cvg_connections_new(struct cvg_context *context);
void cvg_connections_free(struct cvg_connections *connections); /* all are closed; takes NULL */
/* Cuts off what has not ended a request for longer than limits.request. Any thread. */
void cvg_connections_sweep(struct cvg_connections *connections, int64_t now);
struct cvg_context *cvg_connections_server(struct cvg_connections *connections);
/* The server that a connection belongs to. */
struct cvg_context *cvg_connections_context(struct MHD_Connection *library);

/* Takes a place in the waiting room (false: there is none). From then on the connection is silent
 * on purpose, and is not cut off before the request has been answered. */
bool cvg_connections_enter(struct cvg_request *request, bool stream);

/* The library's callbacks; cls is the cvg_entrance. */
enum MHD_Result cvg_connections_accept(void *cls, const struct sockaddr *address, socklen_t length);
void cvg_connections_notify(void *cls, struct MHD_Connection *library, void **socket_context,
                            enum MHD_ConnectionNotificationCode code);
void *cvg_connections_begin(void *cls, const char *uri, struct MHD_Connection *library);
void cvg_connections_completed(void *cls, struct MHD_Connection *library, void **con_cls,
                               enum MHD_RequestTerminationCode code);

#endif
