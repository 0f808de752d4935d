/* SPDX-License-Identifier: Apache-2.0 */
/* The map, beside a plain array that does the same slowly. */
#include "base/alloc.h"
#include "base/map.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int values[5000];

static void values_are_found_replaced_and_removed(void **state)
{
    (void)state;
    struct cvg_map *map = cvg_map_new();
    assert_null(cvg_map_get(map, "a"));
    assert_null(cvg_map_remove(map, "a"));
    assert_null(cvg_map_put(map, "a", &values[0]));
    assert_null(cvg_map_put(map, "", &values[1]));
    assert_ptr_equal(cvg_map_put(map, "a", &values[2]), &values[0]);
    assert_int_equal(cvg_map_count(map), 2);
    assert_ptr_equal(cvg_map_get(map, "a"), &values[2]);
    assert_ptr_equal(cvg_map_get(map, ""), &values[1]);
    assert_ptr_equal(cvg_map_remove(map, "a"), &values[2]);
    assert_null(cvg_map_get(map, "a"));
    assert_int_equal(cvg_map_count(map), 1);
    cvg_map_free(map);
    cvg_map_free(NULL);
}

static void keys_are_copied(void **state)
{
    (void)state;
    struct cvg_map *map = cvg_map_new();
    char key[] = "key";
    cvg_map_put(map, key, values);
    key[0] = 'x';
    assert_ptr_equal(cvg_map_get(map, "key"), values);
    cvg_map_free(map);
}

static void iteration_is_in_order_of_insertion(void **state)
{
    (void)state;
    for (size_t count = 1; count < 300; count += 13) {
        struct cvg_map *map = cvg_map_new();
        char key[32];
        for (size_t i = 0; i < count; i++) {
            snprintf(key, sizeof key, "k%zu", i * 7919 % 1000);
            cvg_map_put(map, key, &values[i]);
        }
        for (size_t i = 0; i < count; i += 3) {
            snprintf(key, sizeof key, "k%zu", i * 7919 % 1000);
            assert_ptr_equal(cvg_map_remove(map, key), &values[i]);
        }
        cvg_map_put(map, "last", &values[count]);
        size_t expected = 0;
        const char *name;
        void *value;
        for (size_t at = 0; cvg_map_next(map, &at, &name, &value); expected++) {
            expected += expected < count && expected % 3 == 0;
            assert_ptr_equal(value, &values[expected]);
        }
        assert_int_equal(expected, count + 1);
        assert_string_equal(name, "last");
        cvg_map_free(map);
    }
}

static void what_is_being_looked_at_may_be_removed(void **state)
{
    (void)state;
    struct cvg_map *map = cvg_map_new();
    char text[16];
    for (size_t i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%zu", i);
        cvg_map_put(map, text, &values[i]);
    }
    size_t seen = 0;
    const char *key;
    for (size_t at = 0; cvg_map_next(map, &at, &key, NULL); seen++) {
        char *copy = cvg_strdup(key);
        assert_ptr_equal(cvg_map_remove(map, copy), &values[seen]);
        free(copy);
    }
    assert_int_equal(seen, 100);
    assert_int_equal(cvg_map_count(map), 0);
    cvg_map_free(map);
}

static void it_agrees_with_an_array_after_many_changes(void **state)
{
    (void)state;
    static void *expected[400];
    struct cvg_random random;
    cvg_random_seed(&random, 11);
    struct cvg_map *map = cvg_map_new();
    size_t count = 0;
    for (int step = 0; step < 100000; step++) {
        /* The number of keys in play breathes, so that the map grows, empties and grows again. */
        uint64_t range = 4 + (uint64_t)(step / 10000 % 2) * 396;
        size_t number = cvg_random_below(&random, range);
        void *value = &values[cvg_random_below(&random, 5000)];
        char key[32];
        snprintf(key, sizeof key, "key-%zu", number);
        if (cvg_random_below(&random, 3) == 0) {
            assert_ptr_equal(cvg_map_remove(map, key), expected[number]);
            count -= expected[number] != NULL;
            expected[number] = NULL;
        } else {
            assert_ptr_equal(cvg_map_put(map, key, value), expected[number]);
            count += expected[number] == NULL;
            expected[number] = value;
        }
        assert_int_equal(cvg_map_count(map), count);
        snprintf(key, sizeof key, "key-%zu", number / 2);
        assert_ptr_equal(cvg_map_get(map, key), expected[number / 2]);
    }
    cvg_map_free(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_replaced_and_removed),
        cmocka_unit_test(keys_are_copied),
        cmocka_unit_test(iteration_is_in_order_of_insertion),
        cmocka_unit_test(what_is_being_looked_at_may_be_removed),
        cmocka_unit_test(it_agrees_with_an_array_after_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
