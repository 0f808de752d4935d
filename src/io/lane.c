/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: a copy of the settings, and what belongs to them. A lane outlives the requests of its
 * scopes, but not a transfer that libcurl still runs when it is freed from inside a callback: such
 * a transfer forgets its lane and frees itself.
 */
#include "io/lane.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/http_inner.h"
#include "io/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CONCURRENCY_DEFAULT 32

/* A text is not in the arena, which is not wiped. */
static const struct cvg_secret *copy_secret(struct cvg_arena *arena,
                                            const struct cvg_secret *secret, char **ret_text)
{
    if (!secret) {
        return NULL;
    }
    struct cvg_secret *copy = cvg_arena_alloc(arena, sizeof *copy);
    copy->kind = secret->kind;
    if (secret->kind == CVG_SECRET_TEXT) {
        *ret_text = cvg_strdup(secret->name);
        copy->name = *ret_text;
    } else {
        copy->name = cvg_arena_strdup(arena, secret->name);
    }
    return copy;
}

static void copy_secrets(struct cvg_arena *arena, struct cvg_endpoint *settings, char **texts)
{
    const struct cvg_secret **secrets[CVG_LANE_SECRETS] = {
        &settings->key_pem,          &settings->bearer,           &settings->password,
        &settings->sigv4_access_key, &settings->sigv4_secret_key, &settings->sigv4_session_token};
    for (size_t i = 0; i < CVG_LANE_SECRETS; i++) {
        *secrets[i] = copy_secret(arena, *secrets[i], &texts[i]);
    }
}

static void forget_texts(struct cvg_lane *lane)
{
    for (size_t i = 0; i < CVG_LANE_SECRETS; i++) {
        cvg_free_secret(lane->texts[i]);
        lane->texts[i] = NULL;
    }
}

/* Older modules know a shorter struct: what they do not know is not set. */
static struct cvg_endpoint widen(const struct cvg_endpoint *settings)
{
    struct cvg_endpoint full = {0};
    memcpy(&full, settings, CVG_MIN(settings->size, sizeof full));
    full.size = sizeof full;
    return full;
}

static void copy_settings(struct cvg_arena *arena, struct cvg_endpoint *settings)
{
    const char **texts[] = {&settings->url,          &settings->ca_file,      &settings->ca_pem,
                            &settings->cert_file,    &settings->cert_pem,     &settings->key_file,
                            &settings->username,     &settings->server_name,  &settings->proxy,
                            &settings->sigv4_region, &settings->sigv4_service};
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        bool empty = !*texts[i] || !**texts[i];
        *texts[i] = empty ? NULL : cvg_arena_strdup(arena, *texts[i]);
    }
    const struct cvg_pair *given = settings->headers.items;
    struct cvg_pair *pairs =
        cvg_arena_alloc(arena, (settings->headers.count + 1) * sizeof(struct cvg_pair));
    for (size_t i = 0; i < settings->headers.count; i++) {
        pairs[i].name = cvg_arena_strdup(arena, given[i].name);
        pairs[i].value = cvg_arena_strdup(arena, given[i].value ? given[i].value : "");
    }
    settings->headers.items = pairs;
    if (settings->concurrency <= 0) {
        settings->concurrency = CONCURRENCY_DEFAULT;
    }
    if (settings->max_body <= 0) {
        settings->max_body = CVG_HTTP_BODY_DEFAULT;
    }
    if (settings->connect_timeout_ns <= 0) {
        settings->connect_timeout_ns = CVG_HTTP_CONNECT_TIME;
    }
}

static int check_headers(const struct cvg_list *headers, struct cvg_error *reterr)
{
    const struct cvg_pair *pairs = headers->items;
    for (size_t i = 0; i < headers->count; i++) {
        const char *name = pairs[i].name;
        if (!name || !*name || name[strcspn(name, "\r\n:; \t")]) {
            return cvg_error_set(reterr, CVG_E_INVALID, "headers: a name is not one");
        }
        if (pairs[i].value && pairs[i].value[strcspn(pairs[i].value, "\r\n")]) {
            return cvg_error_set(reterr, CVG_E_INVALID, "headers: %s: has a line break", name);
        }
    }
    return 0;
}

