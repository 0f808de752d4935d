/* SPDX-License-Identifier: Apache-2.0 */
/* From discovered objects to environments: what they become, and what hostile ones cannot do. */
#include "cases.h"
#include "kinds.h"

#include "base/alloc.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct objects_check {
    const char *kind, *selector;
};

static const struct cvg_field objects_fields[] = {
    {.name = "kind",
     .doc = "Which.",
     .type = CVG_FIELD_STRING,
     .flags = CVG_FIELD_REQUIRED,
     .offset = offsetof(struct objects_check, kind)},
    {.name = "selector",
     .doc = "Those.",
     .type = CVG_FIELD_STRING,
     .offset = offsetof(struct objects_check, selector)},
    {0}};

static const struct cvg_field no_fields[] = {{0}};

static const struct cvg_kind objects_kind = {.name = "objects",
                                             .version = "1",
                                             .summary = "has objects",
                                             .flags = CVG_MODULE_STREAMING | CVG_MODULE_DISCOVERS,
                                             .plane = CVG_DECLARED,
                                             .source_fields = no_fields,
                                             .check_fields = objects_fields,
                                             .check_size = sizeof(struct objects_check)};

static const struct cvg_kind *const all[] = {&objects_kind, &test_poll, NULL};

static const struct cvg_kind *find_kind(void *ctx, const char *name, const char **ret_why)
{
    (void)ctx;
    *ret_why = NULL;
    for (size_t i = 0; all[i]; i++) {
        if (strcmp(all[i]->name, name) == 0) {
            return all[i];
        }
    }
    return NULL;
}

static const struct cvg_kind *const *all_kinds(void *ctx)
{
    (void)ctx;
    return all;
}

static const struct cvg_kinds kinds = {.find = find_kind, .all = all_kinds};

#define FILES                                                                                      \
    "sources: {cluster: {type: objects}, eu: {type: poll, url: \"http://h\"}}\n"                   \
    "templates:\n"                                                                                 \
    "  preview:\n"                                                                                 \
    "    vars: [text]\n"                                                                           \
    "    defaults: {text: nothing}\n"                                                              \
    "    checks: {up: {source: eu, query: \"${vars.text}\"}}\n"                                    \
    "environments: {prod: {checks: {up: {source: eu, query: up}}}}\n"

#define PREVIEWS                                                                                   \
    FILES                                                                                          \
    "discover:\n"                                                                                  \
    "  previews: {source: cluster, kind: Namespace, template: preview,\n"                          \
    "             name: \"p-${object.name}\", vars: {text: \"${object.annotations.note}\"}}\n"

static struct cvg_config *load(const char *yaml, char **ret_said)
{
    struct cvg_diagnostics diagnostics = {0};
    struct cvg_config *config = NULL;
    int rc = cvg_config_load_text("t.yaml", yaml, strlen(yaml), &kinds, &diagnostics, &config);
    assert_int_equal(rc == 0, config != NULL);
    *ret_said = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    return config;
}

static struct cvg_config *base_of(const char *yaml)
{
    char *said = NULL;
    struct cvg_config *base = load(yaml, &said);
    assert_string_equal(said, "");
    free(said);
    return base;
}

static const struct cvg_environment_config *find(const struct cvg_config *config, const char *name)
{
    for (size_t i = 0; i < config->environment_count; i++) {
        if (strcmp(config->environments[i].name, name) == 0) {
            return &config->environments[i];
        }
    }
    return NULL;
}

static const char *query_of(const struct cvg_config *config, const char *name)
{
    const struct cvg_environment_config *environment = find(config, name);
    assert_non_null(environment);
    return ((const struct poll_check *)environment->checks[0].settings)->query;
}

static struct cvg_discovered object(const char *name, const struct cvg_pair *note)
{
    return (struct cvg_discovered){.discover = "previews",
                                   .object = {.namespace_name = "",
                                              .name = name,
                                              .annotations = note,
                                              .annotation_count = note ? 1 : 0}};
}

