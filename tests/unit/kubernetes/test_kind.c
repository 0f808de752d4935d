/* SPDX-License-Identifier: Apache-2.0 */
/* Names of kinds as operators write them. */
#include "kind.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_built_in_kinds_go_by_the_names_that_kubectl_takes(void **state)
{
    static const struct {
        const char *text, *name;
    } rows[] = {
        {"Deployment", "Deployment"},
        {"deployment", "Deployment"},
        {"deployments", "Deployment"},
        {"deploy", "Deployment"},
        {"apps/v1/Deployment", "Deployment"},
        {"sts", "StatefulSet"},
        {"ds", "DaemonSet"},
        {"rs", "ReplicaSet"},
        {"Job", "Job"},
        {"cj", "CronJob"},
        {"po", "Pod"},
        {"v1/Pod", "Pod"},
        {"no", "Node"},
        {"ns", "Namespace"},
        {"svc", "Service"},
        {"endpointslices", "EndpointSlice"},
        {"ing", "Ingress"},
        {"pvc", "PersistentVolumeClaim"},
        {"pv", "PersistentVolume"},
        {"sc", "StorageClass"},
        {"pdb", "PodDisruptionBudget"},
        {"hpa", "HorizontalPodAutoscaler"},
        {"autoscaling/v2/HorizontalPodAutoscaler", "HorizontalPodAutoscaler"},
        {"quota", "ResourceQuota"},
        {"crd", "CustomResourceDefinition"},
        {"APIService", "APIService"},
        {"MutatingWebhookConfiguration", "MutatingWebhookConfiguration"},
        {"validatingwebhookconfigurations", "ValidatingWebhookConfiguration"},
    };

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const struct cvg_kube_kind *kind = cvg_kube_kind_find(rows[i].text);
        if (kind == NULL || strcmp(kind->name, rows[i].name) != 0) {
            fail_msg("%s is %s", rows[i].text, kind == NULL ? "nothing" : kind->name);
        }
        assert_ptr_equal(kind, cvg_kube_kind_of(kind->group, kind->version, kind->name));
    }
}

static void test_what_is_not_built_in_is_not_found(void **state)
{
    static const char *const texts[] = {
        "",
        "Deploymen",
        "extensions/v1beta1/Deployment",
        "apps/v1/deployment",
        "apps/v1",
        "Secret",
        "secrets",
        "v1/Secret",
        "apps//Pod",
        "/",
        "argoproj.io/v1alpha1/Rollout",
    };
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (cvg_kube_kind_find(texts[i]) != NULL) {
            fail_msg("%s is found", texts[i]);
        }
    }
}

static void test_each_type_but_custom_has_a_kind(void **state)
{
    (void)state;
    assert_null(cvg_kube_kind_of_type(CVG_KUBE_CUSTOM));
    for (uint32_t type = CVG_KUBE_CUSTOM + 1; type < CVG_KUBE_TYPES; type++) {
        const struct cvg_kube_kind *kind = cvg_kube_kind_of_type(type);
        assert_non_null(kind);
        assert_int_equal(kind->type, type);
        assert_non_null(kind->resource);
    }
}

static void test_group_version_and_kind_are_taken_apart(void **state)
{
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    (void)state;
    assert_int_equal(
        cvg_kube_kind_parse("kustomize.toolkit.fluxcd.io/v1/Kustomization", group, version, name),
        0);
    assert_string_equal(group, "kustomize.toolkit.fluxcd.io");
    assert_string_equal(version, "v1");
    assert_string_equal(name, "Kustomization");
    assert_int_equal(cvg_kube_kind_parse("v1/ConfigMap", group, version, name), 0);
    assert_string_equal(group, "");
    assert_string_equal(version, "v1");
    assert_string_equal(name, "ConfigMap");
}

/* They become part of a request's path. */
static void test_what_would_steer_a_request_elsewhere_is_refused(void **state)
{
    static const char *const texts[] = {
        "Deployment",
        "a/b/c/d",
        "../v1/Pod",
        "a..b/v1/Pod",
        "x/../Pod",
        "apps/v1/",
        "/v1/Pod",
        "apps/v1/Pod?a=b",
        "apps/v 1/Pod",
        "apps/v1/Po%64",
        "-x.test/v1/Thing",
        ".x/v1/Thing",
        "x.test/v1/Th\xC3\xA4ng",
    };
    char group[CVG_KUBE_NAME], version[CVG_KUBE_NAME], name[CVG_KUBE_NAME];
    char text[600];
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(texts); i++) {
        if (cvg_kube_kind_parse(texts[i], group, version, name) == 0) {
            fail_msg("%s is taken", texts[i]);
        }
    }
    memset(text, 'a', sizeof(text));
    memcpy(text, "v1/", 3);
    text[3 + CVG_KUBE_NAME] = '\0';
    assert_int_equal(cvg_kube_kind_parse(text, group, version, name), -1);
    text[3 + CVG_KUBE_NAME - 1] = '\0';
    assert_int_equal(cvg_kube_kind_parse(text, group, version, name), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_kinds_go_by_the_names_that_kubectl_takes),
        cmocka_unit_test(test_what_is_not_built_in_is_not_found),
        cmocka_unit_test(test_each_type_but_custom_has_a_kind),
        cmocka_unit_test(test_group_version_and_kind_are_taken_apart),
        cmocka_unit_test(test_what_would_steer_a_request_elsewhere_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
