/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for every count and condition there can be: ready is only said where nothing is
 * missing, and no count, however large, upsets a rule. */
#include "rule.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 200000

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static size_t pick(uint64_t *seed, size_t count)
{
    return (size_t)(random_next(seed) % count);
}

/* Small ones mostly, so that equality is common; now and then the largest. */
static int64_t count(uint64_t *seed)
{
    size_t chance = pick(seed, 40);
    return chance == 0 ? INT64_MAX : chance == 1 ? INT32_MAX : (int64_t)pick(seed, 4);
}

static struct cvg_kube_condition condition(uint64_t *seed)
{
    static const char *const types[] = {"Available",   "Progressing",   "ReplicaFailure",
                                        "Ready",       "ScalingActive", "Stalled",
                                        "AbleToScale", "Complete",      "Established",
                                        "Failed",      "PodScheduled",  "ContainersReady"};
    static const char *const statuses[] = {"True", "True", "False", "Unknown", "", "Maybe"};
    static const char *const reasons[] = {"NewReplicaSetAvailable",
                                          "NewReplicaSetAvailable",
                                          "ProgressDeadlineExceeded",
                                          "Unschedulable",
                                          "",
                                          "no code"};
    static const int64_t generations[] = {CVG_KUBE_ABSENT, CVG_KUBE_ABSENT, 0, 1, 2, INT64_MAX};
    return (struct cvg_kube_condition){
        .type = types[pick(seed, CVG_COUNT(types))],
        .status = statuses[pick(seed, CVG_COUNT(statuses))],
        .reason = reasons[pick(seed, CVG_COUNT(reasons))],
        .message = "",
        .changed_at = count(seed),
        .updated_at = count(seed),
        .observed_generation = generations[pick(seed, CVG_COUNT(generations))],
    };
}

static struct cvg_kube_workload workload(uint64_t *seed)
{
    static const char *const revisions[] = {"", "a", "b"};
    return (struct cvg_kube_workload){
        .wanted = count(seed),
        .current = count(seed),
        .updated = count(seed),
        .ready = count(seed),
        .available = count(seed),
        .unavailable = count(seed),
        .misscheduled = count(seed),
        .labeled = count(seed),
        .min_ready_seconds = count(seed),
        .progress_deadline = pick(seed, 2) ? CVG_KUBE_ABSENT : count(seed),
        .partition = pick(seed, 2) ? CVG_KUBE_ABSENT : count(seed),
        .update = (uint32_t)pick(seed, 3),
        .paused = pick(seed, 8) == 0,
        .current_revision = revisions[pick(seed, CVG_COUNT(revisions))],
        .update_revision = revisions[pick(seed, CVG_COUNT(revisions))],
        .revision = "",
        .template_hash = "",
    };
}

struct drawn {
    struct cvg_kube_view view;
    struct cvg_kube_condition conditions[4];
};

static void draw(uint64_t *seed, uint32_t type, struct drawn *ret)
{
    static const int64_t observed[] = {CVG_KUBE_ABSENT, 0, 1, 2, 2, 2, 3};
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < CVG_COUNT(ret->conditions); i++) {
        ret->conditions[i] = condition(seed);
    }
    ret->view.kind = cvg_kube_kind_of_type(type);
    ret->view.meta.generation = pick(seed, 8) == 0 ? CVG_KUBE_ABSENT : 2;
    ret->view.meta.deleted_at = pick(seed, 8) == 0 ? INT64_MAX : 0;
    ret->view.meta.created_at = count(seed);
    ret->view.observed_generation = observed[pick(seed, CVG_COUNT(observed))];
    ret->view.conditions = ret->conditions;
    ret->view.condition_count = pick(seed, CVG_COUNT(ret->conditions) + 1);
    ret->view.has_status = pick(seed, 16) != 0;
    ret->view.phase = "";
}

static void judge(const struct drawn *drawn, struct cvg_kube_outcome *ret)
{
    struct cvg_kube_dwells dwells;
    const struct cvg_kube_view *view = &drawn->view;
    cvg_kube_dwells_default(&dwells);
    cvg_kube_judge(view, &dwells, ret);
    assert_true(*ret->reason != '\0');
    assert_true(ret->done >= 0 && ret->done <= ret->total);
    assert_true(ret->worse_at == 0 ||
                cvg_kube_badness(ret->worse_status) > cvg_kube_badness(ret->status));
    if (ret->status == CVG_READY) {
        assert_int_equal(view->meta.deleted_at, 0);
        assert_true(view->meta.generation == CVG_KUBE_ABSENT ||
                    view->observed_generation == CVG_KUBE_ABSENT ||
                    view->observed_generation >= view->meta.generation);
        for (size_t i = 0; i < view->condition_count; i++) {
            assert_false(strcmp(view->conditions[i].type, "Stalled") == 0 &&
                         cvg_kube_is(&view->conditions[i], "True") &&
                         !cvg_kube_is_stale(view, &view->conditions[i]));
        }
    }
}

