/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fold. A check is drawn as a short text, an environment as a list of them:
 *
 *   "ready"  status of a required, observed, fresh check
 *   "~"      not fresh          "?"  on_unknown: ignore      "o"  optional (required: false)
 *   "d"      on the declared plane                           "@c" of component c
 *   "*5"     weight 5           "+40"  since second 40
 */
#include "base/alloc.h"
#include "base/macros.h"
#include "base/random.h"
#include "base/text.h"
#include "make.h"
#include "model/readiness.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW  S(100)
#define MOST 17

struct environment {
    struct cvg_check_rules rules[MOST];
    struct cvg_check_view checks[MOST];
    char words[MOST][32];
    size_t count;
};

static uint32_t status_of(const char *text)
{
    for (uint32_t status = 0; status < CVG_STATUS_COUNT; status++) {
        if (strcmp(cvg_status_text(status), text) == 0) {
            return status;
        }
    }
    fail_msg("no status '%s'", text);
    return CVG_UNKNOWN;
}

static int64_t number_of(const char *text)
{
    int64_t number = 0;
    assert_int_equal(cvg_parse_int64(text, strlen(text), &number), 0);
    return number;
}

static void draw_mark(struct cvg_check_rules *rules, struct cvg_check_view *check, const char *mark)
{
    switch (*mark) {
    case '~':
        check->steady.fresh = false;
        break;
    case '?':
        rules->steady.on_unknown = CVG_ON_UNKNOWN_IGNORE;
        break;
    case 'o':
        rules->required = false;
        break;
    case 'd':
        rules->plane = CVG_DECLARED;
        break;
    case '@':
        rules->component = mark + 1;
        break;
    case '*':
        rules->weight = (double)number_of(mark + 1);
        break;
    case '+':
        check->steady.since = S(number_of(mark + 1));
        break;
    default:
        fail_msg("no mark '%s'", mark);
    }
}

static void draw_check(struct environment *environment, const char *text)
{
    size_t index = environment->count++;
    assert_true(index < MOST);
    struct cvg_check_rules *rules = &environment->rules[index];
    struct cvg_check_view *check = &environment->checks[index];
    char *words = environment->words[index];
    (void)snprintf(words, sizeof environment->words[index], "%s", text);
    char *rest = strchr(words, ' ');
    if (rest) {
        *rest++ = '\0';
    }
    uint32_t status = status_of(words);
    *rules = (struct cvg_check_rules){.name = "check", .required = true, .weight = 1};
    *check = (struct cvg_check_view){
        .rules = rules,
        .steady = {.status = status,
                   .reason = "Any",
                   .fresh = status != CVG_UNKNOWN,
                   .since = S(50),
                   .next_change_at = NOW + S(10 + (int)index)},
    };
    while (rest) {
        char *next = strchr(rest, ' ');
        if (next) {
            *next++ = '\0';
        }
        draw_mark(rules, check, rest);
        rest = next;
    }
}

static void draw(struct environment *environment, const char *const *texts)
{
    *environment = (struct environment){.count = 0};
    for (; *texts; texts++) {
        draw_check(environment, *texts);
    }
}

