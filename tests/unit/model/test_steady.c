/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steady status as stories: each is a list of what happens when, and of what the check must
 * count as at each time. Read the stories table as the specification.
 */
#include "base/macros.h"
#include "make.h"
#include "model/steady.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum event {
    END = 0,
    LOOK,    /* nothing happens */
    READ,    /* a reading with `status`, true now */
    LATE,    /* a reading with `status`, true at `true_at` */
    IS_ALIVE /* the stream proved that its latest reading is true now */
};

struct step {
    int at; /* seconds */
    enum event event;
    uint32_t status;
    int true_at;
    const char *must; /* "status Reason since [flags]" */
};

struct story {
    const char *name;
    struct cvg_steady_rules rules;
    struct step steps[16];
};

#define POLLED .polled = true, .interval_ns = S(10), .rise_ns = S(30), .max_age_ns = S(60)
#define STREAM .polled = false, .rise_ns = S(30), .max_age_ns = S(150)

static const struct story stories[] = {
    {"a check that was never read is unknown",
     {POLLED},
     {{100, LOOK, 0, 0, "unknown NoReading 0"}}},

    {"polled: rises for 30 s and needs two readings that far apart",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {110, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {129, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {131, LOOK, 0, 0, "progressing Rising 100 fresh"}, /* time alone is not enough */
      {132, READ, CVG_READY, 0, "ready Ready 132 fresh"}}},

    {"polled: rise 0 takes one reading",
     {.polled = true, .interval_ns = S(10), .rise_ns = 0, .max_age_ns = S(60)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"}}},

    {"polled: one reading that is long over rise is still one reading",
     {.polled = true, .interval_ns = S(10), .rise_ns = 1, .max_age_ns = S(60)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {150, LOOK, 0, 0, "progressing Rising 100 fresh"},
      {151, READ, CVG_READY, 0, "ready Ready 151 fresh"}}},

    {"any other reading ends the uninterrupted readiness",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {120, READ, CVG_PROGRESSING, 0, "progressing Progressing 100 fresh"},
      {130, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {150, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {160, READ, CVG_READY, 0, "ready Ready 160 fresh"}}},

    {"not ready shows what the reading says, with its own since",
     {POLLED},
     {{100, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {110, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {120, READ, CVG_DEGRADED, 0, "degraded Degraded 120 fresh"}}},

    {"an unknown reading is not evidence, however new",
     {POLLED},
     {{100, READ, CVG_UNKNOWN, 0, "unknown CannotTell 100"}}},

    {"stream: rises by time while fresh",
     {STREAM},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {129, LOOK, 0, 0, "progressing Rising 100 fresh"},
      {135, LOOK, 0, 0, "ready Ready 130 fresh"}}},

    {"stream: what proves it alive keeps it fresh",
     {STREAM},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {240, IS_ALIVE, 0, 0, "ready Ready 130 fresh"},
      {389, LOOK, 0, 0, "ready Ready 130 fresh"},
      {390, LOOK, 0, 0, "unknown Stale 390"}}},

    {"stream: alive after Stale is a new reading, and rise starts anew",
     {STREAM},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {260, IS_ALIVE, 0, 0, "progressing Rising 260 fresh"},
      {289, LOOK, 0, 0, "progressing Rising 260 fresh"},
      {290, LOOK, 0, 0, "ready Ready 290 fresh"}}},

    {"stream: Stale comes during rise too, and wins at the same time",
     {.polled = false, .rise_ns = S(30), .max_age_ns = S(30)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {140, LOOK, 0, 0, "unknown Stale 130"}}},

    {"stream: a rise that Stale cut short is not kept as ready",
     {.polled = false,
      .rise_ns = S(30),
      .max_age_ns = S(30),
      .on_unknown = CVG_ON_UNKNOWN_KEEP,
      .keep_ns = S(300)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {140, LOOK, 0, 0, "progressing Stale 100 kept"}}},

    {"polled: alive says nothing",
     {POLLED},
     {{100, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {150, IS_ALIVE, 0, 0, "failed Failed 100 fresh"},
      {160, LOOK, 0, 0, "unknown Stale 160"}}},

    {"Stale interrupts: one ready reading after it does not continue the rise",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {200, READ, CVG_READY, 0, "progressing Rising 200 fresh"},
      {230, READ, CVG_READY, 0, "ready Ready 230 fresh"}}},

    {"evidence that is too old when it is handed over changes nothing but the reason",
     {POLLED},
     {{100, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {300, LATE, CVG_READY, 200, "unknown Stale 160"}}},

    {"fall 0 leaves ready at once, and unknown does too",
     {.polled = false, .max_age_ns = S(150)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_FAILED, 0, "failed Failed 110 fresh"},
      {120, READ, CVG_READY, 0, "ready Ready 120 fresh"},
      {130, READ, CVG_UNKNOWN, 0, "unknown CannotTell 130"}}},

    {"fall holds ready for its time, then shows the latest reading",
     {.polled = false, .fall_ns = S(20), .max_age_ns = S(150)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_FAILED, 0, "ready Falling 100 fresh"},
      {120, READ, CVG_DEGRADED, 0, "ready Falling 100 fresh"},
      {129, LOOK, 0, 0, "ready Falling 100 fresh"},
      {140, LOOK, 0, 0, "degraded Degraded 130 fresh"}}},

    {"a ready reading during fall stops it",
     {.polled = false, .fall_ns = S(20), .rise_ns = 0, .max_age_ns = S(150)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_FAILED, 0, "ready Falling 100 fresh"},
      {120, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {140, LOOK, 0, 0, "ready Ready 100 fresh"}}},

    {"while it falls for unknown it is ready, but not fresh",
     {.polled = false, .fall_ns = S(20), .max_age_ns = S(150)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_UNKNOWN, 0, "ready Falling 100"},
      {130, LOOK, 0, 0, "unknown CannotTell 130"}}},

    {"Stale does not wait for fall",
     {.polled = false, .fall_ns = S(500), .max_age_ns = S(150)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_FAILED, 0, "ready Falling 100 fresh"},
      {260, LOOK, 0, 0, "unknown Stale 260"}}},

    {"keep shows the last known status for its time, and never as fresh",
     {.polled = false, .max_age_ns = S(50), .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(300)},
     {{100, READ, CVG_READY, 0, "ready Ready 100 fresh"},
      {110, READ, CVG_UNKNOWN, 0, "ready CannotTell 100 kept"},
      {170, LOOK, 0, 0, "ready Stale 100 kept"}, /* the unknown reading expired as well */
      {409, LOOK, 0, 0, "ready Stale 100 kept"},
      {410, LOOK, 0, 0, "unknown Stale 410"}}},

    {"keep: back within its time, ready goes on without a new rise",
     {STREAM, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(300)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {140, READ, CVG_UNKNOWN, 0, "ready CannotTell 130 kept"},
      {200, READ, CVG_READY, 0, "ready Ready 130 fresh"}}},

    {"keep: back after its time, rise starts anew",
     {STREAM, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(50)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {140, READ, CVG_UNKNOWN, 0, "ready CannotTell 130 kept"},
      {200, READ, CVG_READY, 0, "progressing Rising 200 fresh"}}},

    {"keep: what was never known is not kept",
     {STREAM, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(300)},
     {{100, READ, CVG_UNKNOWN, 0, "unknown CannotTell 100"}}},

    {"readings older than the latest are dropped",
     {.polled = false, .max_age_ns = S(150)},
     {{100, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {110, LATE, CVG_READY, 99, "failed Failed 100 fresh"}}},
};

static void describe(const struct cvg_steady_view *view, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s %s %lld%s%s%s", cvg_status_text(view->status), view->reason,
                   (long long)(view->since / CVG_SECOND), view->fresh ? " fresh" : "",
                   view->kept ? " kept" : "", view->flapping ? " flapping" : "");
}

