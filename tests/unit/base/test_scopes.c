/* SPDX-License-Identifier: Apache-2.0 */
/* What each scope includes. */
#include "base/scopes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_each_scope_includes_what_it_needs(void **state)
{
    static const struct {
        const char *name;
        uint32_t want;
    } cases[] = {
        {"read", CVG_MAY_READ}, {"decide", CVG_MAY_DECIDE | CVG_MAY_READ},
        {"push", CVG_MAY_PUSH}, {"operate", CVG_MAY_OPERATE | CVG_MAY_READ},
        {"admin", CVG_MAY_ALL},
    };

    uint32_t all = 0;

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        uint32_t scopes = 0;
        assert_true(cvg_scopes_add(cases[i].name, &scopes));
        assert_int_equal(scopes, cases[i].want);
        assert_true(cvg_scopes_add(cases[i].name, &all));
    }
    assert_int_equal(all, CVG_MAY_ALL);
    assert_false(cvg_scopes_add("Read", &all));
    assert_false(cvg_scopes_add("", &all));
}

static void test_scopes_have_their_names_back(void **state)
{
    (void)state;
    for (uint32_t scope = 1; scope < CVG_MAY_ALL; scope *= 2) {
        uint32_t scopes = 0;
        assert_true(cvg_scopes_add(cvg_scope_text(scope), &scopes));
        assert_true(scopes & scope);
    }
    assert_string_equal(cvg_scope_text(0), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_scope_includes_what_it_needs),
        cmocka_unit_test(test_scopes_have_their_names_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
