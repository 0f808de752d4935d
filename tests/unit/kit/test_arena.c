/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for one object: zeroed, aligned, bounded, and gone with the reset; and memory for ever. */
#include "kit/arena.h"
#include "kit/memory.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB);
    for (size_t round = 0; round < 3; round++) {
        for (size_t size = 0; size < 200; size++) {
            unsigned char *memory = cvg_kit_arena_alloc(arena, size);
            assert_non_null(memory);
            assert_int_equal((uintptr_t)memory % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++) {
                assert_int_equal(memory[i], 0);
            }
            memset(memory, 0xAA, size); /* what comes after the reset is clean again */
        }
        cvg_kit_arena_reset(arena);
    }
    cvg_kit_arena_free(arena);
    cvg_kit_arena_free(NULL);
}

static void the_ceiling_holds_until_the_reset(void **state)
{
    (void)state;
    struct cvg_kit_arena *arena = cvg_kit_arena_new(256 * KIB);
    size_t taken = 0;
    while (cvg_kit_arena_alloc(arena, 4 * KIB)) {
        taken += 4 * KIB;
        assert_true(taken <= 256 * KIB);
    }
    assert_true(taken >= 192 * KIB);
    assert_true(cvg_kit_arena_is_full(arena));
    assert_null(cvg_kit_arena_alloc(arena, 1)); /* not even what would fit */
    cvg_kit_arena_reset(arena);
    assert_false(cvg_kit_arena_is_full(arena));
    assert_non_null(cvg_kit_arena_alloc(arena, 4 * KIB));
    cvg_kit_arena_free(arena);
}

static void sizes_that_no_memory_has_are_refused(void **state)
{
    (void)state;

    static const struct {
        size_t count, size;
    } cases[] = {{SIZE_MAX, 2}, {2, SIZE_MAX}, {1, SIZE_MAX}, {1, SIZE_MAX - 3}, {1, MIB + 1}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB);
        assert_null(cvg_kit_arena_array(arena, cases[i].count, cases[i].size));
        assert_true(cvg_kit_arena_is_full(arena));
        cvg_kit_arena_free(arena);
    }
    struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB);
    assert_null(cvg_kit_arena_text(arena, "", SIZE_MAX));
    cvg_kit_arena_free(arena);
}

static void texts_are_copies_that_end(void **state)
{
    (void)state;
    struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB);
    char bytes[] = "abcdef";
    char *text = cvg_kit_arena_text(arena, bytes, 3);
    char *empty = cvg_kit_arena_text(arena, NULL, 0);
    bytes[0] = 'x';
    assert_string_equal(text, "abc");
    assert_string_equal(empty, "");
    cvg_kit_arena_free(arena);
}

static void what_was_wiped_is_zero_in_every_block(void **state)
{
    (void)state;
    struct cvg_kit_arena *arena = cvg_kit_arena_new(MIB);
    unsigned char *pieces[8];
    for (size_t i = 0; i < 8; i++) {
        pieces[i] = cvg_kit_arena_raw(arena, 40 * KIB); /* more than one block */
        memset(pieces[i], 's', 40 * KIB);
    }
    cvg_kit_arena_wipe(arena);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pieces[i][0], 0);
        assert_memory_equal(pieces[i], pieces[i] + 1, 40 * KIB - 1);
    }
    cvg_kit_arena_free(arena);
}

/* ---- memory that its owner frees ---- */

static void memory_grows_with_what_is_in_it(void **state)
{
    (void)state;
    char *memory = cvg_kit_alloc(4);
    assert_memory_equal(memory, "\0\0\0\0", 4);
    memcpy(memory, "abc", 4);
    memory = cvg_kit_resize(memory, 1000, 4);
    assert_string_equal(memory, "abc");
    char *copy = cvg_kit_copy(memory);
    memory[0] = 'x';
    assert_string_equal(copy, "abc");
    assert_null(cvg_kit_copy(NULL));
    free(copy);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(the_ceiling_holds_until_the_reset),
        cmocka_unit_test(sizes_that_no_memory_has_are_refused),
        cmocka_unit_test(texts_are_copies_that_end),
        cmocka_unit_test(what_was_wiped_is_zero_in_every_block),
        cmocka_unit_test(memory_grows_with_what_is_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
