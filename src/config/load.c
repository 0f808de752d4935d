/* SPDX-License-Identifier: Apache-2.0 */
/* From files to a configuration: the top level and the environments. */
#include "config/loader.h"

#include "base/text.h"
#include "config/bind_value.h"
#include "config/discover.h"
#include "config/files.h"
#include "config/template.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>

void cvg_load_name(struct cvg_loader *loader, const struct cvg_node *key, const char *what)
{
    if (cvg_text_is_name(key->text)) {
        return;
    }
    char shown[CVG_BIND_SHOWN];
    cvg_text_printable(key->text, key->length, shown, sizeof shown);
    cvg_diagnostics_error(
        loader->diagnostics, key,
        "'%s' cannot be the name of a %s: 1 to 63 letters, digits, '-', '_', '.', "
        "beginning with a letter or digit",
        shown, what);
}

const char *cvg_load_suggest(struct cvg_loader *loader, const char *name, const struct cvg_map *map)
{
    size_t at = 0, count = 0;
    const char *key;
    void *value;
    if (loader->diagnostics->count == CVG_DIAGNOSTICS_LIMIT) {
        return ""; /* nobody would see it, and looking through thousands of names takes long */
    }
    const char **names = cvg_alloc_array(CVG_MAX(cvg_map_count(map), 1), sizeof *names);
    while (cvg_map_next(map, &at, &key, &value)) {
        names[count++] = key;
    }
    const char *text = cvg_bind_suggest(loader->arena, name, names, count);
    free(names);
    return text ? cvg_arena_format(loader->arena, "; %s", text) : "";
}

/* ---- names, store ---- */

const struct cvg_node *cvg_load_item(const struct cvg_node *list, size_t i)
{
    return list && list->kind == CVG_NODE_LIST ? list->items[i] : list;
}

/* An address, or one with a port. */
static bool is_name_server(const char *text)
{
    struct in_addr four;
    struct in6_addr six;
    char host[INET6_ADDRSTRLEN];
    uint16_t port;
    if (inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1) {
        return true;
    }
    return cvg_config_parse_listen(text, host, sizeof host, &port, NULL) == 0 && port != 0;
}

static void check_servers(struct cvg_loader *loader, const struct cvg_node *node,
                          const struct cvg_list *servers)
{
    const char *const *items = servers->items;
    for (size_t i = 0; i < servers->count; i++) {
        if (items[i][0] && !is_name_server(items[i])) {
            cvg_diagnostics_error(loader->diagnostics, cvg_load_item(node, i),
                                  "'servers' must be addresses, such as 10.0.0.2 or "
                                  "\"10.0.0.2:5353\"");
        }
    }
}

static void load_settings(struct cvg_loader *loader, const struct cvg_node *root,
                          const struct cvg_file_keys *keys)
{
    struct cvg_config *config = loader->config;
    const struct cvg_node *names = cvg_node_get(root, "names");
    cvg_load_server(loader, cvg_node_get(root, "server"), keys->server);
    if (keys->names) {
        check_servers(loader, cvg_node_get(names, "servers"), &keys->names->servers);
        config->names.servers = keys->names->servers;
        config->names.timeout_ns = keys->names->timeout;
    }
    if (keys->store && keys->store[0] != '/') {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get(root, "store"),
                              "'store' must be an absolute path");
    }
    if (!keys->store && cvg_node_get(root, "retention")) {
        cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(root, "retention"),
                              "'retention' needs 'store': without one nothing is kept");
    }
    config->store = keys->store;
    if (keys->retention) {
        config->retention = (struct cvg_retention_config){
            .decisions_ns = keys->retention->decisions,
            .history_ns = keys->retention->history,
            .size = keys->retention->size,
        };
    }
}

/* ---- environments ---- */

/* A var may bring a reference to where it is filled in. */
static void leave_reference(CVG_UNUSED void *ctx, CVG_UNUSED const struct cvg_node *node,
                            CVG_UNUSED const char *check, CVG_UNUSED const char *fact)
{
}

void cvg_load_environment(struct cvg_loader *loader, struct cvg_environment_config *environment)
{
    struct cvg_binder binder = {.arena = loader->arena,
                                .diagnostics = loader->diagnostics,
                                .on_reference = leave_reference};
    struct cvg_environment_keys keys = {0};
    struct cvg_bind_target target = {cvg_environment_fields, &keys};
    size_t errors = loader->diagnostics->errors;
    environment->node = cvg_template_expand(loader, environment);
    (void)cvg_bind_map(&binder, environment->node, &target, 1);
    if (loader->diagnostics->errors == errors && (!keys.checks || keys.checks->count == 0)) {
        cvg_diagnostics_error(loader->diagnostics, environment->node,
                              "environment '%s' has no checks, so it could never say go",
                              environment->name);
    }
    cvg_load_checks(loader, environment, keys.checks);
    cvg_load_gates(loader, environment, keys.gates);
    cvg_diagnostics_use(loader->diagnostics, NULL);
}

