/* SPDX-License-Identifier: Apache-2.0 */
/* Templates, and environments made from them. */
#include "config/template.h"

#include "base/text.h"
#include "config/vars.h"

#include <string.h>

/* What it gives that no operator wrote. */
#define OWN_NAME "environment"

struct cvg_template {
    const char *name;
    const struct cvg_node *node, *checks, *gates;
    struct cvg_list vars;     /* const char *: without a default they are required */
    struct cvg_list defaults; /* struct cvg_pair */
    bool used;
};

/* ---- reading ---- */

/* A copy whose nodes know that they stand in a template. */
static const struct cvg_node *
mark(struct cvg_arena *arena, /* NOLINT(misc-no-recursion): CVG_TREE_DEPTH */
     const struct cvg_node *node)
{
    struct cvg_node *copy = cvg_arena_alloc(arena, sizeof *copy);
    *copy = *node;
    copy->templated = true;
    if (node->count) {
        const struct cvg_node **items =
            cvg_arena_alloc(arena, node->count * sizeof(struct cvg_node *));
        const struct cvg_node **keys =
            cvg_arena_alloc(arena, node->count * sizeof(struct cvg_node *));
        for (size_t i = 0; i < node->count; i++) {
            items[i] = mark(arena, node->items[i]);
            if (node->kind == CVG_NODE_MAP) {
                keys[i] = mark(arena, node->keys[i]);
            }
        }
        copy->items = items;
        copy->keys = node->kind == CVG_NODE_MAP ? keys : NULL;
    }
    return copy;
}

static bool has_var(const struct cvg_template *template, const char *name)
{
    const char *const *names = template->vars.items;
    for (size_t i = 0; i < template->vars.count; i++) {
        if (cvg_text_equal(names[i], name)) {
            return true;
        }
    }
    return false;
}

static const char *default_of(const struct cvg_template *template, const char *name)
{
    const struct cvg_pair *defaults = template->defaults.items;
    for (size_t i = 0; i < template->defaults.count; i++) {
        if (cvg_text_equal(defaults[i].name, name)) {
            return defaults[i].value;
        }
    }
    return NULL;
}

static void check_vars(struct cvg_loader *loader, const struct cvg_template *template)
{
    const struct cvg_node *vars = cvg_node_get(template->node, "vars");
    const struct cvg_node *defaults = cvg_node_get(template->node, "defaults");
    const char *const *names = template->vars.items;
    for (size_t i = 0; i < template->vars.count; i++) {
        const struct cvg_node *place = cvg_load_item(vars, i);
        if (!cvg_text_is_name(names[i])) {
            cvg_load_name(loader, place, "var");
        } else if (strcmp(names[i], OWN_NAME) == 0) {
            cvg_diagnostics_error(loader->diagnostics, place,
                                  "every template has the var '" OWN_NAME "', the environment's "
                                  "name");
        }
    }
    const struct cvg_pair *pairs = template->defaults.items;
    for (size_t i = 0; i < template->defaults.count; i++) {
        if (!has_var(template, pairs[i].name)) {
            cvg_diagnostics_error(loader->diagnostics, cvg_node_get_key(defaults, pairs[i].name),
                                  "'%s' is no var of this template: name it in 'vars' too",
                                  pairs[i].name);
        }
    }
}

static struct cvg_template *read_template(struct cvg_loader *loader, const struct cvg_node *key,
                                          const struct cvg_node *node)
{
    struct cvg_template *template = cvg_arena_alloc(loader->arena, sizeof *template);
    struct cvg_binder binder = {.arena = loader->arena, .diagnostics = loader->diagnostics};
    struct cvg_template_keys keys = {0};
    struct cvg_bind_target target = {cvg_template_fields, &keys};
    cvg_load_name(loader, key, "template");
    (void)cvg_bind_map(&binder, node, &target, 1);
    *template = (struct cvg_template){
        .name = key->text, .node = node, .vars = keys.vars, .defaults = keys.defaults};
    template->checks = keys.checks ? mark(loader->arena, keys.checks) : NULL;
    template->gates = keys.gates ? mark(loader->arena, keys.gates) : NULL;
    check_vars(loader, template);
    return template;
}

