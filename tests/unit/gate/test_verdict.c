/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts. The first table is the specification of when a gate opens; how a check is drawn
 * stands in draw.h.
 */
#include "base/buf.h"
#include "base/macros.h"
#include "base/random.h"
#include "base/text.h"
#include "draw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct judgement {
    const char *checks[7];
    const char *must; /* verdict, "unknown", and the reasons in order as check:Code:severity */
};

static void describe(const struct cvg_decision *decision, struct cvg_buf *ret)
{
    cvg_buf_clear(ret);
    cvg_buf_puts(ret, cvg_verdict_text(decision->verdict));
    cvg_buf_puts(ret, decision->unknown ? " unknown" : "");
    for (size_t i = 0; i < decision->reason_count; i++) {
        const struct cvg_reason *reason = &decision->reasons[i];
        cvg_buf_printf(ret, " %s:%s:%s", reason->check, reason->code,
                       cvg_verdict_text(reason->severity));
    }
}

static void assert_judged(const struct judgement *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
        struct drawing drawing;
        draw(&drawing, cases[i].checks);
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        describe(&decision, &found);
        if (strcmp(cvg_buf_text(&found), cases[i].must) != 0) {
            fail_msg("case %zu (%s): must be \"%s\", is \"%s\"", i,
                     cases[i].checks[0] ? cases[i].checks[0] : "no check", cases[i].must,
                     cvg_buf_text(&found));
        }
        draw_done(&drawing);
    }
}

static void each_status_does_what_the_rules_of_its_check_say(void **state)
{
    (void)state;
    static const struct judgement cases[] = {
        {{"a ready"}, "go"},
        {{"a ready", "b ready"}, "go"},
        {{"a ready", "b progressing"}, "wait b:AsRead:wait"},
        {{"a ready", "b progressing rising12"}, "wait b:Rising:wait"},
        {{"a ready", "b progressing flapping"}, "wait b:Flapping:wait"},

        {{"a ready", "b degraded"}, "wait b:AsRead:wait"},
        {{"a ready", "b degraded go"}, "go b:DegradedAllowed:go"},

        {{"a ready", "b unknown"}, "wait unknown b:CannotTell:wait"},
        {{"a ready", "b unknown stale"}, "wait unknown b:Stale:wait"},
        {{"a ready", "b unknown ?"}, "go b:UnknownIgnored:go"},

        {{"a ready", "b failed"}, "wait b:AsRead:wait"},
        {{"a ready", "b failed halt"}, "halt b:AsRead:halt"},
        {{"a ready", "b failed halt30 +71"}, "wait b:AsRead:wait"},
        {{"a ready", "b failed halt30 +70"}, "halt b:AsRead:halt"},

        {{"a ready", "b ready falling"}, "go b:Falling:go"},
        {{"a ready", "b failed o"}, "go"},
    };
    assert_judged(cases, CVG_COUNT(cases));
}

static void never_go_without_a_check_that_is_fresh_and_ready(void **state)
{
    (void)state;
    static const struct judgement cases[] = {
        {{NULL}, "wait unknown :NothingFresh:wait"},
        {{"a ready ~"}, "wait unknown :NothingFresh:wait"},
        {{"a ready kept"}, "wait unknown :NothingFresh:wait a:StatusKept:go"},
        {{"a ready kept", "b ready kept"},
         "wait unknown :NothingFresh:wait a:StatusKept:go b:StatusKept:go"},
        /* All are ignored: nobody objects, and nobody agrees. */
        {{"a unknown ?", "b unknown ?"},
         "wait unknown :NothingFresh:wait a:UnknownIgnored:go b:UnknownIgnored:go"},
        /* A degraded check may pass, but it is not ready. */
        {{"a degraded go"}, "wait unknown :NothingFresh:wait a:DegradedAllowed:go"},
        /* Falling because it became unknown: still ready, and no longer fresh. */
        {{"a ready falling ~"}, "wait unknown :NothingFresh:wait a:Falling:go"},
        /* An optional check is nobody's consent. */
        {{"a ready o", "b ready ~"}, "wait unknown :NothingFresh:wait"},
        /* One is enough. */
        {{"a unknown ?", "b ready", "c ready kept"}, "go a:UnknownIgnored:go c:StatusKept:go"},
    };
    assert_judged(cases, CVG_COUNT(cases));
}

