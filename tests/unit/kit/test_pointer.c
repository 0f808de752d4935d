/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers into JSON: which are taken, what they find, and what is never half believed. */
#include "kit/pointer.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The example of RFC 6901, and what is awkward about real documents. */
static const char document[] =
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,"
    "\"deep\":{\"x\":[[1,2,3],[],{\"y\":{\"z\":\"end\"},\"yy\":null}],\"foo\":\"inner\"},"
    "\"zero\":{\"0\":\"key\",\"00\":\"long\"},\"yes\":true,\"no\":false,\"empty\":{},"
    "\"text\":\"\",\"nul\":\"a\\u0000b\",\"big\":1e400,\"tw\\u006f\":\"decoded\","
    "\"many\":[0,1,2,3,4,5,6,7,8,9,10,11]}";

static void test_finds_what_the_pointer_means(void **state)
{
    (void)state;

    static const struct {
        const char *pointer;
        enum cvg_json_token kind;
        const char *text;
        size_t members;
    } rows[] = {
        {"", CVG_JSON_OBJECT, "", 20},
        {"/foo", CVG_JSON_ARRAY, "", 2},
        {"/foo/0", CVG_JSON_STRING, "bar", 0},
        {"/foo/1", CVG_JSON_STRING, "baz", 0},
        {"/foo/2", CVG_JSON_ERROR, "", 0},
        {"/foo/-", CVG_JSON_ERROR, "", 0},
        {"/foo/00", CVG_JSON_ERROR, "", 0},
        {"/foo/0/x", CVG_JSON_ERROR, "", 0},
        {"/foo/", CVG_JSON_ERROR, "", 0},
        {"/fo", CVG_JSON_ERROR, "", 0},
        {"/fooo", CVG_JSON_ERROR, "", 0},
        {"/", CVG_JSON_NUMBER, "0", 0},
        {"/a~1b", CVG_JSON_NUMBER, "1", 0},
        {"/a/b", CVG_JSON_ERROR, "", 0},
        {"/c%d", CVG_JSON_NUMBER, "2", 0},
        {"/i\\j", CVG_JSON_NUMBER, "5", 0},
        {"/k\"l", CVG_JSON_NUMBER, "6", 0},
        {"/ ", CVG_JSON_NUMBER, "7", 0},
        {"/m~0n", CVG_JSON_NUMBER, "8", 0},
        {"/deep/x", CVG_JSON_ARRAY, "", 3},
        {"/deep/x/0", CVG_JSON_ARRAY, "", 3},
        {"/deep/x/0/2", CVG_JSON_NUMBER, "3", 0},
        {"/deep/x/1", CVG_JSON_ARRAY, "", 0},
        {"/deep/x/2/y/z", CVG_JSON_STRING, "end", 0},
        {"/deep/x/2/yy", CVG_JSON_NULL, "null", 0},
        {"/deep/foo", CVG_JSON_STRING, "inner", 0},
        {"/zero/0", CVG_JSON_STRING, "key", 0},
        {"/zero/00", CVG_JSON_STRING, "long", 0},
        {"/yes", CVG_JSON_TRUE, "true", 0},
        {"/no", CVG_JSON_FALSE, "false", 0},
        {"/empty", CVG_JSON_OBJECT, "", 0},
        {"/text", CVG_JSON_STRING, "", 0},
        {"/big", CVG_JSON_NUMBER, "1e400", 0},
        {"/two", CVG_JSON_STRING, "decoded", 0},
        {"/many", CVG_JSON_ARRAY, "", 12},
        {"/many/11", CVG_JSON_NUMBER, "11", 0},
        {"/many/1", CVG_JSON_NUMBER, "1", 0},
    };

    const char *pointers[CVG_COUNT(rows)];
    struct cvg_kit_pointed found[CVG_COUNT(rows)];
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        pointers[i] = rows[i].pointer;
        assert_null(cvg_kit_pointer_check(pointers[i]));
    }
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    const char *error = "";
    assert_int_equal(cvg_kit_pointer_find(document, strlen(document), pointers, CVG_COUNT(rows),
                                          arena, found, &error),
                     0);
    assert_null(error);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        if (found[i].kind != rows[i].kind || strcmp(found[i].text, rows[i].text) != 0 ||
            found[i].members != rows[i].members || found[i].length != strlen(rows[i].text)) {
            fail_msg("'%s' found kind %d '%s' with %zu members", rows[i].pointer,
                     (int)found[i].kind, found[i].text, found[i].members);
        }
    }
    cvg_kit_arena_free(arena);
}

static void test_a_nul_in_a_string_is_part_of_it(void **state)
{
    (void)state;
    static const char *const pointers[] = {"/nul", "/nul"};
    struct cvg_kit_pointed found[2];
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    const char *error = "";
    assert_int_equal(
        cvg_kit_pointer_find(document, strlen(document), pointers, 2, arena, found, &error), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(found[i].length, 3);
        assert_memory_equal(found[i].text, "a\0b", 4);
    }
    cvg_kit_arena_free(arena);
}