static int parse_urls(const struct cvg_endpoint *settings, struct cvg_lane *ret,
                      struct cvg_error *reterr)
{
    int code = check_headers(&settings->headers, reterr);
    ret->has_url = settings->url && settings->url[0];
    ret->has_proxy = settings->proxy && settings->proxy[0];
    if (!code && ret->has_url) {
        code = cvg_url_parse(settings->url, &ret->url, reterr);
        if (code) {
            return cvg_error_prefix(reterr, "url");
        }
        if (strchr(ret->url.path, '?')) {
            return cvg_error_set(reterr, CVG_E_INVALID, "url: has a query");
        }
    }
    if (!code && ret->has_proxy) {
        code = cvg_url_parse(settings->proxy, &ret->proxy, reterr);
        if (code) {
            return cvg_error_prefix(reterr, "proxy");
        }
    }
    return code;
}

int cvg_lane_set(struct cvg_lane *lane, const struct cvg_endpoint *settings,
                 struct cvg_error *reterr)
{
    struct cvg_lane parsed = {0};
    struct cvg_endpoint full = widen(settings);
    int code = parse_urls(&full, &parsed, reterr);
    if (code) {
        return code;
    }
    struct cvg_arena *arena = cvg_arena_new();
    copy_settings(arena, &full);
    copy_secrets(arena, &full, parsed.texts);
    if (full.url) {
        code = cvg_url_parse(full.url, &parsed.url, reterr); /* its path points into the copy */
    }
    cvg_arena_free(lane->arena);
    forget_texts(lane);
    lane->arena = arena;
    memcpy(lane->texts, parsed.texts, sizeof lane->texts);
    lane->settings = full;
    lane->url = parsed.url;
    lane->proxy = parsed.proxy;
    lane->proxy.path = "";
    lane->has_url = parsed.has_url;
    lane->has_proxy = parsed.has_proxy;
    lane->generation++;
    cvg_lane_pump(lane);
    return code;
}

int cvg_lane_set_socket(struct cvg_lane *lane, const char *path, struct cvg_error *reterr)
{
    if (path[0] != '/' || strlen(path) >= sizeof lane->socket) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "a Unix socket is an absolute path of less than %zu bytes",
                             sizeof lane->socket);
    }
    memcpy(lane->socket, path, strlen(path) + 1);
    lane->generation++;
    return 0;
}

int cvg_lane_new(struct cvg_loop *loop, const struct cvg_endpoint *settings, struct cvg_lane **ret,
                 struct cvg_error *reterr)
{
    struct cvg_lane *lane = CVG_NEW(struct cvg_lane);
    lane->loop = loop;
    int code = cvg_lane_set(lane, settings, reterr);
    if (code) {
        free(lane);
        return code;
    }
    *ret = lane;
    return 0;
}

void cvg_lane_free(struct cvg_lane *lane)
{
    if (!lane) {
        return;
    }
    /* Cancelled from inside a callback of libcurl, or in its last callback: freed later. */
    while (lane->busy) {
        struct cvg_transfer *transfer = lane->busy;
        lane->busy = transfer->next_busy;
        transfer->next_busy = transfer->previous_busy = NULL;
        transfer->lane = NULL;
    }
    while (lane->idle) {
        struct cvg_transfer *transfer = lane->idle;
        lane->idle = transfer->next_queued;
        cvg_transfer_free(transfer);
    }
    cvg_connection_unref(lane->severed);
    forget_texts(lane);
    cvg_arena_free(lane->arena);
    free(lane);
}

struct cvg_lane_stats cvg_lane_stats(const struct cvg_lane *lane)
{
    return lane->stats;
}

