/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is JSON and what is not, one line each, and where the mistake is. Each document is read
 * from memory of exactly its size, so that the address sanitizer sees a byte read too far.
 */
#include <convergate/json.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct document {
    const char *text;
    size_t length;
    const char *error; /* NULL: accepted */
};

#define GOOD(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1, NULL                                                         \
    }
#define BAD(literal, error)                                                                        \
    {                                                                                              \
        literal, sizeof(literal) - 1, error                                                        \
    }

/* The error, "" where it was accepted. */
static const char *verdict(const char *text, size_t length, char ret[128])
{
    char *exact = malloc(length ? length : 1);
    assert_non_null(exact);
    memcpy(exact, text, length);
    struct cvg_json *json = cvg_json_new(exact, length, NULL);
    assert_non_null(json);
    enum cvg_json_token token;
    do {
        token = cvg_json_next(json);
        cvg_json_text(json, NULL);
    } while (token != CVG_JSON_ERROR && token != CVG_JSON_DONE);
    snprintf(ret, 128, "%s", cvg_json_error(json));
    assert_int_equal(token == CVG_JSON_ERROR, ret[0] != '\0');
    cvg_json_free(json);
    free(exact);
    return ret;
}

static void check(const struct document *documents, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char error[128];
        const char *expected = documents[i].error ? documents[i].error : "";
        if (strcmp(verdict(documents[i].text, documents[i].length, error), expected) != 0) {
            fail_msg("%s: '%s' instead of '%s'", documents[i].text, error, expected);
        }
    }
}

