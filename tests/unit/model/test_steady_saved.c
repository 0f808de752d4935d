/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A steady state over a restart: as stories, which are the specification, and as properties over
 * thousands of random lives that are cut in two.
 */
#include "model/steady_saved.h"

#include "base/macros.h"
#include "base/random.h"
#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- stories ---- */

enum event {
    END = 0,
    LOOK,     /* nothing happens */
    READ,     /* a reading with `status`, true now */
    LATE,     /* a reading with `status`, true at `true_at` */
    IS_ALIVE, /* the stream proved that its latest reading is true now */
    RESTART   /* what is saved comes back, and nothing else */
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
    struct step steps[12];
};

#define POLLED .polled = true, .interval_ns = S(10), .rise_ns = S(30), .max_age_ns = S(60)
#define STREAM .polled = false, .rise_ns = S(30), .max_age_ns = S(150)

static const struct story stories[] = {
    {"ready goes on at the first reading, with its since, and not before",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {189, LOOK, 0, 0, "unknown NoReading 0"},
      {189, READ, CVG_READY, 0, "ready Ready 130 fresh"}}},

    {"after max_age without evidence it begins anew",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {190, READ, CVG_READY, 0, "progressing Rising 190 fresh"},
      {220, READ, CVG_READY, 0, "ready Ready 220 fresh"}}},

    {"the gap is that of the evidence, however long the stop was",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {185, RESTART, 0, 0, "unknown NoReading 0"},
      {195, READ, CVG_READY, 0, "progressing Rising 195 fresh"}}},

    {"evidence that is handed over too late began anew, though it was true in time",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {195, LATE, CVG_READY, 185, "progressing Rising 185 fresh"}}},

    {"a rise goes on",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {110, RESTART, 0, 0, "unknown NoReading 0"},
      {125, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {131, READ, CVG_READY, 0, "ready Ready 131 fresh"}}},

    {"stream: a rise whose time has passed ends with the first reading",
     {STREAM},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {110, RESTART, 0, 0, "unknown NoReading 0"},
      {200, LOOK, 0, 0, "unknown NoReading 0"},
      {200, READ, CVG_READY, 0, "ready Ready 200 fresh"}}},

    {"stream: a rise whose time has passed is nothing to a reading that is not ready",
     {STREAM, .fall_ns = S(60)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {110, RESTART, 0, 0, "unknown NoReading 0"},
      {200, READ, CVG_FAILED, 0, "failed Failed 200 fresh"}}},

    {"stream: alive is no reading",
     {STREAM},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {140, IS_ALIVE, 0, 0, "ready Ready 130 fresh"},
      {150, RESTART, 0, 0, "unknown NoReading 0"},
      {160, IS_ALIVE, 0, 0, "unknown NoReading 0"},
      {170, READ, CVG_READY, 0, "ready Ready 130 fresh"}}},

    {"what is not ready any more is so at once",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_FAILED, 0, "failed Failed 150 fresh"}}},

    {"a status keeps its since",
     {POLLED},
     {{100, READ, CVG_FAILED, 0, "failed Failed 100 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_FAILED, 0, "failed Failed 100 fresh"}}},

    {"fall goes on",
     {POLLED, .fall_ns = S(40)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, READ, CVG_FAILED, 0, "ready Falling 130 fresh"},
      {150, RESTART, 0, 0, "unknown NoReading 0"},
      {160, READ, CVG_FAILED, 0, "ready Falling 130 fresh"},
      {185, LOOK, 0, 0, "failed Failed 180 fresh"}}},

    {"a fall that ended unseen leaves nothing of ready",
     {POLLED, .fall_ns = S(40)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, READ, CVG_FAILED, 0, "ready Falling 130 fresh"},
      {150, RESTART, 0, 0, "unknown NoReading 0"},
      {180, READ, CVG_READY, 0, "progressing Rising 180 fresh"}}},

    {"unknown is no evidence: it settles that nothing goes on, not even a fall",
     {POLLED, .fall_ns = S(40)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_UNKNOWN, 0, "unknown CannotTell 150"},
      {155, READ, CVG_READY, 0, "progressing Rising 155 fresh"}}},

    {"keep: nothing is kept from before the restart, whatever comes or does not",
     {POLLED, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(600)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, LOOK, 0, 0, "unknown NoReading 0"},
      {155, READ, CVG_UNKNOWN, 0, "unknown CannotTell 155"},
      {300, LOOK, 0, 0, "unknown Stale 155"}}},

    {"keep: what was seen ready again is kept again",
     {POLLED, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(600)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {155, READ, CVG_UNKNOWN, 0, "ready CannotTell 130 kept"}}},

    {"keep: ready that was kept at the stop goes on with a ready reading",
     {POLLED, .on_unknown = CVG_ON_UNKNOWN_KEEP, .keep_ns = S(600)},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {135, READ, CVG_UNKNOWN, 0, "ready CannotTell 130 kept"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_READY, 0, "ready Ready 130 fresh"}}},

    {"a reading from before the latest one is dropped, and the next settles it",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {145, LATE, CVG_READY, 129, "unknown NoReading 0"},
      {150, LATE, CVG_READY, 130, "ready Ready 130 fresh"}}},

    {"a second restart before the first reading changes nothing",
     {POLLED},
     {{100, READ, CVG_READY, 0, "progressing Rising 100 fresh"},
      {130, READ, CVG_READY, 0, "ready Ready 130 fresh"},
      {140, RESTART, 0, 0, "unknown NoReading 0"},
      {145, RESTART, 0, 0, "unknown NoReading 0"},
      {150, READ, CVG_READY, 0, "ready Ready 130 fresh"}}},

    {"what was never read has nothing to go on with",
     {POLLED},
     {{100, RESTART, 0, 0, "unknown NoReading 0"},
      {110, READ, CVG_READY, 0, "progressing Rising 110 fresh"}}},
};

