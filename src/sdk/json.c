/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: a small machine over the bytes, with a stack of open containers instead of
 * recursion. Each call takes one token; a key takes its colon along. Strings are checked where
 * they stand and copied only by cvg_json_text(), into a scratch buffer that was made big enough
 * when the token was read, so that asking for text cannot fail.
 */
#include <convergate/json.h>

#include "sdk/json_keys.h"
#include "sdk/json_string.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_DEFAULT  64
#define STRING_DEFAULT ((size_t)1 << 20)
#define NUMBER_DEFAULT 128
#define KEYS_DEFAULT   1000000
#define SCRATCH_FIRST  256

enum state {
    STATE_VALUE,  /* a value must follow */
    STATE_FIRST,  /* behind an opening bracket: a value or key, or the closing bracket */
    STATE_AFTER,  /* behind a value in a container: a comma or the closing bracket */
    STATE_END,    /* behind the outermost value: nothing may follow */
    STATE_DONE,   /* all was read */
    STATE_FAILED, /* see error */
};

struct container {
    int is_object;
    struct cvg_json_object object;
};

struct cvg_json {
    const char *start, *at, *end;
    enum state state;
    enum cvg_json_token token;
    const char *token_at;
    struct cvg_json_string string; /* of the current KEY, STRING or NUMBER */
    char *scratch;                 /* owned */
    size_t scratch_size;
    struct container *stack; /* owned; places above depth keep their tables' memory */
    size_t depth, stack_size;
    struct cvg_json_keys keys;
    size_t tokens;
    struct cvg_json_limits limits;
    enum cvg_json_fault fault;
    char error[96];
};

static size_t or_default(size_t limit, size_t otherwise)
{
    return limit ? limit : otherwise;
}

struct cvg_json *cvg_json_new(const char *text, size_t length, const struct cvg_json_limits *limits)
{
    static const struct cvg_json_limits none;
    struct cvg_json *json = calloc(1, sizeof *json);
    if (!json) {
        return NULL;
    }
    json->scratch = malloc(SCRATCH_FIRST);
    if (!json->scratch) {
        free(json);
        return NULL;
    }
    json->scratch_size = SCRATCH_FIRST;
    json->start = json->at = json->token_at = text ? text : "";
    json->end = json->start + (text ? length : 0);
    json->limits = limits ? *limits : none;
    json->limits.size = or_default(json->limits.size, SIZE_MAX);
    json->limits.depth = or_default(json->limits.depth, DEPTH_DEFAULT);
    json->limits.string_length = or_default(json->limits.string_length, STRING_DEFAULT);
    json->limits.number_length = or_default(json->limits.number_length, NUMBER_DEFAULT);
    json->limits.object_keys = or_default(json->limits.object_keys, KEYS_DEFAULT);
    json->limits.tokens = or_default(json->limits.tokens, SIZE_MAX);
    return json;
}

void cvg_json_free(struct cvg_json *json)
{
    if (!json) {
        return;
    }
    for (size_t i = 0; i < json->stack_size; i++) {
        cvg_json_object_free(&json->stack[i].object);
    }
    free(json->stack);
    cvg_json_keys_free(&json->keys);
    free(json->scratch);
    free(json);
}

static enum cvg_json_token fail(struct cvg_json *json, enum cvg_json_fault fault, const char *at,
                                const char *what)
{
    (void)snprintf(json->error, sizeof json->error, "offset %zu: %s", (size_t)(at - json->start),
                   what);
    json->fault = fault;
    json->state = STATE_FAILED;
    json->token = CVG_JSON_ERROR;
    json->at = json->token_at = at;
    return CVG_JSON_ERROR;
}

static enum cvg_json_token fail_limit(struct cvg_json *json, const char *at, const char *what,
                                      size_t limit)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s over the limit of %zu", what, limit);
    return fail(json, CVG_JSON_OVER_LIMIT, at, text);
}

