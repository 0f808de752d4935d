/* SPDX-License-Identifier: Apache-2.0 */
/* References to secrets: what is one, and that nothing else is echoed. */
#include "base/macros.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void references_are_taken_apart(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        enum cvg_secret_kind kind;
        const char *name;
    } cases[] = {
        {"file:/etc/convergate/token", CVG_SECRET_FILE, "/etc/convergate/token"},
        {"credential:prometheus.token", CVG_SECRET_CREDENTIAL, "prometheus.token"},
        {"env:PROM_TOKEN", CVG_SECRET_ENV, "PROM_TOKEN"},
        {"env:_x1", CVG_SECRET_ENV, "_x1"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_secret secret;
        assert_int_equal(cvg_secret_parse(cases[i].text, &secret, NULL), 0);
        assert_int_equal(secret.kind, cases[i].kind);
        assert_string_equal(secret.name, cases[i].name);
    }
}

static void anything_else_is_refused_without_being_echoed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "hunter2",
        "",
        "hunter2:/etc",
        "file:hunter2",
        "file:/hunter2\n",
        "file:",
        "file:/",
        "FILE:/hunter2",
        " file:/hunter2",
        "credential:",
        "credential:../hunter2",
        "credential:.hunter2",
        "credential:a/hunter2",
        "credential:hunter2 ",
        "env:",
        "env:1hunter2",
        "env:hunter2=x",
        "env:hunter2-x",
    };
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_secret secret = {CVG_SECRET_ENV, "untouched"};
        struct cvg_error error;
        assert_int_equal(cvg_secret_parse(cases[i], &secret, &error), CVG_E_INVALID);
        assert_null(strstr(error.text, "hunter2"));
        assert_true(strlen(error.text) > 10);
        assert_string_equal(secret.name, "untouched");
    }
    struct cvg_secret secret;
    assert_int_equal(cvg_secret_parse(NULL, &secret, NULL), CVG_E_INVALID);
}

static void endless_names_are_refused(void **state)
{
    (void)state;
    struct cvg_secret secret;
    char text[5000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text, "env:", 4);
    assert_int_equal(cvg_secret_parse(text, &secret, NULL), CVG_E_INVALID);
    memcpy(text, "credential:", 11);
    assert_int_equal(cvg_secret_parse(text, &secret, NULL), CVG_E_INVALID);
    memcpy(text, "file:/", 6);
    assert_int_equal(cvg_secret_parse(text, &secret, NULL), CVG_E_INVALID);
    text[1000] = '\0';
    assert_int_equal(cvg_secret_parse(text, &secret, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_are_taken_apart),
        cmocka_unit_test(anything_else_is_refused_without_being_echoed),
        cmocka_unit_test(endless_names_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
