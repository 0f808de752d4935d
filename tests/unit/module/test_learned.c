/* SPDX-License-Identifier: Apache-2.0 */
/* Connections and secrets that a module learns by itself, and YAML: the host table's minor 1. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/secret.h"
#include "io/secret.h"
#include "module/instance_inner.h"
#include "module/yaml.h"
#include "server.h"
#include "world.h"

#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Checks 0 and 1 ask who they are, through the source itself and through another that borrows its
 * connection; the others teach the source. */
static void open_learning(struct world *world, struct server *first, struct server *second,
                          const char *keys)
{
    unsigned one = server_port(first), two = server_port(second);
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format(
        "sources:\n"
        "  lender: {type: scripted%s}\n"
        "  borrower: {type: scripted, via: lender}\n"
        "environments: {prod: {checks: {\n"
        "  own: {source: lender, interval: 5s, do: http, text: /where},\n"
        "  borrowed: {source: borrower, interval: 5s, do: http, text: /where},\n"
        "  one: {source: lender, interval: 5s, do: learn, text: 'http://127.0.0.1:%u', key: "
        "sesame},\n"
        "  two: {source: lender, interval: 5s, do: learn, text: 'http://127.0.0.1:%u', key: "
        "apple},\n"
        "  base: {source: lender, interval: 5s, do: learn, text: 'http://127.0.0.1:%u/base'},\n"
        "  limits: {source: lender, interval: 5s, do: learn},\n"
        "  kept: {source: lender, interval: 5s, do: learn, text: 'http://127.0.0.1:%u', key: "
        "kept,\n"
        "         flag: true},\n"
        "  has: {source: lender, interval: 5s, do: has},\n"
        "  borrower-has: {source: borrower, interval: 5s, do: has}}}}\n",
        keys, one, two, one, one);
    world_open_good(world, text);
}

static void who_borrows_a_connection_sees_what_is_learned_later(void **state)
{
    (void)state;
    struct server *first = server_start(), *second = server_start();
    struct world world;
    open_learning(&world, first, second, "");

    assert_int_equal(world_run(&world, 1)->status, CVG_UNKNOWN); /* nobody knows where to yet */
    assert_string_equal(world_run(&world, 2)->observed, "learned");
    assert_string_equal(world_run(&world, 1)->observed, "200 Bearer sesame");
    assert_string_equal(world_run(&world, 3)->observed, "learned");
    assert_string_equal(world_run(&world, 1)->observed, "200 Bearer apple");
    assert_string_equal(world_run(&world, 0)->observed, "200 Bearer apple");
    assert_string_equal(world_run(&world, 4)->observed, "learned no secret");
    assert_string_equal(world_run(&world, 1)->observed, "200 hello /base/where");

    world_close(&world);
    server_stop(first);
    server_stop(second);
}

static void a_kept_secret_can_be_read_until_its_source_ends(void **state)
{
    (void)state;
    struct server *first = server_start();
    struct world world;
    open_learning(&world, first, first, "");
    assert_string_equal(world_run(&world, 6)->observed, "kept 4");
    assert_string_equal(world_run(&world, 6)->observed, "kept 4");
    world_close(&world);
    server_stop(first);
}

static void without_a_url_the_operators_connection_stays(void **state)
{
    (void)state;
    struct server *first = server_start();
    CVG_CLEANUP(cvg_free_pointer)
    char *keys = cvg_format(", url: 'http://127.0.0.1:%u', bearer: 'env:CVG_TEST_TOKEN'",
                            server_port(first));
    struct world world;
    open_learning(&world, first, first, keys);
    assert_string_equal(world_run(&world, 5)->observed, "learned no secret");
    assert_string_equal(world_run(&world, 0)->observed, "200 Bearer open");
    assert_string_equal(world_run(&world, 7)->observed, "url bearer");
    assert_string_equal(world_run(&world, 8)->observed, "via");
    world_close(&world);
    server_stop(first);
}

