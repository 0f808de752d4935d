/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events to a tree. The event interface, because the document interface resolves
 * aliases, has no limits and loses duplicate keys. A stack of open lists and maps instead of
 * recursion, so that the depth of the input is never the depth of ours.
 *
 * Whoever writes a condition such as `ready: >= 3` is told to quote it, in those words: what
 * libyaml says about it helps nobody.
 */
#include "config/tree.h"

#include "base/error.h"
#include "base/map.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

/* Nodes of one file: some 300 MiB at most, far beyond 100,000 checks. */
#define NODES_MOST (4u * 1024 * 1024)
/* Maps up to this size look for duplicate keys by comparing. */
#define SMALL_MAP  8
/* Bytes of a key in a message. */
#define SHOWN      64

/* A list or map that is still open. A map's items alternate: key, value. */
struct frame {
    struct cvg_node *node;
    struct cvg_node **items; /* owned */
    size_t count, capacity;
    struct cvg_map *names; /* owned; of a big map */
};

struct builder {
    const char *file;
    const char *bytes;
    size_t length;
    struct cvg_arena *arena;
    struct cvg_diagnostics *diagnostics;
    struct frame frames[CVG_TREE_DEPTH];
    size_t depth, nodes;
    const struct cvg_node *root;
    unsigned documents;
    /* Where libyaml's character index was found in bytes the last time; it only goes forward. */
    size_t index, offset;
};

static void frame_done(struct frame *frame)
{
    free(frame->items);
    cvg_map_free(frame->names);
    *frame = (struct frame){0};
}

static int fail(struct builder *builder, const yaml_mark_t *mark, const char *text)
{
    cvg_diagnostics_at(builder->diagnostics, builder->file, (unsigned)mark->line + 1,
                       (unsigned)mark->column + 1, "%s", text);
    return CVG_E_INVALID;
}

/* The byte at libyaml's mark, which counts characters; length at the end. */
static size_t offset_of(struct builder *builder, size_t index)
{
    if (index < builder->index) {
        builder->index = 0;
        builder->offset = 0;
    }
    while (builder->index < index && builder->offset < builder->length) {
        builder->offset++;
        while (builder->offset < builder->length &&
               ((unsigned char)builder->bytes[builder->offset] & 0xc0) == 0x80) {
            builder->offset++;
        }
        builder->index++;
    }
    return builder->offset;
}

static char byte_at(const struct builder *builder, size_t offset)
{
    return offset < builder->length ? builder->bytes[offset] : '\0';
}

/* ---- what is wrong with the syntax, in words that say what to do ---- */

static const char *const quote_block =
    "text that begins with '>' or '|' must be quoted, for example \">= 3\"";

static const char *explain_start(char c)
{
    switch (c) {
    case '\t':
        return "a tab cannot indent; use spaces";
    case '@':
    case '`':
    case '%':
        return "text that begins with '@', '`' or '%' must be quoted";
    default:
        return NULL;
    }
}

static int fail_syntax(struct builder *builder, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    const char *context = parser->context ? parser->context : "";
    const yaml_mark_t *mark = &parser->problem_mark;
    size_t at = offset_of(builder, mark->index);
    const char *hint = NULL;
    if (parser->error == YAML_MEMORY_ERROR) {
        problem = "out of memory";
    } else if (strcmp(context, "while scanning a block scalar") == 0 && !strstr(problem, "tab")) {
        mark = &parser->context_mark;
        hint = quote_block;
    } else if (byte_at(builder, at) == '{' && at > 0 && builder->bytes[at - 1] == '$') {
        hint = "a reference inside { } or [ ] must be quoted: \"${...}\"";
    } else if (strcmp(problem, "mapping values are not allowed in this context") == 0) {
        hint = "a ':' where no key can stand: text that contains ': ' must be quoted, and keys "
               "must be indented alike";
    } else if (strcmp(problem, "found character that cannot start any token") == 0) {
        hint = explain_start(byte_at(builder, at));
    } else if (strcmp(context, "while scanning an alias") == 0 ||
               strcmp(context, "while scanning an anchor") == 0) {
        mark = &parser->context_mark;
        hint = "text that begins with '*' or '&' must be quoted";
    } else if (strcmp(context, "while parsing a tag") == 0 ||
               strcmp(context, "while scanning a tag") == 0) {
        mark = &parser->context_mark;
        hint = "text that begins with '!' must be quoted";
    }
    char text[256];
    if (!hint) {
        (void)snprintf(text, sizeof text, "not valid YAML: %s%s%s", problem, *context ? " " : "",
                       context);
        hint = text;
    }
    return fail(builder, mark, hint);
}

/* What YAML would take for a line break, or a terminal for an order, is refused beforehand: then
 * a line here is a line in every editor, and nothing is shown other than it is read. */
