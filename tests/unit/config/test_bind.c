/* SPDX-License-Identifier: Apache-2.0 */
/* Every type of field: what is taken, what stands there otherwise, and what is refused. */
#include "cases.h"
#include "kinds.h"

#include "base/secret.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Binds yaml to the check fields of `poll`; returns what is said. */
static char *bind_poll(const char *yaml, struct cvg_arena *arena, struct poll_check *ret)
{
    struct cvg_diagnostics diagnostics = {0};
    const struct cvg_node *root = NULL;
    assert_int_equal(cvg_tree_parse("t", yaml, strlen(yaml), arena, &diagnostics, &root), 0);
    struct cvg_binder binder = {.arena = arena, .diagnostics = &diagnostics};
    struct cvg_bind_target target = {test_poll.check_fields, ret};
    memset(ret, 0, sizeof *ret);
    int code = cvg_bind_map(&binder, root, &target, 1);
    assert_int_equal(code == 0, diagnostics.errors == 0);
    char *text = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    return text;
}

static void test_absent_keys_have_their_default_or_the_absent_value(void **state)
{
    (void)state;
    struct cvg_arena *arena = cvg_arena_new();
    struct poll_check check;
    char *text = bind_poll("query: up", arena, &check);
    assert_string_equal(text, "");
    free(text);
    assert_string_equal(check.query, "up");
    assert_null(check.ready);
    assert_null(check.target);
    assert_int_equal(check.flag, 1);
    assert_int_equal(check.mode, 1);
    assert_true(check.count == CVG_ABSENT_INT);
    assert_true(check.window == CVG_ABSENT_INT);
    assert_true(check.limit == CVG_ABSENT_INT);
    assert_true(check.ratio > 0.49 && check.ratio < 0.51);
    assert_null(check.token);
    assert_int_equal(check.parts.count, 2);
    const char *const *parts = check.parts.items;
    assert_string_equal(parts[1], "b");
    assert_int_equal(check.steps.count, 0);
    assert_int_equal(check.labels.count, 0);
    assert_null(check.extra);
    cvg_arena_free(arena);
}

static void test_each_type_is_bound_from_its_text(void **state)
{
    (void)state;
    struct cvg_arena *arena = cvg_arena_new();
    struct poll_check check;
    char *text = bind_poll("query: 010\n"
                           "ready: yes\n"
                           "target: HTTPS://h:1/x\n"
                           "flag: false\n"
                           "mode: fast\n"
                           "count: \"3\"\n"
                           "window: 1m30s\n"
                           "limit: 64KiB\n"
                           "ratio: -1e-3\n"
                           "token: credential:t\n"
                           "parts: one\n"
                           "steps: [{name: a, wait: 2s}, {name: b}]\n"
                           "labels: {x: 1, 'y z': ~x}\n"
                           "extra: {depth: 4}\n",
                           arena, &check);
    assert_string_equal(text, "");
    free(text);
    assert_string_equal(check.query, "010");
    assert_string_equal(check.ready, "yes");
    assert_string_equal(check.target, "HTTPS://h:1/x");
    assert_int_equal(check.flag, 0);
    assert_int_equal(check.mode, 0);
    assert_int_equal(check.count, 3);
    assert_int_equal(check.window, 90 * CVG_SECOND);
    assert_int_equal(check.limit, 65536);
    assert_true(fabs(check.ratio + 0.001) < 1e-12);
    assert_int_equal(check.token->kind, CVG_SECRET_CREDENTIAL);
    assert_string_equal(check.token->name, "t");
    assert_int_equal(check.parts.count, 1);
    assert_int_equal(check.steps.count, 2);
    const struct step *steps = check.steps.items;
    assert_string_equal(steps[1].name, "b");
    assert_int_equal(steps[0].wait, 2 * CVG_SECOND);
    assert_int_equal(steps[1].wait, CVG_SECOND);
    const struct cvg_pair *labels = check.labels.items;
    assert_string_equal(labels[1].name, "y z");
    assert_string_equal(labels[1].value, "~x");
    assert_int_equal(check.extra->depth, 4);
    assert_null(check.extra->word);
    cvg_arena_free(arena);
}