static void what_is_asked_and_wanted_is_read(void **state)
{
    (void)state;
    struct cvg_config *base = base_of(
        FILES "discover: {previews: {source: cluster, kind: Namespace, template: preview, most: 7,"
              " selector: \"a=b\", grace: 3m,"
              " name: \"x-${object.labels.app.test/name}\","
              " vars: {text: \"${object.annotations.note} ${object.labels.app.test/name}\"}}}\n");
    assert_int_equal(base->discover_count, 1);
    const struct cvg_discover_config *discover = &base->discovers[0];
    const struct objects_check *asked = discover->check.settings;
    assert_string_equal(asked->kind, "Namespace");
    assert_string_equal(asked->selector, "a=b");
    assert_string_equal(discover->wanted.labels[0], "app.test/name");
    assert_null(discover->wanted.labels[1]);
    assert_string_equal(discover->wanted.annotations[0], "note");
    assert_null(discover->wanted.annotations[1]);
    assert_int_equal(discover->most, 7);
    assert_int_equal(discover->grace_ns / 1000000000, 180);
    assert_int_equal(base->environment_count, 1);
    cvg_config_unref(base);
}

static void objects_become_environments_beside_those_of_the_files(void **state)
{
    (void)state;
    struct cvg_config *base = base_of(PREVIEWS);
    const struct cvg_pair note = {.name = "note", .value = "hello"};
    const struct cvg_discovered found[] = {object("one", &note), object("two", NULL)};
    struct cvg_config *config = cvg_config_discover(base, &kinds, found, 2);
    assert_int_equal(config->environment_count, 3);
    assert_string_equal(query_of(config, "p-one"), "hello");
    assert_string_equal(query_of(config, "p-two"), "nothing");
    assert_string_equal(find(config, "p-one")->discovered_by, "previews");
    assert_null(find(config, "prod")->discovered_by);
    assert_ptr_equal(config->base, base);

    /* From one that has some itself, none of them is taken over. */
    struct cvg_config *next = cvg_config_discover(config, &kinds, &found[1], 1);
    assert_int_equal(next->environment_count, 2);
    assert_non_null(find(next, "p-two"));
    assert_ptr_equal(next->base, base);
    cvg_config_unref(config);
    cvg_config_unref(base);
    assert_string_equal(query_of(next, "p-two"), "nothing");
    cvg_config_unref(next);
}

static void what_an_object_says_is_text_or_is_left_out(void **state)
{
    (void)state;
    char longest[1026];
    memset(longest, 'y', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    static const char cannot[] = "its annotation note cannot be used in text";

    const struct {
        const char *value, *why; /* why NULL: it is an environment, and its query is the value */
    } cases[] = {
        {"plain text", NULL},
        {"${vars.text}", NULL},
        {"${checks.up.facts.x}", NULL},
        {"$${checks.up.facts.x}", NULL},
        {"$$${vars.text}", NULL},
        {"${object.name}", NULL},
        {"${", NULL},
        {"{checks.up.facts.x}", NULL},
        {"a: [b, {c", NULL},
        {"ends in $", cannot},
        {"$", cannot},
        {"two\nlines", cannot},
        {"bell\a", cannot},
        {"\xff\xfe", cannot},
        {"right \xe2\x80\xae to left", cannot},
        {longest, cannot},
    };
    struct cvg_config *base = base_of(PREVIEWS);
    size_t wrong = 0;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct cvg_pair note = {.name = "note", .value = cases[i].value};
        const struct cvg_discovered found = object("one", &note);
        struct cvg_config *config = cvg_config_discover(base, &kinds, &found, 1);
        const char *why = config->outcomes[0].why;
        bool good =
            cvg_text_equal(why, cases[i].why) &&
            (why ? !find(config, "p-one") : strcmp(query_of(config, "p-one"), cases[i].value) == 0);
        if (!good) {
            print_error("case %zu: '%s' made %s (%s)\n", i, cases[i].value,
                        find(config, "p-one") ? query_of(config, "p-one") : "nothing",
                        why ? why : "");
            wrong++;
        }
        cvg_config_unref(config);
    }
    assert_int_equal(wrong, 0);
    cvg_config_unref(base);
}

