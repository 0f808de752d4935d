/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused in a source's or check's keys, and at which key. */
#include "config.h"

#include "base/macros.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char refused[128]; /* the first key that was */

static void keep(void *arg, const char *path, const char *text)
{
    (void)arg;
    assert_true(text[0] != '\0');
    if (refused[0] == '\0') {
        (void)snprintf(refused, sizeof(refused), "%s", path[0] != '\0' ? path : "(whole)");
    }
}

/* key: NULL where it is taken. */
static void expect(const struct cvg_http_check_config *config, int has_url, const char *key)
{
    refused[0] = '\0';
    int result = cvg_http_check_check(config, has_url, keep, NULL);
    assert_string_equal(refused, key != NULL ? key : "");
    assert_int_equal(result, key != NULL ? -1 : 0);
}

static struct cvg_http_check_config asking(const char *path, const char *url, const char *image)
{
    struct cvg_http_check_config config = cvg_test_check();
    config.path = path;
    config.url = url;
    config.image = image;
    return config;
}

static void test_asks_one_of_three_things(void **state)
{
    (void)state;

    static const struct {
        const char *path, *url, *image;
        int has_url;
        const char *key;
    } rows[] = {
        {"/x", NULL, NULL, 1, NULL},
        {"/x", NULL, NULL, 0, "path"},
        {"x", NULL, NULL, 1, "path"},
        {"${checks.a.facts.b}", NULL, NULL, 1, NULL},
        {NULL, "http://a/", NULL, 0, NULL},
        {NULL, NULL, "ghcr.io/a/b:1", 0, NULL},
        {NULL, NULL, "nginx", 0, "image"},
        {NULL, NULL, "ghcr.io/a/b:${checks.a.facts.tag}", 0, NULL},
        {NULL, NULL, NULL, 1, "(whole)"},
        {"/x", "http://a/", NULL, 1, "(whole)"},
        {"/x", NULL, "ghcr.io/a/b:1", 1, "(whole)"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_check_config config = asking(rows[i].path, rows[i].url, rows[i].image);
        expect(&config, rows[i].has_url, rows[i].key);
    }
}

static void test_looks_and_does_not_write(void **state)
{
    (void)state;

    static const struct {
        const char *method, *key;
    } rows[] = {
        {"GET", NULL},        {"HEAD", NULL},        {"OPTIONS", NULL},   {"POST", NULL},
        {"DELETE", "method"}, {"CONNECT", "method"}, {"TRACE", "method"}, {"get", "method"},
        {"G T", "method"},    {"GET\r\n", "method"}, {"${vars.x}", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_check_config config = cvg_test_check();
        config.method = rows[i].method;
        expect(&config, 1, rows[i].key);
    }
    struct cvg_http_check_config config = cvg_test_check();
    config.method = "HEAD";
    config.value = "/x";
    expect(&config, 1, "method");
}

static void test_headers_carry_no_credentials(void **state)
{
    (void)state;

    static const struct {
        struct cvg_pair header;
        const char *key;
    } rows[] = {
        {{"Accept", "application/json"}, NULL},
        {{"X-Amz-Target", "A.B"}, NULL},
        {{"authorization", "Bearer x"}, "headers.authorization"},
        {{"Cookie", "x"}, "headers.Cookie"},
        {{"Host", "x"}, "headers.Host"},
        {{"Content-Length", "1"}, "headers.Content-Length"},
        {{"X-A", "a\r\nX-B: c"}, "headers.X-A"},
        {{"X A", "a"}, "headers"},
        {{"X:", "a"}, "headers"},
        {{"", "a"}, "headers"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_check_config config = cvg_test_check();
        config.headers = (struct cvg_list){.count = 1, .items = &rows[i].header};
        expect(&config, 1, rows[i].key);
    }
}

static void test_refuses_statuses_and_values_at_their_key(void **state)
{
    (void)state;
    static const char *const statuses[] = {"200", "2xx"};
    static const struct cvg_pair ready[] = {{"404", "ready"}}, range[] = {{"4xx", "failed"}};
    struct cvg_http_check_config config = cvg_test_check();
    config.status = (struct cvg_list){.count = 2, .items = (const void *)statuses};
    expect(&config, 1, "status[1]");
    config = cvg_test_check();
    config.on_status = (struct cvg_list){.count = 1, .items = ready};
    expect(&config, 1, "on_status.404");
    config.on_status = (struct cvg_list){.count = 1, .items = range};
    expect(&config, 1, "on_status.4xx");
    config = cvg_test_check();
    config.body_matches = "(a)\\1";
    expect(&config, 1, "body_matches");
    config = cvg_test_check();
    config.value = "x";
    expect(&config, 1, "value");
}

static void test_refuses_wants_and_facts_at_their_key(void **state)
{
    (void)state;
    struct cvg_http_want wants[] = {cvg_test_want("/a"), cvg_test_want("/b")};
    struct cvg_http_check_config config = cvg_test_check_json(wants, 2);
    expect(&config, 1, NULL);
    wants[1].pointer = "b";
    expect(&config, 1, "json[1].pointer");
    wants[1] = cvg_test_want("/b");
    wants[1].condition = "around 5";
    expect(&config, 1, "json[1].condition");
    wants[1] = cvg_test_want("/b");
    wants[1].count = "many";
    expect(&config, 1, "json[1].count");
    wants[1] = cvg_test_want("/b");
    wants[1].matches = "(";
    expect(&config, 1, "json[1].matches");
    wants[1] = cvg_test_want("/b");
    wants[1].exists = 0;
    wants[1].equals = "x";
    expect(&config, 1, "json[1].exists");

    static const struct {
        struct cvg_pair fact;
        const char *key;
    } rows[] = {
        {{"build.version", "/v"}, NULL},
        {{"status", "/v"}, "facts.status"},
        {{"a b", "/v"}, "facts"},
        {{"a", "v"}, "facts.a"},
        {{"response_ms", "/v"}, "facts.response_ms"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        config = cvg_test_check();
        config.facts = (struct cvg_list){.count = 1, .items = &rows[i].fact};
        expect(&config, 1, rows[i].key);
    }
}

static void test_beside_image_nothing_is_believed_in_vain(void **state)
{
    (void)state;
    static const char *const contains[] = {"x"};
    struct cvg_http_check_config config = asking(NULL, NULL, "ghcr.io/a/b:1");
    config.body_contains = (struct cvg_list){.count = 1, .items = (const void *)contains};
    expect(&config, 0, "body_contains");
    config = asking(NULL, NULL, "ghcr.io/a/b:1");
    config.max_response = 5;
    expect(&config, 0, "max_response");
}

static void test_secret_headers_need_a_place_to_go(void **state)
{
    (void)state;

    static const struct {
        const char *name;
        int has_url;
        const char *key;
    } rows[] = {
        {"X-Vault-Token", 1, ""},
        {"X-Vault-Token", 0, "secret_headers"},
        {"Host", 1, "secret_headers[0].name"},
        {"X Y", 1, "secret_headers[0].name"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_http_secret_header header = {.name = rows[i].name};
        struct cvg_http_source_config config = {.secret_headers = {.count = 1, .items = &header}};
        refused[0] = '\0';
        (void)cvg_http_source_check(&config, rows[i].has_url, keep, NULL);
        assert_string_equal(refused, rows[i].key);
    }
}

static void test_knows_which_words_refer_to_facts(void **state)
{
    (void)state;
    struct cvg_http_check_config config = cvg_test_check();
    assert_false(cvg_http_check_refers(&config));
    config.body = "{\"x\":\"${checks.a.facts.b}\"}";
    assert_true(cvg_http_check_refers(&config));
    struct cvg_http_want want = cvg_test_want("/a");
    want.equals = "${checks.a.facts.b}";
    config = cvg_test_check_json(&want, 1);
    assert_true(cvg_http_check_refers(&config));
    assert_true(cvg_http_check_reads_body(&config));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_one_of_three_things),
        cmocka_unit_test(test_looks_and_does_not_write),
        cmocka_unit_test(test_headers_carry_no_credentials),
        cmocka_unit_test(test_refuses_statuses_and_values_at_their_key),
        cmocka_unit_test(test_refuses_wants_and_facts_at_their_key),
        cmocka_unit_test(test_beside_image_nothing_is_believed_in_vain),
        cmocka_unit_test(test_secret_headers_need_a_place_to_go),
        cmocka_unit_test(test_knows_which_words_refer_to_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
