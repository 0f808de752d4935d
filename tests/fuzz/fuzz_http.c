/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_http */
/*
 * Any bytes as an answer's body, as a registry's challenge, as a token service's answer, as an image's
 * name and as a pattern. Whatever they are: what is no JSON is never ready, a token can stand in a
 * header, a name that is taken can stand in a URL, and every finding has a reason.
 */
#include "fuzz.h"

#include "challenge.h"
#include "image.h"
#include "judge.h"
#include "kit/regex.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_MOST ((size_t)2 << 20)

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void judge(const char *bytes, size_t length)
{
    static const char *const expected[] = {"200"}, *const lacks[] = {"error"};
    static const struct cvg_http_want wants[] = {
        {.pointer = "/a", .exists = CVG_ABSENT_UINT, .condition = "< 5"},
        {.pointer = "/b", .exists = CVG_ABSENT_UINT, .matches = "^x.*y$"},
        {.pointer = "/c/0", .exists = 0}};
    static const struct cvg_pair facts[] = {{"a", "/a"}, {"b", "/b"}, {"d", "/d/e"}};
    const struct cvg_http_check_config config = {
        .path = "/",
        .status = {1, (const void *)expected},
        .body_lacks = {1, (const void *)lacks},
        .json = {3, wants},
        .facts = {3, facts},
        .value = "/a",
        .max_response = CVG_ABSENT_INT,
    };
    const struct cvg_http_response response = {.size = sizeof(response),
                                               .status = 200,
                                               .fault_text = "",
                                               .content_type = "application/json",
                                               .headers = bytes,
                                               .body = bytes,
                                               .body_length = length,
                                               .address = ""};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(ARENA_MOST);
    struct cvg_kit_finding finding;
    cvg_http_judge(&config, &response, arena, &finding);
    check(finding.reading.reason != NULL && finding.reading.message != NULL);
    check(finding.reading.fact_count <= CVG_KIT_FACTS);
    if (finding.reading.status == CVG_READY) {
        check(finding.reading.has_value && finding.reading.value < 5);
        check(memmem(bytes, length, "error", 5) == NULL);
    }
    cvg_kit_arena_free(arena);
}

static void read_registry(const char *text, size_t length)
{
    struct cvg_http_challenge challenge;
    struct cvg_http_token token;
    struct cvg_http_image image;
    char origin[CVG_HTTP_ORIGIN_SIZE], why[160];
    struct cvg_kit_arena *arena = cvg_kit_arena_new(ARENA_MOST);
    if (cvg_http_challenge_read(text, &challenge) == 0) {
        check(challenge.realm[0] != '\0' && strchr(challenge.realm, '\n') == NULL);
        (void)cvg_http_origin(challenge.realm, origin);
    }
    if (cvg_http_token_read(text, length, arena, &token) == 0) {
        check(token.length > 0 && token.text[strcspn(token.text, "\r\n \t\"")] == '\0');
        check(token.life_ns >= 0);
    }
    if (cvg_http_image_parse(text, &image, why, sizeof(why)) == 0) {
        check(strpbrk(image.repository, " \t\r\n?#%@:\\") == NULL);
        check(strpbrk(image.reference, " \t\r\n?#%@/\\") == NULL);
        check(strpbrk(image.registry, " \t\r\n?#%@/\\") == NULL);
        check(strstr(image.repository, "..") == NULL);
    }
    cvg_kit_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cvg_http_range range;
    char why[160];
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    judge(text, size);
    read_registry(text, size);
    if (cvg_http_range_parse(text, &range) == 0) {
        check(range.low >= 100 && range.low <= range.high && range.high <= 599);
    }
    if (size < 64 && cvg_kit_regex_check(text, why, sizeof(why)) == 0) {
        (void)cvg_kit_regex_matches(text, text, size);
    }
    free(text);
    return 0;
}
