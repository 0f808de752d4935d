/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on its way through libmicrohttpd, which calls for it in this order, always on the
 * connection's own thread:
 *
 *   cvg_request_begin      the request line is there: kept before the library cuts it apart
 *   cvg_request_headers    first handler call: headers looked at; a request whose end cannot be
 *                          known for sure is refused here, which also closes the connection
 *   cvg_request_body       each piece of a body, collected up to its limit
 *   (the route's handler)  last handler call
 *   cvg_request_done       answered, or the connection is gone
 *
 * A request lives inside its connection and is used again for the next one, so that the plain
 * verdict route allocates nothing.
 */
#ifndef CVG_SERVER_REQUEST_H
#define CVG_SERVER_REQUEST_H

#include "base/alloc.h"
#include "base/buf.h"
#include "server/context.h"

#include <microhttpd.h>

/* Names are at most 63 bytes (base/text.h). */
#define CVG_REQUEST_NAME 64

enum cvg_method {
    CVG_METHOD_OTHER = 0,
    CVG_METHOD_GET, /* HEAD too: the library leaves the body out */
    CVG_METHOD_POST
};

/* Why a request is refused although its end is known: answered when it has been read. */
struct cvg_refusal {
    unsigned status; /* 0: none */
    const char *code, *detail;
};

struct cvg_pending;
struct cvg_route_entry;

struct cvg_request {
    struct cvg_context *context;
    struct MHD_Connection *connection;
    struct cvg_arena *arena; /* NULL until somebody needs it; ends with the request */
    const char *path;        /* raw; the library's, until the request is done */
    const char *query;       /* raw, in the arena; NULL: none */
    const char *uri_end;     /* where the target ended in the request line */
    enum cvg_method method;
    enum cvg_route_id route;
    /* Of the path; "": not there. name: of a check, or the id of a decision. */
    char environment[CVG_REQUEST_NAME], gate[CVG_REQUEST_NAME], name[CVG_REQUEST_NAME];
    bool headers_seen;
    bool is_head;
    bool has_content_type, content_is_json;
    struct cvg_peer *peer;     /* the connection's */
    struct cvg_access *access; /* a reference, once it was asked who asks; keeps the identity */
    enum cvg_access_outcome identified;
    struct cvg_identity identity;
    const struct cvg_route_entry *entry; /* NULL: no such route */
    struct cvg_refusal refusal;
    struct cvg_buf body;
    size_t received;             /* of the body, also what was thrown away */
    size_t reserved;             /* of the server's room for bodies */
    struct cvg_pending *pending; /* asked and not answered yet */
    bool asked;
    struct cvg_hold hold; /* while it waits */
    int64_t wait_until;   /* 0: it has not begun to */
};

/* uri: raw, with its query. */
void cvg_request_begin(struct cvg_request *request, const char *uri);
enum MHD_Result cvg_request_headers(struct cvg_request *request, const char *url,
                                    const char *method, const char *version);
/* MHD_NO closes the connection: it sends more than anybody would. */
enum MHD_Result cvg_request_body(struct cvg_request *request, const char *bytes, size_t length);
void cvg_request_done(struct cvg_request *request);
/* False: it has a body that says of itself that it is something else. */
bool cvg_request_has_json(const struct cvg_request *request);
/* The request's arena, made when first asked for. */
struct cvg_arena *cvg_request_arena(struct cvg_request *request);

#endif