void cvg_template_load(struct cvg_loader *loader, const struct cvg_node *map)
{
    for (size_t i = 0; map && i < map->count; i++) {
        cvg_map_put(loader->templates, map->keys[i]->text,
                    read_template(loader, map->keys[i], map->items[i]));
    }
}

void cvg_template_check_used(struct cvg_loader *loader)
{
    size_t at = 0;
    const char *name;
    void *value;
    while (cvg_map_next(loader->templates, &at, &name, &value)) {
        const struct cvg_template *template = value;
        if (!template->used) {
            cvg_diagnostics_warning(loader->diagnostics, template->node,
                                    "no environment uses template '%s', so its checks were not "
                                    "looked at",
                                    name);
        }
    }
}

/* ---- expanding ---- */

/* What an environment writes about its template. */
struct making {
    struct cvg_loader *loader;
    struct cvg_environment_config *environment;
    struct cvg_template *template; /* NULL: none */
    const struct cvg_node *node;   /* the environment's map */
    struct cvg_map *values;        /* owned */
};

static void making_done(struct making *making)
{
    cvg_map_free(making->values);
}

static struct cvg_template *find_template(struct cvg_loader *loader, const struct cvg_node *node)
{
    const struct cvg_node *name = cvg_node_get(node, "template");
    if (!name || name->kind != CVG_NODE_SCALAR) {
        return NULL; /* binding says so where it is no name */
    }
    struct cvg_template *template = cvg_map_get(loader->templates, name->text);
    if (!template) {
        char shown[64];
        cvg_text_printable(name->text, name->length, shown, sizeof shown);
        cvg_diagnostics_error(loader->diagnostics, name, "there is no template '%s'%s", shown,
                              cvg_load_suggest(loader, name->text, loader->templates));
    }
    return template;
}

static void take_own_values(struct making *making)
{
    const struct cvg_node *vars = cvg_node_get(making->node, "vars");
    const struct cvg_template *template = making->template;
    for (size_t i = 0; vars && vars->kind == CVG_NODE_MAP && i < vars->count; i++) {
        const struct cvg_node *key = vars->keys[i], *item = vars->items[i];
        if (item->kind != CVG_NODE_SCALAR) {
            continue; /* binding says so */
        }
        if (template && !has_var(template, key->text)) {
            char shown[64];
            cvg_text_printable(key->text, key->length, shown, sizeof shown);
            cvg_diagnostics_error(making->loader->diagnostics, key,
                                  "template '%s' (%s:%u:%u) has no var '%s'", template->name,
                                  template->node->file, template->node->line,
                                  template->node->column, shown);
        }
        cvg_map_put(making->values, key->text, (void *)(uintptr_t)item->text);
    }
}

static void take_values(struct making *making)
{
    const struct cvg_template *template = making->template;
    take_own_values(making);
    cvg_map_put(making->values, OWN_NAME, (void *)(uintptr_t)making->environment->name);
    const char *const *names = template ? template->vars.items : NULL;
    for (size_t i = 0; template && i < template->vars.count; i++) {
        if (cvg_map_get(making->values, names[i])) {
            continue;
        }
        const char *value = default_of(template, names[i]);
        if (!value) {
            cvg_diagnostics_error(
                making->loader->diagnostics, cvg_node_get(making->node, "template"),
                "template '%s' (%s:%u:%u) needs the var '%s'", template->name, template->node->file,
                template->node->line, template->node->column, names[i]);
            value = "";
        }
        cvg_map_put(making->values, names[i], (void *)(uintptr_t)value);
    }
}

void cvg_template_check_use(struct cvg_loader *loader, const struct cvg_node *use)
{
    struct cvg_environment_config nobody = {.name = ""};
    struct making making CVG_CLEANUP(making_done) = {.loader = loader,
                                                     .environment = &nobody,
                                                     .template = find_template(loader, use),
                                                     .node = use,
                                                     .values = cvg_map_new()};
    if (making.template) {
        making.template->used = true;
        take_values(&making);
    }
}

static size_t index_of(const struct cvg_node *map, const char *key)
{
    size_t i = 0;
    while (i < map->count && !cvg_text_equal(map->keys[i]->text, key)) {
        i++;
    }
    return i;
}

/* A map while it is put together. */
struct merging {
    const struct cvg_node **keys, **items; /* room for both maps */
    size_t count;
};

static void put(struct merging *merging, const struct cvg_node *key, const struct cvg_node *item)
{
    merging->keys[merging->count] = key;
    merging->items[merging->count++] = item;
}

