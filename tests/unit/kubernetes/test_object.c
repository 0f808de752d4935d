/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of an object, and that all of it is given back. */
#include "decode.h"
#include "object.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

struct kept {
    struct cvg_kit_arena *arena;
    struct cvg_kube_pool *pool;
    size_t empty; /* bytes of the pool without anything in it */
    struct cvg_kube_object *object;
};

static void make_by(const struct cvg_kube_kind *kind, const char *json,
                    const struct cvg_kube_keep *keep, struct kept *ret)
{
    char error[256] = "";
    const struct cvg_kube_view *view;
    struct cvg_kube_dwells dwells;
    struct cvg_kube_outcome outcome;
    ret->arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    ret->pool = cvg_kube_pool_new();
    ret->empty = cvg_kube_pool_bytes(ret->pool);
    if (cvg_kube_decode_object(kind, "application/json", json, strlen(json), ret->arena, &view,
                               error, sizeof(error)) != CVG_KUBE_OK) {
        fail_msg("%s", error);
    }
    cvg_kube_dwells_default(&dwells);
    cvg_kube_judge(view, &dwells, &outcome);
    ret->object = cvg_kube_object_make(ret->pool, view, &outcome, keep);
    /* Nothing of it may be the decoder's. */
    cvg_kit_arena_reset(ret->arena);
}

static void make(uint32_t type, const char *json, struct kept *ret)
{
    static const struct cvg_kube_keep keep = {.labels = 1};
    make_by(cvg_kube_kind_of_type(type), json, &keep, ret);
}

static void done(struct kept *kept)
{
    cvg_kube_object_free(kept->pool, kept->object);
    assert_int_equal(cvg_kube_pool_bytes(kept->pool), kept->empty);
    cvg_kube_pool_free(kept->pool);
    cvg_kit_arena_free(kept->arena);
}

static void assert_set(const char *const *set, const char *const *texts, size_t count)
{
    assert_non_null(set);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(set[i]);
        assert_string_equal(set[i], texts[i]);
    }
    assert_null(set[count]);
}

static const char pod[] =
    "{\"metadata\":{\"name\":\"web-1\",\"namespace\":\"shop\","
    "\"uid\":\"01234567-89ab-cdef-0123-456789abcdef\",\"resourceVersion\":\"0872\","
    "\"creationTimestamp\":\"1970-01-01T00:00:01Z\","
    "\"labels\":{\"app\":\"web\",\"app.kubernetes.io/"
    "version\":\"1.2\",\"pod-template-hash\":\"76b\"},"
    "\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\",\"name\":\"web-76b\","
    "\"uid\":\"ffffffff-0000-0000-0000-000000000001\",\"controller\":true}]},"
    "\"spec\":{\"nodeName\":\"node-a\",\"initContainers\":[{\"name\":\"init\",\"image\":\"i:1\"}],"
    "\"containers\":[{\"name\":\"a\",\"image\":\"r.test/a:1\"},{\"name\":\"b\",\"image\":\"r.test/"
    "b:1\"},"
    "{\"name\":\"c\",\"image\":\"r.test/c:1\"}]},"
    "\"status\":{\"phase\":\"Running\",\"conditions\":["
    "{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"ContainersNotReady\","
    "\"lastTransitionTime\":\"1970-01-01T00:00:09Z\"},"
    "{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"reason\":\"PreemptionByScheduler\"}],"
    "\"initContainerStatuses\":[{\"name\":\"init\",\"image\":\"i:1\",\"imageID\":\"i@sha256:00\","
    "\"restartCount\":1,\"ready\":true,\"state\":{\"terminated\":{\"exitCode\":0}}}],"
    "\"containerStatuses\":["
    "{\"name\":\"a\",\"image\":\"r.test/a:1\",\"imageID\":\"docker-pullable://r.test/a@sha256:aa\","
    "\"restartCount\":2,\"ready\":true,\"state\":{\"running\":{}}},"
    "{\"name\":\"b\",\"image\":\"r.test/b:1\",\"imageID\":\"sha256:bb\",\"restartCount\":0,"
    "\"ready\":true,\"state\":{\"running\":{}}},"
    "{\"name\":\"c\",\"image\":\"r.test/c:1\",\"imageID\":\"\",\"restartCount\":4,\"ready\":false,"
    "\"state\":{\"waiting\":{\"reason\":\"ImagePullBackOff\"}}}]}}";

