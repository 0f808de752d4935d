/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outputs. A value is first only passed over, with its place remembered; once its whole output was read
 * and is known not to be sensitive, what is wished for is taken from there. So nothing of a sensitive
 * value is ever copied.
 */
#include "state_inner.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

enum {
    OUTPUT_VALUE,
    OUTPUT_TYPE,
    OUTPUT_SENSITIVE,
};

static const struct cvg_tf_field raw_fields[] = {
    [OUTPUT_VALUE] = {"value", CVG_TF_ANY, 1},
    [OUTPUT_TYPE] = {"type", CVG_TF_STRING | CVG_TF_ARRAY, 1},
    [OUTPUT_SENSITIVE] = {"sensitive", CVG_TF_BOOL, 0},
    {NULL, 0, 0},
};

static const struct cvg_tf_field shown_fields[] = {
    [OUTPUT_VALUE] = {"value", CVG_TF_ANY, 0},
    [OUTPUT_TYPE] = {"type", CVG_TF_ANY, 0},
    [OUTPUT_SENSITIVE] = {"sensitive", CVG_TF_BOOL, 0},
    {NULL, 0, 0},
};

static const char *type_of(enum cvg_json_token token)
{
    switch (token) {
    case CVG_JSON_OBJECT:
        return "object";
    case CVG_JSON_ARRAY:
        return "list";
    case CVG_JSON_STRING:
        return "string";
    case CVG_JSON_NUMBER:
        return "number";
    case CVG_JSON_TRUE:
    case CVG_JSON_FALSE:
        return "bool";
    default:
        return "null";
    }
}

/* The value at hand is passed over, and what it is goes to output. */
static int pass_value(struct cvg_json *json, struct cvg_tf_output *output)
{
    enum cvg_json_token token = cvg_json_current(json);
    size_t depth = cvg_json_depth(json);
    output->type = type_of(token);
    output->kind = token == CVG_JSON_NULL ? CVG_TF_OUTPUT_NULL : CVG_TF_OUTPUT_SET;
    if (token == CVG_JSON_STRING && cvg_json_is(json, "")) {
        output->kind = CVG_TF_OUTPUT_EMPTY;
    }
    if (token != CVG_JSON_OBJECT && token != CVG_JSON_ARRAY) {
        return 0;
    }
    token = cvg_json_next(json);
    if (token == CVG_JSON_END) {
        output->kind = CVG_TF_OUTPUT_EMPTY;
    }
    while (token != CVG_JSON_ERROR && (token != CVG_JSON_END || cvg_json_depth(json) >= depth)) {
        token = cvg_json_next(json);
    }
    return token == CVG_JSON_ERROR ? -1 : 0;
}

/* ---- types ---------------------------------------------------------------------------------- */

/* What each word of a type lets a value be; null goes with all. */
static const struct {
    const char *word;
    uint32_t kinds;
    uint32_t parts; /* kinds of what follows the word; 0: nothing does */
} types[] = {
    {"string", CVG_TF_STRING, 0},
    {"number", CVG_TF_NUMBER, 0},
    {"bool", CVG_TF_BOOL, 0},
    {"dynamic", CVG_TF_ANY, 0},
    {"list", CVG_TF_ARRAY, CVG_TF_STRING | CVG_TF_ARRAY},
    {"set", CVG_TF_ARRAY, CVG_TF_STRING | CVG_TF_ARRAY},
    {"map", CVG_TF_OBJECT, CVG_TF_STRING | CVG_TF_ARRAY},
    {"tuple", CVG_TF_ARRAY, CVG_TF_ARRAY},
    {"object", CVG_TF_OBJECT, CVG_TF_OBJECT},
};

static size_t find_type(const struct cvg_tf_document *document)
{
    size_t i = 0;
    while (i < sizeof(types) / sizeof(types[0]) && !cvg_tf_is(document, types[i].word)) {
        i++;
    }
    return i;
}