/* `over` over `base`, key by key, `depth` maps deep; a null takes a key out. */
static const struct cvg_node *
merge(struct cvg_arena *arena, /* NOLINT(misc-no-recursion): two deep */
      const struct cvg_node *base, const struct cvg_node *over, int depth)
{
    if (!over || over->kind == CVG_NODE_NULL) {
        return base;
    }
    if (!base || base->kind != CVG_NODE_MAP || over->kind != CVG_NODE_MAP || depth == 0) {
        return over;
    }
    size_t most = base->count + over->count + 1;
    struct merging merging = {.keys = cvg_arena_alloc(arena, most * sizeof(struct cvg_node *)),
                              .items = cvg_arena_alloc(arena, most * sizeof(struct cvg_node *))};
    for (size_t i = 0; i < base->count; i++) {
        size_t own = index_of(over, base->keys[i]->text);
        if (own == over->count) {
            put(&merging, base->keys[i], base->items[i]);
        } else if (over->items[own]->kind != CVG_NODE_NULL) {
            put(&merging, over->keys[own],
                merge(arena, base->items[i], over->items[own], depth - 1));
        }
    }
    for (size_t i = 0; i < over->count; i++) {
        if (index_of(base, over->keys[i]->text) == base->count) {
            put(&merging, over->keys[i], over->items[i]);
        }
    }
    struct cvg_node *merged = cvg_arena_alloc(arena, sizeof *merged);
    *merged = *over;
    merged->keys = merging.keys;
    merged->items = merging.items;
    merged->count = merging.count;
    return merged;
}

/* The environment's map with these in place of its own checks and gates. */
static const struct cvg_node *with_parts(struct making *making, const struct cvg_node *own,
                                         const struct cvg_node *checks,
                                         const struct cvg_node *gates)
{
    const struct cvg_template *template = making->template;
    struct cvg_node *over = cvg_arena_alloc(making->loader->arena, sizeof *over);
    const struct cvg_node *keys[2], *items[2];
    size_t count = 0;
    if (checks) {
        keys[count] = cvg_node_get_key(template->node, "checks");
        items[count++] = checks;
    }
    if (gates) {
        keys[count] = cvg_node_get_key(template->node, "gates");
        items[count++] = gates;
    }
    *over = *own;
    over->keys = keys;
    over->items = items;
    over->count = count;
    /* Copied by merging, so that the arrays may be on the stack. */
    return merge(making->loader->arena, own, over, 1);
}

const struct cvg_node *cvg_template_expand(struct cvg_loader *loader,
                                           struct cvg_environment_config *environment)
{
    const struct cvg_node *node = environment->node;
    if (node->kind != CVG_NODE_MAP ||
        (!cvg_node_get_key(node, "template") && !cvg_node_get_key(node, "vars"))) {
        return node;
    }
    struct making making CVG_CLEANUP(making_done) = {.loader = loader,
                                                     .environment = environment,
                                                     .template = find_template(loader, node),
                                                     .node = node,
                                                     .values = cvg_map_new()};
    struct cvg_template *template = making.template;
    if (!template && cvg_node_get_key(node, "template")) {
        return node;
    }
    take_values(&making);
    struct cvg_vars vars = {
        .arena = loader->arena,
        .diagnostics = loader->diagnostics,
        .values = making.values,
        .whose = template ? cvg_arena_format(loader->arena, "template '%s'", template->name)
                          : "this environment"};
    if (!template) {
        return cvg_vars_fill(&vars, node);
    }
    template->used = true;
    struct cvg_use *use = cvg_arena_alloc(loader->arena, sizeof *use);
    *use = (struct cvg_use){.name = environment->name, .node = cvg_node_get(node, "template")};
    environment->use = use;
    cvg_diagnostics_use(loader->diagnostics, use);
    const struct cvg_node *own = cvg_vars_fill(&vars, node);
    const struct cvg_node *checks = merge(loader->arena, cvg_vars_fill(&vars, template->checks),
                                          cvg_node_get(own, "checks"), 2);
    const struct cvg_node *gates =
        merge(loader->arena, cvg_vars_fill(&vars, template->gates), cvg_node_get(own, "gates"), 2);
    return with_parts(&making, own, checks, gates);
}