const char *cvg_lane_url(const struct cvg_lane *lane)
{
    return lane->has_url ? lane->settings.url : NULL;
}

static int check_file(const char *key, const char *path, const char *expected,
                      struct cvg_error *reterr)
{
    char head[65536];
    if (!path || !*path) {
        return 0;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return cvg_error_set_errno(reterr, errno, "%s: %s", key, path);
    }
    ssize_t length = read(fd, head, sizeof head - 1);
    int problem = errno;
    close(fd);
    if (length < 0) {
        return cvg_error_set_errno(reterr, problem, "%s: %s", key, path);
    }
    bool found = memmem(head, (size_t)length, expected, strlen(expected)) != NULL;
    explicit_bzero(head, sizeof head);
    return found ? 0
                 : cvg_error_set(reterr, CVG_E_INVALID, "%s: %s: has no '-----BEGIN ...%s-----'",
                                 key, path, expected);
}

static int check_secret(const char *key, const struct cvg_secret *secret, struct cvg_error *reterr)
{
    char *text = NULL;
    size_t length;
    if (!secret || cvg_secret_read(secret, &text, &length, reterr) == 0) {
        cvg_free_secret(text);
        return 0;
    }
    return cvg_error_prefix(reterr, "%s", key);
}

/* A setting that would not be used is refused, as is a signature that would be incomplete. */
static int check_sigv4(const struct cvg_endpoint *settings, struct cvg_error *reterr)
{
    bool region = settings->sigv4_region && settings->sigv4_region[0];
    bool service = settings->sigv4_service && settings->sigv4_service[0];
    bool access_key = settings->sigv4_access_key, secret_key = settings->sigv4_secret_key;
    if (!region && !service && !access_key && !secret_key && !settings->sigv4_session_token) {
        return 0;
    }
    if (!region || !service || !access_key || !secret_key) {
        return cvg_error_set(reterr, CVG_E_INVALID,
                             "sigv4: needs region, service, access_key and secret_key");
    }
    if (settings->bearer || settings->password) {
        return cvg_error_set(reterr, CVG_E_INVALID, "sigv4: excludes bearer and basic");
    }
    int code = check_secret("sigv4.access_key", settings->sigv4_access_key, reterr);
    if (!code) {
        code = check_secret("sigv4.secret_key", settings->sigv4_secret_key, reterr);
    }
    return code ? code : check_secret("sigv4.session_token", settings->sigv4_session_token, reterr);
}

int cvg_lane_check(const struct cvg_endpoint *settings, struct cvg_error *reterr)
{
    struct cvg_lane parsed = {0};
    struct cvg_endpoint full = widen(settings);
    int code = parse_urls(&full, &parsed, reterr);
    if (code) {
        return code;
    }
    bool cert = full.cert_file || full.cert_pem;
    bool key = full.key_file || full.key_pem;
    if (cert != key) {
        return cvg_error_set(reterr, CVG_E_INVALID, "tls: %s",
                             cert ? "a certificate without its key" : "a key without certificate");
    }
    if (full.password && !full.username) {
        return cvg_error_set(reterr, CVG_E_INVALID, "basic: a password without a user name");
    }
    code = full.ca_pem ? 0 : check_file("tls.ca", full.ca_file, "CERTIFICATE", reterr);
    if (!code && !full.cert_pem) {
        code = check_file("tls.cert", full.cert_file, "CERTIFICATE", reterr);
    }
    if (!code && !full.key_pem) {
        code = check_file("tls.key", full.key_file, "PRIVATE KEY", reterr);
    }
    if (!code) {
        code = check_secret("tls.key", full.key_pem, reterr);
    }
    if (!code) {
        code = check_secret("bearer", full.bearer, reterr);
    }
    if (!code) {
        code = check_secret("password", full.password, reterr);
    }
    return code ? code : check_sigv4(&full, reterr);
}
