/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused in the keys of sources and checks, and at which key. */
#include "config.h"

#include "base/macros.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct refused {
    char text[512]; /* "path: words; path: words" */
};

static void note(void *arg, const char *path, const char *text)
{
    struct refused *refused = arg;
    size_t used = strlen(refused->text);
    (void)snprintf(refused->text + used, sizeof(refused->text) - used, "%s%s: %s",
                   used > 0 ? "; " : "", path, text);
}

static void test_amounts_are_numbers_or_shares(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int64_t total, amount; /* -1: it is none */
    } rows[] = {
        {"3", 10, 3},          {"3", 2, 3},       {"0", 5, 0},      {"90%", 10, 9},
        {"90%", 11, 10},       {"90%", 1, 1},     {"100%", 7, 7},   {"0%", 7, 0},
        {"99.5%", 1000, 995},  {"0.01%", 100, 1}, {"33%", 0, 0},    {"101%", 0, -1},
        {"-1", 0, -1},         {"%", 0, -1},      {"", 0, -1},      {"1e2%", 0, -1},
        {"inf%", 0, -1},       {"3 %", 0, -1},    {"three", 0, -1}, {"2.5", 0, -1},
        {"5000000000", 0, -1},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_amount amount;
        int rc = cvg_kube_amount_parse(rows[i].text, &amount);
        if ((rc < 0) != (rows[i].amount < 0) ||
            (rc == 0 && cvg_kube_amount_of(&amount, rows[i].total) != rows[i].amount)) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static const char *const shop[] = {"shop"}, *const all[] = {"*"}, *const both[] = {"shop", "*"},
                         *const odd[] = {"Shop"}, *const twice[] = {"shop", "shop"},
                         *const other[] = {"other"};

#define LIST(names)                                                                                \
    {                                                                                              \
        .count = CVG_COUNT(names), .items = (names)                                                \
    }

static void test_a_source_has_one_way_to_its_cluster(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_source_config config;
        const char *refused; /* how it begins; "" nothing */
    } rows[] = {
        {{.in_cluster = CVG_ABSENT_UINT}, ""},
        {{.in_cluster = 1}, ""},
        {{.in_cluster = 0, .kubeconfig = "/k", .context = "c"}, ""},
        {{.in_cluster = CVG_ABSENT_UINT, .namespaces = LIST(shop)}, ""},
        {{.in_cluster = 1, .kubeconfig = "/k"}, "in_cluster: is another way"},
        {{.in_cluster = 1, .context = "c"}, "context: is of a kubeconfig"},
        {{.in_cluster = 1, .namespaces = LIST(all)}, "namespaces: must be names"},
        {{.in_cluster = 1, .namespaces = LIST(odd)}, "namespaces: must be names"},
        {{.in_cluster = 1, .namespaces = LIST(twice)}, "namespaces: names a namespace twice"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct refused refused = {""};
        int rc = cvg_kube_source_check(&rows[i].config, note, &refused);
        if ((rc < 0) != (*rows[i].refused != '\0') ||
            strncmp(refused.text, rows[i].refused, strlen(rows[i].refused)) != 0) {
            fail_msg("row %zu: %s", i, refused.text);
        }
    }
}

static const struct cvg_pair phase[] = {{"/status/phase", "Running"}},
                             no_pointer[] = {{"status.phase", "Running"}},
                             bad_escape[] = {{"/status/a~2b", "x"}}, whole[] = {{"", "x"}};
static const struct cvg_kube_release release = {.replicas = 1, .surge = "25%"},
                                     odd_surge = {.replicas = 1, .surge = "much"};
static const struct cvg_kube_thresholds thresholds = {.degraded = 0.1, .failed = 0.2},
                                        turned = {.degraded = 0.3, .failed = 0.2},
                                        percent = {.degraded = NAN, .failed = 20};

#define NO_PRESET .preset = CVG_ABSENT_UINT

static void test_a_check_says_what_it_is_about(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_check_config config;
        const char *refused;
    } rows[] = {
        {{NO_PRESET, .kind = "Deployment"}, ""},
        {{NO_PRESET, .kind = "deploy", .namespaces = LIST(shop), .name = "api"}, ""},
        {{NO_PRESET, .kind = "cert-manager.io/v1/Certificate", .namespaces = LIST(all)}, ""},
        {{NO_PRESET, .kind = "Node", .at_least = "90%", .selector = "pool in (a,b)"}, ""},
        {{NO_PRESET, .kind = "Pod", .fields = LIST(phase)}, ""},
        {{NO_PRESET, .helm = "shop", .namespaces = LIST(shop)}, ""},
        {{.preset = CVG_KUBE_PRESET_NODES, .thresholds = &thresholds}, ""},
        {{.preset = CVG_KUBE_PRESET_CAPACITY, .release = &release}, ""},
        {{NO_PRESET}, ": needs one of kind, helm, preset"},
        {{NO_PRESET, .kind = "Pod", .helm = "x"}, "helm: a check has one"},
        {{.preset = 0, .kind = "Pod"}, "preset: a check has one"},
        {{.preset = 0, .helm = "x"}, "preset: a check has one"},
        {{NO_PRESET, .kind = "Deploiment"}, "kind: is no built-in kind"},
        {{NO_PRESET, .kind = "a/b/c/d"}, "kind: is no built-in kind"},
        {{NO_PRESET, .kind = "../v1/Pod"}, "kind: is no built-in kind"},
        {{NO_PRESET, .kind = "v1/Secret"}, "kind: secrets are not read"},
        {{NO_PRESET, .kind = "Pod", .selector = "a=="}, ""},
        {{NO_PRESET, .kind = "Pod", .selector = "a in"}, "selector: at character 5: '('"},
        {{NO_PRESET, .kind = "Pod", .selector = "a", .name = "b"}, "selector: has no effect"},
        {{NO_PRESET, .kind = "Pod", .at_least = "most"}, "at_least: must be a number"},
        {{NO_PRESET, .kind = "Pod", .at_least = "0"}, "at_least: would be satisfied"},
        {{NO_PRESET, .kind = "Pod", .at_least = "0%"}, "at_least: would be satisfied"},
        {{NO_PRESET, .kind = "Pod", .fields = LIST(no_pointer)}, "fields: 'status.phase' is no"},
        {{NO_PRESET, .kind = "Pod", .fields = LIST(bad_escape)}, "fields: '/status/a~2b' is no"},
        {{NO_PRESET, .kind = "Pod", .fields = LIST(whole)}, "fields: '' is no"},
        {{NO_PRESET, .kind = "Node", .namespaces = LIST(shop)}, "namespace: has no effect"},
        {{NO_PRESET, .kind = "Pod", .namespaces = LIST(both)}, "namespace: \"*\" is all"},
        {{NO_PRESET, .kind = "Pod", .namespaces = LIST(odd)}, "namespace: must be names"},
        {{NO_PRESET, .kind = "Pod", .release = &release}, "release: has an effect only"},
        {{NO_PRESET, .kind = "Pod", .thresholds = &thresholds}, "thresholds: have an effect"},
        {{NO_PRESET, .helm = "x", .selector = "a"}, "selector: has no effect with helm"},
        {{NO_PRESET, .helm = "x", .paused_ready = 1}, "paused_ready: has no effect with helm"},
        {{NO_PRESET, .helm = "x", .revision_from = CVG_KUBE_REVISION_TAG}, "revision_from: has no"},
        {{.preset = CVG_KUBE_PRESET_NODES, .name = "x"}, "name: has no effect with preset"},
        {{.preset = CVG_KUBE_PRESET_NODES, .at_least = "3"}, "at_least: has no effect"},
        {{.preset = CVG_KUBE_PRESET_NODES, .release = &release}, "release: has an effect only"},
        {{.preset = CVG_KUBE_PRESET_CAPACITY, .release = &odd_surge}, "release.surge: must be"},
        {{.preset = CVG_KUBE_PRESET_NODES, .thresholds = &turned}, "thresholds.degraded: must not"},
        {{.preset = CVG_KUBE_PRESET_NODES, .thresholds = &percent}, "thresholds.failed: must be"},
    };
    static const struct cvg_kube_source_config source = {.in_cluster = 1};

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct refused refused = {""};
        int rc = cvg_kube_check_check(&rows[i].config, &source, note, &refused);
        if ((rc < 0) != (*rows[i].refused != '\0') ||
            strncmp(refused.text, rows[i].refused, strlen(rows[i].refused)) != 0) {
            fail_msg("row %zu: %s", i, refused.text);
        }
    }
}

