/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON: what is written is read back by the strict reader. */
#include "base/quote.h"

#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_must_be_escaped_is(void **state)
{
    (void)state;

    static const struct {
        const char *text, *written;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"say \"no\"", "\"say \\\"no\\\"\""},
        {"C:\\x", "\"C:\\\\x\""},
        {"a\nb", "\"a\\nb\""},
        {"\t\x01\x7f", "\"\\u0009\\u0001\\u007f\""},
        {"gr\xc3\xb6\xc3\x9f/", "\"gr\xc3\xb6\xc3\x9f/\""},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_buf out = CVG_BUF_INIT(1000);
        cvg_quote_json(&out, cases[i].text);
        assert_string_equal(cvg_buf_text(&out), cases[i].written);
        cvg_buf_done(&out);
    }
}

static void every_byte_survives(void **state)
{
    (void)state;
    char text[129];
    for (size_t i = 0; i < 127; i++) {
        text[i] = (char)(i + 1);
    }
    text[127] = '\0';
    struct cvg_buf out = CVG_BUF_INIT(1000);
    cvg_quote_json(&out, text);

    struct cvg_json *json = cvg_json_new(out.data, out.length, NULL);
    assert_int_equal(cvg_json_next(json), CVG_JSON_STRING);
    assert_true(cvg_json_is(json, text));
    assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
    cvg_json_free(json);
    cvg_buf_done(&out);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;
    struct cvg_buf out = CVG_BUF_INIT(5);
    cvg_quote_json(&out, "long enough");
    assert_true(out.overflow);
    cvg_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_must_be_escaped_is),
        cmocka_unit_test(every_byte_survives),
        cmocka_unit_test(what_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
