/* SPDX-License-Identifier: Apache-2.0 */
/* What a state says, apart from time: which words, in which order, with which facts. */
#include "reason.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_said(const struct scene *scene, const char *words)
{
    if (strstr(scene->finding.reading.message, words) == NULL) {
        fail_msg("\"%s\" is not in: %s", words, scene->finding.reading.message);
    }
}

static void assert_fact(const struct scene *scene, const char *name, const char *text)
{
    const struct cvg_fact *fact = scene_fact(scene, name);
    if (fact == NULL || strcmp(fact->text, text) != 0) {
        fail_msg("%s is %s, and not %s", name, fact == NULL ? "not there" : fact->text, text);
    }
}

/* A state that stood still for an hour, in a scene of its own. */
static const struct {
    const char *configuration, *objects, *reason;
    enum cvg_status status;
    const char *said;
} states[] = {
    {"", "aws_vpc.a", "Applied", CVG_READY, "1 resource is in order"},
    {"resource=aws_vpc.a", "aws_vpc.a", "Applied", CVG_READY, "1 of 1"},
    {"", "", "EmptyState", CVG_PROGRESSING, ""},
    {"allow_empty", "", "Applied", CVG_READY, ""},
    {"", "data.aws_ami.a", "EmptyState", CVG_PROGRESSING, ""},
    {"resource=aws_vpc.a", "", "EmptyState", CVG_PROGRESSING, "0 of 1"},
    {"resource=aws_vpc.a allow_empty", "", "ResourcesMissing", CVG_PROGRESSING, "aws_vpc.a"},
    {"resource=module.n", "module.n.data.aws_ami.a aws_vpc.a", "ResourcesMissing", CVG_PROGRESSING,
     "module.n"},
    {"resource=aws_vpc.b", "aws_vpc.a", "ResourcesMissing", CVG_PROGRESSING, "aws_vpc.b"},
    {"resource=aws_vpc.b#3", "aws_vpc.b[0] aws_vpc.b[1]", "ResourcesMissing", CVG_PROGRESSING,
     "aws_vpc.b (2 of 3)"},
    {"resource=aws_vpc.b#2", "aws_vpc.b[0] aws_vpc.b[1] aws_vpc.b[2]", "ResourcesSurplus",
     CVG_PROGRESSING, "aws_vpc.b (3, wanted 2)"},
    {"resource=aws_vpc.b#+2", "aws_vpc.b[0] aws_vpc.b[1] aws_vpc.b[2]", "Applied", CVG_READY, ""},
    {"resource=aws_vpc.b#0", "aws_vpc.a", "Applied", CVG_READY, ""},
    {"resource=aws_vpc.b#0", "aws_vpc.a aws_vpc.b", "ResourcesSurplus", CVG_PROGRESSING, ""},
    {"resource=aws_vpc.b#0", "", "EmptyState", CVG_PROGRESSING, ""},
    {"resource=aws_vpc.b#0", "aws_vpc.a aws_vpc.b^", "ObjectsDeposed", CVG_FAILED, "aws_vpc.b"},
    {"resource=aws_vpc.b#0", "aws_vpc.a aws_vpc.b~", "ResourcesBare", CVG_UNKNOWN, "aws_vpc.b"},
    {"resource=a.a resource=a.b resource=a.c resource=a.d resource=a.e", "a.x", "ResourcesMissing",
     CVG_PROGRESSING, "a.a, a.b, a.c and 2 more"},
    /* Only the deposed object of it is left. */
    {"resource=aws_vpc.a deposed=ignore", "aws_vpc.a^ aws_vpc.b", "ResourcesMissing",
     CVG_PROGRESSING, ""},
    {"deposed=ignore", "aws_vpc.a^", "EmptyState", CVG_PROGRESSING, ""},
    {"deposed=ignore", "aws_vpc.a^ aws_vpc.b", "Applied", CVG_READY, ""},
    {"deposed=degraded", "aws_vpc.a^ aws_vpc.b", "ObjectsDeposed", CVG_DEGRADED, ""},
    {"deposed=unknown", "aws_vpc.a^ aws_vpc.b", "ObjectsDeposed", CVG_UNKNOWN, ""},
    {"", "aws_vpc.a^ aws_vpc.b", "ObjectsDeposed", CVG_FAILED, "aws_vpc.a"},
    {"", "aws_vpc.a! aws_vpc.b^", "ResourcesTainted", CVG_FAILED, "aws_vpc.a"},
    {"resource=aws_vpc.b", "aws_vpc.a! aws_vpc.b", "Applied", CVG_READY, ""},
    {"resource=aws_vpc.a", "aws_vpc.a! aws_vpc.b", "ResourcesTainted", CVG_FAILED, ""},
    {"resource=aws_vpc.*#1", "aws_vpc.a! aws_vpc.b", "ResourcesTainted", CVG_FAILED, ""},
    {"", "aws_vpc.a~", "ResourcesBare", CVG_UNKNOWN, ""},
    {"allow_empty", "aws_vpc.a~", "ResourcesBare", CVG_UNKNOWN, ""},
    {"", "aws_vpc.a~ aws_vpc.b", "ResourcesBare", CVG_UNKNOWN, "aws_vpc.a"},
    {"resource=aws_vpc.b", "aws_vpc.a~ aws_vpc.b", "ResourcesBare", CVG_UNKNOWN, ""},
    {"resource=aws_vpc.a", "aws_vpc.a~ aws_vpc.b", "ResourcesMissing", CVG_PROGRESSING,
     "aws_vpc.a, listed without instances"},
    {"", "data.aws_ami.a~ aws_vpc.b", "ResourcesBare", CVG_UNKNOWN, ""},
    {"serial=8", "aws_vpc.a", "SerialTooLow", CVG_PROGRESSING, "serial 7, 8 is wanted"},
    {"serial=7", "aws_vpc.a", "Applied", CVG_READY, ""},
    {"max_change=3600", "aws_vpc.a", "Applied", CVG_READY, ""},
    {"max_change=3599", "aws_vpc.a", "EvidenceTooOld", CVG_UNKNOWN, ""},
    {"converged", "aws_vpc.a", "NoAssessment", CVG_UNKNOWN, ""},
    {"check=all", "aws_vpc.a", "ChecksMissing", CVG_UNKNOWN, "all"},
    {"output=a", "aws_vpc.a", "OutputsMissing", CVG_PROGRESSING, "a"},
};