static void test_all_that_is_wrong_is_said_at_once(void **state)
{
    (void)state;
    static const struct cvg_kube_source_config source = {.in_cluster = 1};
    static const struct cvg_kube_check_config config = {
        NO_PRESET,          .kind = "Deploiment",       .selector = "a in",
        .at_least = "most", .fields = LIST(no_pointer),
    };
    static const char *const paths[] = {"kind: ", "selector: ", "at_least: ", "fields: "};
    struct refused refused = {""};

    assert_int_equal(cvg_kube_check_check(&config, &source, note, &refused), -1);
    for (size_t i = 0; i < CVG_COUNT(paths); i++) {
        assert_non_null(strstr(refused.text, paths[i]));
    }
}

static void test_a_check_stays_within_its_sources_namespaces(void **state)
{
    (void)state;
    static const struct cvg_kube_source_config source = {.namespaces = LIST(shop)};

    static const struct {
        struct cvg_list namespaces;
        int rc;
    } rows[] = {{{0}, 0}, {LIST(shop), 0}, {LIST(all), 0}, {LIST(other), -1}};

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct refused refused = {""};
        struct cvg_kube_check_config config = {NO_PRESET, .kind = "Pod",
                                               .namespaces = rows[i].namespaces};
        assert_int_equal(cvg_kube_check_check(&config, &source, note, &refused), rows[i].rc);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts_are_numbers_or_shares),
        cmocka_unit_test(test_a_source_has_one_way_to_its_cluster),
        cmocka_unit_test(test_a_check_says_what_it_is_about),
        cmocka_unit_test(test_all_that_is_wrong_is_said_at_once),
        cmocka_unit_test(test_a_check_stays_within_its_sources_namespaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
