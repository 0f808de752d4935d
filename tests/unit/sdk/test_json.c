/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader hands out: tokens, text, offsets, depth; and its limits. */
#include <convergate/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct cvg_json *open_json(const char *text, const struct cvg_json_limits *limits)
{
    struct cvg_json *json = cvg_json_new(text, strlen(text), limits);
    assert_non_null(json);
    return json;
}

/* Reads to the end and returns the last token. */
static enum cvg_json_token drain(struct cvg_json *json)
{
    enum cvg_json_token token;
    do {
        token = cvg_json_next(json);
    } while (token != CVG_JSON_ERROR && token != CVG_JSON_DONE);
    return token;
}

static void expect_error(const char *text, size_t length, const struct cvg_json_limits *limits,
                         const char *error)
{
    struct cvg_json *json = cvg_json_new(text, length, limits);
    assert_non_null(json);
    assert_int_equal(drain(json), CVG_JSON_ERROR);
    assert_string_equal(cvg_json_error(json), error);
    size_t offset = 0;
    assert_int_equal(sscanf(error, "offset %zu", &offset), 1);
    assert_int_equal(cvg_json_offset(json), offset);
    cvg_json_free(json);
}

static void tokens_come_in_order_with_offset_and_depth(void **state)
{
    (void)state;

    static const struct {
        enum cvg_json_token token;
        size_t offset, depth;
        const char *text;
    } expected[] = {
        {CVG_JSON_OBJECT, 1, 1, ""},   {CVG_JSON_KEY, 3, 1, "a"},
        {CVG_JSON_ARRAY, 8, 2, ""},    {CVG_JSON_NUMBER, 9, 2, "-1.50e+3"},
        {CVG_JSON_STRING, 19, 2, "x"}, {CVG_JSON_TRUE, 23, 2, ""},
        {CVG_JSON_FALSE, 28, 2, ""},   {CVG_JSON_NULL, 34, 2, ""},
        {CVG_JSON_OBJECT, 39, 3, ""},  {CVG_JSON_END, 40, 2, ""},
        {CVG_JSON_ARRAY, 42, 3, ""},   {CVG_JSON_END, 43, 2, ""},
        {CVG_JSON_END, 44, 1, ""},     {CVG_JSON_KEY, 46, 1, ""},
        {CVG_JSON_STRING, 49, 1, ""},  {CVG_JSON_END, 52, 0, ""},
        {CVG_JSON_DONE, 54, 0, ""},    {CVG_JSON_DONE, 54, 0, ""},
    };
    struct cvg_json *json =
        open_json(" { \"a\" :[-1.50e+3, \"x\",true,false,null,{},[]],\"\":\"\" } ", NULL);
    for (size_t i = 0; i < COUNT(expected); i++) {
        size_t length;
        assert_int_equal(cvg_json_next(json), expected[i].token);
        assert_int_equal(cvg_json_current(json), expected[i].token);
        assert_int_equal(cvg_json_offset(json), expected[i].offset);
        assert_int_equal(cvg_json_depth(json), expected[i].depth);
        assert_string_equal(cvg_json_text(json, &length), expected[i].text);
        assert_int_equal(length, strlen(expected[i].text));
    }
    assert_string_equal(cvg_json_error(json), "");
    cvg_json_free(json);
}

static void before_the_first_token_there_is_nothing(void **state)
{
    (void)state;
    struct cvg_json *json = open_json("1", NULL);
    assert_int_equal(cvg_json_current(json), CVG_JSON_ERROR);
    assert_string_equal(cvg_json_error(json), "");
    assert_string_equal(cvg_json_text(json, NULL), "");
    assert_int_equal(cvg_json_skip(json), 0);
    assert_int_equal(cvg_json_next(json), CVG_JSON_NUMBER);
    assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
    cvg_json_free(json);
    cvg_json_free(NULL);
}

