/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents that nobody would think of: made from a seed, written in a random spelling, read
 * back and compared token by token with what was meant. A failure names its seed.
 */
#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS      3000
#define DEPTH_MOST 12

struct token {
    enum cvg_json_token kind;
    size_t length;
    unsigned char text[40];
};

struct made {
    uint64_t random;
    char *text;
    size_t used, size;
    struct token *tokens;
    size_t count, capacity;
    size_t budget; /* values that may still be made */
};

static unsigned below(struct made *made, unsigned bound)
{
    made->random ^= made->random << 13;
    made->random ^= made->random >> 7;
    made->random ^= made->random << 17;
    return (unsigned)(made->random >> 33) % bound;
}

static void put(struct made *made, const void *bytes, size_t length)
{
    if (made->size - made->used < length) {
        made->size = (made->size + length) * 2;
        made->text = realloc(made->text, made->size);
        assert_non_null(made->text);
    }
    memcpy(made->text + made->used, bytes, length);
    made->used += length;
}

static struct token *mean(struct made *made, enum cvg_json_token kind)
{
    if (made->count == made->capacity) {
        made->capacity = made->capacity * 2 + 16;
        made->tokens = realloc(made->tokens, made->capacity * sizeof *made->tokens);
        assert_non_null(made->tokens);
    }
    struct token *token = &made->tokens[made->count++];
    memset(token, 0, sizeof *token);
    token->kind = kind;
    return token;
}

static void write_space(struct made *made)
{
    static const char kinds[] = " \t\r\n";
    unsigned count = below(made, 4) ? 0 : below(made, 20);
    char kind = kinds[below(made, 4)];
    while (count-- > 0) {
        put(made, &kind, 1);
    }
}

