/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan says: how old it is, what it would change, what it found. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A plan with nothing in it, made a minute ago. */
static struct cvg_tf_plan calm(void)
{
    return (struct cvg_tf_plan){
        .format_version = "1.2",
        .terraform_version = "1.5.7",
        .first_change = "",
        .first_drift = "",
        .complete = CVG_ABSENT_UINT,
        .made_at = NOON - 60 * SECOND,
    };
}

static void judge(struct scene *scene, const char *configuration, const struct cvg_tf_plan *plan)
{
    scene_begin(scene, configuration);
    scene_plan(scene, plan);
    scene_look(scene, 0);
}

static void assert_verdict(const char *configuration, const struct cvg_tf_plan *plan,
                           enum cvg_status status, const char *reason)
{
    struct scene scene;
    judge(&scene, configuration, plan);
    scene_says(&scene, status, reason);
    scene_end(&scene);
}

static void a_plan_that_would_change_nothing_is_converged(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    assert_verdict("", &plan, CVG_READY, "Converged");
    plan.complete = 1;
    assert_verdict("converged", &plan, CVG_READY, "Converged");
    plan.reads = 3; /* of data sources, as a check with one nested makes in every plan */
    assert_verdict("", &plan, CVG_READY, "Converged");
}

static void whatever_it_would_change_is_pending(void **state)
{
    (void)state;
    static const size_t counts[] = {
        offsetof(struct cvg_tf_plan, creates), offsetof(struct cvg_tf_plan, updates),
        offsetof(struct cvg_tf_plan, deletes), offsetof(struct cvg_tf_plan, replaces),
        offsetof(struct cvg_tf_plan, others),  offsetof(struct cvg_tf_plan, output_changes),
    };
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct cvg_tf_plan plan = calm();
        size_t one = 1;
        memcpy((char *)&plan + counts[i], &one, sizeof(one));
        assert_verdict("", &plan, CVG_DEGRADED, "PendingChanges");
    }
}

static void it_says_how_much_and_what_first(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    struct scene scene;
    plan.creates = 2;
    plan.deletes = 1;
    plan.first_change = "aws_vpc.a\x1b[2J";
    judge(&scene, "", &plan);
    assert_string_equal(
        scene.finding.reading.message,
        "the plan would change something: 2 to create, 1 to delete, the first is aws_vpc.a?[2J");
    assert_string_equal(scene_fact(&scene, "changes")->text, "3");
    assert_string_equal(scene_fact(&scene, "drift")->text, "0");
    assert_null(scene_fact(&scene, "applies"));
    assert_int_equal(scene.finding.reading.has_value, 0);
    scene_end(&scene);
}

static void what_is_put_off_or_not_covered_is_incomplete(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    plan.complete = 0;
    assert_verdict("", &plan, CVG_DEGRADED, "PlanIncomplete");
    plan = calm();
    plan.deferred = 1;
    assert_verdict("", &plan, CVG_DEGRADED, "PlanIncomplete");
}

static void one_with_an_error_has_failed(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    plan.errored = 1;
    assert_verdict("", &plan, CVG_FAILED, "PlanErrored");
}

static void drift_counts_as_the_operator_says(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    plan.drifted = 4;
    plan.first_drift = "aws_vpc.a";
    assert_verdict("", &plan, CVG_DEGRADED, "Drifted");
    assert_verdict("drift=failed", &plan, CVG_FAILED, "Drifted");
    assert_verdict("drift=unknown", &plan, CVG_UNKNOWN, "Drifted");
    assert_verdict("drift=ignore", &plan, CVG_READY, "Converged");
    plan.updates = 1;
    assert_verdict("drift=ignore", &plan, CVG_DEGRADED, "PendingChanges");
}

static void checks_of_it_must_have_passed(void **state)
{
    (void)state;

    static const struct {
        const char *configuration, *kind;
        enum cvg_tf_check_status result;
        enum cvg_status status;
        const char *reason;
    } cases[] = {
        {"", "check", CVG_TF_CHECK_PASS, CVG_READY, "Converged"},
        {"", "output_value", CVG_TF_CHECK_PASS, CVG_READY, "Converged"},
        {"", "check", CVG_TF_CHECK_FAIL, CVG_FAILED, "ChecksFailed"},
        {"", "check", CVG_TF_CHECK_ERROR, CVG_FAILED, "ChecksFailed"},
        {"", "check", CVG_TF_CHECK_UNKNOWN, CVG_UNKNOWN, "ChecksUnknown"},
        {"", "novel", CVG_TF_CHECK_PASS, CVG_UNKNOWN, "ChecksUnknown"},
        {"check=check.b", "check", CVG_TF_CHECK_PASS, CVG_UNKNOWN, "ChecksMissing"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct cvg_tf_check_result result = {
            .kind = cases[i].kind, .address = "check.a", .status = cases[i].result, .of = 1};
        struct cvg_tf_plan plan = calm();
        plan.checks = &result;
        plan.check_count = 1;
        assert_verdict(cases[i].configuration, &plan, cases[i].status, cases[i].reason);
    }
}

static void an_old_plan_says_nothing_whatever_it_found(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    assert_verdict("max_age=60", &plan, CVG_READY, "Converged");
    assert_verdict("max_age=59", &plan, CVG_UNKNOWN, "EvidenceTooOld");
    plan.errored = 1;
    plan.creates = 1;
    assert_verdict("max_age=59", &plan, CVG_UNKNOWN, "EvidenceTooOld");
    plan = calm();
    plan.made_at = NOON - 86400 * SECOND;
    assert_verdict("", &plan, CVG_READY, "Converged");
    plan.made_at -= 1;
    assert_verdict("", &plan, CVG_UNKNOWN, "EvidenceTooOld");
    plan.made_at = NOON + 1;
    assert_verdict("", &plan, CVG_UNKNOWN, "EvidenceAgeUnknown");
}

static void a_plan_without_a_time_is_as_old_as_its_file(void **state)
{
    (void)state;
    struct cvg_tf_plan plan = calm();
    struct scene scene;
    plan.made_at = 0;
    assert_verdict("", &plan, CVG_UNKNOWN, "EvidenceAgeUnknown");
    scene_begin(&scene, "max_age=60");
    scene_plan(&scene, &plan);
    scene.sight.changed_at = NOON - 60 * SECOND;
    scene_look(&scene, 0);
    scene_says(&scene, CVG_READY, "Converged");
    scene_look(&scene, 1);
    scene_says(&scene, CVG_UNKNOWN, "EvidenceTooOld");
    scene_end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_that_would_change_nothing_is_converged),
        cmocka_unit_test(whatever_it_would_change_is_pending),
        cmocka_unit_test(it_says_how_much_and_what_first),
        cmocka_unit_test(what_is_put_off_or_not_covered_is_incomplete),
        cmocka_unit_test(one_with_an_error_has_failed),
        cmocka_unit_test(drift_counts_as_the_operator_says),
        cmocka_unit_test(checks_of_it_must_have_passed),
        cmocka_unit_test(an_old_plan_says_nothing_whatever_it_found),
        cmocka_unit_test(a_plan_without_a_time_is_as_old_as_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
