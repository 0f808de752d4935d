/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and the index that lists them. */
#include "server/route.h"

#include "base/text.h"
#include "base/url.h"
#include "server/accept.h"
#include "server/answer.h"
#include "server/audit.h"
#include "server/decisions.h"
#include "server/documents.h"
#include "server/environments.h"
#include "server/health.h"
#include "server/history.h"
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

/* What a /{name} behind the path is of. */
enum slot {
    SLOT_NONE = 0,
    SLOT_ENVIRONMENT,
    SLOT_GATE,
    SLOT_NAME /* a check, a decision */
};

#define SLOTS 2

struct cvg_route_entry {
    const char *path;
    size_t length;
    enum slot slots[SLOTS];
    unsigned least;     /* so many names must be there */
    const char *suffix; /* behind them; NULL: none */
    uint32_t posts;     /* takes POST from those who may that (enum cvg_may); 0: no POST */
    bool posts_only;    /* and nothing else */
    enum cvg_route_id route;
    enum MHD_Result (*answer)(struct cvg_request *request);
    enum need need;
};

static enum MHD_Result answer_index(struct cvg_request *request);

#define PATH(text) .path = (text), .length = sizeof(text) - 1

#define ROUTE(id) .route = CVG_ROUTE_##id
#define GATE_SLOTS                                                                                 \
    {                                                                                              \
        SLOT_ENVIRONMENT, SLOT_GATE                                                                \
    }

/* In order of how often they are asked. A path with names and one without may share their text.
 * A POST with a subject needs more than read: verdict.c asks for that when it has read it. */
static const struct cvg_route_entry entries[] = {
    {PATH("/v1/verdict"), ROUTE(VERDICT), .slots = GATE_SLOTS, .posts = CVG_MAY_READ,
     .answer = cvg_verdict_answer},
    {PATH("/v1/check"), ROUTE(CHECK), .slots = GATE_SLOTS, .posts = CVG_MAY_READ,
     .answer = cvg_verdict_answer},
    {PATH("/v1/environments"), ROUTE(ENVIRONMENTS), .answer = cvg_environments_answer},
    {PATH("/v1/environments"), ROUTE(ENVIRONMENT), .slots = {SLOT_ENVIRONMENT}, .least = 1,
     .answer = cvg_environment_answer},
    {PATH("/v1/environments"), ROUTE(HISTORY), .slots = {SLOT_ENVIRONMENT}, .least = 1,
     .suffix = "/history", .answer = cvg_history_answer},
    {PATH("/v1/decisions"), ROUTE(DECISIONS), .answer = cvg_decisions_answer},
    {PATH("/v1/decisions"), ROUTE(DECISION), .slots = {SLOT_NAME}, .least = 1,
     .answer = cvg_decision_answer},
    {PATH("/v1/events"), ROUTE(EVENTS), .answer = cvg_stream_answer},
    {PATH("/v1/accept"), ROUTE(ACCEPT), .slots = {SLOT_ENVIRONMENT, SLOT_NAME}, .least = 2,
     .posts = CVG_MAY_ADMIN, .posts_only = true, .answer = cvg_accept_answer},
    {PATH("/v1/audit/head"), ROUTE(AUDIT_HEAD), .answer = cvg_audit_answer, .need = NEED_ALL},
    {PATH("/v1/reload"), ROUTE(RELOAD), .posts = CVG_MAY_ADMIN, .answer = cvg_reload_answer,
     .need = NEED_ALL},
    {PATH("/metrics"), ROUTE(METRICS), .answer = cvg_metrics_answer, .need = NEED_ALL},
    {PATH("/livez"), ROUTE(LIVEZ), .answer = cvg_health_livez, .need = NEED_NOTHING},
    {PATH("/readyz"), ROUTE(READYZ), .answer = cvg_health_readyz, .need = NEED_NOTHING},
    {PATH("/healthz"), ROUTE(HEALTHZ), .answer = cvg_health_readyz, .need = NEED_NOTHING},
    {PATH("/v1/openapi.yaml"), ROUTE(OPENAPI), .answer = cvg_documents_answer},
    {PATH("/v1/schemas/decision.json"), ROUTE(SCHEMA), .answer = cvg_documents_answer},
    {PATH("/v1/schemas/readiness.json"), ROUTE(SCHEMA), .answer = cvg_documents_answer},
    {PATH("/v1/schemas/reading.json"), ROUTE(SCHEMA), .answer = cvg_documents_answer},
    {PATH("/"), ROUTE(INDEX), .answer = answer_index},
};

static enum MHD_Result answer_index(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(4096);

    cvg_buf_printf(
        &body,
        "{\"service\":\"convergate\",\"version\":\"%s\",\"routes\":["
        "\"/v1/verdict/{environment}[/{gate}]\",\"/v1/check/{environment}[/{gate}]\","
        "\"/v1/environments\",\"/v1/environments/{environment}\","
        "\"/v1/environments/{environment}/history\",\"/v1/decisions\",\"/v1/decisions/{id}\","
        "\"/v1/accept/{environment}/{check}\",\"/v1/audit/head\","
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

static char *place_of(struct cvg_request *request, enum slot slot)
{
    switch (slot) {
    case SLOT_ENVIRONMENT:
        return request->environment;
    case SLOT_GATE:
        return request->gate;
    default:
        return request->name;
    }
}

static bool matches(const struct cvg_route_entry *entry, struct cvg_request *request)
{
    const char *at = request->path;
    unsigned names = 0;

    if (strncmp(at, entry->path, entry->length) != 0) {
        return false;
    }
    at += entry->length;
    while (*at == '/' && names < SLOTS && entry->slots[names] != SLOT_NONE) {
        if (!take_name(&at, place_of(request, entry->slots[names++]))) {
            return false;
        }
    }
    return names >= entry->least && cvg_text_equal(at, entry->suffix ? entry->suffix : "");
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

static bool takes(const struct cvg_route_entry *entry, enum cvg_method method)
{
    switch (method) {
    case CVG_METHOD_GET:
        return !entry->posts_only;
    case CVG_METHOD_POST:
        return entry->posts;
    default:
        return false;
    }
}

static const char *methods_of(const struct cvg_route_entry *entry)
{
    if (entry->posts_only) {
        return "POST";
    }
    return entry->posts ? "GET, HEAD, POST" : "GET, HEAD";
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
    if (!takes(entry, request->method)) {
        return cvg_answer_not_allowed(request, methods_of(entry));
    }
    return entry->answer(request);
}