static void test_a_plain_item_stands_for_its_key(void **state)
{
    (void)state;

    static const struct {
        const char *yaml;
        size_t count;
        const char *first, *last;
    } cases[] = {
        {"{query: a, steps: [one, {name: two, wait: 2s}, 'three: x']}", 3, "one", "three: x"},
        {"{query: a, steps: one}", 1, "one", "one"},
        {"{query: a, steps: {name: one}}", 1, "one", "one"},
        {"{query: a, steps: [1.10, true]}", 2, "1.10", "true"},
        {"{query: a, steps: ['module.a[\"x\"]']}", 1, "module.a[\"x\"]", "module.a[\"x\"]"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_arena *arena = cvg_arena_new();
        struct poll_check check;
        char *text = bind_poll(cases[i].yaml, arena, &check);
        assert_string_equal(text, "");
        free(text);
        assert_int_equal(check.steps.count, cases[i].count);
        const struct step *steps = check.steps.items;
        assert_string_equal(steps[0].name, cases[i].first);
        assert_string_equal(steps[cases[i].count - 1].name, cases[i].last);
        assert_int_equal(steps[0].wait, CVG_SECOND); /* the default, as where the key is absent */
        cvg_arena_free(arena);
    }
}

/* What is said about yaml, which must be refused: as YAML, or while it is bound. */
static char *refuse_poll(const char *yaml)
{
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_diagnostics diagnostics = {0};
    const struct cvg_node *root = NULL;
    struct poll_check check = {0};
    struct cvg_binder binder = {.arena = arena, .diagnostics = &diagnostics};
    struct cvg_bind_target target = {test_poll.check_fields, &check};
    if (cvg_tree_parse("t", yaml, strlen(yaml), arena, &diagnostics, &root) == 0) {
        assert_int_not_equal(cvg_bind_map(&binder, root, &target, 1), 0);
    }
    char *text = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    cvg_arena_free(arena);
    return text;
}

static void test_values_of_the_wrong_kind_are_refused(void **state)
{
    (void)state;

    static const struct {
        const char *yaml, *want;
    } cases[] = {
        {"", "t:1:1: error: 'query' is missing, for example query: up == 1\n"},
        {"x", "t:1:1: error: a map (key: value) must stand here, not text\n"},
        {"query: \"\"", "t:1:8: error: 'query' must not be empty\n"},
        {"query:", "t:1:7: error: 'query' has no value; it must be text\n"},
        {"query: ~", "t:1:8: error: 'query' has no value; it must be text\n"},
        {"{query: a, flag: On}",
         "t:1:18: error: 'flag' must be true or false, not 'On'; write true\n"},
        {"{query: a, mode: Fast}",
         "t:1:18: error: 'mode' must be one of fast, slow, not 'Fast'; did you mean 'fast'?\n"},
        {"{query: a, mode: {fast: 1}}", "t:1:18: error: 'mode' must be one of fast, slow, not a "
                                        "map; text that begins with '{' must "
                                        "be quoted\n"},
        {"{query: a, count: 1.5}", "t:1:19: error: 'count' must be a whole number, not '1.5'\n"},
        {"{query: a, count: 0x10}", "t:1:19: error: 'count' must be a whole number, not '0x10'\n"},
        {"{query: a, count: 11}", "t:1:19: error: 'count' must be from 1 to 10, not 11\n"},
        {"{query: a, count: 99999999999999999999}",
         "t:1:19: error: 'count' must be a whole number, not '99999999999999999999'\n"},
        {"{query: a, window: 90}", "t:1:20: error: 'window' must be a duration such as 15s or "
                                   "1h30m, not '90'; a unit is missing "
                                   "(ms, s, m, h, d, w)\n"},
        {"{query: a, window: 2h}", "t:1:20: error: 'window' must be from 1s to 1h, not 2h\n"},
        {"{query: a, limit: 2MiB}", "t:1:19: error: 'limit' must be from 1KiB to 1MiB, not 2MiB\n"},
        {"{query: a, limit: big}",
         "t:1:19: error: 'limit' must be a size such as 512KiB or 8MiB, not 'big'\n"},
        {"{query: a, ratio: NaN}", "t:1:19: error: 'ratio' must be a number, not 'NaN'\n"},
        {"{query: a, ratio: +Inf}", "t:1:19: error: 'ratio' must be a number, not '+Inf'\n"},
        {"{query: a, target: \"ftp://x\"}",
         "t:1:20: error: 'target': URL must begin with http:// or https://\n"},
        {"{query: a, parts: []}", "t:1:19: error: 'parts' must not be empty\n"},
        {"{query: a, parts: [a, b, c, d]}",
         "t:1:19: error: 'parts' must have from 0 to 3 items, not 4\n"},
        {"{query: a, parts: [a, [b]]}", "t:1:23: error: 'parts' must be text, not a list; text "
                                        "that begins with '[' must be quoted\n"},
        {"{query: a, steps: [{wait: 1s}, [x], '', ~]}",
         "t:1:20: error: 'name' is missing\n"
         "t:1:32: error: a map (key: value) must stand here, not a list\n"
         "t:1:37: error: 'name' must not be empty\n"
         "t:1:41: error: 'name' is missing\n"},
        {"{query: a, parts: [\"\"], labels: {\"\": x}}",
         "t:1:20: error: 'parts' has an empty item\n"
         "t:1:34: error: 'labels' has an empty name\n"},
        {"{query: a, labels: [x]}",
         "t:1:20: error: 'labels' must be a map (key: value), not a list\n"},
        {"{query: a, labels: {b: [x]}}",
         "t:1:24: error: 'b' must be text, not a list; text that begins with '[' must be quoted\n"},
        {"{query: a, extra: {depth: 0, widht: 1}}",
         "t:1:27: error: 'depth' must be at least 1, not 0\n"
         "t:1:30: error: unknown key 'widht' (known here: depth, word)\n"},
        {"{query: a, extra: 7}", "t:1:19: error: 'extra' must be a map (key: value), not text\n"},
        {"{query: ${x}, \"quer\\e\": 1}",
         "t:1:10: error: a reference inside { } or [ ] must be quoted: \"${...}\"\n"},
        {"{query: a, \"quer\\e\": 1}",
         "t:1:12: error: unknown key 'quer?'; did you mean 'query'?\n"},
    };

    size_t wrong = 0;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char *text = refuse_poll(cases[i].yaml);
        if (strcmp(text, cases[i].want) != 0) {
            print_error("%s\n---- got\n%s---- want\n%s----\n", cases[i].yaml, text, cases[i].want);
            wrong++;
        }
        free(text);
    }
    assert_int_equal(wrong, 0);
}

