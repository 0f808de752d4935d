/* SPDX-License-Identifier: Apache-2.0 */
/* Which pods speak for a workload, and what they say. */
#include "evidence.h"

#include "fake_cluster.h"

#define OLD "11111111-1111-1111-1111-111111111111"
#define NEW "22222222-2222-2222-2222-222222222222"
#define TOP "33333333-3333-3333-3333-333333333333"

static const char crash[] = "{'waiting': {'reason': 'CrashLoopBackOff', 'message': 'back-off 5m'}}";
static const char image[] = "{'waiting': {'reason': 'ImagePullBackOff', 'message': 'no such tag'}}";
static const char runs[] = "{'running': {'startedAt': '2026-01-01T00:00:00Z'}}";

static struct cvg_kube_collection *pods, *sets, *tops;

static void open_kind(uint32_t type)
{
    size_t first;
    fake_open();
    pods = cvg_kube_cluster_want(&fake, NULL, cvg_kube_kind_of_type(CVG_KUBE_POD), "shop", 0, NULL,
                                 &first);
    sets = cvg_kube_cluster_want(&fake, NULL, cvg_kube_kind_of_type(CVG_KUBE_REPLICASET), "shop", 0,
                                 NULL, &first);
    tops = cvg_kube_cluster_want(&fake, NULL, cvg_kube_kind_of_type(type), "shop", 0, NULL, &first);
}

static void put_replicaset(const char *name, const char *uid, const char *revision,
                           const char *created)
{
    fake_putf(sets,
              "{'apiVersion': 'apps/v1', 'kind': 'ReplicaSet', 'metadata': {'name': '%s', "
              "'namespace': 'shop', 'uid': '%s', 'generation': 1, 'creationTimestamp': '%s', "
              "'annotations': {'deployment.kubernetes.io/revision': '%s'}, 'labels': "
              "{'pod-template-hash': '%s'}, 'ownerReferences': [{'apiVersion': 'apps/v1', 'kind': "
              "'Deployment', 'name': 'api', 'uid': '" TOP "', 'controller': true}]}, 'spec': "
              "{'replicas': 2}, 'status': {'replicas': 2, 'observedGeneration': 1}}",
              name, uid, created, revision, name);
}

struct pod {
    const char *name, *owner, *hash, *state;
    int ready;
    const char *more;   /* of metadata */
    const char *phase;  /* NULL: Running */
    const char *digest; /* NULL: "aa" */
    const char *created;
};

#define POD(n, o, h, s, r)                                                                         \
    {                                                                                              \
        .name = (n), .owner = (o), .hash = (h), .state = (s), .ready = (r)                         \
    }
#define POD_WITH(n, o, h, s, r, more)                                                              \
    {                                                                                              \
        .name = (n), .owner = (o), .hash = (h), .state = (s), .ready = (r), more                   \
    }

static void put_pod(const struct pod *pod, const char *hash_label)
{
    fake_putf(
        pods,
        "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': '%s', 'namespace': 'shop', "
        "'uid': 'pod-%s', 'creationTimestamp': '%s', %s 'labels': {'%s': '%s'}, 'ownerReferences': "
        "[{'apiVersion': 'apps/v1', 'kind': 'ReplicaSet', 'name': 'x', 'uid': '%s', 'controller': "
        "true}]}, 'spec': {'nodeName': 'n1', 'containers': [{'name': 'app', 'image': 'shop:2'}]}, "
        "'status': {'phase': '%s', 'conditions': [{'type': 'Ready', 'status': '%s', "
        "'lastTransitionTime': '2026-01-01T00:05:00Z'}, {'type': 'PodScheduled', 'status': "
        "'True'}], 'containerStatuses': [{'name': 'app', 'image': 'shop:2', 'imageID': "
        "'registry/shop@sha256:%s', 'ready': %s, 'restartCount': 4, 'state': %s}]}}",
        pod->name, pod->name, pod->created ? pod->created : "2026-01-01T00:01:00Z",
        pod->more ? pod->more : "", hash_label, pod->hash, pod->owner,
        pod->phase ? pod->phase : "Running", pod->ready ? "True" : "False",
        pod->digest ? pod->digest : "aa", pod->ready ? "true" : "false", pod->state);
}

