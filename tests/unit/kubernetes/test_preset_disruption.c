/* SPDX-License-Identifier: Apache-2.0 */
/* preset: disruption: budgets and evictions. */
#include "preset_rig.h"

static void put_budget(const char *name, int current, int desired, int allowed)
{
    fake_putf(fake_find("poddisruptionbudgets", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop', 'generation': 1}, 'status': "
              "{'observedGeneration': 1, 'currentHealthy': %d, 'desiredHealthy': %d, "
              "'disruptionsAllowed': %d, 'expectedPods': 3, 'conditions': [{'type': "
              "'DisruptionAllowed', 'status': 'True', 'reason': 'SufficientPods'}]}}",
              name, current, desired, allowed);
}

/* since < 0: nobody says when it was. */
static void put_evicted(size_t number, int since, int created)
{
    fake_putf(fake_find("pods", ""),
              "{'metadata': {'name': 'p%02zu', 'namespace': 'shop', 'creationTimestamp': '%s'}, "
              "'status': {'phase': 'Failed', 'reason': 'Evicted', 'conditions': [{'type': '%s', "
              "'status': 'True', 'reason': 'TerminationByKubelet', 'lastTransitionTime': '%s'}]}}",
              number, ago(created), since < 0 ? "Other" : "DisruptionTarget",
              ago(since < 0 ? 0 : since));
}

static void test_budgets(void **state)
{
    (void)state;

    static const struct {
        int current, desired, allowed;
        uint32_t status;
        const char *reason, *blocking;
    } rows[] = {
        {3, 2, 1, CVG_READY, "InOrder", "0"},
        {2, 2, 0, CVG_READY, "InOrder", "1"},
        {1, 2, 0, CVG_DEGRADED, "BudgetShort", "1"},
        {0, 1, 0, CVG_DEGRADED, "BudgetShort", "1"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, NULL);
        put_budget("api", rows[i].current, rows[i].desired, rows[i].allowed);
        preset_expect(&preset, rows[i].status, rows[i].reason,
                      rows[i].status == CVG_READY ? "1 of 1 budget has" : "shop/api");
        preset_fact(&preset, "blocking_drains", rows[i].blocking);
        preset_close(&preset);
    }
}

static void test_a_share_of_budgets_is_failed_where_it_is_asked_for(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    limits.failed = 0.5;
    preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, &limits);
    put_budget("a", 1, 2, 0);
    put_budget("b", 3, 2, 1);
    preset_expect(&preset, CVG_DEGRADED, "BudgetShort", "1 of 2");
    put_budget("b", 1, 2, 1);
    preset_expect(&preset, CVG_FAILED, "BudgetShort", "2 of 2");
    preset_close(&preset);
}

static void test_a_budget_that_cannot_be_computed_is_failed(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, NULL);
    fake_put(fake_find("poddisruptionbudgets", ""),
             "{'metadata': {'name': 'api', 'namespace': 'shop'}, 'status': {'conditions': "
             "[{'type': 'DisruptionAllowed', 'status': 'False', 'reason': 'SyncFailed', "
             "'message': 'found no controllers'}]}}");
    preset_expect(&preset, CVG_FAILED, "BudgetSyncFailed", "shop/api: found no controllers");
    preset_close(&preset);
}

static void test_a_budget_that_was_changed_is_on_its_way(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, NULL);
    fake_put(fake_find("poddisruptionbudgets", ""),
             "{'metadata': {'name': 'api', 'namespace': 'shop', 'generation': 2}, 'status': "
             "{'observedGeneration': 1, 'currentHealthy': 3, 'desiredHealthy': 2}}");
    preset_expect(&preset, CVG_PROGRESSING, "GenerationBehind", "shop/api");
    preset_close(&preset);
}

static void test_evictions_within_the_window(void **state)
{
    (void)state;

    static const struct {
        size_t count;
        int since, created;
        uint32_t status;
        const char *evicted, *undated;
    } rows[] = {
        {5, 10, 9000, CVG_READY, "5", "0"},     {6, 10, 9000, CVG_DEGRADED, "6", "0"},
        {6, 599, 9000, CVG_DEGRADED, "6", "0"}, {6, 600, 9000, CVG_READY, "0", "0"},
        {6, -1, 9000, CVG_READY, "0", "6"},     {6, -1, 300, CVG_DEGRADED, "6", "0"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, NULL);
        for (size_t k = 0; k < rows[i].count; k++) {
            put_evicted(k, rows[i].since, rows[i].created);
        }
        preset_expect(&preset, rows[i].status,
                      rows[i].status == CVG_READY ? "InOrder" : "Evictions", "");
        preset_fact(&preset, "evicted", rows[i].evicted);
        preset_fact(&preset, "evicted_undated", rows[i].undated);
        preset_close(&preset);
    }
}

static void test_evictions_go_out_of_the_window(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    limits.dwell = 100 * FAKE_SECOND;
    limits.count = 0;
    preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, &limits);
    put_evicted(0, 40, 9000);
    assert_int_equal(preset_read(&preset)->status, CVG_DEGRADED);
    assert_int_equal(preset.next, FAKE_WALL + 60 * FAKE_SECOND);
    assert_int_equal(preset_read_at(&preset, preset.next)->status, CVG_READY);
    preset_close(&preset);
}

static void test_nothing_is_in_order_and_pods_are_optional(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_DISRUPTION, NULL);
    preset_expect(&preset, CVG_READY, "InOrder", "0 budgets");
    fake_state(fake_find("pods", ""), CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden",
               "may not list pods", 0);
    cvg_kube_check_read(preset.check, FAKE_WALL, &preset.finding);
    assert_int_equal(preset.finding.reading.status, CVG_READY);
    preset_fact(&preset, "not_read.pods", "may not list pods");
    fake_state(fake_find("poddisruptionbudgets", ""), CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden",
               "may not list poddisruptionbudgets", 0);
    cvg_kube_check_read(preset.check, FAKE_WALL, &preset.finding);
    assert_int_equal(preset.finding.reading.status, CVG_UNKNOWN);
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_a_share_of_budgets_is_failed_where_it_is_asked_for),
        cmocka_unit_test(test_a_budget_that_cannot_be_computed_is_failed),
        cmocka_unit_test(test_a_budget_that_was_changed_is_on_its_way),
        cmocka_unit_test(test_evictions_within_the_window),
        cmocka_unit_test(test_evictions_go_out_of_the_window),
        cmocka_unit_test(test_nothing_is_in_order_and_pods_are_optional),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
