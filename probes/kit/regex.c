/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded regular expressions; see regex.h. */
#include "kit/regex.h"

#include <convergate/number.h>

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* "{m}", "{m,}", "{m,n}" at `text`: within bounds. What is no repetition is left to the compiler. */
static int is_modest(const char *text)
{
    const char *end = strchr(text, '}');
    for (const char *at = text + 1; end != NULL && at < end;) {
        uint64_t count = 0;
        size_t length = strcspn(at, ",}");
        if (length > 0 &&
            (cvg_parse_uint64(at, length, &count) < 0 || count > CVG_KIT_REPEAT_MOST)) {
            return 0;
        }
        at += length + 1;
    }
    return 1;
}

/* A ']' that stands first in brackets is one of theirs, and so are classes such as [:digit:]. */
static const char *skip_brackets(const char *text)
{
    const char *at = text + 1;
    at += *at == '^';
    at += *at == ']';
    while (*at != '\0' && *at != ']') {
        if (*at == '[' && (at[1] == ':' || at[1] == '.' || at[1] == '=')) {
            const char kind[] = {at[1], ']', '\0'};
            const char *end = strstr(at + 2, kind);
            at = end != NULL ? end + 2 : at + strlen(at);
        } else {
            at++;
        }
    }
    return *at == ']' ? at : at - 1;
}

struct behind {
    int is_group, is_times;
    size_t groups; /* repeated by + so far */
};

/* What is wrong with the repetition at `at`. The C library writes what is repeated by + or a number
 * once more for each time, so what multiplies itself is refused. */
static const char *excess_of_times(const char *at, struct behind *behind)
{
    if (*at == '{' && behind->is_group) {
        return "repeats a group by a number; use * or + instead";
    }
    if (behind->is_times) {
        return "repeats what is repeated already";
    }
    if (*at == '+' && behind->is_group && ++behind->groups > CVG_KIT_GROUPS_MOST) {
        return "repeats more than 4 groups by +; use * instead";
    }
    return *at == '{' && !is_modest(at) ? "repeats something more than 64 times" : NULL;
}

static const char *excess(const char *pattern)
{
    struct behind behind = {0};
    for (const char *at = pattern; *at != '\0'; at++) {
        int is_times = strchr("*+?{", *at) != NULL;
        const char *why = is_times ? excess_of_times(at, &behind) : NULL;
        if (why != NULL) {
            return why;
        }
        if (*at == '\\' && at[1] >= '1' && at[1] <= '9') {
            return "has a back reference, which may take for ever";
        }
        behind.is_group = *at == ')';
        behind.is_times = *at == '}' || (is_times && *at != '{');
        if (*at == '\\') {
            at += at[1] != '\0';
        } else if (*at == '[') {
            at = skip_brackets(at);
        }
    }
    return NULL;
}

int cvg_kit_regex_check(const char *pattern, char *ret, size_t size)
{
    regex_t compiled;
    const char *why = excess(pattern);
    if (why != NULL) {
        (void)snprintf(ret, size, "%s", why);
        return -1;
    }
    int code = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
    if (code != 0) {
        (void)regerror(code, NULL, ret, size);
        return -1;
    }
    regfree(&compiled);
    return 0;
}

int cvg_kit_regex_matches(const char *pattern, const char *bytes, size_t length)
{
    regex_t compiled;
    size_t searched = length < CVG_KIT_SEARCH_MOST ? length : CVG_KIT_SEARCH_MOST;
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)searched};
    if (excess(pattern) != NULL || regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
        return 0;
    }
    int found = regexec(&compiled, bytes, 1, &range, REG_STARTEND) == 0;
    regfree(&compiled);
    return found;
}
