/* SPDX-License-Identifier: Apache-2.0 */
/* From an object to the map that its environment would be in the files. */
#include "config/discover.h"
#include "config/discover_inner.h"

#include "base/text.h"

#include <string.h>

/* One object on its way. */
struct expanding {
    struct cvg_loader *loader;
    const struct cvg_discover_config *discover;
    const struct cvg_found_object *object;
    const char *why; /* in the arena: it cannot be one; NULL: nothing speaks against it */
};

/* ---- values ---- */

static const char *pair_of(const struct cvg_pair *pairs, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal(pairs[i].name, key)) {
            return pairs[i].value;
        }
    }
    return NULL;
}

static const char *value_of(const struct expanding *expanding,
                            const struct cvg_object_reference *reference)
{
    const struct cvg_found_object *object = expanding->object;
    switch (reference->what) {
    case CVG_OBJECT_NAME:
        return object->name;
    case CVG_OBJECT_NAMESPACE:
        return object->namespace_name;
    case CVG_OBJECT_LABEL:
        return pair_of(object->labels, object->label_count, reference->key);
    case CVG_OBJECT_ANNOTATION:
        break;
    }
    return pair_of(object->annotations, object->annotation_count, reference->key);
}

/* A `$` at the end could make a reference with what follows it. */
static bool is_usable(const char *value)
{
    size_t length = strnlen(value, CVG_DISCOVER_VALUE + 1);
    if (length > CVG_DISCOVER_VALUE || !cvg_text_is_utf8(value, length) ||
        (length && value[length - 1] == '$')) {
        return false;
    }
    for (size_t at = 0; at < length;) {
        uint32_t character = 0;
        at += cvg_text_decode(value + at, length - at, &character);
        if (!cvg_text_is_printable(character)) {
            return false;
        }
    }
    return true;
}

static void put_escaped(struct cvg_buf *out, const char *value)
{
    for (const char *at = value; *at; at++) {
        if (at[0] == '$' && at[1] == '{') {
            cvg_buf_putc(out, '$');
        }
        cvg_buf_putc(out, *at);
    }
}

static const char *word_of(const struct cvg_object_reference *reference)
{
    static const char *const words[] = {"name", "namespace", "label", "annotation"};
    return words[reference->what];
}

/* The text with what the object has. NULL: it lacks something (*ret_missing says what), or has
 * something that cannot be used (expanding->why says so). */
static const char *fill(struct expanding *expanding, const char *text, const char **ret_missing)
{
    struct cvg_arena *arena = expanding->loader->arena;
    struct cvg_buf out CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(CVG_TREE_SCALAR_LIMIT);
    struct cvg_object_reference reference;
    for (const char *at = text; *at;) {
        if (strncmp(at, "$${", 3) == 0) {
            cvg_buf_puts(&out, "$${");
            at += 3;
            continue;
        }
        if (!cvg_discover_reference(arena, at, &reference)) {
            cvg_buf_putc(&out, *at++);
            continue;
        }
        const char *key = reference.key ? reference.key : "";
        const char *value = value_of(expanding, &reference);
        if (!value || !*value) {
            *ret_missing = cvg_arena_format(arena, "it has no %s%s%s", word_of(&reference),
                                            *key ? " " : "", key);
            return NULL;
        }
        if (!is_usable(value)) {
            expanding->why = cvg_arena_format(arena, "its %s%s%s cannot be used in text",
                                              word_of(&reference), *key ? " " : "", key);
            return NULL;
        }
        put_escaped(&out, value);
        at += reference.length;
    }
    if (out.overflow) {
        expanding->why = "with what it has filled in, a var is too long";
        return NULL;
    }
    return cvg_arena_strndup(arena, cvg_buf_text(&out), out.length);
}

/* ---- nodes ---- */

static const struct cvg_node *scalar(struct cvg_arena *arena, const struct cvg_node *place,
                                     const char *text)
{
    struct cvg_node *node = cvg_arena_alloc(arena, sizeof *node);
    *node = (struct cvg_node){.kind = CVG_NODE_SCALAR,
                              .quoted = true,
                              .file = place->file,
                              .line = place->line,
                              .column = place->column,
                              .text = text,
                              .length = strlen(text)};
    return node;
}

static const struct cvg_node *make_vars(struct expanding *expanding, const struct cvg_node *vars)
{
    struct cvg_arena *arena = expanding->loader->arena;
    struct cvg_node *made = cvg_arena_alloc(arena, sizeof *made);
    size_t size = CVG_MAX(vars->count, 1) * sizeof(struct cvg_node *);
    const struct cvg_node **keys = cvg_arena_alloc(arena, size);
    const struct cvg_node **items = cvg_arena_alloc(arena, size);
    *made = *vars;
    made->count = 0;
    for (size_t i = 0; i < vars->count && !expanding->why; i++) {
        const char *missing = NULL;
        const char *text = fill(expanding, vars->items[i]->text, &missing);
        if (text) {
            keys[made->count] = vars->keys[i];
            items[made->count++] = scalar(arena, vars->items[i], text);
        }
    }
    made->keys = keys;
    made->items = items;
    return made;
}

