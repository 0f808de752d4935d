/* SPDX-License-Identifier: Apache-2.0 */
/* Lists as an API server sent them, in both encodings: the same views come out. */
#include "dump.h"
#include "looking.h"
#include "recording.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cvg_kube_kind application = {
    "argoproj.io", "v1alpha1", "Application", "applications", CVG_KUBE_CUSTOM, 0, 1};

static const struct cvg_kube_kind *kind_of(uint32_t type)
{
    return type == CVG_KUBE_CUSTOM ? &application : cvg_kube_kind_of_type(type);
}

static void decode(const char *name, uint32_t type, struct dump *ret,
                   struct cvg_kube_list_end *ret_end)
{
    struct recording recording;
    struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    char error[256];
    recording_load(name, &recording);
    dump_begin(ret);
    enum cvg_kube_decoded decoded = cvg_kube_decode_list(
        kind_of(type), recording.content_type, recording.body, recording.length, arena, dump_view,
        ret, ret_end, error, sizeof(error));
    dump_end(ret);
    if (decoded != CVG_KUBE_OK) {
        fail_msg("%s: %s", name, error);
    }
    assert_string_equal(error, "");
    cvg_kit_arena_free(arena);
    recording_done(&recording);
}

static const struct twin {
    const char *name;
    uint32_t type;
    size_t count;
} twins[] = {
    {"lists/cronjobs", CVG_KUBE_CRONJOB, 1},
    {"lists/daemonsets", CVG_KUBE_DAEMONSET, 1},
    {"lists/deployments-limited", CVG_KUBE_DEPLOYMENT, 1},
    {"lists/deployments", CVG_KUBE_DEPLOYMENT, 6},
    {"lists/empty-list", CVG_KUBE_DEPLOYMENT, 0},
    {"lists/endpointslices", CVG_KUBE_ENDPOINTSLICE, 6},
    {"lists/helm-secrets", CVG_KUBE_RELEASE, 2},
    {"lists/horizontalpodautoscalers", CVG_KUBE_AUTOSCALER, 2},
    {"lists/ingresses", CVG_KUBE_INGRESS, 1},
    {"lists/jobs", CVG_KUBE_JOB, 3},
    {"lists/namespaces", CVG_KUBE_NAMESPACE, 9},
    {"lists/nodes", CVG_KUBE_NODE, 6},
    {"lists/persistentvolumeclaims", CVG_KUBE_CLAIM, 3},
    {"lists/poddisruptionbudgets", CVG_KUBE_BUDGET, 2},
    {"lists/pods", CVG_KUBE_POD, 20},
    {"lists/replicasets", CVG_KUBE_REPLICASET, 1},
    {"lists/resourcequotas", CVG_KUBE_QUOTA, 1},
    {"lists/services", CVG_KUBE_SERVICE, 6},
    {"lists/statefulsets", CVG_KUBE_STATEFULSET, 1},
    {"views/deployments.partialobjectmetadatalist", CVG_KUBE_DEPLOYMENT, 6},
};

static void both_encodings_give_the_same_views(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        struct dump protobuf, json;
        struct cvg_kube_list_end protobuf_end, json_end;
        char name[128];
        (void)snprintf(name, sizeof(name), "%s.pb.http", twins[i].name);
        decode(name, twins[i].type, &protobuf, &protobuf_end);
        (void)snprintf(name, sizeof(name), "%s.json.http", twins[i].name);
        decode(name, twins[i].type, &json, &json_end);
        dump_equal(&protobuf, &json, name);
        if (protobuf.count != twins[i].count) {
            fail_msg("%s has %zu", name, protobuf.count);
        }
        if (strncmp(name, "lists/", 6) == 0) {
            assert_string_equal(protobuf_end.resource_version, json_end.resource_version);
        }
        assert_string_equal(protobuf_end.next, json_end.next);
        assert_true(protobuf_end.remaining == json_end.remaining);
        cvg_kube_list_end_done(&protobuf_end);
        cvg_kube_list_end_done(&json_end);
        dump_done(&protobuf);
        dump_done(&json);
    }
}

static const struct single {
    const char *name;
    uint32_t type;
} singles[] = {
    {"views/deployment-halted-paused-mid-rollout", CVG_KUBE_DEPLOYMENT},
    {"views/deployment-lagging-observedgeneration-behind", CVG_KUBE_DEPLOYMENT},
    {"views/deployment-lagging-rollout-stuck-but-available", CVG_KUBE_DEPLOYMENT},
    {"views/deployment-parked-zero-replicas", CVG_KUBE_DEPLOYMENT},
    {"views/deployment-web", CVG_KUBE_DEPLOYMENT},
    {"views/pod-stuck-terminating", CVG_KUBE_POD},
    {"views/statefulset-db-rollout-stuck", CVG_KUBE_STATEFULSET},
};

