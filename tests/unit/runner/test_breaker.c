/* SPDX-License-Identifier: Apache-2.0 */
/* The breaker as a table of what happens when, and its pauses over many seeds. */
#include "base/macros.h"
#include "base/time.h"
#include "runner/breaker.h"

#include <convergate/reading.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define START (100 * CVG_SECOND)

static void fail_times(struct cvg_breaker *breaker, int times, int64_t now,
                       struct cvg_random *random)
{
    for (int i = 0; i < times; i++) {
        cvg_breaker_failed(breaker, now, random);
    }
}

static void opens_after_three_failures_in_a_row(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 1);
    struct cvg_breaker breaker = {0};
    assert_true(cvg_breaker_allows(&breaker, START));
    assert_false(cvg_breaker_failed(&breaker, START, &random));
    assert_false(cvg_breaker_failed(&breaker, START, &random));
    assert_int_equal(breaker.state, CVG_BREAKER_CLOSED);
    assert_true(cvg_breaker_allows(&breaker, START));
    assert_true(cvg_breaker_failed(&breaker, START, &random));
    assert_int_equal(breaker.state, CVG_BREAKER_OPEN);
    assert_int_equal(breaker.opened_at, START);
    assert_false(cvg_breaker_allows(&breaker, START));
}

static void a_success_between_failures_starts_the_count_again(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 1);
    struct cvg_breaker breaker = {0};
    for (int i = 0; i < 10; i++) {
        fail_times(&breaker, CVG_BREAKER_FAILURES - 1, START, &random);
        assert_false(cvg_breaker_succeeded(&breaker));
    }
    assert_int_equal(breaker.state, CVG_BREAKER_CLOSED);
}

static void one_trial_is_let_through_and_its_success_closes(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 2);
    struct cvg_breaker breaker = {0};
    fail_times(&breaker, 3, START, &random);
    int64_t trial = breaker.trial_at;
    assert_false(cvg_breaker_allows(&breaker, trial - 1));
    assert_true(cvg_breaker_allows(&breaker, trial));
    assert_int_equal(breaker.state, CVG_BREAKER_HALF_OPEN);
    assert_false(cvg_breaker_allows(&breaker, trial));
    assert_false(cvg_breaker_allows(&breaker, trial + CVG_MINUTE));
    assert_true(cvg_breaker_succeeded(&breaker));
    assert_int_equal(breaker.state, CVG_BREAKER_CLOSED);
    assert_true(cvg_breaker_allows(&breaker, trial));
    assert_false(cvg_breaker_succeeded(&breaker));
}

static void pauses_double_with_jitter_up_to_a_minute(void **state)
{
    (void)state;
    static const int64_t expected_s[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct cvg_random random;
        cvg_random_seed(&random, seed);
        struct cvg_breaker breaker = {0};
        int64_t now = START;
        fail_times(&breaker, 3, now, &random);
        for (size_t i = 0; i < CVG_COUNT(expected_s); i++) {
            int64_t pause = breaker.trial_at - now;
            int64_t middle = expected_s[i] * CVG_SECOND;
            assert_in_range(pause, (uintmax_t)(middle / 10 * 8),
                            (uintmax_t)CVG_MIN(middle / 10 * 12, CVG_MINUTE));
            now = breaker.trial_at;
            assert_true(cvg_breaker_allows(&breaker, now));
            assert_false(cvg_breaker_failed(&breaker, now, &random));
            assert_int_equal(breaker.opened_at, START);
        }
    }
}

static void late_failures_do_not_stretch_the_pause(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 3);
    struct cvg_breaker breaker = {0};
    fail_times(&breaker, 3, START, &random);
    int64_t trial = breaker.trial_at;
    fail_times(&breaker, 50, START + CVG_MS, &random);
    assert_int_equal(breaker.trial_at, trial);
}

static void a_late_success_closes(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 3);
    struct cvg_breaker breaker = {0};
    fail_times(&breaker, 3, START, &random);
    assert_true(cvg_breaker_succeeded(&breaker));
    assert_true(cvg_breaker_allows(&breaker, START));
}

static void a_waiter_brings_the_trial_forward_but_not_within_a_second(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 4);
    struct cvg_breaker breaker = {0};
    assert_int_equal(cvg_breaker_hurry(&breaker, START), CVG_NEVER);
    int64_t now = START;
    fail_times(&breaker, 3, now, &random);
    for (int i = 0; i < 6; i++) { /* until the pause is long */
        now = breaker.trial_at;
        assert_true(cvg_breaker_allows(&breaker, now));
        cvg_breaker_failed(&breaker, now, &random);
    }
    assert_true(breaker.trial_at > now + 10 * CVG_SECOND);
    assert_int_equal(cvg_breaker_hurry(&breaker, now + CVG_MS), now + CVG_SECOND);
    assert_int_equal(cvg_breaker_hurry(&breaker, now + 2 * CVG_MS), now + CVG_SECOND);
    assert_false(cvg_breaker_allows(&breaker, now + CVG_SECOND - 1));
    assert_true(cvg_breaker_allows(&breaker, now + CVG_SECOND));
    assert_int_equal(cvg_breaker_hurry(&breaker, now + CVG_SECOND), CVG_NEVER);
}

