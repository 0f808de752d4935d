/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask: tokens, clients and users, each with scopes and environments. */
#include "config/loader.h"

#include "base/scopes.h"
#include "base/text.h"
#include "config/bind_value.h"
#include "config/discover.h"

#include <convergate/number.h>

#include <errno.h>
#include <pwd.h>
#include <string.h>

#define DIGEST_DIGITS 64
#define PASSWD_BUFFER ((size_t)64 * 1024)

/* Of no bytes at all: what somebody gets who hashes a variable that is not set. */
#define EMPTY_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void check_digest(struct cvg_loader *loader, const struct cvg_node *node, const char *text)
{
    if (text && cvg_text_equal_nocase(text, EMPTY_DIGEST)) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(node, "sha256"),
                              "'sha256' is the digest of an empty token");
        return;
    }
    if (text && (strlen(text) != DIGEST_DIGITS ||
                 strspn(text, "0123456789abcdefABCDEF") != DIGEST_DIGITS)) {
        /* Not shown: somebody may have written the token itself. */
        cvg_diagnostics_error(
            loader->diagnostics, cvg_node_get(node, "sha256"),
            "'sha256' must be 64 hexadecimal digits, as `convergate token` prints "
            "them");
    }
}

static void check_certificate(struct cvg_loader *loader, const struct cvg_node *node)
{
    static const char *const keys[] = {"common_name", "dns", "uri"};
    size_t count = 0;
    for (size_t i = 0; i < CVG_COUNT(keys); i++) {
        count += cvg_node_get(node, keys[i]) != NULL;
    }
    if (count != 1) {
        cvg_diagnostics_error(loader->diagnostics, node,
                              "exactly one of 'common_name', 'dns' and 'uri' must say which "
                              "certificate is meant");
    }
}

/* What the kernel says where a user does not exist in this user namespace: could be anybody. */
#define OVERFLOW_UID 65534u

/* A number, or a name that the system knows. Blocking, as all of loading. */
static bool find_user(const char *name, uint32_t *ret)
{
    uint64_t number;
    struct passwd entry, *found = NULL;
    if (cvg_parse_uint64(name, strlen(name), &number) == 0) {
        *ret = (uint32_t)number;
        return number < UINT32_MAX;
    }
    char *buffer CVG_CLEANUP(cvg_free_pointer) = cvg_alloc(PASSWD_BUFFER);
    if (getpwnam_r(name, &entry, buffer, PASSWD_BUFFER, &found) != 0 || !found) {
        return false;
    }
    *ret = found->pw_uid;
    return true;
}

static uint32_t read_scopes(struct cvg_loader *loader, const struct cvg_node *node,
                            const struct cvg_list *scopes)
{
    const char *const *items = scopes->items;
    uint32_t ret = 0;
    for (size_t i = 0; i < scopes->count; i++) {
        if (items[i][0] && !cvg_scopes_add(items[i], &ret)) {
            cvg_diagnostics_error(loader->diagnostics, cvg_load_item(node, i),
                                  "'scopes' must be of read, decide, push, operate, admin");
        }
    }
    return ret;
}

struct group {
    const char *what;
    const struct cvg_field *fields;
    const struct cvg_node *map;
    struct cvg_grants_config *ret;
};

static void load_one(struct cvg_loader *loader, const struct group *group,
                     const struct cvg_node *key, const struct cvg_node *node,
                     struct cvg_grant_config *ret)
{
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_grant_keys keys = {0};
    struct cvg_bind_target target = {group->fields, &keys};
    cvg_load_name(loader, key, group->what);
    (void)cvg_bind_map(&binder, node, &target, 1);
    *ret = (struct cvg_grant_config){
        .name = key->text,
        .sha256 = keys.sha256,
        .common_name = keys.common_name,
        .dns = keys.dns,
        .uri = keys.uri,
        .scopes = read_scopes(loader, cvg_node_get(node, "scopes"), &keys.scopes),
        .environments = keys.environments,
    };
    if (group->fields == cvg_token_fields) {
        check_digest(loader, node, keys.sha256);
    } else if (group->fields == cvg_client_fields) {
        check_certificate(loader, node);
    } else if (cvg_text_is_name(key->text) && !find_user(key->text, &ret->uid)) {
        cvg_diagnostics_error(loader->diagnostics, key,
                              "there is no user '%s' on this system; its number can stand here too",
                              key->text);
    } else if (ret->uid == OVERFLOW_UID) {
        cvg_diagnostics_error(loader->diagnostics, key,
                              "user '%s' (%u) cannot be told from users of other namespaces, so "
                              "nothing can be granted to it",
                              key->text, OVERFLOW_UID);
    }
}

