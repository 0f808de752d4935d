/* SPDX-License-Identifier: Apache-2.0 */
/* The heap of times: nothing is early, nothing is lost, and ties keep their order. */
#include "base/random.h"
#include "base/time.h"
#include "runner/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_empty_heap_has_nothing(void **state)
{
    (void)state;
    struct cvg_due_heap heap = {0};
    struct cvg_due due;
    assert_int_equal(cvg_due_first(&heap), CVG_NEVER);
    assert_false(cvg_due_take(&heap, CVG_NEVER, &due));
    cvg_due_done(&heap);
}

static void nothing_is_taken_early(void **state)
{
    (void)state;
    struct cvg_due_heap heap = {0};
    struct cvg_due due;
    cvg_due_add(&heap, 20, 2, NULL);
    cvg_due_add(&heap, 10, 1, NULL);
    assert_int_equal(cvg_due_first(&heap), 10);
    assert_false(cvg_due_take(&heap, 9, &due));
    assert_true(cvg_due_take(&heap, 10, &due));
    assert_int_equal(due.kind, 1);
    assert_false(cvg_due_take(&heap, 19, &due));
    assert_true(cvg_due_take(&heap, 100, &due));
    assert_int_equal(due.kind, 2);
    cvg_due_done(&heap);
}

static void times_come_in_order_and_ties_as_they_were_added(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct cvg_random random;
        cvg_random_seed(&random, seed);
        struct cvg_due_heap heap = {0};
        size_t count = cvg_random_below(&random, 500);
        for (uint32_t i = 0; i < count; i++) {
            cvg_due_add(&heap, (int64_t)cvg_random_below(&random, 50), i, NULL);
        }
        struct cvg_due last = {.at = -1}, due;
        for (size_t i = 0; i < count; i++) {
            assert_true(cvg_due_take(&heap, 50, &due));
            assert_true(due.at > last.at || (due.at == last.at && due.kind > last.kind));
            last = due;
        }
        assert_false(cvg_due_take(&heap, 50, &due));
        cvg_due_done(&heap);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_heap_has_nothing),
        cmocka_unit_test(nothing_is_taken_early),
        cmocka_unit_test(times_come_in_order_and_ties_as_they_were_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
