/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and arenas. */
#include "base/alloc.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void memory_is_zeroed_and_never_null(void **state)
{
    (void)state;
    char *none = cvg_alloc(0);
    assert_non_null(none);
    free(none);
    char *some = cvg_alloc_array(100, 10);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(some[i], 0);
    }
    some = cvg_realloc_array(some, 0, 10);
    assert_non_null(some);
    free(some);
}

static void texts_are_copied(void **state)
{
    (void)state;
    assert_null(cvg_strdup(NULL));
    CVG_CLEANUP(cvg_free_pointer) char *whole = cvg_strdup("text");
    CVG_CLEANUP(cvg_free_pointer) char *part = cvg_strndup("text", 2);
    CVG_CLEANUP(cvg_free_pointer) char *made = cvg_format("%s-%d", "a", 7);
    assert_string_equal(whole, "text");
    assert_string_equal(part, "te");
    assert_string_equal(made, "a-7");
    char *secret = cvg_strdup("secret");
    cvg_free_secret(secret);
    cvg_free_secret(NULL);
}

static void an_impossible_size_ends_the_process(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        volatile size_t count = SIZE_MAX / 2;
        cvg_alloc_array(count, 3);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void arrays_grow_and_keep_what_they_hold(void **state)
{
    (void)state;
    int *numbers = NULL;
    size_t count = 0, capacity = 0;
    for (int i = 0; i < 1000; i++) {
        CVG_GROW(numbers, count, capacity);
        numbers[count++] = i;
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(numbers[i], i);
    }
    assert_true(capacity >= 1000 && capacity <= 2000);
    free(numbers);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 7, 16, 100, 1000, 1500, 5000, 100000, 3, 0, 300000, 24};
    struct cvg_arena *arena = cvg_arena_new();
    unsigned char *blocks[600];
    size_t lengths[600];
    for (size_t i = 0; i < CVG_COUNT(blocks); i++) {
        lengths[i] = sizes[i % CVG_COUNT(sizes)];
        blocks[i] = cvg_arena_alloc(arena, lengths[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at < lengths[i]; at++) {
            assert_int_equal(blocks[i][at], 0);
        }
        memset(blocks[i], (int)(i % 251), lengths[i]);
    }
    for (size_t i = 0; i < CVG_COUNT(blocks); i++) {
        for (size_t at = 0; at < lengths[i]; at++) {
            assert_int_equal(blocks[i][at], i % 251);
        }
    }
    cvg_arena_free(arena);
    cvg_arena_free(NULL);
}

static void arenas_count_what_they_gave(void **state)
{
    (void)state;
    struct cvg_arena *arena = cvg_arena_new();
    assert_int_equal(cvg_arena_used(arena), 0);
    assert_null(cvg_arena_strdup(arena, NULL));
    assert_string_equal(cvg_arena_strdup(arena, "abc"), "abc");
    assert_string_equal(cvg_arena_strndup(arena, "abc", 2), "ab");
    assert_string_equal(cvg_arena_strndup(arena, "abc", 0), "");
    assert_string_equal(cvg_arena_format(arena, "%d%%", 90), "90%");
    assert_string_equal(cvg_arena_format(arena, "%s", ""), "");
    size_t used = cvg_arena_used(arena);
    assert_true(used >= 4 + 3 + 1 + 4 + 1 && used <= 200);
    cvg_arena_alloc(arena, 1000000);
    assert_true(cvg_arena_used(arena) >= used + 1000000);
    cvg_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_never_null),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(an_impossible_size_ends_the_process),
        cmocka_unit_test(arrays_grow_and_keep_what_they_hold),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(arenas_count_what_they_gave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