static void single_objects_are_the_same_in_both_encodings(void **state)
{
    static const char *const endings[] = {"pb", "json"};
    (void)state;
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        struct dump dumps[2];
        for (size_t j = 0; j < 2; j++) {
            struct recording recording;
            struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
            const struct cvg_kube_view *view = NULL;
            char name[128], error[256];
            (void)snprintf(name, sizeof(name), "%s.%s.http", singles[i].name, endings[j]);
            recording_load(name, &recording);
            enum cvg_kube_decoded decoded = cvg_kube_decode_object(
                kind_of(singles[i].type), recording.content_type, recording.body, recording.length,
                arena, &view, error, sizeof(error));
            if (decoded != CVG_KUBE_OK) {
                fail_msg("%s: %s", name, error);
            }
            dump_begin(&dumps[j]);
            (void)dump_view(&dumps[j], view);
            dump_end(&dumps[j]);
            cvg_kit_arena_free(arena);
            recording_done(&recording);
        }
        dump_equal(&dumps[0], &dumps[1], singles[i].name);
        dump_done(&dumps[0]);
        dump_done(&dumps[1]);
    }
}

/* ---- what is in the views, so that both cannot be wrong together ---- */

struct wanted {
    const char *name;
    struct cvg_kube_view view;
    int found;
    int (*check)(const struct cvg_kube_view *view);
};

static int find(void *arg, const struct cvg_kube_view *view)
{
    struct wanted *wanted = arg;
    if (strcmp(view->meta.name, wanted->name) == 0) {
        wanted->found = 1;
        assert_true(wanted->check(view));
    }
    return wanted->found; /* ends here */
}

static void check_one(const char *recorded, uint32_t type, const char *name,
                      int (*check)(const struct cvg_kube_view *view))
{
    struct recording recording;
    struct wanted wanted = {.name = name, .check = check};
    struct cvg_kube_list_end end = {0};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    char error[256];
    recording_load(recorded, &recording);
    assert_int_equal(cvg_kube_decode_list(kind_of(type), recording.content_type, recording.body,
                                          recording.length, arena, find, &wanted, &end, error,
                                          sizeof(error)),
                     CVG_KUBE_STOPPED);
    assert_true(wanted.found);
    assert_null(end.resource_version);
    cvg_kit_arena_free(arena);
    recording_done(&recording);
}

static int is_deployment_api(const struct cvg_kube_view *view)
{
    const struct cvg_kube_condition *progressing = cvg_kube_condition(view, "Progressing");
    assert_non_null(progressing);
    assert_string_equal(progressing->status, "False");
    assert_string_equal(progressing->reason, "ProgressDeadlineExceeded");
    assert_true(progressing->changed_at > INT64_C(1700000000) * 1000000000);
    assert_true(progressing->updated_at >= progressing->changed_at);
    assert_string_equal(condition_status(view, "Progressing"), "False");
    assert_string_equal(condition_status(view, "Nothing"), "");
    assert_string_equal(view->meta.namespace, "shop");
    assert_true(view->meta.generation >= 1);
    assert_true(view->observed_generation == view->meta.generation);
    assert_true(view->of.workload.wanted > 0);
    assert_string_equal(view->of.workload.revision, "1");
    assert_true(view->has_status);
    return 1;
}

static int is_pod_that_is_too_big(const struct cvg_kube_view *view)
{
    assert_string_equal(view->of.pod.phase, "Pending");
    assert_string_equal(view->of.pod.node, "");
    assert_int_equal(view->of.pod.cpu_milli, 100000);
    assert_int_equal(view->of.pod.memory_bytes, 16 << 20);
    assert_string_equal(condition_status(view, "PodScheduled"), "False");
    assert_string_equal(view->meta.owner_kind, "ReplicaSet");
    assert_string_equal(cvg_kube_label(&view->meta, "pod-template-hash"),
                        view->of.pod.template_hash);
    assert_int_equal(view->of.pod.container_count, 1);
    assert_int_equal(view->of.pod.containers[0].exit_code, CVG_KUBE_ABSENT);
    return 1;
}

static int is_application(const struct cvg_kube_view *view)
{
    assert_non_null(view->tree);
    assert_string_equal(cvg_kube_node_text(cvg_kube_node_at(view->tree, "/status/health/status")),
                        "Degraded");
    assert_null(cvg_kube_node_at(view->tree, "/metadata/managedFields"));
    assert_true(view->has_status);
    return 1;
}

