/* SPDX-License-Identifier: Apache-2.0 */
/* Finding one's way in a tree. Pure; any thread. */
#include "config/tree.h"

#include <convergate/number.h>

#include <string.h>

static size_t find(const struct cvg_node *map, const char *key, size_t length)
{
    if (!map || map->kind != CVG_NODE_MAP) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (map->keys[i]->length == length && memcmp(map->keys[i]->text, key, length) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

const struct cvg_node *cvg_node_get(const struct cvg_node *map, const char *key)
{
    size_t i = find(map, key, strlen(key));
    return i == SIZE_MAX ? NULL : map->items[i];
}

const struct cvg_node *cvg_node_get_key(const struct cvg_node *map, const char *key)
{
    size_t i = find(map, key, strlen(key));
    return i == SIZE_MAX ? NULL : map->keys[i];
}

/* The value below node that the first step of the path names, or NULL; *path moves past it. */
static const struct cvg_node *step(const struct cvg_node *node, const char **path)
{
    const char *at = *path;
    if (*at == '[') {
        size_t length = strcspn(at, "]");
        uint64_t index;
        *path = at + length + (at[length] == ']');
        bool found = length > 1 && cvg_parse_uint64(at + 1, length - 1, &index) == 0;
        if (!found || node->kind != CVG_NODE_LIST || index >= node->count) {
            /* A single value is taken as a list of one. */
            return found && index == 0 && node->kind == CVG_NODE_SCALAR ? node : NULL;
        }
        return node->items[index];
    }
    size_t length = strcspn(at, ".[");
    size_t i = find(node, at, length);
    *path = at + length;
    return i == SIZE_MAX ? NULL : node->items[i];
}

const struct cvg_node *cvg_node_at(const struct cvg_node *node, const char *path)
{
    while (node && *path) {
        if (*path == '.') {
            path++;
            continue;
        }
        const struct cvg_node *below = step(node, &path);
        if (!below) {
            break;
        }
        node = below;
    }
    return node;
}