static void take(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                 const struct step *step)
{
    int64_t now = S(step->at);

    if (step->event == READ) {
        cvg_steady_observe(steady, rules, make_reading(step->status, now), now);
    } else if (step->event == LATE) {
        cvg_steady_observe(steady, rules, make_reading(step->status, S(step->true_at)), now);
    } else if (step->event == IS_ALIVE) {
        cvg_steady_alive(steady, rules, now, now);
    }
    cvg_steady_advance(steady, rules, now);
}

static void every_story_ends_as_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(stories); i++) {
        const struct story *story = &stories[i];
        struct cvg_steady steady = {0};
        for (const struct step *step = story->steps; step->event != END; step++) {
            char found[128];
            take(&steady, &story->rules, step);
            struct cvg_steady_view view = cvg_steady_view(&steady, &story->rules, S(step->at));
            describe(&view, found, sizeof found);
            if (strcmp(found, step->must) != 0) {
                fail_msg("%s: at %d s: must be \"%s\", is \"%s\"", story->name, step->at,
                         step->must, found);
            }
        }
        cvg_steady_done(&steady);
    }
}

static void a_check_that_comes_and_goes_is_flapping_until_it_is_quiet(void **state)
{
    (void)state;
    static const struct cvg_steady_rules rules = {
        .polled = true, .interval_ns = S(15), .max_age_ns = S(60)};
    struct cvg_steady steady = {0};
    int64_t now = S(1000);
    struct cvg_steady_view view;

    for (int i = 0; i < 12; i++, now += S(15)) {
        uint32_t status = i % 2 ? CVG_READY : CVG_FAILED;
        cvg_steady_observe(&steady, &rules, make_reading(status, now), now);
    }
    view = cvg_steady_view(&steady, &rules, steady.advanced_to);
    assert_string_equal(view.reason, "Flapping");
    assert_int_equal(view.status, CVG_PROGRESSING);
    assert_true(view.flapping);
    int64_t promised = view.earliest_ready_at;
    assert_true(promised > now);

    /* Ready from here on: it counts at the time that was promised, not before. */
    while (view.status != CVG_READY && now < S(3000)) {
        cvg_steady_observe(&steady, &rules, make_reading(CVG_READY, now), now);
        view = cvg_steady_view(&steady, &rules, now);
        now += S(5);
    }
    assert_int_equal(view.status, CVG_READY);
    assert_false(view.flapping);
    assert_int_equal(view.since, promised);
    cvg_steady_done(&steady);
}

