/* SPDX-License-Identifier: Apache-2.0 */
/* Discoveries: their keys and their question. What becomes of objects is in discover_expand.c. */
#include "config/discover.h"

#include "base/text.h"
#include "config/discover_inner.h"
#include "config/template.h"

#include <string.h>

/* ---- references ---- */

static bool is_key(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_./";
    size_t length = strlen(text);
    return length > 0 && length <= 317 && strspn(text, allowed) == length;
}

bool cvg_discover_reference(struct cvg_arena *arena, const char *at,
                            struct cvg_object_reference *ret)
{
    static const char labels[] = "labels.", annotations[] = "annotations.";
    if (!cvg_text_starts(at, CVG_OBJECT_MARK)) {
        return false;
    }
    const char *inside = at + strlen(CVG_OBJECT_MARK);
    size_t length = strcspn(inside, "}");
    if (inside[length] != '}') {
        return false;
    }
    const char *word = cvg_arena_strndup(arena, inside, length);
    *ret = (struct cvg_object_reference){.length = strlen(CVG_OBJECT_MARK) + length + 1};
    if (strcmp(word, "name") == 0 || strcmp(word, "namespace") == 0) {
        ret->what = strcmp(word, "name") == 0 ? CVG_OBJECT_NAME : CVG_OBJECT_NAMESPACE;
        return true;
    }
    bool label = cvg_text_starts(word, labels);
    ret->what = label ? CVG_OBJECT_LABEL : CVG_OBJECT_ANNOTATION;
    ret->key = word + (label ? strlen(labels) : strlen(annotations));
    return (label || cvg_text_starts(word, annotations)) && is_key(ret->key);
}

/* A discovery while its keys are looked at. */
struct reading {
    struct cvg_loader *loader;
    const struct cvg_node *node;
    const char **labels, **annotations; /* in the arena; what was taken so far */
    size_t label_count, annotation_count;
};

static void want(struct reading *reading, const struct cvg_node *node,
                 const struct cvg_object_reference *reference)
{
    bool label = reference->what == CVG_OBJECT_LABEL;
    const char **words = label ? reading->labels : reading->annotations;
    size_t *count = label ? &reading->label_count : &reading->annotation_count;
    if (!reference->key) {
        return;
    }
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(words[i], reference->key) == 0) {
            return;
        }
    }
    if (*count == CVG_DISCOVER_KEYS) {
        cvg_diagnostics_error(reading->loader->diagnostics, node,
                              "at most %d labels and as many annotations can be taken",
                              CVG_DISCOVER_KEYS);
        return;
    }
    words[(*count)++] = reference->key;
}

/* The text as the binder may see it: references to the object are no business of its. */
static const struct cvg_node *mask(struct reading *reading, const struct cvg_node *node,
                                   bool has_facts)
{
    struct cvg_loader *loader = reading->loader;
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(2 * CVG_TREE_SCALAR_LIMIT);
    struct cvg_object_reference reference;
    if (!node || node->kind != CVG_NODE_SCALAR) {
        return node; /* binding says so */
    }
    for (const char *at = node->text; *at;) {
        size_t take = 1;
        if (strncmp(at, "$${", 3) == 0) {
            take = 3;
        } else if (cvg_discover_reference(loader->arena, at, &reference)) {
            want(reading, node, &reference);
            cvg_buf_putc(&text, '$');
            take = reference.length;
        } else if (strncmp(at, "${", 2) == 0 && !(has_facts && cvg_text_starts(at, "${checks."))) {
            cvg_diagnostics_error(loader->diagnostics, node,
                                  "what stands in ${ } here is object.name, object.namespace, "
                                  "object.labels.KEY or object.annotations.KEY; write $${ for a "
                                  "plain ${");
            cvg_buf_putc(&text, '$');
        }
        cvg_buf_add(&text, at, take);
        at += take;
    }
    struct cvg_node *masked = cvg_arena_alloc(loader->arena, sizeof *masked);
    *masked = *node;
    masked->text = cvg_arena_strndup(loader->arena, cvg_buf_text(&text), text.length);
    masked->length = text.length;
    return masked;
}

