/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request must be like before a route sees it. Refusals of which the request's end is
 * known are kept until it has been read, so that the connection can go on.
 */
#include "server/request.h"

#include "base/text.h"
#include "server/answer.h"
#include "server/asking.h"
#include "server/route.h"

#include <convergate/number.h>

#include <string.h>
#include <strings.h>

/* A body that is too large is read to its end up to here, so that the client gets to see the
 * answer; a larger one is refused before it is read, or cut off. */
#define DRAIN_LIMIT ((uint64_t)1024 * 1024)

static void refuse_body(struct cvg_request *request)
{
    size_t limit = request->context->limits.body;

    if (request->refusal.status != 413) {
        cvg_refusals_count(&request->context->refusals, CVG_LIMIT_BODY);
    }
    request->refusal =
        (struct cvg_refusal){413, "BodyTooLarge",
                             cvg_arena_format(cvg_request_arena(request),
                                              "A body may have at most %zu KiB.", limit / 1024)};
}

static void refuse(struct cvg_request *request, unsigned status, const char *code,
                   const char *detail)
{
    if (!request->refusal.status) {
        request->refusal = (struct cvg_refusal){status, code, detail};
    }
}

struct cvg_arena *cvg_request_arena(struct cvg_request *request)
{
    if (!request->arena) {
        request->arena = cvg_arena_new();
    }
    return request->arena;
}

/* The library takes spaces and control characters in a request line for part of the target, and
 * would cut it at a decoded zero byte. */
static void look_at_target(struct cvg_request *request, const char *uri)
{
    const char *at = uri;

    for (; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte <= ' ' || byte == 0x7f) {
            refuse(request, 400, "BadTarget",
                   "The request target has a space or a control character.");
        } else if (byte == '%' && at[1] == '0' && at[2] == '0') {
            refuse(request, 400, "BadTarget", "The request target has an encoded zero byte.");
        } else if (byte == '?' && !request->query) {
            request->query = cvg_arena_strdup(cvg_request_arena(request), at + 1);
        }
    }
    request->uri_end = at;
}

void cvg_request_begin(struct cvg_request *request, const char *uri)
{
    struct cvg_context *context = request->context;
    struct MHD_Connection *connection = request->connection;

    cvg_request_done(request); /* one that ended without the library saying so */
    memset(request, 0, sizeof(*request));
    request->context = context;
    request->connection = connection;
    request->body.limit = context->limits.body;
    look_at_target(request, uri);
}

/* ---- headers ---- */

struct headers {
    const struct cvg_hosts *hosts;
    size_t size; /* as they were sent, about */
    const char *authorization;
    size_t authorization_length;
    unsigned authorization_count;
    unsigned host_count, length_count, coding_count;
    bool host_is_ours, bad_length, bad_coding, bad_name;
    uint64_t length;
    bool has_type, type_is_json;
};

static bool is_name(const char *key, size_t size, const char *name, size_t name_size)
{
    return size == name_size && strncasecmp(key, name, size) == 0;
}

#define IS(key, size, literal) is_name((key), (size), "" literal, sizeof(literal) - 1)

/* application/json and application/ANY+json, with or without parameters. */
static bool is_json_type(const char *value, size_t size)
{
    const char *end = memchr(value, ';', size);
    size_t length = end ? (size_t)(end - value) : size;

    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t')) {
        length--;
    }
    if (IS(value, length, "application/json")) {
        return true;
    }
    return length > strlen("application/+json") &&
           strncasecmp(value, "application/", strlen("application/")) == 0 &&
           strncasecmp(value + length - strlen("+json"), "+json", strlen("+json")) == 0;
}

/* "Content-Length " is another name to the library, but not to every proxy. */
static bool is_plain(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)name[i];
        if (byte <= ' ' || byte >= 0x7f) {
            return false;
        }
    }
    return size > 0;
}

/* One walk for all headers: each lookup by the library would be a walk of its own. */
static enum MHD_Result look_at_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                      size_t key_size, const char *value, size_t value_size)
{
    struct headers *headers = cls;

    (void)kind;
    headers->size += key_size + value_size + strlen(": \r\n");
    if (IS(key, key_size, "Host")) {
        headers->host_count++;
        headers->host_is_ours = value && cvg_hosts_allow(headers->hosts, value, value_size);
    } else if (IS(key, key_size, "Content-Length")) {
        headers->length_count++;
        headers->bad_length |= !value || cvg_parse_uint64(value, value_size, &headers->length) < 0;
    } else if (IS(key, key_size, "Transfer-Encoding")) {
        headers->coding_count++;
        headers->bad_coding |= !value || !IS(value, value_size, "chunked");
    } else if (IS(key, key_size, "Content-Type")) {
        headers->has_type = true;
        headers->type_is_json = value && is_json_type(value, value_size);
    } else if (IS(key, key_size, "Authorization")) {
        headers->authorization_count++;
        headers->authorization = value;
        headers->authorization_length = value_size;
    } else {
        headers->bad_name |= !is_plain(key, key_size);
    }
    return MHD_YES;
}

/* What makes it doubtful where the request ends. The library itself is lenient: behind a proxy
 * that reads such a request in another way, the rest would be taken for a second request. */