static void test_a_pod_keeps_what_checks_read(void **state)
{
    static const char *const images[] = {"r.test/a:1@sha256:aa", "r.test/b:1@sha256:bb",
                                         "r.test/c:1"};
    struct kept kept;
    (void)state;
    make(CVG_KUBE_POD, pod, &kept);
    const struct cvg_kube_object *object = kept.object;
    assert_string_equal(object->namespace, "shop");
    assert_string_equal(object->name, "web-1");
    assert_string_equal(object->version, "0872");
    assert_string_equal(object->owner_kind, "ReplicaSet");
    assert_string_equal(object->owner_name, "web-76b");
    assert_string_equal(object->revision, "76b");
    assert_string_equal(object->app_version, "1.2");
    assert_int_equal(object->created_at, SECOND);
    assert_true(object->uid.high == UINT64_C(0x0123456789abcdef));
    assert_true(object->uid.low == UINT64_C(0x0123456789abcdef));
    assert_true(object->owner.low == 1);
    assert_set(object->images, images, CVG_COUNT(images));
    assert_string_equal(object->of.pod.node, "node-a");
    assert_string_equal(object->of.pod.trouble, "ImagePullBackOff");
    assert_int_equal(object->of.pod.bad_since, 9 * SECOND);
    assert_int_equal(object->of.pod.restarts, 7);
    assert_string_equal(object->of.pod.disruption, "PreemptionByScheduler");
    assert_string_equal(object->of.pod.template_hash, "76b");
    assert_int_equal(object->outcome.status, CVG_FAILED);
    done(&kept);
}

static void test_a_pod_that_cannot_be_scheduled_is_trouble_and_a_gated_one_is_not(void **state)
{
    struct kept kept;
    (void)state;
    make(CVG_KUBE_POD,
         "{\"metadata\":{\"name\":\"p\"},\"status\":{\"phase\":\"Pending\",\"conditions\":[{"
         "\"type\":"
         "\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\","
         "\"lastTransitionTime\":\"1970-01-01T00:00:05Z\"}]}}",
         &kept);
    assert_string_equal(kept.object->of.pod.trouble, "Unschedulable");
    assert_int_equal(kept.object->of.pod.bad_since, 5 * SECOND);
    done(&kept);
    make(CVG_KUBE_POD,
         "{\"metadata\":{\"name\":\"p\"},\"status\":{\"phase\":\"Pending\",\"conditions\":[{"
         "\"type\":"
         "\"PodScheduled\",\"status\":\"False\",\"reason\":\"SchedulingGated\"}]}}",
         &kept);
    assert_string_equal(kept.object->of.pod.trouble, "");
    done(&kept);
}

static void test_a_node_keeps_its_room_and_whether_it_may_be_used(void **state)
{
    struct kept kept;
    (void)state;
    make(CVG_KUBE_NODE,
         "{\"metadata\":{\"name\":\"n\",\"labels\":{\"node-role.kubernetes.io/"
         "control-plane\":\"\"}},"
         "\"spec\":{\"unschedulable\":true},\"status\":{\"allocatable\":{\"cpu\":\"3800m\","
         "\"memory\":\"7Gi\",\"pods\":\"2k\"},\"nodeInfo\":{\"kubeletVersion\":\"v1.26.4\"},"
         "\"conditions\":[{\"type\":\"Ready\",\"status\":\"Unknown\"},{\"type\":\"PIDPressure\","
         "\"status\":\"True\"},{\"type\":\"DiskPressure\",\"status\":\"True\"}]}}",
         &kept);
    const struct cvg_kube_node_facts *node = &kept.object->of.node;
    assert_int_equal(node->cpu_milli, 3800);
    assert_int_equal(node->memory_bytes, INT64_C(7) << 30);
    assert_int_equal(node->pods, 2000);
    assert_int_equal(node->ready, 2);
    assert_int_equal(node->pressure, 2);
    assert_true(node->cordoned && node->control_plane);
    assert_string_equal(kept.object->revision, "v1.26.4");
    done(&kept);
}

