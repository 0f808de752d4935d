/* SPDX-License-Identifier: Apache-2.0 */
/* preset: api: the server itself, APIServices, webhooks, throttles. */
#include "preset_rig.h"

static const char *const some[] = {"shop"};

static void put_apiservice(const char *name, const char *available, int since)
{
    fake_putf(fake_find("apiservices", ""),
              "{'metadata': {'name': '%s'}, 'status': {'conditions': [{'type': 'Available', "
              "'status': '%s', 'reason': 'MissingEndpoints', 'message': 'no endpoints', "
              "'lastTransitionTime': '%s'}]}}",
              name, available, ago(since));
}

static void put_webhooks(const char *resource, const char *service, const char *policy, int ca,
                         int since)
{
    fake_putf(fake_find(resource, ""),
              "{'metadata': {'name': 'policy', 'creationTimestamp': '%s'}, 'webhooks': [{'name': "
              "'policy.example.com', 'failurePolicy': '%s', 'clientConfig': {'caBundle': '%s', "
              "'service': {'namespace': 'system', 'name': '%s'}}}]}",
              ago(since), policy, ca ? "QQ==" : "", service);
}

static void put_slice(const char *namespace, const char *name, const char *service, int ready)
{
    fake_putf(fake_find("endpointslices", ""),
              "{'metadata': {'name': '%s', 'namespace': '%s', 'labels': "
              "{'kubernetes.io/service-name': '%s'}}, 'addressType': 'IPv4', 'endpoints': "
              "[{'addresses': ['10.0.0.1'], 'conditions': {'ready': %s}}]}",
              name, namespace, service, ready ? "true" : "false");
}