static void restart(struct cvg_steady *steady, int64_t now)
{
    struct cvg_steady_saved saved;
    bool any = cvg_steady_save(steady, &saved);

    cvg_steady_done(steady);
    if (any) {
        assert_true(cvg_steady_restore(steady, &saved, now));
    }
}

static void take(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                 const struct step *step)
{
    int64_t now = S(step->at);

    switch (step->event) {
    case READ:
        cvg_steady_observe(steady, rules, make_reading(step->status, now), now);
        break;
    case LATE:
        cvg_steady_observe(steady, rules, make_reading(step->status, S(step->true_at)), now);
        break;
    case IS_ALIVE:
        cvg_steady_alive(steady, rules, now, now);
        break;
    case RESTART:
        cvg_steady_advance(steady, rules, now);
        restart(steady, now);
        break;
    default:
        break;
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
            (void)snprintf(found, sizeof found, "%s %s %lld%s%s", cvg_status_text(view.status),
                           view.reason, (long long)(view.since / CVG_SECOND),
                           view.fresh ? " fresh" : "", view.kept ? " kept" : "");
            if (strcmp(found, step->must) != 0) {
                fail_msg("%s: at %d s: must be \"%s\", is \"%s\"", story->name, step->at,
                         step->must, found);
            }
        }
        cvg_steady_done(&steady);
    }
}

static void flapping_goes_on(void **state)
{
    (void)state;
    static const struct cvg_steady_rules rules = {
        .polled = true, .interval_ns = S(15), .max_age_ns = S(60)};
    struct cvg_steady through = {0}, again = {0};
    int64_t now = S(1000);

    for (int i = 0; i < 12; i++, now += S(15)) {
        uint32_t status = i % 2 ? CVG_READY : CVG_FAILED;
        cvg_steady_observe(&through, &rules, make_reading(status, now), now);
        cvg_steady_observe(&again, &rules, make_reading(status, now), now);
    }
    restart(&again, now);
    struct cvg_steady_view view = cvg_steady_view(&again, &rules, now);
    assert_false(view.flapping); /* nothing is said of it before it is read */

    now += S(20);
    cvg_steady_observe(&through, &rules, make_reading(CVG_READY, now), now);
    cvg_steady_observe(&again, &rules, make_reading(CVG_READY, now), now);
    view = cvg_steady_view(&again, &rules, now);
    assert_string_equal(view.reason, "Flapping");
    assert_int_equal(through.flap.samples, again.flap.samples);
    assert_int_equal(through.flap.next_at, again.flap.next_at);
    assert_int_equal(through.flap.since, again.flap.since);

    /* Also where the rest begins anew. */
    restart(&again, now);
    now += S(61);
    cvg_steady_observe(&again, &rules, make_reading(CVG_READY, now), now);
    view = cvg_steady_view(&again, &rules, now);
    assert_true(view.flapping);
    cvg_steady_done(&through);
    cvg_steady_done(&again);
}

/* ---- what comes from outside ---- */

