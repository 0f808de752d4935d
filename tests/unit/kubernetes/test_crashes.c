/* SPDX-License-Identifier: Apache-2.0 */
/* Pods that crash, run for a while, and crash again. */
#include "crashes.h"

#include "fake_cluster.h"

#define MINUTE   (60 * FAKE_SECOND)
#define MIDNIGHT (FAKE_WALL - 10 * MINUTE)

static struct cvg_kube_collection *pods;

static void open_pods(void)
{
    size_t first;
    fake_open();
    pods = cvg_kube_cluster_want(&fake, NULL, cvg_kube_kind_of_type(CVG_KUBE_POD), "shop", 0, NULL,
                                 &first);
}

struct run { /* minutes since midnight */
    int created, restarts, ended, began;
};

static const struct cvg_kube_object *put(const char *uid, const struct run *run, const char *half)
{
    fake_putf(pods,
              "{'metadata': {'name': 'a', 'namespace': 'shop', 'uid': '%s', 'resourceVersion': "
              "'%d', 'creationTimestamp': '2026-01-01T%02d:%02d:00Z'}, 'spec': {'nodeName': 'n', "
              "'restartPolicy': 'Always', '%s': [{'name': 'app', 'image': 'shop:2'}]}, 'status': "
              "{'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}], "
              "'%s': [{'name': 'app', 'ready': true, 'restartCount': %d, 'state': {'%s': "
              "{'startedAt': '2026-01-01T%02d:%02d:00Z'}}, 'lastState': {'terminated': "
              "{'exitCode': 1, 'finishedAt': '2026-01-01T%02d:%02d:00Z'}}}]}}",
              uid, run->restarts, run->created / 60, run->created % 60,
              *half == 'i' ? "initContainers" : "containers",
              *half == 'i' ? "initContainerStatuses" : "containerStatuses", run->restarts,
              *half == 'i' ? "terminated" : "running", run->began / 60, run->began % 60,
              run->ended / 60, run->ended % 60);
    return cvg_kube_collection_get(pods, "shop", "a");
}

static void test_what_ended_often_within_a_while_is_in_a_crash_loop(void **state)
{
    (void)state;

    static const struct {
        const char *why;
        struct run runs[4]; /* versions of the pod; ends where nothing was created */
        int until;          /* minutes since midnight; 0: none */
        const char *half;
    } rows[] = {
        {"it has never ended", {{1, 0, 0, 2}}, 0, "c"},
        {"young, and ended three times", {{1, 3, 8, 9}}, 19, "c"},
        {"young, and ended twice", {{1, 2, 8, 9}}, 0, "c"},
        {"it need not have been seen in its first ten minutes", {{1, 3, 12, 13}}, 0, "c"},
        {"old, with ends that nobody saw", {{1, 30, 120, 121}}, 0, "c"},
        {"three ends, each seen", {{1, 7, 120, 121}, {1, 8, 124, 125}, {1, 9, 130, 132}}, 142, "c"},
        {"three ends, too far apart",
         {{1, 7, 120, 121}, {1, 8, 124, 125}, {1, 9, 131, 132}},
         0,
         "c"},
        {"two that were not seen came after what was seen",
         {{1, 7, 120, 121}, {1, 9, 129, 130}},
         140,
         "c"},
        {"a version without an end keeps what is known",
         {{1, 7, 120, 121}, {1, 8, 124, 125}, {1, 8, 124, 125}, {1, 9, 129, 130}},
         140,
         "c"},
        {"a count that begins anew tells nothing of before",
         {{1, 7, 120, 121}, {1, 8, 124, 125}, {1, 1, 129, 130}},
         0,
         "c"},
        {"an init container that has done its work", {{1, 5, 8, 9}}, 0, "i"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const struct cvg_kube_object *pod = NULL;
        open_pods();
        for (size_t k = 0; k < CVG_COUNT(rows[i].runs) && rows[i].runs[k].created != 0; k++) {
            pod = put("1", &rows[i].runs[k], rows[i].half);
        }
        int64_t until = cvg_kube_crashes_until(&pod->of.pod.crashes);
        if (until != (rows[i].until == 0 ? 0 : MIDNIGHT + rows[i].until * MINUTE)) {
            fail_msg("%s: until minute %d", rows[i].why, (int)((until - MIDNIGHT) / MINUTE));
        }
        fake_close();
    }
}

static void test_it_counts_as_failed_until_it_has_run_for_long(void **state)
{
    (void)state;
    const struct run run = {1, 3, 8, 9};
    const int64_t until = MIDNIGHT + 19 * MINUTE;
    const char *reason;

    open_pods();
    const struct cvg_kube_object *pod = put("1", &run, "c");
    assert_int_equal(cvg_kube_object_status(pod, FAKE_WALL, &reason), CVG_FAILED);
    assert_string_equal(reason, "CrashLoopBackOff");
    assert_string_equal(cvg_kube_object_trouble(pod, FAKE_WALL), "CrashLoopBackOff");
    assert_int_equal(cvg_kube_object_next(pod, FAKE_WALL), until);
    assert_int_equal(cvg_kube_object_status(pod, until, &reason), CVG_READY);
    assert_string_equal(cvg_kube_object_trouble(pod, until), "");
    assert_int_equal(cvg_kube_object_next(pod, until), 0);
    fake_close();
}

static void test_another_pod_of_the_same_name_has_no_past(void **state)
{
    (void)state;
    const struct run runs[] = {{1, 8, 124, 125}, {1, 9, 127, 128}};

    open_pods();
    (void)put("1", &runs[0], "c");
    assert_int_equal(cvg_kube_crashes_until(&put("2", &runs[1], "c")->of.pod.crashes), 0);
    fake_close();
}

static void test_a_new_list_keeps_the_past(void **state)
{
    (void)state;
    const struct run runs[] = {{1, 7, 120, 121}, {1, 8, 124, 125}, {1, 9, 129, 130}};

    open_pods();
    (void)put("1", &runs[0], "c");
    (void)put("1", &runs[1], "c");
    cvg_kube_collection_begin(pods);
    (void)put("1", &runs[2], "c");
    cvg_kube_collection_end(pods);
    const struct cvg_kube_object *pod = cvg_kube_collection_get(pods, "shop", "a");
    assert_int_equal(cvg_kube_crashes_until(&pod->of.pod.crashes), MIDNIGHT + 140 * MINUTE);
    fake_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_ended_often_within_a_while_is_in_a_crash_loop),
        cmocka_unit_test(test_it_counts_as_failed_until_it_has_run_for_long),
        cmocka_unit_test(test_another_pod_of_the_same_name_has_no_past),
        cmocka_unit_test(test_a_new_list_keeps_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
