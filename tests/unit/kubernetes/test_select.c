/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors: what they match, and which are refused and where. */
#include "select.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const labels[] = {
    "app", "shop", "tier", "web", "empty", "", "count", "7", "app.kubernetes.io/name", "api", NULL};

static void test_matches_as_kubectl_does(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        int matches;
    } rows[] = {
        {"app", 1},
        {"missing", 0},
        {"empty", 1},
        {"!missing", 1},
        {"!app", 0},
        {"! missing", 1},
        {"app=shop", 1},
        {"app==shop", 1},
        {"app = shop", 1},
        {"app=other", 0},
        {"missing=shop", 0},
        {"empty=", 1},
        {"app=", 0},
        {"app!=other", 1},
        {"app!=shop", 0},
        {"missing!=shop", 1},
        {"app in (shop)", 1},
        {"app in (other, shop)", 1},
        {"app in(other,shop)", 1},
        {"app in (other)", 0},
        {"missing in (shop)", 0},
        {"empty in (,a)", 1},
        {"app notin (other)", 1},
        {"app notin (shop,other)", 0},
        {"missing notin (shop)", 1},
        {"count>6", 1},
        {"count > 7", 0},
        {"count<8", 1},
        {"app>1", 0},
        {"missing<1", 0},
        {"app=shop,tier=web", 1},
        {"app=shop,tier=api", 0},
        {" app = shop , tier in (web,api) , !missing ", 1},
        {"app.kubernetes.io/name=api", 1},
        {"in in (a)", 0},
        {"notin", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char why[160] = "";
        struct cvg_kube_selector *selector =
            cvg_kube_selector_parse(rows[i].text, why, sizeof(why));
        if (selector == NULL) {
            fail_msg("%s: %s", rows[i].text, why);
        }
        if (cvg_kube_selector_matches(selector, labels) != rows[i].matches) {
            fail_msg("%s", rows[i].text);
        }
        cvg_kube_selector_free(selector);
    }
}

static void test_without_labels_only_absence_matches(void **state)
{
    (void)state;
    char why[160];

    static const char *const rows[] = {"!app", "app!=shop", "app notin (shop)"};
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_selector *selector = cvg_kube_selector_parse(rows[i], why, sizeof(why));
        assert_non_null(selector);
        assert_true(cvg_kube_selector_matches(selector, NULL));
        cvg_kube_selector_free(selector);
    }
}

static void test_refuses_what_the_server_would_not_take(void **state)
{
    (void)state;
    char longest[80], too_long[80];

    (void)snprintf(longest, sizeof(longest), "app=%063d", 1);
    (void)snprintf(too_long, sizeof(too_long), "app=%064d", 1);

    const struct {
        const char *text, *why; /* why: how it begins; NULL: it is one */
    } rows[] = {
        {"", "at character 1: the name"},
        {",", "at character 1: the name"},
        {"app=shop,", "at character 10: the name"},
        {"app=shop tier=web", "at character 10: a comma"},
        {"app shop", "at character 5: none of"},
        {"app in shop", "at character 8: '('"},
        {"app in (a", "at character 10: ')'"},
        {"app in (a b)", "at character 11: ')'"},
        {"app ~ x", "at character 5: none of"},
        {"-app", "at character 1: the name"},
        {"app-", "at character 1: the name"},
        {"a/b/c", "at character 1: the name"},
        {"/app", "at character 1: the name"},
        {"UPPER.io/app", "at character 1: the name"},
        {"a..b/app", "at character 1: the name"},
        {"app=-x", "at character 5: is no value"},
        {"app=a/b", "at character 5: is no value"},
        {"app=\xC3\xA4", "at character 5: is no value"},
        {"count>x", "at character 7: must be a whole"},
        {"count>", "at character 7: must be a whole"},
        {"!app=shop", "at character 5: a comma"},
        {"app==shop=", "at character 10: a comma"},
        {longest, NULL},
        {too_long, "at character 5: is no value"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char why[160] = "";
        struct cvg_kube_selector *selector =
            cvg_kube_selector_parse(rows[i].text, why, sizeof(why));
        if ((selector == NULL) != (rows[i].why != NULL) ||
            (rows[i].why != NULL && strncmp(why, rows[i].why, strlen(rows[i].why)) != 0)) {
            fail_msg("%s: %s", rows[i].text, why);
        }
        cvg_kube_selector_free(selector);
    }
}

/* begin, then `count` times "a,", then end. */
static struct cvg_kube_selector *parse_many(const char *begin, size_t count, const char *end,
                                            char *why, size_t why_size)
{
    char text[4096];
    size_t used = (size_t)snprintf(text, sizeof(text), "%s", begin);
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "a,");
    }
    (void)snprintf(text + used, sizeof(text) - used, "%s", end);
    return cvg_kube_selector_parse(text, why, why_size);
}

static void test_has_an_end(void **state)
{
    (void)state;
    char why[160];

    struct cvg_kube_selector *selector = parse_many("", 63, "a", why, sizeof(why));
    assert_non_null(selector);
    cvg_kube_selector_free(selector);
    assert_null(parse_many("", 64, "a", why, sizeof(why)));
    assert_non_null(strstr(why, "too many requirements"));
    selector = parse_many("a in (", 255, "a)", why, sizeof(why));
    assert_non_null(selector);
    cvg_kube_selector_free(selector);
    assert_null(parse_many("a in (", 256, "a)", why, sizeof(why)));
    assert_non_null(strstr(why, "too many values"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches_as_kubectl_does),
        cmocka_unit_test(test_without_labels_only_absence_matches),
        cmocka_unit_test(test_refuses_what_the_server_would_not_take),
        cmocka_unit_test(test_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
