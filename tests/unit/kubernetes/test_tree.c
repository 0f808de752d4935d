/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as a tree, ways through it, and the arena that it stands in. */
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct cvg_kube_node *read_tree(struct cvg_kit_arena *arena, const char *text)
{
    char error[128];
    const struct cvg_kube_node *node =
        cvg_kube_tree_read(arena, text, strlen(text), error, sizeof(error));
    if (node == NULL) {
        fail_msg("%s", error);
    }
    return node;
}

static void what_was_wiped_is_nowhere_in_the_arena(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    char *texts[3];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        texts[i] = cvg_kit_arena_text(arena, "sesame", 6);
        (void)cvg_kit_arena_alloc(arena, 100000); /* the next is in another block */
    }
    cvg_kit_arena_wipe(arena);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(texts[i], "\0\0\0\0\0", 6);
    }
    cvg_kit_arena_free(arena);
}

static void a_document_is_a_tree(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    (void)state;
    const struct cvg_kube_node *tree = read_tree(
        arena, "{\"a\":[1,-2.5e3,\"x\\u00e9\",true,false,null,[],{}],\"b\":{\"c\":{\"d\":7}}}");
    assert_int_equal(tree->kind, CVG_KUBE_OBJECT);
    assert_int_equal(tree->count, 2);
    const struct cvg_kube_node *a = cvg_kube_node_get(tree, "a");
    static const uint32_t kinds[] = {CVG_KUBE_NUMBER, CVG_KUBE_NUMBER, CVG_KUBE_STRING,
                                     CVG_KUBE_BOOL,   CVG_KUBE_BOOL,   CVG_KUBE_NULL,
                                     CVG_KUBE_ARRAY,  CVG_KUBE_OBJECT};
    assert_int_equal(a->count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(a->items[i].kind, kinds[i]);
        assert_null(a->items[i].key);
    }
    assert_string_equal(a->items[1].text, "-2.5e3");
    assert_string_equal(a->items[2].text, "x\xc3\xa9");
    assert_int_equal(a->items[2].length, 3);
    assert_true(cvg_kube_node_true(&a->items[3]));
    assert_false(cvg_kube_node_true(&a->items[4]));
    assert_string_equal(cvg_kube_node_at(tree, "/b/c/d")->text, "7");
    cvg_kit_arena_free(arena);
}

static void lookups_take_what_is_absent(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    int64_t number = 5;
    (void)state;
    const struct cvg_kube_node *tree = read_tree(arena, "{\"a\":[1]}");
    assert_null(cvg_kube_node_get(NULL, "a"));
    assert_null(cvg_kube_node_get(cvg_kube_node_get(tree, "a"), "a"));
    assert_null(cvg_kube_node_at(NULL, "/a"));
    assert_string_equal(cvg_kube_node_text(NULL), "");
    assert_string_equal(cvg_kube_node_text(tree), "");
    assert_int_equal(cvg_kube_node_int(NULL, &number), -1);
    assert_int_equal(cvg_kube_node_int(tree, &number), -1);
    assert_int_equal(number, 5);
    assert_false(cvg_kube_node_true(NULL));
    assert_true(cvg_kube_node_time(NULL) == 0);
    cvg_kit_arena_free(arena);
}

static void pointers_are_those_of_rfc_6901(void **state)
{
    static const struct pointer {
        const char *pointer, *text;
    } pointers[] = {
        {"/foo/0", "bar"},
        {"/foo/1", "baz"},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/m~0n", "8"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/foo/2", NULL},
        {"/foo/01", NULL},
        {"/foo/-", NULL},
        {"/foo/-1", NULL},
        {"foo", NULL},
        {"/fo", NULL},
        {"/fooo", NULL},
        {"/foo/0/x", NULL},
        {"/foo/18446744073709551616", NULL},
    };

    static const char *const wrong[] = {"a", "~", "/~", "/~2", "/a~"};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    (void)state;
    const struct cvg_kube_node *tree =
        read_tree(arena, "{\"foo\":[\"bar\",\"baz\"],\"\":\"0\",\"a/b\":\"1\",\"c%d\":\"2\","
                         "\"k\\\"l\":\"6\",\" \":\"7\",\"m~n\":\"8\"}");
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        const struct cvg_kube_node *node = cvg_kube_node_at(tree, pointers[i].pointer);
        if ((node == NULL) != (pointers[i].text == NULL) ||
            (node != NULL && strcmp(node->text, pointers[i].text) != 0)) {
            fail_msg("%s", pointers[i].pointer);
        }
    }
    assert_ptr_equal(cvg_kube_node_at(tree, ""), tree);
    assert_int_equal(cvg_kube_pointer_check("/a~0b~1c/0"), 0);
    assert_int_equal(cvg_kube_pointer_check(""), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(cvg_kube_pointer_check(wrong[i]), -1);
    }
    cvg_kit_arena_free(arena);
}

