/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a registry, and its token service; see registry.h. */
#include "registry.h"

#include "challenge.h"
#include "kit/base64.h"
#include "kit/memory.h"
#include "trouble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_ANSWER_MOST (INT64_C(64) << 10)
#define URL_MOST          4096
/* A token that ends while it is on its way is of no use. */
#define TOKEN_SLACK       (INT64_C(5) * 1000000000)

struct cvg_http_registry {
    struct cvg_http_registry_setup setup;
    char *token;           /* owned, wiped; NULL: none */
    char *token_of;        /* owned: the repository that it is for */
    int64_t token_ends_ns; /* on host->now()'s clock */
    /* Of what is being asked. */
    struct cvg_scope *scope;
    struct cvg_http_image image;
    int64_t deadline_ns;
    int has_asked_for_token;
    char token_url[URL_MOST];
};

/* Text with a secret in it. */
static void wipe(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}

static void forget_token(struct cvg_http_registry *registry)
{
    wipe(registry->token);
    free(registry->token_of);
    registry->token = registry->token_of = NULL;
}

static char *join(const char *first, const char *second, const char *third)
{
    size_t size = strlen(first) + strlen(second) + strlen(third) + 1;
    char *text = cvg_kit_alloc(size);
    (void)snprintf(text, size, "%s%s%s", first, second, third);
    return text;
}

static void tell(struct cvg_http_registry *registry, struct cvg_kit_finding *finding)
{
    registry->scope = NULL;
    registry->setup.on_done(registry->setup.arg, finding);
}

static enum cvg_http_whose whose(const struct cvg_http_registry *registry)
{
    return registry->setup.has_url ? CVG_HTTP_SOURCE : CVG_HTTP_TARGET;
}

static void tell_trouble(struct cvg_http_registry *registry, uint32_t fault,
                         enum cvg_http_reason reason, const char *words)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_http_trouble_say(&finding, fault, whose(registry), reason, "%s", words);
    tell(registry, &finding);
}

static void send(struct cvg_http_registry *registry, struct cvg_http_request *request,
                 const char *scheme, const char *credentials)
{
    const struct cvg_host *host = registry->setup.host;
    static const struct cvg_pair accepted = {
        "Accept", "application/vnd.oci.image.index.v1+json, "
                  "application/vnd.oci.image.manifest.v1+json, "
                  "application/vnd.docker.distribution.manifest.list.v2+json, "
                  "application/vnd.docker.distribution.manifest.v2+json, application/json"};
    char *value = credentials != NULL ? join(scheme, " ", credentials) : NULL;
    const struct cvg_pair headers[] = {accepted, {"Authorization", value}};
    int64_t left = registry->deadline_ns - host->now();
    request->size = sizeof(*request);
    request->headers = headers;
    request->header_count = value != NULL ? 2 : 1;
    request->timeout_ns = left > 1000000 ? left : 1000000;
    request->flags |= value != NULL ? CVG_HTTP_NO_CREDENTIALS : 0;
    request->arg = registry;
    (void)host->http(registry->scope, request);
    wipe(value);
}

static void on_manifest(void *arg, struct cvg_op *op, const struct cvg_http_response *response);

static void ask_manifest(struct cvg_http_registry *registry)
{
    const struct cvg_http_image *image = &registry->image;
    char path[URL_MOST];
    (void)snprintf(
        path, sizeof(path), "%s%s/v2/%s/manifests/%s", registry->setup.has_url ? "" : "https://",
        registry->setup.has_url ? "" : image->registry, image->repository, image->reference);
    struct cvg_http_request request = {
        .method = "HEAD", .path = path, .flags = CVG_HTTP_FOLLOW, .on_done = on_manifest};
    send(registry, &request, "Bearer", registry->token);
}

/* ---- tokens ---- */