static void a_state_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct scene scene;
        scene_begin(&scene, states[i].configuration);
        scene_state(&scene, 7, "l", states[i].objects);
        scene.sight.changed_at = scene.wall - 3600 * SECOND;
        scene_look(&scene, 0);
        if (scene.finding.reading.status != states[i].status) {
            print_error("%s | %s\n", states[i].configuration, states[i].objects);
        }
        scene_says(&scene, states[i].status, states[i].reason);
        assert_said(&scene, states[i].said);
        scene_end(&scene);
    }
}

/* ---- outputs ---- */

static const struct {
    const char *configuration;
    const char *type, *text;
    int sensitive;
    const char *reason, *fact; /* NULL: none */
} outputs[] = {
    {"output=a", "string", "x", 0, "Applied", "x"},
    {"output=a", "string", "", 0, "OutputsEmpty", NULL},
    {"output=a", "string", NULL, 0, "OutputsEmpty", NULL},
    {"output=a!e", "string", "", 0, "Applied", NULL},
    {"output=a!s", "string", "x", 0, "Applied", NULL},
    {"output=a=x", "string", "x", 0, "Applied", "x"},
    {"output=a=x", "string", "X", 0, "OutputsDiffer", "X"},
    {"output=a=3", "number", "3", 0, "Applied", "3"},
    {"output=a=3", "number", "3.0", 0, "OutputsDiffer", "3.0"},
    {"output=a=12345678901234567890123", "number", "12345678901234567890123", 0, "Applied",
     "12345678901234567890123"},
    {"output=a=12345678901234567890123", "number", "12345678901234567890124", 0, "OutputsDiffer",
     "12345678901234567890124"},
    {"output=a~^x.z$", "string", "xyz", 0, "Applied", "xyz"},
    {"output=a~^x.z$", "string", "xyzz", 0, "OutputsDiffer", "xyzz"},
    {"output=a~[", "string", "[", 0, "OutputsDiffer", "["},
    /* Sensitive: only whether it is set. */
    {"output=a", "string", "x", 1, "Applied", NULL},
    {"output=a", "string", "", 1, "OutputsEmpty", NULL},
    {"output=a=x", "string", "x", 1, "OutputSensitive", NULL},
    {"output=a=y", "string", "x", 1, "OutputSensitive", NULL},
    {"output=a~.", "string", "x", 1, "OutputSensitive", NULL},
    /* Not as it is, so not at all. */
    {"output=a", "string", "two\nlines", 0, "Applied", NULL},
    {"output=a", "string", "\x1b[2J", 0, "Applied", NULL},
};