static void names_that_cannot_be_leave_out_that_object_only(void **state)
{
    (void)state;
    struct cvg_config *base =
        base_of(FILES "discover:\n"
                      "  previews: {source: cluster, kind: Namespace, template: preview}\n");
    char longest[200];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    struct cvg_discovered found[] = {
        object("good", NULL),         object("prod", NULL),     object("good", NULL),
        object("../etc", NULL),       object("a b", NULL),      object(longest, NULL),
        object("${vars.text}", NULL), object("kept out", NULL), object("other", NULL)};
    found[2].object.namespace_name = "elsewhere";
    found[7].left_out = "a module refuses it";
    struct cvg_config *config = cvg_config_discover(base, &kinds, found, CVG_COUNT(found));
    assert_int_equal(config->environment_count, 3);
    assert_non_null(find(config, "good"));
    assert_non_null(find(config, "other"));
    assert_null(find(config, "prod")->discovered_by);
    assert_null(config->outcomes[0].why);
    assert_string_equal(config->outcomes[1].why,
                        "an environment of the configuration has the name 'prod' already");
    assert_string_equal(config->outcomes[2].why, "another object has the name 'good' already");
    assert_string_equal(config->outcomes[7].why, "a module refuses it");
    for (size_t i = 3; i < 7; i++) {
        assert_null(config->outcomes[i].environment);
        assert_non_null(strstr(config->outcomes[i].why, "cannot be the name of an environment"));
    }
    assert_string_equal(config->outcomes[8].environment, "other");
    cvg_config_unref(config);
    cvg_config_unref(base);
}

static void a_mistake_of_an_expansion_is_its_own(void **state)
{
    (void)state;
    struct cvg_config *base = base_of(
        "sources: {cluster: {type: objects}, eu: {type: poll, url: \"http://h\"}}\n"
        "templates:\n"
        "  preview: {vars: [text], checks: {up: {source: eu, query: x, count: \"${vars.text}\"}}}\n"
        "discover:\n"
        "  previews: {source: cluster, kind: Namespace, template: preview,\n"
        "             vars: {text: \"${object.annotations.note}\"}}\n");
    const struct cvg_pair good = {.name = "note", .value = "5"};
    const struct cvg_pair bad = {.name = "note", .value = "many"};
    const struct cvg_discovered found[] = {object("one", &bad), object("two", &good),
                                           object("three", NULL)};
    struct cvg_config *config = cvg_config_discover(base, &kinds, found, 3);
    assert_false(config->faulty);
    assert_int_equal(config->environment_count, 1);
    assert_non_null(find(config, "two"));
    assert_non_null(strstr(config->outcomes[0].why, "many"));
    assert_non_null(strstr(config->outcomes[2].why, "text"));
    cvg_config_unref(config);
    cvg_config_unref(base);
}

static void mistakes_of_the_files_are_told(void **state)
{
    (void)state;

    static const struct {
        const char *keys, *want;
    } cases[] = {
        {"source: nobody, kind: x, template: preview", "there is no source 'nobody'"},
        {"source: eu, kind: x, template: preview", "cannot be discovered by source 'eu'"},
        {"source: cluster, kind: x, template: none", "there is no template 'none'"},
        {"source: cluster, kind: x", "template"},
        {"source: cluster, template: preview", "kind"},
        {"source: cluster, kind: x, template: preview, other: y", "unknown key 'other'"},
        {"source: cluster, kind: x, template: preview, vars: {no: y}", "has no var 'no'"},
        {"source: cluster, kind: x, template: preview, name: \"${vars.x}\"",
         "what stands in ${ } here"},
        {"source: cluster, kind: x, template: preview, name: \"${object.labels.}\"",
         "what stands in ${ } here"},
        {"source: cluster, kind: \"${checks.a.facts.b}\", template: preview",
         "cannot take facts of checks"},
        {"source: cluster, kind: x, template: preview, most: 0", "most"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        char *said = NULL;
        CVG_CLEANUP(cvg_free_pointer)
        char *yaml = cvg_format(FILES "discover: {previews: {%s}}\n", cases[i].keys);
        struct cvg_config *config = load(yaml, &said);
        if (config || !strstr(said, cases[i].want)) {
            print_error("%s\n---- got\n%s---- want\n%s\n", cases[i].keys, said, cases[i].want);
            fail();
        }
        free(said);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_and_wanted_is_read),
        cmocka_unit_test(objects_become_environments_beside_those_of_the_files),
        cmocka_unit_test(what_an_object_says_is_text_or_is_left_out),
        cmocka_unit_test(names_that_cannot_be_leave_out_that_object_only),
        cmocka_unit_test(a_mistake_of_an_expansion_is_its_own),
        cmocka_unit_test(mistakes_of_the_files_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