static void on_token(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_http_registry *registry = arg;
    struct cvg_http_token token;
    struct cvg_kit_finding finding;
    (void)op;
    cvg_kit_finding_begin(&finding);
    if (response->fault != CVG_FAULT_NONE) {
        cvg_http_trouble_transfer(response, whose(registry), &finding);
        tell(registry, &finding);
        return;
    }
    if (response->status != 200) {
        char words[80];
        (void)snprintf(words, sizeof(words), "the token service answers %u",
                       (unsigned)response->status);
        tell_trouble(registry, response->status == 429 ? CVG_FAULT_THROTTLED : CVG_FAULT_AUTH,
                     CVG_HTTP_REASON_TOKEN_REFUSED, words);
        return;
    }
    cvg_kit_arena_reset(registry->setup.arena);
    if (cvg_http_token_read(response->body, response->body_length, registry->setup.arena, &token) <
        0) {
        tell_trouble(registry, CVG_FAULT_PROTOCOL, CVG_HTTP_REASON_TOKEN_REFUSED,
                     "the token service's answer has no token");
    } else {
        forget_token(registry);
        registry->token = cvg_kit_copy(token.text);
        registry->token_of = cvg_kit_copy(registry->image.repository);
        registry->token_ends_ns = registry->setup.host->now() + token.life_ns - TOKEN_SLACK;
        ask_manifest(registry);
    }
    cvg_kit_arena_wipe(registry->setup.arena);
}

static void ask_token(struct cvg_http_registry *registry, const char *basic)
{
    struct cvg_http_request request = {.method = "GET",
                                       .path = registry->token_url,
                                       .body_limit = TOKEN_ANSWER_MOST,
                                       .flags = CVG_HTTP_SECRET,
                                       .on_done = on_token};
    send(registry, &request, "Basic", basic);
}

static void on_password(void *arg, struct cvg_op *op, const char *error, const char *text,
                        size_t length)
{
    struct cvg_http_registry *registry = arg;
    (void)op;
    (void)length;
    if (error != NULL) {
        tell_trouble(registry, CVG_FAULT_AUTH, CVG_HTTP_REASON_UNAUTHORIZED, error);
        return;
    }
    char *pair = join(registry->setup.config->token_service->username, ":", text);
    char *basic = cvg_kit_base64_encode(pair, strlen(pair));
    ask_token(registry, basic);
    wipe(pair);
    wipe(basic);
}

static int is_unreserved(char byte)
{
    return byte != '\0' && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~",
                                  byte) != NULL;
}

/* -1: it does not fit. */
static int add(struct cvg_http_registry *registry, const char *literal, const char *value)
{
    char *url = registry->token_url;
    size_t length = strlen(url) + strlen(literal);
    if (length + 3 * strlen(value) >= sizeof(registry->token_url)) {
        return -1;
    }
    memcpy(url + strlen(url), literal, strlen(literal) + 1);
    for (; *value != '\0'; value++) {
        length += (size_t)snprintf(url + length, sizeof(registry->token_url) - length,
                                   is_unreserved(*value) ? "%c" : "%%%02X", (unsigned char)*value);
    }
    return 0;
}

/* For reading this repository only, whatever scope the registry names. */
static int write_token_url(struct cvg_http_registry *registry,
                           const struct cvg_http_challenge *challenge)
{
    char scope[sizeof(registry->image.repository) + 32];
    (void)snprintf(scope, sizeof(scope), "repository:%s:pull", registry->image.repository);
    (void)snprintf(registry->token_url, sizeof(registry->token_url), "%s", challenge->realm);
    return add(registry, strchr(challenge->realm, '?') != NULL ? "&service=" : "?service=",
               challenge->service) < 0 ||
                   add(registry, "&scope=", scope) < 0
               ? -1
               : 0;
}

/* The registry was asked by https: so is its token service. */
static int is_downgrade(const struct cvg_http_registry *registry, const char *realm_origin)
{
    char origin[CVG_HTTP_ORIGIN_SIZE];
    const char *url =
        registry->setup.has_url ? registry->setup.host->endpoint_url(registry->setup.source) : NULL;
    int plain =
        url != NULL && cvg_http_origin(url, origin) == 0 && strncmp(origin, "http:", 5) == 0;
    return !plain && strncmp(realm_origin, "https:", 6) != 0;
}