static void unknown_never_opens_and_never_halts(void **state)
{
    (void)state;
    static const struct judgement cases[] = {
        {{"a ready", "b unknown halt"}, "wait unknown b:CannotTell:wait"},
        {{"a ready", "b unknown halt30 +1"}, "wait unknown b:CannotTell:wait"},
        {{"a ready", "b unknown go"}, "wait unknown b:CannotTell:wait"},
        /* Kept as failed: 20 s of failing were seen, the rest was not. */
        {{"a ready", "b failed kept halt30 +70"}, "wait b:StatusKept:wait"},
        {{"a ready", "b failed kept halt30 +60"}, "halt b:StatusKept:halt"},
        /* The flag says "cannot tell"; a halt can be told. */
        {{"a unknown", "b failed halt"}, "halt b:AsRead:halt a:CannotTell:wait"},
    };
    assert_judged(cases, CVG_COUNT(cases));
}

static void the_worst_wins_and_stands_first(void **state)
{
    (void)state;
    static const struct judgement cases[] = {
        {{"a degraded go", "b progressing", "c failed halt", "d ready", "e unknown",
          "f failed halt"},
         "halt c:AsRead:halt f:AsRead:halt b:AsRead:wait e:CannotTell:wait a:DegradedAllowed:go"},
        {{"a unknown", "b progressing"}, "wait unknown a:CannotTell:wait b:AsRead:wait"},
    };
    assert_judged(cases, CVG_COUNT(cases));
}

static void a_readiness_that_time_has_changed_does_not_go(void **state)
{
    (void)state;
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
    struct drawing drawing;

    draw(&drawing, (const char *const[]){"a ready until130", "b unknown ? until120", NULL});
    struct cvg_decision decision = draw_judge(&drawing, S(130) - 1);
    assert_int_equal(decision.verdict, CVG_GO); /* what is ignored may change */
    decision = draw_judge(&drawing, S(130));
    describe(&decision, &found);
    assert_string_equal(cvg_buf_text(&found),
                        "wait unknown :DecisionStale:wait b:UnknownIgnored:go");
    assert_int_equal(decision.next_change_at, S(130));
    draw_done(&drawing);
}

static void reasons_say_what_was_expected_and_observed_and_since_when(void **state)
{
    (void)state;
    static const char *const checks[] = {"web progressing rising12 +88 from118",
                                         "net failed +40 halt90",
                                         "tls unknown stale",
                                         "dns unknown",
                                         "db ready kept until390",
                                         NULL};
    static const struct cvg_reading behind = {.size = sizeof behind,
                                              .status = CVG_FAILED,
                                              .reason = "SerialBehind",
                                              .message = "the state has not been applied",
                                              .expected = "42",
                                              .observed = "41"};
    struct drawing drawing;

    draw(&drawing, checks);
    draw_reading(&drawing, 1, &behind);
    drawing.checks[3].steady.observed_at = 0;
    struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
    assert_int_equal(decision.reason_count, 5);
    const struct cvg_reason *web = &decision.reasons[0];
    const struct cvg_reason *net = &decision.reasons[1];
    const struct cvg_reason *tls = &decision.reasons[2];
    const struct cvg_reason *dns = &decision.reasons[3];
    const struct cvg_reason *db = &decision.reasons[4];

    assert_string_equal(web->expected, "ready for 30s");
    assert_string_equal(web->observed, "ready for 12s");
    assert_string_equal(web->message, "ready for 12s of 30s");
    assert_int_equal(web->since, S(88));
    assert_int_equal(web->until, S(118));

    assert_string_equal(net->expected, "42");
    assert_string_equal(net->observed, "41");
    assert_string_equal(net->message, "the state has not been applied");
    assert_int_equal(net->until, S(130)); /* it halts then */

    assert_string_equal(tls->expected, "evidence of the last 1m");
    assert_string_equal(tls->observed, "none for 5s");
    assert_string_equal(tls->message, "no evidence for 5s, it counts for 1m");

    assert_string_equal(dns->expected, "a first reading");
    assert_string_equal(dns->message, "not read yet");

    assert_string_equal(db->message,
                        "unknown for 10s, counted as ready for at most 5m: ready (AsRead)");
    assert_int_equal(db->until, S(390));
    draw_done(&drawing);
}

