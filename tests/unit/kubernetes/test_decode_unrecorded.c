/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no recording has: fields and kinds whose numbers are only known from the published API.
 * Protobuf by hand and JSON by hand give the same view.
 */
#include "dump.h"
#include "encode.h"
#include "looking.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Decodes both; the view that is looked at is the one from protobuf. Takes the message over. */
static void check_both(uint32_t type, struct encoded *message, const char *json,
                       void (*look)(const struct cvg_kube_view *view))
{
    const struct cvg_kube_kind *kind = cvg_kube_kind_of_type(type);
    struct encoded body = encode_body(kind->name, message);
    struct dump dumps[2];
    for (size_t i = 0; i < 2; i++) {
        struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
        const struct cvg_kube_view *view = NULL;
        char error[256];
        if (cvg_kube_decode_object(
                kind, i == 0 ? "application/vnd.kubernetes.protobuf" : "application/json",
                i == 0 ? (const char *)body.bytes : json, i == 0 ? body.length : strlen(json),
                arena, &view, error, sizeof(error)) != CVG_KUBE_OK) {
            fail_msg("%s", error);
        }
        look(view);
        dump_begin(&dumps[i]);
        (void)dump_view(&dumps[i], view);
        dump_end(&dumps[i]);
        cvg_kit_arena_free(arena);
    }
    dump_equal(&dumps[0], &dumps[1], kind->name);
    dump_done(&dumps[0]);
    dump_done(&dumps[1]);
    encode_done(&body);
}

static struct encoded begin(void)
{
    struct encoded object = {0}, meta = encode_meta("a", 0);
    encode_message(&object, 1, &meta);
    return object;
}

static void look_at_addresses(const struct cvg_kube_view *view)
{
    assert_int_equal(view->of.service.ingress_count, 2);
}

/* A balancer that has not given an address yet may have an entry all the same. */
static void test_an_entry_without_an_address_is_none(void **state)
{
    (void)state;
    static const char *const texts[][2] = {{"10.0.0.1", NULL}, {NULL, NULL}, {"", "lb.test"}};
    struct encoded service = begin(), status = {0}, balancer = {0};
    for (size_t i = 0; i < 3; i++) {
        struct encoded entry = {0};
        for (uint32_t k = 0; k < 2; k++) {
            if (texts[i][k] != NULL) {
                encode_text(&entry, k + 1, texts[i][k]);
            }
        }
        encode_message(&balancer, 1, &entry);
    }
    encode_message(&status, 1, &balancer);
    encode_message(&service, 3, &status);
    check_both(
        CVG_KUBE_SERVICE, &service,
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"status\":{\"loadBalancer\":{"
        "\"ingress\":[{\"ip\":\"10.0.0.1\"},{},{\"ip\":\"\",\"hostname\":\"lb.test\"}]}}}",
        look_at_addresses);
}

static struct encoded amount(const char *resource, const char *quantity)
{
    struct encoded entry = {0}, value = {0};
    encode_text(&value, 1, quantity);
    encode_text(&entry, 1, resource);
    encode_message(&entry, 2, &value);
    return entry;
}

static void add_container(struct encoded *spec, uint32_t field, const char *name, const char *cpu,
                          const char *restart)
{
    struct encoded container = {0}, resources = {0}, entry = amount("cpu", cpu);
    encode_text(&container, 1, name);
    encode_message(&resources, 2, &entry);
    encode_message(&container, 8, &resources);
    if (restart != NULL) {
        encode_text(&container, 24, restart);
    }
    encode_message(spec, field, &container);
}

static void look_at_pod(const struct cvg_kube_view *view)
{
    /* The sidecar of 100m and the second init container of 700m run together, which is more than
     * the sidecar and the container; and 50m on top. */
    assert_int_equal(view->of.pod.cpu_milli, 850);
    assert_int_equal(view->of.pod.container_count, 4);
    assert_true(view->of.pod.containers[1].sidecar);
    assert_false(view->of.pod.containers[3].init);
    assert_true(view->of.pod.gated);
    assert_int_equal(view->of.pod.claim_count, 1);
    assert_string_equal(view->of.pod.claims[0], "data");
}

