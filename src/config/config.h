/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration, checked and bound: what one generation of the daemon runs on. Immutable once
 * loaded, shared by reference; everything in it is in one arena and ends with the last reference,
 * which may be dropped on any thread.
 */
#ifndef CVG_CONFIG_CONFIG_H
#define CVG_CONFIG_CONFIG_H

#include "base/error.h"
#include "config/bind.h"
#include "config/kind.h"

/* What a token, a client certificate or a user of the Unix socket may do. */
struct cvg_grant_config {
    const char *name;
    const char *sha256;                  /* a token: 64 hexadecimal digits */
    const char *common_name, *dns, *uri; /* a client: one of them, the others NULL */
    uint32_t uid;                        /* a user */
    uint32_t scopes;                     /* enum cvg_may */
    struct cvg_list environments;        /* const char *; empty: all */
};

struct cvg_grants_config {
    const struct cvg_grant_config *items;
    size_t count;
};

enum cvg_config_socket_mode {
    CVG_CONFIG_SOCKET_OWNER,
    CVG_CONFIG_SOCKET_GROUP,
    CVG_CONFIG_SOCKET_ALL
};

struct cvg_server_tls_config {
    const char *cert; /* NULL: no TLS */
    const struct cvg_secret *key;
    const char *client_ca; /* NULL: no client certificates */
};

struct cvg_limits_config {
    int64_t connections;
    int64_t per_address, waiters; /* CVG_ABSENT_INT: three quarters of connections */
    int64_t header, body;         /* bytes, of one request */
    int64_t bodies, answers;      /* bytes, of all together */
    int64_t idle_ns, request_ns;
};

struct cvg_server_config {
    const char *listen_host; /* literal address */
    uint16_t listen_port;    /* 0: any free one */
    struct cvg_list hosts;   /* const char *: further names that the Host header may have */
    int64_t threads;
    struct cvg_server_tls_config tls;
    const char *socket;   /* NULL: none */
    uint32_t socket_mode; /* enum cvg_config_socket_mode */
    struct cvg_grants_config tokens, clients, users;
    const char *health_host; /* NULL: none */
    uint16_t health_port;
    const char *health_socket; /* NULL: none */
    struct cvg_limits_config limits;
};

struct cvg_names_config {
    struct cvg_list servers; /* const char *; empty: resolv.conf's */
    int64_t timeout_ns;
};

struct cvg_retention_config {
    int64_t decisions_ns, history_ns;
    int64_t size; /* bytes */
};

struct cvg_source_config {
    const char *name;
    const struct cvg_node *node; /* its map */
    const struct cvg_kind *kind;
    const struct cvg_source_config *via; /* NULL: its own connection */
    struct cvg_endpoint endpoint;        /* size 0: the kind has none */
    bool faulty;                         /* see cvg_config_read */
    const void *settings;                /* the module's struct */
};

enum cvg_config_on_unknown {
    CVG_CONFIG_UNKNOWN_BLOCK,
    CVG_CONFIG_UNKNOWN_IGNORE,
    CVG_CONFIG_UNKNOWN_KEEP
};

enum cvg_config_on_failed {
    CVG_CONFIG_FAILED_WAIT,
    CVG_CONFIG_FAILED_HALT,
    CVG_CONFIG_FAILED_HALT_AFTER
};

enum cvg_config_agree_on {
    CVG_CONFIG_AGREE_ASKED,
    CVG_CONFIG_AGREE_REVISION,
    CVG_CONFIG_AGREE_NOTHING
};

struct cvg_check_config {
    const char *name;
    const struct cvg_node *node;
    const struct cvg_use *use; /* its environment's */
    const struct cvg_source_config *source;
    const char *component; /* NULL: none */
    uint32_t plane;
    bool required, polled;
    double weight;
    int64_t interval_ns, timeout_ns, rise_ns, fall_ns;
    int64_t max_age_ns; /* CVG_ABSENT_INT: the model's default */
    int64_t
        max_age_written_ns; /* the check's own max_age, whatever the defaults; CVG_ABSENT_INT: none */
    uint32_t on_unknown;    /* enum cvg_config_on_unknown */
    int64_t keep_ns;
    uint32_t on_failed; /* enum cvg_config_on_failed */
    int64_t halt_after_ns;
    bool degraded_goes;
    bool disagrees;       /* its revision does not count where a gate agrees on one */
    const char *revision; /* the fact that is its revision; NULL: what the module says */
    bool faulty;          /* see cvg_config_read */
    /* Not NULL: it is the question of a discovery, in no environment. */
    const struct cvg_discover_config *discover;
    const void *settings; /* the module's struct, references as written */
    /* Indexes, in the same environment, of the checks whose facts it refers to; without repeats,
     * never in a circle. */
    const uint32_t *inputs;
    size_t input_count;
};

struct cvg_gate_config {
    const char *name;
    const struct cvg_node *node;      /* NULL: the default gate of an environment that lists none */
    struct cvg_list require, exclude; /* const char * */
    uint32_t agree_on;                /* enum cvg_config_agree_on */
};

