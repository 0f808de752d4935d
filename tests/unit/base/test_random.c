/* SPDX-License-Identifier: Apache-2.0 */
/* Chance and clocks. */
#include "base/random.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_seed_gives_the_same_numbers_again(void **state)
{
    (void)state;
    struct cvg_random a, b, c;
    cvg_random_seed(&a, 7);
    cvg_random_seed(&b, 7);
    cvg_random_seed(&c, 8);
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t number = cvg_random_next(&a);
        assert_true(number == cvg_random_next(&b));
        differ += number != cvg_random_next(&c);
    }
    assert_true(differ > 90);
}

static void a_zero_seed_is_as_good_as_any(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 0);
    assert_true(cvg_random_next(&random) != cvg_random_next(&random));
}

static void below_is_even_and_in_bounds(void **state)
{
    (void)state;
    struct cvg_random random;
    int counts[6] = {0};
    cvg_random_seed(&random, 3);
    for (int i = 0; i < 60000; i++) {
        counts[cvg_random_below(&random, 6)]++;
    }
    for (int i = 0; i < 6; i++) {
        assert_in_range(counts[i], 9500, 10500);
    }
    assert_int_equal(cvg_random_below(&random, 0), 0);
    assert_int_equal(cvg_random_below(&random, 1), 0);
    uint64_t bound = UINT64_C(3) << 62;
    for (int i = 0; i < 1000; i++) {
        assert_true(cvg_random_below(&random, bound) < bound);
    }
}

static void jitter_stays_in_its_share_and_uses_it(void **state)
{
    (void)state;
    struct cvg_random random;
    int64_t least = INT64_MAX, most = 0;
    cvg_random_seed(&random, 5);
    for (int i = 0; i < 10000; i++) {
        int64_t value = cvg_random_jitter(&random, 1000000, 0.2);
        assert_in_range(value, 800000, 1200000);
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    assert_true(least < 801000 && most > 1199000);
    assert_int_equal(cvg_random_jitter(&random, 1000, 0), 1000);
    for (int i = 0; i < 100; i++) {
        assert_true(cvg_random_jitter(&random, INT64_MAX, 0.5) > 0);
        assert_true(cvg_random_jitter(&random, INT64_MIN, 0.5) < 0);
    }
}

static void the_systems_bytes_fill_exactly_what_was_asked_for(void **state)
{
    (void)state;
    unsigned char bytes[64] = {0}, again[64] = {0};
    cvg_random_bytes(bytes, 0);
    assert_int_equal(bytes[0], 0);
    cvg_random_bytes(bytes, 48);
    cvg_random_bytes(again, 48);
    assert_memory_not_equal(bytes, again, 48);
    for (size_t i = 48; i < 64; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void clocks_run_forward(void **state)
{
    (void)state;
    int64_t now = cvg_time_now(), cpu = cvg_time_thread_cpu();
    assert_true(now > 0 && cpu > 0);
    assert_true(cvg_time_wall() > INT64_C(1600000000) * CVG_SECOND);
    while (cvg_time_thread_cpu() == cpu) {
    }
    assert_true(cvg_time_now() > now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_the_same_numbers_again),
        cmocka_unit_test(a_zero_seed_is_as_good_as_any),
        cmocka_unit_test(below_is_even_and_in_bounds),
        cmocka_unit_test(jitter_stays_in_its_share_and_uses_it),
        cmocka_unit_test(the_systems_bytes_fill_exactly_what_was_asked_for),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