static const struct cvg_node *make_map(struct expanding *expanding)
{
    static const char *const words[] = {"template", "vars"};
    struct cvg_arena *arena = expanding->loader->arena;
    const struct cvg_node *from = expanding->discover->node;
    struct cvg_node *map = cvg_arena_alloc(arena, sizeof *map);
    const struct cvg_node **keys = cvg_arena_alloc(arena, 2 * sizeof *keys);
    const struct cvg_node **items = cvg_arena_alloc(arena, 2 * sizeof *items);
    *map = *from;
    map->count = 0;
    for (size_t i = 0; i < CVG_COUNT(words); i++) {
        const struct cvg_node *key = cvg_node_get_key(from, words[i]);
        const struct cvg_node *item = cvg_node_get(from, words[i]);
        if (!item || item->kind == CVG_NODE_NULL) {
            continue;
        }
        keys[map->count] = key;
        items[map->count++] = i == 0 ? item : make_vars(expanding, item);
    }
    map->keys = keys;
    map->items = items;
    return map;
}

/* ---- one object ---- */

static const char *name_of(struct expanding *expanding)
{
    struct cvg_arena *arena = expanding->loader->arena;
    const struct cvg_node *name = cvg_node_get(expanding->discover->node, "name");
    bool written = name && name->kind == CVG_NODE_SCALAR;
    const char *made = fill(expanding, written ? name->text : "${object.name}", &expanding->why);
    if (made && !cvg_text_is_name(made)) {
        char shown[80];
        cvg_text_printable(made, strlen(made), shown, sizeof shown);
        expanding->why =
            cvg_arena_format(arena, "'%s' cannot be the name of an environment", shown);
    }
    return expanding->why ? NULL : made;
}

static const char *first_error(struct cvg_arena *arena, const struct cvg_diagnostics *said)
{
    for (size_t i = 0; i < said->count; i++) {
        const struct cvg_diagnostic *item = &said->items[i];
        if (!item->warning) {
            return cvg_arena_format(arena, "%s:%u:%u: %s", item->file ? item->file : "", item->line,
                                    item->column, item->text);
        }
    }
    return "it is not valid";
}

/* What is wrong with it is nobody else's business. */
static bool load(struct expanding *expanding, struct cvg_environment_config *environment)
{
    struct cvg_loader *loader = expanding->loader;
    struct cvg_diagnostics said CVG_CLEANUP(cvg_diagnostics_done) = {0};
    struct cvg_diagnostics *others = loader->diagnostics;
    environment->node = make_map(expanding);
    if (expanding->why) {
        return false;
    }
    loader->diagnostics = &said;
    cvg_load_environment(loader, environment);
    loader->diagnostics = others;
    if (said.errors) {
        expanding->why = first_error(loader->arena, &said);
    }
    return said.errors == 0;
}

static const struct cvg_discover_config *discover_named(const struct cvg_config *config,
                                                        const char *name)
{
    for (size_t i = 0; i < config->discover_count; i++) {
        if (strcmp(config->discovers[i].name, name) == 0) {
            return &config->discovers[i];
        }
    }
    return NULL;
}

/* names: of environments, to what has them. */
static bool expand(struct expanding *expanding, struct cvg_map *names,
                   struct cvg_environment_config *environment)
{
    if (expanding->why) {
        return false;
    }
    if (!expanding->discover) {
        expanding->why = "its discovery is not configured any more";
        return false;
    }
    const char *name = name_of(expanding);
    if (!name) {
        return false;
    }
    const struct cvg_environment_config *other = cvg_map_get(names, name);
    if (other) {
        expanding->why = cvg_arena_format(expanding->loader->arena, "%s has the name '%s' already",
                                          other->discovered_by ? "another object"
                                                               : "an environment of the "
                                                                 "configuration",
                                          name);
        return false;
    }
    *environment =
        (struct cvg_environment_config){.name = name, .discovered_by = expanding->discover->name};
    return load(expanding, environment);
}

size_t cvg_discover_expand(struct cvg_loader *loader, struct cvg_environment_config *environments,
                           size_t count)
{
    struct cvg_discover_outcome *outcomes =
        cvg_arena_alloc(loader->arena, CVG_MAX(loader->found_count, 1) * sizeof *outcomes);
    struct cvg_map *names = cvg_map_new();
    for (size_t i = 0; loader->found_count && i < count; i++) {
        cvg_map_put(names, environments[i].name, &environments[i]);
    }
    for (size_t i = 0; i < loader->found_count; i++) {
        const struct cvg_discovered *found = &loader->found[i];
        struct expanding expanding = {.loader = loader,
                                      .discover = discover_named(loader->config, found->discover),
                                      .object = &found->object,
                                      .why = cvg_arena_strdup(loader->arena, found->left_out)};
        if (expand(&expanding, names, &environments[count])) {
            outcomes[i].environment = environments[count].name;
            cvg_map_put(names, environments[count].name, &environments[count]);
            count++;
        } else {
            environments[count] = (struct cvg_environment_config){0};
        }
        outcomes[i].why = expanding.why;
    }
    cvg_map_free(names);
    loader->config->outcomes = outcomes;
    return count;
}

/* ---- names that may come ---- */

bool cvg_discover_may_make(const struct cvg_config *config, const char *name)
{
    for (size_t i = 0; i < config->discover_count; i++) {
        const struct cvg_node *node = cvg_node_get(config->discovers[i].node, "name");
        const char *text = node && node->kind == CVG_NODE_SCALAR ? node->text : CVG_OBJECT_MARK "}";
        const char *first = strstr(text, CVG_OBJECT_MARK), *last = strrchr(text, '}');
        size_t before = first ? (size_t)(first - text) : strlen(text);
        size_t after = first && last ? strlen(last + 1) : 0, length = strlen(name);
        if (length >= before + after && strncmp(name, text, before) == 0 &&
            strcmp(name + length - after, last && first ? last + 1 : "") == 0) {
            return true;
        }
    }
    return false;
}