static const struct cvg_node *mask_vars(struct reading *reading, const struct cvg_node *vars)
{
    if (!vars || vars->kind != CVG_NODE_MAP) {
        return vars;
    }
    struct cvg_node *masked = cvg_arena_alloc(reading->loader->arena, sizeof *masked);
    const struct cvg_node **items =
        cvg_arena_alloc(reading->loader->arena, CVG_MAX(vars->count, 1) * sizeof *items);
    for (size_t i = 0; i < vars->count; i++) {
        items[i] = mask(reading, vars->items[i], true);
    }
    *masked = *vars;
    masked->items = items;
    return masked;
}

/* ---- keys ---- */

static bool is_own(const char *key)
{
    for (const struct cvg_field *field = cvg_discover_fields; field->name; field++) {
        if (strcmp(field->name, key) == 0) {
            return true;
        }
    }
    return false;
}

/* The map as it is bound, and what of it is the source's question. */
static void divide(struct reading *reading, const struct cvg_node **ret_whole,
                   const struct cvg_node **ret_question)
{
    struct cvg_arena *arena = reading->loader->arena;
    const struct cvg_node *node = reading->node;
    size_t size = CVG_MAX(node->count, 1) * sizeof(struct cvg_node *);
    const struct cvg_node **items = cvg_arena_alloc(arena, size);
    const struct cvg_node **asked_keys = cvg_arena_alloc(arena, size);
    const struct cvg_node **asked = cvg_arena_alloc(arena, size);
    struct cvg_node *whole = cvg_arena_alloc(arena, sizeof *whole);
    struct cvg_node *question = cvg_arena_alloc(arena, sizeof *question);
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->keys[i]->text;
        items[i] = strcmp(key, "name") == 0   ? mask(reading, node->items[i], false)
                   : strcmp(key, "vars") == 0 ? mask_vars(reading, node->items[i])
                                              : node->items[i];
        if (!is_own(key)) {
            asked_keys[count] = node->keys[i];
            asked[count++] = node->items[i];
        }
    }
    *whole = *question = *node;
    whole->items = items;
    question->keys = asked_keys;
    question->items = asked;
    question->count = count;
    *ret_whole = whole;
    *ret_question = question;
}

