/* SPDX-License-Identifier: Apache-2.0 */
/* Which checks a gate looks at. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/macros.h"
#include "gate/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* "beta" is optional; "store" is a check and a component; "edge" has an optional check alone. */
static const struct cvg_check_rules checks[] = {
    {.name = "network", .required = true},
    {.name = "api", .required = true, .component = "shop"},
    {.name = "beta", .required = false, .component = "shop"},
    {.name = "store", .required = true},
    {.name = "disk", .required = true, .component = "store"},
    {.name = "cdn", .required = false, .component = "edge"},
};

struct resolution {
    const char *require[4], *exclude[4];
    const char *must; /* names of the checks in order, or the error */
    size_t bad;       /* of an error */
};

#define NONE 77

static const struct resolution cases[] = {
    /* Without require: every required check. */
    {{NULL}, {NULL}, "network api store disk", NONE},
    {{NULL}, {"network"}, "api store disk", NONE},
    {{NULL}, {"shop"}, "network store disk", NONE},
    /* By check, by component, by both; each once, in the order of the checks. */
    {{"api"}, {NULL}, "api", NONE},
    {{"shop"}, {NULL}, "api", NONE},
    {{"api", "shop", "api"}, {NULL}, "api", NONE},
    {{"disk", "network"}, {NULL}, "network disk", NONE},
    {{"store"}, {NULL}, "store disk", NONE},
    /* An optional check counts where its own name is required, and only there. */
    {{"beta"}, {NULL}, "beta", NONE},
    {{"shop", "beta"}, {NULL}, "api beta", NONE},
    /* Exclude wins over require. */
    {{"shop", "beta"}, {"beta"}, "api", NONE},
    {{"shop", "network"}, {"shop"}, "network", NONE},

    {{"api", "netwrok"},
     {NULL},
     "require: 'netwrok' is neither a check nor a component; did you mean 'network'?",
     1},
    {{"xyzzy"}, {NULL}, "require: 'xyzzy' is neither a check nor a component", 0},
    {{"api"},
     {"network", "shp"},
     "exclude: 'shp' is neither a check nor a component; did you mean 'shop'?",
     2},
    /* A typing mistake must not leave a gate that looks at less than its author thinks. */
    {{"api", "edge"},
     {NULL},
     "require: no check of component 'edge' is required; name its checks instead",
     1},
    {{"api"}, {"shop"}, "no check is left to look at, so it could never open", SIZE_MAX},
};

static size_t count_of(const char *const *names)
{
    size_t count = 0;
    while (names[count]) {
        count++;
    }
    return count;
}

static void names_resolve_to_checks(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        const struct resolution *resolution = &cases[i];
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
        struct cvg_arena *arena = cvg_arena_new();
        struct cvg_gate_policy policy;
        struct cvg_error error = {0};
        size_t bad = NONE;

        int code = cvg_policy_resolve("deploy", checks, CVG_COUNT(checks), resolution->require,
                                      count_of(resolution->require), resolution->exclude,
                                      count_of(resolution->exclude), arena, &policy, &bad, &error);
        for (size_t j = 0; code == 0 && j < policy.check_count; j++) {
            cvg_buf_printf(&found, "%s%s", j > 0 ? " " : "", checks[policy.checks[j]].name);
        }
        if (code != 0) {
            assert_int_equal(code, CVG_E_INVALID);
            cvg_buf_puts(&found, error.text);
        }
        assert_string_equal(cvg_buf_text(&found), resolution->must);
        assert_int_equal(bad, resolution->bad);
        cvg_arena_free(arena);
    }
}

static void an_environment_with_optional_checks_alone_has_no_default_gate(void **state)
{
    (void)state;
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_gate_policy policy;
    size_t bad = 0;

    assert_int_equal(
        cvg_policy_resolve("deploy", &checks[5], 1, NULL, 0, NULL, 0, arena, &policy, &bad, NULL),
        CVG_E_INVALID);
    assert_true(bad == SIZE_MAX);
    cvg_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_resolve_to_checks),
        cmocka_unit_test(an_environment_with_optional_checks_alone_has_no_default_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
