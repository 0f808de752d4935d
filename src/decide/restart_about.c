/* SPDX-License-Identifier: Apache-2.0 */
/* Every part is written with its length, so that no two configurations look the same. */
#include "decide/restart_about.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "config/fields.h"

#include <string.h>

/* A configuration's files are not larger. */
#define TEXT_LIMIT ((size_t)CVG_TREE_FILE_LIMIT)

static void add_text(struct cvg_buf *to, const char *text, size_t length)
{
    cvg_buf_printf(to, "%zu:", length);
    cvg_buf_add(to, text, length);
}

/* NOLINTNEXTLINE(misc-no-recursion): the tree's depth is bounded when it is read */
static void add_node(struct cvg_buf *to, const struct cvg_node *node)
{
    cvg_buf_printf(to, "%d.%zu", (int)node->kind, node->count);
    if (node->kind == CVG_NODE_SCALAR) {
        add_text(to, node->text, node->length);
    }
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == CVG_NODE_MAP) {
            add_text(to, node->keys[i]->text, node->keys[i]->length);
        }
        add_node(to, node->items[i]);
    }
}

/* Those keys of the map that the table has, in its order. */
static void add_fields(struct cvg_buf *to, const struct cvg_field *fields,
                       const struct cvg_node *map)
{
    for (const struct cvg_field *field = fields; field && field->name; field++) {
        const struct cvg_node *value = cvg_node_get(map, field->name);
        if (value) {
            add_text(to, field->name, strlen(field->name));
            add_node(to, value);
        }
    }
    cvg_buf_puts(to, ";");
}

static void add_source(struct cvg_buf *to, const struct cvg_source_config *source)
{
    for (; source; source = source->via) {
        const struct cvg_field *tables[CVG_SOURCE_TABLES] = {NULL};
        size_t count = cvg_source_tables(source->kind, tables);

        add_text(to, source->name, strlen(source->name));
        add_text(to, source->kind->name, strlen(source->kind->name));
        for (size_t i = 0; i < count; i++) {
            add_fields(to, tables[i], source->node);
        }
        add_fields(to, source->kind->source_fields, source->node);
    }
}

static void add_check(struct cvg_buf *to, const struct cvg_check_config *check)
{
    add_text(to, check->name, strlen(check->name));
    add_fields(to, check->source->kind->check_fields, check->node);
    add_source(to, check->source);
}

/* All that it takes facts of, near and far, each once. */
static void add_inputs(struct cvg_buf *to, const struct cvg_environment_config *environment,
                       const struct cvg_check_config *check)
{
    CVG_CLEANUP(cvg_free_pointer)
    uint32_t *list = cvg_alloc_array(environment->check_count, sizeof(*list));
    CVG_CLEANUP(cvg_free_pointer)
    bool *listed = cvg_alloc_array(environment->check_count, sizeof(*listed));
    size_t count = 0, next = 0;

    for (;;) {
        for (size_t i = 0; i < check->input_count; i++) {
            uint32_t input = check->inputs[i];
            if (!listed[input]) {
                listed[input] = true;
                list[count++] = input;
                add_check(to, &environment->checks[input]);
            }
        }
        if (next == count) {
            return;
        }
        check = &environment->checks[list[next++]];
    }
}

static void finish(struct cvg_buf *text, char ret[CVG_SHA256_HEX])
{
    cvg_sha256_hex(cvg_buf_text(text), text->length, ret);
}

void cvg_restart_about_check(const struct cvg_environment_config *environment, size_t check,
                             char ret[CVG_SHA256_HEX])
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(TEXT_LIMIT);
    const struct cvg_check_config *asked = &environment->checks[check];

    add_check(&text, asked);
    if (asked->input_count > 0) {
        add_inputs(&text, environment, asked);
    }
    finish(&text, ret);
}

void cvg_restart_about_source(const struct cvg_source_config *source, char ret[CVG_SHA256_HEX])
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(TEXT_LIMIT);

    add_source(&text, source);
    finish(&text, ret);
}