static void sentences_are_for_people(void **state)
{
    (void)state;

    static const struct {
        const char *checks[7];
        const char *summary, *progress;
        uint32_t percent;
    } cases[] = {
        {{"a ready"}, "the check is ready", "1 of 1 check ready", 100},
        {{"a ready", "b ready"}, "all 2 checks are ready", "2 of 2 checks ready", 100},
        {{"a ready", "b unknown ?", "c degraded go"},
         "1 of 3 checks are ready, despite b (UnknownIgnored), c (DegradedAllowed)",
         "1 of 3 checks ready",
         100},
        {{"a ready", "b unknown ?", "c unknown ?", "d unknown ?", "e unknown ?"},
         "1 of 5 checks are ready, despite b (UnknownIgnored), c (UnknownIgnored), "
         "d (UnknownIgnored) and 1 more",
         "1 of 5 checks ready",
         100},
        {{"db ready", "api progressing rising12"},
         "api: ready for 12s of 30s",
         "1 of 2 checks ready, api ready for 12s of 30s",
         85},
        {{"a progressing rising25", "b progressing rising12", "c failed halt"},
         "c: failed (AsRead) (and 2 more)",
         "0 of 3 checks ready, b ready for 12s of 30s",
         53},
        {{"a failed"}, "a: failed (AsRead)", "0 of 1 check ready", 0},
        {{"a progressing flapping"},
         "a: ready, but it came and went too often of late",
         "0 of 1 check ready, a flapping",
         0},
        {{"a progressing flapping", "b progressing rising12", "c progressing rising25"},
         "a: ready, but it came and went too often of late (and 2 more)",
         "0 of 3 checks ready, b ready for 12s of 30s",
         53},
        /* Never 100 but on go. */
        {{"a ready ~"},
         "no check is both ready and freshly read, so there is nothing to go by",
         "1 of 1 check ready",
         99},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct drawing drawing;
        draw(&drawing, cases[i].checks);
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        assert_string_equal(decision.summary, cases[i].summary);
        assert_string_equal(decision.progress, cases[i].progress);
        assert_int_equal(decision.percent, cases[i].percent);
        draw_done(&drawing);
    }
}

static void a_check_that_is_on_its_way_counts_half_of_its_way(void **state)
{
    (void)state;

    static const struct {
        uint64_t done, total;
        const char *check;
        uint32_t percent;
    } cases[] = {
        {0, 0, "a progressing", 0},
        {1, 4, "a progressing", 12},
        {4, 4, "a progressing", 50},
        {4, 4, "a progressing ~", 0},         /* what it said is old */
        {4, 4, "a failed", 0},                /* and failing leads nowhere */
        {4, 4, "a progressing rising12", 70}, /* 50, and 12 of 30 s */
        {4, 4, "a progressing rising30", 99}, /* 100 is for go alone */
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct drawing drawing;
        draw(&drawing, (const char *const[]){cases[i].check, NULL});
        draw_reading(&drawing, 0,
                     &(struct cvg_reading){.size = sizeof(struct cvg_reading),
                                           .status = CVG_PROGRESSING,
                                           .reason = "Moving",
                                           .done = cases[i].done,
                                           .total = cases[i].total});
        assert_int_equal(draw_judge(&drawing, DRAW_NOW).percent, cases[i].percent);
        draw_done(&drawing);
    }
}

static void words_for_verdicts(void **state)
{
    (void)state;
    assert_string_equal(cvg_verdict_text(CVG_GO), "go");
    assert_string_equal(cvg_verdict_text(CVG_ROLLBACK), "rollback");
    assert_string_equal(cvg_verdict_text(99), "wait"); /* what does not exist opens nothing */
    assert_true(CVG_ROLLBACK > CVG_HALT && CVG_HALT > CVG_WAIT && CVG_WAIT > CVG_GO);
}

