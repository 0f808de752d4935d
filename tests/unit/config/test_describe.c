/* SPDX-License-Identifier: Apache-2.0 */
/* What is printed from the tables: valid JSON without duplicate keys, and nothing left out. */
#include "kinds.h"

#include "base/text.h"
#include "config/describe.h"
#include "config/fields.h"
#include "config/json_text.h"

#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct cvg_kind *const no_kinds[] = {NULL};

static const struct cvg_kind *find_none(void *ctx, const char *name, const char **ret_why)
{
    (void)ctx;
    (void)name;
    *ret_why = NULL;
    return NULL;
}

static const struct cvg_kind *const *all_none(void *ctx)
{
    (void)ctx;
    return no_kinds;
}

static void assert_json(const char *text, size_t length)
{
    struct cvg_json *json = cvg_json_new(text, length, NULL);
    assert_int_equal(cvg_json_next(json), CVG_JSON_OBJECT);
    assert_int_equal(cvg_json_skip(json), 0);
    assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
    cvg_json_free(json);
}

static void test_the_schema_is_strict_json(void **state)
{
    (void)state;
    const struct cvg_kinds none = {.find = find_none, .all = all_none};
    const struct cvg_kinds *const kinds[] = {&test_kinds, &none};
    for (size_t i = 0; i < CVG_COUNT(kinds); i++) {
        struct cvg_buf schema = CVG_BUF_INIT(1u << 20);
        assert_int_equal(cvg_describe_schema(kinds[i], &schema), 0);
        assert_json(schema.data, schema.length);
        cvg_buf_done(&schema);
    }
}

/* How often it stands there. */
static size_t times(const char *text, const char *needle)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, needle)); at++) {
        count++;
    }
    return count;
}

static void test_the_schema_takes_an_item_that_stands_for_a_key(void **state)
{
    (void)state;
    struct cvg_buf schema = CVG_BUF_INIT(1u << 20);
    assert_int_equal(cvg_describe_schema(&test_kinds, &schema), 0);
    /* As text and as a key; each in the list and as the one item without brackets. */
    assert_int_equal(times(cvg_buf_text(&schema), "\"The step's name.\""), 4);
    assert_int_equal(times(cvg_buf_text(&schema), "\"name\": {\n"), 2);
    cvg_buf_done(&schema);
}

