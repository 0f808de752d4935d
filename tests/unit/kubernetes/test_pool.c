/* SPDX-License-Identifier: Apache-2.0 */
/* Interned texts and sets. */
#include "pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_equal_texts_are_one(void **state)
{
    (void)state;
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    char other[] = "registry.test/web:1.0";
    const char *first = cvg_kube_pool_take(pool, "registry.test/web:1.0");
    const char *second = cvg_kube_pool_take(pool, other);
    assert_ptr_equal(first, second);
    assert_string_equal(first, other);
    assert_ptr_not_equal(first, cvg_kube_pool_take(pool, "registry.test/web:1.1"));
    cvg_kube_pool_free(pool);
}

static void test_nothing_is_the_empty_text_and_needs_no_reference(void **state)
{
    (void)state;
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    size_t before = cvg_kube_pool_bytes(pool);
    assert_string_equal(cvg_kube_pool_take(pool, NULL), "");
    assert_ptr_equal(cvg_kube_pool_take(pool, NULL), cvg_kube_pool_take(pool, ""));
    cvg_kube_pool_drop(pool, "");
    cvg_kube_pool_drop(pool, NULL);
    cvg_kube_pool_drop_set(pool, NULL);
    assert_null(cvg_kube_pool_take_set(pool, NULL, 0));
    assert_int_equal(cvg_kube_pool_bytes(pool), before);
    cvg_kube_pool_free(pool);
    cvg_kube_pool_free(NULL);
}

static void test_a_text_goes_with_its_last_reference(void **state)
{
    (void)state;
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    size_t before = cvg_kube_pool_bytes(pool);
    const char *text = cvg_kube_pool_take(pool, "CrashLoopBackOff");
    (void)cvg_kube_pool_take(pool, "CrashLoopBackOff");
    size_t with = cvg_kube_pool_bytes(pool);
    assert_true(with > before);
    cvg_kube_pool_drop(pool, text);
    assert_int_equal(cvg_kube_pool_bytes(pool), with);
    assert_string_equal(text, "CrashLoopBackOff");
    cvg_kube_pool_drop(pool, text);
    assert_int_equal(cvg_kube_pool_bytes(pool), before);
    cvg_kube_pool_free(pool);
}

static void test_equal_sets_are_one_and_order_counts(void **state)
{
    (void)state;
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    static const char *const ab[] = {"a", "b"}, *const ba[] = {"b", "a"},
                             *const abc[] = {"a", "b", ""};
    const char *const *first = cvg_kube_pool_take_set(pool, ab, 2);
    assert_string_equal(first[0], "a");
    assert_string_equal(first[1], "b");
    assert_null(first[2]);
    assert_ptr_equal(first, cvg_kube_pool_take_set(pool, ab, 2));
    assert_ptr_not_equal(first, cvg_kube_pool_take_set(pool, ba, 2));
    const char *const *third = cvg_kube_pool_take_set(pool, abc, 3);
    assert_ptr_not_equal(first, third);
    assert_string_equal(third[2], "");
    /* Its texts are the pool's own. */
    assert_ptr_equal(first[0], cvg_kube_pool_take(pool, "a"));
    cvg_kube_pool_free(pool);
}

static void test_a_set_holds_its_texts(void **state)
{
    (void)state;
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    size_t before = cvg_kube_pool_bytes(pool);
    static const char *const texts[] = {"app", "web", "tier", "front"};
    const char *web = cvg_kube_pool_take(pool, "web");
    const char *const *set = cvg_kube_pool_take_set(pool, texts, 4);
    (void)cvg_kube_pool_take_set(pool, texts, 4);
    cvg_kube_pool_drop(pool, web);
    assert_string_equal(set[1], "web");
    cvg_kube_pool_drop_set(pool, set);
    assert_string_equal(set[3], "front");
    cvg_kube_pool_drop_set(pool, set);
    assert_int_equal(cvg_kube_pool_bytes(pool), before);
    cvg_kube_pool_free(pool);
}

/* Grows, shrinks, and finds everything in between. */
static void test_many_texts_come_and_go(void **state)
{
    (void)state;

    enum {
        MANY = 20000
    };

    static const char *taken[MANY];
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    size_t before = cvg_kube_pool_bytes(pool);
    char text[64];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "web-76b49c9968-%05d", i);
        taken[i] = cvg_kube_pool_take(pool, text);
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof(text), "web-76b49c9968-%05d", i);
        assert_string_equal(taken[i], text);
        assert_ptr_equal(taken[i], cvg_kube_pool_take(pool, text));
        cvg_kube_pool_drop(pool, taken[i]);
    }
    for (int i = 0; i < MANY; i++) {
        cvg_kube_pool_drop(pool, taken[(i * 7919) % MANY]);
    }
    assert_int_equal(cvg_kube_pool_bytes(pool), before);
    cvg_kube_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_texts_are_one),
        cmocka_unit_test(test_nothing_is_the_empty_text_and_needs_no_reference),
        cmocka_unit_test(test_a_text_goes_with_its_last_reference),
        cmocka_unit_test(test_equal_sets_are_one_and_order_counts),
        cmocka_unit_test(test_a_set_holds_its_texts),
        cmocka_unit_test(test_many_texts_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
