/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making responses, and queueing them. One that is made for one request is given up right after
 * queueing: the library holds its own reference until it is sent.
 */
#include "server/answer.h"

#include "base/alloc.h"
#include "wire/problem.h"

#include <string.h>

#define PROBLEM_LIMIT ((size_t)16 * 1024)

enum MHD_Result cvg_answer_send(struct cvg_request *request, unsigned status,
                                struct MHD_Response *response)
{
    if (!response) {
        return MHD_NO;
    }
    cvg_traffic_count(&request->context->traffic, request->route, status);
    return MHD_queue_response(request->connection, status, response);
}

void cvg_answer_dress(struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

struct MHD_Response *cvg_answer_make(const char *type, struct cvg_buf *body)
{
    size_t length = 0;
    char *text = cvg_buf_take(body, &length);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);

    if (!response) {
        free(text);
        return NULL;
    }
    cvg_answer_dress(response, type);
    return response;
}

static enum MHD_Result send_once(struct cvg_request *request, unsigned status,
                                 struct MHD_Response *response)
{
    enum MHD_Result result = cvg_answer_send(request, status, response);

    if (response) {
        MHD_destroy_response(response);
    }
    return result;
}

static struct MHD_Response *make_problem(unsigned status, const char *code, const char *detail)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(PROBLEM_LIMIT);

    if (cvg_wire_problem_write(status, code, detail, &body) < 0) {
        return NULL;
    }
    return cvg_answer_make("application/problem+json", &body);
}

enum MHD_Result cvg_answer_problem(struct cvg_request *request, unsigned status, const char *code,
                                   const char *detail)
{
    struct MHD_Response *response = make_problem(status, code, detail);

    if (response && status == 503) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    }
    if (response && status == 401) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                "Bearer realm=\"convergate\"");
    }
    return send_once(request, status, response);
}

enum MHD_Result cvg_answer_not_allowed(struct cvg_request *request, const char *allow)
{
    struct MHD_Response *response =
        make_problem(405, "MethodNotAllowed", "This route does not know that method.");

    if (response) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
    }
    return send_once(request, 405, response);
}

enum MHD_Result cvg_answer_not_json(struct cvg_request *request)
{
    return cvg_answer_problem(request, 415, "NotJson",
                              "A body must be JSON: send Content-Type: application/json.");
}

/* A document that somebody is sent, until he has read it or left. */
struct under_way {
    _Atomic size_t *pool; /* the server's, which outlives every response */
    char *text;           /* owned */
    size_t length;
};

static void free_under_way(void *cls)
{
    struct under_way *document = cls;

    cvg_traffic_release(document->pool, document->length);
    free(document->text);
    free(document);
}

static struct MHD_Response *make_counted(_Atomic size_t *pool, const char *type,
                                         struct cvg_buf *body)
{
    struct under_way *document = CVG_NEW(struct under_way);

    document->pool = pool;
    document->text = cvg_buf_take(body, &document->length);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        document->length, document->text, free_under_way, document);
    if (!response) {
        free_under_way(document);
        return NULL;
    }
    cvg_answer_dress(response, type);
    return response;
}

enum MHD_Result cvg_answer_body(struct cvg_request *request, unsigned status, const char *type,
                                struct cvg_buf *body)
{
    if (body->overflow) {
        return cvg_answer_problem(request, 500, "AnswerTooLarge",
                                  "The answer is larger than this route may send.");
    }
    if (!cvg_traffic_reserve(&request->context->traffic.answer_bytes,
                             request->context->limits.answers, body->length)) {
        cvg_refusals_count(&request->context->refusals, CVG_LIMIT_ANSWERS);
        return cvg_answer_problem(request, 503, "Busy",
                                  "Too many documents are being sent to clients that do not read.");
    }
    return send_once(request, status,
                     make_counted(&request->context->traffic.answer_bytes, type, body));
}
