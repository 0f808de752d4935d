/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of `server`: where it listens, and whether that is safe. Whatever could be reached from
 * another machine without encryption and without a credential is refused here, before anything
 * starts, and the message names the way out.
 */
#include "config/loader.h"

#include "base/secret.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_loopback(const char *host)
{
    return cvg_text_starts(host, "127.") || strcmp(host, "::1") == 0;
}

static void check_exposure(struct cvg_loader *loader, const struct cvg_node *node, const char *host,
                           const struct cvg_server_keys *keys)
{
    bool credentials =
        (keys->tokens && keys->tokens->count) || (keys->clients && keys->clients->count);
    bool covered = keys->tls || keys->behind_proxy == 1;
    if (is_loopback(host) || (covered && credentials)) {
        return;
    }
    cvg_diagnostics_error(
        loader->diagnostics, node,
        "'listen' is %s, so other machines reach it: %s%s%s; or listen on 127.0.0.1", host,
        covered ? "" : "add 'tls', or 'behind_proxy: true' where a proxy with TLS stands in front",
        covered || credentials ? "" : ", and ",
        credentials ? "" : "add 'tokens' or 'clients', so that not everybody may ask");
}

static const char *load_address(struct cvg_loader *loader, const struct cvg_node *node,
                                const char *key, const char *text, uint16_t *ret_port)
{
    char host[INET6_ADDRSTRLEN];
    struct cvg_error error;
    if (cvg_config_parse_listen(text, host, sizeof host, ret_port, &error) < 0) {
        cvg_diagnostics_error(loader->diagnostics, node, "'%s' %s", key, error.text);
        return NULL;
    }
    return cvg_arena_strdup(loader->arena, host);
}

static void load_listen(struct cvg_loader *loader, const struct cvg_node *node,
                        const struct cvg_server_keys *keys)
{
    struct cvg_server_config *server = &loader->config->server;
    const struct cvg_node *listen = cvg_node_get(node, "listen");
    const struct cvg_node *place = listen ? listen : node;
    if (!keys->listen) {
        return;
    }
    server->listen_host = load_address(loader, place, "listen", keys->listen, &server->listen_port);
    if (server->listen_host) {
        check_exposure(loader, place, server->listen_host, keys);
    }
}

static bool is_host(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 253) {
        return false;
    }
    return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]") ==
           length;
}

static void check_hosts(struct cvg_loader *loader, const struct cvg_node *node,
                        const struct cvg_list *hosts)
{
    const char *const *items = hosts->items;
    for (size_t i = 0; i < hosts->count; i++) {
        if (items[i][0] && !is_host(items[i])) {
            cvg_diagnostics_error(loader->diagnostics, cvg_load_item(node, i),
                                  "'hosts' must be names such as gate.example.com");
        }
    }
}

static void check_path(struct cvg_loader *loader, const struct cvg_node *map, const char *key,
                       const char *path)
{
    if (path && path[0] != '/') {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(map, key),
                              "'%s' must be an absolute path", key);
    }
}

static void load_tls(struct cvg_loader *loader, const struct cvg_node *node,
                     const struct cvg_server_keys *keys)
{
    const struct cvg_node *tls = cvg_node_get(node, "tls");
    bool clients = keys->clients && keys->clients->count;
    if (!keys->tls) {
        if (clients && !tls) {
            cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(node, "clients"),
                                  "'clients' needs 'tls' with 'client_ca': without them nobody "
                                  "can show a certificate");
        }
        return;
    }
    check_path(loader, tls, "cert", keys->tls->cert);
    check_path(loader, tls, "client_ca", keys->tls->client_ca);
    if (keys->tls->key && keys->tls->key->kind == CVG_SECRET_ENV) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(tls, "key"),
                              "'key' must be file: or credential:, so that it can be renewed");
    }
    if (clients && !cvg_node_get(tls, "client_ca")) {
        cvg_diagnostics_error(loader->diagnostics, tls,
                              "'client_ca' is missing: 'clients' needs it");
    } else if (!clients && keys->tls->client_ca) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(tls, "client_ca"),
                              "'client_ca' has no effect without 'clients'");
    }
    loader->config->server.tls = (struct cvg_server_tls_config){
        .cert = keys->tls->cert, .key = keys->tls->key, .client_ca = keys->tls->client_ca};
}