static void strings_are_decoded(void **state)
{
    (void)state;
#define TEXT(literal) literal, sizeof(literal) - 1

    static const struct {
        const char *json, *text;
        size_t length;
    } cases[] = {
        {"\"\"", TEXT("")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", TEXT("\"\\/\b\f\n\r\t")},
        {"\"\\u0041\\u00e9\\u20AC\"", TEXT("A\xc3\xa9\xe2\x82\xac")},
        {"\"\\ud83d\\ude00\"", TEXT("\xf0\x9f\x98\x80")},
        {"\"\\uDBFF\\uDFFF\"", TEXT("\xf4\x8f\xbf\xbf")},
        {"\"a\\u0000b\"", TEXT("a\0b")},
        {"\"\\uFFFF\\ud7ff\\ue000\"", TEXT("\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80")},
        {"\"0123456\\n89012345678\\t\"", TEXT("0123456\n89012345678\t")},
        {"\"\xf0\x9f\x98\x80 \x7f \xc3\xa9\"", TEXT("\xf0\x9f\x98\x80 \x7f \xc3\xa9")},
        {"\"\\\\u0041\"", TEXT("\\u0041")},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cvg_json *json = open_json(cases[i].json, NULL);
        assert_int_equal(cvg_json_next(json), CVG_JSON_STRING);
        for (int again = 0; again < 2; again++) {
            size_t length;
            const char *text = cvg_json_text(json, &length);
            assert_int_equal(length, cases[i].length);
            assert_memory_equal(text, cases[i].text, length + 1);
        }
        assert_int_equal(cvg_json_is(json, cases[i].text),
                         strlen(cases[i].text) == cases[i].length);
        assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
        cvg_json_free(json);
    }
}

static void is_compares_whole_strings_only(void **state)
{
    (void)state;
    struct cvg_json *json = open_json("{\"na\\u006de\":12}", NULL);
    cvg_json_next(json);
    assert_false(cvg_json_is(json, ""));
    cvg_json_next(json);
    assert_true(cvg_json_is(json, "name"));
    assert_false(cvg_json_is(json, "nam"));
    assert_false(cvg_json_is(json, "names"));
    assert_false(cvg_json_is(json, "game"));
    cvg_json_next(json);
    assert_false(cvg_json_is(json, "12"));
    cvg_json_free(json);
}

static void numbers_keep_their_text(void **state)
{
    (void)state;
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "0.0",
                                          "-0.0e-0",
                                          "18446744073709551616",
                                          "1E400",
                                          "3.14159265358979323846264338327950288"};
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct cvg_json *json = open_json(numbers[i], NULL);
        assert_int_equal(cvg_json_next(json), CVG_JSON_NUMBER);
        assert_string_equal(cvg_json_text(json, NULL), numbers[i]);
        assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
        cvg_json_free(json);
    }
}

static void skip_passes_one_value_and_checks_it(void **state)
{
    (void)state;
    struct cvg_json *json =
        open_json("{\"a\":{\"x\":[1,{\"y\":2}]},\"b\":[[],{}],\"c\":7,\"d\":\"s\"}", NULL);
    assert_int_equal(cvg_json_next(json), CVG_JSON_OBJECT);
    static const char *const keys[] = {"a", "b", "c", "d"};

    static const enum cvg_json_token behind[] = {CVG_JSON_END, CVG_JSON_END, CVG_JSON_NUMBER,
                                                 CVG_JSON_STRING};

    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_int_equal(cvg_json_next(json), CVG_JSON_KEY);
        assert_true(cvg_json_is(json, keys[i]));
        assert_int_equal(cvg_json_skip(json), 0);
        assert_int_equal(cvg_json_current(json), behind[i]);
        assert_int_equal(cvg_json_depth(json), 1);
        assert_int_equal(cvg_json_skip(json), 0); /* on a scalar or an END: nothing */
        assert_int_equal(cvg_json_current(json), behind[i]);
    }
    assert_int_equal(cvg_json_next(json), CVG_JSON_END);
    assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
    assert_int_equal(cvg_json_skip(json), 0);
    cvg_json_free(json);

    json = open_json("{\"a\":[1,{\"b\":1,\"b\":2}]}", NULL);
    cvg_json_next(json);
    cvg_json_next(json);
    assert_int_equal(cvg_json_skip(json), -1);
    assert_string_equal(cvg_json_error(json), "offset 15: duplicate key");
    assert_int_equal(cvg_json_skip(json), -1);
    assert_int_equal(cvg_json_next(json), CVG_JSON_ERROR);
    cvg_json_free(json);
}

