/* SPDX-License-Identifier: Apache-2.0 */
/* Slots and rounds: nothing is split, nothing piles up, nothing is forgotten. */
#include "base/alloc.h"
#include "base/random.h"
#include "base/time.h"
#include "runner/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOUR (60 * CVG_MINUTE)

static void slots_are_a_second_apart(void **state)
{
    (void)state;

    static const struct {
        int64_t interval;
        uint32_t slots;
    } cases[] = {
        {0, 1},
        {-1, 1},
        {1, 1},
        {500 * CVG_MS, 1},
        {CVG_SECOND, 1},
        {1999 * CVG_MS, 1},
        {2 * CVG_SECOND, 2},
        {15 * CVG_SECOND, 15},
        {15500 * CVG_MS, 15},
        {HOUR, 3600},
        {INT64_MAX, UINT32_MAX},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_schedule_slots(cases[i].interval), cases[i].slots);
    }
}

/* The most checks that stand in one slot; fails where a slot is beyond the interval's. */
static size_t fullest(const struct cvg_schedule_item *items, size_t count, int64_t interval)
{
    uint32_t slots = cvg_schedule_slots(interval);
    CVG_CLEANUP(cvg_free_pointer) size_t *filled = cvg_alloc_array(slots, sizeof *filled);
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(items[i].slot < slots);
        filled[items[i].slot]++;
        most = CVG_MAX(most, filled[items[i].slot]);
    }
    return most;
}

static void a_small_source_has_one_round(void **state)
{
    (void)state;
    struct cvg_schedule_item items[CVG_SCHEDULE_ROUND];
    for (size_t i = 0; i < CVG_COUNT(items); i++) {
        items[i] = (struct cvg_schedule_item){.group = i * 7919, .slot = 99};
    }
    cvg_schedule_assign(items, CVG_COUNT(items), 15 * CVG_SECOND);
    for (size_t i = 0; i < CVG_COUNT(items); i++) {
        assert_int_equal(items[i].slot, 0);
    }
    cvg_schedule_assign(NULL, 0, 15 * CVG_SECOND);
}

static void ten_thousand_checks_never_see_more_than_their_share(void **state)
{
    (void)state;

    enum {
        CHECKS = 10000
    };
    struct cvg_schedule_item *items = cvg_alloc_array(CHECKS, sizeof *items);
    struct cvg_random random;
    cvg_random_seed(&random, 1);
    for (size_t i = 0; i < CHECKS; i++) {
        items[i].group = cvg_random_next(&random);
    }
    cvg_schedule_assign(items, CHECKS, 15 * CVG_SECOND);
    size_t share = CHECKS / 15 + 1;
    assert_true(fullest(items, CHECKS, 15 * CVG_SECOND) <= share);

    /* Counted in time: no window of a second from the start on sees more than twice its share. */
    size_t seconds[60] = {0};
    int64_t epoch = 1000 * CVG_SECOND + 123456789;
    for (size_t i = 0; i < CHECKS; i++) {
        int64_t at = epoch - 1;
        for (;;) {
            at = cvg_schedule_next(epoch, 15 * CVG_SECOND, items[i].slot, at);
            if (at - epoch >= CVG_MINUTE) {
                break;
            }
            seconds[(at - epoch) / CVG_SECOND]++;
        }
    }
    for (size_t i = 0; i < CVG_COUNT(seconds); i++) {
        assert_true(seconds[i] > 0);
        assert_true(seconds[i] <= 2 * share);
    }
    free(items);
}

static void groups_stay_together_whatever_their_size(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct cvg_random random;
        cvg_random_seed(&random, seed);
        size_t count = 1 + cvg_random_below(&random, 3000);
        uint64_t groups = 1 + cvg_random_below(&random, count);
        int64_t interval = (int64_t)(1 + cvg_random_below(&random, 60)) * CVG_SECOND;
        struct cvg_schedule_item *items = cvg_alloc_array(count, sizeof *items);
        size_t *sizes = cvg_alloc_array(groups, sizeof *sizes);
        uint32_t *slots = cvg_alloc_array(groups, sizeof *slots);
        size_t largest = 0;
        for (size_t i = 0; i < count; i++) {
            items[i].group = cvg_random_below(&random, groups);
            largest = CVG_MAX(largest, ++sizes[items[i].group]);
        }
        cvg_schedule_assign(items, count, interval);
        for (size_t i = 0; i < count; i++) {
            uint32_t *slot = &slots[items[i].group];
            assert_true(*slot == 0 || *slot == items[i].slot + 1);
            *slot = items[i].slot + 1;
        }
        assert_true(fullest(items, count, interval) <
                    cvg_schedule_share(count, interval) + largest);
        free(slots);
        free(sizes);
        free(items);
    }
}

