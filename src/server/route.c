/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and the index that lists them. */
#include "server/route.h"

#include "base/text.h"
#include "base/url.h"
#include "server/answer.h"
#include "server/documents.h"
#include "server/environments.h"
#include "server/health.h"
#include "server/metrics.h"
#include "server/reload.h"
#include "server/stream.h"
#include "server/verdict.h"

#include <string.h>

/* What a route needs of who asks for it, besides what a POST needs. */
enum need {
    NEED_READ = 0, /* shows only what the credential sees */
    NEED_ALL,      /* shows all environments: not for a credential that is limited to some */
    NEED_NOTHING,  /* health; also on the health listener */
};

struct cvg_route_entry {
    const char *path;
    size_t length;
    unsigned names; /* how many /{name} may follow: environment, gate */
    bool bare;      /* is a route without them, too */
    uint32_t posts; /* takes POST from those who may that (enum cvg_may); 0: no POST */
    enum cvg_route_id route;
    enum MHD_Result (*answer)(struct cvg_request *request);
    enum need need;
};

static enum MHD_Result answer_index(struct cvg_request *request);

#define PATH(text) .path = (text), .length = sizeof(text) - 1

/* In order of how often they are asked. A path with names and one without may share their text.
 * A POST with a subject needs more than read: verdict.c asks for that when it has read it. */
static const struct cvg_route_entry entries[] = {
    {PATH("/v1/verdict"), 2, true, CVG_MAY_READ, CVG_ROUTE_VERDICT, cvg_verdict_answer, NEED_READ},
    {PATH("/v1/check"), 2, true, CVG_MAY_READ, CVG_ROUTE_CHECK, cvg_verdict_answer, NEED_READ},
    {PATH("/v1/environments"), 0, true, 0, CVG_ROUTE_ENVIRONMENTS, cvg_environments_answer,
     NEED_READ},
    {PATH("/v1/environments"), 1, false, 0, CVG_ROUTE_ENVIRONMENT, cvg_environment_answer,
     NEED_READ},
    {PATH("/v1/events"), 0, true, 0, CVG_ROUTE_EVENTS, cvg_stream_answer, NEED_READ},
    {PATH("/v1/reload"), 0, true, CVG_MAY_ADMIN, CVG_ROUTE_RELOAD, cvg_reload_answer, NEED_ALL},
    {PATH("/metrics"), 0, true, 0, CVG_ROUTE_METRICS, cvg_metrics_answer, NEED_ALL},
    {PATH("/livez"), 0, true, 0, CVG_ROUTE_LIVEZ, cvg_health_livez, NEED_NOTHING},
    {PATH("/readyz"), 0, true, 0, CVG_ROUTE_READYZ, cvg_health_readyz, NEED_NOTHING},
    {PATH("/healthz"), 0, true, 0, CVG_ROUTE_HEALTHZ, cvg_health_readyz, NEED_NOTHING},
    {PATH("/v1/openapi.yaml"), 0, true, 0, CVG_ROUTE_OPENAPI, cvg_documents_answer, NEED_READ},
    {PATH("/v1/schemas/decision.json"), 0, true, 0, CVG_ROUTE_SCHEMA, cvg_documents_answer,
     NEED_READ},
    {PATH("/v1/schemas/readiness.json"), 0, true, 0, CVG_ROUTE_SCHEMA, cvg_documents_answer,
     NEED_READ},
    {PATH("/v1/schemas/reading.json"), 0, true, 0, CVG_ROUTE_SCHEMA, cvg_documents_answer,
     NEED_READ},
    {PATH("/"), 0, true, 0, CVG_ROUTE_INDEX, answer_index, NEED_READ},
};

static enum MHD_Result answer_index(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(4096);

    cvg_buf_printf(
        &body,
        "{\"service\":\"convergate\",\"version\":\"%s\",\"routes\":["
        "\"/v1/verdict/{environment}[/{gate}]\",\"/v1/check/{environment}[/{gate}]\","
        "\"/v1/environments\",\"/v1/environments/{environment}\","
        "\"/v1/events\",\"/v1/reload\",\"/v1/openapi.yaml\",\"/v1/schemas/{document}.json\","
        "\"/metrics\",\"/livez\",\"/readyz\",\"/healthz\"]}",
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

static bool matches(const struct cvg_route_entry *entry, struct cvg_request *request)
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

static const struct cvg_route_entry *find(struct cvg_request *request)
{
    for (size_t i = 0; i < CVG_COUNT(entries); i++) {
        if (matches(&entries[i], request)) {
            return &entries[i];
        }
    }
    return NULL;
}

/* What nobody knows needs read as well: whoever may not look learns not even what there is. */
static struct cvg_want wanted(const struct cvg_request *request,
                              const struct cvg_route_entry *entry)
{
    struct cvg_want want = {.scope = CVG_MAY_READ};

    if (!entry) {
        return want;
    }
    if (entry->need == NEED_NOTHING) {
        want.scope = 0;
    } else if (request->method == CVG_METHOD_POST && entry->posts) {
        want.scope = entry->posts;
    }
    want.environment = request->environment;
    want.all_environments = entry->need == NEED_ALL;
    return want;
}

void cvg_route_find(struct cvg_request *request)
{
    const struct cvg_route_entry *entry = find(request);
    struct cvg_want want = wanted(request, entry);

    if (want.scope && request->peer->place == CVG_PLACE_HEALTH) {
        return; /* to whoever asks there, there is nothing else */
    }
    request->route = entry ? entry->route : CVG_ROUTE_NONE;
    if (cvg_permit(request, &want)) {
        request->entry = entry;
    }
}

enum MHD_Result cvg_route_answer(struct cvg_request *request)
{
    const struct cvg_route_entry *entry = request->entry;

    if (request->refusal.status) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    if (!entry) {
        return cvg_answer_problem(request, 404, "NotFound", "There is no such route.");
    }
    if (request->method == CVG_METHOD_OTHER ||
        (request->method == CVG_METHOD_POST && !entry->posts)) {
        return cvg_answer_not_allowed(request, entry->posts ? "GET, HEAD, POST" : "GET, HEAD");
    }
    return entry->answer(request);
}