/* A byte that cannot begin what must stand here. */
static enum cvg_json_token fail_byte(struct cvg_json *json, const char *at, const char *wanted)
{
    if (at == json->end) {
        return fail(json, CVG_JSON_CUT, at, "the document ends too early");
    }
    if (at == json->start && json->end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        return fail(json, CVG_JSON_NOT_UTF8, at, "byte order mark");
    }
    char text[64];
    (void)snprintf(text, sizeof text, "expected %s", wanted);
    return fail(json, CVG_JSON_SYNTAX, at, text);
}

static enum cvg_json_token take(struct cvg_json *json, enum cvg_json_token token,
                                const char *token_at, const char *next_at)
{
    json->token = token;
    json->token_at = token_at;
    json->at = next_at;
    return token;
}

/* Indentation is long and all spaces: eight at a time. */
static inline const char *pass_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
        while (end - at >= 8 && memcmp(at, "        ", 8) == 0) {
            at += 8;
        }
    }
    return at;
}

/* Room for text of that length and its NUL. */
static int reserve_scratch(struct cvg_json *json, size_t length)
{
    if (length < json->scratch_size) {
        return 0;
    }
    size_t size = length > SIZE_MAX / 4 ? length + 1 : (length + 1) * 2;
    char *scratch = malloc(size);
    if (!scratch) {
        return -1;
    }
    free(json->scratch);
    json->scratch = scratch;
    json->scratch_size = size;
    return 0;
}

/* Behind the closing quote, or NULL after a failure. */
static const char *read_string(struct cvg_json *json, const char *at)
{
    const char *wrong_at = at;
    const char *wrong = cvg_json_string_scan(at + 1, json->end, &json->string, &wrong_at);
    if (wrong) {
        /* Control characters and escapes go wrong at a byte of ASCII. */
        fail(json,
             wrong_at == json->end              ? CVG_JSON_CUT
             : (unsigned char)*wrong_at >= 0x80 ? CVG_JSON_NOT_UTF8
                                                : CVG_JSON_SYNTAX,
             wrong_at, wrong);
        return NULL;
    }
    if (json->string.decoded_length > json->limits.string_length) {
        fail_limit(json, at, "string", json->limits.string_length);
        return NULL;
    }
    if (reserve_scratch(json, json->string.decoded_length) < 0) {
        fail(json, CVG_JSON_NO_MEMORY, at, "out of memory");
        return NULL;
    }
    return at + 1 + json->string.length + 1;
}

static enum cvg_json_token read_key(struct cvg_json *json, const char *at)
{
    if (at == json->end || *at != '"') {
        return fail_byte(json, at, "a key");
    }
    const char *next = read_string(json, at);
    if (!next) {
        return CVG_JSON_ERROR;
    }
    struct cvg_json_object *object = &json->stack[json->depth - 1].object;
    if (json->keys.count - object->first >= json->limits.object_keys) {
        return fail_limit(json, at, "keys of an object", json->limits.object_keys);
    }
    const char *decoded = json->string.raw;
    size_t readable = (size_t)(json->end - decoded);
    if (json->string.length != json->string.decoded_length) {
        cvg_json_string_decode(&json->string, json->scratch);
        decoded = json->scratch;
        readable = json->string.decoded_length;
    }
    switch (cvg_json_keys_add(&json->keys, object, &json->string, decoded, readable)) {
    case CVG_JSON_KEYS_OK:
        break;
    case CVG_JSON_KEYS_DUPLICATE:
        return fail(json, CVG_JSON_DUPLICATE, at, "duplicate key");
    case CVG_JSON_KEYS_MEMORY:
        return fail(json, CVG_JSON_NO_MEMORY, at, "out of memory");
    }
    next = pass_space(next, json->end);
    if (next == json->end || *next != ':') {
        return fail_byte(json, next, "':'");
    }
    json->state = STATE_VALUE;
    return take(json, CVG_JSON_KEY, at, next + 1);
}