static void test_roots_of_every_kind(void **state)
{
    (void)state;

    static const struct {
        const char *json;
        enum cvg_json_token kind;
        const char *text;
    } rows[] = {
        {"\"x\"", CVG_JSON_STRING, "x"}, {" 17 ", CVG_JSON_NUMBER, "17"},
        {"true", CVG_JSON_TRUE, "true"}, {"null", CVG_JSON_NULL, "null"},
        {"[]", CVG_JSON_ARRAY, ""},      {"{}", CVG_JSON_OBJECT, ""},
    };

    static const char *const pointers[] = {"", "/0"};
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_pointed found[2];
        const char *error = "";
        assert_int_equal(cvg_kit_pointer_find(rows[i].json, strlen(rows[i].json), pointers, 2,
                                              arena, found, &error),
                         0);
        assert_int_equal(found[0].kind, rows[i].kind);
        assert_string_equal(found[0].text, rows[i].text);
        assert_int_equal(found[1].kind, CVG_JSON_ERROR);
    }
    cvg_kit_arena_free(arena);
}

/* Every beginning of a good document is refused, wherever the pointer's value stands in it. */
static void test_a_document_cut_anywhere_is_not_believed(void **state)
{
    (void)state;
    static const char *const pointers[] = {"/foo/0"};
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    for (size_t length = 0; length < strlen(document); length++) {
        struct cvg_kit_pointed found;
        const char *error = NULL;
        assert_int_equal(cvg_kit_pointer_find(document, length, pointers, 1, arena, &found, &error),
                         -1);
        assert_non_null(error);
        assert_non_null(strstr(error, "offset"));
        cvg_kit_arena_reset(arena);
    }
    cvg_kit_arena_free(arena);
}

static void test_refuses_what_is_ambiguous(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{\"a\":1,\"a\":2}", "{\"a\":1} x", "{\"b\":{\"c\":1,\"c\":1},\"a\":1}",
        "<html></html>",     "{\"a\":01}",  "{\"a\":1,\"b\":\"\xff\"}",
    };
    static const char *const pointers[] = {"/a"};
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kit_pointed found;
        const char *error = NULL;
        if (cvg_kit_pointer_find(rows[i], strlen(rows[i]), pointers, 1, arena, &found, &error) ==
                0 ||
            error == NULL) {
            fail_msg("believed: %s", rows[i]);
        }
    }
    cvg_kit_arena_free(arena);
}

static void test_nests_to_the_limit_and_not_beyond(void **state)
{
    (void)state;
    for (size_t depth = CVG_KIT_POINTER_DEPTH - 1; depth <= CVG_KIT_POINTER_DEPTH + 1; depth++) {
        char json[2 * (CVG_KIT_POINTER_DEPTH + 1) + 2];
        char pointer[2 * (CVG_KIT_POINTER_DEPTH + 1) + 1] = "";
        memset(json, '[', depth);
        json[depth] = '7';
        memset(json + depth + 1, ']', depth);
        for (size_t i = 0; i < depth; i++) {
            pointer[2 * i] = '/';
            pointer[2 * i + 1] = '0';
        }
        const char *const pointers[] = {pointer};
        struct cvg_kit_pointed found;
        struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)1 << 20);
        const char *error = NULL;
        int result = cvg_kit_pointer_find(json, 2 * depth + 1, pointers, 1, arena, &found, &error);
        if (depth <= CVG_KIT_POINTER_DEPTH) {
            assert_int_equal(result, 0);
            assert_string_equal(found.text, "7");
        } else {
            assert_int_equal(result, -1);
            assert_non_null(error);
        }
        cvg_kit_arena_free(arena);
    }
}

static void test_a_full_arena_is_told_apart(void **state)
{
    (void)state;
    static char json[3 << 10];
    memset(json, 'x', sizeof(json));
    json[0] = json[sizeof(json) - 1] = '"';
    static const char *const pointers[] = {""};
    struct cvg_kit_pointed found;
    struct cvg_kit_arena *arena = cvg_kit_arena_new((size_t)2 << 10);
    const char *error = "";
    assert_int_equal(cvg_kit_pointer_find(json, sizeof(json), pointers, 1, arena, &found, &error),
                     -1);
    assert_null(error);
    assert_true(cvg_kit_arena_is_full(arena));
    cvg_kit_arena_free(arena);
}

static void test_says_what_is_wrong_with_a_pointer(void **state)
{
    (void)state;

    static const struct {
        const char *pointer, *complaint;
    } rows[] = {
        {"foo", "begin with '/'"},
        {"$.foo", "begin with '/'"},
        {"#/foo", "begin with '/'"},
        {"/a~", "'~'"},
        {"/a~2b", "'~'"},
        {"/~0~", "'~'"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const char *complaint = cvg_kit_pointer_check(rows[i].pointer);
        assert_non_null(complaint);
        assert_non_null(strstr(complaint, rows[i].complaint));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_the_pointer_means),
        cmocka_unit_test(test_a_nul_in_a_string_is_part_of_it),
        cmocka_unit_test(test_roots_of_every_kind),
        cmocka_unit_test(test_a_document_cut_anywhere_is_not_believed),
        cmocka_unit_test(test_refuses_what_is_ambiguous),
        cmocka_unit_test(test_nests_to_the_limit_and_not_beyond),
        cmocka_unit_test(test_a_full_arena_is_told_apart),
        cmocka_unit_test(test_says_what_is_wrong_with_a_pointer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
