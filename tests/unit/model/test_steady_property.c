/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the steady status over thousands of random lives of a check: looking at it in
 * between changes nothing, the same life ends the same, and what a view promises comes true.
 */
#include "base/macros.h"
#include "base/random.h"
#include "make.h"
#include "model/steady.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LIVES  3000
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

/* What happens next in a life: the same for the same state of the chance. */
static void happen(struct cvg_steady *steady, const struct cvg_steady_rules *rules,
                   struct cvg_random *random, int64_t now)
{
    int64_t late = cvg_random_below(random, 4) == 0 ? span(random, S(90)) : 0;

    if (cvg_random_below(random, 4) == 0) {
        cvg_steady_alive(steady, rules, CVG_MAX(now - late, 1), now);
        return;
    }
    /* Mostly ready, so that rises end and there is something to lose. */
    uint32_t status = cvg_random_below(random, 3) > 0
                          ? (uint32_t)CVG_READY
                          : (uint32_t)cvg_random_below(random, CVG_STATUS_COUNT);
    cvg_steady_observe(steady, rules, make_reading(status, CVG_MAX(now - late, 1)), now);
}

static void assert_same_flap(const struct cvg_flap *a, const struct cvg_flap *b)
{
    assert_int_equal(a->samples, b->samples);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->next_at, b->next_at);
    assert_int_equal(a->since, b->since);
    assert_int_equal(a->flapping, b->flapping);
}

static void assert_same(const struct cvg_steady *a, const struct cvg_steady *b)
{
    assert_int_equal(a->fresh_at, b->fresh_at);
    assert_int_equal(a->ready_since, b->ready_since);
    assert_int_equal(a->unready_since, b->unready_since);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->since, b->since);
    assert_int_equal(a->stale, b->stale);
    assert_int_equal(a->last_known, b->last_known);
    assert_int_equal(a->last_known_since, b->last_known_since);
    assert_int_equal(a->advanced_to, b->advanced_to);
    assert_same_flap(&a->flap, &b->flap);
}

static void assert_same_view(const struct cvg_steady_view *a, const struct cvg_steady_view *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->reason, b->reason);
    assert_int_equal(a->since, b->since);
    assert_int_equal(a->fresh, b->fresh);
    assert_int_equal(a->kept, b->kept);
    assert_int_equal(a->flapping, b->flapping);
    assert_int_equal(a->falling, b->falling);
    assert_int_equal(a->rising, b->rising);
}

static void looking_in_between_changes_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < LIVES; seed++) {
        struct cvg_random chance, same_chance, looks;
        cvg_random_seed(&chance, seed);
        cvg_random_seed(&looks, seed + LIVES);
        struct cvg_steady_rules rules = random_rules(&chance);
        same_chance = chance;
        struct cvg_steady once = {0}, often = {0};
        int64_t now = S(1000);

        for (int event = 0; event < EVENTS; event++) {
            int64_t next = now + 1 + span(&looks, S(50));
            while (cvg_random_below(&looks, 4) > 0 && now < next) {
                now += 1 + span(&looks, S(20));
                now = CVG_MIN(now, next);
                cvg_steady_advance(&often, &rules, now);
            }
            now = next;
            happen(&once, &rules, &chance, now);
            happen(&often, &rules, &same_chance, now);
            assert_same(&once, &often);
        }
        cvg_steady_done(&once);
        cvg_steady_done(&often);
    }
}

/* next_change_at: nothing that people see changes before, and something changes then. */
static void a_view_holds_until_its_next_change_and_no_longer(void **state)
{
    (void)state;
    size_t changes = 0;

    for (uint64_t seed = 0; seed < LIVES; seed++) {
        struct cvg_random chance;
        cvg_random_seed(&chance, seed);
        struct cvg_steady_rules rules = random_rules(&chance);
        struct cvg_steady steady = {0};
        int64_t now = S(1000);

        for (int event = 0; event < EVENTS; event++) {
            now += 1 + span(&chance, S(50));
            happen(&steady, &rules, &chance, now);
            struct cvg_steady_view view = cvg_steady_view(&steady, &rules, now);
            assert_true(view.next_change_at > now);
            if (view.next_change_at == CVG_NEVER || view.next_change_at - now > S(600)) {
                continue;
            }
            struct cvg_steady ahead = steady;
            cvg_steady_advance(&ahead, &rules, view.next_change_at - 1);
            struct cvg_steady_view before =
                cvg_steady_view(&ahead, &rules, view.next_change_at - 1);
            assert_same_view(&view, &before);
            cvg_steady_advance(&ahead, &rules, view.next_change_at);
            struct cvg_steady_view after = cvg_steady_view(&ahead, &rules, view.next_change_at);
            assert_true(view.status != after.status || strcmp(view.reason, after.reason) != 0 ||
                        view.fresh != after.fresh || view.kept != after.kept ||
                        view.flapping != after.flapping || view.expires_at != after.expires_at);
            changes++;
        }
        cvg_steady_done(&steady);
    }
    assert_true(changes > LIVES);
}

/* Ready is never shown before earliest_ready_at had said so, with readings on time or without. */
static void nothing_is_ready_before_its_earliest_time(void **state)
{
    (void)state;
    size_t kept_promises = 0;

    for (uint64_t seed = 0; seed < LIVES; seed++) {
        struct cvg_random chance;
        cvg_random_seed(&chance, seed);
        struct cvg_steady_rules rules = random_rules(&chance);
        struct cvg_steady steady = {0};
        int64_t now = S(1000);

        for (int event = 0; event < EVENTS; event++) {
            now += 1 + span(&chance, S(50));
            happen(&steady, &rules, &chance, now);
        }
        struct cvg_steady_view view = cvg_steady_view(&steady, &rules, now);
        int64_t promised = view.earliest_ready_at;
        int64_t step = rules.polled ? rules.interval_ns : S(1);
        /* Told elsewhere: keep ends a dwell early, late evidence is dated back, and what expires
         * between its readings never goes well. */
        bool simple = rules.max_age_ns > rules.interval_ns &&
                      rules.on_unknown != CVG_ON_UNKNOWN_KEEP && steady.fresh_at == now;
        for (int i = 1; simple && view.status != CVG_READY && i < 400; i++) {
            now += step;
            cvg_steady_observe(&steady, &rules, make_reading(CVG_READY, now), now);
            view = cvg_steady_view(&steady, &rules, now);
            if (view.status == CVG_READY) {
                assert_true(now >= promised);
                kept_promises++;
            }
        }
        cvg_steady_done(&steady);
    }
    assert_true(kept_promises > LIVES / 20);
}

static void kept_and_unknown_are_never_fresh(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < LIVES; seed++) {
        struct cvg_random chance;
        cvg_random_seed(&chance, seed);
        struct cvg_steady_rules rules = random_rules(&chance);
        struct cvg_steady steady = {0};
        int64_t now = S(1000);

        for (int event = 0; event < EVENTS; event++) {
            now += 1 + span(&chance, S(50));
            happen(&steady, &rules, &chance, now);
            struct cvg_steady_view view = cvg_steady_view(&steady, &rules, now);
            assert_false(view.fresh && (view.kept || view.status == CVG_UNKNOWN));
            assert_false(view.fresh && now - view.observed_at >= rules.max_age_ns);
            assert_true(view.since <= now);
        }
        cvg_steady_done(&steady);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_in_between_changes_nothing),
        cmocka_unit_test(a_view_holds_until_its_next_change_and_no_longer),
        cmocka_unit_test(nothing_is_ready_before_its_earliest_time),
        cmocka_unit_test(kept_and_unknown_are_never_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