/* On "string", or ["list", "string"]: the outermost is checked. */
static int read_type(struct cvg_tf_document *document, uint32_t *ret_kinds)
{
    int is_list = cvg_json_current(document->json) == CVG_JSON_ARRAY;
    if (is_list) {
        cvg_tf_list_begin(document);
        if (cvg_tf_list_next(document, CVG_TF_STRING) < 0) {
            return -1;
        }
    }
    size_t type = cvg_json_current(document->json) == CVG_JSON_STRING
                      ? find_type(document)
                      : sizeof(types) / sizeof(types[0]);
    if (type == sizeof(types) / sizeof(types[0]) || is_list != (types[type].parts != 0)) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
    }
    *ret_kinds = types[type].kinds | CVG_TF_NULL;
    if (!is_list) {
        return 0;
    }
    int more = cvg_tf_list_next(document, types[type].parts);
    if (more == 0) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, NULL);
    }
    while (more > 0) {
        /* An object may have a list of its optional parts behind. */
        more = cvg_tf_skip(document) < 0 ? -1 : cvg_tf_list_next(document, CVG_TF_ARRAY);
    }
    return more;
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* In the object at hand, to the value of that key. 0; -1: there is none. */
static int follow_key(struct cvg_json *json, const char *key, size_t length)
{
    while (cvg_json_next(json) == CVG_JSON_KEY) {
        size_t size = 0;
        const char *text = cvg_json_text(json, &size);
        if (size == length && memcmp(text, key, length) == 0) {
            (void)cvg_json_next(json);
            return 0;
        }
        (void)cvg_json_skip(json);
    }
    return -1;
}

/* In the list at hand, to the element of that number. */
static int follow_number(struct cvg_json *json, const char *text, size_t length)
{
    uint64_t number = 0;
    if (cvg_parse_uint64(text, length, &number) < 0) {
        return -1;
    }
    enum cvg_json_token token = cvg_json_next(json);
    for (; number > 0 && token != CVG_JSON_END && token != CVG_JSON_ERROR; number--) {
        (void)cvg_json_skip(json);
        token = cvg_json_next(json);
    }
    return token == CVG_JSON_END || token == CVG_JSON_ERROR ? -1 : 0;
}

/* From the value at hand to what the path names in it; "": the value itself. */
static int follow(struct cvg_json *json, const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, ".");
        enum cvg_json_token token = cvg_json_current(json);
        int found = token == CVG_JSON_OBJECT  ? follow_key(json, path, length)
                    : token == CVG_JSON_ARRAY ? follow_number(json, path, length)
                                              : -1;
        if (found < 0 || path[length] == '\0') {
            return found;
        }
        path += length + 1;
        if (*path == '\0') {
            return -1;
        }
    }
    return 0;
}

/* The scalar at hand, or NULL. A text with a NUL in it is none: cut there, it would be another. */
static int keep_text(struct cvg_tf_document *document, const struct cvg_json *json,
                     const char **ret)
{
    size_t length = 0;
    const char *text = NULL;
    switch (cvg_json_current(json)) {
    case CVG_JSON_STRING:
    case CVG_JSON_NUMBER:
        text = cvg_json_text(json, &length);
        if (strlen(text) != length) {
            return 0;
        }
        *ret = cvg_kit_arena_text(document->arena, text, length);
        return *ret == NULL ? cvg_tf_refuse_size(document) : 0;
    case CVG_JSON_TRUE:
        *ret = "true";
        return 0;
    case CVG_JSON_FALSE:
        *ret = "false";
        return 0;
    default:
        return 0;
    }
}

/* What the path names in the value that stands at `from`: to part, with its text unless it is sensitive.
 * 1, or 0 where there is none. */
static int read_part(struct cvg_tf_document *document, size_t from, const char *path,
                     struct cvg_tf_output *part)
{
    struct cvg_tf_document value;
    struct cvg_tf_refusal refusal;
    int found = cvg_tf_document_open(&value, document->text + from, document->length - from,
                                     document->arena, &refusal);
    if (found == 0) {
        (void)cvg_json_next(value.json);
        found = follow(value.json, path) < 0 ? 0 : 1;
    }
    if (found > 0 && !part->sensitive && keep_text(document, value.json, &part->text) < 0) {
        found = -1;
    }
    if (found > 0) {
        (void)pass_value(value.json, part);
    }
    cvg_tf_document_close(&value);
    return found;
}