static void a_long_message_leaves_the_summary_short(void **state)
{
    (void)state;
    char message[900];
    memset(message, 'm', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    struct cvg_reading reading = {
        .size = sizeof reading, .status = CVG_FAILED, .reason = "Long", .message = message};

    for (size_t count = 1; count <= 2; count++) {
        struct drawing drawing;
        draw(&drawing, (const char *const[]){"a failed", count > 1 ? "b failed" : NULL, NULL});
        draw_reading(&drawing, 0, &reading);
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        assert_true(strlen(decision.summary) < 256);
        assert_true(cvg_text_ends(decision.summary, count > 1 ? "... (and 1 more)" : "..."));
        draw_done(&drawing);
    }
}

static void times_of_a_decision(void **state)
{
    (void)state;

    static const struct {
        const char *checks[4];
        int valid_until, next_change, evidence;
    } cases[] = {
        /* A go rests on its evidence, and on nothing that is ignored. */
        {{"a ready until155", "b ready until300"}, 130, 155, 95},
        {{"a ready until110", "b ready until300"}, 110, 110, 95},
        {{"a ready until300", "b unknown ? until105"}, 130, 300, 95},
        /* A wait ends at the soonest when the last of what holds it can be ready. */
        {{"a ready", "b progressing from120", "c degraded from140"}, 130, 140, 95},
        /* Or it becomes a halt. */
        {{"a ready", "b failed halt60 +50 from200"}, 130, 110, 95},
        {{"a unknown from130"}, 130, 130, 0},
        /* Nothing fresh: the next reading (10 s after that of 95) may bring it. */
        {{"a ready kept"}, 130, 105, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct drawing drawing;
        draw(&drawing, cases[i].checks);
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        assert_int_equal(decision.decided_at, DRAW_NOW);
        assert_int_equal(decision.valid_until, S(cases[i].valid_until));
        assert_int_equal(decision.next_change_at, S(cases[i].next_change));
        assert_int_equal(decision.evidence_at, S(cases[i].evidence));
        draw_done(&drawing);
    }
}

static void retry_after_is_spread_over_1_to_30_s_after_the_change(void **state)
{
    (void)state;

    static const struct {
        const char *check;
        uint32_t least, most;
    } cases[] = {{"a progressing from100", 1, 2},
                 {"a progressing from101", 1, 2},
                 {"a progressing from108", 8, 11},
                 {"a progressing from128", 24, 30},
                 {"a progressing from500", 24, 30}};
    static const struct cvg_subject nobody = {.app = "", .revision = ""};

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        uint32_t least = UINT32_MAX, most = 0;
        struct drawing drawing;
        draw(&drawing, (const char *const[]){cases[i].check, NULL});
        for (uint64_t jitter = 0; jitter < 100; jitter++) {
            struct cvg_decision decision;
            cvg_gate_judge(&drawing.readiness, &drawing.policy, &nobody, DRAW_NOW, jitter,
                           drawing.arena, &decision);
            least = CVG_MIN(least, decision.retry_after_s);
            most = CVG_MAX(most, decision.retry_after_s);
        }
        assert_int_equal(least, cases[i].least);
        assert_int_equal(most, cases[i].most);
        draw_done(&drawing);
    }
}

static void a_stale_decision_is_a_wait_whatever_it_was(void **state)
{
    (void)state;
    static const char *const checks[] = {"a ready", "a failed", "a failed halt", "a unknown"};

    for (size_t i = 0; i < CVG_COUNT(checks); i++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
        struct cvg_decision stale;
        struct drawing drawing;
        draw(&drawing, (const char *const[]){checks[i], NULL});
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        cvg_gate_stale(&decision, drawing.arena, &stale);
        describe(&stale, &found);
        assert_string_equal(cvg_buf_text(&found), "wait unknown :DecisionStale:wait");
        assert_in_range(stale.percent, 0, 99);
        assert_in_range(stale.retry_after_s, 1, 30);
        assert_int_equal(stale.decided_at, decision.decided_at);
        draw_done(&drawing);
    }
}

static void what_cannot_be_recorded_is_a_wait_that_says_why(void **state)
{
    (void)state;
    static const char *const checks[] = {"a ready", "a failed", "a failed halt", "a unknown"};
    char long_why[2000];

    memset(long_why, 'x', sizeof(long_why) - 1);
    long_why[sizeof(long_why) - 1] = '\0';
    for (size_t i = 0; i < CVG_COUNT(checks); i++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
        struct cvg_decision unrecorded;
        struct drawing drawing;
        draw(&drawing, (const char *const[]){checks[i], NULL});
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        cvg_gate_unrecorded(&decision, "full: no space left", drawing.arena, &unrecorded);
        describe(&unrecorded, &found);
        assert_string_equal(cvg_buf_text(&found), "wait unknown :StoreUnavailable:wait");
        assert_string_equal(unrecorded.reasons[0].message, "full: no space left");
        assert_string_equal(unrecorded.summary,
                            "the decision could not be recorded: full: no space left");
        assert_in_range(unrecorded.percent, 0, 99);
        assert_in_range(unrecorded.retry_after_s, 1, 30);
        assert_int_equal(unrecorded.decided_at, decision.decided_at);
        assert_int_equal(unrecorded.of, decision.of);
        cvg_gate_unrecorded(&decision, long_why, drawing.arena, &unrecorded);
        assert_in_range(strlen(unrecorded.summary), 1, 255);
        draw_done(&drawing);
    }
}

/* The promise of all promises, over whatever checks there may be. */
static void no_go_that_the_checks_do_not_all_allow(void **state)
{
    (void)state;
    static const char *const marks[] = {"",      " ~",     " ?",       " go",       " halt",
                                        " kept", " stale", " falling", " rising12", " o"};
    size_t goes = 0;

    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct cvg_random random;
        char texts[4][64];
        const char *checks[5] = {NULL};
        struct drawing drawing;

        cvg_random_seed(&random, seed);
        size_t count = cvg_random_below(&random, 5);
        for (size_t i = 0; i < count; i++) {
            struct cvg_buf text = CVG_BUF_INIT(64);
            uint32_t status =
                seed % 2 ? CVG_READY : (uint32_t)cvg_random_below(&random, CVG_STATUS_COUNT);
            cvg_buf_printf(&text, "c %s%s", cvg_status_text(status),
                           marks[cvg_random_below(&random, CVG_COUNT(marks))]);
            memcpy(texts[i], cvg_buf_text(&text), text.length + 1);
            checks[i] = texts[i];
            cvg_buf_done(&text);
        }
        draw(&drawing, checks);
        struct cvg_decision decision = draw_judge(&drawing, DRAW_NOW);
        size_t consents = 0, objections = 0;
        for (size_t i = 0; i < drawing.policy.check_count; i++) {
            const struct cvg_check_view *check = &drawing.checks[drawing.policy.checks[i]];
            const struct cvg_steady_view *steady = &check->steady;
            consents += steady->status == CVG_READY && steady->fresh && !steady->kept;
            objections += steady->status == CVG_FAILED || steady->status == CVG_PROGRESSING ||
                          (steady->status == CVG_DEGRADED && !check->rules->degraded_goes) ||
                          (steady->status == CVG_UNKNOWN &&
                           check->rules->steady.on_unknown != CVG_ON_UNKNOWN_IGNORE);
        }
        assert_int_equal(decision.verdict == CVG_GO, consents > 0 && objections == 0);
        assert_int_equal(decision.percent == 100, decision.verdict == CVG_GO);
        assert_true(decision.verdict == CVG_GO || decision.reason_count > 0);
        goes += decision.verdict == CVG_GO;
        draw_done(&drawing);
    }
    assert_true(goes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_does_what_the_rules_of_its_check_say),
        cmocka_unit_test(never_go_without_a_check_that_is_fresh_and_ready),
        cmocka_unit_test(unknown_never_opens_and_never_halts),
        cmocka_unit_test(the_worst_wins_and_stands_first),
        cmocka_unit_test(a_readiness_that_time_has_changed_does_not_go),
        cmocka_unit_test(reasons_say_what_was_expected_and_observed_and_since_when),
        cmocka_unit_test(sentences_are_for_people),
        cmocka_unit_test(a_check_that_is_on_its_way_counts_half_of_its_way),
        cmocka_unit_test(words_for_verdicts),
        cmocka_unit_test(a_long_message_leaves_the_summary_short),
        cmocka_unit_test(times_of_a_decision),
        cmocka_unit_test(retry_after_is_spread_over_1_to_30_s_after_the_change),
        cmocka_unit_test(a_stale_decision_is_a_wait_whatever_it_was),
        cmocka_unit_test(what_cannot_be_recorded_is_a_wait_that_says_why),
        cmocka_unit_test(no_go_that_the_checks_do_not_all_allow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
