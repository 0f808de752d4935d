/* SPDX-License-Identifier: Apache-2.0 */
/* URNs and patterns of them; see pattern.h. */
#include "pattern.h"

#include <string.h>

#define URN_PREFIX "urn:pulumi:"
#define DELIMITER  "::"

int cvg_pulumi_urn_read(const char *text, struct cvg_pulumi_urn *ret)
{
    if (strncmp(text, URN_PREFIX, strlen(URN_PREFIX)) != 0) {
        return -1;
    }
    const char *project = strstr(text + strlen(URN_PREFIX), DELIMITER);
    const char *qualified = project ? strstr(project + 2, DELIMITER) : NULL;
    const char *end = qualified ? strstr(qualified + 2, DELIMITER) : NULL;
    if (end == NULL || end == qualified + 2 || end[2] == '\0') {
        return -1;
    }
    *ret = (struct cvg_pulumi_urn){
        .text = text, .qualified = qualified + 2, .type_end = end, .name = end + 2};
    ret->type = ret->qualified;
    for (const char *at = ret->qualified; at < end; at++) {
        if (*at == '$') {
            ret->type = at + 1;
        }
    }
    return ret->type < end ? 0 : -1;
}

/* Only the last star is ever tried again, so it takes at most length times length of the pattern
 * steps, whatever both are. */
static int matches(const char *pattern, const char *pattern_end, const char *text,
                   const char *text_end)
{
    const char *star = NULL, *retry = NULL;
    while (text < text_end) {
        if (pattern < pattern_end && *pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (pattern < pattern_end && *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return 0;
        }
    }
    while (pattern < pattern_end && *pattern == '*') {
        pattern++;
    }
    return pattern == pattern_end;
}

static int matches_rest(const char *pattern, const char *text)
{
    return matches(pattern, pattern + strlen(pattern), text, text + strlen(text));
}

const char *cvg_pulumi_pattern_check(const char *pattern)
{
    struct cvg_pulumi_urn urn;
    if (strncmp(pattern, "urn:", 4) == 0) {
        return cvg_pulumi_urn_read(pattern, &urn) < 0
                   ? "is not a URN: urn:pulumi:STACK::PROJECT::TYPE::NAME"
                   : NULL;
    }
    const char *split = strstr(pattern, DELIMITER);
    if (split == NULL || split == pattern || split[2] == '\0') {
        return "is neither TYPE::NAME nor a URN, such as aws:ec2/instance:Instance::web";
    }
    return NULL;
}

int cvg_pulumi_pattern_covers(const char *pattern, const struct cvg_pulumi_urn *urn)
{
    if (strncmp(pattern, "urn:", 4) == 0) {
        return matches_rest(pattern, urn->text);
    }
    const char *split = strstr(pattern, DELIMITER);
    if (split == NULL) {
        return 0;
    }
    int qualified = memchr(pattern, '$', (size_t)(split - pattern)) != NULL;
    return matches(pattern, split, qualified ? urn->qualified : urn->type, urn->type_end) &&
           matches_rest(split + 2, urn->name);
}