static const char *doubtful_end(const struct headers *headers)
{
    if (headers->coding_count && headers->length_count) {
        return "Transfer-Encoding and Content-Length stand together.";
    }
    if (headers->coding_count > 1 || headers->length_count > 1) {
        return "Transfer-Encoding or Content-Length is given twice.";
    }
    if (headers->bad_length || headers->bad_coding) {
        return "Content-Length is not a number, or Transfer-Encoding is not chunked.";
    }
    return headers->bad_name ? "The name of a header has a space or a control character." : NULL;
}

static void look_at_host(struct cvg_request *request, const struct headers *headers, bool required)
{
    if (headers->host_count > 1) {
        refuse(request, 400, "BadHost", "The Host header is given twice.");
    } else if (headers->host_count == 0 && required) {
        refuse(request, 400, "BadHost", "A request of HTTP/1.1 needs a Host header.");
    } else if (headers->host_count && !headers->host_is_ours &&
               request->peer->place == CVG_PLACE_NETWORK) { /* where a browser could come from */
        refuse(request, 421, "ForeignHost",
               "The Host header names none of this server's hosts; add it to server.hosts.");
    }
}

/* The path as the library cut it off, and the query that stood behind it. */
static size_t target_length(const struct cvg_request *request, const char *path)
{
    return strlen(path) + (request->query ? strlen(request->query) + 1 : 0);
}

static enum cvg_method method_of(const char *method)
{
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
        return CVG_METHOD_GET;
    }
    return strcmp(method, "POST") == 0 ? CVG_METHOD_POST : CVG_METHOD_OTHER;
}

enum MHD_Result cvg_request_headers(struct cvg_request *request, const char *url,
                                    const char *method, const char *version)
{
    struct headers headers = {.hosts = request->context->hosts};
    bool is_11 = strcmp(version, "HTTP/1.1") == 0;

    request->headers_seen = true;
    request->path = url;
    request->method = method_of(method);
    request->is_head = strcmp(method, "HEAD") == 0;
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, look_at_header, &headers);
    request->has_content_type = headers.has_type;
    request->content_is_json = headers.type_is_json;

    const char *doubt = doubtful_end(&headers);
    if (doubt) {
        return cvg_answer_problem(request, 400, "DoubtfulLength", doubt);
    }
    /* The library ends the target at a raw zero byte and goes on behind it: then the version does
     * not stand where the target ends. Both point into the same request line. */
    if ((uintptr_t)version != (uintptr_t)request->uri_end + 1) {
        return cvg_answer_problem(request, 400, "BadTarget", "The request line is malformed.");
    }
    if (!is_11 && (strcmp(version, "HTTP/1.0") != 0 || headers.coding_count)) {
        return cvg_answer_problem(request, 400, "BadVersion",
                                  "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    }
    if (headers.size + target_length(request, url) > request->context->limits.header) {
        cvg_refusals_count(&request->context->refusals, CVG_LIMIT_HEADER);
        refuse(request, 431, "HeaderTooLarge", "Request line and headers are too large.");
    }
    look_at_host(request, &headers, is_11);
    if (headers.authorization_count > 1) {
        refuse(request, 400, "BadCredential", "The Authorization header is given twice.");
    }
    if (!request->refusal.status) {
        cvg_permit_identify(request, headers.authorization, headers.authorization_length);
        cvg_route_find(request);
    }
    if (headers.length > request->context->limits.body) {
        refuse_body(request);
    }
    if (headers.length > DRAIN_LIMIT) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    return MHD_YES;
}

/* ---- body ---- */

enum MHD_Result cvg_request_body(struct cvg_request *request, const char *bytes, size_t length)
{
    request->received += length;
    if (request->received > DRAIN_LIMIT) {
        return MHD_NO;
    }
    if (request->received > request->context->limits.body) {
        refuse_body(request);
    }
    if (request->refusal.status || request->method != CVG_METHOD_POST) {
        return MHD_YES; /* read to its end, and thrown away */
    }
    if (!cvg_traffic_reserve(&request->context->traffic.body_bytes, request->context->limits.bodies,
                             length)) {
        cvg_refusals_count(&request->context->refusals, CVG_LIMIT_BODIES);
        refuse(request, 503, "Busy", "Too many bodies are being received.");
        return MHD_YES;
    }
    request->reserved += length;
    if (cvg_buf_add(&request->body, bytes, length) < 0) {
        refuse_body(request);
    }
    return MHD_YES;
}

bool cvg_request_has_json(const struct cvg_request *request)
{
    return !request->body.length || !request->has_content_type || request->content_is_json;
}

void cvg_request_done(struct cvg_request *request)
{
    if (request->pending) {
        cvg_asking_leave(request->pending);
        request->pending = NULL;
    }
    if (request->asked) {
        cvg_asking_finished(request->context->asking);
        request->asked = false;
    }
    cvg_waiting_leave(request->context->waiting, &request->hold);
    if (request->reserved) {
        cvg_traffic_release(&request->context->traffic.body_bytes, request->reserved);
        request->reserved = 0;
    }
    cvg_buf_done(&request->body);
    cvg_access_unref(request->access);
    request->access = NULL;
    cvg_arena_free(request->arena);
    request->arena = NULL;
}
