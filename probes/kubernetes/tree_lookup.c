/* SPDX-License-Identifier: Apache-2.0 */
/* Finding one's way in a tree; see tree.h. */
#include "tree.h"

#include <convergate/number.h>

#include <string.h>

const struct cvg_kube_node *cvg_kube_node_get(const struct cvg_kube_node *object, const char *key)
{
    if (object == NULL || object->kind != CVG_KUBE_OBJECT) {
        return NULL;
    }
    for (size_t i = 0; i < object->count; i++) {
        /* Most keys differ at once: pods have dozens, and this is asked for dozens of them. */
        if (*object->items[i].key == *key && strcmp(object->items[i].key, key) == 0) {
            return &object->items[i];
        }
    }
    return NULL;
}

/* Is the key what one token of a pointer (up to '/' or the end) means, ~0 read as ~, ~1 as /? */
static int token_is(const char *token, size_t length, const char *key)
{
    for (size_t i = 0; i < length; i++, key++) {
        char wanted = token[i];
        if (wanted == '~' && i + 1 < length) {
            wanted = token[++i] == '1' ? '/' : '~';
        }
        if (*key != wanted) {
            return 0;
        }
    }
    return *key == '\0';
}

static const struct cvg_kube_node *step(const struct cvg_kube_node *node, const char *token,
                                        size_t length)
{
    if (node->kind == CVG_KUBE_ARRAY) {
        uint64_t index = 0;
        int is_index = cvg_parse_uint64(token, length, &index) == 0;
        return is_index && index < node->count ? &node->items[index] : NULL;
    }
    for (size_t i = 0; node->kind == CVG_KUBE_OBJECT && i < node->count; i++) {
        if (token_is(token, length, node->items[i].key)) {
            return &node->items[i];
        }
    }
    return NULL;
}

const struct cvg_kube_node *cvg_kube_node_at(const struct cvg_kube_node *node, const char *pointer)
{
    while (node != NULL && *pointer == '/') {
        size_t length = strcspn(++pointer, "/");
        node = step(node, pointer, length);
        pointer += length;
    }
    return *pointer == '\0' ? node : NULL;
}

int cvg_kube_pointer_check(const char *pointer)
{
    if (pointer == NULL || (*pointer != '\0' && *pointer != '/')) {
        return -1;
    }
    for (; *pointer != '\0'; pointer++) {
        if (*pointer == '~' && pointer[1] != '0' && pointer[1] != '1') {
            return -1;
        }
    }
    return 0;
}

const char *cvg_kube_node_text(const struct cvg_kube_node *node)
{
    return node != NULL && node->kind == CVG_KUBE_STRING ? node->text : "";
}

int cvg_kube_node_int(const struct cvg_kube_node *node, int64_t *ret)
{
    if (node == NULL || (node->kind != CVG_KUBE_NUMBER && node->kind != CVG_KUBE_STRING)) {
        return -1;
    }
    return cvg_parse_int64(node->text, node->length, ret);
}

int cvg_kube_node_true(const struct cvg_kube_node *node)
{
    return node != NULL && node->kind == CVG_KUBE_BOOL && node->boolean;
}

int64_t cvg_kube_node_time(const struct cvg_kube_node *node)
{
    int64_t time = 0;
    if (node == NULL || node->kind != CVG_KUBE_STRING ||
        cvg_parse_time(node->text, node->length, &time) < 0) {
        return 0;
    }
    return time;
}