static int compare_names(const void *a, const void *b)
{
    const struct cvg_environment_config *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void load_environments(struct cvg_loader *loader, const struct cvg_node *map)
{
    size_t count = map ? map->count : 0;
    size_t most = count + loader->found_count;
    struct cvg_environment_config *environments =
        cvg_arena_alloc(loader->arena, CVG_MAX(most, 1) * sizeof *environments);
    for (size_t i = 0; i < count; i++) {
        cvg_load_name(loader, map->keys[i], "environment");
        environments[i].name = map->keys[i]->text;
        environments[i].node = map->items[i];
        cvg_load_environment(loader, &environments[i]);
    }
    count = cvg_discover_expand(loader, environments, count);
    if (count) {
        qsort(environments, count, sizeof *environments, compare_names);
    }
    loader->config->environments = environments;
    loader->config->environment_count = count;
}

/* ---- the whole ---- */

/* What checks fall back on where the operator's own defaults cannot be used. */
static const struct cvg_defaults_keys *usable_defaults(struct cvg_loader *loader,
                                                       const struct cvg_defaults_keys *keys)
{
    bool usable = keys && keys->interval != CVG_ABSENT_INT && keys->timeout != CVG_ABSENT_INT &&
                  keys->rise != CVG_ABSENT_INT && keys->fall != CVG_ABSENT_INT;
    if (usable) {
        return keys;
    }
    struct cvg_defaults_keys *own = cvg_arena_alloc(loader->arena, sizeof *own);
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_bind_target target = {cvg_defaults_fields, own};
    (void)cvg_bind_map(&binder, NULL, &target, 1);
    return own;
}

static void load_root(struct cvg_loader *loader, const struct cvg_node *root)
{
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_file_keys keys = {0};
    struct cvg_bind_target target = {cvg_file_fields, &keys};
    (void)cvg_bind_map(&binder, root, &target, 1);
    loader->defaults = usable_defaults(loader, keys.defaults);
    load_settings(loader, root, &keys);
    cvg_load_sources(loader, keys.sources);
    cvg_template_load(loader, keys.templates);
    cvg_discover_load(loader, keys.discover);
    load_environments(loader, keys.environments);
    cvg_template_check_used(loader);
    cvg_load_grants_check(loader, cvg_node_get(root, "server"));
}

static struct cvg_config *config_new(const char *file)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_config *config = cvg_arena_alloc(arena, sizeof *config);
    config->arena = arena;
    config->file = cvg_arena_strdup(arena, file);
    config->digest = "";
    atomic_init(&config->references, 1);
    return config;
}

/* root: all files', merged. */
static void load_whole(struct cvg_loader *loader, const struct cvg_node *root)
{
    loader->sources = cvg_map_new();
    loader->templates = cvg_map_new();
    loader->config->root = root;
    load_root(loader, root);
    cvg_map_free(loader->sources);
    cvg_map_free(loader->templates);
}

static void finish(struct cvg_loader *loader, const struct cvg_node *const *roots, size_t count,
                   size_t errors_before)
{
    struct cvg_diagnostics *diagnostics = loader->diagnostics;
    if (count) {
        const struct cvg_node *root = cvg_files_merge(roots, count, loader->arena, diagnostics);
        load_whole(loader, root);
        if (diagnostics->errors == errors_before && loader->config->environment_count == 0 &&
            loader->config->discover_count == 0) {
            cvg_diagnostics_warning(diagnostics, root, "no environments are configured");
        }
    }
    loader->config->faulty = diagnostics->errors != errors_before;
}

/* Takes the configuration over. */
static int refuse_faulty(struct cvg_config *config, struct cvg_config **ret)
{
    *ret = NULL;
    if (config->faulty) {
        cvg_config_unref(config);
        return CVG_E_INVALID;
    }
    *ret = config;
    return 0;
}

static struct cvg_loader loader_new(const char *file, const struct cvg_kinds *kinds,
                                    struct cvg_diagnostics *diagnostics)
{
    struct cvg_config *config = config_new(file);
    return (struct cvg_loader){
        .config = config, .arena = config->arena, .kinds = kinds, .diagnostics = diagnostics};
}

struct cvg_config *cvg_config_read(const char *file, const struct cvg_kinds *kinds,
                                   struct cvg_diagnostics *diagnostics)
{
    size_t errors = diagnostics->errors, count = 0;
    const struct cvg_node *const *roots = NULL;
    struct cvg_loader loader = loader_new(file, kinds, diagnostics);
    /* Problems were counted; whatever could be read is checked all the same. */
    (void)!cvg_files_read(file, loader.arena, diagnostics, &roots, &count, &loader.config->digest);
    finish(&loader, roots, count, errors);
    return loader.config;
}

int cvg_config_load(const char *file, const struct cvg_kinds *kinds,
                    struct cvg_diagnostics *diagnostics, struct cvg_config **ret)
{
    return refuse_faulty(cvg_config_read(file, kinds, diagnostics), ret);
}

int cvg_config_load_text(const char *file, const char *bytes, size_t length,
                         const struct cvg_kinds *kinds, struct cvg_diagnostics *diagnostics,
                         struct cvg_config **ret)
{
    size_t errors = diagnostics->errors;
    const struct cvg_node *root = NULL;
    struct cvg_loader loader = loader_new(file, kinds, diagnostics);
    (void)!cvg_tree_parse(file, bytes, length, loader.arena, diagnostics, &root);
    loader.config->digest = cvg_files_digest(bytes, length, loader.arena);
    finish(&loader, &root, root ? 1 : 0, errors);
    return refuse_faulty(loader.config, ret);
}

struct cvg_config *cvg_config_discover(struct cvg_config *base, const struct cvg_kinds *kinds,
                                       const struct cvg_discovered *found, size_t count)
{
    struct cvg_diagnostics said CVG_CLEANUP(cvg_diagnostics_done) = {0};
    struct cvg_config *files = base->base ? base->base : base;
    if (files->discover_count == 0) {
        return cvg_config_ref(files);
    }
    struct cvg_loader loader = loader_new(files->file, kinds, &said);
    loader.found = found;
    loader.found_count = count;
    loader.config->base = cvg_config_ref(files);
    loader.config->digest = files->digest;
    load_whole(&loader, files->root); /* what was accepted once is accepted again */
    return loader.config;
}