static const struct cvg_kube_object *put_deployment(const char *revision)
{
    fake_putf(tops,
              "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'api', "
              "'namespace': 'shop', 'uid': '" TOP "', 'generation': 2, 'annotations': "
              "{'deployment.kubernetes.io/revision': '%s'}}, 'spec': {'replicas': 2}, 'status': "
              "{'observedGeneration': 2, 'replicas': 3, 'updatedReplicas': 1, 'readyReplicas': 2, "
              "'availableReplicas': 2}}",
              revision);
    return cvg_kube_collection_get(tops, "shop", "api");
}

static const struct {
    const char *why;
    const char *revision, *old_revision, *new_revision;
    struct pod pods[3];
    size_t count, troubled;
    const char *worst, *reason; /* "" none */
    int known;
} newest[] = {
    {"a crash loop of the newest counts",
     "2",
     "1",
     "2",
     {POD("a", OLD, "old", runs, 1), POD("b", NEW, "new", crash, 0)},
     2,
     1,
     "b",
     "CrashLoopBackOff",
     1},
    {"one of an older revision does not",
     "2",
     "1",
     "2",
     {POD("a", OLD, "old", crash, 0), POD("b", NEW, "new", runs, 1)},
     2,
     0,
     "",
     "",
     1},
    {"going back makes the older one the newest",
     "3",
     "3",
     "2",
     {POD("a", OLD, "old", image, 0), POD("b", NEW, "new", crash, 0)},
     2,
     1,
     "a",
     "ImagePullBackOff",
     1},
    {"revisions are numbers",
     "10",
     "9",
     "10",
     {POD("a", OLD, "old", crash, 0), POD("b", NEW, "new", runs, 1)},
     2,
     0,
     "",
     "",
     1},
    {"without numbers the younger is the newest",
     "",
     "",
     "",
     {POD("a", OLD, "old", crash, 0), POD("b", NEW, "new", runs, 1)},
     2,
     0,
     "",
     "",
     1},
    {"where the Deployment is ahead, nothing is known",
     "3",
     "1",
     "2",
     {POD("b", NEW, "new", crash, 0)},
     1,
     0,
     "",
     "",
     0},
    {"a pod that is being deleted does not count",
     "2",
     "1",
     "2",
     {POD_WITH("b", NEW, "new", crash, 0, .more = "'deletionTimestamp': '2026-01-01T00:06:00Z',")},
     1,
     0,
     "",
     "",
     1},
    {"one that ended does not count",
     "2",
     "1",
     "2",
     {POD_WITH("b", NEW, "new", runs, 0, .phase = "Failed")},
     1,
     0,
     "",
     "",
     1},
    {"of several the first by name, and all are counted",
     "2",
     "1",
     "2",
     {POD("c", NEW, "new", crash, 0), POD("b", NEW, "new", crash, 0),
      POD("a", NEW, "new", runs, 1)},
     3,
     2,
     "b",
     "CrashLoopBackOff",
     1},
};

static void test_pods_of_the_newest_replicaset_speak(void **state)
{
    (void)state;

    for (size_t i = 0; i < CVG_COUNT(newest); i++) {
        struct cvg_kube_evidence evidence;
        open_kind(CVG_KUBE_DEPLOYMENT);
        put_replicaset("old", OLD, newest[i].old_revision, "2026-01-01T00:00:00Z");
        put_replicaset("new", NEW, newest[i].new_revision, "2026-01-01T00:05:00Z");
        for (size_t k = 0; k < newest[i].count; k++) {
            put_pod(&newest[i].pods[k], "pod-template-hash");
        }
        cvg_kube_evidence_find(put_deployment(newest[i].revision), pods, sets, FAKE_WALL,
                               &evidence);
        if (evidence.is_known != newest[i].known || evidence.troubled != newest[i].troubled ||
            strcmp(evidence.reason, newest[i].reason) != 0 ||
            strcmp(evidence.worst == NULL ? "" : evidence.worst->name, newest[i].worst) != 0) {
            fail_msg("%s: known %d, troubled %zu, %s", newest[i].why, evidence.is_known,
                     evidence.troubled, evidence.reason);
        }
        fake_close();
    }
}

static void test_without_pods_or_replicasets_nothing_is_known(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_DEPLOYMENT);
    const struct cvg_kube_object *deployment = put_deployment("1");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_false(evidence.is_known);
    put_replicaset("new", NEW, "1", "2026-01-01T00:00:00Z");
    cvg_kube_evidence_find(deployment, NULL, sets, FAKE_WALL, &evidence);
    assert_false(evidence.is_known);
    cvg_kube_evidence_find(deployment, pods, NULL, FAKE_WALL, &evidence);
    assert_false(evidence.is_known);
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_true(evidence.is_known);
    assert_int_equal(evidence.pods, 0);
    fake_close();
}