static void seek_token(struct cvg_http_registry *registry,
                       const struct cvg_http_challenge *challenge)
{
    const struct cvg_http_realm *known = registry->setup.config->token_service;
    char origin[CVG_HTTP_ORIGIN_SIZE], known_origin[CVG_HTTP_ORIGIN_SIZE];
    registry->has_asked_for_token = 1;
    if (cvg_http_origin(challenge->realm, origin) < 0 || write_token_url(registry, challenge) < 0) {
        tell_trouble(registry, CVG_FAULT_PROTOCOL, CVG_HTTP_REASON_TOKEN_REFUSED,
                     "the registry names no proper token service");
    } else if (is_downgrade(registry, origin)) {
        tell_trouble(registry, CVG_FAULT_PROTOCOL, CVG_HTTP_REASON_TOKEN_REFUSED,
                     "the registry names a token service without TLS");
    } else if (known != NULL && cvg_http_origin(known->url, known_origin) == 0 &&
               strcmp(origin, known_origin) == 0) {
        (void)registry->setup.host->secret(registry->scope, known->password, on_password, registry);
    } else {
        ask_token(registry, NULL);
    }
}

/* ---- manifests ---- */

static void on_manifest(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct cvg_http_registry *registry = arg;
    struct cvg_http_challenge challenge;
    struct cvg_kit_finding finding;
    (void)op;
    if (response->fault == CVG_FAULT_NONE && response->status == 401 &&
        !registry->has_asked_for_token &&
        cvg_http_challenge_read(response->headers, &challenge) == 0) {
        forget_token(registry);
        seek_token(registry, &challenge);
        return;
    }
    cvg_http_registry_judge(&registry->image, response, registry->setup.has_url, &finding);
    if (registry->setup.has_url && response->fault == CVG_FAULT_NONE && response->status == 401) {
        forget_token(registry);
    }
    tell(registry, &finding);
}

/* The source's url leads to the registry of the image's name. */
static int is_of_source(const struct cvg_http_registry *registry)
{
    char own[CVG_HTTP_ORIGIN_SIZE], named[CVG_HTTP_ORIGIN_SIZE], name[sizeof(own)];
    const char *url = registry->setup.host->endpoint_url(registry->setup.source);
    if (url == NULL || cvg_http_origin(url, own) < 0) {
        return 0;
    }
    (void)snprintf(name, sizeof(name), "%s%s",
                   strncmp(own, "https:", 6) == 0 ? "https://" : "http://",
                   registry->image.registry);
    return cvg_http_origin(name, named) == 0 && strcmp(own, named) == 0;
}

void cvg_http_registry_ask(struct cvg_http_registry *registry, struct cvg_scope *scope,
                           const char *image, int64_t timeout_ns)
{
    char why[160];
    const struct cvg_host *host = registry->setup.host;
    registry->scope = scope;
    registry->deadline_ns = host->now() + timeout_ns;
    registry->has_asked_for_token = 0;
    if (cvg_http_image_parse(image, &registry->image, why, sizeof(why)) < 0) {
        tell_trouble(registry, CVG_FAULT_REQUEST, CVG_HTTP_REASON_CONDITION_INVALID, why);
        return;
    }
    if (registry->setup.has_url && !is_of_source(registry)) {
        tell_trouble(registry, CVG_FAULT_REQUEST, CVG_HTTP_REASON_NOT_ASKED,
                     "the image is of another registry than the source's url");
        return;
    }
    if (registry->token != NULL && (host->now() >= registry->token_ends_ns ||
                                    strcmp(registry->token_of, registry->image.repository) != 0)) {
        forget_token(registry);
    }
    ask_manifest(registry);
}

void cvg_http_registry_stop(struct cvg_http_registry *registry)
{
    registry->scope = NULL;
}

struct cvg_http_registry *cvg_http_registry_new(const struct cvg_http_registry_setup *setup)
{
    struct cvg_http_registry *registry = cvg_kit_alloc(sizeof(*registry));
    registry->setup = *setup;
    return registry;
}

void cvg_http_registry_free(struct cvg_http_registry *registry)
{
    if (registry != NULL) {
        forget_token(registry);
        free(registry);
    }
}
