/* SPDX-License-Identifier: Apache-2.0 */
/* Where a registry sends its callers, and what the token service answers: believed only in part. */
#include "challenge.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_reads_a_bearer_challenge(void **state)
{
    (void)state;

    static const struct {
        const char *headers, *realm, *service; /* realm: NULL where there is none */
    } rows[] = {
        {"WWW-Authenticate: Bearer realm=\"https://a.io/token\",service=\"r.io\"\n",
         "https://a.io/token", "r.io"},
        {"x: y\nwww-authenticate:bearer service=\"r.io\", realm=\"https://a.io\"\n", "https://a.io",
         "r.io"},
        {"WWW-Authenticate: Basic realm=\"x\"\nWWW-Authenticate: Bearer realm=\"https://a.io\"\n",
         "https://a.io", ""},
        {"WWW-Authenticate: Bearer realm=https://a.io,scope=\"repository:x:pull\"\n",
         "https://a.io", ""},
        {"WWW-Authenticate: Bearer realm=\"a\\\"b\"\n", "a\"b", ""},
        {"WWW-Authenticate: Bearer service=\"r.io\"\n", NULL, NULL},
        {"WWW-Authenticate: Basic realm=\"x\"\n", NULL, NULL},
        {"WWW-Authenticate: Bearer realm=\"never ends\n", NULL, NULL},
        {"WWW-Authenticate: Bearer\n", NULL, NULL},
        {"", NULL, NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_challenge challenge;
        int result = cvg_http_challenge_read(rows[i].headers, &challenge);
        if ((result == 0) != (rows[i].realm != NULL)) {
            fail_msg("%s", rows[i].headers);
        }
        if (result == 0) {
            assert_string_equal(challenge.realm, rows[i].realm);
            assert_string_equal(challenge.service, rows[i].service);
        }
    }
}

static void test_origins_are_compared_whole(void **state)
{
    (void)state;

    static const struct {
        const char *url, *origin; /* NULL: it has none */
    } rows[] = {
        {"https://Auth.Example.net/token?x=y", "https://auth.example.net:443"},
        {"http://a", "http://a:80"},
        {"HTTPS://a:8443/", "https://a:8443"},
        {"https://[::1]/x", "https://[::1]:443"},
        {"https://[::1]:5000/x", "https://[::1]:5000"},
        {"https://a#b", "https://a:443"},
        {"https://good@evil/", NULL},
        {"https:///x", NULL},
        {"ftp://a/", NULL},
        {"//a/", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char origin[CVG_HTTP_ORIGIN_SIZE];
        int result = cvg_http_origin(rows[i].url, origin);
        if ((result == 0) != (rows[i].origin != NULL)) {
            fail_msg("%s", rows[i].url);
        }
        if (result == 0) {
            assert_string_equal(origin, rows[i].origin);
        }
    }
}

static void test_takes_only_what_can_be_a_token(void **state)
{
    (void)state;

    static const struct {
        const char *body, *token; /* NULL: none */
        int64_t seconds;
    } rows[] = {
        {"{\"token\":\"abc.DEF-1_2~/+=\"}", "abc.DEF-1_2~/+=", 60},
        {"{\"access_token\":\"x\",\"expires_in\":300}", "x", 300},
        {"{\"token\":\"a\",\"access_token\":\"b\",\"expires_in\":99999999}", "a", 3600},
        {"{\"token\":\"a\",\"expires_in\":-1}", "a", 60},
        {"{\"token\":\"\",\"access_token\":\"b\"}", "b", 60},
        {"{\"token\":\"a\\r\\nX: y\"}", NULL, 0},
        {"{\"token\":\"a\\u0000b\"}", NULL, 0},
        {"{\"token\":5}", NULL, 0},
        {"{}", NULL, 0},
        {"<html>", NULL, 0},
        {"", NULL, 0},
    };

    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_token token;
        int result = cvg_http_token_read(rows[i].body, strlen(rows[i].body), arena, &token);
        if ((result == 0) != (rows[i].token != NULL)) {
            fail_msg("%s", rows[i].body);
        }
        if (result == 0) {
            assert_string_equal(token.text, rows[i].token);
            assert_int_equal(token.life_ns, rows[i].seconds * INT64_C(1000000000));
        }
    }
    cvg_kit_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_bearer_challenge),
        cmocka_unit_test(test_origins_are_compared_whole),
        cmocka_unit_test(test_takes_only_what_can_be_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