/* Whether two of a group are the same credential: then nobody could tell whose rights it has. */
static bool same(const struct cvg_grant_config *a, const struct cvg_grant_config *b, bool users)
{
    if (a->sha256 || b->sha256) {
        return a->sha256 && b->sha256 && cvg_text_equal_nocase(a->sha256, b->sha256);
    }
    if (users) {
        return a->uid == b->uid;
    }
    return (a->common_name && cvg_text_equal(a->common_name, b->common_name)) ||
           (a->dns && b->dns && cvg_text_equal_nocase(a->dns, b->dns)) ||
           (a->uri && cvg_text_equal(a->uri, b->uri));
}

static void check_repeats(struct cvg_loader *loader, const struct group *group)
{
    const struct cvg_grant_config *items = group->ret->items;
    bool users = group->fields == cvg_user_fields;
    for (size_t i = 0; i < group->ret->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same(&items[i], &items[j], users)) {
                cvg_diagnostics_error(loader->diagnostics, group->map->keys[i],
                                      "%s '%s' is the same credential as '%s'", group->what,
                                      items[i].name, items[j].name);
                break;
            }
        }
    }
}

void cvg_load_grants(struct cvg_loader *loader, const struct cvg_server_keys *keys)
{
    struct cvg_server_config *server = &loader->config->server;
    const struct group groups[] = {
        {"token", cvg_token_fields, keys->tokens, &server->tokens},
        {"client", cvg_client_fields, keys->clients, &server->clients},
        {"user", cvg_user_fields, keys->users, &server->users},
    };
    for (size_t g = 0; g < CVG_COUNT(groups); g++) {
        const struct group *group = &groups[g];
        size_t errors = loader->diagnostics->errors;
        size_t count = group->map ? group->map->count : 0;
        if (count > CVG_GRANTS_MOST) {
            cvg_diagnostics_error(loader->diagnostics, group->map, "at most %d %ss can be listed",
                                  CVG_GRANTS_MOST, group->what);
            continue;
        }
        struct cvg_grant_config *items =
            cvg_arena_alloc(loader->arena, CVG_MAX(count, 1) * sizeof *items);
        for (size_t i = 0; i < count; i++) {
            load_one(loader, group, group->map->keys[i], group->map->items[i], &items[i]);
        }
        *group->ret = (struct cvg_grants_config){items, count};
        if (loader->diagnostics->errors == errors) {
            check_repeats(loader, group);
        }
    }
}

static void check_environments(struct cvg_loader *loader, const struct cvg_map *known,
                               const struct cvg_node *map, const struct cvg_grants_config *grants)
{
    for (size_t i = 0; i < grants->count; i++) {
        const struct cvg_list *list = &grants->items[i].environments;
        const char *const *names = list->items;
        const struct cvg_node *place = cvg_node_get(map->items[i], "environments");
        for (size_t j = 0; j < list->count; j++) {
            if (names[j][0] && !cvg_map_get(known, names[j]) &&
                !cvg_discover_may_make(loader->config, names[j])) {
                char shown[CVG_BIND_SHOWN];
                cvg_text_printable(names[j], strlen(names[j]), shown, sizeof shown);
                cvg_diagnostics_error(loader->diagnostics, cvg_load_item(place, j),
                                      "there is no environment '%s'%s", shown,
                                      cvg_load_suggest(loader, names[j], known));
            }
        }
    }
}

void cvg_load_grants_check(struct cvg_loader *loader, const struct cvg_node *server)
{
    const struct cvg_config *config = loader->config;
    struct cvg_map *known = cvg_map_new();
    for (size_t i = 0; i < config->environment_count; i++) {
        cvg_map_put(known, config->environments[i].name, known);
    }
    check_environments(loader, known, cvg_node_get(server, "tokens"), &config->server.tokens);
    check_environments(loader, known, cvg_node_get(server, "clients"), &config->server.clients);
    check_environments(loader, known, cvg_node_get(server, "users"), &config->server.users);
    cvg_map_free(known);
}
