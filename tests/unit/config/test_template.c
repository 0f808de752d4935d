/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: what an environment becomes, and where a mistake in one is told. */
#include "cases.h"
#include "kinds.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOURCES                                                                                    \
    "sources: {eu: {type: poll, url: \"http://h\"}, us: {type: poll, url: \"http://h\"}}\n"

/* Lines 2 to 10. */
#define SERVICE                                                                                    \
    SOURCES                                                                                        \
    "templates:\n"                                                                                 \
    "  service:\n"                                                                                 \
    "    vars: [cluster, host, path]\n"                                                            \
    "    defaults: {path: /}\n"                                                                    \
    "    checks:\n"                                                                                \
    "      up: {source: \"${vars.cluster}\", query: \"up ${vars.host}${vars.path}\"}\n"            \
    "      name: {source: eu, query: \"${vars.environment} $${vars.host}\", rise: 2m}\n"           \
    "    gates: {deploy: {}, verify: {require: [up]}}\n"                                           \
    "environments:\n"

static const struct cvg_check_config *check_of(const struct cvg_config *config,
                                               const char *environment, const char *name)
{
    for (size_t i = 0; i < config->environment_count; i++) {
        const struct cvg_environment_config *e = &config->environments[i];
        for (size_t k = 0; cvg_text_equal(e->name, environment) && k < e->check_count; k++) {
            if (cvg_text_equal(e->checks[k].name, name)) {
                return &e->checks[k];
            }
        }
    }
    return NULL;
}

static const char *query_of(const struct cvg_config *config, const char *environment,
                            const char *name)
{
    const struct cvg_check_config *check = check_of(config, environment, name);
    return check ? ((const struct poll_check *)check->settings)->query : NULL;
}

static struct cvg_config *load(const char *yaml)
{
    struct cvg_config *config = NULL;
    char *said = load_and_print(yaml, &config);
    assert_string_equal(said, "");
    assert_non_null(config);
    free(said);
    return config;
}

static void test_vars_are_filled_in_for_each_environment(void **state)
{
    (void)state;
    struct cvg_config *config =
        load(SERVICE "  a: {template: service, vars: {cluster: eu, host: one}}\n"
                     "  b: {template: service, vars: {cluster: us, host: two, path: /x}}\n");
    assert_string_equal(query_of(config, "a", "up"), "up one/");
    assert_string_equal(query_of(config, "b", "up"), "up two/x");
    assert_string_equal(check_of(config, "a", "up")->source->name, "eu");
    assert_string_equal(check_of(config, "b", "up")->source->name, "us");
    assert_string_equal(query_of(config, "a", "name"), "a ${vars.host}");
    assert_string_equal(query_of(config, "b", "name"), "b ${vars.host}");
    assert_int_equal(config->environments[0].gate_count, 2);
    cvg_config_unref(config);
}

static void test_an_environment_goes_over_its_template(void **state)
{
    (void)state;
    struct cvg_config *config = load(SERVICE "  a:\n"
                                             "    template: service\n"
                                             "    vars: {cluster: eu, host: one}\n"
                                             "    checks:\n"
                                             "      name: {query: other, rise: ~}\n"
                                             "      more: {source: us, query: \"${vars.host}\"}\n"
                                             "    gates: {verify: ~, promote: {require: [more]}}\n"
                                             "  b:\n"
                                             "    template: service\n"
                                             "    vars: {cluster: eu, host: one}\n"
                                             "    checks: {name: ~}\n");
    assert_string_equal(query_of(config, "a", "name"), "other");
    assert_int_equal(check_of(config, "a", "name")->rise_ns, check_of(config, "a", "up")->rise_ns);
    assert_string_equal(query_of(config, "a", "more"), "one");
    assert_int_equal(config->environments[0].check_count, 3);
    assert_int_equal(config->environments[0].gate_count, 2);
    assert_string_equal(config->environments[0].gates[1].name, "promote");
    assert_null(check_of(config, "b", "name"));
    cvg_config_unref(config);
}

static void test_vars_without_a_template(void **state)
{
    (void)state;
    struct cvg_config *config =
        load(SOURCES "environments:\n"
                     "  a: {vars: {host: h1}, checks: {c: {source: eu, query: \"${vars.host} "
                     "${vars.environment}\"}}}\n");
    assert_string_equal(query_of(config, "a", "c"), "h1 a");
    cvg_config_unref(config);
}

static void test_a_var_may_bring_a_reference(void **state)
{
    (void)state;
    struct cvg_config *config =
        load(SERVICE "  a:\n"
                     "    template: service\n"
                     "    vars: {cluster: eu, host: \"${checks.name.facts.host}\"}\n");
    const struct cvg_check_config *check = check_of(config, "a", "up");
    assert_int_equal(check->input_count, 1);
    cvg_config_unref(config);
}