static void an_output_is_as_it_is_wanted_or_the_verdict_says_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        struct scene scene;
        scene_begin(&scene, outputs[i].configuration);
        scene_state(&scene, 7, "l", "aws_vpc.a");
        scene_output(&scene, "a", outputs[i].type, outputs[i].text, outputs[i].sensitive);
        scene.sight.changed_at = scene.wall - 3600 * SECOND;
        scene_look(&scene, 0);
        if (strcmp(scene.finding.reading.reason, outputs[i].reason) != 0) {
            fail_msg("%s, %s: %s", outputs[i].configuration, outputs[i].text,
                     scene.finding.reading.reason);
        }
        if (outputs[i].fact == NULL) {
            assert_null(scene_fact(&scene, "outputs.a"));
        } else {
            assert_fact(&scene, "outputs.a", outputs[i].fact);
            assert_int_equal(scene_fact(&scene, "outputs.a")->kind,
                             strcmp(outputs[i].type, "number") == 0 ? CVG_FACT_NUMBER
                                                                    : CVG_FACT_STRING);
        }
        scene_end(&scene);
    }
}

static void a_list_has_no_text_that_could_be_what_is_wanted(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "output=a=3");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_output(&scene, "a", "list", "x", 0);
    scene.values[0].text = NULL;
    scene_look(&scene, 60);
    scene_says(&scene, CVG_PROGRESSING, "OutputsDiffer");
    scene_end(&scene);
}

static void a_part_of_a_sensitive_output_is_sensitive(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "output=db.password=hunter2");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_output(&scene, "db", "object", "x", 1);
    scene_output(&scene, "db.password", "string", "hunter2", 0);
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "OutputSensitive");
    assert_null(scene_fact(&scene, "outputs.db.password"));
    scene_end(&scene);
}

/* Even where a reader had kept its text. */
static void a_sensitive_output_is_no_fact(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "output=a");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_output(&scene, "a", "string", "hunter2", 1);
    scene.values[0].text = "hunter2";
    scene_look(&scene, 60);
    assert_null(scene_fact(&scene, "outputs.a"));
    assert_int_equal(scene.survey.output_count, 1);
    assert_null(scene.survey.outputs[0].text);
    scene_end(&scene);
}

static void a_state_that_raised_an_alarm_serves_no_outputs(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "output=a settle=0");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_output(&scene, "a", "string", "x", 0);
    scene_look(&scene, 0);
    assert_fact(&scene, "outputs.a", "x");
    scene_state(&scene, 6, "l", "aws_vpc.a");
    scene_output(&scene, "a", "string", "x", 0);
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "SerialBehind");
    assert_null(scene_fact(&scene, "outputs.a"));
    scene_end(&scene);
}

static void an_output_whose_value_would_be_cut_is_no_fact(void **state)
{
    (void)state;
    struct scene scene;
    char text[2048];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    scene_begin(&scene, "output=a output=b");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_output(&scene, "a", "string", text, 0);
    scene_output(&scene, "b", "string", text + 1100, 0);
    scene_look(&scene, 60);
    assert_null(scene_fact(&scene, "outputs.a"));
    assert_fact(&scene, "outputs.b", text + 1100);
    scene_end(&scene);
}

/* ---- checks ---- */