static void the_phase_is_the_worst_of_the_required_checks(void **state)
{
    (void)state;

    static const struct {
        const char *checks[6];
        const char *phase;
        size_t ready, of;
    } cases[] = {
        {{"ready", "ready"}, "ready", 2, 2},
        {{"ready", "progressing"}, "converging", 1, 2},
        {{"ready", "progressing", "degraded"}, "degraded", 1, 3},
        {{"ready", "degraded", "unknown"}, "unknown", 1, 3},
        {{"ready", "degraded", "unknown", "failed"}, "failed", 1, 4},
        /* Never ready on nothing. */
        {{NULL}, "unknown", 0, 0},
        {{"ready ~"}, "unknown", 1, 1},
        {{"ready ~", "ready"}, "ready", 2, 2},
        {{"unknown ?"}, "unknown", 0, 1},
        {{"unknown ?", "ready"}, "ready", 1, 2},
        {{"unknown ?", "ready ~"}, "unknown", 1, 2},
        /* Ignoring is for unknown alone. */
        {{"failed ?", "ready"}, "failed", 1, 2},
        /* Optional checks neither hold nor open. */
        {{"ready o"}, "unknown", 0, 0},
        {{"failed o", "ready"}, "ready", 1, 1},
        {{"ready o", "ready ~"}, "unknown", 1, 1},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct environment environment;
        struct cvg_readiness readiness;
        struct cvg_arena *arena = cvg_arena_new();
        draw(&environment, cases[i].checks);
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &readiness);
        if (strcmp(cvg_phase_text(readiness.phase), cases[i].phase) != 0) {
            fail_msg("case %zu: must be %s, is %s", i, cases[i].phase,
                     cvg_phase_text(readiness.phase));
        }
        assert_int_equal(readiness.ready, cases[i].ready);
        assert_int_equal(readiness.of, cases[i].of);
        assert_int_equal(readiness.at, NOW);
        cvg_arena_free(arena);
    }
}

static void score_is_the_weight_of_ready_checks(void **state)
{
    (void)state;

    static const struct {
        const char *checks[4];
        double score;
    } cases[] = {
        {{NULL}, 0},
        {{"ready", "ready"}, 1},
        {{"ready *3", "failed"}, 0.75},
        {{"ready o", "failed"}, 0.5}, /* all checks count, not only required ones */
        {{"progressing", "unknown ?"}, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct environment environment;
        struct cvg_readiness readiness;
        struct cvg_arena *arena = cvg_arena_new();
        draw(&environment, cases[i].checks);
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &readiness);
        assert_true(readiness.score == cases[i].score);
        cvg_arena_free(arena);
    }
}

static void planes_and_the_lag_between_them(void **state)
{
    (void)state;

    static const struct {
        const char *checks[5];
        bool false_green, has_lag, lag_open;
        int lag_s;
    } cases[] = {
        /* Declared at 40, observed at 55: it took 15 s. */
        {{"ready d +40", "ready +55"}, false, true, false, 15},
        /* The last of each plane counts. */
        {{"ready d +30", "ready d +40", "ready +70", "ready +55"}, false, true, false, 30},
        /* Not there yet: 60 s so far, and the classic false green. */
        {{"ready d +40", "progressing"}, true, true, true, 60},
        {{"ready d +40", "ready", "unknown"}, true, true, true, 60},
        /* Observed was never away. */
        {{"ready d +40", "ready +20"}, false, true, false, 0},
        /* No lag without a declaration, or with nothing that could observe it. */
        {{"progressing d", "progressing"}, false, false, false, 0},
        {{"ready d +40"}, false, false, false, 0},
        {{"ready +40"}, false, false, false, 0},
        {{"ready d +40", "ready o"}, false, false, false, 0},
        /* Ignored unknown checks hold no plane back. */
        {{"ready d +40", "ready +55", "unknown ?"}, false, true, false, 15},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct environment environment;
        struct cvg_readiness readiness;
        struct cvg_arena *arena = cvg_arena_new();
        draw(&environment, cases[i].checks);
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &readiness);
        if (readiness.declared_not_observed != cases[i].false_green ||
            readiness.has_lag != cases[i].has_lag || readiness.lag_open != cases[i].lag_open ||
            readiness.lag_ns != S(cases[i].lag_s)) {
            fail_msg("case %zu: false green %d, lag %d open %d of %lld ns", i,
                     readiness.declared_not_observed, readiness.has_lag, readiness.lag_open,
                     (long long)readiness.lag_ns);
        }
        cvg_arena_free(arena);
    }
}

