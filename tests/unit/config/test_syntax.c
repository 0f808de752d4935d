/* SPDX-License-Identifier: Apache-2.0 */
/* YAML that is refused, in words that say what to do; and the limits of the tree. */
#include "cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CHECK(text)                                                                                \
    "sources: {m: {type: poll, url: http://h}}\n"                                                  \
    "environments:\n"                                                                              \
    "  e:\n"                                                                                       \
    "    checks:\n"                                                                                \
    "      c:\n"                                                                                   \
    "        source: m\n"                                                                          \
    "        query: up\n"                                                                          \
    "        " text "\n"

#define AT_VALUE    "t.yaml:8:16: error: "
#define QUOTE_BLOCK "text that begins with '>' or '|' must be quoted, for example \">= 3\"\n"
#define QUOTE_FLOW  "a reference inside { } or [ ] must be quoted: \"${...}\"\n"

static void test_values_that_yaml_misreads_are_refused_with_a_hint(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"quoted", CHECK("ready: \">= 3\""), ""},
        {"plain", CHECK("ready: <5"), ""},
        {"folded", CHECK("ready: >= 3"), AT_VALUE QUOTE_BLOCK},
        {"folded with space", CHECK("ready: > 0.99"), AT_VALUE QUOTE_BLOCK},
        {"indentation", CHECK("ready: >3"), AT_VALUE QUOTE_BLOCK},
        {"indentation and strip", CHECK("ready: >-1"), AT_VALUE QUOTE_BLOCK},
        {"zero", CHECK("ready: >0"), AT_VALUE QUOTE_BLOCK},
        {"nothing folded", CHECK("ready: >"), AT_VALUE QUOTE_BLOCK},
        {"after wide characters", CHECK("ready: >3 # \xc3\xa4\xe2\x82\xac"), AT_VALUE QUOTE_BLOCK},
        {"a real block", CHECK("ready: |\n          text\n          more"), ""},
        {"tag", CHECK("ready: != 0"),
         AT_VALUE "tags are not supported; text that begins with '!' must be quoted, for example "
                  "\"!= 0\"\n"},
        {"alias", CHECK("ready: *up"),
         AT_VALUE "aliases are not supported; text that begins with '*' must be quoted\n"},
        {"star", CHECK("ready: *.example.com"),
         AT_VALUE "text that begins with '*' or '&' must be quoted\n"},
        {"anchor", CHECK("ready: &a x"),
         AT_VALUE "anchors are not supported; text that begins with '&' must be quoted\n"},
        {"at", CHECK("ready: @x"),
         AT_VALUE "text that begins with '@', '`' or '%' must be quoted\n"},
        {"colon", CHECK("ready: a: b"),
         "t.yaml:8:17: error: a ':' where no key can stand: text that contains ': ' must be "
         "quoted, "
         "and keys must be indented alike\n"},
        {"selector", CHECK("ready: {job=\"x\"}"),
         AT_VALUE "'ready' must be text, not a map; text that begins with '{' must be quoted\n"},
        {"list", CHECK("ready: [1]"),
         AT_VALUE "'ready' must be text, not a list; text that begins with '[' must be quoted\n"},
        {"reference in a flow map", CHECK("labels: {host: ${checks.x.facts.y}}"),
         "t.yaml:8:25: error: " QUOTE_FLOW},
        {"reference in a flow list", CHECK("parts: [${checks.x.facts.y}]"),
         "t.yaml:8:18: error: " QUOTE_FLOW},
        {"a plain reference in a block",
         CHECK("ready: ${checks.c2.facts.y}\n      c2: {source: m, query: up}"), ""},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_what_a_file_cannot_contain_is_refused(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"empty", "", "t.yaml: warning: no environments are configured\n"},
        {"comment", "# nothing\n", "t.yaml: warning: no environments are configured\n"},
        {"list", "- a\n",
         "t.yaml:1:1: error: a configuration must be a map of keys, such as 'sources:'\n"},
        {"two documents", "store: /a\n---\nstore: /b\n",
         "t.yaml:2:1: error: a file holds one document; remove the second '---'\n"},
        {"duplicate", "store: /a\nnames: {}\nstore: b\nfoo: 1\n",
         "t.yaml:3:1: error: key 'store' stands here twice, first in line 1\n"
         "t.yaml:4:1: error: unknown key 'foo' (known here: server, store, retention, names, "
         "defaults, "
         "sources, templates, environments, discover)\n"},
        {"merge key", "<<: {a: b}\n",
         "t.yaml:1:1: error: unknown key '<<' (known here: server, store, retention, names, "
         "defaults, "
         "sources, templates, "
         "environments, discover)\n"},
        {"key that is a map", "{a: b}: c\n", "t.yaml:1:1: error: a key must be text\n"},
        {"tab", "a:\n\tb: c\n", "t.yaml:2:1: error: a tab cannot indent; use spaces\n"},
        {"not UTF-8", "store: \xff\n", "t.yaml:1:8: error: not UTF-8 text\n"},
        {"hidden", "store: /a\n# \xe2\x80\xae\n",
         "t.yaml:2:3: error: the invisible character U+202E; in double quotes it can be written as "
         "\\u202E\n"},
        {"NUL escape", "store: \"a\\0b\"\n", "t.yaml:1:8: error: text cannot contain \\0\n"},
        {"unclosed", "store: \"a\n",
         "t.yaml:2:1: error: not valid YAML: found unexpected end of stream while scanning a "
         "quoted "
         "scalar\n"},
        {"byte order mark", "\xef\xbb\xbfstore: b\n",
         "t.yaml:1:8: error: 'store' must be an absolute path\n"},
        {"windows", "store: b\r\nfoo: c\r\n",
         "t.yaml:1:8: error: 'store' must be an absolute path\n"
         "t.yaml:2:1: error: unknown key 'foo' (known here: server, store, retention, names, "
         "defaults, "
         "sources, templates, environments, discover)\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static int parse(const char *bytes, size_t length, char **ret_text)
{
    struct cvg_diagnostics diagnostics = {0};
    struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_node *root = NULL;
    int code = cvg_tree_parse("t", bytes, length, arena, &diagnostics, &root);
    *ret_text = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    cvg_arena_free(arena);
    return code;
}

static void test_depth_and_size_are_bounded(void **state)
{
    (void)state;
    char deep[CVG_TREE_DEPTH + 2];
    char *text;
    memset(deep, '[', sizeof deep);
    assert_int_not_equal(parse(deep, sizeof deep, &text), 0);
    assert_string_equal(text, "t:1:33: error: nested too deeply (at most 32 levels)\n");
    free(text);

    size_t length = CVG_TREE_SCALAR_LIMIT + 1;
    char *wide = cvg_alloc(length);
    memset(wide, 'x', length);
    assert_int_equal(parse(wide, length - 1, &text), 0);
    free(text);
    assert_int_not_equal(parse(wide, length, &text), 0);
    assert_string_equal(text, "t:1:1: error: the text is longer than 64 KiB\n");
    free(text);
    free(wide);
}

static void test_many_keys_are_searched_for_duplicates(void **state)
{
    (void)state;
    struct cvg_buf yaml = CVG_BUF_INIT(1u << 20);
    for (int i = 0; i < 1000; i++) {
        cvg_buf_printf(&yaml, "k%d: x\n", i);
    }
    cvg_buf_puts(&yaml, "k3: y\nk999: y\n");
    char *text;
    assert_int_not_equal(parse(yaml.data, yaml.length, &text), 0);
    assert_string_equal(text,
                        "t:1001:1: error: key 'k3' stands here twice, first in line 4\n"
                        "t:1002:1: error: key 'k999' stands here twice, first in line 1000\n");
    free(text);
    cvg_buf_done(&yaml);
}

static void test_paths_lead_to_the_deepest_node_that_exists(void **state)
{
    (void)state;
    static const char yaml[] = "tls:\n  ca: x\nresources: [a, {b: c}]\nsingle: s\n";

    static const struct {
        const char *path;
        uint32_t line, column;
    } cases[] = {{"", 1, 1},
                 {"tls", 2, 3},
                 {"tls.ca", 2, 7},
                 {"tls.key", 2, 3},
                 {"resources[0]", 3, 13},
                 {"resources[1].b", 3, 20},
                 {"resources[2]", 3, 12},
                 {"resources[99999999999999999999]", 3, 12},
                 {"resources[", 3, 12},
                 {"single[0]", 4, 9},
                 {"nothing.at.all", 1, 1}};
    struct cvg_diagnostics diagnostics = {0};
    struct cvg_arena *arena = cvg_arena_new();
    const struct cvg_node *root = NULL;
    assert_int_equal(cvg_tree_parse("t", yaml, strlen(yaml), arena, &diagnostics, &root), 0);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_node *node = cvg_node_at(root, cases[i].path);
        assert_int_equal(node->line, cases[i].line);
        assert_int_equal(node->column, cases[i].column);
    }
    cvg_arena_free(arena);
}

static void test_the_list_of_problems_is_capped(void **state)
{
    (void)state;
    struct cvg_buf yaml = CVG_BUF_INIT(1u << 20);
    for (int i = 0; i < CVG_DIAGNOSTICS_LIMIT + 50; i++) {
        cvg_buf_printf(&yaml, "k%d: x\n", i);
    }
    struct cvg_config *config = NULL;
    char *text = load_and_print(cvg_buf_text(&yaml), &config);
    assert_null(config);
    assert_non_null(strstr(text, "t.yaml:200:1: error: unknown key 'k199'"));
    assert_null(strstr(text, "k200"));
    assert_non_null(strstr(text, "and 50 more\n"));
    free(text);
    cvg_buf_done(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_yaml_misreads_are_refused_with_a_hint),
        cmocka_unit_test(test_what_a_file_cannot_contain_is_refused),
        cmocka_unit_test(test_depth_and_size_are_bounded),
        cmocka_unit_test(test_many_keys_are_searched_for_duplicates),
        cmocka_unit_test(test_paths_lead_to_the_deepest_node_that_exists),
        cmocka_unit_test(test_the_list_of_problems_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