static void test_what_the_server_says_of_itself(void **state)
{
    (void)state;

    static const struct {
        uint32_t readyz, status;
        const char *reason, *not_read;
    } rows[] = {
        {200, CVG_READY, "InOrder", ""},
        {0, CVG_UNKNOWN, "NotSynced", ""},
        {500, CVG_FAILED, "ApiServerNotReady", ""},
        {503, CVG_FAILED, "ApiServerNotReady", ""},
        {403, CVG_READY, "InOrder", "the API server answers 403 to /readyz"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
        fake_server.readyz = rows[i].readyz;
        fake_server.text = rows[i].readyz >= 500 ? "[-]etcd failed" : "";
        preset_expect(&preset, rows[i].status, rows[i].reason,
                      rows[i].readyz >= 500 ? "[-]etcd failed" : "");
        preset_fact(&preset, "not_read.readyz", rows[i].not_read);
        preset_close(&preset);
    }
}

static void test_it_is_as_old_as_the_oldest_of_what_it_reads(void **state)
{
    (void)state;
    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
    fake_server.readyz_at = fake_now - 30 * FAKE_SECOND;
    assert_int_equal(preset_read(&preset)->observed_at_ns, fake_server.readyz_at);
    fake_server.readyz_at = fake_now + 1;
    assert_int_equal(preset_read(&preset)->observed_at_ns, fake_now);
    preset_close(&preset);
}

static void test_apiservices(void **state)
{
    (void)state;

    static const struct {
        const char *available;
        int since;
        uint32_t status;
    } rows[] = {
        {"True", 900, CVG_READY},
        {"False", 59, CVG_READY},
        {"False", 60, CVG_FAILED},
        {"Unknown", 60, CVG_FAILED},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
        put_apiservice("v1beta1.metrics.k8s.io", rows[i].available, rows[i].since);
        if (rows[i].status == CVG_FAILED) {
            preset_expect(&preset, CVG_FAILED, "NotAvailable",
                          "v1beta1.metrics.k8s.io: no endpoints");
        } else {
            preset_expect(&preset, CVG_READY, "InOrder", "");
        }
        preset_close(&preset);
    }

    struct preset preset = {0};
    preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
    put_apiservice("v1beta1.metrics.k8s.io", "False", 10);
    preset_turns(&preset, FAKE_WALL + 50 * FAKE_SECOND, CVG_FAILED, "NotAvailable");
    fake_put(fake_find("apiservices", ""), "{'metadata': {'name': 'v1beta1.metrics.k8s.io'}}");
    preset_expect(&preset, CVG_UNKNOWN, "NoConditions", "v1beta1.metrics.k8s.io");
    preset_close(&preset);
}

static void test_webhooks(void **state)
{
    (void)state;
    static const char *const resources[] = {"validatingwebhookconfigurations",
                                            "mutatingwebhookconfigurations"};

    static const struct {
        const char *policy;
        int ca, since;
        int slice; /* 0 none, 1 not ready, 2 ready, 3 of another namespace */
        uint32_t status;
        const char *reason;
    } rows[] = {
        {"Fail", 1, 600, 2, CVG_READY, "InOrder"},
        {"Fail", 1, 600, 1, CVG_FAILED, "WebhookDown"},
        {"Fail", 1, 600, 0, CVG_FAILED, "WebhookDown"},
        {"Fail", 1, 600, 3, CVG_FAILED, "WebhookDown"},
        {"Ignore", 1, 600, 0, CVG_READY, "InOrder"},
        {"Fail", 0, 59, 2, CVG_READY, "InOrder"},
        {"Fail", 0, 60, 2, CVG_FAILED, "WebhookWithoutCA"},
        {"Ignore", 0, 600, 2, CVG_READY, "InOrder"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows) * CVG_COUNT(resources); i++) {
        struct preset preset = {0};
        size_t row = i / CVG_COUNT(resources);
        preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
        put_webhooks(resources[i % CVG_COUNT(resources)], "policy", rows[row].policy, rows[row].ca,
                     rows[row].since);
        put_slice("system", "others", "policies", 1);
        put_slice("system", "old", "policy", 0);
        if (rows[row].slice > 0) {
            put_slice(rows[row].slice == 3 ? "other" : "system", "new", "policy",
                      rows[row].slice > 1);
        }
        preset_expect(&preset, rows[row].status, rows[row].reason,
                      rows[row].status == CVG_READY ? "" : "policy");
        preset_close(&preset);
    }
}

static void test_throttles_of_our_own(void **state)
{
    (void)state;

    static const struct {
        uint64_t count;
        int64_t age;
        uint32_t status;
    } rows[] = {
        {0, 0, CVG_READY},
        {1, 0, CVG_DEGRADED},
        {1, 59, CVG_DEGRADED},
        {1, 60, CVG_READY},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct preset preset = {0};
        preset_open(&preset, CVG_KUBE_PRESET_API, NULL);
        fake_server.throttles = rows[i].count;
        fake_server.throttled_at = fake_now - rows[i].age * FAKE_SECOND;
        preset_expect(&preset, rows[i].status,
                      rows[i].status == CVG_READY ? "InOrder" : "Throttled", "");
        assert_int_equal(preset.next, rows[i].status == CVG_READY
                                          ? 0
                                          : FAKE_WALL + (60 - rows[i].age) * FAKE_SECOND);
        preset_close(&preset);
    }
}

static void test_a_source_of_some_namespaces_says_what_it_leaves_out(void **state)
{
    (void)state;
    struct preset preset = {.config.preset = CVG_KUBE_PRESET_API};
    fake_open();
    fake.config.namespaces = (struct cvg_list){.items = some, .count = 1};
    fake_server.readyz = 200;
    fake_server.text = "";
    fake_server.readyz_at = fake_now - FAKE_SECOND;
    fake_server.throttles = 0;
    preset.check = cvg_kube_check_new(&fake, NULL, &preset.config, fake_refuse, NULL);
    assert_non_null(preset.check);
    preset_expect(&preset, CVG_READY, "InOrder", "");
    assert_int_equal(preset.finding.reading.observed_at_ns, fake_server.readyz_at);
    assert_non_null(strstr(fake_fact(&preset.finding.reading, "not_read.apiservices"),
                           "limited to namespaces"));
    preset_close(&preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_server_says_of_itself),
        cmocka_unit_test(test_it_is_as_old_as_the_oldest_of_what_it_reads),
        cmocka_unit_test(test_apiservices),
        cmocka_unit_test(test_webhooks),
        cmocka_unit_test(test_throttles_of_our_own),
        cmocka_unit_test(test_a_source_of_some_namespaces_says_what_it_leaves_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