static void test_a_slice_keeps_each_ready_address_once(void **state)
{
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.3"};
    struct kept kept;
    (void)state;
    make(CVG_KUBE_ENDPOINTSLICE,
         "{\"metadata\":{\"name\":\"s\",\"labels\":{\"kubernetes.io/service-name\":\"web\"}},"
         "\"endpoints\":[{\"addresses\":[\"10.0.0.1\"]},{\"addresses\":[\"10.0.0.2\"],"
         "\"conditions\":"
         "{\"ready\":false}},{\"addresses\":[\"10.0.0.1\"]},{\"addresses\":[\"10.0.0.3\"]}]}",
         &kept);
    assert_string_equal(kept.object->of.slice.service, "web");
    assert_set(kept.object->of.slice.ready_addresses, addresses, CVG_COUNT(addresses));
    done(&kept);
}

static void test_a_quota_keeps_its_tightest_resource(void **state)
{
    struct kept kept;
    (void)state;
    make(CVG_KUBE_QUOTA,
         "{\"metadata\":{\"name\":\"q\"},\"status\":{\"hard\":{\"pods\":\"10\",\"requests.cpu\":"
         "\"2\","
         "\"requests.memory\":\"1Gi\",\"x\":\"0\"},\"used\":{\"pods\":\"5\",\"requests.cpu\":"
         "\"1500m\","
         "\"requests.memory\":\"512Mi\",\"x\":\"0\"}}}",
         &kept);
    const struct cvg_kube_quota_facts *quota = &kept.object->of.quota;
    assert_string_equal(quota->tightest, "requests.cpu");
    assert_true(quota->share > 0.749 && quota->share < 0.751);
    assert_int_equal(quota->cpu_hard, 2000);
    assert_int_equal(quota->cpu_used, 1500);
    assert_int_equal(quota->memory_hard, 1 << 30);
    assert_int_equal(quota->memory_used, 512 << 20);
    assert_int_equal(quota->pods_hard, 10);
    assert_int_equal(quota->pods_used, 5);
    done(&kept);
}

static void test_webhooks_keep_the_services_that_must_answer(void **state)
{
    static const char *const services[] = {"x/hook"};
    struct kept kept;
    (void)state;
    make(CVG_KUBE_WEBHOOKS,
         "{\"metadata\":{\"name\":\"w\"},\"webhooks\":["
         "{\"name\":\"a\",\"failurePolicy\":\"Fail\",\"clientConfig\":{\"caBundle\":\"Zm9v\","
         "\"service\":{\"namespace\":\"x\",\"name\":\"hook\"}}},"
         "{\"name\":\"b\",\"clientConfig\":{\"service\":{\"namespace\":\"x\",\"name\":\"hook\"}}},"
         "{\"name\":\"c\",\"failurePolicy\":\"Ignore\",\"clientConfig\":{"
         "\"service\":{\"namespace\":\"y\",\"name\":\"hook\"}}},"
         "{\"name\":\"d\",\"clientConfig\":{\"url\":\"https://a.example/\"}}]}",
         &kept);
    assert_set(kept.object->of.webhooks.services, services, CVG_COUNT(services));
    assert_int_equal(kept.object->of.webhooks.without_ca, 1);
    done(&kept);
}

static void test_other_kinds_keep_theirs(void **state)
{
    struct kept kept;
    (void)state;
    make(CVG_KUBE_STORAGECLASS,
         "{\"metadata\":{\"name\":\"fast\",\"annotations\":{"
         "\"storageclass.kubernetes.io/is-default-class\":\"true\"}},\"provisioner\":\"x/y\","
         "\"volumeBindingMode\":\"WaitForFirstConsumer\"}",
         &kept);
    assert_true(kept.object->of.storage_class.waits_for_consumer);
    assert_true(kept.object->of.storage_class.is_default);
    done(&kept);
    make(CVG_KUBE_CLAIM,
         "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"storageClassName\":\"fast\"},"
         "\"status\":{\"phase\":\"Pending\"}}",
         &kept);
    assert_string_equal(kept.object->of.claim.phase, "Pending");
    assert_string_equal(kept.object->of.claim.storage_class, "fast");
    done(&kept);
    make(CVG_KUBE_DEPLOYMENT,
         "{\"metadata\":{\"name\":\"d\",\"annotations\":{\"deployment.kubernetes.io/"
         "revision\":\"7\"}},"
         "\"spec\":{\"replicas\":3},\"status\":{\"replicas\":3,\"updatedReplicas\":2}}",
         &kept);
    assert_string_equal(kept.object->revision, "7");
    assert_int_equal(kept.object->of.workload.wanted, 3);
    assert_int_equal(kept.object->of.workload.updated, 2);
    assert_null(kept.object->images);
    done(&kept);
}