static int check_bytes(struct builder *builder)
{
    yaml_mark_t mark = {0};
    for (size_t at = 0; at < builder->length;) {
        uint32_t character = 0;
        size_t size = cvg_text_decode(builder->bytes + at, builder->length - at, &character);
        char text[128];
        if (size == 0) {
            return fail(builder, &mark, "not UTF-8 text");
        }
        bool space = character == '\n' || character == '\t' ||
                     (character == '\r' && byte_at(builder, at + 1) == '\n');
        if (!space && !cvg_text_is_printable(character)) {
            (void)snprintf(
                text, sizeof text,
                "the invisible character U+%04X; in double quotes it can be written as \\u%04X",
                (unsigned)character, (unsigned)character);
            return fail(builder, &mark, text);
        }
        mark.column++;
        if (character == '\n') {
            mark.line++;
            mark.column = 0;
        }
        at += size;
    }
    return 0;
}

/* ---- nodes ---- */

static struct cvg_node *node_new(struct builder *builder, enum cvg_node_kind kind,
                                 const yaml_mark_t *mark)
{
    if (++builder->nodes > NODES_MOST) {
        fail(builder, mark, "the file has too many values");
        return NULL;
    }
    struct cvg_node *node = cvg_arena_alloc(builder->arena, sizeof *node);
    node->kind = kind;
    node->file = builder->file;
    node->line = (uint32_t)mark->line + 1;
    node->column = (uint32_t)mark->column + 1;
    return node;
}

static bool is_null(const char *text)
{
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0 ||
           strcmp(text, "Null") == 0 || strcmp(text, "NULL") == 0;
}

/* The first place of the same key in a map that is still open, or NULL; notes the key. */
static const struct cvg_node *find_duplicate(struct frame *frame, struct cvg_node *key)
{
    size_t keys = frame->count / 2;
    if (keys < SMALL_MAP) {
        for (size_t i = 0; i < keys; i++) {
            if (strcmp(frame->items[2 * i]->text, key->text) == 0) {
                return frame->items[2 * i];
            }
        }
        return NULL;
    }
    if (!frame->names) {
        frame->names = cvg_map_new();
        for (size_t i = 0; i < keys; i++) {
            cvg_map_put(frame->names, frame->items[2 * i]->text, frame->items[2 * i]);
        }
    }
    const struct cvg_node *first = cvg_map_get(frame->names, key->text);
    if (!first) {
        cvg_map_put(frame->names, key->text, key);
    }
    return first;
}

/* Puts a finished or just opened node where it belongs. */
static int attach(struct builder *builder, struct cvg_node *node, const yaml_mark_t *mark)
{
    if (builder->depth == 0) {
        builder->root = node;
        return 0;
    }
    struct frame *frame = &builder->frames[builder->depth - 1];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an open frame has a node */
    if (frame->node->kind == CVG_NODE_MAP && frame->count % 2 == 0) {
        if (node->kind == CVG_NODE_LIST || node->kind == CVG_NODE_MAP) {
            return fail(builder, mark, "a key must be text");
        }
        node->kind = CVG_NODE_SCALAR; /* a key named null is still a name */
        const struct cvg_node *first = find_duplicate(frame, node);
        if (first) {
            char shown[SHOWN];
            cvg_text_printable(node->text, node->length, shown, sizeof shown);
            cvg_diagnostics_error(builder->diagnostics, node,
                                  "key '%s' stands here twice, first in line %u", shown,
                                  first->line);
        }
    }
    CVG_GROW(frame->items, frame->count, frame->capacity);
    frame->items[frame->count++] = node;
    return 0;
}

/* `ready: >3` is, to YAML, the head of an empty folded text that is indented by three. */
static bool is_swallowed(struct builder *builder, const yaml_event_t *event)
{
    yaml_scalar_style_t style = event->data.scalar.style;
    if (style != YAML_LITERAL_SCALAR_STYLE && style != YAML_FOLDED_SCALAR_STYLE) {
        return false;
    }
    size_t at = offset_of(builder, event->start_mark.index);
    bool digit = false;
    for (at++; byte_at(builder, at) > ' ' && byte_at(builder, at) != '#'; at++) {
        digit = digit || (builder->bytes[at] >= '0' && builder->bytes[at] <= '9');
    }
    return digit || event->data.scalar.length == 0;
}

static int on_scalar(struct builder *builder, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (length > CVG_TREE_SCALAR_LIMIT) {
        return fail(builder, mark, "the text is longer than 64 KiB");
    }
    if (memchr(text, '\0', length)) {
        return fail(builder, mark, "text cannot contain \\0");
    }
    if (is_swallowed(builder, event)) {
        return fail(builder, mark, quote_block);
    }
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    struct cvg_node *node =
        node_new(builder, !quoted && is_null(text) ? CVG_NODE_NULL : CVG_NODE_SCALAR, mark);
    if (!node) {
        return CVG_E_INVALID;
    }
    node->quoted = quoted;
    node->text = cvg_arena_strndup(builder->arena, text, length);
    node->length = length;
    return attach(builder, node, mark);
}

