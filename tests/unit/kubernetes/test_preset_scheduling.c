/* SPDX-License-Identifier: Apache-2.0 */
/* preset: scheduling: pods, claims, quotas. */
#include "preset_rig.h"

static void put_pod(const char *name, const char *reason, int since)
{
    fake_putf(fake_find("pods", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop', 'creationTimestamp': '%s'}, "
              "'spec': {'containers': [{'name': 'app'}]}, 'status': {'phase': 'Pending', "
              "'conditions': [{'type': 'PodScheduled', 'status': 'False', 'reason': '%s', "
              "'message': '0/3 nodes are available', 'lastTransitionTime': '%s'}]}}",
              name, ago(since), reason, ago(since));
}

/* class: "" none named. */
static void put_claim(const char *name, const char *phase, const char *class, int since)
{
    fake_putf(fake_find("persistentvolumeclaims", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop', 'creationTimestamp': '%s'}, "
              "'spec': {%s%s%s}, 'status': {'phase': '%s'}}",
              name, ago(since), *class ? "'storageClassName': '" : "", class, *class ? "'" : "",
              phase);
}

static void put_class(const char *name, const char *mode, int is_default)
{
    fake_putf(fake_find("storageclasses", ""),
              "{'metadata': {'name': '%s', 'annotations': "
              "{'storageclass.kubernetes.io/is-default-class': '%s'}}, 'provisioner': 'x', "
              "'volumeBindingMode': '%s'}",
              name, is_default ? "true" : "false", mode);
}

static void put_quota(const char *name, const char *hard, const char *used)
{
    fake_putf(fake_find("resourcequotas", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop'}, 'spec': {'hard': "
              "{'requests.cpu': '%s'}}, 'status': {'hard': {'requests.cpu': '%s'}, 'used': "
              "{'requests.cpu': '%s'}}}",
              name, hard, hard, used);
}

static void test_unschedulable_for_the_dwell(void **state)
{
    (void)state;

    static const struct {
        const char *reason;
        int since;
        uint32_t status;
    } rows[] = {
        {"Unschedulable", 60, CVG_FAILED},    {"Unschedulable", 59, CVG_READY},
        {"SchedulerError", 60, CVG_FAILED},   {"SchedulingGated", 600, CVG_READY},
        {"Unschedulable", 86400, CVG_FAILED},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, NULL);
        put_pod("api", rows[i].reason, rows[i].since);
        if (rows[i].status == CVG_FAILED) {
            preset_expect(&preset, CVG_FAILED, "Unschedulable", "shop/api: 0/3 nodes");
        } else {
            preset_expect(&preset, CVG_READY, "InOrder", "");
        }
        preset_close(&preset);
    }
}

static void test_time_alone_makes_it_worse(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, NULL);
    put_pod("api", "Unschedulable", 20);
    preset_turns(&preset, FAKE_WALL + 40 * FAKE_SECOND, CVG_FAILED, "Unschedulable");
    preset_close(&preset);

    limits.dwell = 180 * FAKE_SECOND;
    preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, &limits);
    put_pod("api", "Unschedulable", 20);
    preset_turns(&preset, FAKE_WALL + 160 * FAKE_SECOND, CVG_FAILED, "Unschedulable");
    preset_close(&preset);

    preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, NULL);
    put_claim("data", "Pending", "fast", 20);
    preset_turns(&preset, FAKE_WALL + 100 * FAKE_SECOND, CVG_FAILED, "ClaimPending");
    preset_close(&preset);
}

static void test_how_many_pods(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    limits.count = 2;
    preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, &limits);
    put_pod("a", "Unschedulable", 100);
    put_pod("b", "Unschedulable", 100);
    preset_expect(&preset, CVG_READY, "InOrder", "");
    preset_fact(&preset, "unschedulable", "2");
    put_pod("c", "Unschedulable", 100);
    preset_expect(&preset, CVG_FAILED, "Unschedulable", "shop/a, shop/b, shop/c");
    preset_close(&preset);
}