static void test_labels_are_kept_where_somebody_selects_by_them(void **state)
{
    static const struct cvg_kube_keep keep = {0};
    static const char *const labels[] = {
        "app", "web", "app.kubernetes.io/version", "1.2", "pod-template-hash", "76b"};
    struct kept kept;
    (void)state;
    make(CVG_KUBE_POD, pod, &kept);
    assert_set(kept.object->labels, labels, CVG_COUNT(labels));
    done(&kept);
    make_by(cvg_kube_kind_of_type(CVG_KUBE_POD), pod, &keep, &kept);
    assert_null(kept.object->labels);
    done(&kept);
}

static void test_fields_are_the_values_of_pointers_as_text(void **state)
{
    static const char *const pointers[] = {"/status/text",
                                           "/status/number",
                                           "/status/yes",
                                           "/status/no",
                                           "/status/null",
                                           "/status/list",
                                           "/status/none",
                                           "/status/empty",
                                           "/status/nul",
                                           "/status",
                                           NULL};
    static const char *const values[] = {"some",  "7e1", "true", "false", "",
                                         "[...]", "",    "",     "a...",  "{...}"};
    static const struct cvg_kube_kind kind = {"x.test",        "v1", "Thing", "things",
                                              CVG_KUBE_CUSTOM, 0,    1};
    static const struct cvg_kube_keep keep = {.pointers = pointers};
    struct kept kept;
    (void)state;
    make_by(&kind,
            "{\"apiVersion\":\"x.test/v1\",\"kind\":\"Thing\",\"metadata\":{\"name\":\"t\"},"
            "\"status\":{\"text\":\"some\",\"number\":7e1,\"yes\":true,\"no\":false,\"null\":null,"
            "\"list\":[1],\"empty\":{},\"nul\":\"a\\u0000b\"}}",
            &keep, &kept);
    const char *const *fields = kept.object->fields;
    for (size_t i = 0; i < CVG_COUNT(values); i++) {
        assert_string_equal(fields[i], values[i]);
    }
    assert_null(fields[CVG_COUNT(values)]);
    done(&kept);
}

static void test_time_alone_changes_the_outcome(void **state)
{
    struct kept kept;
    const char *reason;
    (void)state;
    make(CVG_KUBE_CLAIM,
         "{\"metadata\":{\"name\":\"c\",\"creationTimestamp\":\"1970-01-01T00:00:10Z\"},"
         "\"status\":{\"phase\":\"Pending\"}}",
         &kept);
    assert_int_equal(cvg_kube_object_status(kept.object, 129 * SECOND, &reason), CVG_PROGRESSING);
    assert_int_equal(cvg_kube_object_status(kept.object, 130 * SECOND, &reason), CVG_FAILED);
    assert_string_equal(reason, "ClaimPending");
    done(&kept);
}

static void test_an_id_is_a_uuid_or_a_digest(void **state)
{
    (void)state;
    struct cvg_kube_id none = cvg_kube_id_of(""), one = cvg_kube_id_of("not-a-uuid");
    struct cvg_kube_id two = cvg_kube_id_of("not-a-uuie");
    assert_true(none.high == 0 && none.low == 0);
    assert_true(one.low != 0 && (one.high != two.high || one.low != two.low));
    /* Letters of both sizes are the same UUID. */
    struct cvg_kube_id lower = cvg_kube_id_of("01234567-89ab-cdef-0123-456789abcdef");
    struct cvg_kube_id upper = cvg_kube_id_of("01234567-89AB-CDEF-0123-456789ABCDEF");
    assert_true(lower.high == upper.high && lower.low == upper.low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pod_keeps_what_checks_read),
        cmocka_unit_test(test_a_pod_that_cannot_be_scheduled_is_trouble_and_a_gated_one_is_not),
        cmocka_unit_test(test_a_node_keeps_its_room_and_whether_it_may_be_used),
        cmocka_unit_test(test_a_slice_keeps_each_ready_address_once),
        cmocka_unit_test(test_a_quota_keeps_its_tightest_resource),
        cmocka_unit_test(test_webhooks_keep_the_services_that_must_answer),
        cmocka_unit_test(test_other_kinds_keep_theirs),
        cmocka_unit_test(test_labels_are_kept_where_somebody_selects_by_them),
        cmocka_unit_test(test_fields_are_the_values_of_pointers_as_text),
        cmocka_unit_test(test_time_alone_changes_the_outcome),
        cmocka_unit_test(test_an_id_is_a_uuid_or_a_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
