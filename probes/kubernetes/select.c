/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing and matching of label selectors; see select.h. What a name and a value may be is as the
 * API server has it, so that a selector that could match nothing is refused instead.
 */
#include "select.h"

#include "kit/memory.h"

#include <convergate/number.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIREMENTS_MOST 64
#define VALUES_MOST       256 /* of all requirements */

enum test {
    EXISTS,
    MISSING,
    IN,
    NOT_IN,
    OVER,
    UNDER
};

struct requirement {
    const char *key;
    enum test test;
    size_t first, count; /* values */
    int64_t number;      /* OVER, UNDER */
};

struct cvg_kube_selector {
    struct requirement requirements[REQUIREMENTS_MOST];
    const char *values[VALUES_MOST];
    size_t count, value_count;
    char text[]; /* keys and values, each ending with a NUL */
};

struct parser {
    struct cvg_kube_selector *selector;
    const char *text, *at;
    size_t used; /* of selector->text */
    char *why;
    size_t why_size;
};

static int wrong(struct parser *parser, const char *what)
{
    (void)snprintf(parser->why, parser->why_size, "at character %zu: %s",
                   (size_t)(parser->at - parser->text) + 1, what);
    return -1;
}

static int is_alnum(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9');
}

/* Letters, digits, '-', '_', '.', with a letter or digit at both ends. */
static int is_word(const char *text, size_t length)
{
    if (length == 0 || length > 63 || !is_alnum(text[0]) || !is_alnum(text[length - 1])) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_alnum(text[i]) && strchr("-_.", text[i]) == NULL) {
            return 0;
        }
    }
    return 1;
}

static int is_prefix(const char *text, size_t length)
{
    if (length == 0 || length > 253) {
        return 0;
    }
    for (size_t i = 0, begin = 0; i <= length; i++) {
        if (i < length && text[i] != '.') {
            if (!((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
                  text[i] == '-')) {
                return 0;
            }
            continue;
        }
        if (i == begin || text[begin] == '-' || text[i - 1] == '-') {
            return 0;
        }
        begin = i + 1;
    }
    return 1;
}

static int is_key(const char *text, size_t length)
{
    const char *slash = memchr(text, '/', length);
    if (slash == NULL) {
        return is_word(text, length);
    }
    size_t prefix = (size_t)(slash - text);
    return is_prefix(text, prefix) && is_word(slash + 1, length - prefix - 1);
}

static void pass_blanks(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t\r\n");
}

static size_t word_length(const struct parser *parser)
{
    return strcspn(parser->at, " \t\r\n,()!=<>");
}

static const char *keep(struct parser *parser, const char *word, size_t length)
{
    char *kept = parser->selector->text + parser->used;
    memcpy(kept, word, length);
    kept[length] = '\0';
    parser->used += length + 1;
    return kept;
}

static int add_value(struct parser *parser, struct requirement *requirement)
{
    size_t length = word_length(parser);
    if (length > 0 && !is_word(parser->at, length)) {
        return wrong(parser, "is no value of a label: letters, digits, '-', '_' and '.', at most "
                             "63, with a letter or digit at both ends");
    }
    if (parser->selector->value_count == VALUES_MOST) {
        return wrong(parser, "too many values");
    }
    parser->selector->values[parser->selector->value_count++] = keep(parser, parser->at, length);
    requirement->count++;
    parser->at += length;
    pass_blanks(parser);
    return 0;
}

static int parse_set(struct parser *parser, struct requirement *requirement)
{
    pass_blanks(parser);
    if (*parser->at != '(') {
        return wrong(parser, "'(' is missing");
    }
    do {
        parser->at++;
        pass_blanks(parser);
        if (add_value(parser, requirement) < 0) {
            return -1;
        }
    } while (*parser->at == ',');
    if (*parser->at != ')') {
        return wrong(parser, "')' is missing");
    }
    parser->at++;
    return 0;
}

static int parse_number(struct parser *parser, struct requirement *requirement)
{
    pass_blanks(parser);
    size_t length = word_length(parser);
    if (cvg_parse_int64(parser->at, length, &requirement->number) < 0) {
        return wrong(parser, "must be a whole number");
    }
    parser->at += length;
    return 0;
}

static int parse_one_value(struct parser *parser, struct requirement *requirement)
{
    pass_blanks(parser);
    return add_value(parser, requirement);
}

static int begins(const struct parser *parser, const char *word)
{
    return strncmp(parser->at, word, strlen(word)) == 0;
}

static int is_next_word(const struct parser *parser, const char *word)
{
    return word_length(parser) == strlen(word) && begins(parser, word);
}

/* What comes behind a key. */
static int parse_operator(struct parser *parser, struct requirement *requirement)
{
    static const struct {
        const char *text;
        enum test test;
        int (*rest)(struct parser *parser, struct requirement *requirement);
    } operators[] = {
        {"==", IN, parse_one_value},  {"=", IN, parse_one_value}, {"!=", NOT_IN, parse_one_value},
        {">", OVER, parse_number},    {"<", UNDER, parse_number}, {"in", IN, parse_set},
        {"notin", NOT_IN, parse_set},
    };

    pass_blanks(parser);
    requirement->test = EXISTS;
    if (*parser->at == '\0' || *parser->at == ',') {
        return 0;
    }
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        const char *text = operators[i].text;
        if (is_alnum(*text) ? is_next_word(parser, text) : begins(parser, text)) {
            parser->at += strlen(text);
            requirement->test = operators[i].test;
            return operators[i].rest(parser, requirement);
        }
    }
    return wrong(parser, "none of = == != in notin < > , is there");
}