static void test_mistakes_name_the_template_and_its_use(void **state)
{
    (void)state;
    static const struct text_case cases[] = {
        {"a source that is not there",
         SERVICE "  a: {template: service, vars: {cluster: asia, host: one}}\n",
         "t.yaml:7:20: error: there is no source 'asia' (template used by environment 'a', "
         "t.yaml:11:17)\n"},
        {"the same mistake of three environments is told once",
         SOURCES "templates: {s: {checks: {c: {source: eu, query: x, rise: soon}}}}\n"
                 "environments: {a: {template: s}, b: {template: s}, c: {template: s}}\n",
         "t.yaml:2:58: error: 'rise' must be a duration such as 15s or 1h30m, not 'soon' (template "
         "used by environment 'a', t.yaml:3:30, and 2 more)\n"},
        {"a mistake of the environment's own is its own",
         SOURCES "templates: {s: {checks: {c: {source: eu, query: x}}}}\n"
                 "environments: {a: {template: s, checks: {c: {rise: soon}}}}\n",
         "t.yaml:3:52: error: 'rise' must be a duration such as 15s or 1h30m, not 'soon'\n"},
        {"a var that is missing", SERVICE "  a: {template: service, vars: {cluster: eu}}\n",
         "t.yaml:11:17: error: template 'service' (t.yaml:4:5) needs the var 'host'\n"},
        {"a var that nobody knows",
         SERVICE "  a: {template: service, vars: {cluster: eu, host: h, prot: 1}}\n",
         "t.yaml:11:55: error: template 'service' (t.yaml:4:5) has no var 'prot'\n"},
        {"a var that was not declared",
         SOURCES "templates: {s: {vars: [host], checks: {c: {source: eu, query: "
                 "\"${vars.hots}\"}}}}\n"
                 "environments: {a: {template: s, vars: {host: h}}}\n",
         "t.yaml:2:63: error: ${vars.hots}: template 's' has no var 'hots'; did you mean 'host'? "
         "(template used by environment 'a', t.yaml:3:30)\n"},
        {"a var without its end",
         SOURCES "environments: {a: {vars: {h: x}, checks: {c: {source: eu, query: "
                 "\"${vars.h\"}}}}\n",
         "t.yaml:2:66: error: '${vars.h' lacks its '}'\n"},
        {"a template that is not there", SERVICE "  a: {template: servce}\n",
         "t.yaml:4:5: warning: no environment uses template 'service', so its checks were not "
         "looked at\n"
         "t.yaml:11:17: error: there is no template 'servce'; did you mean 'service'?\n"},
        {"the name of the environment cannot be a var",
         SOURCES "templates: {s: {vars: [environment], checks: {c: {source: eu, query: x}}}}\n"
                 "environments: {a: {template: s}}\n",
         "t.yaml:2:24: error: every template has the var 'environment', the environment's name\n"},
        {"a default of no var",
         SOURCES "templates: {s: {defaults: {h: x}, checks: {c: {source: eu, query: x}}}}\n"
                 "environments: {a: {template: s}}\n",
         "t.yaml:2:28: error: 'h' is no var of this template: name it in 'vars' too\n"},
        {"a key that no template has",
         SOURCES "templates: {s: {var: [h], checks: {c: {source: eu, query: x}}}}\n"
                 "environments: {a: {template: s}}\n",
         "t.yaml:2:17: error: unknown key 'var'; did you mean 'vars'?\n"},
        {"a check whose checks are all taken out",
         SOURCES "templates: {s: {checks: {c: {source: eu, query: x}}}}\n"
                 "environments: {a: {template: s, checks: {c: ~}}}\n",
         "t.yaml:3:19: error: environment 'a' has no checks, so it could never say go\n"},
    };
    run_text_cases(cases, CVG_COUNT(cases));
}

static void test_a_thousand_environments_share_what_has_no_vars(void **state)
{
    (void)state;
    struct cvg_buf yaml = CVG_BUF_INIT(1u << 20);
    cvg_buf_puts(&yaml, SERVICE);
    for (int i = 0; i < 1000; i++) {
        cvg_buf_printf(&yaml, "  e%d: {template: service, vars: {cluster: eu, host: h%d}}\n", i, i);
    }
    struct cvg_config *config = load(cvg_buf_text(&yaml));
    assert_int_equal(config->environment_count, 1000);
    assert_string_equal(query_of(config, "e999", "up"), "up h999/");
    const struct cvg_node *one = cvg_node_at(config->environments[0].node, "checks.name.rise");
    assert_ptr_equal(one, cvg_node_at(config->environments[7].node, "checks.name.rise"));
    cvg_config_unref(config);
    cvg_buf_done(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vars_are_filled_in_for_each_environment),
        cmocka_unit_test(test_an_environment_goes_over_its_template),
        cmocka_unit_test(test_vars_without_a_template),
        cmocka_unit_test(test_a_var_may_bring_a_reference),
        cmocka_unit_test(test_mistakes_name_the_template_and_its_use),
        cmocka_unit_test(test_a_thousand_environments_share_what_has_no_vars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