static void unknown_is_no_change_for_flap_detection(void **state)
{
    (void)state;
    static const struct cvg_steady_rules rules = {
        .polled = true, .interval_ns = S(15), .max_age_ns = S(60)};
    struct cvg_steady steady = {0};

    for (int i = 0; i < 40; i++) {
        int64_t now = S(1000 + 15 * i);
        uint32_t status = i % 2 ? CVG_READY : CVG_UNKNOWN;
        cvg_steady_observe(&steady, &rules, make_reading(status, now), now);
        assert_false(steady.flap.flapping);
    }
    cvg_steady_done(&steady);
}

static void the_flap_period_is_the_interval_but_15_s_at_least(void **state)
{
    (void)state;

    static const struct {
        int interval, next;
    } cases[] = {{1, 15}, {15, 15}, {60, 60}};

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_steady_rules rules = {
            .polled = true, .interval_ns = S(cases[i].interval), .max_age_ns = S(600)};
        struct cvg_steady steady = {0};
        cvg_steady_observe(&steady, &rules, make_reading(CVG_FAILED, S(100)), S(100));
        assert_int_equal(steady.flap.next_at, S(100 + cases[i].next));
        cvg_steady_done(&steady);
    }
}

/* How far a rise is, and when it can end at the soonest. */
static void a_rise_says_how_far_it_is_and_when_it_can_end(void **state)
{
    (void)state;

    static const struct {
        struct cvg_steady_rules rules;
        int now, done, earliest, next_change;
    } cases[] = {
        /* Read at 100, asked at `now`. Polled every 10 s: the reading of 130 ends it. */
        {{POLLED}, 100, 0, 130, 160},
        {{POLLED}, 105, 0, 130, 160},
        {{.polled = true, .interval_ns = S(40), .rise_ns = S(30), .max_age_ns = S(200)},
         105,
         0,
         140,
         300},
        {{.polled = true, .interval_ns = S(20), .rise_ns = S(30), .max_age_ns = S(200)},
         105,
         0,
         140,
         300},
        {{STREAM}, 112, 12, 130, 130},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_steady steady = {0};
        int64_t now = S(cases[i].now);
        cvg_steady_observe(&steady, &cases[i].rules, make_reading(CVG_READY, S(100)), S(100));
        cvg_steady_advance(&steady, &cases[i].rules, now);
        struct cvg_steady_view view = cvg_steady_view(&steady, &cases[i].rules, now);
        assert_true(view.rising);
        assert_int_equal(view.dwell_done_ns, S(cases[i].done));
        assert_int_equal(view.dwell_of_ns, S(30));
        assert_int_equal(view.earliest_ready_at, S(cases[i].earliest));
        assert_int_equal(view.next_change_at, S(cases[i].next_change));
        cvg_steady_done(&steady);
    }
}

