/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML as a tree in which every node knows its place. One document a file; aliases, anchors, tags
 * and duplicate keys are refused, depth and size are bounded. Scalars stay text: what a key means
 * is decided by the field that it is bound to, never by YAML's guessing.
 */
#ifndef CVG_CONFIG_TREE_H
#define CVG_CONFIG_TREE_H

#include "base/alloc.h"
#include "config/diagnostics.h"

#include <stdint.h>

#define CVG_TREE_DEPTH        32
#define CVG_TREE_FILE_LIMIT   (64u * 1024 * 1024)
#define CVG_TREE_SCALAR_LIMIT (64u * 1024)

enum cvg_node_kind {
    CVG_NODE_NULL,
    CVG_NODE_SCALAR,
    CVG_NODE_LIST,
    CVG_NODE_MAP
};

struct cvg_node {
    enum cvg_node_kind kind;
    bool quoted;      /* scalar in quotes or a block */
    bool templated;   /* stands in a template: see cvg_diagnostics_use */
    const char *file; /* as given on the command line, or below conf.d */
    uint32_t line, column;
    const char *text; /* scalar; UTF-8 without NUL */
    size_t length;
    const struct cvg_node *const *items; /* list and map: values, in the file's order */
    const struct cvg_node *const *keys;  /* map: scalar nodes, as many as items */
    size_t count;
};

/* Parses bytes. All is in the arena, nothing points into bytes. Problems go to diagnostics (never
 * more than its cap) and make it return nonzero: *ret stays as it was where the syntax is broken,
 * and is set where keys stand twice, so that the rest can still be looked at. */
CVG_NODISCARD int cvg_tree_parse(const char *file, const char *bytes, size_t length,
                                 struct cvg_arena *arena, struct cvg_diagnostics *diagnostics,
                                 const struct cvg_node **ret);
/* A map's value, or NULL. */
const struct cvg_node *cvg_node_get(const struct cvg_node *map, const char *key);
/* A map's key node, for its place; NULL where it is not there. */
const struct cvg_node *cvg_node_get_key(const struct cvg_node *map, const char *key);
/* "query", "tls.ca", "resources[2]": the deepest node on the way that exists. */
const struct cvg_node *cvg_node_at(const struct cvg_node *node, const char *path);

#endif
