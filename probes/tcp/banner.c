/* SPDX-License-Identifier: Apache-2.0 */
/* What a service says; see banner.h. */
#include "banner.h"

#include "kit/memory.h"
#include "kit/printable.h"
#include "kit/regex.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct cvg_tcp_banner {
    const struct cvg_tcp_expect *expect;
    regex_t pattern; /* where has_pattern */
    int has_pattern;
    size_t length, limit;
    char bytes[]; /* of limit, and a NUL that some regexec() look for */
};

int cvg_tcp_pattern_check(const char *pattern, char *ret, size_t size)
{
    return pattern != NULL ? cvg_kit_regex_check(pattern, ret, size) : 0;
}

struct cvg_tcp_banner *cvg_tcp_banner_new(const struct cvg_tcp_expect *expect)
{
    size_t limit = (size_t)expect->limit;
    char why[128];
    struct cvg_tcp_banner *banner = cvg_kit_alloc(sizeof(*banner) + limit + 1);
    banner->expect = expect;
    banner->limit = limit;
    banner->has_pattern = expect->matches != NULL &&
                          cvg_kit_regex_check(expect->matches, why, sizeof(why)) == 0 &&
                          regcomp(&banner->pattern, expect->matches, REG_EXTENDED | REG_NOSUB) == 0;
    return banner;
}

void cvg_tcp_banner_free(struct cvg_tcp_banner *banner)
{
    if (banner != NULL && banner->has_pattern) {
        regfree(&banner->pattern);
    }
    free(banner);
}

size_t cvg_tcp_banner_room(const struct cvg_tcp_banner *banner)
{
    return banner->limit - banner->length;
}

size_t cvg_tcp_banner_length(const struct cvg_tcp_banner *banner)
{
    return banner->length;
}

static int contains(const struct cvg_tcp_banner *banner)
{
    const char *wanted = banner->expect->contains;
    return wanted == NULL || memmem(banner->bytes, banner->length, wanted, strlen(wanted)) != NULL;
}

/* Between its ends instead of to a NUL: one in the middle hides nothing. */
static int matches(const struct cvg_tcp_banner *banner)
{
    regmatch_t range = {.rm_so = 0, .rm_eo = (regoff_t)banner->length};
    if (banner->expect->matches == NULL) {
        return 1;
    }
    return banner->has_pattern &&
           regexec(&banner->pattern, banner->bytes, 0, &range, REG_STARTEND) == 0;
}

int cvg_tcp_banner_take(struct cvg_tcp_banner *banner, const void *bytes, size_t length)
{
    size_t room = cvg_tcp_banner_room(banner);
    length = length < room ? length : room;
    memcpy(banner->bytes + banner->length, bytes, length);
    banner->length += length;
    return contains(banner) && matches(banner);
}

void cvg_tcp_banner_line(const struct cvg_tcp_banner *banner, char ret[CVG_TCP_LINE_MOST])
{
    const char *at = banner->bytes, *end = banner->bytes + banner->length;
    while (at < end && (*at == '\r' || *at == '\n')) {
        at++;
    }
    size_t length = 0;
    while (at + length < end && at[length] != '\r' && at[length] != '\n') {
        length++;
    }
    cvg_kit_printable(ret, CVG_TCP_LINE_MOST, at, length);
}
