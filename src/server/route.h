/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which path leads where, and who may go there. One decision for each request: the table's
 * routes, whether who asks may have that, then the method, then the route's own handler. No route
 * redirects.
 */
#ifndef CVG_SERVER_ROUTE_H
#define CVG_SERVER_ROUTE_H

#include "server/request.h"

/* When the headers are there and who asks is known: finds the route, or leaves the refusal of those
 * who may not go there in the request. */
void cvg_route_find(struct cvg_request *request);
/* The last handler call of a request. */
enum MHD_Result cvg_route_answer(struct cvg_request *request);

#endif