static void what_cannot_have_been_is_not_restored(void **state)
{
    (void)state;
    static const struct cvg_steady_saved good = {
        .status = CVG_READY,
        .observed_at = S(130),
        .since = S(100),
        .fresh_at = S(130),
        .ready_since = S(90),
        .flap = {.samples = 1, .count = 3, .next_at = S(140)},
    };
    struct cvg_steady_saved bad[18];
    size_t count = 0;

    for (size_t i = 0; i < CVG_COUNT(bad); i++) {
        bad[i] = good;
    }
    bad[count++].status = CVG_STATUS_COUNT;
    bad[count++].last_known = UINT32_MAX;
    bad[count++].status = CVG_FAILED; /* and rises */
    bad[count++].unready_since = S(120);
    bad[count++].ready_since = 0;
    bad[count++].since = 0;
    bad[count++].since = S(151);
    bad[count++].fresh_at = S(151);
    bad[count++].fresh_at = S(129); /* before its reading */
    bad[count++].ready_since = CVG_NEVER;
    bad[count++].last_known_since = S(151);
    bad[count++].flap.count = CVG_FLAP_SAMPLES + 1;
    bad[count++].flap.samples = UINT32_MAX;
    bad[count++].flap.since = CVG_NEVER;
    bad[count++].flap.next_at = 0;
    bad[count++].flap.next_at = INT64_MIN;
    bad[count++].ready_since = INT64_MIN;
    bad[count++].flap = (struct cvg_flap){.flapping = true};
    for (size_t i = 0; i < count; i++) {
        struct cvg_steady steady = {0};
        if (cvg_steady_restore(&steady, &bad[i], S(150))) {
            fail_msg("number %zu was restored", i);
        }
        assert_null(steady.resume);
    }
    struct cvg_steady steady = {0};
    assert_true(cvg_steady_restore(&steady, &good, S(150)));
    cvg_steady_done(&steady);
}

static void a_sample_that_is_never_due_does_not_hide_what_comes(void **state)
{
    (void)state;
    static const struct cvg_steady_rules rules = {
        .polled = true, .interval_ns = S(15), .max_age_ns = S(60)};
    struct cvg_steady_saved saved = {
        .status = CVG_FAILED,
        .observed_at = S(100),
        .since = S(100),
        .fresh_at = S(100),
        .flap = {.count = 1, .next_at = CVG_NEVER},
    };
    struct cvg_steady steady = {0};

    assert_true(cvg_steady_restore(&steady, &saved, S(110)));
    cvg_steady_observe(&steady, &rules, make_reading(CVG_READY, S(110)), S(110));
    assert_true(steady.flap.next_at <= S(125));
    cvg_steady_done(&steady);
}

static void what_was_read_already_is_not_overwritten(void **state)
{
    (void)state;
    static const struct cvg_steady_rules rules = {POLLED};
    static const struct cvg_steady_saved saved = {.status = CVG_READY,
                                                  .observed_at = S(90),
                                                  .since = S(90),
                                                  .fresh_at = S(90),
                                                  .ready_since = S(90)};
    struct cvg_steady steady = {0};

    cvg_steady_observe(&steady, &rules, make_reading(CVG_FAILED, S(100)), S(100));
    assert_false(cvg_steady_restore(&steady, &saved, S(110)));
    assert_null(steady.resume);
    cvg_steady_done(&steady);
}

/* ---- lives that are cut in two ---- */

#define LIVES  6000
#define EVENTS 60

static int64_t span(struct cvg_random *random, int64_t most)
{
    return (int64_t)cvg_random_below(random, (uint64_t)(most / CVG_MS)) * CVG_MS;
}

static struct cvg_steady_rules random_rules(struct cvg_random *random)
{
    bool polled = cvg_random_below(random, 2) == 0;
    return (struct cvg_steady_rules){
        .polled = polled,
        .interval_ns = polled ? S(1) + span(random, S(40)) : 0,
        .rise_ns = cvg_random_below(random, 4) == 0 ? 0 : span(random, S(60)),
        .fall_ns = cvg_random_below(random, 2) == 0 ? 0 : span(random, S(60)),
        .max_age_ns = S(20) + span(random, S(120)),
        .on_unknown = (enum cvg_on_unknown)cvg_random_below(random, 3),
        .keep_ns = span(random, S(200)),
    };
}

/* The same check, once without a restart. */
struct lives {
    struct cvg_steady_rules rules;
    struct cvg_steady through, again;
    bool unread; /* since the restart */
    size_t goes_on, began_anew;
};

static void compare(struct lives *lives, int64_t now)
{
    cvg_steady_advance(&lives->through, &lives->rules, now);
    cvg_steady_advance(&lives->again, &lives->rules, now);
    struct cvg_steady_view through = cvg_steady_view(&lives->through, &lives->rules, now);
    struct cvg_steady_view again = cvg_steady_view(&lives->again, &lives->rules, now);

    /* Flapping is judged on the status: who came back to ready less often flaps less. */
    if (again.status == CVG_READY && !through.flapping) {
        assert_int_equal(through.status, CVG_READY);
    }
    if (again.fresh) {
        assert_true(through.fresh);
    }
    if (lives->unread) {
        assert_int_equal(again.status, CVG_UNKNOWN);
        assert_false(again.fresh || again.kept || again.flapping);
    }
}

