/* SPDX-License-Identifier: Apache-2.0 */
/* Every golden case, and what holds for every object whatever its kind. */
#include "golden.h"
#include "object.h"
#include "rule_custom.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What is said of kinds that have no status. */
#define THERE "it is there"

static unsigned wrong; /* cases of this run; all are told before it fails */

static void judge(const struct cvg_kube_view *view, struct cvg_kube_outcome *ret)
{
    struct cvg_kube_dwells dwells;
    cvg_kube_dwells_default(&dwells);
    cvg_kube_judge(view, &dwells, ret);
    assert_non_null(ret->reason);
    assert_true(*ret->reason != '\0');
    assert_true(ret->done >= 0 && ret->done <= ret->total);
    if (ret->worse_at != 0) {
        assert_true(cvg_kube_badness(ret->worse_status) > cvg_kube_badness(ret->status));
    }
}

static void complain(const char *path, const char *what)
{
    print_error("%s: %s\n", strstr(path, "golden/") + strlen("golden/"), what);
    wrong++;
}

static void compare(const char *path)
{
    struct golden golden;
    struct cvg_kube_outcome outcome;
    char problem[1024];
    golden_load(path, &golden);
    judge(golden.view, &outcome);
    golden_compare(&golden, &outcome, problem, sizeof(problem));
    if (problem[0] != '\0') {
        complain(path, problem);
    }
    golden_done(&golden);
}

static void test_every_case_is_judged_as_expected(void **state)
{
    (void)state;
    wrong = 0;
    assert_true(golden_each(compare) > 200);
    assert_int_equal(wrong, 0);
}

static void delete_and_change(const char *path)
{
    struct golden golden;
    struct cvg_kube_outcome outcome;
    golden_load(path, &golden);
    struct cvg_kube_view view = *golden.view;
    view.meta.deleted_at = INT64_MAX;
    judge(&view, &outcome);
    if (outcome.status != CVG_PROGRESSING || !outcome.common) {
        complain(path, "being deleted, it is not Terminating");
    }
    view = *golden.view;
    view.meta.generation = 100;
    view.observed_generation = 99;
    judge(&view, &outcome);
    if (outcome.status == CVG_READY || !outcome.common) {
        complain(path, "its generation is not observed, and it is judged all the same");
    }
    golden_done(&golden);
}

static void test_what_is_deleted_or_not_observed_is_never_ready(void **state)
{
    (void)state;
    wrong = 0;
    (void)golden_each(delete_and_change);
    assert_int_equal(wrong, 0);
}

/* Without its status nothing can be told of an object that a controller looks after. */
static void forget_status(const char *path)
{
    struct golden golden;
    struct cvg_kube_outcome outcome;
    golden_load(path, &golden);
    struct cvg_kube_view view = *golden.view;
    view.has_status = 0;
    view.condition_count = 0;
    view.phase = "";
    view.observed_generation = CVG_KUBE_ABSENT;
    view.tree = NULL;
    switch ((enum cvg_kube_type)view.kind->type) {
    case CVG_KUBE_CRONJOB:
    case CVG_KUBE_SERVICE:
    case CVG_KUBE_ENDPOINTSLICE:
    case CVG_KUBE_INGRESS:
    case CVG_KUBE_STORAGECLASS:
    case CVG_KUBE_WEBHOOKS:
        break;
    default:
        judge(&view, &outcome);
        if (outcome.status == CVG_READY && strcmp(outcome.message, THERE) != 0) {
            complain(path, "without a status it is ready");
        }
    }
    golden_done(&golden);
}

static void test_no_status_is_never_ready(void **state)
{
    (void)state;
    wrong = 0;
    (void)golden_each(forget_status);
    assert_int_equal(wrong, 0);
}

static void grow_old(const char *path)
{
    struct golden golden;
    struct cvg_kube_outcome outcome;
    const struct cvg_kube_keep keep = {.labels = 1};
    const char *reason;
    golden_load(path, &golden);
    judge(golden.view, &outcome);
    struct cvg_kube_pool *pool = cvg_kube_pool_new();
    struct cvg_kube_object *object = cvg_kube_object_make(pool, golden.view, &outcome, &keep);
    const int64_t times[] = {0, outcome.worse_at - 1, outcome.worse_at, INT64_MAX};
    int before = -1;
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        int badness = cvg_kube_badness(cvg_kube_object_status(object, times[i], &reason));
        if (badness < before || *reason == '\0') {
            complain(path, "it gets better by time alone");
        }
        before = badness;
    }
    cvg_kube_object_free(pool, object);
    cvg_kube_pool_free(pool);
    golden_done(&golden);
}

static void test_time_never_improves_anything(void **state)
{
    (void)state;
    wrong = 0;
    (void)golden_each(grow_old);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case_is_judged_as_expected),
        cmocka_unit_test(test_what_is_deleted_or_not_observed_is_never_ready),
        cmocka_unit_test(test_no_status_is_never_ready),
        cmocka_unit_test(test_time_never_improves_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