static void test_the_schema_follows_the_kinds(void **state)
{
    (void)state;
    struct cvg_buf schema = CVG_BUF_INIT(1u << 20);
    assert_int_equal(cvg_describe_schema(&test_kinds, &schema), 0);
    const char *text = cvg_buf_text(&schema);
    static const char *const wanted[] = {
        "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\"",
        "\"$ref\": \"#/$defs/check_poll\"",
        "\"$ref\": \"#/$defs/source_watch\"",
        "\"const\": \"remote\"",
        "When it is \\\"ready\\\" | or not.",
        "\"deprecated\": true",
        "\"default\": 0.5",
        "\"default\": \"slow\"",
        "\"maxLength\": 100",
    };
    for (size_t i = 0; i < CVG_COUNT(wanted); i++) {
        assert_non_null(strstr(text, wanted[i]));
    }
    /* A stream is not asked: its checks have no interval. */
    const char *watch = strstr(text, "\"check_watch\": {");
    const char *next = watch ? strstr(watch, "\"source_remote\": {") : NULL;
    const char *interval = watch ? strstr(watch, "\"interval\"") : NULL;
    assert_true(watch && next && interval && interval > next);
    cvg_buf_done(&schema);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the tables of fields */
static void assert_names(const struct cvg_field *fields, const char *text)
{
    for (const struct cvg_field *field = fields; field->name; field++) {
        assert_non_null(strstr(text, field->name));
        if (field->members) {
            assert_names(field->members, text);
        }
    }
}

static void test_the_reference_names_every_key(void **state)
{
    (void)state;
    struct cvg_buf page = CVG_BUF_INIT(1u << 20);
    assert_int_equal(cvg_describe_reference(&test_kinds, &page), 0);
    const char *text = cvg_buf_text(&page);
    const struct cvg_field *const tables[] = {
        cvg_file_fields,        cvg_source_fields, cvg_via_fields,
        cvg_endpoint_fields,    cvg_check_fields,  cvg_polled_fields,
        cvg_environment_fields, cvg_gate_fields,   test_poll.check_fields};
    for (size_t i = 0; i < CVG_COUNT(tables); i++) {
        assert_names(tables[i], text);
    }
    assert_non_null(strstr(text, "| `basic.password` | secret | required |"));
    assert_non_null(strstr(text, "| `steps` | list of maps, or of text (name) |"));
    assert_non_null(strstr(text, "| `steps[].wait` | duration | `1s` |"));
    assert_non_null(strstr(text, "When it is \"ready\" \\| or not."));
    assert_non_null(strstr(text, "block, ignore, {keep: 5m}"));
    cvg_buf_done(&page);
}

static const struct cvg_kind *const *one_kind(void *ctx)
{
    return ctx;
}

static void test_the_manual_takes_no_text_for_a_macro(void **state)
{
    (void)state;
    static const struct cvg_field odd[] = {
        {.name = "odd",
         .doc = ".first, a \\ and \xc3\xa4 with `--wide`. Second one | of two.",
         .type = CVG_FIELD_STRING,
         .example = ".hidden"},
        {0}};
    struct cvg_kind kind = test_poll;
    kind.check_fields = odd;
    const struct cvg_kind *all[] = {&kind, NULL};
    struct cvg_kinds kinds = {.all = one_kind, .ctx = all};
    struct cvg_buf page = CVG_BUF_INIT(1u << 20);
    assert_int_equal(cvg_describe_manual(&kinds, &page), 0);
    const char *text = cvg_buf_text(&page);
    assert_non_null(strstr(text,
                           ".It \\fBodd\\fR\n(text)\n.br\n\\&.first, a \\e and \\[u00E4] with "
                           "\\fB\\-\\-wide\\fR.\nSecond one | of two.\n"));
    assert_non_null(strstr(text, "\n.Sh TYPE POLL\n"));
    assert_non_null(strstr(text, "\n.Ss Its checks\n"));
    cvg_buf_done(&page);
}

static void test_a_kind_is_described_for_a_terminal(void **state)
{
    (void)state;
    struct cvg_buf text = CVG_BUF_INIT(1u << 20);
    assert_int_equal(cvg_describe_kind(&test_poll, &text), 0);
    assert_true(cvg_text_starts(cvg_buf_text(&text), "poll 1: asks for answers\n"));
    assert_non_null(
        strstr(cvg_buf_text(&text), "\n  window (duration, 1s to 1h)\n      How long.\n"));
    assert_non_null(strstr(cvg_buf_text(&text), "\n  limit (size, 1KiB to 1MiB)\n"));
    assert_non_null(
        strstr(cvg_buf_text(&text), "\n  extra.depth (whole number, at least 1; default 3)\n"));
    assert_non_null(strstr(cvg_buf_text(&text), "\n  url (URL; required)\n"));
    cvg_buf_done(&text);
}

static void test_a_buffer_that_is_too_small_is_an_error(void **state)
{
    (void)state;
    struct cvg_buf small = CVG_BUF_INIT(100);
    assert_int_not_equal(cvg_describe_schema(&test_kinds, &small), 0);
    cvg_buf_done(&small);
    small.limit = 100;
    assert_int_not_equal(cvg_describe_reference(&test_kinds, &small), 0);
    cvg_buf_done(&small);
    small.limit = 100;
    assert_int_not_equal(cvg_describe_manual(&test_kinds, &small), 0);
    cvg_buf_done(&small);
}

static void test_strings_are_escaped(void **state)
{
    (void)state;
    struct cvg_buf out = CVG_BUF_INIT(1024);
    struct cvg_json_text json = {.out = &out};
    cvg_json_text_open(&json, '{');
    cvg_json_text_pair(&json, "a\"\\\n\t\x7f", "\xc3\xa4");
    cvg_json_text_key(&json, "b");
    cvg_json_text_open(&json, '[');
    cvg_json_text_close(&json, ']');
    cvg_json_text_key(&json, "c");
    cvg_json_text_open(&json, '[');
    cvg_json_text_raw(&json, "1");
    cvg_json_text_raw(&json, "null");
    cvg_json_text_close(&json, ']');
    cvg_json_text_close(&json, '}');
    assert_string_equal(cvg_buf_text(&out),
                        "{\n  \"a\\\"\\\\\\n\\u0009\\u007f\": \"\xc3\xa4\",\n  \"b\": [],\n"
                        "  \"c\": [\n    1,\n    null\n  ]\n}");
    assert_json(out.data, out.length);
    cvg_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_schema_is_strict_json),
        cmocka_unit_test(test_the_schema_takes_an_item_that_stands_for_a_key),
        cmocka_unit_test(test_the_schema_follows_the_kinds),
        cmocka_unit_test(test_the_reference_names_every_key),
        cmocka_unit_test(test_the_manual_takes_no_text_for_a_macro),
        cmocka_unit_test(test_a_kind_is_described_for_a_terminal),
        cmocka_unit_test(test_a_buffer_that_is_too_small_is_an_error),
        cmocka_unit_test(test_strings_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