static void test_a_workload_is_ready_only_where_nothing_is_missing(void **state)
{
    static const uint32_t types[] = {CVG_KUBE_DEPLOYMENT, CVG_KUBE_STATEFULSET, CVG_KUBE_DAEMONSET,
                                     CVG_KUBE_REPLICASET};
    uint64_t seed = 88172645463325252;
    size_t ready = 0;
    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct drawn drawn;
        struct cvg_kube_outcome outcome;
        draw(&seed, types[i % CVG_COUNT(types)], &drawn);
        drawn.view.of.workload = workload(&seed);
        judge(&drawn, &outcome);
        if (outcome.status != CVG_READY) {
            continue;
        }
        const struct cvg_kube_workload *of = &drawn.view.of.workload;
        ready++;
        assert_true(drawn.view.has_status);
        /* Their controllers always say what they have seen; nothing is 0. */
        assert_true(drawn.view.meta.generation == CVG_KUBE_ABSENT ||
                    drawn.view.observed_generation >= drawn.view.meta.generation);
        if (of->wanted == 0) {
            assert_string_equal(outcome.reason, "ScaledToZero");
            continue;
        }
        assert_true(of->ready >= of->wanted && of->current >= of->wanted);
        if (types[i % CVG_COUNT(types)] == CVG_KUBE_STATEFULSET) {
            int64_t old = of->partition == CVG_KUBE_ABSENT || of->update == CVG_KUBE_ON_DELETE
                              ? 0
                              : of->partition;
            assert_true(of->updated >= of->wanted - old);
            assert_true(of->min_ready_seconds == 0 || of->available >= of->wanted);
            continue;
        }
        assert_true(of->available >= of->wanted);
        if (types[i % CVG_COUNT(types)] != CVG_KUBE_REPLICASET) {
            assert_true(of->updated >= of->wanted);
        }
        if (types[i % CVG_COUNT(types)] == CVG_KUBE_DEPLOYMENT) {
            assert_true(of->current == of->wanted && !of->paused);
            assert_true(cvg_kube_current_is(&drawn.view, "Available") == 1);
        }
    }
    /* The draw is not so wide that nothing is ever ready. */
    assert_true(ready > 100);
}

static void test_a_job_is_ready_only_when_it_is_complete(void **state)
{
    uint64_t seed = 1181783497276652981;
    size_t ready = 0;
    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct drawn drawn;
        struct cvg_kube_outcome outcome;
        draw(&seed, CVG_KUBE_JOB, &drawn);
        drawn.view.of.job = (struct cvg_kube_job){
            .completions = pick(&seed, 2) ? CVG_KUBE_ABSENT : count(&seed),
            .active = count(&seed),
            .succeeded = count(&seed),
            .failed = count(&seed),
            .started_at = count(&seed),
            .suspended = pick(&seed, 4) == 0,
        };
        judge(&drawn, &outcome);
        if (outcome.status == CVG_READY) {
            assert_int_equal(cvg_kube_current_is(&drawn.view, "Complete"), 1);
            assert_int_not_equal(cvg_kube_current_is(&drawn.view, "Failed"), 1);
            ready++;
        }
    }
    assert_true(ready > 100);
}

static void test_a_pod_is_ready_only_when_it_says_so_or_has_succeeded(void **state)
{
    static const char *const phases[] = {"Running",   "Running", "Pending",
                                         "Succeeded", "Failed",  ""};
    static const char *const waiting[] = {
        "", "", "", "ContainerCreating", "ErrImagePull", "CrashLoopBackOff"};
    uint64_t seed = 2685821657736338717;
    size_t ready = 0;
    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        struct drawn drawn;
        struct cvg_kube_outcome outcome;
        struct cvg_kube_container containers[2];
        draw(&seed, CVG_KUBE_POD, &drawn);
        for (size_t c = 0; c < CVG_COUNT(containers); c++) {
            containers[c] = (struct cvg_kube_container){
                .name = "c",
                .image = "",
                .image_id = "",
                .waiting_message = "",
                .terminated_reason = "",
                .last_reason = "",
                .waiting_reason = waiting[pick(&seed, CVG_COUNT(waiting))],
                .exit_code = CVG_KUBE_ABSENT,
                .last_exit_code = pick(&seed, 2) ? CVG_KUBE_ABSENT : 137,
                .ready = pick(&seed, 2) == 0,
                .init = pick(&seed, 2) == 0,
            };
        }
        drawn.view.of.pod = (struct cvg_kube_pod){
            .phase = phases[pick(&seed, CVG_COUNT(phases))],
            .reason = "",
            .message = "",
            .node = "",
            .restart_policy = "Always",
            .template_hash = "",
            .containers = containers,
            .container_count = pick(&seed, CVG_COUNT(containers) + 1),
        };
        judge(&drawn, &outcome);
        if (outcome.status == CVG_READY) {
            assert_true(strcmp(drawn.view.of.pod.phase, "Succeeded") == 0 ||
                        (strcmp(drawn.view.of.pod.phase, "Running") == 0 &&
                         cvg_kube_current_is(&drawn.view, "Ready") == 1));
            ready++;
        }
    }
    assert_true(ready > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_workload_is_ready_only_where_nothing_is_missing),
        cmocka_unit_test(test_a_job_is_ready_only_when_it_is_complete),
        cmocka_unit_test(test_a_pod_is_ready_only_when_it_says_so_or_has_succeeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
