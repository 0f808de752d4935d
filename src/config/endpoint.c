/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source's connection: from keys to struct cvg_endpoint, and what does not fit together. A
 * setting that would have no effect is refused, because somebody believes in it.
 */
#include "config/loader.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/url.h"

#include <string.h>

/* The deepest node that there is for a path below the source, for its place. */
static const struct cvg_node *place(const struct cvg_source_config *source, const char *path)
{
    return cvg_node_at(source->node, path);
}

static void check_url(struct cvg_loader *loader, const struct cvg_source_config *source,
                      const struct cvg_endpoint_keys *keys)
{
    struct cvg_url url;
    if (!keys->url || cvg_url_parse(keys->url, &url, NULL) < 0) {
        return;
    }
    if (strchr(url.path, '?')) {
        cvg_diagnostics_error(loader->diagnostics, place(source, "url"),
                              "'url' must not have a query ('?')");
    }
    if (url.tls) {
        return;
    }
    if (keys->tls) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(source->node, "tls"),
                              "'tls' has no effect on an http URL; write https");
    }
    if ((keys->bearer || keys->basic || keys->sigv4) && !cvg_url_is_loopback(&url)) {
        cvg_diagnostics_warning(loader->diagnostics, place(source, "url"),
                                "credentials are sent unencrypted to an http URL");
    }
}

static void check_proxy(struct cvg_loader *loader, const struct cvg_source_config *source,
                        const char *proxy)
{
    struct cvg_url url;
    if (!proxy || cvg_url_parse(proxy, &url, NULL) < 0) {
        return;
    }
    if (url.tls || (url.path[0] && strcmp(url.path, "/") != 0)) {
        cvg_diagnostics_error(loader->diagnostics, place(source, "proxy"),
                              "'proxy' must be http://HOST:PORT");
    }
}

static void check_file(struct cvg_loader *loader, const struct cvg_source_config *source,
                       const char *path, const char *file)
{
    if (file && file[0] != '/') {
        cvg_diagnostics_error(loader->diagnostics, place(source, path),
                              "'%s' must be an absolute path", path + strlen("tls."));
    }
}

static void check_tls(struct cvg_loader *loader, const struct cvg_source_config *source,
                      const struct cvg_tls_keys *tls)
{
    if (!tls) {
        return;
    }
    const struct cvg_node *node = place(source, "tls");
    check_file(loader, source, "tls.ca", tls->ca);
    check_file(loader, source, "tls.cert", tls->cert);
    /* By the tree, not by what was bound: a bad value was reported already. */
    bool cert = cvg_node_get(node, "cert") != NULL, key = cvg_node_get(node, "key") != NULL;
    if (cert != key) {
        cvg_diagnostics_error(loader->diagnostics, node, "'%s' is missing: '%s' needs it",
                              cert ? "key" : "cert", cert ? "cert" : "key");
    }
    if (tls->insecure_skip_verify == 1) {
        cvg_diagnostics_warning(loader->diagnostics, place(source, "tls.insecure_skip_verify"),
                                "the server's certificate is not verified");
    }
}

static bool is_token(const char *name)
{
    for (const char *c = name; *c; c++) {
        bool alnum =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        if (!alnum && !strchr("!#$%&'*+-.^_`|~", *c)) {
            return false;
        }
    }
    return *name != '\0';
}

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal_nocase(name, list[i])) {
            return true;
        }
    }
    return false;
}