static void test_unschedulable_counts_after_its_dwell(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;
    const int64_t since = FAKE_WALL - 10 * FAKE_SECOND;

    open_kind(CVG_KUBE_DEPLOYMENT);
    put_replicaset("new", NEW, "1", "2026-01-01T00:00:00Z");
    fake_putf(pods,
              "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'p', 'namespace': 'shop', "
              "'uid': 'p', 'labels': {'pod-template-hash': 'new'}, 'ownerReferences': [{'kind': "
              "'ReplicaSet', 'name': 'new', 'uid': '" NEW "', 'controller': true}]}, 'spec': "
              "{'containers': [{'name': 'app', 'image': 'shop:2'}]}, 'status': {'phase': "
              "'Pending', 'conditions': [{'type': 'PodScheduled', 'status': 'False', 'reason': "
              "'Unschedulable', 'message': '0/3 nodes', 'lastTransitionTime': "
              "'2026-01-01T00:09:50Z'}]}}");
    const struct cvg_kube_object *deployment = put_deployment("1");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_null(evidence.worst);
    assert_int_equal(evidence.next, since + fake.dwells.unschedulable);
    cvg_kube_evidence_find(deployment, pods, sets, evidence.next, &evidence);
    assert_non_null(evidence.worst);
    assert_string_equal(evidence.reason, "Unschedulable");
    assert_int_equal(evidence.next, 0);
    fake_close();
}

static void test_a_pod_between_two_crashes_counts_until_it_has_run_for_long(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_DEPLOYMENT);
    put_replicaset("new", NEW, "1", "2026-01-01T00:00:00Z");
    fake_putf(
        pods,
        "{'metadata': {'name': 'p', 'namespace': 'shop', 'uid': 'p', 'creationTimestamp': "
        "'2026-01-01T00:02:00Z', 'labels': {'pod-template-hash': 'new'}, 'ownerReferences': "
        "[{'kind': 'ReplicaSet', 'name': 'new', 'uid': '" NEW "', 'controller': true}]}, "
        "'spec': {'containers': [{'name': 'app', 'image': 'shop:2'}]}, 'status': {'phase': "
        "'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}], "
        "'containerStatuses': [{'name': 'app', 'ready': true, 'restartCount': 3, 'state': %s, "
        "'lastState': {'terminated': {'exitCode': 1, 'finishedAt': "
        "'2026-01-01T00:09:00Z'}}}]}}",
        runs);
    const struct cvg_kube_object *deployment = put_deployment("1");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_non_null(evidence.worst);
    assert_string_equal(evidence.reason, "CrashLoopBackOff");
    assert_int_equal(evidence.next, FAKE_WALL + 540 * FAKE_SECOND);
    cvg_kube_evidence_find(deployment, pods, sets, evidence.next, &evidence);
    assert_null(evidence.worst);
    assert_int_equal(evidence.next, 0);
    fake_close();
}

static void test_a_statefulset_counts_pods_of_its_update_revision(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_STATEFULSET);
    fake_put(tops, "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'db', "
                   "'namespace': 'shop', 'uid': '" TOP "', 'generation': 1}, 'spec': {'replicas': "
                   "2}, 'status': {'observedGeneration': 1, 'replicas': 2, 'currentRevision': "
                   "'db-1', 'updateRevision': 'db-2'}}");
    put_pod(&(struct pod)POD("db-0", TOP, "db-1", crash, 0), "controller-revision-hash");
    const struct cvg_kube_object *top = cvg_kube_collection_get(tops, "shop", "db");
    cvg_kube_evidence_find(top, pods, NULL, FAKE_WALL, &evidence);
    assert_true(evidence.is_known);
    assert_null(evidence.worst);
    put_pod(&(struct pod)POD("db-1", TOP, "db-2", crash, 0), "controller-revision-hash");
    cvg_kube_evidence_find(top, pods, NULL, FAKE_WALL, &evidence);
    assert_non_null(evidence.worst);
    assert_string_equal(evidence.worst->name, "db-1");
    fake_close();
}

