/* SPDX-License-Identifier: Apache-2.0 */
/* preset: system: DaemonSets and DNS by the rules of their kinds. */
#include "preset_rig.h"

static const char *const own[] = {"calico-system"};

static void put_daemons(const char *namespace, const char *name, int ready)
{
    fake_putf(fake_find("daemonsets", namespace),
              "{'metadata': {'name': '%s', 'namespace': '%s', 'generation': 1}, 'spec': "
              "{'updateStrategy': {'type': 'RollingUpdate'}}, 'status': {'observedGeneration': 1, "
              "'desiredNumberScheduled': 3, 'currentNumberScheduled': 3, "
              "'updatedNumberScheduled': 3, 'numberReady': %d, 'numberAvailable': %d}}",
              name, namespace, ready, ready);
}

static void put_deployment(const char *namespace, const char *name, const char *label, int ready)
{
    fake_putf(fake_find("deployments", namespace),
              "{'metadata': {'name': '%s', 'namespace': '%s', 'generation': 1, 'labels': "
              "{'k8s-app': '%s'}}, 'spec': {'replicas': 2}, 'status': {'observedGeneration': 1, "
              "'replicas': 2, 'updatedReplicas': 2, 'readyReplicas': %d, 'availableReplicas': %d, "
              "'conditions': [{'type': 'Available', 'status': 'True'}, {'type': 'Progressing', "
              "'status': 'True', 'reason': 'NewReplicaSetAvailable'}]}}",
              name, namespace, label, ready, ready);
}

static void test_daemons_and_dns(void **state)
{
    (void)state;

    static const struct {
        int proxy, dns, other; /* ready; -1: it is not there */
        uint32_t status;
        const char *words;
    } rows[] = {
        {3, 2, 2, CVG_READY, "2 of 2"},
        {2, 2, 2, CVG_PROGRESSING, "kube-system/proxy"},
        {3, 1, 2, CVG_PROGRESSING, "kube-system/names"},
        {2, 1, 2, CVG_PROGRESSING, "kube-system/names, kube-system/proxy"},
        {3, 2, 0, CVG_READY, "2 of 2"},
        {3, -1, 2, CVG_UNKNOWN, "answers names"},
        {2, -1, 2, CVG_UNKNOWN, "answers names"},
        {-1, 2, -1, CVG_READY, "1 of 1"},
        {-1, -1, -1, CVG_UNKNOWN, "no DaemonSets"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_SYSTEM, NULL);
        if (rows[i].proxy >= 0) {
            put_daemons("kube-system", "proxy", rows[i].proxy);
        }
        if (rows[i].dns >= 0) {
            put_deployment("kube-system", "names", "kube-dns", rows[i].dns);
        }
        if (rows[i].other >= 0) {
            put_deployment("kube-system", "metrics-server", "metrics", rows[i].other);
        }
        const struct cvg_reading *reading = preset_read(&preset);
        if (reading->status != rows[i].status || strstr(reading->message, rows[i].words) == NULL) {
            fail_msg("row %zu: %u %s: %s", i, reading->status, reading->reason, reading->message);
        }
        preset_close(&preset);
    }
}

static void test_limits_and_empty(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    limits.count = 1;
    preset_open(&preset, CVG_KUBE_PRESET_SYSTEM, &limits);
    put_daemons("kube-system", "proxy", 2);
    put_deployment("kube-system", "coredns", "other", 2);
    preset_expect(&preset, CVG_READY, "InOrder", "1 of 2");
    preset_close(&preset);
    preset.config.allow_empty = 1;
    preset_open(&preset, CVG_KUBE_PRESET_SYSTEM, NULL);
    preset_expect(&preset, CVG_READY, "Empty", "");
    put_daemons("kube-system", "proxy", 3);
    preset_expect(&preset, CVG_READY, "InOrder", "1 of 1");
    preset_close(&preset);
}

static void test_namespaces_of_the_check(void **state)
{
    (void)state;
    struct preset preset = {.config.namespaces = {.items = own, .count = 1}};
    preset_open(&preset, CVG_KUBE_PRESET_SYSTEM, NULL);
    assert_null(fake_find("daemonsets", "kube-system"));
    put_daemons("calico-system", "calico-node", 1);
    put_daemons("calico-system", "dns-default", 3);
    preset_expect(&preset, CVG_PROGRESSING, "ReplicasUnready", "calico-system/calico-node");
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_daemons_and_dns),
        cmocka_unit_test(test_limits_and_empty),
        cmocka_unit_test(test_namespaces_of_the_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
