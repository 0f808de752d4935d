/* SPDX-License-Identifier: Apache-2.0 */
/* The server layer knows nothing of configurations; here is who knows both. */
#include "daemon/serve.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "crypto/hex.h"

#include <stdlib.h>
#include <unistd.h>

/* A list of texts as the server takes it; NULL where it is empty. */
static const char **ended(struct cvg_arena *arena, const struct cvg_list *list)
{
    const char *const *items = list->items;
    const char **ret = cvg_arena_alloc(arena, (list->count + 1) * sizeof(*ret));

    for (size_t i = 0; i < list->count; i++) {
        ret[i] = items[i];
    }
    return list->count ? ret : NULL;
}

static struct cvg_grants grants_of(struct cvg_arena *arena, const struct cvg_grants_config *from)
{
    struct cvg_grant *items = cvg_arena_alloc(arena, (from->count + 1) * sizeof(*items));

    for (size_t i = 0; i < from->count; i++) {
        const struct cvg_grant_config *grant = &from->items[i];
        items[i] = (struct cvg_grant){
            .name = grant->name,
            .scopes = grant->scopes,
            .environments = ended(arena, &grant->environments),
            .common_name = grant->common_name,
            .dns = grant->dns,
            .uri = grant->uri,
            .uid = grant->uid,
        };
        if (grant->sha256 &&
            !cvg_hex_read(grant->sha256, items[i].sha256, sizeof(items[i].sha256))) {
            abort(); /* the configuration was checked */
        }
    }
    return (struct cvg_grants){items, from->count};
}

struct cvg_access *cvg_serve_access(const struct cvg_config *config)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_access_options options = {
        .tokens = grants_of(arena, &config->server.tokens),
        .clients = grants_of(arena, &config->server.clients),
        .users = grants_of(arena, &config->server.users),
        .own_uid = geteuid(),
    };

    return cvg_access_new(&options);
}

static unsigned limit_of(int64_t value)
{
    return value == CVG_ABSENT_INT ? 0 : (unsigned)value;
}

static struct cvg_limits limits_of(const struct cvg_limits_config *from)
{
    return (struct cvg_limits){
        .connections = limit_of(from->connections),
        .per_address = limit_of(from->per_address),
        .waiters = limit_of(from->waiters),
        .header = (size_t)from->header,
        .body = (size_t)from->body,
        .bodies = (size_t)from->bodies,
        .answers = (size_t)from->answers,
        .idle_ns = from->idle_ns,
        .request_ns = from->request_ns,
    };
}

/* TLS files are read again whenever they change, so a reference becomes the path behind it. */
static int path_of(const struct cvg_secret *secret, struct cvg_arena *arena, const char **ret,
                   struct cvg_error *reterr)
{
    if (secret->kind == CVG_SECRET_FILE) {
        *ret = secret->name;
        return 0;
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment */
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND,
                             "tls.key: credential:%s, but $CREDENTIALS_DIRECTORY is not set",
                             secret->name);
    }
    *ret = cvg_arena_format(arena, "%s/%s", folder, secret->name);
    return 0;
}

static unsigned mode_of(uint32_t mode)
{
    static const unsigned modes[] = {
        [CVG_CONFIG_SOCKET_OWNER] = 0600,
        [CVG_CONFIG_SOCKET_GROUP] = 0660,
        [CVG_CONFIG_SOCKET_ALL] = 0666,
    };

    return modes[mode];
}

int cvg_serve_new(const struct cvg_config *config, struct cvg_sockets *sockets,
                  struct cvg_board *board, struct cvg_server **ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_server_config *from = &config->server;
    struct cvg_tls_options tls = {.cert = from->tls.cert, .client_ca = from->tls.client_ca};
    int rc = tls.cert ? path_of(from->tls.key, arena, &tls.key, reterr) : 0;

    if (rc < 0) {
        return rc;
    }
    struct cvg_server_options options = {
        .host = from->listen_host,
        .port = from->listen_port,
        .listen_fd = cvg_sockets_use(sockets, "http"),
        .socket_fd = cvg_sockets_use(sockets, "socket"),
        .health_fd = cvg_sockets_use(sockets, "health"),
        .threads = (unsigned)from->threads,
        .hosts = ended(arena, &from->hosts),
        .limits = limits_of(&from->limits),
        .tls = tls.cert ? &tls : NULL,
        .access = cvg_serve_access(config),
        .socket = from->socket,
        .socket_mode = mode_of(from->socket_mode),
        .health_host = from->health_host,
        .health_port = from->health_port,
        .health_socket = from->health_socket,
        .version = CVG_VERSION,
    };
    return cvg_server_new(&options, board, ret, reterr);
}
