/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns and addresses are cut into parts at dots outside of brackets; a part is a name and, in
 * brackets, an index. Both sides walk along their parts together. Nothing is copied.
 */
#include "pattern.h"

#include <stdint.h>
#include <string.h>

struct span {
    const char *text;
    size_t length;
};

struct part {
    struct span name, index; /* index with its brackets; length 0: none */
};

/* ---- cutting ---- */

/* What follows the index that begins at `at` with its bracket; NULL where it has no end. */
static const char *after_index(const char *at)
{
    int quoted = 0;
    for (at++; *at != '\0'; at++) {
        if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (*at == ']' && !quoted) {
            return at + 1;
        }
    }
    return NULL;
}

/* The next part, and *at behind it and its dot. 0: there is none, or what is there is no part. */
static int next_part(const char **at, struct part *ret)
{
    const char *from = *at;
    size_t length = strcspn(from, ".[");
    if (length == 0) {
        return 0;
    }
    ret->name = (struct span){from, length};
    ret->index = (struct span){"", 0};
    const char *end = from + length;
    if (*end == '[') {
        const char *after = after_index(end);
        if (after == NULL) {
            return 0;
        }
        ret->index = (struct span){end, (size_t)(after - end)};
        end = after;
    }
    if (*end != '.' && *end != '\0') {
        return 0;
    }
    *at = *end == '.' ? end + 1 : end;
    return 1;
}

static int is_word(const struct part *part, const char *word)
{
    return part->index.length == 0 && strlen(word) == part->name.length &&
           memcmp(part->name.text, word, part->name.length) == 0;
}

/* ---- comparing ---- */

/* The usual walk with one place to come back to: of several stars only the last needs a second try. */
static int resembles(struct span pattern, struct span text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.length) {
        if (p < pattern.length && pattern.text[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.length && pattern.text[p] == text.text[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return 0;
        }
    }
    while (p < pattern.length && pattern.text[p] == '*') {
        p++;
    }
    return p == pattern.length;
}

static struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static int fits(const struct part *pattern, const struct part *part)
{
    return resembles(pattern->name, part->name) &&
           (pattern->index.length == 0 || resembles(pattern->index, part->index));
}

enum step {
    NO = 0,
    YES,    /* the pattern ended: all that is below is covered */
    FURTHER /* so far they agree */
};

/* Along `module.NAME` for each module of the resource. */
static enum step walk_modules(const char **pattern, const char *module)
{
    struct part wanted, part;
    while (*module != '\0') {
        if (**pattern == '\0') {
            return YES;
        }
        if (!next_part(&module, &part) || !is_word(&part, "module") || !next_part(&module, &part) ||
            !next_part(pattern, &wanted) || !is_word(&wanted, "module") ||
            !next_part(pattern, &wanted) || !fits(&wanted, &part)) {
            return NO;
        }
    }
    return **pattern == '\0' ? YES : FURTHER;
}

static int covers_instance(const char *pattern, const struct cvg_tf_resource *resource,
                           const struct cvg_tf_instance *instance)
{
    struct part wanted;
    if (!next_part(&pattern, &wanted) || is_word(&wanted, "module")) {
        return 0;
    }
    int wants_data = is_word(&wanted, "data");
    if (wants_data != (resource->is_data != 0) || (wants_data && !next_part(&pattern, &wanted)) ||
        wanted.index.length > 0 || !resembles(wanted.name, span_of(resource->type))) {
        return 0;
    }
    if (*pattern == '\0') {
        return 1;
    }
    if (!next_part(&pattern, &wanted) || *pattern != '\0' ||
        !resembles(wanted.name, span_of(resource->name))) {
        return 0;
    }
    return wanted.index.length == 0 || instance == NULL ||
           resembles(wanted.index, span_of(instance->index));
}

/* Most pairs differ in their first letters: those are told apart before anything is cut, since a
 * thousand checks may ask about twenty thousand resources. */
static int begin_alike(const char *pattern, const char *module)
{
    static const char word[] = "module.";
    size_t length = sizeof(word) - 1;
    if (strncmp(pattern, word, length) != 0) {
        return *module == '\0';
    }
    if (strncmp(module, word, length) != 0) {
        return 0;
    }
    pattern += length;
    module += length;
    length = strcspn(pattern, ".[*");
    if (strncmp(pattern, module, length) != 0) {
        return 0;
    }
    pattern += length;
    module += length;
    return *pattern != '[' || strncmp(pattern, module, strcspn(pattern, "*]")) == 0;
}

int cvg_tf_pattern_covers(const char *pattern, const struct cvg_tf_resource *resource,
                          const struct cvg_tf_instance *instance)
{
    if (*pattern == '\0' || !begin_alike(pattern, resource->module)) {
        return 0;
    }
    enum step step = walk_modules(&pattern, resource->module);
    return step == YES ? !resource->is_data
                       : step == FURTHER && covers_instance(pattern, resource, instance);
}

/* ---- checking ---- */

static int is_name(struct span name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char byte = (unsigned char)name.text[i];
        int letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        int digit = byte >= '0' && byte <= '9';
        if (!letter && !digit && byte < 0x80 && byte != '_' && byte != '-' && byte != '*') {
            return 0;
        }
    }
    return name.length > 0;
}

/* [0], ["key"], and both with stars. */
static int is_index(struct span index)
{
    const char *text = index.text + 1;
    size_t length = index.length - 2;
    if (length > 0 && text[0] == '"') {
        const char *end = text + length - 1, *at = text + 1;
        while (at < end && (unsigned char)*at >= 0x20 && *at != '"') {
            at += *at == '\\' ? 2 : 1;
        }
        return at == end && *end == '"';
    }
    return length > 0 && strspn(text, "0123456789*") >= length;
}

static const char *check_part(const struct part *part)
{
    if (!is_name(part->name)) {
        return "has a character that no part of an address has";
    }
    if (part->index.length > 0 && !is_index(part->index)) {
        return "has an index that is neither a number nor a key in quotes: [0], [\"key\"]";
    }
    return NULL;
}

/* What follows the modules: TYPE.NAME, or data.TYPE.NAME. */
static const char *check_resource(const char *at, const struct part *first)
{
    struct part part = *first;
    if (is_word(&part, "data")) {
        if (!next_part(&at, &part)) {
            return "has nothing behind data";
        }
        const char *wrong = check_part(&part);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (part.index.length > 0) {
        return "has an index behind a type: it belongs behind the name";
    }
    if (*at == '\0') {
        return NULL;
    }
    if (!next_part(&at, &part)) {
        return "has a part that is empty, or brackets that do not end";
    }
    if (*at != '\0') {
        return "goes on behind the resource's name: attributes are no addresses";
    }
    return check_part(&part);
}

const char *cvg_tf_pattern_check(const char *pattern)
{
    size_t length = strlen(pattern);
    if (length == 0 || length > CVG_TF_PATTERN_LENGTH) {
        return "must have 1 to 1024 bytes";
    }
    if (pattern[length - 1] == '.') {
        return "ends with a dot";
    }
    const char *at = pattern;
    do {
        struct part part;
        if (!next_part(&at, &part)) {
            return "has a part that is empty, or brackets that do not end";
        }
        const char *wrong = check_part(&part);
        if (wrong != NULL) {
            return wrong;
        }
        if (!is_word(&part, "module")) {
            return check_resource(at, &part);
        }
        if (!next_part(&at, &part)) {
            return "has no name behind module";
        }
        wrong = check_part(&part);
        if (wrong != NULL) {
            return wrong;
        }
    } while (*at != '\0');
    return NULL;
}