static const struct {
    const char *configuration, *kind;
    enum cvg_tf_check_status status;
    const char *reason;
} checks[] = {
    {"", "check", CVG_TF_CHECK_PASS, "Applied"},
    {"", "check", CVG_TF_CHECK_FAIL, "ChecksFailed"},
    {"", "check", CVG_TF_CHECK_ERROR, "ChecksFailed"},
    {"", "check", CVG_TF_CHECK_UNKNOWN, "ChecksUnknown"},
    {"", "novel", CVG_TF_CHECK_PASS, "ChecksUnknown"},
    {"", "novel", CVG_TF_CHECK_FAIL, "ChecksFailed"},
    {"resource=aws_vpc.a", "check", CVG_TF_CHECK_FAIL, "ChecksFailed"},
    {"resource=aws_vpc.a", "check", CVG_TF_CHECK_UNKNOWN, "Applied"},
    {"resource=aws_vpc.a check=check.a", "check", CVG_TF_CHECK_UNKNOWN, "ChecksUnknown"},
    {"check=check.a", "check", CVG_TF_CHECK_PASS, "Applied"},
    {"check=check.a", "novel", CVG_TF_CHECK_PASS, "ChecksUnknown"},
    {"check=all", "check", CVG_TF_CHECK_PASS, "Applied"},
    {"check=all", "resource", CVG_TF_CHECK_UNKNOWN, "ChecksUnknown"},
    {"check=check.b", "check", CVG_TF_CHECK_PASS, "ChecksMissing"},
    {"check=all check=check.b", "check", CVG_TF_CHECK_PASS, "ChecksMissing"},
    {"check=check.b", "check", CVG_TF_CHECK_FAIL, "ChecksFailed"},
};

static void results_of_checks_count_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        struct scene scene;
        scene_begin(&scene, checks[i].configuration);
        scene_state(&scene, 7, "l", "aws_vpc.a");
        scene_check(&scene, checks[i].kind, "check.a", checks[i].status);
        scene.sight.changed_at = scene.wall - 3600 * SECOND;
        scene_look(&scene, 0);
        if (strcmp(scene.finding.reading.reason, checks[i].reason) != 0) {
            fail_msg("%zu: %s, and not %s", i, scene.finding.reading.reason, checks[i].reason);
        }
        scene_end(&scene);
    }
}

/* ---- order ---- */

static void a_lock_stands_before_what_an_apply_may_mend(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_state(&scene, 7, "l", "aws_vpc.a!");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 60);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    assert_said(&scene, "by ann@build-7 for Apply since 2026-11-21T");
    assert_fact(&scene, "lock.state", "held");
    assert_fact(&scene, "lock.who", "ann@build-7");
    scene_lock(&scene, CVG_PLACE_LOCK_STALE, "Apply");
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "LockStale");
    scene_configure(&scene, "lock=ignore");
    scene_look(&scene, 60);
    scene_says(&scene, CVG_FAILED, "ResourcesTainted");
    scene_end(&scene);
}

static void a_refusal_stands_before_a_lock(void **state)
{
    (void)state;
    for (int kind = CVG_TF_NOT_JSON; kind < CVG_TF_REFUSALS; kind++) {
        struct scene scene;
        scene_begin(&scene, "");
        scene_refused(&scene, (enum cvg_tf_refusal_kind)kind);
        scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
        scene_look(&scene, 0);
        scene_says(&scene, CVG_UNKNOWN, cvg_tf_refusal_reason((enum cvg_tf_refusal_kind)kind));
        assert_int_equal(scene.finding.reading.has_value, 0);
        scene_end(&scene);
    }
}

static void an_absent_state_is_on_its_way_and_says_where(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_absent(&scene);
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "NoState");
    assert_said(&scene, "/srv/a.tfstate");
    scene_lock(&scene, CVG_PLACE_LOCK_HELD, "Apply");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "Locked");
    scene_lock(&scene, CVG_PLACE_LOCK_FREE, "");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_look(&scene, 1);
    scene_absent(&scene);
    scene_look(&scene, 1);
    scene_says(&scene, CVG_PROGRESSING, "NoState");
    assert_said(&scene, "serial 7, is gone");
    scene_end(&scene);
}

static void a_fault_is_told_and_nothing_is_remembered_of_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_look(&scene, 0);
    struct cvg_tf_memory before = scene.memory;
    scene.sight.fault = CVG_FAULT_CONNECT;
    scene.sight.reason = "ConnectFailed";
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "ConnectFailed");
    assert_int_equal(scene.finding.reading.fault, CVG_FAULT_CONNECT);
    assert_memory_equal(&before, &scene.memory, sizeof(before));
    scene_end(&scene);
}