static void duplicate_keys_are_found_however_they_are_spelled(void **state)
{
    (void)state;

    static const struct {
        const char *text, *error;
    } cases[] = {
        {"{\"a\":1,\"a\":2}", "offset 7: duplicate key"},
        {"{\"a\":1,\"\\u0061\":2}", "offset 7: duplicate key"},
        {"{\"\\u0061\":1,\"a\":2}", "offset 12: duplicate key"},
        {"{\"\":1,\"\":2}", "offset 6: duplicate key"},
        {"{\"\\u00e9\":1,\"\xc3\xa9\":2}", "offset 12: duplicate key"},
        {"{\"a\\nb\\tc\":1,\"\\u0061\\u000ab\\u0009c\":2}", "offset 13: duplicate key"},
        {"{\"a\":{\"b\":1},\"b\":{\"c\":1,\"c\":2}}", "offset 24: duplicate key"},
        {"{\"a\":{\"a\":{\"a\":1}},\"a\":2}", "offset 19: duplicate key"},
        {"{\"status.phase\":1,\"x\":2,\"status.phase\":2}", "offset 24: duplicate key"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        expect_error(cases[i].text, strlen(cases[i].text), NULL, cases[i].error);
    }
    static const char *const fine[] = {
        "{\"a\":{\"a\":{\"a\":1}}}",
        "[{\"a\":1},{\"a\":1}]",
        "{\"a\":{\"b\":1},\"b\":{\"a\":1}}",
        "{\"a\":1,\"A\":2,\"a\\u0000\":3,\"\":4,\"aa\":5}",
        "{\"a\\u0000b\":1,\"a\\u0000c\":2,\"\\u0000\":3,\"\\u0000\\u0000\":4}",
    };
    for (size_t i = 0; i < COUNT(fine); i++) {
        struct cvg_json *json = open_json(fine[i], NULL);
        assert_int_equal(drain(json), CVG_JSON_DONE);
        cvg_json_free(json);
    }
}

/* {"p0":0,"p1":0,...}, and one key again where `again` is below count. Free it. */
static char *many_keys(size_t count, size_t again, int escaped)
{
    size_t size = count * 40 + 100, used = 0;
    char *text = malloc(size);
    assert_non_null(text);
    text[used++] = '{';
    for (size_t i = 0; i < count; i++) {
        /* The same head and tail, so that fingerprints of both ends would be the same. */
        used += (size_t)snprintf(text + used, size - used, "%s\"%s%08zusuffix.\":0", i ? "," : "",
                                 escaped && i % 3 == 0 ? "prefi\\u0078" : "prefix", i);
    }
    if (again < count) {
        used +=
            (size_t)snprintf(text + used, size - used, ",\"prefix%08zusuffi\\u0078.\":0", again);
    }
    snprintf(text + used, size - used, "}");
    return text;
}

static void a_duplicate_among_many_keys_is_found(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 23, 24, 25, 26, 31, 32, 33, 64, 65, 129, 1000, 100000};
    for (size_t i = 0; i < COUNT(counts); i++) {
        size_t places[] = {0, counts[i] / 2, counts[i] - 1, SIZE_MAX};
        for (size_t j = 0; j < COUNT(places); j++) {
            char *text = many_keys(counts[i], places[j], (int)j % 2);
            struct cvg_json *json = open_json(text, NULL);
            assert_int_equal(drain(json), places[j] == SIZE_MAX ? CVG_JSON_DONE : CVG_JSON_ERROR);
            cvg_json_free(json);
            free(text);
        }
    }
}

static void a_big_object_leaves_nothing_behind_for_the_next(void **state)
{
    (void)state;
    char *big = many_keys(500, SIZE_MAX, 0);
    size_t size = strlen(big) * 4 + 100;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "[%s,{\"prefix00000001suffix.\":1},%s,{\"o\":%s,\"p\":%s}]", big, big, big,
             big);
    struct cvg_json *json = open_json(text, NULL);
    assert_int_equal(drain(json), CVG_JSON_DONE);
    cvg_json_free(json);
    free(text);
    free(big);
}

static double seconds_to_read(const char *text)
{
    struct timespec from, to;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    struct cvg_json *json = open_json(text, NULL);
    assert_int_equal(drain(json), CVG_JSON_DONE);
    cvg_json_free(json);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) * 1e-9;
}

static void many_keys_cost_time_in_proportion(void **state)
{
    (void)state;
    char *few = many_keys(10000, SIZE_MAX, 1), *many = many_keys(160000, SIZE_MAX, 1);
    double ratio = 0;
    /* Quadratic would be 256 times; the best of some tries, for machines that do other things. */
    for (int i = 0; i < 5; i++) {
        ratio = seconds_to_read(many) / seconds_to_read(few);
        if (ratio < 64) {
            break;
        }
    }
    assert_true(ratio < 64);
    free(few);
    free(many);
}

