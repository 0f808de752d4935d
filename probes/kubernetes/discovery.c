/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document is read with the SDK's pull reader, to its end: one that is cut or broken after the
 * kind was found is none. Then the one request.
 */
#include "discovery.h"

#include "kit/memory.h"
#include "path.h"

#include <convergate/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MOST ((int64_t)4 << 20)

struct cvg_kube_discovery {
    struct cvg_kube_cluster *cluster;
    const struct cvg_host *host;
    const struct cvg_kube_kind *kind;
    struct cvg_op *request; /* NULL: over */
    void (*done)(void *arg, const struct cvg_kube_ending *ending);
    void *arg;
};

/* ---- the document ---- */

struct resource {
    char name[CVG_KUBE_NAME], kind[CVG_KUBE_NAME];
    int namespaced;
};

/* A text that does not fit is left empty, and so is nothing that is looked for. */
static void take_text(struct cvg_json *json, char ret[CVG_KUBE_NAME])
{
    size_t length = 0;
    *ret = '\0';
    if (cvg_json_next(json) != CVG_JSON_STRING) {
        (void)cvg_json_skip(json);
        return;
    }
    const char *text = cvg_json_text(json, &length);
    if (length < CVG_KUBE_NAME && strlen(text) == length) {
        memcpy(ret, text, length + 1);
    }
}

static void take_resource(struct cvg_json *json, struct resource *ret)
{
    *ret = (struct resource){.namespaced = 0};
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        if (cvg_json_is(json, "name")) {
            take_text(json, ret->name);
        } else if (cvg_json_is(json, "kind")) {
            take_text(json, ret->kind);
        } else if (cvg_json_is(json, "namespaced")) {
            ret->namespaced = cvg_json_next(json) == CVG_JSON_TRUE;
            (void)cvg_json_skip(json);
        } else {
            (void)cvg_json_skip(json);
        }
    }
}

/* Subresources ("certificates/status") are listed beside the kind, and are not it. */
static int is_it(const struct resource *resource, const char *kind)
{
    return strcmp(resource->kind, kind) == 0 && *resource->name && !strchr(resource->name, '/');
}

static int take_resources(struct cvg_json *json, const char *kind, struct resource *ret)
{
    int found = 0;
    if (cvg_json_next(json) != CVG_JSON_ARRAY) {
        return -1;
    }
    while (cvg_json_next(json) == CVG_JSON_OBJECT) {
        struct resource resource;
        take_resource(json, &resource);
        if (!found && is_it(&resource, kind)) {
            *ret = resource;
            found = 1;
        }
    }
    return cvg_json_current(json) == CVG_JSON_END ? found : -1;
}

int cvg_kube_discovery_read(const char *body, size_t length, const char *kind,
                            char ret_resource[CVG_KUBE_NAME], int *ret_namespaced)
{
    struct cvg_json *json = cvg_json_new(body, length, NULL);
    struct resource resource = {.namespaced = 0};
    int found = -1;
    if (json && cvg_json_next(json) == CVG_JSON_OBJECT) {
        while (cvg_json_next(json) == CVG_JSON_KEY) {
            if (cvg_json_is(json, "resources")) {
                found = take_resources(json, kind, &resource);
            } else {
                (void)cvg_json_skip(json);
            }
        }
    }
    if (!json || cvg_json_next(json) != CVG_JSON_DONE) {
        found = -1;
    }
    cvg_json_free(json);
    if (found == 1) {
        memcpy(ret_resource, resource.name, CVG_KUBE_NAME);
        *ret_namespaced = resource.namespaced;
    }
    return found < 0 ? -1 : !found;
}

/* ---- asking ---- */

static void take(struct cvg_kube_discovery *discovery, const struct cvg_http_response *response,
                 struct cvg_kube_ending *ret)
{
    char resource[CVG_KUBE_NAME];
    int namespaced = 0;
    int found = cvg_kube_discovery_read(response->body, response->body_length,
                                        discovery->kind->name, resource, &namespaced);
    *ret = (struct cvg_kube_ending){.kind = CVG_KUBE_ENDED};
    if (found < 0) {
        cvg_kube_ending_say(ret, CVG_KUBE_GARBLED, CVG_FAULT_PROTOCOL, CVG_KUBE_REASON_BAD_ANSWER,
                            "the list of the group's resources cannot be read");
    } else if (found > 0) {
        cvg_kube_ending_say(ret, CVG_KUBE_NOT_FOUND, CVG_FAULT_REQUEST,
                            CVG_KUBE_REASON_KIND_NOT_FOUND, "");
        (void)snprintf(ret->message, sizeof(ret->message), "the server has no kind %s in %.64s/%s",
                       discovery->kind->name, discovery->kind->group, discovery->kind->version);
    } else {
        cvg_kube_cluster_name(discovery->cluster, discovery->kind, resource, namespaced);
    }
}

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_kube_discovery *discovery = arg;
    struct cvg_kube_ending ending;
    (void)op;
    discovery->request = NULL;
    if (response->fault == CVG_FAULT_NONE && response->status == 200) {
        take(discovery, response, &ending);
    } else {
        struct cvg_kube_asked asked = {"get", discovery->kind, ""};
        cvg_kube_ending_of(&ending, &asked, response, response->body, response->body_length);
    }
    discovery->done(discovery->arg, &ending);
}

struct cvg_kube_discovery *
cvg_kube_discovery_start(struct cvg_kube_cluster *cluster, const struct cvg_kube_kind *kind,
                         void (*done)(void *arg, const struct cvg_kube_ending *ending), void *arg)
{
    static const struct cvg_pair accept = {.name = "Accept", .value = "application/json"};
    struct cvg_kube_discovery *discovery = cvg_kit_alloc(sizeof(*discovery));
    discovery->cluster = cluster;
    discovery->host = cvg_kube_cluster_host(cluster);
    discovery->kind = kind;
    discovery->done = done;
    discovery->arg = arg;
    char *path = cvg_kube_path_group(kind);
    struct cvg_http_request request = {
        .size = sizeof(request),
        .path = path,
        .headers = &accept,
        .header_count = 1,
        .body_limit = BODY_MOST,
        .on_done = on_done,
        .arg = discovery,
    };
    discovery->request = discovery->host->http(cvg_kube_cluster_scope(cluster), &request);
    free(path);
    return discovery;
}

void cvg_kube_discovery_free(struct cvg_kube_discovery *discovery)
{
    if (discovery && discovery->request) {
        discovery->host->cancel(discovery->request);
    }
    free(discovery);
}