static void a_pod_asks_for_what_runs_together(void **state)
{
    static const char json[] =
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"spec\":{\"volumes\":[{"
        "\"name\":"
        "\"x\",\"persistentVolumeClaim\":{\"claimName\":\"data\"}},{\"name\":\"y\",\"emptyDir\":{}}"
        "],"
        "\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{\"cpu\":\"500m\"}}}],"
        "\"initContainers\":[{\"name\":\"early\",\"resources\":{\"requests\":{\"cpu\":\"0.6\"}}},"
        "{\"name\":\"side\",\"restartPolicy\":\"Always\",\"resources\":{\"requests\":{\"cpu\":"
        "\"100m\"}}},{\"name\":\"late\",\"resources\":{\"requests\":{\"cpu\":\"700m\"}}}],"
        "\"overhead\":{\"cpu\":\"50m\"},\"schedulingGates\":[{\"name\":\"wait\"}]}}";
    struct encoded pod = begin(), spec = {0}, volume = {0}, source = {0}, claim = {0};
    (void)state;
    encode_text(&claim, 1, "data");
    encode_message(&source, 10, &claim);
    encode_text(&volume, 1, "x");
    encode_message(&volume, 2, &source);
    encode_message(&spec, 1, &volume);
    encode_text(&volume, 1, "y");
    encode_message(&spec, 1, &volume);
    add_container(&spec, 2, "main", "500m", NULL);
    add_container(&spec, 20, "early", "0.6", NULL);
    add_container(&spec, 20, "side", "100m", "Always");
    add_container(&spec, 20, "late", "700m", NULL);
    struct encoded overhead = amount("cpu", "50m"), gate = {0};
    encode_message(&spec, 32, &overhead);
    encode_text(&gate, 1, "wait");
    encode_message(&spec, 38, &gate);
    encode_message(&pod, 2, &spec);
    check_both(CVG_KUBE_POD, &pod, json, look_at_pod);
}

static void look_at_class(const struct cvg_kube_view *view)
{
    assert_string_equal(view->of.volume.binding_mode, "WaitForFirstConsumer");
}

static void look_at_volume(const struct cvg_kube_view *view)
{
    assert_string_equal(view->of.volume.phase, "Released");
    assert_string_equal(view->of.volume.storage_class, "fast");
    assert_true(view->has_status);
}

static void volumes_and_classes_are_read(void **state)
{
    struct encoded class = begin(), volume = begin(), spec = {0}, status = {0};
    (void)state;
    encode_text(&class, 2, "provisioner");
    encode_text(&class, 7, "WaitForFirstConsumer");
    check_both(CVG_KUBE_STORAGECLASS, &class,
               "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"provisioner\":"
               "\"provisioner\",\"volumeBindingMode\":\"WaitForFirstConsumer\"}",
               look_at_class);
    encode_text(&spec, 6, "fast");
    encode_message(&volume, 2, &spec);
    encode_text(&status, 1, "Released");
    encode_message(&volume, 3, &status);
    check_both(CVG_KUBE_VOLUME, &volume,
               "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"spec\":{"
               "\"storageClassName\":\"fast\"},\"status\":{\"phase\":\"Released\"}}",
               look_at_volume);
}

static void look_at_extension(const struct cvg_kube_view *view)
{
    const struct cvg_kube_condition *condition = cvg_kube_condition(view, "Available");
    assert_non_null(condition);
    assert_string_equal(condition->reason, "MissingEndpoints");
    assert_true(condition->changed_at == INT64_C(1795202669) * 1000000000);
    assert_string_equal(condition_status(view, "Available"), "False");
}