static void a_secret_file_is_read_afresh_with_each_request(void **state)
{
    (void)state;
    struct server *server = server_start();
    char path[] = "/tmp/cvg-learned-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "first", 5), 5);
    CVG_CLEANUP(cvg_free_pointer)
    char *text =
        cvg_format("sources: {s: {type: scripted}}\n"
                   "environments: {prod: {checks: {\n"
                   "  own: {source: s, do: http, text: /where},\n"
                   "  learn: {source: s, do: learn, text: 'http://127.0.0.1:%u', key: '%s',"
                   " flag: true}}}}\n",
                   server_port(server), path);
    struct world world;
    world_open_good(&world, text);
    assert_string_equal(world_run(&world, 1)->observed, "first 5");
    assert_string_equal(world_run(&world, 0)->observed, "200 Bearer first");
    assert_int_equal(pwrite(fd, "other", 5, 0), 5);
    assert_string_equal(world_run(&world, 0)->observed, "200 Bearer other");
    world_close(&world);
    close(fd);
    assert_int_equal(unlink(path), 0);
    server_stop(server);
}

/* ---- what is no secret ---- */

static void bad_secrets_are_none(void **state)
{
    (void)state;
    static char large[(64 << 10) + 2];
    memset(large, 'x', sizeof large - 1);
    struct world world;
    world_open_good(&world, "sources: {s: {type: scripted}}\n"
                            "environments: {prod: {checks: {c: {source: s, do: ready}}}}\n");
    struct cvg_source *source = world.sources[0];
    assert_null(cvg_host_table.secret_text(source, NULL, 4));
    assert_null(cvg_host_table.secret_text(source, "", 0));
    assert_null(cvg_host_table.secret_text(source, "a\0b", 3));
    assert_null(cvg_host_table.secret_text(source, large, sizeof large - 1));
    assert_non_null(cvg_host_table.secret_text(source, large, 64 << 10));
    assert_null(cvg_host_table.secret_file(source, NULL));
    assert_null(cvg_host_table.secret_file(source, "/"));
    assert_null(cvg_host_table.secret_file(source, "relative/token"));
    const struct cvg_secret *secret = cvg_host_table.secret_text(source, "abc", 3);
    const struct cvg_secret *other = cvg_host_table.secret_text(source, "def", 3);
    cvg_host_table.secret_drop(source, secret);
    cvg_host_table.secret_drop(source, NULL);
    char *text = NULL;
    size_t length = 0;
    assert_int_equal(cvg_secret_read(other, &text, &length, NULL), 0);
    assert_string_equal(text, "def");
    assert_int_equal(length, 3);
    cvg_free_secret(text);
    world_close(&world);
}

/* ---- YAML ---- */

static void keep(void *arg, const char *json, size_t length)
{
    struct cvg_buf *buf = arg;
    assert_int_equal(json[length], '\0');
    cvg_buf_add(buf, json, length);
}