static void test_claims_by_their_classes(void **state)
{
    (void)state;

    static const struct {
        const char *phase, *class;
        int since, classes; /* 0 cannot be read, 1 without a default, 2 the default waits */
        uint32_t status;
        const char *reason;
    } rows[] = {
        {"Bound", "fast", 600, 1, CVG_READY, "InOrder"},
        {"Pending", "fast", 119, 1, CVG_READY, "InOrder"},
        {"Pending", "fast", 120, 1, CVG_FAILED, "ClaimPending"},
        {"Pending", "late", 600, 1, CVG_READY, "InOrder"},
        {"Pending", "none", 600, 1, CVG_FAILED, "ClaimPending"},
        {"Pending", "", 600, 1, CVG_FAILED, "ClaimPending"},
        {"Pending", "", 600, 2, CVG_READY, "InOrder"},
        {"Pending", "late", 600, 0, CVG_FAILED, "ClaimPending"},
        {"Lost", "fast", 1, 1, CVG_FAILED, "ClaimLost"},
        {"Lost", "late", 1, 1, CVG_FAILED, "ClaimLost"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, NULL);
        put_claim("data", rows[i].phase, rows[i].class, rows[i].since);
        put_class("fast", "Immediate", 0);
        put_class("late", "WaitForFirstConsumer", rows[i].classes == 2);
        fake_sync();
        if (rows[i].classes == 0) {
            fake_state(fake_find("storageclasses", ""), CVG_KUBE_REFUSED, CVG_FAULT_AUTH,
                       "Forbidden", "may not list storageclasses", 0);
        }
        cvg_kube_check_read(preset.check, FAKE_WALL, &preset.finding);
        assert_int_equal(preset.finding.reading.status, rows[i].status);
        assert_string_equal(preset.finding.reading.reason, rows[i].reason);
        preset_fact(&preset, "not_read.storageclasses",
                    rows[i].classes == 0 ? "may not list storageclasses" : "");
        preset_close(&preset);
    }
}

static void test_shares_of_quotas(void **state)
{
    (void)state;
    static const struct cvg_kube_thresholds own = {
        .degraded = 0.5, .failed = 0.8, .dwell = CVG_ABSENT_INT, .count = CVG_ABSENT_INT};

    static const struct {
        const char *hard, *used;
        const struct cvg_kube_thresholds *limits;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {"10", "8999m", NULL, CVG_READY, "InOrder"},
        {"10", "9", NULL, CVG_DEGRADED, "QuotaTight"},
        {"10", "9999m", NULL, CVG_DEGRADED, "QuotaTight"},
        {"10", "10", NULL, CVG_FAILED, "QuotaExhausted"},
        {"10", "11", NULL, CVG_FAILED, "QuotaExhausted"},
        {"10", "4999m", &own, CVG_READY, "InOrder"},
        {"10", "5", &own, CVG_DEGRADED, "QuotaTight"},
        {"10", "8", &own, CVG_FAILED, "QuotaExhausted"},
        {"0", "0", NULL, CVG_READY, "InOrder"},
        {"10", "many", NULL, CVG_UNKNOWN, "NoStatus"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, rows[i].limits);
        put_quota("compute", rows[i].hard, rows[i].used);
        preset_expect(&preset, rows[i].status, rows[i].reason,
                      rows[i].status == CVG_READY ? "" : "shop/compute");
        preset_close(&preset);
    }
}

static void test_an_empty_namespace_is_in_order(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_SCHEDULING, NULL);
    preset_expect(&preset, CVG_READY, "InOrder", "");
    preset_fact(&preset, "pods", "0");
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unschedulable_for_the_dwell),
        cmocka_unit_test(test_time_alone_makes_it_worse),
        cmocka_unit_test(test_how_many_pods),
        cmocka_unit_test(test_claims_by_their_classes),
        cmocka_unit_test(test_shares_of_quotas),
        cmocka_unit_test(test_an_empty_namespace_is_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
