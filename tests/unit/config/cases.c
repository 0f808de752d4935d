/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include "kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

char *print_diagnostics(struct cvg_diagnostics *diagnostics)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    cvg_diagnostics_print(diagnostics, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

char *load_and_print(const char *yaml, struct cvg_config **ret)
{
    struct cvg_diagnostics diagnostics = {0};
    int code = cvg_config_load_text("t.yaml", yaml, strlen(yaml), &test_kinds, &diagnostics, ret);
    assert_int_equal(code == 0, diagnostics.errors == 0);
    assert_int_equal(code == 0, *ret != NULL);
    char *text = print_diagnostics(&diagnostics);
    cvg_diagnostics_done(&diagnostics);
    return text;
}

void run_text_cases(const struct text_case *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct cvg_config *config = NULL;
        char *text = load_and_print(cases[i].yaml, &config);
        if (strcmp(text, cases[i].want) != 0) {
            print_error("%s\n---- got\n%s---- want\n%s----\n", cases[i].name, text, cases[i].want);
            wrong++;
        }
        cvg_config_unref(config);
        free(text);
    }
    assert_int_equal(wrong, 0);
}
