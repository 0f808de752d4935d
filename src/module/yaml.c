/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree to JSON. Scalars keep their text: YAML's own guesses (0123 is 83, yes is true) would turn
 * a password into another one.
 */
#include "module/yaml.h"

#include "base/buf.h"
#include "base/quote.h"
#include "config/tree.h"

#include <convergate/module.h>

#include <stdio.h>
#include <string.h>

/* Escapes and repeated quotes of a document that is as large as it may be. */
#define JSON_MOST   ((size_t)64 << 20)
#define NUMBER_MOST 64

static const char *skip_digits(const char *text)
{
    return text + strspn(text, "0123456789");
}

/* RFC 8259, section 6. */
static bool is_number(const char *text)
{
    const char *at = text + (*text == '-');
    const char *end = *at == '0' ? at + 1 : skip_digits(at);
    if (end == at) {
        return false;
    }
    if (*end == '.') {
        at = end + 1;
        end = skip_digits(at);
        if (end == at) {
            return false;
        }
    }
    if (*end == 'e' || *end == 'E') {
        at = end + 1;
        at += *at == '+' || *at == '-';
        end = skip_digits(at);
        if (end == at) {
            return false;
        }
    }
    return *end == '\0' && end - text <= NUMBER_MOST;
}

static void put_scalar(struct cvg_buf *out, const struct cvg_node *node)
{
    bool literal = !node->quoted && (strcmp(node->text, "true") == 0 ||
                                     strcmp(node->text, "false") == 0 || is_number(node->text));
    if (literal) {
        cvg_buf_puts(out, node->text);
    } else {
        cvg_quote_json(out, node->text);
    }
}

/* As deep as the tree at most, which is CVG_TREE_DEPTH. */
static void put(struct cvg_buf *out, const struct cvg_node *node) // NOLINT(misc-no-recursion)
{
    switch (node->kind) {
    case CVG_NODE_NULL:
        cvg_buf_puts(out, "null");
        return;
    case CVG_NODE_SCALAR:
        put_scalar(out, node);
        return;
    case CVG_NODE_LIST:
    case CVG_NODE_MAP:
        break;
    }
    bool map = node->kind == CVG_NODE_MAP;
    cvg_buf_putc(out, map ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        if (i) {
            cvg_buf_putc(out, ',');
        }
        if (map) {
            cvg_quote_json(out, node->keys[i]->text);
            cvg_buf_putc(out, ':');
        }
        put(out, node->items[i]);
    }
    cvg_buf_putc(out, map ? '}' : ']');
}

static void tell(const struct cvg_diagnostics *diagnostics, char *error, size_t error_size)
{
    if (error_size == 0) {
        return;
    }
    error[0] = '\0';
    if (diagnostics->count == 0) {
        return;
    }
    const struct cvg_diagnostic *first = &diagnostics->items[0];
    if (first->line) {
        (void)snprintf(error, error_size, "line %u, column %u: %s", first->line, first->column,
                       first->text);
    } else {
        (void)snprintf(error, error_size, "%s", first->text);
    }
}

int32_t cvg_yaml_to_json(const char *text, size_t length,
                         void (*emit)(void *arg, const char *json, size_t length), void *arg,
                         char *error, size_t error_size)
{
    CVG_CLEANUP(cvg_diagnostics_done) struct cvg_diagnostics diagnostics = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_node *root = NULL;
    if (length > CVG_YAML_LIMIT) {
        cvg_diagnostics_at(&diagnostics, "", 0, 0, "it is larger than 8 MiB");
    } else if (cvg_tree_parse("", text, length, arena, &diagnostics, &root) == 0) {
        struct cvg_buf json = CVG_BUF_INIT(JSON_MOST);
        put(&json, root);
        bool whole = !json.overflow;
        if (whole) {
            emit(arg, cvg_buf_text(&json), json.length);
        } else {
            cvg_diagnostics_at(&diagnostics, "", 0, 0, "it is too large");
        }
        if (json.data) {
            explicit_bzero(json.data, json.length); /* secrets stand in such files */
        }
        cvg_buf_done(&json);
        if (whole) {
            return 0;
        }
    }
    tell(&diagnostics, error, error_size);
    return -1;
}