static void well_formed_documents_are_accepted(void **state)
{
    (void)state;
    static const struct document documents[] = {
        GOOD("[[]   ]"),
        GOOD("[\"\"]"),
        GOOD("[]"),
        GOOD("[\"a\"]"),
        GOOD("[false]"),
        GOOD("[null, 1, \"1\", {}]"),
        GOOD("[null]"),
        GOOD("[1\n]"),
        GOOD(" [1]"),
        GOOD("[1,null,null,null,2]"),
        GOOD("[2] "),
        GOOD("[123e65]"),
        GOOD("[0e+1]"),
        GOOD("[0e1]"),
        GOOD("[ 4]"),
        GOOD("[-0.000000000000000000000000000000000000000000000000000000000001]"),
        GOOD("[20e1]"),
        GOOD("[-0]"),
        GOOD("[-123]"),
        GOOD("[-1]"),
        GOOD("[1E22]"),
        GOOD("[1E-2]"),
        GOOD("[1E+2]"),
        GOOD("[123e45]"),
        GOOD("[123.456e78]"),
        GOOD("[1e-2]"),
        GOOD("[123.456789]"),
        GOOD("{\"asd\":\"sdf\", \"dfg\":\"fgh\"}"),
        GOOD("{\"asd\":\"sdf\"}"),
        GOOD("{}"),
        GOOD("{\"\":0}"),
        GOOD("{\"foo\\u0000bar\": 42}"),
        GOOD("{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
        GOOD("{\"a\":[]}"),
        GOOD("{\"title\":\"\\u041f\\u043e\\u043b\" }"),
        GOOD("{\n\"a\": \"b\"\n}"),
        GOOD("[\"\\u0060\\u012a\\u12AB\"]"),
        GOOD("[\"\\uD801\\udc37\"]"),
        GOOD("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
        GOOD("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
        GOOD("[\"\\\\u0000\"]"),
        GOOD("[\"\\\"\"]"),
        GOOD("[\"a/*b*/c/*d//e\"]"),
        GOOD("[\"\\\\a\"]"),
        GOOD("[\"\\u0012\"]"),
        GOOD("[\"\\uFFFF\"]"),
        GOOD("[\"\xf4\x8f\xbf\xbf\"]"),
        GOOD("[\"\xef\xbf\xbf\"]"),
        GOOD("[\"\\u0000\"]"),
        GOOD("[\"\xe2\x80\xa8\xe2\x80\xa9\"]"),
        GOOD("[\"\xf0\x90\x80\x80\"]"),
        GOOD("[\"\xed\x9f\xbf\xee\x80\x80\"]"),
        GOOD("[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\"]"),
        GOOD("[\"\x7f\"]"),
        GOOD("[\"\xef\xbb\xbf\"]"),
        GOOD("\"\""),
        GOOD("\" \""),
        GOOD("42"),
        GOOD("-0.1"),
        GOOD("null"),
        GOOD("true"),
        GOOD("false"),
        GOOD("[true]\n"),
        GOOD("\t\r\n [] \t\r\n"),
        GOOD("[\"                \"]                        "),
    };
    check(documents, COUNT(documents));
}

static void mistakes_of_structure_are_refused_where_they_are(void **state)
{
    (void)state;
    static const struct document documents[] = {
        BAD("", "offset 0: the document ends too early"),
        BAD("   ", "offset 3: the document ends too early"),
        BAD("[1 true]", "offset 3: expected ',' or ']'"),
        BAD("[\"\": 1]", "offset 3: expected ',' or ']'"),
        BAD("[\"\"],", "offset 4: bytes behind the document"),
        BAD("[,1]", "offset 1: expected a value"),
        BAD("[1,,2]", "offset 3: expected a value"),
        BAD("[\"x\",,]", "offset 5: expected a value"),
        BAD("[\"x\"]]", "offset 5: bytes behind the document"),
        BAD("[\"\",]", "offset 4: expected a value"),
        BAD("[\"x\"", "offset 4: the document ends too early"),
        BAD("[x", "offset 1: expected a value"),
        BAD("[3[4]]", "offset 2: expected ',' or ']'"),
        BAD("[1:2]", "offset 2: expected ',' or ']'"),
        BAD("[,]", "offset 1: expected a value"),
        BAD("[-]", "offset 2: expected a digit"),
        BAD("[1,", "offset 3: the document ends too early"),
        BAD("[1}", "offset 2: expected ',' or ']'"),
        BAD("{]", "offset 1: expected a key"),
        BAD("[{}", "offset 3: the document ends too early"),
        BAD("]", "offset 0: expected a value"),
        BAD("}", "offset 0: expected a value"),
        BAD("{\"x\", null}", "offset 4: expected ':'"),
        BAD("{\"x\"::\"b\"}", "offset 5: expected a value"),
        BAD("{\"a\":\"a\" 123}", "offset 9: expected ',' or '}'"),
        BAD("{key: 'value'}", "offset 1: expected a key"),
        BAD("{\"a\" b}", "offset 5: expected ':'"),
        BAD("{:\"b\"}", "offset 1: expected a key"),
        BAD("{\"a\":", "offset 5: the document ends too early"),
        BAD("{\"a\"", "offset 4: the document ends too early"),
        BAD("{1:1}", "offset 1: expected a key"),
        BAD("{null:null}", "offset 1: expected a key"),
        BAD("{\"id\":0,,}", "offset 8: expected a key"),
        BAD("{'a':0}", "offset 1: expected a key"),
        BAD("{\"id\":0,}", "offset 8: expected a key"),
        BAD("{\"a\":\"b\"}/**/", "offset 9: bytes behind the document"),
        BAD("{\"a\":/*x*/\"b\"}", "offset 5: expected a value"),
        BAD("//\n{}", "offset 0: expected a value"),
        BAD("{\"a\":\"b\"}#", "offset 9: bytes behind the document"),
        BAD("{\"a\":\"b\",,\"c\":\"d\"}", "offset 9: expected a key"),
        BAD("{} {}", "offset 3: bytes behind the document"),
        BAD("1 2", "offset 2: bytes behind the document"),
        BAD("[][]", "offset 2: bytes behind the document"),
        BAD("[1]\0", "offset 3: bytes behind the document"),
        BAD("\xef\xbb\xbf{}", "offset 0: byte order mark"),
        BAD("{\xef\xbb\xbf}", "offset 1: expected a key"),
        BAD("[\xc2\xa0]", "offset 1: expected a value"),
        BAD("[\x0c]", "offset 1: expected a value"),
        BAD("[\v1]", "offset 1: expected a value"),
        BAD("<null>", "offset 0: expected a value"),
        BAD("*", "offset 0: expected a value"),
        BAD("\0", "offset 0: expected a value"),
        BAD("nul", "offset 3: the document ends too early"),
        BAD("tru]", "offset 0: expected a value"),
        BAD("[True]", "offset 1: expected a value"),
        BAD("[nulL]", "offset 1: expected a value"),
        BAD("truefalse", "offset 4: bytes behind the document"),
        BAD("[undefined]", "offset 1: expected a value"),
        BAD("'a'", "offset 0: expected a value"),
    };
    check(documents, COUNT(documents));
}

static void mistakes_in_numbers_are_refused(void **state)
{
    (void)state;
    static const struct document documents[] = {
        BAD("[++1234]", "offset 1: expected a value"),
        BAD("[+1]", "offset 1: expected a value"),
        BAD("[+Inf]", "offset 1: expected a value"),
        BAD("[-01]", "offset 2: leading zero"),
        BAD("[00]", "offset 1: leading zero"),
        BAD("[012]", "offset 1: leading zero"),
        BAD("[-1.0.]", "offset 5: expected ',' or ']'"),
        BAD("[-2.]", "offset 4: expected a digit"),
        BAD("[-NaN]", "offset 2: expected a digit"),
        BAD("[NaN]", "offset 1: expected a value"),
        BAD("[Infinity]", "offset 1: expected a value"),
        BAD("[.123]", "offset 1: expected a value"),
        BAD("[-.123]", "offset 2: expected a digit"),
        BAD("[0.1.2]", "offset 4: expected ',' or ']'"),
        BAD("[0.3e+]", "offset 6: expected a digit"),
        BAD("[0.3e]", "offset 5: expected a digit"),
        BAD("[0.e1]", "offset 3: expected a digit"),
        BAD("[0E+]", "offset 4: expected a digit"),
        BAD("[1eE2]", "offset 3: expected a digit"),
        BAD("[1 000.0]", "offset 3: expected ',' or ']'"),
        BAD("[9.e+]", "offset 3: expected a digit"),
        BAD("[0x1]", "offset 2: expected ',' or ']'"),
        BAD("[1+2]", "offset 2: expected ',' or ']'"),
        BAD("[- 1]", "offset 2: expected a digit"),
        BAD("[1ea]", "offset 3: expected a digit"),
        BAD("1.", "offset 2: the document ends too early"),
        BAD("-", "offset 1: the document ends too early"),
        BAD("1e", "offset 2: the document ends too early"),
        BAD("1e-", "offset 3: the document ends too early"),
        BAD("[\xef\xbc\x91]", "offset 1: expected a value"),
    };
    check(documents, COUNT(documents));
}

static void mistakes_in_strings_are_refused(void **state)
{
    (void)state;
    static const struct document documents[] = {
        BAD("\"", "offset 1: the document ends within a string"),
        BAD("\"abc", "offset 4: the document ends within a string"),
        BAD("[\"0123456789", "offset 12: the document ends within a string"),
        BAD("[\"\\", "offset 3: the document ends within a string"),
        BAD("[\"\\x00\"]", "offset 2: invalid escape"),
        BAD("[\"\\a\"]", "offset 2: invalid escape"),
        BAD("[\"\\'\"]", "offset 2: invalid escape"),
        BAD("[\"\\U0041\"]", "offset 2: invalid escape"),
        BAD("[\"\\\0\"]", "offset 2: invalid escape"),
        BAD("[\"\\\xe5\"]", "offset 2: invalid escape"),
        BAD("[\"\\u\"]", "offset 2: invalid \\u escape"),
        BAD("[\"\\u00A\"]", "offset 2: invalid \\u escape"),
        BAD("[\"\\u00G0\"]", "offset 2: invalid \\u escape"),
        BAD("[\"\\u-001\"]", "offset 2: invalid \\u escape"),
        BAD("[\"\\u 001\"]", "offset 2: invalid \\u escape"),
        BAD("[\"\\ud800\"]", "offset 2: lone surrogate"),
        BAD("[\"\\ud800abcdef\"]", "offset 2: lone surrogate"),
        BAD("[\"\\uDBFF\\uD800\"]", "offset 2: lone surrogate"),
        BAD("[\"\\uD800\\u0041\"]", "offset 2: lone surrogate"),
        BAD("[\"\\uD800\\u1x\"]", "offset 2: lone surrogate"),
        BAD("[\"\\uD800\\", "offset 9: the document ends within a string"),
        BAD("[\"a\\udc00\"]", "offset 3: lone surrogate"),
        BAD("[\"\\udc00\\ud800\"]", "offset 2: lone surrogate"),
        BAD("[\"a\x00z\"]", "offset 3: control character in a string"),
        BAD("[\"new\nline\"]", "offset 5: control character in a string"),
        BAD("[\"01234567\t\"]", "offset 10: control character in a string"),
        BAD("[\"\x1f\"]", "offset 2: control character in a string"),
        BAD("[\"\x80\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xc0\xaf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xc1\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xe0\x9f\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xe0\xff\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xed\xa0\x80\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xed\xbf\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xf0\x8f\xbf\xbf\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xf4\x90\x80\x80\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xf5\x80\x80\x80\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xf8\x88\x80\x80\x80\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xfe\xff\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xc3\"]", "offset 2: invalid UTF-8"),
        BAD("[\"ab\xe2\x82\"]", "offset 4: invalid UTF-8"),
        BAD("[\"\xf0\x9f\x98\"]", "offset 2: invalid UTF-8"),
        BAD("[\"\xf0\x9f\x98", "offset 5: the document ends within a string"),
        BAD("{\"\xe9\":1}", "offset 2: invalid UTF-8"),
        BAD("\xff\xfe[\0]\0", "offset 0: expected a value"),
    };
    check(documents, COUNT(documents));
}

static void a_control_character_or_bad_byte_is_seen_at_every_place(void **state)
{
    (void)state;
    static const char bad[] = {'\0', '\n', '\x1f', '\x80', '\xff'};
    for (size_t length = 1; length < 40; length++) {
        for (size_t at = 0; at < length; at++) {
            for (size_t i = 0; i < sizeof bad; i++) {
                char text[64], error[128], expected[128];
                memset(text, 'x', sizeof text);
                text[0] = text[length + 1] = '"';
                text[1 + at] = bad[i];
                snprintf(expected, sizeof expected, "offset %zu: %s", at + 1,
                         i < 3 ? "control character in a string" : "invalid UTF-8");
                assert_string_equal(verdict(text, length + 2, error), expected);
            }
        }
    }
}

static enum cvg_json_fault fault_of(const char *text, size_t length)
{
    static const struct cvg_json_limits limits = {.string_length = 16};
    struct cvg_json *json = cvg_json_new(text, length, &limits);
    assert_int_equal(cvg_json_fault(json), CVG_JSON_FINE);
    enum cvg_json_token token;
    do {
        token = cvg_json_next(json);
    } while (token != CVG_JSON_ERROR && token != CVG_JSON_DONE);
    enum cvg_json_fault fault = cvg_json_fault(json);
    cvg_json_free(json);
    return fault;
}

static void programs_are_told_what_kind_of_wrong_it_is(void **state)
{
    (void)state;

    static const struct {
        const char *text;
        enum cvg_json_fault fault;
    } cases[] = {
        {"[]", CVG_JSON_FINE},
        {"", CVG_JSON_CUT},
        {" ", CVG_JSON_CUT},
        {"[1,", CVG_JSON_CUT},
        {"[-", CVG_JSON_CUT},
        {"[nul", CVG_JSON_CUT},
        {"[\"\\", CVG_JSON_CUT},
        {"[\"\\u", CVG_JSON_CUT},
        {"[\"\\u00e", CVG_JSON_CUT},
        {"[\"\\ud", CVG_JSON_CUT},
        {"[\"\\ud83", CVG_JSON_CUT},
        {"[\"\\ud83d", CVG_JSON_CUT},
        {"[\"\\ud83d\\", CVG_JSON_CUT},
        {"[\"\\ud83d\\uD", CVG_JSON_CUT},
        {"[\"\\ud83d\\ude0", CVG_JSON_CUT},
        {"[\"\xc3", CVG_JSON_CUT},
        {"[\"\xf0\x9f\x98", CVG_JSON_CUT},
        {"[\"\\x", CVG_JSON_SYNTAX},
        {"[\"\\u00g", CVG_JSON_SYNTAX},
        {"[\"\\udc0", CVG_JSON_SYNTAX},
        {"[\"\\udc00", CVG_JSON_SYNTAX},
        {"[\"\\ud83d ", CVG_JSON_SYNTAX},
        {"[\"\\ud83d\\n", CVG_JSON_SYNTAX},
        {"[\"\\ud83d\\u0", CVG_JSON_SYNTAX},
        {"[\"\\ud83d\\ud8", CVG_JSON_SYNTAX},
        {"[\"\x01", CVG_JSON_SYNTAX},
        {"[}", CVG_JSON_SYNTAX},
        {"[nux", CVG_JSON_SYNTAX},
        {"[] []", CVG_JSON_SYNTAX},
        {"[\"\xe0\x80", CVG_JSON_NOT_UTF8},
        {"[\"\xff", CVG_JSON_NOT_UTF8},
        {"\xef\xbb\xbf[]", CVG_JSON_NOT_UTF8},
        {"{\"a\":1,\"a\":1}", CVG_JSON_DUPLICATE},
        {"[\"01234567890123456\"", CVG_JSON_OVER_LIMIT},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        if (fault_of(cases[i].text, strlen(cases[i].text)) != cases[i].fault) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void every_prefix_is_an_error(void **state)
{
    (void)state;
    static const char document[] =
        " {\"a\\u0062\" : [ 1.5e-3 , true, false,null,\"\\ud83d\\ude00 \xf0\x9f\x98\x80\\n\", {} ],"
        "\n\t\"status\":{\"conditions\":[{\"type\":\"Ready\",\"n\":-0}]}}";
    char error[128];
    assert_string_equal(verdict(document, sizeof document - 1, error), "");
    for (size_t length = 0; length < sizeof document - 1; length++) {
        assert_string_not_equal(verdict(document, length, error), "");
        assert_int_equal(fault_of(document, length), CVG_JSON_CUT);
    }
}

static void every_broken_file_is_refused(void **state)
{
    (void)state;
    const char *folder = CVG_FIXTURES "/json/bad";
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    size_t files = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[512], error[128];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        static char text[1 << 17];
        size_t length = fread(text, 1, sizeof text, file);
        fclose(file);
        if (verdict(text, length, error)[0] == '\0') {
            fail_msg("%s was accepted", entry->d_name);
        }
        files++;
    }
    closedir(dir);
    assert_true(files >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_documents_are_accepted),
        cmocka_unit_test(mistakes_of_structure_are_refused_where_they_are),
        cmocka_unit_test(mistakes_in_numbers_are_refused),
        cmocka_unit_test(mistakes_in_strings_are_refused),
        cmocka_unit_test(a_control_character_or_bad_byte_is_seen_at_every_place),
        cmocka_unit_test(programs_are_told_what_kind_of_wrong_it_is),
        cmocka_unit_test(every_prefix_is_an_error),
        cmocka_unit_test(every_broken_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