static void evidence_without_a_survey_is_never_ready(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "allow_empty");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.evidence.survey = NULL;
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "BadContent");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.sight.digest_mismatch = 1;
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "DigestMismatch");
    assert_int_equal(scene.memory.known, 0);
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.sight.being_written = 1;
    scene_look(&scene, 60);
    scene_says(&scene, CVG_PROGRESSING, "BeingWritten");
    assert_int_equal(scene.memory.known, 0);
    assert_int_equal(scene.finding.reading.has_value, 0);
    scene_end(&scene);
}

static void what_was_written_in_the_future_has_no_age(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "max_change=600");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.sight.changed_at = scene.wall + 1;
    scene_look(&scene, 0);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceAgeUnknown");
    scene.sight.changed_at = 0;
    scene_look(&scene, 60);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceAgeUnknown");
    scene_end(&scene);
}

/* ---- words of a service ---- */

static void a_run_says_what_it_does(void **state)
{
    (void)state;

    static const enum cvg_status statuses[] = {CVG_PROGRESSING, CVG_FAILED, CVG_UNKNOWN,
                                               CVG_DEGRADED};

    for (size_t i = 0; i < 4; i++) {
        struct scene scene;
        scene_begin(&scene, "settle=0");
        scene_state(&scene, 7, "l", "aws_vpc.a");
        scene.sight.run =
            (struct cvg_place_word){.given = 1, .status = statuses[i], .reason = "RunWord"};
        scene_look(&scene, 0);
        scene_says(&scene, statuses[i], "RunWord");
        scene.sight.run.status = CVG_READY;
        scene_look(&scene, 1);
        scene_says(&scene, CVG_READY, "Applied");
        scene_end(&scene);
    }
}

static void a_targeted_run_will_do_where_the_operator_says_so(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.sight.run = (struct cvg_place_word){
        .given = 1, .status = CVG_UNKNOWN, .reason = cvg_tf_reason(CVG_TF_REASON_RUN_TARGETED)};
    scene_look(&scene, 0);
    scene_says(&scene, CVG_UNKNOWN, "RunTargeted");
    scene_configure(&scene, "settle=0 targeted");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    /* But not one that failed. */
    scene.sight.run.status = CVG_FAILED;
    scene.sight.run.reason = "RunFailed";
    scene_look(&scene, 1);
    scene_says(&scene, CVG_FAILED, "RunFailed");
    scene_end(&scene);
}

static void an_assessment_counts_as_drift_does(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene.sight.assessment = (struct cvg_place_word){.given = 1,
                                                     .status = CVG_DEGRADED,
                                                     .reason = "Drifted",
                                                     .made_at = scene.wall - 100 * SECOND};
    scene_look(&scene, 0);
    scene_says(&scene, CVG_DEGRADED, "Drifted");
    assert_fact(&scene, "drift", "1");
    scene_configure(&scene, "settle=0 drift=failed");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_FAILED, "Drifted");
    scene_configure(&scene, "settle=0 drift=ignore");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    /* The state was written since: it says nothing of the state that is there. */
    scene_configure(&scene, "settle=0");
    scene.sight.changed_at = scene.wall - 50 * SECOND;
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    scene_end(&scene);
}

static void converged_needs_an_assessment_that_is_young_and_of_this_state(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0 converged");
    scene_state(&scene, 7, "l", "aws_vpc.a");
    scene_look(&scene, 0);
    scene_says(&scene, CVG_UNKNOWN, "NoAssessment");
    scene.sight.assessment = (struct cvg_place_word){.given = 1, .status = CVG_READY};
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceAgeUnknown");
    scene.sight.assessment.made_at = scene.wall;
    scene_look(&scene, 1);
    scene_says(&scene, CVG_READY, "Applied");
    scene_look(&scene, 86400);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceTooOld");
    scene.sight.assessment.made_at = scene.wall;
    scene.sight.changed_at = scene.wall + 1;
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceTooOld");
    scene.sight.changed_at = 0;
    scene.sight.assessment = (struct cvg_place_word){
        .given = 1, .status = CVG_UNKNOWN, .reason = "AssessmentFailed", .made_at = scene.wall};
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "AssessmentFailed");
    scene_end(&scene);
}