static void components_are_folded_by_themselves_and_the_bare_ones_show(void **state)
{
    (void)state;
    static const char *const checks[] = {
        "ready @web d", "ready @web", "progressing @db", "failed", "ready @cache o", NULL,
    };
    struct environment environment;
    struct cvg_readiness readiness;
    struct cvg_arena *arena = cvg_arena_new();

    draw(&environment, checks);
    cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &readiness);

    assert_int_equal(readiness.phase, CVG_PHASE_FAILED);
    assert_int_equal(readiness.component_count, 3);
    const struct cvg_component_view *cache = &readiness.components[0];
    const struct cvg_component_view *db = &readiness.components[1];
    const struct cvg_component_view *web = &readiness.components[2];
    assert_string_equal(cache->name, "cache");
    assert_string_equal(db->name, "db");
    assert_string_equal(web->name, "web");

    assert_int_equal(web->phase, CVG_PHASE_READY);
    assert_int_equal(web->ready, 2);
    assert_int_equal(web->planes[CVG_DECLARED].of, 1);
    assert_int_equal(db->phase, CVG_PHASE_CONVERGING);
    assert_int_equal(cache->phase, CVG_PHASE_UNKNOWN); /* nothing required to go by */
    assert_int_equal(cache->of, 0);

    assert_true(web->covered[CVG_DECLARED] && web->covered[CVG_OBSERVED]);
    assert_true(db->covered[CVG_OBSERVED]);
    assert_false(db->covered[CVG_DECLARED]);
    assert_true(cache->covered[CVG_OBSERVED]);
    assert_int_equal(readiness.covered, 4);
    assert_int_equal(readiness.coverable, 6);
    cvg_arena_free(arena);
}

static void the_next_change_is_the_earliest_of_the_checks(void **state)
{
    (void)state;
    struct environment environment;
    struct cvg_readiness readiness;
    struct cvg_arena *arena = cvg_arena_new();

    draw(&environment, (const char *const[]){"ready", "ready", NULL});
    cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &readiness);
    assert_int_equal(readiness.next_change_at, NOW + S(10));
    cvg_readiness_fold(environment.checks, 0, NOW, arena, &readiness);
    assert_true(readiness.next_change_at == CVG_NEVER);
    cvg_arena_free(arena);
}

static void draw_by_chance(struct cvg_random *random, struct environment *environment)
{
    static const char *const components[] = {NULL, "a", "b", "c"};

    *environment = (struct environment){.count = cvg_random_below(random, MOST - 1)};
    for (size_t i = 0; i < environment->count; i++) {
        uint32_t status = (uint32_t)cvg_random_below(random, 2) == 0
                              ? (uint32_t)CVG_READY
                              : (uint32_t)cvg_random_below(random, CVG_STATUS_COUNT);
        environment->rules[i] = (struct cvg_check_rules){
            .name = "check",
            .required = cvg_random_below(random, 3) > 0,
            .plane = (uint32_t)cvg_random_below(random, CVG_PLANE_COUNT),
            .component = components[cvg_random_below(random, CVG_COUNT(components))],
            .weight = 0.1 * (double)(1 + cvg_random_below(random, 30)),
            .steady.on_unknown = (enum cvg_on_unknown)cvg_random_below(random, 2),
        };
        environment->checks[i] = (struct cvg_check_view){
            .rules = &environment->rules[i],
            .steady = {.status = status,
                       .fresh = status != CVG_UNKNOWN && cvg_random_below(random, 2) == 0,
                       .since = S(1 + (int64_t)cvg_random_below(random, 90)),
                       .next_change_at = NOW + 1 + (int64_t)cvg_random_below(random, 1000)},
        };
    }
}

static void assert_same_readiness(const struct cvg_readiness *a, const struct cvg_readiness *b)
{
    assert_int_equal(a->phase, b->phase);
    assert_true(a->score == b->score); /* to the last bit */
    assert_int_equal(a->ready, b->ready);
    assert_int_equal(a->of, b->of);
    assert_memory_equal(a->planes, b->planes, sizeof a->planes);
    assert_int_equal(a->declared_not_observed, b->declared_not_observed);
    assert_int_equal(a->has_lag, b->has_lag);
    assert_int_equal(a->lag_open, b->lag_open);
    assert_int_equal(a->lag_ns, b->lag_ns);
    assert_int_equal(a->covered, b->covered);
    assert_int_equal(a->coverable, b->coverable);
    assert_int_equal(a->next_change_at, b->next_change_at);
    assert_int_equal(a->component_count, b->component_count);
    for (size_t i = 0; i < a->component_count; i++) {
        assert_string_equal(a->components[i].name, b->components[i].name);
        assert_int_equal(a->components[i].phase, b->components[i].phase);
        assert_int_equal(a->components[i].ready, b->components[i].ready);
        assert_int_equal(a->components[i].of, b->components[i].of);
        assert_memory_equal(a->components[i].planes, b->components[i].planes,
                            sizeof a->components[i].planes);
        assert_memory_equal(a->components[i].covered, b->components[i].covered,
                            sizeof a->components[i].covered);
    }
}

