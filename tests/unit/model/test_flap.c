/* SPDX-License-Identifier: Apache-2.0 */
/* Flap detection: weights, thresholds, and what missed samples do. */
#include "base/macros.h"
#include "base/time.h"
#include "model/flap.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PERIOD (15 * CVG_SECOND)

/* One sample for each character: '#' is ready. Returns the time of the next one. */
static int64_t draw(struct cvg_flap *flap, const char *samples)
{
    for (const char *sample = samples; *sample; sample++) {
        int64_t at = flap->next_at ? flap->next_at : 100 * CVG_SECOND;
        cvg_flap_sample(flap, PERIOD, *sample == '#', at);
    }
    return flap->next_at;
}

static void changes_weigh_more_the_newer_they_are(void **state)
{
    (void)state;

    static const struct {
        const char *samples; /* oldest first */
        double percent;
    } cases[] = {
        {"", 0},
        {"#", 0},
        {"#####################", 0},
        {"#.#.#.#.#.#.#.#.#.#.#", 100},
        {"#....................", 4}, /* the oldest possible change: 0.8 of 20 */
        {"....................#", 6}, /* the newest: 1.2 of 20 */
        {".#", 6},                    /* what was not sampled yet is no change */
        {"##....................", 4},
        {"#######################.....................", 0}, /* it left the window */
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_flap flap = {0};
        draw(&flap, cases[i].samples);
        if (fabs(cvg_flap_percent(&flap) - cases[i].percent) > 1e-9) {
            fail_msg("\"%s\": must be %g percent, is %g", cases[i].samples, cases[i].percent,
                     cvg_flap_percent(&flap));
        }
    }
}

static void it_starts_at_30_percent_and_stops_at_25(void **state)
{
    (void)state;
    struct cvg_flap flap = {0};
    bool was = false;
    size_t starts = 0, stops = 0;

    draw(&flap, "#.#.#.#.#.#.#");
    for (int i = 0; i < 60; i++) {
        if (flap.flapping && !was) {
            starts++;
        }
        if (!flap.flapping && was) {
            assert_true(cvg_flap_percent(&flap) <= 25);
            stops++;
        }
        if (flap.flapping) {
            assert_true(cvg_flap_percent(&flap) > 25);
        } else {
            assert_true(cvg_flap_percent(&flap) < 30);
        }
        was = flap.flapping;
        draw(&flap, i < 20 ? "#" : (i < 26 && i % 2 ? "." : "#"));
    }
    assert_int_equal(starts, 2);
    assert_int_equal(stops, 2);
}

static void since_is_the_sample_that_changed_it(void **state)
{
    (void)state;
    struct cvg_flap flap = {0};
    int64_t last = 0;

    while (!flap.flapping) {
        last = flap.next_at;
        draw(&flap, flap.count % 2 ? "." : "#");
    }
    assert_int_equal(flap.since, last);
    int64_t stops_at = cvg_flap_change_at(&flap, PERIOD, false);
    cvg_flap_sample(&flap, PERIOD, false, stops_at - 1);
    assert_true(flap.flapping);
    cvg_flap_sample(&flap, PERIOD, false, stops_at);
    assert_false(flap.flapping);
    assert_int_equal(flap.since, stops_at);
    assert_true(cvg_flap_change_at(&flap, PERIOD, false) == CVG_NEVER);
}

static void missed_samples_are_taken_as_if_in_time(void **state)
{
    (void)state;
    static const int64_t gaps[] = {0, 1, 15, 16, 290, 315, 330, 331, 100000, 123456789};

    for (size_t i = 0; i < CVG_COUNT(gaps); i++) {
        struct cvg_flap at_once = {0}, in_time = {0};
        int64_t next = draw(&at_once, "#.#.#.#.#.#.");
        draw(&in_time, "#.#.#.#.#.#.");
        int64_t until = next + gaps[i] * CVG_SECOND;
        cvg_flap_sample(&at_once, PERIOD, true, until);
        for (int64_t at = next; gaps[i] < 200000 && at <= until; at += PERIOD) {
            cvg_flap_sample(&in_time, PERIOD, true, at);
        }
        assert_true(at_once.next_at > until && at_once.next_at <= until + PERIOD);
        assert_int_equal((at_once.next_at - next) % PERIOD, 0);
        if (gaps[i] < 200000) {
            assert_memory_equal(&at_once, &in_time, sizeof at_once);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_weigh_more_the_newer_they_are),
        cmocka_unit_test(it_starts_at_30_percent_and_stops_at_25),
        cmocka_unit_test(since_is_the_sample_that_changed_it),
        cmocka_unit_test(missed_samples_are_taken_as_if_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