static int parse_requirement(struct parser *parser)
{
    struct cvg_kube_selector *selector = parser->selector;
    if (selector->count == REQUIREMENTS_MOST) {
        return wrong(parser, "too many requirements");
    }
    struct requirement *requirement = &selector->requirements[selector->count++];
    *requirement = (struct requirement){.first = selector->value_count};
    pass_blanks(parser);
    int missing = *parser->at == '!';
    parser->at += missing;
    pass_blanks(parser);
    size_t length = word_length(parser);
    if (!is_key(parser->at, length)) {
        return wrong(parser, "the name of a label is missing, or is none");
    }
    requirement->key = keep(parser, parser->at, length);
    parser->at += length;
    if (missing) {
        requirement->test = MISSING;
        return 0;
    }
    return parse_operator(parser, requirement);
}

struct cvg_kube_selector *cvg_kube_selector_parse(const char *text, char *why, size_t why_size)
{
    /* Every word is parted from the next by at least one byte, except empty values: those come
     * with a byte of their own (a comma, a parenthesis, an operator). */
    struct cvg_kube_selector *selector = cvg_kit_alloc(sizeof(*selector) + 2 * strlen(text) + 2);
    struct parser parser = {.selector = selector, .text = text, .at = text};
    parser.why = why;
    parser.why_size = why_size;
    int rc = parse_requirement(&parser);
    pass_blanks(&parser);
    while (rc == 0 && *parser.at == ',') {
        parser.at++;
        rc = parse_requirement(&parser);
        pass_blanks(&parser);
    }
    if (rc == 0 && *parser.at != '\0') {
        rc = wrong(&parser, "a comma is missing");
    }
    if (rc < 0) {
        free(selector);
        return NULL;
    }
    return selector;
}

void cvg_kube_selector_free(struct cvg_kube_selector *selector)
{
    free(selector);
}

static const char *value_of(const char *const *labels, const char *key)
{
    for (; labels != NULL && labels[0] != NULL; labels += 2) {
        if (strcmp(labels[0], key) == 0) {
            return labels[1];
        }
    }
    return NULL;
}

static int is_among(const struct cvg_kube_selector *selector, const struct requirement *requirement,
                    const char *value)
{
    size_t i = 0;
    while (i < requirement->count && strcmp(selector->values[requirement->first + i], value) != 0) {
        i++;
    }
    return i < requirement->count;
}

static int holds(const struct cvg_kube_selector *selector, const struct requirement *requirement,
                 const char *value)
{
    int64_t number;
    switch (requirement->test) {
    case EXISTS:
        return value != NULL;
    case MISSING:
        return value == NULL;
    case IN:
        return value != NULL && is_among(selector, requirement, value);
    case NOT_IN:
        return value == NULL || !is_among(selector, requirement, value);
    default:
        break;
    }
    if (value == NULL || cvg_parse_int64(value, strlen(value), &number) < 0) {
        return 0;
    }
    return requirement->test == OVER ? number > requirement->number : number < requirement->number;
}

int cvg_kube_selector_matches(const struct cvg_kube_selector *selector, const char *const *labels)
{
    size_t i = 0;
    while (i < selector->count && holds(selector, &selector->requirements[i],
                                        value_of(labels, selector->requirements[i].key))) {
        i++;
    }
    return i == selector->count;
}