/* ---- facts ---- */

static void facts_tell_the_serial_exactly_and_the_progress(void **state)
{
    (void)state;
    struct scene scene;
    scene_begin(&scene, "settle=0 resource=aws_vpc.a#3");
    scene_state(&scene, UINT64_MAX, "line\x1b", "aws_vpc.a[0] aws_vpc.a[1]");
    scene_look(&scene, 0);
    scene_says(&scene, CVG_PROGRESSING, "ResourcesMissing");
    assert_fact(&scene, "serial", "18446744073709551615");
    assert_int_equal(scene_fact(&scene, "serial")->kind, CVG_FACT_NUMBER);
    assert_string_equal(scene.finding.reading.revision, "18446744073709551615");
    assert_fact(&scene, "lineage", "line?");
    assert_fact(&scene, "present", "2");
    assert_fact(&scene, "wanted", "3");
    assert_int_equal(scene.finding.reading.done, 2);
    assert_int_equal(scene.finding.reading.total, 3);
    assert_true(scene.finding.reading.value > 1.9 && scene.finding.reading.value < 2.1);
    assert_int_equal(scene.finding.reading.observed_at_ns, UPTIME);
    assert_int_equal(scene_fact(&scene, "applies")->flags, CVG_FACT_METRIC);
    scene_state(&scene, UINT64_MAX, "line\x1b", "aws_vpc.a[0] aws_vpc.a[1]!");
    scene_look(&scene, 1);
    assert_fact(&scene, "present", "1");
    scene_end(&scene);
}

static void every_reason_has_its_own_word_and_says_what_to_do(void **state)
{
    (void)state;

    static const struct {
        const char *code, *meaning, *action;
    } all[] = {

#define ROW(constant, code, meaning, action) {code, meaning, action},
        CVG_TF_REASONS(ROW)
#undef ROW
    };
    for (size_t i = 0; i < CVG_TF_REASON_COUNT; i++) {
        assert_string_equal(cvg_tf_reason((enum cvg_tf_reason)i), all[i].code);
        assert_true(all[i].code[0] >= 'A' && all[i].code[0] <= 'Z');
        assert_int_equal(all[i].meaning[strlen(all[i].meaning) - 1], '.');
        assert_int_equal(all[i].action[strlen(all[i].action) - 1], '.');
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(all[i].code, all[j].code);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_gets_its_verdict),
        cmocka_unit_test(an_output_is_as_it_is_wanted_or_the_verdict_says_so),
        cmocka_unit_test(a_list_has_no_text_that_could_be_what_is_wanted),
        cmocka_unit_test(a_part_of_a_sensitive_output_is_sensitive),
        cmocka_unit_test(a_sensitive_output_is_no_fact),
        cmocka_unit_test(a_state_that_raised_an_alarm_serves_no_outputs),
        cmocka_unit_test(an_output_whose_value_would_be_cut_is_no_fact),
        cmocka_unit_test(results_of_checks_count_as_they_are),
        cmocka_unit_test(a_lock_stands_before_what_an_apply_may_mend),
        cmocka_unit_test(a_refusal_stands_before_a_lock),
        cmocka_unit_test(an_absent_state_is_on_its_way_and_says_where),
        cmocka_unit_test(a_fault_is_told_and_nothing_is_remembered_of_it),
        cmocka_unit_test(evidence_without_a_survey_is_never_ready),
        cmocka_unit_test(what_was_written_in_the_future_has_no_age),
        cmocka_unit_test(a_run_says_what_it_does),
        cmocka_unit_test(a_targeted_run_will_do_where_the_operator_says_so),
        cmocka_unit_test(an_assessment_counts_as_drift_does),
        cmocka_unit_test(converged_needs_an_assessment_that_is_young_and_of_this_state),
        cmocka_unit_test(facts_tell_the_serial_exactly_and_the_progress),
        cmocka_unit_test(every_reason_has_its_own_word_and_says_what_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
