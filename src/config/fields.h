/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's own keys, as tables, and the structs that they are bound into. Inside of this layer:
 * loading turns these structs into those of config/config.h; the schema and the reference page are
 * printed from the same tables.
 */
#ifndef CVG_CONFIG_FIELDS_H
#define CVG_CONFIG_FIELDS_H

#include "config/bind.h"
#include "config/kind.h"

struct cvg_server_tls_keys {
    const char *cert, *client_ca;
    const struct cvg_secret *key;
};

struct cvg_limits_keys {
    int64_t connections, per_address, waiters, header, body, bodies, answers, idle, request;
};

struct cvg_server_keys {
    const char *listen, *socket, *health;
    struct cvg_list hosts;
    int64_t threads;
    uint32_t behind_proxy, socket_mode;
    const struct cvg_server_tls_keys *tls;
    const struct cvg_limits_keys *limits;
    const struct cvg_node *tokens, *clients, *users;
};

/* Of a token, a client or a user; what the others have stays NULL. */
struct cvg_grant_keys {
    const char *sha256, *common_name, *dns, *uri;
    struct cvg_list scopes, environments;
};

struct cvg_names_keys {
    struct cvg_list servers;
    int64_t timeout;
};

/* What a check has that says nothing itself. */
struct cvg_defaults_keys {
    int64_t interval, timeout, rise, fall, max_age;
};

struct cvg_retention_keys {
    int64_t decisions, history, size;
};

struct cvg_file_keys {
    const struct cvg_server_keys *server;
    const struct cvg_names_keys *names;
    const struct cvg_defaults_keys *defaults;
    const char *store;
    const struct cvg_retention_keys *retention;
    const struct cvg_node *sources, *templates, *environments, *discover;
};

struct cvg_source_keys {
    const char *type, *via;
};

struct cvg_basic_keys {
    const char *username;
    const struct cvg_secret *password;
};

struct cvg_tls_keys {
    const char *ca, *cert, *server_name;
    const struct cvg_secret *key;
    uint32_t insecure_skip_verify;
};

struct cvg_signing_keys {
    const char *region, *service;
    const struct cvg_secret *access_key, *secret_key, *session_token;
};

struct cvg_endpoint_keys {
    const char *url, *proxy;
    const struct cvg_secret *bearer;
    const struct cvg_basic_keys *basic;
    const struct cvg_tls_keys *tls;
    const struct cvg_signing_keys *sigv4;
    struct cvg_list headers;
    int64_t concurrency, max_body, connect_timeout;
    uint32_t allow_link_local;
};

struct cvg_template_keys {
    struct cvg_list vars, defaults;
    const struct cvg_node *checks, *gates;
};

struct cvg_environment_keys {
    const char *template;
    struct cvg_list vars;
    const struct cvg_node *checks, *gates;
};

struct cvg_discover_keys {
    const char *source, *template, *name;
    struct cvg_list vars;
    int64_t grace, most;
};

struct cvg_check_keys {
    const char *source, *component;
    uint32_t plane, required;
    double weight;
    int64_t interval, timeout, rise, fall, max_age;
    uint32_t on_unknown, on_failed, on_degraded; /* on_failed may be absent: the kind's */
    int64_t keep, halt_after;
    uint32_t agree;
    const char *revision;
};

struct cvg_gate_keys {
    struct cvg_list require, exclude;
    uint32_t agree_on;
};

extern const struct cvg_field cvg_file_fields[], cvg_server_fields[], cvg_names_fields[],
    cvg_defaults_fields[], cvg_template_fields[], cvg_environment_fields[], cvg_gate_fields[],
    cvg_discover_fields[];
extern const struct cvg_field cvg_token_fields[], cvg_client_fields[], cvg_user_fields[];
extern const struct cvg_field cvg_source_fields[];     /* type */
extern const struct cvg_field cvg_via_fields[];        /* via */
extern const struct cvg_field cvg_endpoint_fields[];   /* url, ... */
extern const struct cvg_field cvg_endpoint_required[]; /* the same, url required */
extern const struct cvg_field cvg_check_fields[];      /* any check */
extern const struct cvg_field cvg_polled_fields[]; /* checks that are asked: interval, timeout */

/* The tables of a source's host keys for a kind, the most specific last; returns how many. */
#define CVG_SOURCE_TABLES 3
size_t cvg_source_tables(const struct cvg_kind *kind, const struct cvg_field *ret[]);

#endif