/* The kind's fields that do not have a name of the host's own here. */
static const struct cvg_field *fields_of(struct cvg_loader *loader, const struct cvg_kind *kind)
{
    size_t count = 0, kept = 0;
    while (kind->check_fields[count].name) {
        count++;
    }
    struct cvg_field *fields = cvg_arena_alloc(loader->arena, (count + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        if (!is_own(kind->check_fields[i].name)) {
            fields[kept++] = kind->check_fields[i];
        }
    }
    return fields;
}

static const struct cvg_source_config *find_source(struct cvg_loader *loader,
                                                   const struct cvg_node *node)
{
    const struct cvg_node *name = cvg_node_get(node, "source");
    if (!name || name->kind != CVG_NODE_SCALAR || name->length == 0) {
        return NULL; /* binding says so */
    }
    char shown[64];
    const struct cvg_source_config *source = cvg_map_get(loader->sources, name->text);
    cvg_text_printable(name->text, name->length, shown, sizeof shown);
    if (!source) {
        cvg_diagnostics_error(loader->diagnostics, name, "there is no source '%s'%s", shown,
                              cvg_load_suggest(loader, name->text, loader->sources));
    } else if (source->kind && !(source->kind->flags & CVG_MODULE_DISCOVERS)) {
        cvg_diagnostics_error(loader->diagnostics, name,
                              "environments cannot be discovered by source '%s' (type %s)", shown,
                              source->kind->name);
    }
    return source;
}

static void leave_reference(CVG_UNUSED void *ctx, CVG_UNUSED const struct cvg_node *node,
                            CVG_UNUSED const char *check, CVG_UNUSED const char *fact)
{
}

static void refuse_facts(void *ctx, const struct cvg_node *node, CVG_UNUSED const char *check,
                         CVG_UNUSED const char *fact)
{
    struct reading *reading = ctx;
    cvg_diagnostics_error(reading->loader->diagnostics, node,
                          "what is looked for cannot take facts of checks");
}

/* The host's keys with their references left, then the question, which may have none. */
static void bind_keys(struct reading *reading, struct cvg_discover_config *discover,
                      struct cvg_discover_keys *keys)
{
    struct cvg_loader *loader = reading->loader;
    const struct cvg_kind *kind = discover->check.source ? discover->check.source->kind : NULL;
    const struct cvg_node *whole, *question;
    struct cvg_binder binder = {.arena = loader->arena,
                                .diagnostics = loader->diagnostics,
                                .on_reference = leave_reference,
                                .open = true};
    struct cvg_bind_target own = {cvg_discover_fields, keys};
    divide(reading, &whole, &question);
    (void)cvg_bind_map(&binder, whole, &own, 1);
    discover->check.node = question;
    if (!kind) {
        return;
    }
    void *settings = cvg_arena_alloc(loader->arena, CVG_MAX(kind->check_size, 1));
    struct cvg_bind_target asked = {fields_of(loader, kind), settings};
    binder.on_reference = refuse_facts;
    binder.ctx = reading;
    binder.open = false;
    (void)cvg_bind_map(&binder, question, &asked, 1);
    discover->check.settings = settings;
}

static void load_one(struct cvg_loader *loader, const struct cvg_node *key,
                     const struct cvg_node *node, struct cvg_discover_config *discover)
{
    size_t size = (CVG_DISCOVER_KEYS + 1) * sizeof(const char *);
    struct reading reading = {.loader = loader,
                              .node = node,
                              .labels = cvg_arena_alloc(loader->arena, size),
                              .annotations = cvg_arena_alloc(loader->arena, size)};
    struct cvg_discover_keys keys = {0};
    size_t errors = loader->diagnostics->errors;
    cvg_load_name(loader, key, "discovery");
    discover->name = key->text;
    discover->node = node;
    discover->check.name = key->text;
    discover->check.discover = discover;
    discover->check.max_age_ns = discover->check.max_age_written_ns = CVG_ABSENT_INT;
    if (node->kind == CVG_NODE_MAP) {
        discover->check.source = find_source(loader, node);
        bind_keys(&reading, discover, &keys);
        cvg_template_check_use(loader, node);
    } else {
        cvg_diagnostics_error(loader->diagnostics, node, "a discovery must be a map of keys");
    }
    discover->wanted = (struct cvg_wanted){.size = sizeof(struct cvg_wanted),
                                           .labels = reading.labels,
                                           .annotations = reading.annotations};
    discover->grace_ns = keys.grace == CVG_ABSENT_INT ? 0 : keys.grace;
    discover->most = keys.most == CVG_ABSENT_INT ? 0 : (size_t)keys.most;
    discover->check.faulty = loader->diagnostics->errors != errors || !discover->check.source;
}

void cvg_discover_load(struct cvg_loader *loader, const struct cvg_node *map)
{
    size_t count = map ? map->count : 0;
    if (count > CVG_DISCOVER_MOST) {
        cvg_diagnostics_error(loader->diagnostics, map, "at most %d discoveries can be listed",
                              CVG_DISCOVER_MOST);
        count = 0;
    }
    struct cvg_discover_config *discovers =
        cvg_arena_alloc(loader->arena, CVG_MAX(count, 1) * sizeof *discovers);
    for (size_t i = 0; i < count; i++) {
        load_one(loader, map->keys[i], map->items[i], &discovers[i]);
    }
    loader->config->discovers = discovers;
    loader->config->discover_count = count;
}