static void yaml_keeps_what_stands_there(void **state)
{
    (void)state;

    static const struct {
        const char *yaml, *json;
    } cases[] = {
        {"", "null"},
        {"a: 1", "{\"a\":1}"},
        {"a: 0123", "{\"a\":\"0123\"}"},
        {"a: '1'", "{\"a\":\"1\"}"},
        {"a: \"true\"", "{\"a\":\"true\"}"},
        {"a: true\nb: false", "{\"a\":true,\"b\":false}"},
        {"a: yes\nb: on\nc: True", "{\"a\":\"yes\",\"b\":\"on\",\"c\":\"True\"}"},
        {"a: ~\nb:\nc: null\nd: 'null'", "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"null\"}"},
        {"[1.5, -0, 1e5, 1E+07, .5, 1., 0x1F, 1_000, +1, -, 1e, 12345678901234567890123]",
         "[1.5,-0,1e5,1E+07,\".5\",\"1.\",\"0x1F\",\"1_000\",\"+1\",\"-\",\"1e\","
         "12345678901234567890123]"},
        {"a: 2026-01-01", "{\"a\":\"2026-01-01\"}"},
        {"1: x\nnull: y\ntrue: z", "{\"1\":\"x\",\"null\":\"y\",\"true\":\"z\"}"},
        {"a: \"\\\"\\\\\\n\\u00e4\"", "{\"a\":\"\\\"\\\\\\n\xc3\xa4\"}"},
        {"a: |\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\"}"},
        {"{\"apiVersion\": \"v1\", \"list\": [{}, []]}",
         "{\"apiVersion\":\"v1\",\"list\":[{},[]]}"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_buf json = CVG_BUF_INIT(4096);
        char error[128] = "";
        int code = cvg_host_table.yaml(cases[i].yaml, strlen(cases[i].yaml), keep, &json, error,
                                       sizeof error);
        if (code != 0 || strcmp(cvg_buf_text(&json), cases[i].json) != 0) {
            fail_msg("%s: %s %s", cases[i].yaml, cvg_buf_text(&json), error);
        }
        struct cvg_json *reader = cvg_json_new(json.data, json.length, NULL);
        assert_true(cvg_json_next(reader) != CVG_JSON_ERROR);
        assert_int_equal(cvg_json_skip(reader), 0);
        assert_int_equal(cvg_json_next(reader), CVG_JSON_DONE);
        cvg_json_free(reader);
        cvg_buf_done(&json);
    }
}

static void no_emit(void *arg, const char *json, size_t length)
{
    (void)arg;
    (void)length;
    fail_msg("%s", json);
}

static void yaml_says_where_it_cannot_be_read(void **state)
{
    (void)state;

    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {"a: b: c", "line 1, column 5: "},
        {"a: &x 1\nb: *x", "line 1, column 4: anchors are not supported"},
        {"token: sesame\nuser: \"sesame", "line 2, "},
        {"a: 1\na: 2", "line 2, column 1: key 'a' stands here twice, first in line 1"},
        {"a: 1\n---\nb: 2", "line 2, column 1: a file holds one document"},
        {"a: !!binary YQ==", "line 1, column 4: tags are not supported"},
        {"\xff", "line 1, column 1: not UTF-8 text"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char error[128] = "";
        assert_int_equal(cvg_host_table.yaml(cases[i].yaml, strlen(cases[i].yaml), no_emit, NULL,
                                             error, sizeof error),
                         -1);
        if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0) {
            fail_msg("%s: %s", cases[i].yaml, error);
        }
        assert_null(strstr(error, "sesame"));
    }
}

static void yaml_is_bounded(void **state)
{
    (void)state;
    size_t length = CVG_YAML_LIMIT + 1;
    CVG_CLEANUP(cvg_free_pointer) char *spaces = cvg_alloc(length + 1);
    memset(spaces, ' ', length);
    char error[64] = "";
    assert_int_equal(cvg_yaml_to_json(spaces, length, no_emit, NULL, error, sizeof error), -1);
    assert_string_equal(error, "it is larger than 8 MiB");
    assert_int_equal(cvg_yaml_to_json(spaces, length, no_emit, NULL, NULL, 0), -1);
    /* What may be kept as text is a number of JSON, and what is longer is a string. */
    char digits[101] = "";
    memset(digits, '9', 100);
    struct cvg_buf json = CVG_BUF_INIT(4096);
    assert_int_equal(cvg_yaml_to_json(digits, 100, keep, &json, error, sizeof error), 0);
    assert_int_equal(json.length, 102);
    cvg_buf_done(&json);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_borrows_a_connection_sees_what_is_learned_later),
        cmocka_unit_test(a_kept_secret_can_be_read_until_its_source_ends),
        cmocka_unit_test(without_a_url_the_operators_connection_stays),
        cmocka_unit_test(a_secret_file_is_read_afresh_with_each_request),
        cmocka_unit_test(bad_secrets_are_none),
        cmocka_unit_test(yaml_keeps_what_stands_there),
        cmocka_unit_test(yaml_says_where_it_cannot_be_read),
        cmocka_unit_test(yaml_is_bounded),
    };
    if (setenv("CVG_TEST_TOKEN", "open", 1) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