static void check_headers(struct cvg_loader *loader, const struct cvg_source_config *source,
                          const struct cvg_list *headers)
{
    static const char *const secret[] = {"Authorization", "Proxy-Authorization", "Cookie"};
    static const char *const ours[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection",
                                       "Accept-Encoding"};
    const struct cvg_node *node = place(source, "headers");
    const struct cvg_pair *pairs = headers->items;
    for (size_t i = 0; i < headers->count; i++) {
        const struct cvg_node *key = node->keys[i];
        if (is_one_of(pairs[i].name, secret, CVG_COUNT(secret))) {
            cvg_diagnostics_error(loader->diagnostics, key,
                                  "credentials cannot stand in 'headers'; use 'bearer' or 'basic', "
                                  "which refer to a secret");
        } else if (is_one_of(pairs[i].name, ours, CVG_COUNT(ours))) {
            cvg_diagnostics_error(loader->diagnostics, key, "the header '%s' cannot be set",
                                  pairs[i].name);
        } else if (!is_token(pairs[i].name)) {
            cvg_diagnostics_error(loader->diagnostics, key, "not the name of a header");
        }
        for (const char *c = pairs[i].value; *c; c++) {
            if ((unsigned char)*c < 0x20 || *c == 0x7f) {
                cvg_diagnostics_error(loader->diagnostics, node->items[i],
                                      "the value of a header must be one line");
                break;
            }
        }
    }
}

static void check_sigv4(struct cvg_loader *loader, const struct cvg_source_config *source,
                        const struct cvg_endpoint_keys *keys)
{
    if (!keys->sigv4) {
        return;
    }
    if (keys->bearer || keys->basic) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(source->node, "sigv4"),
                              "'sigv4' and '%s' exclude each other",
                              keys->bearer ? "bearer" : "basic");
    }
    static const char *const ours[] = {"X-Amz-Date", "X-Amz-Content-Sha256",
                                       "X-Amz-Security-Token"};
    const struct cvg_node *node = place(source, "headers");
    const struct cvg_pair *pairs = keys->headers.items;
    for (size_t i = 0; i < keys->headers.count; i++) {
        if (is_one_of(pairs[i].name, ours, CVG_COUNT(ours))) {
            cvg_diagnostics_error(loader->diagnostics, node->keys[i],
                                  "the header '%s' is set by 'sigv4'", pairs[i].name);
        }
    }
}

static void fill_sigv4(struct cvg_endpoint *endpoint, const struct cvg_signing_keys *keys)
{
    endpoint->sigv4_region = keys->region;
    endpoint->sigv4_service = keys->service;
    endpoint->sigv4_access_key = keys->access_key;
    endpoint->sigv4_secret_key = keys->secret_key;
    endpoint->sigv4_session_token = keys->session_token;
}

static void fill_tls(struct cvg_endpoint *endpoint, const struct cvg_tls_keys *tls)
{
    endpoint->ca_file = tls->ca;
    endpoint->cert_file = tls->cert;
    endpoint->server_name = tls->server_name;
    endpoint->insecure_skip_verify = tls->insecure_skip_verify == 1;
    if (tls->key && tls->key->kind == CVG_SECRET_FILE) {
        endpoint->key_file = tls->key->name;
    } else {
        endpoint->key_pem = tls->key;
    }
}

void cvg_load_endpoint(struct cvg_loader *loader, struct cvg_source_config *source,
                       const struct cvg_endpoint_keys *keys)
{
    check_url(loader, source, keys);
    check_proxy(loader, source, keys->proxy);
    check_tls(loader, source, keys->tls);
    check_headers(loader, source, &keys->headers);
    if (keys->bearer && keys->basic) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(source->node, "basic"),
                              "'basic' and 'bearer' exclude each other");
    }
    check_sigv4(loader, source, keys);
    source->endpoint = (struct cvg_endpoint){
        .size = sizeof source->endpoint,
        .url = keys->url,
        .bearer = keys->bearer,
        .username = keys->basic ? keys->basic->username : NULL,
        .password = keys->basic ? keys->basic->password : NULL,
        .headers = keys->headers,
        .proxy = keys->proxy,
        .allow_link_local = keys->allow_link_local == 1,
        .concurrency = keys->concurrency,
        .max_body = keys->max_body,
        .connect_timeout_ns = keys->connect_timeout,
    };
    if (keys->tls) {
        fill_tls(&source->endpoint, keys->tls);
    }
    if (keys->sigv4) {
        fill_sigv4(&source->endpoint, keys->sigv4);
    }
}
