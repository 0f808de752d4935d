/* SPDX-License-Identifier: Apache-2.0 */
/* Label matchers; see matcher.h. */
#include "matcher.h"

#include <string.h>

static const char not_a_matcher[] =
    "is not a matcher: write a label, =, !=, =~ or !~, and a value, such as severity=\"critical\"";
static const char bad_value[] =
    "has a value that does not end with its quote, or has text behind it";

static const char *parse_operator(const char **at)
{
    static const char *const operators[] = {"=~", "!~", "!=", "="};
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        size_t length = strlen(operators[i]);
        if (strncmp(*at, operators[i], length) == 0) {
            *at += length;
            return operators[i];
        }
    }
    return NULL;
}

/* Behind the opening quote. */
static const char *parse_quoted(const char *at, char *value, size_t size)
{
    size_t length = 0;
    for (; *at != '"'; at++) {
        char byte = *at;
        if (byte == '\\') {
            byte = *++at;
            if (byte == 'n') {
                byte = '\n';
            } else if (byte != '"' && byte != '\\') {
                return "has a backslash that is neither \\\\ nor \\\" nor \\n";
            }
        } else if (byte == '\0') {
            return bad_value;
        }
        if (length + 1 == size) {
            return "has a value of over 1000 bytes";
        }
        value[length++] = byte;
    }
    value[length] = '\0';
    return at[1 + strspn(at + 1, " ")] == '\0' ? NULL : bad_value;
}

static const char *parse_bare(const char *at, char *value, size_t size)
{
    size_t length = strlen(at);
    while (length > 0 && at[length - 1] == ' ') {
        length--;
    }
    if (length >= size) {
        return "has a value of over 1000 bytes";
    }
    /* A value such as "=critical" is a comparison that was meant otherwise. */
    if (length == 0 || strpbrk(at, "\"'`{},\\") != NULL || *at == '=' || *at == '~') {
        return "needs quotes around its value";
    }
    memcpy(value, at, length);
    value[length] = '\0';
    return NULL;
}

const char *cvg_prom_matcher_parse(const char *text, struct cvg_prom_matcher *ret)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const char *at = text + strspn(text, " ");
    size_t length = strspn(at, others);
    if (length == 0 || length >= sizeof(ret->name) || strchr(first, *at) == NULL) {
        return not_a_matcher;
    }
    memcpy(ret->name, at, length);
    ret->name[length] = '\0';
    at += length;
    at += strspn(at, " ");
    ret->operator= parse_operator(&at);
    if (ret->operator== NULL) {
        return not_a_matcher;
    }
    at += strspn(at, " ");
    return *at == '"' ? parse_quoted(at + 1, ret->value, sizeof(ret->value))
                      : parse_bare(at, ret->value, sizeof(ret->value));
}

void cvg_prom_matcher_write(const struct cvg_prom_matcher *matcher, struct cvg_prom_string *string)
{
    cvg_prom_string_put(string, matcher->name);
    cvg_prom_string_put(string, matcher->operator);
    cvg_prom_string_put(string, "\"");
    cvg_prom_string_escape(string, matcher->value);
    cvg_prom_string_put(string, "\"");
}