/* The host that another check names is another one: what was seen of the former does not count. */
static void other_inputs_begin_a_rise_anew(void **state)
{
    (void)state;

    static const struct {
        int at;
        uint32_t status;
        uint64_t inputs; /* 0: none was known */
        uint32_t must;
    } story[] = {
        {100, CVG_READY, 7, CVG_PROGRESSING}, {130, CVG_READY, 7, CVG_READY},
        {140, CVG_READY, 8, CVG_PROGRESSING}, {160, CVG_READY, 8, CVG_PROGRESSING},
        {170, CVG_READY, 8, CVG_READY},       {180, CVG_UNKNOWN, 0, CVG_READY},
        {190, CVG_READY, 8, CVG_READY},       {200, CVG_UNKNOWN, 0, CVG_READY},
        {210, CVG_READY, 9, CVG_PROGRESSING}, {240, CVG_READY, 9, CVG_READY},
        {250, CVG_FAILED, 5, CVG_FAILED},
    };
    const struct cvg_steady_rules rules = {POLLED, .fall_ns = S(60),
                                           .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(300)};
    struct cvg_steady steady = {0};
    for (size_t i = 0; i < CVG_COUNT(story); i++) {
        int64_t at = S(story[i].at);
        const struct cvg_reading reading = {.size = sizeof reading,
                                            .status = story[i].status,
                                            .reason = "AsRead",
                                            .observed_at_ns = at};
        cvg_steady_observe(&steady, &rules, cvg_reading_keep_asked(&reading, story[i].inputs, at),
                           at);
        struct cvg_steady_view view = cvg_steady_view(&steady, &rules, at);
        if (view.status != story[i].must) {
            fail_msg("at %d: must be %s, is %s", story[i].at, cvg_status_text(story[i].must),
                     cvg_status_text(view.status));
        }
    }
    cvg_steady_done(&steady);
}

/* What a stream has known for a while of the new host was read before what is known of the old one. */
static void what_is_of_another_thing_is_not_older(void **state)
{
    (void)state;
    const struct cvg_steady_rules rules = {STREAM};
    struct cvg_steady steady = {0};
    struct cvg_reading reading = {
        .size = sizeof reading, .status = CVG_READY, .reason = "AsRead", .observed_at_ns = S(100)};
    assert_true(
        cvg_steady_observe(&steady, &rules, cvg_reading_keep_asked(&reading, 7, S(100)), S(100)));
    reading.observed_at_ns = S(90);
    assert_false(
        cvg_steady_observe(&steady, &rules, cvg_reading_keep_asked(&reading, 7, S(101)), S(101)));
    reading.status = CVG_FAILED;
    assert_true(
        cvg_steady_observe(&steady, &rules, cvg_reading_keep_asked(&reading, 8, S(102)), S(102)));
    assert_int_equal(cvg_steady_view(&steady, &rules, S(102)).status, CVG_FAILED);
    cvg_steady_done(&steady);
}

static void max_age_has_a_default(void **state)
{
    (void)state;
    assert_int_equal(cvg_steady_default_max_age(true, S(10), S(10)), S(60));
    assert_int_equal(cvg_steady_default_max_age(true, S(60), S(10)), S(190));
    assert_int_equal(cvg_steady_default_max_age(false, 0, S(10)), S(150));
    assert_true(cvg_steady_default_max_age(true, CVG_NEVER, S(10)) == CVG_NEVER);
}

static void rules_changed_in_place_apply_from_then_on(void **state)
{
    (void)state;
    struct cvg_steady_rules rules = {POLLED};
    struct cvg_steady steady = {0};

    cvg_steady_observe(&steady, &rules, make_reading(CVG_FAILED, S(100)), S(100));
    cvg_steady_advance(&steady, &rules, S(140));
    rules.max_age_ns = S(20); /* it would have been stale at 120, but it was shown as failed */
    cvg_steady_advance(&steady, &rules, S(150));
    struct cvg_steady_view view = cvg_steady_view(&steady, &rules, S(150));
    assert_int_equal(view.status, CVG_UNKNOWN);
    assert_int_equal(view.since, S(140));
    cvg_steady_done(&steady);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_story_ends_as_told),
        cmocka_unit_test(a_check_that_comes_and_goes_is_flapping_until_it_is_quiet),
        cmocka_unit_test(unknown_is_no_change_for_flap_detection),
        cmocka_unit_test(the_flap_period_is_the_interval_but_15_s_at_least),
        cmocka_unit_test(a_rise_says_how_far_it_is_and_when_it_can_end),
        cmocka_unit_test(other_inputs_begin_a_rise_anew),
        cmocka_unit_test(what_is_of_another_thing_is_not_older),
        cmocka_unit_test(max_age_has_a_default),
        cmocka_unit_test(rules_changed_in_place_apply_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
