/* SPDX-License-Identifier: Apache-2.0 */
/* Appending; what is written is as large as what was read, which is bounded. */
#include "writer.h"

#include "kit/memory.h"

#include <stdio.h>
#include <string.h>

static void append(struct cvg_kube_writer *writer, const char *bytes, size_t length)
{
    if (writer->capacity - writer->length <= length) {
        writer->capacity = (writer->capacity + length + 64) * 2;
        writer->text = cvg_kit_resize(writer->text, writer->capacity, 1);
    }
    memcpy(writer->text + writer->length, bytes, length);
    writer->length += length;
    writer->text[writer->length] = '\0';
}

void cvg_kube_write(struct cvg_kube_writer *writer, const char *text)
{
    append(writer, text, strlen(text));
}

void cvg_kube_write_string(struct cvg_kube_writer *writer, const char *text)
{
    append(writer, "\"", 1);
    for (const char *at = text; *at != '\0'; at++) {
        char escaped[8];
        if (*at == '"' || *at == '\\') {
            escaped[0] = '\\';
            escaped[1] = *at;
            append(writer, escaped, 2);
        } else if ((unsigned char)*at < 0x20) {
            (void)snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)*at);
            append(writer, escaped, 6);
        } else {
            append(writer, at, 1);
        }
    }
    append(writer, "\"", 1);
}

void cvg_kube_write_key(struct cvg_kube_writer *writer, const char *key)
{
    if (writer->length > 0 && writer->text[writer->length - 1] != '{') {
        append(writer, ",", 1);
    }
    cvg_kube_write_string(writer, key);
    append(writer, ":", 1);
}

/* As deep as the tree, whose depth is that of the YAML it came from. */
void cvg_kube_write_node(struct cvg_kube_writer *writer, // NOLINT(misc-no-recursion)
                         const struct cvg_kube_node *node)
{
    switch ((enum cvg_kube_node_kind)node->kind) {
    case CVG_KUBE_NULL:
        cvg_kube_write(writer, "null");
        return;
    case CVG_KUBE_BOOL:
        cvg_kube_write(writer, node->boolean ? "true" : "false");
        return;
    case CVG_KUBE_NUMBER:
        cvg_kube_write(writer, node->text);
        return;
    case CVG_KUBE_STRING:
        cvg_kube_write_string(writer, node->text);
        return;
    case CVG_KUBE_ARRAY:
    case CVG_KUBE_OBJECT:
        break;
    }
    int object = node->kind == CVG_KUBE_OBJECT;
    cvg_kube_write(writer, object ? "{" : "[");
    for (size_t i = 0; i < node->count; i++) {
        if (object) {
            cvg_kube_write_key(writer, node->items[i].key);
        } else if (i > 0) {
            cvg_kube_write(writer, ",");
        }
        cvg_kube_write_node(writer, &node->items[i]);
    }
    cvg_kube_write(writer, object ? "}" : "]");
}
