/* SPDX-License-Identifier: Apache-2.0 */
/* Maps, lists and structs by table. See config/bind_value.h for single values. */
#include "config/bind.h"

#include "base/error.h"
#include "base/text.h"
#include "config/bind_value.h"

#include <string.h>

/* All keys of a map are named in a message as long as there are no more than these. */
#define KEYS_SHOWN 12

const char *cvg_bind_suggest(struct cvg_arena *arena, const char *name,
                             const char *const *candidates, size_t count)
{
    size_t length = strlen(name);
    size_t best = length <= 3 ? 1 : length <= 7 ? 2 : 3;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (cvg_text_equal_nocase(name, candidates[i])) {
            found = candidates[i];
            break;
        }
        size_t distance = cvg_text_distance(name, candidates[i], best);
        /* A short word that has to be replaced as a whole is another word. */
        if (distance < CVG_MAX(length, strlen(candidates[i])) &&
            (found ? distance < best : distance <= best)) {
            found = candidates[i];
            best = distance;
        }
    }
    return found ? cvg_arena_format(arena, "did you mean '%s'?", found) : NULL;
}

const struct cvg_field *cvg_bind_shorthand(const struct cvg_field *list)
{
    for (const struct cvg_field *member = list->members; member && member->name; member++) {
        if (member->flags & CVG_FIELD_SHORTHAND) {
            return member;
        }
    }
    return NULL;
}

/* ---- lists, maps, structs ----
 *
 * The recursion is as deep as the tables of fields, which are the program's own. */
/* NOLINTBEGIN(misc-no-recursion) */

/* A plain value where a map is wanted: the map of one key that it stands for, at its place. */
static void bind_shorthand(struct cvg_binder *binder, const struct cvg_field *member,
                           const struct cvg_node *node, const struct cvg_bind_target *target)
{
    struct cvg_node name = *node, map = *node;
    const struct cvg_node *const keys[] = {&name}, *const items[] = {node};
    name.text = member->name;
    name.length = strlen(member->name);
    map.kind = CVG_NODE_MAP;
    map.keys = keys;
    map.items = items;
    map.count = 1;
    (void)cvg_bind_map(binder, &map, target, 1);
}

static void bind_list_struct(struct cvg_binder *binder, const struct cvg_field *field,
                             const struct cvg_node *node, void *item)
{
    const struct cvg_field *member = cvg_bind_shorthand(field);
    struct cvg_bind_target target = {field->members, item};
    if (member && node->kind == CVG_NODE_SCALAR) {
        bind_shorthand(binder, member, node, &target);
    } else {
        (void)cvg_bind_map(binder, node, &target, 1);
    }
}

static void bind_list_items(struct cvg_binder *binder, const struct cvg_field *field,
                            const struct cvg_node *const *items, size_t count,
                            struct cvg_list *member)
{
    size_t size = field->members ? field->member_size : sizeof(const char *);
    char *array = cvg_arena_alloc(binder->arena, CVG_MAX(count, 1) * size);
    for (size_t i = 0; i < count; i++) {
        void *item = array + i * size;
        if (field->members) {
            bind_list_struct(binder, field, items[i], item);
        } else {
            const char *text = cvg_bind_text(binder, field, items[i]);
            if (text && !*text) {
                cvg_diagnostics_error(binder->diagnostics, items[i], "'%s' has an empty item",
                                      field->name);
            }
            /* After a problem a struct of ours still has no NULL where a text must stand. */
            *(const char **)item = text ? text : "";
        }
    }
    *member = (struct cvg_list){.count = count, .items = array};
}

static void bind_list(struct cvg_binder *binder, const struct cvg_field *field,
                      const struct cvg_node *node, struct cvg_list *member)
{
    bool list = node->kind == CVG_NODE_LIST;
    size_t count = list ? node->count : node->kind == CVG_NODE_NULL ? 0 : 1;
    if ((field->flags & CVG_FIELD_NONEMPTY) && count == 0) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must not be empty", field->name);
        return;
    }
    if (cvg_bind_in_range(binder, field, node, (int64_t)count, " items")) {
        bind_list_items(binder, field, list ? node->items : &node, count, member);
    }
}

/* True where the node is a map or nothing; else says so. */
static bool expect_map(struct cvg_binder *binder, const char *name, const struct cvg_node *node)
{
    if (node->kind == CVG_NODE_MAP || node->kind == CVG_NODE_NULL) {
        return true;
    }
    const char *kind = node->kind == CVG_NODE_LIST ? "a list" : "text";
    if (name) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must be a map (key: value), not %s",
                              name, kind);
    } else {
        cvg_diagnostics_error(binder->diagnostics, node,
                              "a map (key: value) must stand here, not %s", kind);
    }
    return false;
}

