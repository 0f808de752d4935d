/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack's outputs. They may be nested; what is wanted is found by its path from the top, without
 * recursion. Where a secret stands anywhere in an output, no text of that output is kept: which parts
 * of it may be seen is not ours to guess.
 */
#include "document_inner.h"

#include <stdio.h>
#include <string.h>

#define LEVELS    32
#define PATH_MOST 512

/* What Pulumi writes for a value that is only known after an update. */
#define UNKNOWN_VALUE "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

struct level {
    size_t length; /* of its own path */
    size_t index;  /* of the next item */
    uint32_t is_array;
    struct cvg_pulumi_output *output; /* NULL: not wanted */
};

/* One output of the stack, while it is walked over. */
struct walk {
    struct cvg_pulumi_reading *reading;
    struct level levels[LEVELS];
    size_t depth;
    char path[PATH_MOST];
    size_t length;
    uint32_t lost;   /* the path is too long for anybody to want it */
    uint32_t secret; /* something in it is */
};

static int is_wanted(const struct walk *walk)
{
    const struct cvg_pulumi_wish *wish = walk->reading->wish;
    if (walk->lost) {
        return 0;
    }
    for (size_t i = 0; i < wish->count; i++) {
        if (strcmp(wish->outputs[i], walk->path) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The path of a part of what stands at the first `length` bytes. */
static void name_part(struct walk *walk, size_t length, const char *part)
{
    size_t size = sizeof(walk->path) - length;
    int wrote = snprintf(walk->path + length, size, "%s%s", length > 0 ? "." : "", part);
    walk->lost = wrote < 0 || (size_t)wrote >= size;
    walk->length = walk->lost ? length : length + (size_t)wrote;
}

/* *ret NULL: not wanted. */
static int add_output(struct walk *walk, uint32_t kind, struct cvg_pulumi_output **ret)
{
    struct cvg_pulumi_reading *reading = walk->reading;
    *ret = NULL;
    if (!is_wanted(walk)) {
        return 0;
    }
    struct cvg_pulumi_output *output = cvg_pulumi_new(reading, sizeof(*output));
    if (output == NULL) {
        return -1;
    }
    output->name = cvg_kit_arena_text(reading->arena, walk->path, walk->length);
    if (output->name == NULL) {
        return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_TOO_LARGE, "outputs");
    }
    output->value.kind = kind;
    *reading->output_end = output;
    reading->output_end = &output->next;
    *ret = output;
    return 0;
}

static int read_scalar(struct walk *walk, enum cvg_json_token token)
{
    struct cvg_pulumi_output *output;
    size_t length = 0;
    if (add_output(walk, CVG_KIT_VALUE_SET, &output) < 0) {
        return -1;
    }
    if (output == NULL) {
        return 0;
    }
    const char *text = cvg_json_text(walk->reading->json, &length);
    if (token == CVG_JSON_TRUE || token == CVG_JSON_FALSE) {
        text = token == CVG_JSON_TRUE ? "true" : "false";
        length = strlen(text);
    }
    if (token == CVG_JSON_NULL ||
        (token == CVG_JSON_STRING && cvg_json_is(walk->reading->json, UNKNOWN_VALUE))) {
        output->value.kind = CVG_KIT_VALUE_NULL;
    } else if (length == 0) {
        output->value.kind = CVG_KIT_VALUE_EMPTY;
        output->value.text = "";
    } else if (length <= CVG_KIT_VALUE_MOST && strlen(text) == length) {
        output->value.text = cvg_kit_arena_text(walk->reading->arena, text, length);
    }
    return cvg_kit_arena_is_full(walk->reading->arena)
               ? cvg_pulumi_refuse_at(walk->reading, CVG_PULUMI_REASON_TOO_LARGE, "outputs")
               : 0;
}

/* The current token begins a value whose path stands in the walk. */
static int begin_value(struct walk *walk, enum cvg_json_token token)
{
    if (token != CVG_JSON_OBJECT && token != CVG_JSON_ARRAY) {
        return read_scalar(walk, token);
    }
    if (walk->depth == LEVELS) {
        return cvg_pulumi_refuse_at(walk->reading, CVG_PULUMI_REASON_TOO_LARGE, "outputs");
    }
    struct level *level = &walk->levels[walk->depth++];
    *level = (struct level){.length = walk->length, .is_array = token == CVG_JSON_ARRAY};
    return add_output(walk, CVG_KIT_VALUE_EMPTY, &level->output);
}

static void note_part(struct level *level)
{
    if (level->output != NULL) {
        level->output->value.kind = CVG_KIT_VALUE_SET;
    }
}

static int read_key(struct walk *walk, struct level *level)
{
    size_t length = 0;
    const char *key = cvg_json_text(walk->reading->json, &length);
    note_part(level);
    walk->secret |= cvg_json_is(walk->reading->json, CVG_PULUMI_SIGNATURE) != 0;
    name_part(walk, level->length, key);
    enum cvg_json_token token = cvg_pulumi_next(walk->reading);
    return token == CVG_JSON_ERROR ? -1 : begin_value(walk, token);
}

static int read_item(struct walk *walk, struct level *level, enum cvg_json_token token)
{
    char number[24];
    note_part(level);
    (void)snprintf(number, sizeof(number), "%zu", level->index++);
    name_part(walk, level->length, number);
    return begin_value(walk, token);
}

static int read_parts(struct walk *walk)
{
    while (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        enum cvg_json_token token = cvg_pulumi_next(walk->reading);
        int result = 0;
        if (token == CVG_JSON_ERROR) {
            return -1;
        }
        if (token == CVG_JSON_END) {
            walk->depth--;
        } else {
            result = level->is_array ? read_item(walk, level, token) : read_key(walk, level);
        }
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

/* Names of parts of a secret say nothing true either: they are those of its wrapping. */
static void hide(struct cvg_pulumi_output *first)
{
    for (; first != NULL; first = first->next) {
        first->value.text = NULL;
        first->value.secret = 1;
        first->value.kind = CVG_KIT_VALUE_SET;
    }
}

static int read_output(struct cvg_pulumi_reading *reading, struct walk *walk)
{
    struct cvg_pulumi_output **first = reading->output_end;
    size_t length = 0;
    *walk = (struct walk){.reading = reading};
    name_part(walk, 0, cvg_json_text(reading->json, &length));
    enum cvg_json_token token = cvg_pulumi_next(reading);
    if (token == CVG_JSON_ERROR || begin_value(walk, token) < 0 || read_parts(walk) < 0) {
        return -1;
    }
    if (walk->secret) {
        hide(*first);
    }
    return 0;
}

int cvg_pulumi_read_outputs(struct cvg_pulumi_reading *reading)
{
    struct walk walk;
    enum cvg_json_token token;
    if (cvg_json_current(reading->json) != CVG_JSON_OBJECT) {
        return cvg_pulumi_refuse_at(reading, CVG_PULUMI_REASON_BAD_CONTENT, "outputs");
    }
    while ((token = cvg_pulumi_next(reading)) == CVG_JSON_KEY) {
        if (read_output(reading, &walk) < 0) {
            return -1;
        }
    }
    return token == CVG_JSON_END ? 0 : -1;
}
