/* SPDX-License-Identifier: Apache-2.0 */
/* preset: nodes, at the borders of its shares. */
#include "preset_rig.h"

#define DEFAULTS NULL

/* r ready, n not ready, u unknown, m ready and short of memory, c cordoned, o one without a
 * status; capital: of the control plane. */
static void put_node(char what, size_t number)
{
    int control_plane = what >= 'A' && what <= 'Z';
    char kind = control_plane ? (char)(what + 32) : what;
    const char *ready = kind == 'n' ? "False" : kind == 'u' ? "Unknown" : "True";
    if (kind == 'o') {
        fake_putf(fake_find("nodes", ""), "{'metadata': {'name': 'n%02zu'}}", number);
        return;
    }
    fake_putf(fake_find("nodes", ""),
              "{'metadata': {'name': 'n%02zu', 'labels': {'%s': ''}}, 'spec': {%s}, 'status': "
              "{'conditions': [{'type': 'Ready', 'status': '%s', 'lastTransitionTime': '%s'},"
              "{'type': 'MemoryPressure', 'status': '%s'}]}}",
              number, control_plane ? "node-role.kubernetes.io/control-plane" : "a",
              kind == 'c' ? "'unschedulable': true" : "", ready, ago(30),
              kind == 'm' ? "True" : "False");
}

static void test_shares_of_nodes(void **state)
{
    (void)state;
    static const struct cvg_kube_thresholds strict = {
        .degraded = 0.01, .failed = 0.02, .dwell = CVG_ABSENT_INT, .count = CVG_ABSENT_INT};

    static const struct {
        const char *nodes;
        const struct cvg_kube_thresholds *limits;
        uint32_t status;
        const char *reason, *words;
    } rows[] = {
        {"rrr", DEFAULTS, CVG_READY, "InOrder", "3 of 3 nodes are ready"},
        {"", DEFAULTS, CVG_UNKNOWN, "EmptyMatch", "no nodes"},
        {"rrrrrrrrrrrrrrrrrrrn", DEFAULTS, CVG_READY, "InOrder", "19 of 20"},
        {"rrrrrrrrrrrrrrrrrrn", DEFAULTS, CVG_DEGRADED, "NodeNotReady", "1 of 19"},
        {"rrrrrrrrrrrrrrrrrrnn", DEFAULTS, CVG_DEGRADED, "NodeNotReady", "n18, n19"},
        {"rrrrrrrrrrrrrrrrrnn", DEFAULTS, CVG_FAILED, "NodeNotReady", "2 of 19"},
        {"rrrrrrrrrrrrrrrrrun", DEFAULTS, CVG_FAILED, "NodeNotReady", "2 of 19"},
        {"rrrrrrrrrrrrrrrrroo", DEFAULTS, CVG_FAILED, "NodeNotReady", "2 of 19"},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrN", DEFAULTS, CVG_FAILED, "ControlPlaneNotReady", "n29"},
        {"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrU", DEFAULTS, CVG_FAILED, "ControlPlaneNotReady", "n29"},
        {"rrrrrrrrrrrrrrrrrrrm", DEFAULTS, CVG_DEGRADED, "NodePressure", "1 of 20"},
        {"rrrrrrrrrrrrrrrrrrmm", DEFAULTS, CVG_DEGRADED, "NodePressure", "2 of 20"},
        {"rrrrrrrrrrrrrrrrrmm", DEFAULTS, CVG_FAILED, "NodePressure", "2 of 19"},
        {"rcc", DEFAULTS, CVG_READY, "InOrder", "3 of 3"},
        {"ccc", DEFAULTS, CVG_FAILED, "NodeCordoned", "n00, n01, n02"},
        {"nnnnnnnr", DEFAULTS, CVG_FAILED, "NodeNotReady", "n00, n01, n02, n03, n04 and 2 more"},
        {"rrrrrrrrrrrrrrrrrrrn", &strict, CVG_FAILED, "NodeNotReady", "1 of 20"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_NODES, rows[i].limits);
        for (size_t k = 0; rows[i].nodes[k] != '\0'; k++) {
            put_node(rows[i].nodes[k], k);
        }
        preset_expect(&preset, rows[i].status, rows[i].reason, rows[i].words);
        preset_close(&preset);
    }
}

static void test_facts_name_them(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_NODES, NULL);
    put_node('r', 0);
    put_node('n', 1);
    put_node('c', 2);
    put_node('m', 3);
    const struct cvg_reading *reading = preset_read(&preset);
    preset_fact(&preset, "nodes", "4");
    preset_fact(&preset, "not_ready", "1");
    preset_fact(&preset, "not_ready_names", "n01");
    preset_fact(&preset, "cordoned_names", "n02");
    preset_fact(&preset, "pressure_names", "n03");
    assert_int_equal(reading->done, 3);
    assert_int_equal(reading->total, 4);
    assert_true(reading->has_value && reading->value == 0.25);
    preset_close(&preset);
}

static void test_long_names_do_not_push_facts_out(void **state)
{
    (void)state;
    struct preset preset = {0};
    char name[254];
    preset_open(&preset, CVG_KUBE_PRESET_NODES, NULL);
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (char first = 'a'; first <= 'f'; first++) {
        name[0] = first;
        fake_putf(fake_find("nodes", ""),
                  "{'metadata': {'name': '%s'}, 'status': {'conditions': [{'type': "
                  "'DiskPressure', 'status': 'True'}]}}",
                  name);
    }
    const struct cvg_reading *reading = preset_read(&preset);
    assert_non_null(strstr(reading->message, " and 4 more"));
    assert_non_null(strstr(fake_fact(reading, "pressure_names"), " and 4 more"));
    preset_fact(&preset, "cordoned", "0");
    preset_close(&preset);
}

static void test_what_cannot_be_read_is_unknown(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_NODES, NULL);
    put_node('r', 0);
    fake_state(fake_find("nodes", ""), CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden",
               "may not list nodes", 0);
    cvg_kube_check_read(preset.check, FAKE_WALL, &preset.finding);
    assert_int_equal(preset.finding.reading.status, CVG_UNKNOWN);
    assert_string_equal(preset.finding.reading.reason, "Forbidden");
    preset_close(&preset);
}

static void test_keys_without_effect_are_refused(void **state)
{
    (void)state;
    struct preset preset = {0};
    struct cvg_kube_thresholds dwell = NO_LIMITS, count = NO_LIMITS, high = NO_LIMITS;
    dwell.dwell = FAKE_SECOND;
    count.count = 1;
    high.degraded = 0.2;
    fake_open();
    preset_refuses(&preset, CVG_KUBE_PRESET_NODES, &dwell, "thresholds.dwell");
    preset_refuses(&preset, CVG_KUBE_PRESET_NODES, &count, "thresholds.count");
    preset_refuses(&preset, CVG_KUBE_PRESET_NODES, &high, "thresholds.degraded");
    preset_refuses(&preset, 99, NULL, "preset");
    fake_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares_of_nodes),
        cmocka_unit_test(test_facts_name_them),
        cmocka_unit_test(test_long_names_do_not_push_facts_out),
        cmocka_unit_test(test_what_cannot_be_read_is_unknown),
        cmocka_unit_test(test_keys_without_effect_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
