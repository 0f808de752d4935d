/* SPDX-License-Identifier: Apache-2.0 */
/* What modules remember. */
#include "base/alloc.h"
#include "module/memory.h"

#include <convergate/module.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void what_was_put_is_found_under_its_own_key(void **state)
{
    (void)state;
    struct cvg_memory *memory = cvg_memory_new();
    char *key = cvg_memory_key("prod", "api", "kubernetes");
    char *other = cvg_memory_key("prod", "api", "terraform");
    const void *bytes;
    assert_int_equal(cvg_memory_get(memory, key, &bytes), 0);
    assert_int_equal(cvg_memory_put(memory, key, "abc", 3), 0);
    assert_int_equal(cvg_memory_get(memory, key, &bytes), 3);
    assert_memory_equal(bytes, "abc", 3);
    assert_int_equal(cvg_memory_get(memory, other, &bytes), 0);
    assert_int_equal(cvg_memory_put(memory, key, (const char *)"xyz" + 1, 2), 0);
    assert_int_equal(cvg_memory_get(memory, key, &bytes), 2);
    assert_memory_equal(bytes, "yz", 2);
    cvg_memory_free(memory);
    free(key);
    free(other);
}

static void bytes_may_come_from_the_memory_itself(void **state)
{
    (void)state;
    struct cvg_memory *memory = cvg_memory_new();
    const void *bytes;
    assert_int_equal(cvg_memory_put(memory, "k", "abcdef", 6), 0);
    size_t length = cvg_memory_get(memory, "k", &bytes);
    assert_int_equal(cvg_memory_put(memory, "k", (const char *)bytes + 1, length - 1), 0);
    assert_int_equal(cvg_memory_get(memory, "k", &bytes), 5);
    assert_memory_equal(bytes, "bcdef", 5);
    cvg_memory_free(memory);
}

static void too_much_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char big[CVG_MEMORY_LIMIT + 1];
    struct cvg_memory *memory = cvg_memory_new();
    const void *bytes;
    assert_int_equal(cvg_memory_put(memory, "k", big, CVG_MEMORY_LIMIT), 0);
    assert_int_equal(cvg_memory_put(memory, "k", "1", 1), 0);
    assert_int_equal(cvg_memory_put(memory, "k", big, sizeof big), -1);
    assert_int_equal(cvg_memory_get(memory, "k", &bytes), 1);
    cvg_memory_free(memory);
}

static void nothing_forgets(void **state)
{
    (void)state;
    struct cvg_memory *memory = cvg_memory_new();
    const void *bytes;
    assert_int_equal(cvg_memory_put(memory, "k", "1", 1), 0);
    assert_int_equal(cvg_memory_put(memory, "k", NULL, 0), 0);
    assert_int_equal(cvg_memory_get(memory, "k", &bytes), 0);
    assert_null(bytes);
    assert_int_equal(cvg_memory_put(memory, "k", NULL, 0), 0);
    cvg_memory_free(memory);
    cvg_memory_free(NULL);
}

struct heard {
    size_t count;
    size_t length;
    char key[64], bytes[64];
};

static void hear(void *ctx, const char *key, const void *bytes, size_t length)
{
    struct heard *heard = ctx;
    assert_true(length < sizeof heard->bytes);
    heard->count++;
    heard->length = length;
    (void)snprintf(heard->key, sizeof heard->key, "%s", key);
    if (length > 0) {
        memcpy(heard->bytes, bytes, length);
    }
}

static void each_change_is_told_once(void **state)
{
    (void)state;
    struct cvg_memory *memory = cvg_memory_new();
    struct heard heard = {0};

    cvg_memory_on_put(memory, hear, &heard);
    assert_int_equal(cvg_memory_put(memory, "k", "abc", 3), 0);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.key, "k");
    assert_memory_equal(heard.bytes, "abc", 3);
    assert_int_equal(cvg_memory_put(memory, "k", "abc", 3), 0); /* as it was */
    assert_int_equal(cvg_memory_put(memory, "other", NULL, 0), 0);
    assert_int_equal(heard.count, 1);
    assert_int_equal(cvg_memory_put(memory, "k", NULL, 0), 0);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.length, 0);
    assert_int_equal(cvg_memory_restore(memory, "k", "xyz", 3), 0);
    assert_int_equal(heard.count, 2);
    cvg_memory_free(memory);
}

static void what_is_not_known_is_neither_found_nor_changed(void **state)
{
    (void)state;
    struct cvg_memory *memory = cvg_memory_new();
    struct heard heard = {0};
    const void *bytes;

    assert_true(cvg_memory_is_known(memory));
    cvg_memory_on_put(memory, hear, &heard);
    cvg_memory_set_known(memory, false);
    assert_false(cvg_memory_is_known(memory));
    assert_int_equal(cvg_memory_restore(memory, "k", "abc", 3), 0);
    assert_int_equal(cvg_memory_get(memory, "k", &bytes), 0);
    assert_null(bytes);
    assert_int_equal(cvg_memory_put(memory, "k", "1", 1), -1);
    assert_int_equal(cvg_memory_put(memory, "k", NULL, 0), -1);
    assert_int_equal(heard.count, 0);
    cvg_memory_set_known(memory, true);
    assert_int_equal(cvg_memory_get(memory, "k", &bytes), 3);
    cvg_memory_free(memory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_under_its_own_key),
        cmocka_unit_test(bytes_may_come_from_the_memory_itself),
        cmocka_unit_test(too_much_is_refused_and_changes_nothing),
        cmocka_unit_test(nothing_forgets),
        cmocka_unit_test(each_change_is_told_once),
        cmocka_unit_test(what_is_not_known_is_neither_found_nor_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