static void bind_pairs(struct cvg_binder *binder, const struct cvg_field *field,
                       const struct cvg_node *node, struct cvg_list *member)
{
    if (!expect_map(binder, field->name, node) || node->count == 0 ||
        !cvg_bind_in_range(binder, field, node, (int64_t)node->count, " items")) {
        return;
    }
    struct cvg_pair *pairs = cvg_arena_alloc(binder->arena, node->count * sizeof *pairs);
    for (size_t i = 0; i < node->count; i++) {
        struct cvg_field entry = *field;
        entry.name = node->keys[i]->text;
        if (!*entry.name) {
            cvg_diagnostics_error(binder->diagnostics, node->keys[i], "'%s' has an empty name",
                                  field->name);
        }
        entry.type = CVG_FIELD_STRING;
        const char *value = cvg_bind_text(binder, &entry, node->items[i]);
        pairs[i].name =
            cvg_arena_strndup(binder->arena, node->keys[i]->text, node->keys[i]->length);
        pairs[i].value = value ? value : "";
    }
    *member = (struct cvg_list){.count = node->count, .items = pairs};
}

static void bind_struct(struct cvg_binder *binder, const struct cvg_field *field,
                        const struct cvg_node *node, const void **member)
{
    if (!expect_map(binder, field->name, node)) {
        return;
    }
    void *out = cvg_arena_alloc(binder->arena, CVG_MAX(field->member_size, 1));
    struct cvg_bind_target target = {field->members, out};
    (void)cvg_bind_map(binder, node, &target, 1);
    *member = out;
}

/* `on_unknown: {keep: 5m}`: the key is the choice, its value is bound beside it. */
static void bind_choice(struct cvg_binder *binder, const struct cvg_field *field,
                        const struct cvg_node *node, void *out)
{
    uint32_t *choice = (uint32_t *)(void *)((char *)out + field->offset);
    struct cvg_bind_target target = {field->members, out};
    if (cvg_bind_map(binder, node, &target, 1) < 0) {
        return;
    }
    if (node->count != 1) {
        cvg_diagnostics_error(binder->diagnostics, node, "'%s' must be %s", field->name,
                              cvg_bind_choices(binder->arena, field));
        return;
    }
    for (uint32_t i = 0; field->choices[i]; i++) {
        if (strcmp(field->choices[i], node->keys[0]->text) == 0) {
            *choice = i;
        }
    }
}

static void bind_value(struct cvg_binder *binder, const struct cvg_field *field,
                       const struct cvg_node *node, void *out)
{
    void *member = (char *)out + field->offset;
    switch (field->type) {
    case CVG_FIELD_LIST:
        bind_list(binder, field, node, member);
        return;
    case CVG_FIELD_MAP:
        bind_pairs(binder, field, node, member);
        return;
    case CVG_FIELD_STRUCT:
        bind_struct(binder, field, node, member);
        return;
    case CVG_FIELD_NODE:
        if (expect_map(binder, field->name, node)) {
            *(const struct cvg_node **)member = node;
        }
        return;
    case CVG_FIELD_ENUM:
        if (field->members && node->kind == CVG_NODE_MAP) {
            bind_choice(binder, field, node, out);
            return;
        }
        cvg_bind_scalar(binder, field, node, member);
        return;
    default:
        cvg_bind_scalar(binder, field, node, member);
    }
}

/* ---- maps by table ---- */

static void bind_default(struct cvg_binder *binder, const struct cvg_node *map,
                         const struct cvg_field *field, void *out)
{
    /* The place of the map stands for a default's: it has none of its own. */
    struct cvg_node text = {.kind = CVG_NODE_SCALAR,
                            .file = map->file,
                            .line = map->line,
                            .column = map->column,
                            .text = field->default_text,
                            .length = strlen(field->default_text)};
    struct cvg_binder plain = *binder;
    plain.on_reference = NULL;
    plain.resolve = NULL;
    bool structured = text.text[0] == '{' || text.text[0] == '[';
    const struct cvg_node *node = &text;
    if (structured && (field->type == CVG_FIELD_LIST || field->type == CVG_FIELD_MAP ||
                       field->type == CVG_FIELD_STRUCT || field->type == CVG_FIELD_ENUM)) {
        const char *file = cvg_arena_format(binder->arena, "the default of '%s'", field->name);
        if (cvg_tree_parse(file, text.text, text.length, binder->arena, binder->diagnostics,
                           &node) < 0) {
            return;
        }
    }
    bind_value(&plain, field, node, out);
}