static void a_waiter_after_a_long_pause_gets_the_trial_at_once(void **state)
{
    (void)state;
    struct cvg_random random;
    cvg_random_seed(&random, 5);
    struct cvg_breaker breaker = {0};
    fail_times(&breaker, 3, START, &random);
    breaker.trial_at = START + CVG_MINUTE;
    int64_t later = START + 30 * CVG_SECOND;
    assert_int_equal(cvg_breaker_hurry(&breaker, later), later);
    assert_true(cvg_breaker_allows(&breaker, later));
}

static void only_faults_of_the_source_count(void **state)
{
    (void)state;

    static const struct {
        uint32_t fault;
        bool counts;
    } cases[] = {
        {CVG_FAULT_NONE, false},      {CVG_FAULT_TIMEOUT, true},   {CVG_FAULT_CONNECT, true},
        {CVG_FAULT_TLS, true},        {CVG_FAULT_AUTH, true},      {CVG_FAULT_PROTOCOL, true},
        {CVG_FAULT_TOO_LARGE, false}, {CVG_FAULT_THROTTLED, true}, {CVG_FAULT_REQUEST, false},
        {CVG_FAULT_INPUT, false},     {CVG_FAULT_BUG, false},      {CVG_FAULT_COUNT, false},
    };

    assert_int_equal(CVG_COUNT(cases), CVG_FAULT_COUNT + 1);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_breaker_fault_counts(cases[i].fault), cases[i].counts);
    }
}

static void after_a_restart_it_is_open_within_its_bounds(void **state)
{
    (void)state;

    static const struct {
        struct cvg_breaker saved;
        int64_t pause, trial_at;
    } cases[] = {
        {{CVG_BREAKER_OPEN, 7, 4 * CVG_SECOND, START - CVG_MINUTE, START + CVG_SECOND, START - 1},
         4 * CVG_SECOND,
         START + CVG_SECOND},
        /* The trial that was under way ended with the process. */
        {{CVG_BREAKER_HALF_OPEN, 7, CVG_SECOND, START - CVG_MINUTE, START + CVG_SECOND, START - 1},
         CVG_SECOND,
         START},
        {{CVG_BREAKER_OPEN, 0, 0, START, START - CVG_MINUTE, 0}, CVG_SECOND, START - CVG_MINUTE},
        {{CVG_BREAKER_OPEN, UINT32_MAX, CVG_NEVER, CVG_NEVER, CVG_NEVER, CVG_NEVER},
         CVG_MINUTE,
         START + CVG_MINUTE},
        {{CVG_BREAKER_OPEN, 3, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}, CVG_SECOND, INT64_MIN},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_breaker breaker = {0};
        cvg_breaker_restore(&breaker, &cases[i].saved, START);
        assert_int_equal(breaker.state, CVG_BREAKER_OPEN);
        assert_true(breaker.failures >= CVG_BREAKER_FAILURES);
        assert_int_equal(breaker.pause_ns, cases[i].pause);
        assert_int_equal(breaker.trial_at, cases[i].trial_at);
        assert_true(breaker.opened_at <= START && breaker.last_trial_at <= START);
    }
    struct cvg_breaker breaker = {0}, closed = {.failures = 2};
    cvg_breaker_restore(&breaker, &closed, START);
    assert_int_equal(breaker.state, CVG_BREAKER_CLOSED);
    assert_int_equal(breaker.failures, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_after_three_failures_in_a_row),
        cmocka_unit_test(a_success_between_failures_starts_the_count_again),
        cmocka_unit_test(one_trial_is_let_through_and_its_success_closes),
        cmocka_unit_test(pauses_double_with_jitter_up_to_a_minute),
        cmocka_unit_test(late_failures_do_not_stretch_the_pause),
        cmocka_unit_test(a_late_success_closes),
        cmocka_unit_test(a_waiter_brings_the_trial_forward_but_not_within_a_second),
        cmocka_unit_test(a_waiter_after_a_long_pause_gets_the_trial_at_once),
        cmocka_unit_test(only_faults_of_the_source_count),
        cmocka_unit_test(after_a_restart_it_is_open_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
