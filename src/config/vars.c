/* SPDX-License-Identifier: Apache-2.0 */
/* Filling in: a node is copied only where something below it changed. */
#include "config/vars.h"

#include "base/buf.h"
#include "base/text.h"
#include "config/bind.h"
#include "config/bind_value.h"

#include <string.h>

#define MARK "${vars."

static const char *suggestion(const struct cvg_vars *vars, const char *name)
{
    size_t at = 0, count = 0;
    const char *key;
    void *value;
    const char **names = cvg_alloc_array(CVG_MAX(cvg_map_count(vars->values), 1), sizeof *names);
    while (cvg_map_next(vars->values, &at, &key, &value)) {
        names[count++] = key;
    }
    const char *text = cvg_bind_suggest(vars->arena, name, names, count);
    free(names);
    return text ? cvg_arena_format(vars->arena, "; %s", text) : "";
}

/* The text after MARK: its value into ret. Returns where the text goes on. What cannot be filled in
 * is reported, and escaped, so that the binder does not report it as well. */
static const char *fill_one(const struct cvg_vars *vars, const struct cvg_node *node,
                            const char *after, struct cvg_buf *ret)
{
    size_t length = strcspn(after, "}");
    char shown[CVG_BIND_SHOWN];
    cvg_text_printable(after, length, shown, sizeof shown);
    if (after[length] != '}') {
        cvg_diagnostics_error(vars->diagnostics, node, "'${vars.%s' lacks its '}'", shown);
        cvg_buf_puts(ret, "$" MARK);
        return after;
    }
    const char *name = cvg_arena_strndup(vars->arena, after, length);
    const char *value = cvg_map_get(vars->values, name);
    if (!value) {
        cvg_diagnostics_error(vars->diagnostics, node, "${vars.%s}: %s has no var '%s'%s", shown,
                              vars->whose, shown, suggestion(vars, name));
        cvg_buf_puts(ret, "$" MARK);
        return after;
    }
    cvg_buf_puts(ret, value);
    return after + length + 1;
}

static const struct cvg_node *fill_scalar(const struct cvg_vars *vars, const struct cvg_node *node)
{
    if (!strstr(node->text, MARK)) {
        return node;
    }
    struct cvg_buf text CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(CVG_TREE_SCALAR_LIMIT);
    const char *at = node->text;
    while (*at) {
        if (strncmp(at, "$${", 3) == 0) {
            cvg_buf_puts(&text, "$${");
            at += 3;
        } else if (strncmp(at, MARK, strlen(MARK)) == 0) {
            at = fill_one(vars, node, at + strlen(MARK), &text);
        } else {
            cvg_buf_putc(&text, *at++);
        }
    }
    if (text.overflow) {
        cvg_diagnostics_error(vars->diagnostics, node,
                              "with its vars filled in, this is longer than %u bytes",
                              CVG_TREE_SCALAR_LIMIT);
        return node;
    }
    struct cvg_node *filled = cvg_arena_alloc(vars->arena, sizeof *filled);
    *filled = *node;
    filled->text = cvg_arena_strndup(vars->arena, cvg_buf_text(&text), text.length);
    filled->length = text.length;
    return filled;
}

const struct cvg_node *
cvg_vars_fill(const struct cvg_vars *vars, /* NOLINT(misc-no-recursion): CVG_TREE_DEPTH */
              const struct cvg_node *node)
{
    if (!node || node->kind == CVG_NODE_NULL) {
        return node;
    }
    if (node->kind == CVG_NODE_SCALAR) {
        return fill_scalar(vars, node);
    }
    const struct cvg_node **items = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const struct cvg_node *filled = cvg_vars_fill(vars, node->items[i]);
        if (filled != node->items[i] && !items) {
            items = cvg_arena_alloc(vars->arena, node->count * sizeof(struct cvg_node *));
            memcpy(items, node->items, node->count * sizeof(struct cvg_node *));
        }
        if (items) {
            items[i] = filled;
        }
    }
    if (!items) {
        return node;
    }
    struct cvg_node *copy = cvg_arena_alloc(vars->arena, sizeof *copy);
    *copy = *node;
    copy->items = items;
    return copy;
}