static void many_small_sources_do_not_begin_in_one_second(void **state)
{
    (void)state;
    /* 1000 sources of 100 checks, as the runner places them. */
    size_t seconds[15] = {0};
    for (size_t source = 0; source < 1000; source++) {
        struct cvg_schedule_item items[100];
        for (size_t i = 0; i < CVG_COUNT(items); i++) {
            items[i].group = i;
        }
        cvg_schedule_assign(items, CVG_COUNT(items), 15 * CVG_SECOND);
        int64_t epoch = cvg_schedule_epoch(0, 15 * CVG_SECOND, source * CVG_COUNT(items));
        for (size_t i = 0; i < CVG_COUNT(items); i++) {
            int64_t at = cvg_schedule_next(epoch, 15 * CVG_SECOND, items[i].slot, -1);
            seconds[at / CVG_SECOND % 15]++;
        }
    }
    for (size_t i = 0; i < CVG_COUNT(seconds); i++) {
        assert_true(seconds[i] <= 2 * 100000 / 15);
    }
}

static void next_is_the_first_time_after(void **state)
{
    (void)state;

    static const struct {
        int64_t epoch, interval;
        uint32_t slot;
        int64_t after, expected;
    } cases[] = {
        {0, 15 * CVG_SECOND, 0, -1, 0},
        {0, 15 * CVG_SECOND, 0, 0, 15 * CVG_SECOND},
        {0, 15 * CVG_SECOND, 3, 0, 3 * CVG_SECOND},
        {0, 15 * CVG_SECOND, 3, 3 * CVG_SECOND, 18 * CVG_SECOND},
        {0, 15 * CVG_SECOND, 3, 18 * CVG_SECOND - 1, 18 * CVG_SECOND},
        /* A suspended machine skips what it slept through. */
        {0, 15 * CVG_SECOND, 3, HOUR, HOUR + 3 * CVG_SECOND},
        {CVG_SECOND, 500 * CVG_MS, 0, CVG_SECOND, 1500 * CVG_MS},
        {0, 7 * 24 * HOUR, 604799, 0, 604799 * CVG_SECOND},
        {5, 0, 0, 10, 11},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(
            cvg_schedule_next(cases[i].epoch, cases[i].interval, cases[i].slot, cases[i].after),
            cases[i].expected);
    }
}

static void rounds_are_one_interval_apart_for_ever(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct cvg_random random;
        cvg_random_seed(&random, seed);
        int64_t interval = 1 + (int64_t)cvg_random_below(&random, (uint64_t)(100 * CVG_SECOND));
        int64_t epoch = (int64_t)cvg_random_below(&random, (uint64_t)HOUR);
        uint32_t slot = (uint32_t)cvg_random_below(&random, cvg_schedule_slots(interval));
        int64_t at = cvg_schedule_next(epoch, interval, slot, epoch - 1);
        assert_true(at >= epoch);
        assert_true(at < epoch + interval);
        for (int i = 0; i < 20; i++) {
            int64_t between = at + (int64_t)cvg_random_below(&random, (uint64_t)interval);
            int64_t next = cvg_schedule_next(epoch, interval, slot, between);
            assert_int_equal(next, at + interval);
            at = next;
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_a_second_apart),
        cmocka_unit_test(a_small_source_has_one_round),
        cmocka_unit_test(ten_thousand_checks_never_see_more_than_their_share),
        cmocka_unit_test(groups_stay_together_whatever_their_size),
        cmocka_unit_test(many_small_sources_do_not_begin_in_one_second),
        cmocka_unit_test(next_is_the_first_time_after),
        cmocka_unit_test(rounds_are_one_interval_apart_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