static void bind_field(struct cvg_binder *binder, const struct cvg_node *map,
                       const struct cvg_field *field, void *out)
{
    const struct cvg_node *node = cvg_node_get(map, field->name);
    cvg_bind_absent(field, (char *)out + field->offset);
    for (const struct cvg_field *with = field->type == CVG_FIELD_ENUM ? field->members : NULL;
         with && with->name; with++) {
        cvg_bind_absent(with, (char *)out + with->offset);
    }
    if (node) {
        if (field->flags & CVG_FIELD_DEPRECATED) {
            cvg_diagnostics_warning(binder->diagnostics, cvg_node_get_key(map, field->name),
                                    "'%s' is deprecated", field->name);
        }
        bind_value(binder, field, node, out);
        return;
    }
    if (field->flags & CVG_FIELD_REQUIRED) {
        cvg_diagnostics_error(binder->diagnostics, map, "'%s' is missing%s%s%s%s", field->name,
                              field->example ? ", for example " : "",
                              field->example ? field->name : "", field->example ? ": " : "",
                              field->example ? field->example : "");
        return;
    }
    if (field->default_text) {
        bind_default(binder, map, field, out);
    }
}

static void bind_fields(struct cvg_binder *binder, const struct cvg_node *map,
                        const struct cvg_field *fields, void *out)
{
    for (const struct cvg_field *field = fields; field && field->name; field++) {
        bind_field(binder, map, field, out);
    }
}

static const struct cvg_field *find_field(const struct cvg_bind_target *targets, size_t count,
                                          const char *name)
{
    for (size_t i = 0; i < count; i++) {
        for (const struct cvg_field *field = targets[i].fields; field && field->name; field++) {
            if (strcmp(field->name, name) == 0) {
                return field;
            }
        }
    }
    return NULL;
}

/* The names of all keys that may stand here, in the arena. */
static size_t list_names(struct cvg_arena *arena, const struct cvg_bind_target *targets,
                         size_t count, const char ***ret)
{
    size_t names = 0, at = 0;
    for (size_t i = 0; i < count; i++) {
        for (const struct cvg_field *field = targets[i].fields; field && field->name; field++) {
            names++;
        }
    }
    *ret = cvg_arena_alloc(arena, CVG_MAX(names, 1) * sizeof **ret);
    for (size_t i = 0; i < count; i++) {
        for (const struct cvg_field *field = targets[i].fields; field && field->name; field++) {
            (*ret)[at++] = field->name;
        }
    }
    return names;
}

static void refuse_key(struct cvg_binder *binder, const struct cvg_node *key,
                       const struct cvg_bind_target *targets, size_t target_count)
{
    char shown[CVG_BIND_SHOWN];
    const char **names;
    if (binder->diagnostics->count == CVG_DIAGNOSTICS_LIMIT) {
        cvg_diagnostics_error(binder->diagnostics, key, "unknown key"); /* only counted */
        return;
    }
    size_t count = list_names(binder->arena, targets, target_count, &names);
    cvg_text_printable(key->text, key->length, shown, sizeof shown);
    const char *suggestion = cvg_bind_suggest(binder->arena, key->text, names, count);
    struct cvg_buf known CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(1024);
    if (!suggestion && count > 0 && count <= KEYS_SHOWN) {
        cvg_buf_puts(&known, " (known here: ");
        for (size_t i = 0; i < count; i++) {
            cvg_buf_printf(&known, "%s%s", i ? ", " : "", names[i]);
        }
        cvg_buf_putc(&known, ')');
    }
    cvg_diagnostics_error(binder->diagnostics, key, "unknown key '%s'%s%s%s", shown,
                          suggestion ? "; " : "", suggestion ? suggestion : "",
                          known.overflow ? "" : cvg_buf_text(&known));
}

int cvg_bind_map(struct cvg_binder *binder, const struct cvg_node *node,
                 const struct cvg_bind_target *targets, size_t target_count)
{
    static const struct cvg_node nothing = {.kind = CVG_NODE_NULL};
    size_t errors = binder->diagnostics->errors;
    const struct cvg_node *map = node ? node : &nothing;
    bool open = binder->open;
    binder->open = false; /* below this map every key is known */
    if (!expect_map(binder, NULL, map)) {
        for (size_t i = 0; i < target_count; i++) {
            for (const struct cvg_field *field = targets[i].fields; field && field->name; field++) {
                cvg_bind_absent(field, (char *)targets[i].out + field->offset);
            }
        }
        binder->open = open;
        return CVG_E_INVALID;
    }
    for (size_t i = 0; i < target_count; i++) {
        bind_fields(binder, map, targets[i].fields, targets[i].out);
    }
    for (size_t i = 0; i < map->count && !open; i++) {
        if (!find_field(targets, target_count, map->keys[i]->text)) {
            refuse_key(binder, map->keys[i], targets, target_count);
        }
    }
    binder->open = open;
    return binder->diagnostics->errors == errors ? 0 : CVG_E_INVALID;
}

/* NOLINTEND(misc-no-recursion) */