static int is_helm_secret(const struct cvg_kube_view *view)
{
    assert_string_equal(cvg_kube_label(&view->meta, "owner"), "helm");
    assert_null(view->tree); /* its data is nowhere */
    return 1;
}

/* The name of the first item whose name begins so. */
static char *name_like(const char *recorded, const char *stem)
{
    struct recording recording;
    char needle[64];
    recording_load(recorded, &recording);
    (void)snprintf(needle, sizeof(needle), "\"name\":\"%s", stem);
    const char *at = memmem(recording.body, recording.length, needle, strlen(needle));
    assert_non_null(at);
    at += strlen("\"name\":\"");
    char *name = strndup(at, strcspn(at, "\""));
    recording_done(&recording);
    return name;
}

static void what_is_recorded_is_in_the_views(void **state)
{
    (void)state;
    char *giant = name_like("lists/pods.json.http", "giant-");
    check_one("lists/deployments.pb.http", CVG_KUBE_DEPLOYMENT, "api", is_deployment_api);
    check_one("lists/deployments.json.http", CVG_KUBE_DEPLOYMENT, "api", is_deployment_api);
    check_one("lists/pods.pb.http", CVG_KUBE_POD, giant, is_pod_that_is_too_big);
    check_one("lists/pods.json.http", CVG_KUBE_POD, giant, is_pod_that_is_too_big);
    check_one("lists/applications.json.http", CVG_KUBE_CUSTOM, "payments", is_application);
    char *secret = name_like("lists/helm-secrets.json.http", "sh.helm");
    check_one("lists/helm-secrets.json.http", CVG_KUBE_RELEASE, secret, is_helm_secret);
    check_one("lists/helm-secrets.pb.http", CVG_KUBE_RELEASE, secret, is_helm_secret);
    free(secret);
    free(giant);
}

static void metadata_of_custom_resources_comes_in_protobuf(void **state)
{
    struct dump dump;
    struct cvg_kube_list_end end;
    (void)state;
    decode("views/applications.partialobjectmetadatalist.pb.http", CVG_KUBE_CUSTOM, &dump, &end);
    assert_int_equal(dump.count, 2);
    assert_non_null(strstr(dump.text, "name=\"payments\""));
    cvg_kube_list_end_done(&end);
    dump_done(&dump);
}

static void pages_say_how_to_go_on(void **state)
{
    static const char *const endings[] = {"pb", "json"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        for (int page = 1; page <= 3; page++) {
            struct dump dump;
            struct cvg_kube_list_end end;
            char name[64];
            (void)snprintf(name, sizeof(name), "pages/deployments.%s.page%d.http", endings[i],
                           page);
            decode(name, CVG_KUBE_DEPLOYMENT, &dump, &end);
            count += dump.count;
            assert_int_equal(end.next[0] == '\0', page == 3);
            assert_true(end.remaining == (page == 3 ? CVG_KUBE_ABSENT : 6 - 2 * page));
            assert_string_not_equal(end.resource_version, "");
            cvg_kube_list_end_done(&end);
            dump_done(&dump);
        }
        assert_int_equal(count, 6);
    }
}

static void another_list_than_was_asked_for_is_refused(void **state)
{
    static const char *const names[] = {"lists/pods.pb.http",
                                        "lists/pods.json.http",
                                        "views/deployments.table.json.http",
                                        "views/deployment-web.json.http",
                                        "errors/404-missing-crd-group-admin.http",
                                        "errors/403-readonly-secrets.pb.http"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct recording recording;
        struct dump dump;
        struct cvg_kube_list_end end = {0};
        struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
        char error[256];
        recording_load(names[i], &recording);
        dump_begin(&dump);
        if (cvg_kube_decode_list(kind_of(CVG_KUBE_DEPLOYMENT), recording.content_type,
                                 recording.body, recording.length, arena, dump_view, &dump, &end,
                                 error, sizeof(error)) != CVG_KUBE_BROKEN) {
            fail_msg("%s was taken", names[i]);
        }
        assert_string_not_equal(error, "");
        assert_null(end.resource_version);
        dump_end(&dump);
        dump_done(&dump);
        cvg_kit_arena_free(arena);
        recording_done(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_encodings_give_the_same_views),
        cmocka_unit_test(single_objects_are_the_same_in_both_encodings),
        cmocka_unit_test(what_is_recorded_is_in_the_views),
        cmocka_unit_test(metadata_of_custom_resources_comes_in_protobuf),
        cmocka_unit_test(pages_say_how_to_go_on),
        cmocka_unit_test(another_list_than_was_asked_for_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
