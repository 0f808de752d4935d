/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON document as a tree in an arena, for objects whose fields are not known beforehand.
 * Strict and bounded like the SDK's reader that reads it. metadata.managedFields is left out while
 * reading: it is a third of every object and says nothing. Immutable.
 */
#ifndef CVG_KUBE_TREE_H
#define CVG_KUBE_TREE_H

#include "kit/arena.h"

#include <convergate/json.h>

#include <stddef.h>
#include <stdint.h>

#define CVG_KUBE_DEPTH_MOST 200 /* containers in each other, a list's own included */

enum cvg_kube_node_kind {
    CVG_KUBE_NULL = 0,
    CVG_KUBE_BOOL,
    CVG_KUBE_NUMBER, /* text as it stands there */
    CVG_KUBE_STRING,
    CVG_KUBE_ARRAY,
    CVG_KUBE_OBJECT,
};

struct cvg_kube_node {
    uint32_t kind;    /* enum cvg_kube_node_kind */
    uint32_t boolean; /* 0 or 1 */
    const char *key;  /* in an object; NULL in an array */
    const char *text; /* STRING and NUMBER: NUL-terminated; else "" */
    size_t length;
    const struct cvg_kube_node *items; /* ARRAY and OBJECT: count of them, side by side */
    size_t count;
};

/* NULL: the text is no JSON, or over a limit (error says which and where, without the text's
 * words), or the arena is full. */
const struct cvg_kube_node *cvg_kube_tree_read(struct cvg_kit_arena *arena, const char *text,
                                               size_t length, char *error, size_t error_size);
/* A reader with this module's limits, for a document that is read piece by piece. NULL: no memory.
 * The caller's to free with cvg_json_free. */
struct cvg_json *cvg_kube_tree_reader(const char *text, size_t length);
/* The value that begins at the reader's current token, which is its last one afterwards. NULL: it
 * cannot be read (cvg_json_error says why) or the arena is full. */
const struct cvg_kube_node *cvg_kube_tree_value(struct cvg_kit_arena *arena, struct cvg_json *json);

/* All lookups take NULL and give NULL, "", absent then. */
const struct cvg_kube_node *cvg_kube_node_get(const struct cvg_kube_node *object, const char *key);
/* JSON Pointer (RFC 6901): "/status/conditions/0/type"; "" is the node itself. */
const struct cvg_kube_node *cvg_kube_node_at(const struct cvg_kube_node *node, const char *pointer);
/* 0: it is a well-formed pointer. */
int cvg_kube_pointer_check(const char *pointer);
const char *cvg_kube_node_text(const struct cvg_kube_node *node); /* of a string; else "" */
/* An integer, or a string that is one (Argo Rollouts' observedGeneration). -1: it is neither, and
 * *ret stays. */
int cvg_kube_node_int(const struct cvg_kube_node *node, int64_t *ret);
int cvg_kube_node_true(const struct cvg_kube_node *node);     /* is the value true */
int64_t cvg_kube_node_time(const struct cvg_kube_node *node); /* wall ns; 0: none */

#endif