static void limits_are_the_first_byte_too_many(void **state)
{
    (void)state;

    static const struct {
        const char *good, *bad, *error;
        struct cvg_json_limits limits;
    } cases[] = {
        {"[[1]]", "[[[1]]]", "offset 2: depth over the limit of 2", {.depth = 2}},
        {"[{}]", "[{\"a\":{}}]", "offset 6: depth over the limit of 2", {.depth = 2}},
        {"\"abc\"", "\"abcd\"", "offset 0: string over the limit of 3", {.string_length = 3}},
        {"\"\\u0061bc\"",
         "\"\\u0061bcd\"",
         "offset 0: string over the limit of 3",
         {.string_length = 3}},
        {"{\"abc\":1}",
         "{\"abcd\":1}",
         "offset 1: string over the limit of 3",
         {.string_length = 3}},
        {"12.5", "-12.5", "offset 0: number over the limit of 4", {.number_length = 4}},
        {"{\"a\":1,\"b\":{\"c\":1,\"d\":1}}",
         "{\"a\":1,\"b\":{\"c\":1,\"d\":1,\"e\":1}}",
         "offset 24: keys of an object over the limit of 2",
         {.object_keys = 2}},
        {"[1,2]", "[1,2,3]", "offset 6: tokens over the limit of 4", {.tokens = 4}},
        {"[1,2]", "[1,2] ", "offset 0: document over the limit of 5", {.size = 5}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cvg_json *json = open_json(cases[i].good, &cases[i].limits);
        assert_int_equal(drain(json), CVG_JSON_DONE);
        cvg_json_free(json);
        expect_error(cases[i].bad, strlen(cases[i].bad), &cases[i].limits, cases[i].error);
    }
}

static void defaults_hold_without_limits(void **state)
{
    (void)state;
    char nested[130];
    memset(nested, '[', 65);
    memset(nested + 65, ']', 65);
    expect_error(nested, 130, NULL, "offset 64: depth over the limit of 64");
    struct cvg_json *json = cvg_json_new(nested + 1, 128, NULL);
    assert_int_equal(drain(json), CVG_JSON_DONE);
    cvg_json_free(json);

    size_t most = (size_t)1 << 20;
    char *text = malloc(most + 3);
    assert_non_null(text);
    memset(text, 'x', most + 3);
    text[0] = text[most + 1] = '"';
    json = cvg_json_new(text, most + 2, NULL);
    assert_int_equal(cvg_json_next(json), CVG_JSON_STRING);
    size_t length;
    cvg_json_text(json, &length);
    assert_int_equal(length, most);
    cvg_json_free(json);
    text[most + 1] = 'x';
    text[most + 2] = '"';
    expect_error(text, most + 3, NULL, "offset 0: string over the limit of 1048576");
    free(text);

    char number[129];
    memset(number, '1', sizeof number);
    expect_error(number, 129, NULL, "offset 0: number over the limit of 128");
}

static void deep_nesting_needs_no_stack(void **state)
{
    (void)state;
    size_t depth = 1000000;
    struct cvg_json_limits limits = {.depth = depth};
    char *text = malloc(depth * 2);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    struct cvg_json *json = cvg_json_new(text, depth * 2, &limits);
    cvg_json_next(json);
    assert_int_equal(cvg_json_skip(json), 0);
    assert_int_equal(cvg_json_next(json), CVG_JSON_DONE);
    cvg_json_free(json);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_in_order_with_offset_and_depth),
        cmocka_unit_test(before_the_first_token_there_is_nothing),
        cmocka_unit_test(strings_are_decoded),
        cmocka_unit_test(is_compares_whole_strings_only),
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(skip_passes_one_value_and_checks_it),
        cmocka_unit_test(duplicate_keys_are_found_however_they_are_spelled),
        cmocka_unit_test(a_duplicate_among_many_keys_is_found),
        cmocka_unit_test(a_big_object_leaves_nothing_behind_for_the_next),
        cmocka_unit_test(many_keys_cost_time_in_proportion),
        cmocka_unit_test(limits_are_the_first_byte_too_many),
        cmocka_unit_test(defaults_hold_without_limits),
        cmocka_unit_test(deep_nesting_needs_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