static void load_socket(struct cvg_loader *loader, const struct cvg_node *node,
                        const struct cvg_server_keys *keys)
{
    check_path(loader, node, "socket", keys->socket);
    if (!keys->socket && !cvg_node_get(node, "socket")) {
        static const char *const needing[] = {"socket_mode", "users"};
        for (size_t i = 0; i < CVG_COUNT(needing); i++) {
            const struct cvg_node *key = cvg_node_get_key(node, needing[i]);
            if (key) {
                cvg_diagnostics_error(loader->diagnostics, key,
                                      "'%s' has no effect without 'socket'", needing[i]);
            }
        }
    }
    loader->config->server.socket = keys->socket;
    loader->config->server.socket_mode = keys->socket_mode;
}

static void load_health(struct cvg_loader *loader, const struct cvg_node *node, const char *text)
{
    struct cvg_server_config *server = &loader->config->server;
    const struct cvg_node *health = cvg_node_get(node, "health");
    if (!text) {
        return;
    }
    if (text[0] == '/') {
        server->health_socket = text;
        return;
    }
    server->health_host = load_address(loader, health, "health", text, &server->health_port);
    if (server->health_host && !is_loopback(server->health_host)) {
        cvg_diagnostics_error(loader->diagnostics, health,
                              "'health' must be a loopback address or the path of a Unix socket: "
                              "it has neither TLS nor credentials");
    }
}

static void load_limits(struct cvg_loader *loader, const struct cvg_node *node,
                        const struct cvg_limits_keys *keys)
{
    const struct cvg_node *limits = cvg_node_get(node, "limits");
    if (!keys) {
        return;
    }
    loader->config->server.limits = (struct cvg_limits_config){
        .connections = keys->connections,
        .per_address = keys->per_address,
        .waiters = keys->waiters,
        .header = keys->header,
        .body = keys->body,
        .bodies = keys->bodies,
        .answers = keys->answers,
        .idle_ns = keys->idle,
        .request_ns = keys->request,
    };
    if (keys->connections == CVG_ABSENT_INT) {
        return;
    }
    if (keys->per_address != CVG_ABSENT_INT && keys->per_address > keys->connections) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(limits, "per_address"),
                              "'per_address' must not be more than 'connections'");
    }
    if (keys->waiters != CVG_ABSENT_INT && keys->waiters >= keys->connections) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(limits, "waiters"),
                              "'waiters' must be less than 'connections', so that there is room "
                              "for those who do not wait");
    }
    if (keys->idle != CVG_ABSENT_INT && keys->request != CVG_ABSENT_INT &&
        keys->request <= keys->idle) {
        const struct cvg_node *request = cvg_node_get(limits, "request");
        cvg_diagnostics_error(loader->diagnostics, request ? request : cvg_node_get(limits, "idle"),
                              "'request' must be longer than 'idle'");
    }
}

void cvg_load_server(struct cvg_loader *loader, const struct cvg_node *node,
                     const struct cvg_server_keys *keys)
{
    struct cvg_server_config *server = &loader->config->server;
    if (!keys) {
        return;
    }
    load_listen(loader, node, keys);
    check_hosts(loader, cvg_node_get(node, "hosts"), &keys->hosts);
    server->hosts = keys->hosts;
    server->threads = keys->threads;
    load_tls(loader, node, keys);
    load_socket(loader, node, keys);
    load_health(loader, node, keys->health);
    load_limits(loader, node, keys->limits);
    cvg_load_grants(loader, keys);
}