static const struct cvg_kube_object *put_daemonset(int updated)
{
    fake_putf(tops,
              "{'apiVersion': 'apps/v1', 'kind': 'DaemonSet', 'metadata': {'name': 'agent', "
              "'namespace': 'shop', 'uid': '" TOP "', 'generation': 2}, 'spec': {}, 'status': "
              "{'observedGeneration': 2, 'desiredNumberScheduled': 3, 'currentNumberScheduled': 3, "
              "'updatedNumberScheduled': %d, 'numberReady': 2}}",
              updated);
    return cvg_kube_collection_get(tops, "shop", "agent");
}

static void test_a_daemonset_counts_the_revision_of_its_newest_pod(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_DAEMONSET);
    put_pod(&(struct pod)POD("a", TOP, "one", crash, 0), "controller-revision-hash");
    cvg_kube_evidence_find(put_daemonset(0), pods, NULL, FAKE_WALL, &evidence);
    assert_false(evidence.is_known); /* no pod of the newest revision is there */
    put_pod(&(struct pod)POD_WITH("b", TOP, "two", runs, 1, .created = "2026-01-01T00:08:00Z"),
            "controller-revision-hash");
    cvg_kube_evidence_find(put_daemonset(1), pods, NULL, FAKE_WALL, &evidence);
    assert_true(evidence.is_known);
    assert_null(evidence.worst);
    put_pod(&(struct pod)POD_WITH("b", TOP, "two", crash, 0, .created = "2026-01-01T00:08:00Z"),
            "controller-revision-hash");
    cvg_kube_evidence_find(put_daemonset(1), pods, NULL, FAKE_WALL, &evidence);
    assert_non_null(evidence.worst);
    assert_string_equal(evidence.worst->name, "b");
    fake_close();
}

static void test_a_job_counts_its_pods_deaths_itself(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_JOB);
    fake_put(tops, "{'apiVersion': 'batch/v1', 'kind': 'Job', 'metadata': {'name': 'migrate', "
                   "'namespace': 'shop', 'uid': '" TOP "'}, 'spec': {'completions': 1}, 'status': "
                   "{'active': 1, 'startTime': '2026-01-01T00:01:00Z'}}");
    const struct cvg_kube_object *job = cvg_kube_collection_get(tops, "shop", "migrate");
    put_pod(&(struct pod)POD("a", TOP, "", crash, 0), "job-name");
    cvg_kube_evidence_find(job, pods, NULL, FAKE_WALL, &evidence);
    assert_null(evidence.worst);
    put_pod(&(struct pod)POD("a", TOP, "", image, 0), "job-name");
    cvg_kube_evidence_find(job, pods, NULL, FAKE_WALL, &evidence);
    assert_non_null(evidence.worst);
    fake_close();
}

static void test_images_are_those_that_ready_pods_run(void **state)
{
    (void)state;
    struct cvg_kube_evidence evidence;

    open_kind(CVG_KUBE_DEPLOYMENT);
    put_replicaset("new", NEW, "1", "2026-01-01T00:00:00Z");
    const struct cvg_kube_object *deployment = put_deployment("1");
    put_pod(&(struct pod)POD("a", NEW, "new", image, 0), "pod-template-hash");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_int_equal(evidence.image_sets, 1); /* none is ready: what they shall run */
    put_pod(&(struct pod)POD_WITH("b", NEW, "new", runs, 1, .digest = "bb"), "pod-template-hash");
    put_pod(&(struct pod)POD_WITH("c", NEW, "new", runs, 1, .digest = "bb"), "pod-template-hash");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_int_equal(evidence.image_sets, 1);
    assert_string_equal(evidence.images[0][0], "shop:2@sha256:bb");
    put_pod(&(struct pod)POD_WITH("d", NEW, "new", runs, 1, .digest = "dd"), "pod-template-hash");
    cvg_kube_evidence_find(deployment, pods, sets, FAKE_WALL, &evidence);
    assert_int_equal(evidence.image_sets, 2);
    fake_close();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pods_of_the_newest_replicaset_speak),
        cmocka_unit_test(test_without_pods_or_replicasets_nothing_is_known),
        cmocka_unit_test(test_unschedulable_counts_after_its_dwell),
        cmocka_unit_test(test_a_pod_between_two_crashes_counts_until_it_has_run_for_long),
        cmocka_unit_test(test_a_statefulset_counts_pods_of_its_update_revision),
        cmocka_unit_test(test_a_daemonset_counts_the_revision_of_its_newest_pod),
        cmocka_unit_test(test_a_job_counts_its_pods_deaths_itself),
        cmocka_unit_test(test_images_are_those_that_ready_pods_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