/* What was ready, and is read ready within max_age: at once, with its old since. */
static bool must_go_on(const struct lives *lives, uint32_t status, int64_t at, int64_t now)
{
    const struct cvg_steady_saved *saved = lives->again.resume;

    return saved && saved->status == CVG_READY && saved->unready_since == 0 &&
           status == CVG_READY && at == now && now - saved->fresh_at < lives->rules.max_age_ns;
}

static void read_both(struct lives *lives, uint32_t status, int64_t at, int64_t now)
{
    bool goes_on = must_go_on(lives, status, at, now);
    bool anew = lives->again.resume && !goes_on;
    int64_t since = goes_on ? lives->again.resume->since : 0;

    cvg_steady_observe(&lives->through, &lives->rules, make_reading(status, at), now);
    if (cvg_steady_observe(&lives->again, &lives->rules, make_reading(status, at), now)) {
        lives->unread = false;
    }
    if (goes_on) {
        assert_int_equal(lives->again.status, CVG_READY);
        assert_int_equal(lives->again.since, since);
    }
    lives->goes_on += goes_on;
    lives->began_anew += anew;
}

static void happen(struct lives *lives, struct cvg_random *random, int64_t now)
{
    int64_t late = cvg_random_below(random, 6) == 0 ? span(random, S(60)) : 0;

    if (cvg_random_below(random, 5) == 0) {
        cvg_steady_alive(&lives->through, &lives->rules, CVG_MAX(now - late, 1), now);
        cvg_steady_alive(&lives->again, &lives->rules, CVG_MAX(now - late, 1), now);
        return;
    }
    uint32_t status = cvg_random_below(random, 3) > 0
                          ? (uint32_t)CVG_READY
                          : (uint32_t)cvg_random_below(random, CVG_STATUS_COUNT);
    read_both(lives, status, CVG_MAX(now - late, 1), now);
}

static void nothing_is_ready_earlier_than_without_the_restart(void **state)
{
    (void)state;
    size_t goes_on = 0, began_anew = 0;

    for (uint64_t seed = 0; seed < LIVES; seed++) {
        struct cvg_random chance;
        cvg_random_seed(&chance, seed);
        struct lives lives = {.rules = random_rules(&chance)};
        int64_t now = S(1000);

        for (int event = 0; event < EVENTS; event++) {
            now += 1 + span(&chance, S(40));
            compare(&lives, now);
            if (cvg_random_below(&chance, 8) == 0) {
                restart(&lives.again, now);
                lives.unread = true;
                compare(&lives, now);
                continue;
            }
            happen(&lives, &chance, now);
            compare(&lives, now);
        }
        goes_on += lives.goes_on;
        began_anew += lives.began_anew;
        cvg_steady_done(&lives.through);
        cvg_steady_done(&lives.again);
    }
    assert_true(goes_on > LIVES);
    assert_true(began_anew > LIVES);
}

/* What another check names may have changed while nobody looked. */
static void other_inputs_after_a_restart_begin_anew(void **state)
{
    (void)state;
    const struct cvg_steady_rules rules = {
        .polled = true, .interval_ns = S(10), .rise_ns = S(30), .max_age_ns = S(60)};

    static const struct {
        uint64_t inputs;
        uint32_t must;
    } cases[] = {{7, CVG_READY}, {8, CVG_PROGRESSING}};

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct cvg_steady before = {0}, after = {0};
        struct cvg_steady_saved saved;
        struct cvg_reading reading = {.size = sizeof reading, .status = CVG_READY, .reason = "Up"};
        for (int at = 100; at <= 130; at += 30) {
            reading.observed_at_ns = S(at);
            cvg_steady_observe(&before, &rules, cvg_reading_keep_asked(&reading, 7, S(at)), S(at));
        }
        assert_true(cvg_steady_save(&before, &saved));
        assert_true(cvg_steady_restore(&after, &saved, S(140)));
        reading.observed_at_ns = S(141);
        cvg_steady_observe(&after, &rules,
                           cvg_reading_keep_asked(&reading, cases[i].inputs, S(141)), S(141));
        assert_int_equal(cvg_steady_view(&after, &rules, S(141)).status, cases[i].must);
        cvg_steady_done(&before);
        cvg_steady_done(&after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_inputs_after_a_restart_begin_anew),
        cmocka_unit_test(every_story_ends_as_told),
        cmocka_unit_test(flapping_goes_on),
        cmocka_unit_test(what_cannot_have_been_is_not_restored),
        cmocka_unit_test(a_sample_that_is_never_due_does_not_hide_what_comes),
        cmocka_unit_test(what_was_read_already_is_not_overwritten),
        cmocka_unit_test(nothing_is_ready_earlier_than_without_the_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