static const char *pass_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9') {
        at++;
    }
    return at;
}

static enum cvg_json_token read_number(struct cvg_json *json, const char *at)
{
    const char *end = json->end, *from = at;
    at += *at == '-';
    const char *digits = at;
    at = pass_digits(at, end);
    if (at == digits) {
        return fail_byte(json, at, "a digit");
    }
    if (*digits == '0' && at - digits > 1) {
        return fail(json, CVG_JSON_SYNTAX, digits, "leading zero");
    }
    if (at < end && *at == '.') {
        digits = ++at;
        at = pass_digits(at, end);
        if (at == digits) {
            return fail_byte(json, at, "a digit");
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = at;
        at = pass_digits(at, end);
        if (at == digits) {
            return fail_byte(json, at, "a digit");
        }
    }
    size_t length = (size_t)(at - from);
    if (length > json->limits.number_length) {
        return fail_limit(json, from, "number", json->limits.number_length);
    }
    if (reserve_scratch(json, length) < 0) {
        return fail(json, CVG_JSON_NO_MEMORY, from, "out of memory");
    }
    json->string = (struct cvg_json_string){from, length, length};
    return take(json, CVG_JSON_NUMBER, from, at);
}

static enum cvg_json_token read_word(struct cvg_json *json, const char *at, const char *word,
                                     enum cvg_json_token token)
{
    size_t length = strlen(word), left = (size_t)(json->end - at);
    if (left >= length && memcmp(at, word, length) == 0) {
        return take(json, token, at, at + length);
    }
    if (left < length && memcmp(at, word, left) == 0) {
        return fail_byte(json, json->end, word);
    }
    return fail_byte(json, at, "a value");
}

static enum cvg_json_token open_container(struct cvg_json *json, const char *at)
{
    if (json->depth >= json->limits.depth) {
        return fail_limit(json, at, "depth", json->limits.depth);
    }
    if (json->depth == json->stack_size) {
        size_t size = json->stack_size ? json->stack_size * 2 : 16;
        struct container *stack = realloc(json->stack, size * sizeof *stack);
        if (!stack) {
            return fail(json, CVG_JSON_NO_MEMORY, at, "out of memory");
        }
        memset(stack + json->stack_size, 0, (size - json->stack_size) * sizeof *stack);
        json->stack = stack;
        json->stack_size = size;
    }
    struct container *container = &json->stack[json->depth++];
    container->is_object = *at == '{';
    if (container->is_object) {
        cvg_json_keys_open(&json->keys, &container->object);
    }
    json->state = STATE_FIRST;
    return take(json, container->is_object ? CVG_JSON_OBJECT : CVG_JSON_ARRAY, at, at + 1);
}

static enum cvg_json_token close_container(struct cvg_json *json, const char *at)
{
    struct container *container = &json->stack[--json->depth];
    if (container->is_object) {
        cvg_json_keys_close(&json->keys, &container->object);
    }
    json->state = json->depth ? STATE_AFTER : STATE_END;
    return take(json, CVG_JSON_END, at, at + 1);
}

static enum cvg_json_token read_value(struct cvg_json *json, const char *at)
{
    if (at == json->end) {
        return fail_byte(json, at, "a value");
    }
    if (*at == '{' || *at == '[') {
        return open_container(json, at);
    }
    json->state = json->depth ? STATE_AFTER : STATE_END;
    switch (*at) {
    case '"': {
        const char *next = read_string(json, at);
        return next ? take(json, CVG_JSON_STRING, at, next) : CVG_JSON_ERROR;
    }
    case 't':
        return read_word(json, at, "true", CVG_JSON_TRUE);
    case 'f':
        return read_word(json, at, "false", CVG_JSON_FALSE);
    case 'n':
        return read_word(json, at, "null", CVG_JSON_NULL);
    default:
        if (*at == '-' || (*at >= '0' && *at <= '9')) {
            return read_number(json, at);
        }
        return fail_byte(json, at, "a value");
    }
}

/* Within a container, where it may end: behind its bracket or behind a value. */
static enum cvg_json_token read_member(struct cvg_json *json, const char *at)
{
    int is_object = json->stack[json->depth - 1].is_object;
    if (at < json->end && *at == (is_object ? '}' : ']')) {
        return close_container(json, at);
    }
    if (json->state == STATE_AFTER) {
        if (at == json->end || *at != ',') {
            return fail_byte(json, at, is_object ? "',' or '}'" : "',' or ']'");
        }
        at = pass_space(at + 1, json->end);
    }
    return is_object ? read_key(json, at) : read_value(json, at);
}

enum cvg_json_token cvg_json_next(struct cvg_json *json)
{
    const char *at = pass_space(json->at, json->end);
    enum cvg_json_token token = CVG_JSON_ERROR;
    switch (json->state) {
    case STATE_VALUE:
        /* The first token is a value, so this is where the size is looked at, once. */
        if (json->tokens == 0 && (size_t)(json->end - json->start) > json->limits.size) {
            return fail_limit(json, json->start, "document", json->limits.size);
        }
        token = read_value(json, at);
        break;
    case STATE_FIRST:
    case STATE_AFTER:
        token = read_member(json, at);
        break;
    case STATE_END:
        if (at < json->end) {
            return fail(json, CVG_JSON_SYNTAX, at, "bytes behind the document");
        }
        json->state = STATE_DONE;
        return take(json, CVG_JSON_DONE, at, at);
    case STATE_DONE:
    case STATE_FAILED:
        return json->token;
    }
    if (token != CVG_JSON_ERROR && ++json->tokens > json->limits.tokens) {
        return fail_limit(json, json->token_at, "tokens", json->limits.tokens);
    }
    return token;
}

enum cvg_json_token cvg_json_current(const struct cvg_json *json)
{
    return json->token;
}

static int has_text(const struct cvg_json *json)
{
    return json->token == CVG_JSON_KEY || json->token == CVG_JSON_STRING ||
           json->token == CVG_JSON_NUMBER;
}

const char *cvg_json_text(const struct cvg_json *json, size_t *ret_length)
{
    size_t length = 0;
    if (has_text(json)) {
        cvg_json_string_decode(&json->string, json->scratch);
        length = json->string.decoded_length;
    }
    json->scratch[length] = '\0';
    if (ret_length) {
        *ret_length = length;
    }
    return json->scratch;
}

int cvg_json_is(const struct cvg_json *json, const char *text)
{
    size_t length = strlen(text);
    if ((json->token != CVG_JSON_KEY && json->token != CVG_JSON_STRING) ||
        json->string.decoded_length != length) {
        return 0;
    }
    if (json->string.length == length) {
        return memcmp(json->string.raw, text, length) == 0;
    }
    cvg_json_string_decode(&json->string, json->scratch);
    return memcmp(json->scratch, text, length) == 0;
}

int cvg_json_skip(struct cvg_json *json)
{
    if (json->token == CVG_JSON_KEY) {
        cvg_json_next(json);
    }
    if (json->token == CVG_JSON_OBJECT || json->token == CVG_JSON_ARRAY) {
        size_t outside = json->depth - 1;
        while (json->depth > outside && cvg_json_next(json) != CVG_JSON_ERROR) {
        }
    }
    return json->state == STATE_FAILED ? -1 : 0;
}

size_t cvg_json_offset(const struct cvg_json *json)
{
    return (size_t)(json->token_at - json->start);
}

size_t cvg_json_depth(const struct cvg_json *json)
{
    return json->depth;
}

const char *cvg_json_error(const struct cvg_json *json)
{
    return json->error;
}

enum cvg_json_fault cvg_json_fault(const struct cvg_json *json)
{
    return json->fault;
}