struct cvg_environment_config {
    const char *name;
    const struct cvg_node *node; /* its map, with what its template has */
    const struct cvg_use *use;   /* of the template; NULL: none */
    const char *discovered_by;   /* the discovery that made it; NULL: the files */
    const struct cvg_check_config *checks;
    size_t check_count;
    const struct cvg_gate_config *gates; /* the first is the default one; never empty */
    size_t gate_count;
};

/* Which objects become environments, and how. */
struct cvg_discover_config {
    const char *name;
    const struct cvg_node *node;
    struct cvg_check_config check; /* what is asked of the source; its name is the discovery's */
    struct cvg_wanted wanted;      /* what `name` and `vars` take of an object */
    int64_t grace_ns;
    size_t most;
};

/* An object that was found by the discovery of this name. Borrowed. */
struct cvg_discovered {
    const char *discover;
    struct cvg_found_object object;
    const char *left_out; /* not NULL: it is known to make no environment, for this reason */
};

/* What became of one: an environment, or the reason why it is none. */
struct cvg_discover_outcome {
    const char *environment; /* NULL: none */
    const char *why;         /* NULL: it is one */
};

struct cvg_config {
    const char *file;
    const struct cvg_node *root; /* of all files, merged; NULL: nothing could be read */
    struct cvg_server_config server;
    struct cvg_names_config names;
    const char *store; /* NULL: none */
    struct cvg_retention_config retention;
    /* Hexadecimal: SHA-256 over the SHA-256 of each file's bytes, in the order of reading. "" where
     * a file could not be read. */
    const char *digest;
    const struct cvg_source_config *sources;
    size_t source_count;
    const struct cvg_environment_config *environments; /* sorted by name */
    size_t environment_count;
    const struct cvg_discover_config *discovers;
    size_t discover_count;
    /* What the files say alone, a reference; NULL: this is that. */
    struct cvg_config *base;
    const struct cvg_discover_outcome *outcomes; /* with a base: one for each that was discovered */
    bool faulty;                                 /* see cvg_config_read */
    struct cvg_arena *arena;                     /* owner of all of it */
    _Atomic unsigned references;
};

/* Reads file and, beside it, every .yaml file of conf.d in the order of their names; merges, checks, binds. All
 * problems go to diagnostics; *ret stays NULL where there was an error. Connects to nothing, but
 * reads files (blocking): start-up, or a worker. */
CVG_NODISCARD int cvg_config_load(const char *file, const struct cvg_kinds *kinds,
                                  struct cvg_diagnostics *diagnostics, struct cvg_config **ret);
/* The same from memory, without conf.d; for tests and fuzzing. */
CVG_NODISCARD int cvg_config_load_text(const char *file, const char *bytes, size_t length,
                                       const struct cvg_kinds *kinds,
                                       struct cvg_diagnostics *diagnostics,
                                       struct cvg_config **ret);
/* As cvg_config_load, but with a configuration even where there were errors: then it and the sources and
 * checks that had one are `faulty`, and it is good for nothing but asking the modules what they
 * refuse in the others, so that one pass says all. Never NULL; one reference is the caller's. */
struct cvg_config *cvg_config_read(const char *file, const struct cvg_kinds *kinds,
                                   struct cvg_diagnostics *diagnostics);
/* What the files said when base was read, and an environment for each object that one can be made
 * of; of two with one name the first. Nobody's mistake but its own leaves an object out, which the
 * outcomes tell. base: without fault; it may have discovered environments itself, which are not
 * taken over. Never NULL, never faulty; one reference is the caller's. Any thread, with the kinds
 * that base was read with. */
struct cvg_config *cvg_config_discover(struct cvg_config *base, const struct cvg_kinds *kinds,
                                       const struct cvg_discovered *found, size_t count);
struct cvg_config *cvg_config_ref(struct cvg_config *config);
void cvg_config_unref(struct cvg_config *config); /* takes NULL */

/* The module's struct bound once more, wholly in the arena, so that it can outlive the
 * configuration. For what was accepted: never NULL. */
const void *cvg_config_check_settings(const struct cvg_check_config *check,
                                      struct cvg_arena *arena);
const void *cvg_config_source_settings(const struct cvg_source_config *source,
                                       struct cvg_arena *arena);

/* The check's module struct with facts filled in, in the arena. NULL where a fact is not known
 * (*ret_missing, in the arena, names it: "checks.network.facts.lb_hostname") or where the text
 * that came out is not valid for its field (*ret_missing is NULL, reterr says). */
const void *cvg_config_resolve(const struct cvg_check_config *check,
                               int (*resolve)(void *ctx, const char *check, const char *fact,
                                              struct cvg_buf *ret),
                               void *ctx, struct cvg_arena *arena, const char **ret_missing,
                               struct cvg_error *reterr);

/* Checks the reading layers share (the wire's too): where the text of a listen address is not
 * "address:port" with a literal address. */
CVG_NODISCARD int cvg_config_parse_listen(const char *text, char *ret_host, size_t host_size,
                                          uint16_t *ret_port, struct cvg_error *reterr);

#endif
