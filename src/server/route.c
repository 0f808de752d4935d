/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and the index that lists them. */
#include "server/route.h"

#include "base/text.h"
#include "base/url.h"
#include "server/answer.h"
#include "server/environments.h"
#include "server/health.h"
#include "server/metrics.h"
#include "server/stream.h"
#include "server/verdict.h"

#include <string.h>

struct entry {
    const char *path;
    size_t length;
    unsigned names; /* how many /{name} may follow: environment, gate */
    bool bare;      /* is a route without them, too */
    bool posts;     /* takes POST */
    enum cvg_route_id route;
    enum MHD_Result (*answer)(struct cvg_request *request);
};

static enum MHD_Result answer_index(struct cvg_request *request);

#define PATH(text) .path = (text), .length = sizeof(text) - 1

/* In order of how often they are asked. A path with names and one without may share their text. */
static const struct entry entries[] = {
    {PATH("/v1/verdict"), 2, true, true, CVG_ROUTE_VERDICT, cvg_verdict_answer},
    {PATH("/v1/check"), 2, true, true, CVG_ROUTE_CHECK, cvg_verdict_answer},
    {PATH("/v1/environments"), 0, true, false, CVG_ROUTE_ENVIRONMENTS, cvg_environments_answer},
    {PATH("/v1/environments"), 1, false, false, CVG_ROUTE_ENVIRONMENT, cvg_environment_answer},
    {PATH("/v1/events"), 0, true, false, CVG_ROUTE_EVENTS, cvg_stream_answer},
    {PATH("/metrics"), 0, true, false, CVG_ROUTE_METRICS, cvg_metrics_answer},
    {PATH("/livez"), 0, true, false, CVG_ROUTE_LIVEZ, cvg_health_livez},
    {PATH("/readyz"), 0, true, false, CVG_ROUTE_READYZ, cvg_health_readyz},
    {PATH("/healthz"), 0, true, false, CVG_ROUTE_HEALTHZ, cvg_health_readyz},
    {PATH("/"), 0, true, false, CVG_ROUTE_INDEX, answer_index},
};

static enum MHD_Result answer_index(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(4096);

    cvg_buf_printf(&body,
                   "{\"service\":\"convergate\",\"version\":\"%s\",\"routes\":["
                   "\"/v1/verdict/{environment}[/{gate}]\",\"/v1/check/{environment}[/{gate}]\","
                   "\"/v1/environments\",\"/v1/environments/{environment}\","
                   "\"/v1/events\",\"/metrics\",\"/livez\",\"/readyz\",\"/healthz\"]}",
                   request->context->version);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}

/* One "/name" at *at, moved behind it. False where it is none: names have no other characters than
 * those that need no escape, but a client may have escaped them all the same. */
static bool take_name(const char **at, char *ret)
{
    const char *name = *at + 1;
    size_t length = strcspn(name, "/");

    if (memchr(name, '%', length)) {
        if (cvg_url_decode(name, length, false, ret, CVG_REQUEST_NAME) < 0) {
            return false;
        }
    } else if (length < CVG_REQUEST_NAME) {
        memcpy(ret, name, length);
        ret[length] = '\0';
    } else {
        return false;
    }
    *at = name + length;
    return cvg_text_is_name(ret);
}

static bool matches(const struct entry *entry, struct cvg_request *request)
{
    const char *at = request->path;

    if (strncmp(at, entry->path, entry->length) != 0) {
        return false;
    }
    at += entry->length;
    if (!*at) {
        return entry->bare;
    }
    if (*at != '/' || entry->names == 0 || !take_name(&at, request->environment)) {
        return false;
    }
    if (*at == '/' && (entry->names < 2 || !take_name(&at, request->gate))) {
        return false;
    }
    return *at == '\0';
}

static const struct entry *find(struct cvg_request *request)
{
    for (size_t i = 0; i < CVG_COUNT(entries); i++) {
        if (matches(&entries[i], request)) {
            return &entries[i];
        }
    }
    return NULL;
}

enum MHD_Result cvg_route_answer(struct cvg_request *request)
{
    if (request->refusal.status) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    const struct entry *entry = find(request);
    if (!entry) {
        return cvg_answer_problem(request, 404, "NotFound", "There is no such route.");
    }
    request->route = entry->route;
    if (request->method == CVG_METHOD_OTHER ||
        (request->method == CVG_METHOD_POST && !entry->posts)) {
        return cvg_answer_not_allowed(request, entry->posts ? "GET, HEAD, POST" : "GET, HEAD");
    }
    return entry->answer(request);
}