static int on_open(struct builder *builder, enum cvg_node_kind kind, const yaml_mark_t *mark)
{
    struct cvg_node *node = node_new(builder, kind, mark);
    if (!node || attach(builder, node, mark) < 0) {
        return CVG_E_INVALID;
    }
    if (builder->depth == CVG_TREE_DEPTH) {
        return fail(builder, mark, "nested too deeply (at most 32 levels)");
    }
    builder->frames[builder->depth++] = (struct frame){.node = node};
    return 0;
}

static void on_close(struct builder *builder)
{
    struct frame *frame = &builder->frames[--builder->depth];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): an open frame has a node */
    bool map = frame->node->kind == CVG_NODE_MAP;
    size_t count = map ? frame->count / 2 : frame->count;
    size_t size = CVG_MAX(count, 1) * sizeof(struct cvg_node *);
    const struct cvg_node **items = cvg_arena_alloc(builder->arena, size);
    const struct cvg_node **keys = map ? cvg_arena_alloc(builder->arena, size) : NULL;
    for (size_t i = 0; i < count; i++) {
        items[i] = frame->items[map ? 2 * i + 1 : i];
        if (map) {
            keys[i] = frame->items[2 * i];
        }
    }
    frame->node->items = items;
    frame->node->keys = keys;
    frame->node->count = count;
    frame_done(frame);
}

/* Anchors and tags make YAML mean more than it shows; nothing here needs them. */
static int refuse_extras(struct builder *builder, const yaml_event_t *event)
{
    const yaml_char_t *tag = NULL, *anchor = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        tag = event->data.scalar.tag;
        anchor = event->data.scalar.anchor;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        tag = event->data.sequence_start.tag;
        anchor = event->data.sequence_start.anchor;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        tag = event->data.mapping_start.tag;
        anchor = event->data.mapping_start.anchor;
    }
    if (event->type == YAML_ALIAS_EVENT) {
        return fail(builder, &event->start_mark,
                    "aliases are not supported; text that begins with '*' must be quoted");
    }
    if (anchor) {
        return fail(builder, &event->start_mark,
                    "anchors are not supported; text that begins with '&' must be quoted");
    }
    if (tag) {
        return fail(builder, &event->start_mark,
                    "tags are not supported; text that begins with '!' must be quoted, for "
                    "example \"!= 0\"");
    }
    return 0;
}

static int on_event(struct builder *builder, const yaml_event_t *event)
{
    const yaml_mark_t *mark = &event->start_mark;
    if (refuse_extras(builder, event) < 0) {
        return CVG_E_INVALID;
    }
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++builder->documents > 1
                   ? fail(builder, mark, "a file holds one document; remove the second '---'")
                   : 0;
    case YAML_SCALAR_EVENT:
        return on_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(builder, CVG_NODE_LIST, mark);
    case YAML_MAPPING_START_EVENT:
        return on_open(builder, CVG_NODE_MAP, mark);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(builder);
        return 0;
    default:
        return 0;
    }
}

static int build(struct builder *builder, yaml_parser_t *parser)
{
    for (bool done = false; !done;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return fail_syntax(builder, parser);
        }
        done = event.type == YAML_STREAM_END_EVENT;
        int code = on_event(builder, &event);
        yaml_event_delete(&event);
        if (code < 0) {
            return code;
        }
    }
    return 0;
}

int cvg_tree_parse(const char *file, const char *bytes, size_t length, struct cvg_arena *arena,
                   struct cvg_diagnostics *diagnostics, const struct cvg_node **ret)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file with it */
    size_t errors = diagnostics->errors;
    if (length > CVG_TREE_FILE_LIMIT) {
        cvg_diagnostics_at(diagnostics, file, 0, 0, "the file is larger than 64 MiB");
        return CVG_E_INVALID;
    }
    if (length >= 3 && memcmp(bytes, mark, 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    struct builder builder = {.file = cvg_arena_strdup(arena, file),
                              .bytes = bytes,
                              .length = length,
                              .arena = arena,
                              .diagnostics = diagnostics};
    yaml_parser_t parser;
    if (check_bytes(&builder) < 0) {
        return CVG_E_INVALID;
    }
    if (!yaml_parser_initialize(&parser)) {
        cvg_diagnostics_at(diagnostics, file, 0, 0, "out of memory");
        return CVG_E_INVALID;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, length);
    int code = build(&builder, &parser);
    yaml_parser_delete(&parser);
    while (builder.depth > 0) {
        frame_done(&builder.frames[--builder.depth]);
    }
    if (code == 0 && !builder.root) {
        yaml_mark_t start = {0};
        builder.root = node_new(&builder, CVG_NODE_NULL, &start); /* an empty file */
    }
    if (code < 0) {
        return code;
    }
    *ret = builder.root;
    return diagnostics->errors == errors ? 0 : -1;
}