static void what_extends_the_server_is_read(void **state)
{
    static const char json[] =
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"status\":{\"conditions\":[{"
        "\"type\":\"Available\",\"status\":\"False\",\"lastTransitionTime\":"
        "\"2026-11-20T19:24:29Z\",\"reason\":\"MissingEndpoints\",\"message\":\"none\"}]}}";
    static const uint32_t types[] = {CVG_KUBE_DEFINITION, CVG_KUBE_APISERVICE};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct encoded object = begin(), status = {0}, condition = {0}, time = {0};
        encode_text(&condition, 1, "Available");
        encode_text(&condition, 2, "False");
        encode_number(&time, 1, 1795202669);
        encode_message(&condition, 3, &time);
        encode_text(&condition, 4, "MissingEndpoints");
        encode_text(&condition, 5, "none");
        encode_message(&status, 1, &condition);
        encode_message(&object, 3, &status);
        check_both(types[i], &object, json, look_at_extension);
    }
}

static void look_at_webhooks(const struct cvg_kube_view *view)
{
    assert_int_equal(view->webhook_count, 2);
    assert_string_equal(view->webhooks[0].service_namespace, "system");
    assert_string_equal(view->webhooks[0].service_name, "guard");
    assert_true(view->webhooks[0].fail_closed && view->webhooks[0].has_ca);
    assert_string_equal(view->webhooks[1].service_name, "");
    assert_false(view->webhooks[1].fail_closed || view->webhooks[1].has_ca);
}

static void webhooks_are_read(void **state)
{
    static const char json[] =
        "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"webhooks\":[{\"name\":\"one\","
        "\"clientConfig\":{\"service\":{\"namespace\":\"system\",\"name\":\"guard\"},\"caBundle\":"
        "\"Zm9v\"},\"failurePolicy\":\"Fail\"},{\"name\":\"two\",\"clientConfig\":{\"url\":"
        "\"https://hook.example\"},\"failurePolicy\":\"Ignore\"}]}";
    struct encoded object = begin(), hook = {0}, client = {0}, service = {0};
    (void)state;
    encode_text(&service, 1, "system");
    encode_text(&service, 2, "guard");
    encode_message(&client, 1, &service);
    encode_text(&client, 2, "foo");
    encode_text(&hook, 1, "one");
    encode_message(&hook, 2, &client);
    encode_text(&hook, 4, "Fail");
    encode_message(&object, 2, &hook);
    encode_text(&client, 3, "https://hook.example");
    encode_text(&hook, 1, "two");
    encode_message(&hook, 2, &client);
    encode_text(&hook, 4, "Ignore");
    encode_message(&object, 2, &hook);
    check_both(CVG_KUBE_WEBHOOKS, &object, json, look_at_webhooks);
}

static void look_at_new(const struct cvg_kube_view *view)
{
    assert_false(view->has_status);
    assert_int_equal(view->observed_generation, 0);
    assert_int_equal(view->of.workload.wanted, CVG_KUBE_ABSENT);
}

static void a_status_of_zeros_is_none(void **state)
{
    struct encoded set = begin(), status = {0};
    (void)state;
    for (uint32_t field = 1; field <= 8; field++) {
        encode_number(&status, field, 0);
    }
    encode_message(&set, 3, &status);
    check_both(CVG_KUBE_DAEMONSET, &set,
               "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"17\"},\"status\":{"
               "\"currentNumberScheduled\":0,\"numberMisscheduled\":0,"
               "\"desiredNumberScheduled\":0,\"numberReady\":0}}",
               look_at_new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_entry_without_an_address_is_none),
        cmocka_unit_test(a_pod_asks_for_what_runs_together),
        cmocka_unit_test(volumes_and_classes_are_read),
        cmocka_unit_test(what_extends_the_server_is_read),
        cmocka_unit_test(webhooks_are_read),
        cmocka_unit_test(a_status_of_zeros_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