/* Whatever is wished for of an output that was read. */
static int read_wishes(struct cvg_tf_document *document, const struct cvg_tf_wish *wish,
                       size_t from, struct cvg_tf_output *output, struct cvg_tf_pile *parts)
{
    size_t length = strlen(output->name);
    for (size_t i = 0; i < wish->count; i++) {
        const char *path = wish->outputs[i];
        if (strcmp(path, output->name) == 0) {
            if (read_part(document, from, "", output) < 0) {
                return -1;
            }
            continue;
        }
        if (strncmp(path, output->name, length) != 0 || path[length] != '.') {
            continue;
        }
        struct cvg_tf_output part = {.sensitive = output->sensitive};
        int found = read_part(document, from, path + length + 1, &part);
        if (found > 0) {
            part.name = cvg_kit_arena_text(document->arena, path, strlen(path));
            if (part.name == NULL) {
                return cvg_tf_refuse_size(document);
            }
            struct cvg_tf_output *kept = cvg_tf_pile_add(parts, sizeof(*kept));
            *kept = part;
        } else if (found < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- outputs -------------------------------------------------------------------------------- */

/* One output while it is read. */
struct value {
    size_t from;    /* in the document */
    uint32_t token; /* a bit of its kind */
    uint32_t kinds; /* those that its type allows */
};

static int read_field(struct cvg_tf_document *document, int field, int is_raw,
                      struct cvg_tf_output *output, struct value *value)
{
    switch (field) {
    case OUTPUT_VALUE:
        value->from = cvg_json_offset(document->json);
        value->token = 1u << cvg_json_current(document->json);
        return pass_value(document->json, output) < 0 ? cvg_tf_refuse_json(document) : 0;
    case OUTPUT_TYPE:
        return is_raw ? read_type(document, &value->kinds) : cvg_tf_skip(document);
    default:
        output->sensitive = cvg_json_current(document->json) == CVG_JSON_TRUE;
        return 0;
    }
}

/* On the key. */
static int read_output(struct cvg_tf_document *document, const struct cvg_tf_wish *wish, int is_raw,
                       struct cvg_tf_output *output, struct cvg_tf_pile *parts)
{
    struct value value = {0, 0, CVG_TF_ANY};
    *output = (struct cvg_tf_output){.type = "null", .kind = CVG_TF_OUTPUT_NULL};
    if (cvg_tf_name_read(document, &output->name) < 0 ||
        cvg_tf_map_value(document, CVG_TF_OBJECT) < 0) {
        return -1;
    }
    struct cvg_tf_object object = cvg_tf_object_begin(document, is_raw ? raw_fields : shown_fields);
    int field = 0;
    while ((field = cvg_tf_object_next(document, &object)) >= 0) {
        if (read_field(document, field, is_raw, output, &value) < 0) {
            return -1;
        }
    }
    if (field != CVG_TF_END) {
        return -1;
    }
    if (value.token & ~value.kinds) {
        return cvg_tf_refuse(document, CVG_TF_BAD_CONTENT, ": the value is not of its type");
    }
    if (value.token == 0 || wish == NULL) {
        return 0;
    }
    return read_wishes(document, wish, value.from, output, parts);
}

static int read_all(struct cvg_tf_document *document, const struct cvg_tf_wish *wish, int is_raw,
                    struct cvg_tf_pile *outputs, struct cvg_tf_pile *parts)
{
    int more = 0;
    cvg_tf_list_begin(document);
    while ((more = cvg_tf_map_next(document)) > 0) {
        if (read_output(document, wish, is_raw,
                        cvg_tf_pile_add(outputs, sizeof(struct cvg_tf_output)), parts) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < parts->count && more == 0; i++) {
        struct cvg_tf_output *output = cvg_tf_pile_add(outputs, sizeof(*output));
        *output = ((const struct cvg_tf_output *)parts->items)[i];
    }
    return more;
}

int cvg_tf_outputs_read(struct cvg_tf_document *document, const struct cvg_tf_wish *wish,
                        int is_raw, struct cvg_tf_state *ret)
{
    struct cvg_tf_pile outputs = {NULL, 0, 0}, parts = {NULL, 0, 0};
    const void *kept = NULL;
    int result = read_all(document, wish, is_raw, &outputs, &parts);
    if (result == 0) {
        result = cvg_tf_pile_keep(document, &outputs, sizeof(struct cvg_tf_output), &kept);
        ret->outputs = kept;
        ret->output_count = outputs.count;
    }
    free(outputs.items);
    free(parts.items);
    return result;
}