static void the_order_of_checks_does_not_matter(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct cvg_random random;
        struct environment environment;
        struct cvg_readiness before, after;
        struct cvg_arena *arena = cvg_arena_new();

        cvg_random_seed(&random, seed);
        draw_by_chance(&random, &environment);
        struct cvg_check_view shuffled[MOST];
        memcpy(shuffled, environment.checks, sizeof shuffled);
        for (size_t i = environment.count; i > 1; i--) {
            size_t other = cvg_random_below(&random, i);
            struct cvg_check_view moved = shuffled[i - 1];
            shuffled[i - 1] = shuffled[other];
            shuffled[other] = moved;
        }
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &before);
        cvg_readiness_fold(shuffled, environment.count, NOW, arena, &after);
        assert_same_readiness(&before, &after);
        cvg_arena_free(arena);
    }
}

static void an_optional_check_never_changes_the_phase(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct cvg_random random;
        struct environment environment;
        struct cvg_readiness before, after;
        struct cvg_arena *arena = cvg_arena_new();

        cvg_random_seed(&random, seed);
        draw_by_chance(&random, &environment);
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &before);
        draw_check(&environment, "failed o");
        environment.checks[environment.count - 1].steady.status = (uint32_t)(seed % 5);
        cvg_readiness_fold(environment.checks, environment.count, NOW, arena, &after);
        assert_int_equal(before.phase, after.phase);
        assert_int_equal(before.of, after.of);
        assert_int_equal(before.lag_ns, after.lag_ns);
        cvg_arena_free(arena);
    }
}

static void folding_many_checks_takes_linear_time(void **state)
{
    (void)state;

    enum {
        MANY = 100000
    };
    struct cvg_check_rules *rules = cvg_alloc_array(MANY, sizeof *rules);
    struct cvg_check_view *checks = cvg_alloc_array(MANY, sizeof *checks);
    char(*names)[16] = cvg_alloc_array(MANY, sizeof *names);
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_readiness readiness;

    /* As many components as checks: pairwise comparison would need minutes. */
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(names[i], sizeof names[i], "c%zu", i);
        rules[i] = (struct cvg_check_rules){
            .name = names[i], .component = names[i], .required = true, .weight = 1};
        checks[i] = (struct cvg_check_view){
            .rules = &rules[i], .steady = {.status = CVG_READY, .fresh = true, .since = 1}};
    }
    int64_t start = cvg_time_thread_cpu();
    cvg_readiness_fold(checks, MANY, NOW, arena, &readiness);
    assert_true(cvg_time_thread_cpu() - start < S(5));
    assert_int_equal(readiness.component_count, MANY);
    assert_int_equal(readiness.phase, CVG_PHASE_READY);

    cvg_arena_free(arena);
    free(names);
    free(checks);
    free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_phase_is_the_worst_of_the_required_checks),
        cmocka_unit_test(score_is_the_weight_of_ready_checks),
        cmocka_unit_test(planes_and_the_lag_between_them),
        cmocka_unit_test(components_are_folded_by_themselves_and_the_bare_ones_show),
        cmocka_unit_test(the_next_change_is_the_earliest_of_the_checks),
        cmocka_unit_test(the_order_of_checks_does_not_matter),
        cmocka_unit_test(an_optional_check_never_changes_the_phase),
        cmocka_unit_test(folding_many_checks_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