static void test_no_map_at_all_is_an_empty_one(void **state)
{
    (void)state;
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_diagnostics diagnostics = {0};
    struct cvg_binder binder = {.arena = arena, .diagnostics = &diagnostics};
    struct extra extra = {0};
    const struct cvg_field *fields = NULL;
    for (const struct cvg_field *field = test_poll.check_fields; field->name; field++) {
        fields = strcmp(field->name, "extra") == 0 ? field->members : fields;
    }
    struct cvg_bind_target target = {fields, &extra};
    assert_int_equal(cvg_bind_map(&binder, NULL, &target, 1), 0);
    assert_int_equal(extra.depth, 3);
    cvg_arena_free(arena);
}

static void test_names_that_are_nearly_right_are_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"query", "ready", "rise", "fall", "m", "max_age"};

    static const struct {
        const char *name, *want;
    } cases[] = {{"querry", "did you mean 'query'?"},
                 {"qurey", "did you mean 'query'?"},
                 {"READY", "did you mean 'ready'?"},
                 {"maxage", "did you mean 'max_age'?"},
                 {"ris", "did you mean 'rise'?"},
                 {"x", NULL},
                 {"mm", "did you mean 'm'?"},
                 {"something", NULL},
                 {"", NULL}};
    struct cvg_arena *arena = cvg_arena_new();
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const char *text = cvg_bind_suggest(arena, cases[i].name, names, CVG_COUNT(names));
        if (cases[i].want) {
            assert_string_equal(text, cases[i].want);
        } else {
            assert_null(text);
        }
    }
    cvg_arena_free(arena);
}

static void test_listen_addresses_are_literal(void **state)
{
    (void)state;

    static const struct {
        const char *text, *host; /* NULL: refused */
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:8717", "127.0.0.1", 8717},
        {"[::1]:0", "::1", 0},
        {"0.0.0.0:65535", "0.0.0.0", 65535},
        {"127.0.0.1", NULL, 0},
        {":80", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1:65536", NULL, 0},
        {"::1:80", NULL, 0},
        {"[::1]", NULL, 0},
        {"[::1]x:80", NULL, 0},
        {"[::1:80", NULL, 0},
        {"[127.0.0.1]:80", NULL, 0},
        {"host:80", NULL, 0},
        {"127.1:80", NULL, 0},
        {"127.0.0.1:+80", NULL, 0},
        {"", NULL, 0},
        {"]:1", NULL, 0},
        {"[]:1", NULL, 0},
        {"127.0.0.1:80 ", NULL, 0},
        {"[fe80::1%lo]:1", NULL, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char host[64] = "";
        uint16_t port = 7;
        struct cvg_error error = {0};
        int code = cvg_config_parse_listen(cases[i].text, host, sizeof host, &port, &error);
        if (cases[i].host) {
            assert_int_equal(code, 0);
            assert_string_equal(host, cases[i].host);
            assert_int_equal(port, cases[i].port);
        } else {
            assert_int_equal(code, CVG_E_INVALID);
            assert_int_equal(port, 7);
            assert_true(error.text[0]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_absent_keys_have_their_default_or_the_absent_value),
        cmocka_unit_test(test_each_type_is_bound_from_its_text),
        cmocka_unit_test(test_a_plain_item_stands_for_its_key),
        cmocka_unit_test(test_values_of_the_wrong_kind_are_refused),
        cmocka_unit_test(test_no_map_at_all_is_an_empty_one),
        cmocka_unit_test(test_names_that_are_nearly_right_are_suggested),
        cmocka_unit_test(test_listen_addresses_are_literal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
