/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to answer a request. Each of them queues one response, counts it, and returns what the
 * library wants back from its handler. Every answer says `X-Content-Type-Options: nosniff` and
 * `Cache-Control: no-store`: a proxy that kept an open gate would keep it open.
 */
#ifndef CVG_SERVER_ANSWER_H
#define CVG_SERVER_ANSWER_H

#include "server/request.h"

#define CVG_JSON_TYPE "application/json"
#define CVG_TEXT_TYPE "text/plain; charset=utf-8"

/* application/problem+json. */
enum MHD_Result cvg_answer_problem(struct cvg_request *request, unsigned status, const char *code,
                                   const char *detail);
/* 405 with the header Allow. */
enum MHD_Result cvg_answer_not_allowed(struct cvg_request *request, const char *allow);
/* 415, see cvg_request_has_json. */
enum MHD_Result cvg_answer_not_json(struct cvg_request *request);
/* Takes the buffer's memory. A body that overflowed its limit is answered as a problem. */
enum MHD_Result cvg_answer_body(struct cvg_request *request, unsigned status, const char *type,
                                struct cvg_buf *body);
/* Adds the headers that all answers have. */
void cvg_answer_dress(struct MHD_Response *response, const char *type);
/* A response with them, or NULL when memory is gone. Takes the
 * buffer's memory. */
struct MHD_Response *cvg_answer_make(const char *type, struct cvg_buf *body);
/* Queues it; the caller keeps its reference. NULL closes the connection. */
enum MHD_Result cvg_answer_send(struct cvg_request *request, unsigned status,
                                struct MHD_Response *response);

#endif