static size_t encode(unsigned c, unsigned char *to)
{
    size_t more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        to[i] = (unsigned char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    to[0] = (unsigned char)(lead[more] | c);
    return more + 1;
}

/* One character in one of its spellings. */
static void write_character(struct made *made, unsigned c, const unsigned char *raw, size_t length)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *meaning = c && c < 0x80 ? strchr(meanings, (int)c) : NULL;
    char escape[16];
    if (meaning && below(made, 2)) {
        snprintf(escape, sizeof escape, "\\%c", names[meaning - meanings]);
        put(made, escape, 2);
    } else if (c < 0x20 || c == '"' || c == '\\' || below(made, 5) == 0) {
        if (c >= 0x10000) {
            snprintf(escape, sizeof escape, "\\u%04x\\u%04X", 0xd800 + ((c - 0x10000) >> 10),
                     0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            snprintf(escape, sizeof escape, below(made, 2) ? "\\u%04x" : "\\u%04X", c);
        }
        put(made, escape, strlen(escape));
    } else {
        put(made, raw, length);
    }
}

static unsigned pick_character(struct made *made)
{
    static const unsigned edges[] = {0x00,   0x1f,   0x7f,   0x80,    0x7ff,    0x800,
                                     0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff, '"'};
    switch (below(made, 6)) {
    case 0:
        return edges[below(made, sizeof edges / sizeof edges[0])];
    case 1:
        return below(made, 0xd800);
    case 2:
        return 0x10000 + below(made, 0x100000);
    default:
        return ' ' + below(made, 95);
    }
}

/* With a number in front that makes a key unlike its brothers. */
static void make_string(struct made *made, enum cvg_json_token kind, unsigned number)
{
    struct token *token = mean(made, kind);
    put(made, "\"", 1);
    if (kind == CVG_JSON_KEY) {
        char digits[12];
        snprintf(digits, sizeof digits, "%u", number);
        for (const char *digit = digits; *digit; digit++) {
            token->text[token->length++] = (unsigned char)*digit;
            write_character(made, (unsigned char)*digit, (const unsigned char *)digit, 1);
        }
        token->text[token->length++] = ';';
        put(made, ";", 1);
    }
    for (unsigned count = below(made, 20); count > 0; count--) {
        unsigned char raw[4];
        unsigned c = pick_character(made);
        size_t length = encode(c, raw);
        if (token->length + length > sizeof token->text) {
            break;
        }
        memcpy(token->text + token->length, raw, length);
        token->length += length;
        write_character(made, c, raw, length);
    }
    put(made, "\"", 1);
}

static void make_number(struct made *made)
{
    struct token *token = mean(made, CVG_JSON_NUMBER);
    char text[40];
    static const char *const exponents[] = {"", "e5", "E-07", "e+300"};
    int length;
    if (below(made, 2)) {
        length = snprintf(text, sizeof text, "%s%u%s", below(made, 2) ? "-" : "", below(made, 1000),
                          exponents[below(made, 4)]);
    } else {
        length = snprintf(text, sizeof text, "%u.%03u%s", below(made, 100000), below(made, 1000),
                          exponents[below(made, 4)]);
    }
    token->length = (size_t)length;
    memcpy(token->text, text, token->length);
    put(made, text, token->length);
}

static void make_value(struct made *made, unsigned depth);

static void make_container(struct made *made, unsigned depth)
{
    int object = below(made, 2) != 0;
    mean(made, object ? CVG_JSON_OBJECT : CVG_JSON_ARRAY);
    put(made, object ? "{" : "[", 1);
    unsigned count = below(made, 10) ? below(made, 8) : below(made, 90);
    unsigned written = 0;
    for (; written < count && made->budget > 0; written++) {
        if (written > 0) {
            put(made, ",", 1);
        }
        write_space(made);
        if (object) {
            make_string(made, CVG_JSON_KEY, written);
            write_space(made);
            put(made, ":", 1);
        }
        make_value(made, depth + 1);
    }
    if (written == 0) {
        write_space(made);
    }
    mean(made, CVG_JSON_END);
    put(made, object ? "}" : "]", 1);
}

static void make_value(struct made *made, unsigned depth)
{
    static const struct {
        const char *word;
        enum cvg_json_token kind;
    } words[] = {{"true", CVG_JSON_TRUE}, {"false", CVG_JSON_FALSE}, {"null", CVG_JSON_NULL}};

    made->budget -= made->budget > 0;
    write_space(made);
    unsigned kind = depth < DEPTH_MOST ? below(made, 6) : below(made, 3);
    if (kind == 0) {
        unsigned word = below(made, 3);
        mean(made, words[word].kind);
        put(made, words[word].word, strlen(words[word].word));
    } else if (kind == 1) {
        make_number(made);
    } else if (kind == 2) {
        make_string(made, CVG_JSON_STRING, 0);
    } else {
        make_container(made, depth);
    }
    write_space(made);
}

static int reads_as_meant(const struct made *made)
{
    struct cvg_json *json = cvg_json_new(made->text, made->used, NULL);
    assert_non_null(json);
    int same = 1;
    for (size_t i = 0; same && i < made->count; i++) {
        const struct token *token = &made->tokens[i];
        size_t length;
        same = cvg_json_next(json) == token->kind;
        const char *text = cvg_json_text(json, &length);
        same = same && length == token->length && memcmp(text, token->text, length) == 0;
    }
    same = same && cvg_json_next(json) == CVG_JSON_DONE;
    cvg_json_free(json);
    return same;
}

static int skips(const char *text, size_t length)
{
    struct cvg_json *json = cvg_json_new(text, length, NULL);
    assert_non_null(json);
    cvg_json_next(json);
    int result = cvg_json_skip(json) == 0 && cvg_json_next(json) == CVG_JSON_DONE;
    cvg_json_free(json);
    return result;
}

static void documents_read_as_they_were_meant(void **state)
{
    (void)state;
    size_t tokens = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct made made = {.random = seed * UINT64_C(0x9e3779b97f4a7c15), .budget = 400};
        make_value(&made, 0);
        if (!reads_as_meant(&made) || !skips(made.text, made.used)) {
            fail_msg("seed %llu is not read as it was meant", (unsigned long long)seed);
        }
        tokens += made.count;
        free(made.text);
        free(made.tokens);
    }
    assert_true(tokens > 10 * SEEDS);
}

/* A byte changed anywhere: whatever the reader says, reading and skipping say the same. */
static void damaged_documents_are_judged_alike_by_reading_and_skipping(void **state)
{
    (void)state;
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct made made = {.random = seed * UINT64_C(0x9e3779b97f4a7c15), .budget = 60};
        make_value(&made, 0);
        made.text[below(&made, (unsigned)made.used)] = (char)below(&made, 256);
        struct cvg_json *json = cvg_json_new(made.text, made.used, NULL);
        assert_non_null(json);
        enum cvg_json_token token;
        do {
            token = cvg_json_next(json);
        } while (token != CVG_JSON_ERROR && token != CVG_JSON_DONE);
        cvg_json_free(json);
        if (skips(made.text, made.used) != (token == CVG_JSON_DONE)) {
            fail_msg("seed %llu is judged in two ways", (unsigned long long)seed);
        }
        refused += token == CVG_JSON_ERROR;
        free(made.text);
        free(made.tokens);
    }
    assert_true(refused > SEEDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_read_as_they_were_meant),
        cmocka_unit_test(damaged_documents_are_judged_alike_by_reading_and_skipping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
