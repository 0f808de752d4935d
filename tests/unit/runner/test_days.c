/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Days of a source with outages, on a clock of the test's own: schedule, heap and breaker as the
 * runner puts them together. The same seed gives the same day; while a breaker is open only trials
 * run; and nothing that is well again stays shut out.
 */
#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"
#include "runner/breaker.h"
#include "runner/due.h"
#include "runner/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define CHECKS   40
#define INTERVAL (15 * CVG_SECOND)
#define DAY      (24 * 60 * CVG_MINUTE)

enum {
    ROUND,
    TRIAL
};

struct day {
    struct cvg_random chance, jitter;
    struct cvg_breaker breaker;
    struct cvg_due_heap due;
    struct cvg_schedule_item items[CHECKS];
    int64_t ends;      /* of the present spell */
    bool down;         /* the source, in this spell */
    int64_t well_from; /* the source answers since then; CVG_NEVER: it does not */
    int64_t last_run[CHECKS];
    uint64_t runs, trials, trace;
};

static void spell(struct day *day, int64_t now)
{
    while (now >= day->ends) {
        day->down = !day->down;
        day->well_from = day->down ? CVG_NEVER : day->ends;
        day->ends += (int64_t)cvg_random_below(&day->chance, (uint64_t)(20 * CVG_MINUTE));
    }
}

static void result(struct day *day, int64_t now)
{
    bool half = day->breaker.state == CVG_BREAKER_HALF_OPEN;
    if (!day->down) {
        cvg_breaker_succeeded(&day->breaker);
        return;
    }
    bool opened = cvg_breaker_failed(&day->breaker, now, &day->jitter);
    if (opened || half) {
        assert_true(day->breaker.trial_at <= now + CVG_MINUTE);
        cvg_due_add(&day->due, day->breaker.trial_at, TRIAL, NULL);
    }
}

static void run(struct day *day, size_t check, int64_t now)
{
    assert_true(now - day->last_run[check] >= INTERVAL || day->last_run[check] == 0);
    day->last_run[check] = now;
    day->runs++;
    uint64_t mark[] = {day->trace, (uint64_t)now, check};
    day->trace = cvg_text_hash((const char *)mark, sizeof mark);
    result(day, now);
}

static void run_round(struct day *day, uint32_t slot, int64_t now)
{
    for (size_t i = 0; i < CHECKS; i++) {
        if (day->items[i].slot == slot && day->breaker.state == CVG_BREAKER_CLOSED) {
            run(day, i, now);
        }
    }
    /* Well for longer than the longest pause: it must have been noticed. */
    if (day->well_from != CVG_NEVER && now - day->well_from > CVG_MINUTE) {
        assert_int_equal(day->breaker.state, CVG_BREAKER_CLOSED);
    }
}

static uint64_t live(uint64_t seed, uint64_t *ret_runs, uint64_t *ret_trials)
{
    struct day day = {.well_from = 0};
    cvg_random_seed(&day.chance, seed);
    cvg_random_seed(&day.jitter, seed + 1);
    day.ends = 10 * CVG_MINUTE;
    for (size_t i = 0; i < CHECKS; i++) {
        day.items[i].group = i;
    }
    cvg_schedule_assign(day.items, CHECKS, INTERVAL);
    for (uintptr_t slot = 0; slot <= day.items[CHECKS - 1].slot; slot++) {
        int64_t at = cvg_schedule_next(0, INTERVAL, (uint32_t)slot, 0);
        cvg_due_add(&day.due, at, ROUND, (void *)slot);
    }
    struct cvg_due due;
    int64_t before = 0;
    while (cvg_due_take(&day.due, DAY, &due)) {
        assert_true(due.at >= before);
        before = due.at;
        spell(&day, due.at);
        if (due.kind == TRIAL) {
            if (cvg_breaker_allows(&day.breaker, due.at) &&
                day.breaker.state == CVG_BREAKER_HALF_OPEN) {
                day.trials++;
                result(&day, due.at);
            }
            continue;
        }
        uint32_t slot = (uint32_t)(uintptr_t)due.subject;
        run_round(&day, slot, due.at);
        cvg_due_add(&day.due, cvg_schedule_next(0, INTERVAL, slot, due.at), ROUND, due.subject);
    }
    cvg_due_done(&day.due);
    *ret_runs = day.runs;
    *ret_trials = day.trials;
    return day.trace;
}

static void days_with_outages(void **state)
{
    (void)state;
    uint64_t traces[100];
    for (uint64_t seed = 0; seed < CVG_COUNT(traces); seed++) {
        uint64_t runs, trials;
        traces[seed] = live(seed, &runs, &trials);
        /* Up for about half of the day, with each check once an interval. */
        uint64_t most = (uint64_t)(DAY / INTERVAL) * CHECKS;
        assert_in_range(runs, most / 4, most * 3 / 4);
        /* Down for the other half: at least one trial a minute, and few more. */
        assert_in_range(trials, 300, 1800);
    }
    for (size_t i = 0; i < CVG_COUNT(traces); i++) {
        uint64_t runs, trials;
        assert_true(traces[i] == live(i, &runs, &trials));
        assert_true(i == 0 || traces[i] != traces[i - 1]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_with_outages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