static void managed_fields_of_the_object_are_left_out(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    (void)state;
    const struct cvg_kube_node *tree =
        read_tree(arena, "{\"metadata\":{\"labels\":{\"managedFields\":\"x\"},\"managedFields\":[{"
                         "\"f:a\":{}}],\"name\":\"n\"},\"spec\":{\"managedFields\":1,\"metadata\":{"
                         "\"managedFields\":2}}}");
    assert_null(cvg_kube_node_at(tree, "/metadata/managedFields"));
    assert_string_equal(cvg_kube_node_at(tree, "/metadata/name")->text, "n");
    assert_non_null(cvg_kube_node_at(tree, "/metadata/labels/managedFields"));
    assert_non_null(cvg_kube_node_at(tree, "/spec/managedFields"));
    assert_non_null(cvg_kube_node_at(tree, "/spec/metadata/managedFields"));
    cvg_kit_arena_free(arena);
}

static void a_key_with_a_nul_passes_for_no_other(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    (void)state;
    const struct cvg_kube_node *tree = read_tree(arena, "{\"a\\u0000b\":{\"c\":[1]},\"d\":2}");
    assert_null(cvg_kube_node_get(tree, "a"));
    assert_int_equal(tree->count, 1);
    assert_string_equal(cvg_kube_node_get(tree, "d")->text, "2");
    cvg_kit_arena_free(arena);
}

static void numbers_may_stand_in_texts(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(1 << 20);
    int64_t number = 0;
    (void)state;
    const struct cvg_kube_node *tree =
        read_tree(arena, "[12,\"13\",\"1.0\",1.0,\"\",true,\"2026-11-20T19:24:29Z\"]");
    assert_int_equal(cvg_kube_node_int(&tree->items[0], &number), 0);
    assert_int_equal(number, 12);
    assert_int_equal(cvg_kube_node_int(&tree->items[1], &number), 0);
    assert_int_equal(number, 13);
    for (size_t i = 2; i < 6; i++) {
        assert_int_equal(cvg_kube_node_int(&tree->items[i], &number), -1);
    }
    assert_true(cvg_kube_node_time(&tree->items[6]) == INT64_C(1795202669) * 1000000000);
    cvg_kit_arena_free(arena);
}

static void an_arena_has_a_ceiling(void **state)
{
    struct cvg_kit_arena *arena = cvg_kit_arena_new(100000);
    size_t taken = 0;
    (void)state;
    for (unsigned char *memory = NULL; (memory = cvg_kit_arena_alloc(arena, 333)) != NULL;) {
        for (size_t i = 0; i < 333; i++) {
            assert_int_equal(memory[i], 0);
        }
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        memset(memory, 0xFF, 333);
        taken += 333;
    }
    assert_true(taken > 90000 && taken <= 100000);
    assert_true(cvg_kit_arena_is_full(arena));
    assert_null(cvg_kit_arena_alloc(arena, 1)); /* what failed has failed as a whole */
    cvg_kit_arena_reset(arena);
    assert_false(cvg_kit_arena_is_full(arena));
    const unsigned char *again = cvg_kit_arena_alloc(arena, 333);
    assert_non_null(again);
    assert_int_equal(again[332], 0);
    assert_non_null(cvg_kit_arena_alloc(arena, 0));
    assert_null(cvg_kit_arena_array(arena, SIZE_MAX / 2, 4));
    cvg_kit_arena_reset(arena);
    assert_null(cvg_kit_arena_raw(arena, SIZE_MAX));
    cvg_kit_arena_reset(arena);
    assert_null(cvg_kit_arena_text(arena, "", SIZE_MAX));
    cvg_kit_arena_free(arena);
    cvg_kit_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_a_tree),
        cmocka_unit_test(lookups_take_what_is_absent),
        cmocka_unit_test(pointers_are_those_of_rfc_6901),
        cmocka_unit_test(managed_fields_of_the_object_are_left_out),
        cmocka_unit_test(a_key_with_a_nul_passes_for_no_other),
        cmocka_unit_test(numbers_may_stand_in_texts),
        cmocka_unit_test(an_arena_has_a_ceiling),
        cmocka_unit_test(what_was_wiped_is_nowhere_in_the_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
