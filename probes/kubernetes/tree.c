/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a tree without recursion: nodes that are read go onto a stack; where a container ends,
 * those above it move into an array of their own. Everything, the stack too, is in the arena, so
 * its ceiling bounds what any document can cost.
 */
#include "tree.h"

#include "decode.h"

#include <stdio.h>
#include <string.h>

#define PENDING_FIRST 128

struct building {
    struct cvg_kit_arena *arena;
    struct cvg_json *json;
    struct cvg_kube_node *pending; /* read, and not yet in the array of its container */
    size_t count, capacity;
    size_t opened[CVG_KUBE_DEPTH_MOST]; /* where in pending the open containers stand */
    size_t depth;
    const char *key; /* of the value that follows */
    size_t skip_at;  /* depth within metadata of the object itself, 0 elsewhere */
};

static int push(struct building *building, const struct cvg_kube_node *node)
{
    if (building->count == building->capacity) {
        size_t capacity = building->capacity ? building->capacity * 2 : PENDING_FIRST;
        struct cvg_kube_node *larger =
            cvg_kit_arena_array(building->arena, capacity, sizeof(*larger));
        if (larger == NULL) {
            return -1;
        }
        if (building->pending != NULL) {
            memcpy(larger, building->pending, building->count * sizeof(*larger));
        }
        building->pending = larger;
        building->capacity = capacity;
    }
    building->pending[building->count++] = *node;
    building->key = NULL;
    return 0;
}

static int open_container(struct building *building, uint32_t kind)
{
    struct cvg_kube_node node = {.kind = kind, .key = building->key, .text = ""};
    if (building->depth == CVG_KUBE_DEPTH_MOST) {
        return -1; /* the reader's own limit comes first */
    }
    if (building->depth == 1 && node.key != NULL && strcmp(node.key, "metadata") == 0) {
        building->skip_at = 2;
    }
    building->opened[building->depth++] = building->count;
    return push(building, &node);
}

static int close_container(struct building *building)
{
    if (building->depth == 0) {
        return -1; /* no value begins with an end */
    }
    size_t at = building->opened[--building->depth];
    size_t count = building->count - at - 1;
    struct cvg_kube_node *node = &building->pending[at];
    struct cvg_kube_node *items = cvg_kit_arena_raw(building->arena, count * sizeof(*items));
    if (items == NULL) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = node[i + 1];
    }
    node->items = items;
    node->count = count;
    building->count = at + 1;
    if (building->depth < building->skip_at) {
        building->skip_at = 0;
    }
    return 0;
}

static int read_key(struct building *building)
{
    if (building->depth == building->skip_at && cvg_json_is(building->json, "managedFields")) {
        return cvg_json_skip(building->json);
    }
    size_t length = 0;
    const char *text = cvg_json_text(building->json, &length);
    if (memchr(text, '\0', length) != NULL) {
        return cvg_json_skip(building->json); /* as C text it would pass for a shorter key */
    }
    building->key = cvg_kit_arena_text(building->arena, text, length);
    return building->key == NULL ? -1 : 0;
}

static int read_text(struct building *building, uint32_t kind)
{
    struct cvg_kube_node node = {.kind = kind, .key = building->key};
    const char *text = cvg_json_text(building->json, &node.length);
    node.text = cvg_kit_arena_text(building->arena, text, node.length);
    return node.text == NULL ? -1 : push(building, &node);
}

static int read_token(struct building *building, enum cvg_json_token token)
{
    struct cvg_kube_node node = {.kind = CVG_KUBE_NULL, .key = building->key, .text = ""};
    switch (token) {
    case CVG_JSON_OBJECT:
        return open_container(building, CVG_KUBE_OBJECT);
    case CVG_JSON_ARRAY:
        return open_container(building, CVG_KUBE_ARRAY);
    case CVG_JSON_END:
        return close_container(building);
    case CVG_JSON_KEY:
        return read_key(building);
    case CVG_JSON_STRING:
        return read_text(building, CVG_KUBE_STRING);
    case CVG_JSON_NUMBER:
        return read_text(building, CVG_KUBE_NUMBER);
    case CVG_JSON_TRUE:
    case CVG_JSON_FALSE:
        node.kind = CVG_KUBE_BOOL;
        node.boolean = token == CVG_JSON_TRUE;
        return push(building, &node);
    case CVG_JSON_NULL:
        return push(building, &node);
    case CVG_JSON_ERROR:
    case CVG_JSON_DONE:
        break;
    }
    return -1;
}

const struct cvg_kube_node *cvg_kube_tree_value(struct cvg_kit_arena *arena, struct cvg_json *json)
{
    struct building building = {.arena = arena, .json = json};
    if (read_token(&building, cvg_json_current(json)) < 0) {
        return NULL;
    }
    while (building.depth > 0) {
        if (read_token(&building, cvg_json_next(json)) < 0) {
            return NULL;
        }
    }
    return building.count == 1 ? building.pending : NULL;
}

struct cvg_json *cvg_kube_tree_reader(const char *text, size_t length)
{
    /* A single text may be as long as an object: a ConfigMap's file, a Secret's value. */
    static const struct cvg_json_limits limits = {.depth = CVG_KUBE_DEPTH_MOST,
                                                  .string_length = CVG_KUBE_OBJECT_MOST};
    return cvg_json_new(text, length, &limits);
}

const struct cvg_kube_node *cvg_kube_tree_read(struct cvg_kit_arena *arena, const char *text,
                                               size_t length, char *error, size_t error_size)
{
    struct cvg_json *json = cvg_kube_tree_reader(text, length);
    const struct cvg_kube_node *node = NULL;
    (void)snprintf(error, error_size, "no memory");
    if (json != NULL) {
        (void)cvg_json_next(json);
        node = cvg_kube_tree_value(arena, json);
        if (node != NULL && cvg_json_next(json) != CVG_JSON_DONE) {
            node = NULL;
        }
        if (node == NULL) {
            const char *words = cvg_json_error(json);
            (void)snprintf(error, error_size, "%s",
                           cvg_kit_arena_is_full(arena) ? "it is too large" : words);
        }
    }
    cvg_json_free(json);
    return node;
}
