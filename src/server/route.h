/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which path leads where. One decision for each request: the table's routes, then the method,
 * then the route's own handler. No route redirects.
 */
#ifndef CVG_SERVER_ROUTE_H
#define CVG_SERVER_ROUTE_H

#include "server/request.h"

/* The last handler call of a request. */
enum MHD_Result cvg_route_answer(struct cvg_request *request);

#endif
