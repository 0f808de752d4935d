/* SPDX-License-Identifier: Apache-2.0 */
/* Every text that is put into a path goes through encoded(). */
#include "path.h"

#include "kit/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROTOBUF "application/vnd.kubernetes.protobuf"
#define JSON     "application/json"

static int is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || strchr("-._~", byte) != NULL;
}

/* malloc'd */
static char *encoded(const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *ret = cvg_kit_alloc(strlen(text) * 3 + 1);
    char *at = ret;
    for (; *text; text++) {
        if (is_plain(*text)) {
            *at++ = *text;
        } else {
            *at++ = '%';
            *at++ = digits[(unsigned char)*text >> 4];
            *at++ = digits[(unsigned char)*text & 15];
        }
    }
    return ret;
}

/* malloc'd: up to the '?', and what every request for this kind selects by. */
static char *base(const struct cvg_kube_kind *kind, const char *namespace)
{
    char *group = encoded(kind->group);
    char *version = encoded(kind->version);
    char *space = encoded(namespace);
    char *resource = encoded(kind->resource ? kind->resource : "");
    int within = kind->namespaced && *namespace;
    const char *selector = kind->type == CVG_KUBE_RELEASE ? "labelSelector=owner%3Dhelm&" : "";
    size_t size =
        strlen(group) + strlen(version) + strlen(space) + strlen(resource) + strlen(selector) + 64;
    char *ret = cvg_kit_alloc(size);
    (void)snprintf(ret, size, "%s%s/%s%s%s/%s?%s", *group ? "/apis/" : "/api", group, version,
                   within ? "/namespaces/" : "", within ? space : "", resource, selector);
    free(group);
    free(version);
    free(space);
    free(resource);
    return ret;
}

char *cvg_kube_path_list(const struct cvg_kube_kind *kind, const char *namespace, int64_t limit,
                         const char *next)
{
    char *start = base(kind, namespace);
    char *token = encoded(next ? next : "");
    size_t size = strlen(start) + strlen(token) + 64;
    char *ret = cvg_kit_alloc(size);
    (void)snprintf(ret, size, "%slimit=%lld%s%s", start, (long long)limit,
                   *token ? "&continue=" : "", token);
    free(start);
    free(token);
    return ret;
}

char *cvg_kube_path_watch(const struct cvg_kube_kind *kind, const char *namespace,
                          const char *version, int64_t seconds)
{
    static const char streaming[] =
        "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=";
    char *start = base(kind, namespace);
    char *from = encoded(version ? version : "");
    size_t size = strlen(start) + strlen(from) + 192;
    char *ret = cvg_kit_alloc(size);
    (void)snprintf(ret, size, "%swatch=1&allowWatchBookmarks=true&timeoutSeconds=%lld%s%s", start,
                   (long long)seconds, version ? "&resourceVersion=" : streaming, from);
    free(start);
    free(from);
    return ret;
}

char *cvg_kube_path_group(const struct cvg_kube_kind *kind)
{
    char *group = encoded(kind->group);
    char *version = encoded(kind->version);
    size_t size = strlen(group) + strlen(version) + 16;
    char *ret = cvg_kit_alloc(size);
    (void)snprintf(ret, size, "%s%s/%s", *group ? "/apis/" : "/api", group, version);
    free(group);
    free(version);
    return ret;
}

void cvg_kube_path_accept(const struct cvg_kube_kind *kind, int json, int watch,
                          char ret[CVG_KUBE_ACCEPT])
{
    const char *form = watch ? ";stream=watch" : "";
    int protobuf = kind->protobuf && !json;
    if (kind->type == CVG_KUBE_RELEASE) {
        (void)snprintf(ret, CVG_KUBE_ACCEPT, "%s;as=PartialObjectMetadata%s;g=meta.k8s.io;v=v1%s",
                       protobuf ? PROTOBUF : JSON, watch ? "" : "List", protobuf ? form : "");
    } else if (protobuf) {
        /* JSON comes from a server that has no protobuf of it, instead of a 406. */
        (void)snprintf(ret, CVG_KUBE_ACCEPT, PROTOBUF "%s," JSON, form);
    } else {
        (void)snprintf(ret, CVG_KUBE_ACCEPT, JSON);
    }
}
