/* SPDX-License-Identifier: Apache-2.0 */
/* preset: autoscaling: saturated, blind, stuck. */
#include "preset_rig.h"

/* s saturated, f at its minimum, b blind, d disabled (scaled to zero), k stuck, r in order, o
 * without a status. */
static void put_autoscaler(const char *name, char what, int since)
{
    const char *active = what == 'b' || what == 'd' ? "False" : "True";
    const char *limit = what == 's'   ? "TooManyReplicas"
                        : what == 'f' ? "TooFewReplicas"
                                      : "DesiredWithinRange";
    if (what == 'o') {
        fake_putf(fake_find("horizontalpodautoscalers", ""),
                  "{'metadata': {'name': '%s', 'namespace': 'shop'}}", name);
        return;
    }
    fake_putf(fake_find("horizontalpodautoscalers", ""),
              "{'metadata': {'name': '%s', 'namespace': 'shop'}, 'spec': {'maxReplicas': 5}, "
              "'status': {'currentReplicas': %d, 'desiredReplicas': 5, 'conditions': ["
              "{'type': 'AbleToScale', 'status': '%s', 'reason': '%s', 'lastTransitionTime': '%s'},"
              "{'type': 'ScalingActive', 'status': '%s', 'reason': '%s', 'lastTransitionTime': "
              "'%s'}, {'type': 'ScalingLimited', 'status': '%s', 'reason': '%s', "
              "'lastTransitionTime': '%s'}]}}",
              name, what == 's' ? 5 : 2, what == 'k' ? "False" : "True",
              what == 'k' ? "FailedGetScale" : "ReadyForNewScale", ago(since), active,
              what == 'd' ? "ScalingDisabled" : "FailedGetResourceMetric", ago(since),
              what == 's' || what == 'f' ? "True" : "False", limit, ago(since));
}

static void test_what_speaks_against_a_surge(void **state)
{
    (void)state;

    static const struct {
        char what;
        int since;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {'r', 900, CVG_READY, "InOrder"},
        {'s', 299, CVG_READY, "InOrder"},
        {'s', 300, CVG_DEGRADED, "AutoscalerSaturated"},
        {'f', 900, CVG_READY, "InOrder"},
        {'b', 59, CVG_READY, "InOrder"},
        {'b', 60, CVG_DEGRADED, "AutoscalerBlind"},
        {'d', 900, CVG_READY, "InOrder"},
        {'k', 59, CVG_READY, "InOrder"},
        {'k', 60, CVG_DEGRADED, "AutoscalerStuck"},
        {'o', 1, CVG_UNKNOWN, "NoConditions"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, NULL);
        put_autoscaler("api", rows[i].what, rows[i].since);
        preset_expect(&preset, rows[i].status, rows[i].reason,
                      rows[i].status == CVG_READY ? "" : "shop/api");
        preset_close(&preset);
    }
}

static void test_one_that_was_changed_is_on_its_way(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, NULL);
    fake_put(fake_find("horizontalpodautoscalers", ""),
             "{'metadata': {'name': 'api', 'namespace': 'shop', 'generation': 2}, 'spec': "
             "{'maxReplicas': 5}, 'status': {'observedGeneration': 1, 'conditions': [{'type': "
             "'AbleToScale', 'status': 'True'}, {'type': 'ScalingActive', 'status': 'True'}]}}");
    preset_expect(&preset, CVG_PROGRESSING, "GenerationBehind", "shop/api");
    preset_close(&preset);
}

static void test_time_alone_makes_it_worse(void **state)
{
    (void)state;

    static const struct {
        char what;
        int64_t after;
        const char *reason;
    } rows[] = {
        {'s', 290, "AutoscalerSaturated"},
        {'b', 50, "AutoscalerBlind"},
        {'k', 50, "AutoscalerStuck"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, NULL);
        put_autoscaler("api", rows[i].what, 10);
        preset_turns(&preset, FAKE_WALL + rows[i].after * FAKE_SECOND, CVG_DEGRADED,
                     rows[i].reason);
        preset_close(&preset);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds limits = NO_LIMITS;
    limits.count = 1;
    limits.failed = 0.5;
    limits.dwell = 30 * FAKE_SECOND;
    preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, &limits);
    put_autoscaler("a", 's', 30);
    put_autoscaler("b", 'r', 30);
    put_autoscaler("c", 'r', 30);
    put_autoscaler("d", 'r', 30);
    preset_expect(&preset, CVG_READY, "InOrder", "3 of 4");
    put_autoscaler("b", 's', 30);
    preset_expect(&preset, CVG_DEGRADED, "AutoscalerSaturated", "shop/a, shop/b");
    put_autoscaler("c", 'b', 90);
    preset_expect(&preset, CVG_FAILED, "AutoscalerBlind", "shop/c");
    preset_fact(&preset, "saturated", "2");
    preset_close(&preset);
}

static void test_none_is_unknown_unless_it_is_allowed(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, NULL);
    preset_expect(&preset, CVG_UNKNOWN, "EmptyMatch", "");
    preset_close(&preset);
    preset.config.allow_empty = 1;
    preset_open(&preset, CVG_KUBE_PRESET_AUTOSCALING, NULL);
    preset_expect(&preset, CVG_READY, "Empty", "");
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_speaks_against_a_surge),
        cmocka_unit_test(test_one_that_was_changed_is_on_its_way),
        cmocka_unit_test(test_time_alone_makes_it_worse),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_none_is_unknown_unless_it_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
