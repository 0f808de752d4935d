/* SPDX-License-Identifier: Apache-2.0 */
/* Agreement on one revision: who must be where, and what is said of who is not. */
#include "base/buf.h"
#include "base/macros.h"
#include "draw.h"
#include "gate/agreement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void revisions_that_are_one(void **state)
{
    (void)state;

    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1.4.2", "1.4.2", true},
        {"1.4.2", "1.4.20", false},
        {"1.4.2", "v1.4.2", false},
        {"1f2a3b4", "1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c", true},
        {"1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c", "1f2a3b4", true},
        {"1f2a3b", "1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c", false}, /* too short to tell */
        {"1f2a3b4", "1f2a3b5c5d6e7f8091a2b3c4d5e6f708192a3b4c", false},
        {"1F2A3B4", "1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c", false},
        {"main@sha1:1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c", "1f2a3b4c", true},
        {"sha1:1f2a3b4c", "main@sha1:1f2a3b4c5d", true},
        {"xsha1:1f2a3b4c", "1f2a3b4c", false},
        {"4194304", "41943040", true}, /* digits of a commit may be decimal ones alone */
        {"41", "410", false},
        {"", "1f2a3b4", false},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        if (cvg_agreement_same(cases[i].a, cases[i].b) != cases[i].same) {
            fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
        }
    }
}

/* What checks a, b and c name (NULL: nothing), in their order; b is on the declared plane. */
struct story {
    const char *checks[4];
    const char *revisions[3];
    enum cvg_agree_on agree_on;
    const char *asked;
    const char *must; /* verdict, and reasons as check:Code or, of RevisionDiffers, its message */
};

static void judge(const struct story *story, struct cvg_buf *ret)
{
    struct drawing drawing;
    draw(&drawing, story->checks);
    for (size_t i = 0; i < drawing.count; i++) {
        const struct cvg_reading reading = {.size = sizeof reading,
                                            .status = drawing.checks[i].steady.status,
                                            .reason = "AsRead",
                                            .revision = story->revisions[i]};
        draw_reading(&drawing, i, &reading);
        drawing.rules[i].plane = i == 1 ? CVG_DECLARED : CVG_OBSERVED;
    }
    drawing.policy.agree_on = story->agree_on;
    const struct cvg_subject subject = {.app = "", .revision = story->asked};
    struct cvg_decision decision;
    cvg_gate_judge(&drawing.readiness, &drawing.policy, &subject, DRAW_NOW, 0, drawing.arena,
                   &decision);
    cvg_buf_clear(ret);
    cvg_buf_puts(ret, cvg_verdict_text(decision.verdict));
    cvg_buf_puts(ret, decision.unknown ? " unknown" : "");
    for (size_t i = 0; i < decision.reason_count; i++) {
        const struct cvg_reason *reason = &decision.reasons[i];
        if (strcmp(reason->code, "RevisionDiffers") == 0) {
            cvg_buf_printf(ret, " | %s %s", reason->check, reason->message);
        } else {
            cvg_buf_printf(ret, " | %s:%s", reason->check, reason->code);
        }
    }
    assert_true(decision.verdict == CVG_GO ? decision.percent == 100 : decision.percent < 100);
    assert_true(decision.verdict == CVG_GO || decision.next_change_at > DRAW_NOW);
    draw_done(&drawing);
}

static void every_check_that_names_a_revision_names_the_same(void **state)
{
    (void)state;
    static const struct story stories[] = {
        {{"a ready", "b ready"}, {"1", "2"}, CVG_AGREE_ASKED, "", "go"},
        {{"a ready", "b ready"}, {"1", "1"}, CVG_AGREE_ASKED, "1", "go"},
        {{"a ready", "b ready"}, {NULL, "1"}, CVG_AGREE_ASKED, "1", "go"},
        {{"a ready", "b ready"}, {NULL, NULL}, CVG_AGREE_ASKED, "1", "go"},
        {{"a ready"}, {"1.4.1"}, CVG_AGREE_ASKED, "1.4.2", "wait | a at 1.4.1, asked 1.4.2"},
        {{"a ready", "b ready"},
         {"41", "42"},
         CVG_AGREE_ASKED,
         "43",
         "wait | a at 41, asked 43 | b declares 42, asked 43"},
        {{"a ready", "b ready"}, {"1", "2"}, CVG_AGREE_NOTHING, "3", "go"},

        {{"a ready", "b ready"},
         {"41", "42"},
         CVG_AGREE_REVISION,
         "",
         "wait | a at 41, declared 42"},
        {{"a ready", "b ready", "c ready"},
         {"41", NULL, "42"},
         CVG_AGREE_REVISION,
         "",
         "wait | c at 42, a 41"},
        {{"a ready", "b ready"}, {NULL, "42"}, CVG_AGREE_REVISION, "", "go"},
        {{"a ready", "b ready"},
         {NULL, NULL},
         CVG_AGREE_REVISION,
         "",
         "wait unknown | :RevisionUnknown"},
        {{"a ready", "b ready"},
         {NULL, ""},
         CVG_AGREE_REVISION,
         "7",
         "wait unknown | :RevisionUnknown"},

        /* Who cannot tell names nothing, and holds the gate by itself where it is to. */
        {{"a ready", "b unknown"}, {"1", "2"}, CVG_AGREE_ASKED, "1", "wait unknown | b:CannotTell"},
        {{"a ready", "b unknown ?"}, {"1", "2"}, CVG_AGREE_ASKED, "1", "go | b:UnknownIgnored"},
        /* It is told beside what holds the gate anyway, and never makes that less. */
        {{"a failed halt", "b ready"},
         {"1", "2"},
         CVG_AGREE_ASKED,
         "1",
         "halt | a:AsRead | b declares 2, asked 1"},
        {{"a progressing", "b ready"},
         {"1", "2"},
         CVG_AGREE_ASKED,
         "2",
         "wait | a at 1, asked 2 | a:AsRead"},
        /* A check that the gate does not look at has no say. */
        {{"a ready", "b ready o"}, {"1", "2"}, CVG_AGREE_ASKED, "1", "go"},
    };
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf found = CVG_BUF_INIT(4096);
    for (size_t i = 0; i < CVG_COUNT(stories); i++) {
        judge(&stories[i], &found);
        if (strcmp(cvg_buf_text(&found), stories[i].must) != 0) {
            fail_msg("story %zu: must be \"%s\", is \"%s\"", i, stories[i].must,
                     cvg_buf_text(&found));
        }
    }
}

static void a_check_may_stay_out_of_it(void **state)
{
    (void)state;
    static const char *const checks[] = {"a ready", "b ready", NULL};
    struct drawing drawing;
    draw(&drawing, checks);
    const struct cvg_reading reading = {
        .size = sizeof reading, .status = CVG_READY, .reason = "AsRead", .revision = "serial 7"};
    draw_reading(&drawing, 0, &reading);
    drawing.rules[0].disagrees = true;
    const struct cvg_subject subject = {.app = "", .revision = "1.4.2"};
    struct cvg_decision decision;
    cvg_gate_judge(&drawing.readiness, &drawing.policy, &subject, DRAW_NOW, 0, drawing.arena,
                   &decision);
    assert_int_equal(decision.verdict, CVG_GO);
    draw_done(&drawing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(revisions_that_are_one),
        cmocka_unit_test(every_check_that_names_a_revision_names_the_same),
        cmocka_unit_test(a_check_may_stay_out_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
