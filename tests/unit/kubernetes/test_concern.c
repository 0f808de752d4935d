/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check that does not judge again what did not concern it says at each moment what one would say
 * that always does: over random events, times and breaks, and checks of all shapes. And it does so
 * without judging what others' events are about.
 */
#include "fake_cluster.h"

#define ROUNDS 60
#define STEPS  300

static const char *const shop[] = {"shop"}, *const both[] = {"shop", "stage"},
                         *const star[] = {"*"};
static const struct cvg_pair fields[] = {{.name = "/status/conditions/0/status", .value = "True"}};

static const struct cvg_kube_check_config configs[] = {
    {.kind = "Deployment", .namespaces = {1, shop}, .name = "d0"},
    {.kind = "Deployment", .namespaces = {1, shop}, .name = "d1", .at_least = "1"},
    {.kind = "Deployment", .namespaces = {2, both}, .name = "d0"},
    {.kind = "Deployment", .namespaces = {1, star}, .name = "d1"},
    {.kind = "Deployment", .namespaces = {1, shop}, .at_least = "50%"},
    {.kind = "ReplicaSet", .namespaces = {1, shop}, .name = "r0"},
    {.kind = "StatefulSet", .namespaces = {1, shop}, .name = "s0"},
    {.kind = "DaemonSet", .namespaces = {1, shop}, .name = "s0"},
    {.kind = "Job", .namespaces = {1, shop}, .name = "s0", .allow_empty = 1},
    {.kind = "Pod", .namespaces = {1, shop}, .selector = "pod-template-hash=h0"},
    {.kind = "svc", .namespaces = {1, shop}, .name = "v0"},
    {.kind = "pvc", .namespaces = {1, shop}, .name = "c0"},
    {.kind = "example.org/v1/Thing", .namespaces = {1, shop}, .name = "t0", .fields = {1, fields}},
};

/* What was said last of each. */
struct said {
    char text[8192];
    size_t times;
};

static struct said said[CVG_COUNT(configs)];
static struct cvg_kube_check *checks[CVG_COUNT(configs)];
static struct cvg_kube_check_config taken[CVG_COUNT(configs)];
static struct cvg_kube_form counting;
static size_t judged;
static uint64_t chance;
static int64_t wall;

static unsigned draw(unsigned below)
{
    uint64_t word = chance += 0x9e3779b97f4a7c15u;
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9u;
    word = (word ^ word >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((word ^ word >> 31) % below);
}

/* All but when it was observed. */
static void write_text(const struct cvg_reading *reading, char *text, size_t size)
{
    int used = snprintf(
        text, size, "%u %u %s|%s|%s|%s|%s", reading->status, reading->fault, reading->reason,
        reading->message ? reading->message : "", reading->expected ? reading->expected : "",
        reading->observed ? reading->observed : "", reading->revision ? reading->revision : "");
    for (size_t i = 0; i < reading->fact_count && (size_t)used < size; i++) {
        used += snprintf(text + used, size - (size_t)used, "|%s=%s", reading->facts[i].name,
                         reading->facts[i].text);
    }
    assert_true((size_t)used < size);
}

static void take_report(struct cvg_check *handle, const struct cvg_reading *reading)
{
    struct said *one = (struct said *)(void *)handle;
    write_text(reading, one->text, sizeof(one->text));
    one->times++;
}

static int64_t count_judging(struct cvg_kube_check *check, int64_t at, struct cvg_kit_finding *ret)
{
    judged++;
    return cvg_kube_form_objects.judge(check, at, ret);
}

static void open_all(void)
{
    fake_open();
    fake.host.report = take_report;
    counting = cvg_kube_form_objects;
    counting.judge = count_judging;
    wall = FAKE_WALL;
    memset(said, 0, sizeof(said));
    for (size_t i = 0; i < CVG_COUNT(configs); i++) {
        taken[i] = configs[i];
        taken[i].preset = CVG_ABSENT_UINT;
        checks[i] = cvg_kube_check_new(&fake, (struct cvg_check *)(void *)&said[i], &taken[i],
                                       fake_refuse, NULL);
        assert_non_null(checks[i]);
        checks[i]->form = &counting;
    }
}

static void close_all(void)
{
    for (size_t i = 0; i < CVG_COUNT(configs); i++) {
        cvg_kube_check_free(checks[i]);
    }
    fake_close();
}

/* ---- events ---- */

static const char *namespace_of(const struct cvg_kube_collection *collection)
{
    const char *namespace = cvg_kube_collection_namespace(collection);
    return *namespace != '\0' ? namespace : both[draw(2)];
}

/* Owned and owners' uids are of a small world, so that they meet. */
static void put_pod(struct cvg_kube_collection *pods)
{
    static const char *const states[] = {
        "{'running': {'startedAt': '2026-01-01T00:00:00Z'}}",
        "{'running': {'startedAt': '2026-01-01T00:00:00Z'}}",
        "{'waiting': {'reason': 'CrashLoopBackOff', 'message': 'back-off'}}",
        "{'waiting': {'reason': 'ImagePullBackOff', 'message': 'no tag'}}"};
    static const char *const owners[] = {"r0", "r1", "r2", "s0", "s1"};
    unsigned number = draw(30);
    int ready = draw(3) > 0;
    fake_putf(pods,
              "{'metadata': {'name': 'p%u', 'namespace': '%s', 'uid': 'pod-%u', "
              "'creationTimestamp': '2026-01-01T00:0%u:00Z', 'labels': {'pod-template-hash': "
              "'h%u'}, 'ownerReferences': [{'apiVersion': 'apps/v1', 'kind': 'X', 'name': 'x', "
              "'uid': '%s', 'controller': true}]}, 'spec': {'containers': [{'name': 'app', "
              "'image': 'shop:%u'}]}, 'status': {'phase': 'Running', 'conditions': [{'type': "
              "'Ready', 'status': '%s', 'lastTransitionTime': '2026-01-01T00:0%u:00Z'}, {'type': "
              "'PodScheduled', 'status': '%s', 'reason': 'Unschedulable', 'lastTransitionTime': "
              "'2026-01-01T00:0%u:30Z'}], 'containerStatuses': [{'name': 'app', 'image': "
              "'shop:2', 'imageID': 'shop@sha256:%u', 'ready': %s, 'restartCount': %u, 'state': "
              "%s}]}}",
              number, namespace_of(pods), number, draw(10), draw(2), owners[draw(5)], draw(3),
              ready ? "True" : "False", draw(10), draw(4) > 0 ? "True" : "False", draw(10), draw(3),
              ready ? "true" : "false", draw(5), states[draw(4)]);
}

/* Deployments, ReplicaSets (of one of them), StatefulSets, DaemonSets. */
static void put_workload(struct cvg_kube_collection *collection, char letter)
{
    unsigned number = draw(3), ready = draw(3), observed = 1 + draw(2);
    fake_putf(collection,
              "{'metadata': {'name': '%c%u', 'namespace': '%s', 'uid': '%c%u', 'generation': 2, "
              "'creationTimestamp': '2026-01-01T00:0%u:00Z', 'annotations': "
              "{'deployment.kubernetes.io/revision': '%u'}, 'labels': {'pod-template-hash': "
              "'h%u', 'app.kubernetes.io/version': '%u'}, 'ownerReferences': [{'apiVersion': "
              "'apps/v1', 'kind': 'Deployment', 'name': 'd', 'uid': 'd%u', 'controller': %s}]}, "
              "'spec': {'replicas': 2, 'updateStrategy': {'type': 'RollingUpdate'}}, 'status': "
              "{'observedGeneration': %u, 'replicas': 2, 'desiredNumberScheduled': 2, "
              "'currentNumberScheduled': 2, 'updatedNumberScheduled': %u, 'numberAvailable': %u, "
              "'numberReady': %u, 'updatedReplicas': 2, 'readyReplicas': %u, 'availableReplicas': "
              "%u, 'currentRevision': 'h0', 'updateRevision': 'h%u'}}",
              letter, number, namespace_of(collection), letter, draw(8) > 0 ? number : 7, draw(10),
              1 + draw(3), draw(2), draw(3), draw(2), letter == 'r' ? "true" : "false", observed,
              ready, ready, ready, ready, ready, draw(2));
}

static void put_other(struct cvg_kube_collection *collection, const char *resource)
{
    const char *namespace = namespace_of(collection);
    if (strcmp(resource, "jobs") == 0) {
        fake_putf(collection,
                  "{'metadata': {'name': 's%u', 'namespace': '%s', 'uid': 's0'}, 'spec': "
                  "{'completions': 2}, 'status': {'active': %u, 'succeeded': %u}}",
                  draw(2), namespace, draw(2), draw(3));
    } else if (strcmp(resource, "services") == 0) {
        fake_putf(collection,
                  "{'metadata': {'name': 'v%u', 'namespace': '%s'}, 'spec': {'type': 'ClusterIP', "
                  "'clusterIP': '10.0.0.9', 'selector': {'app': 'v'}}, 'status': {}}",
                  draw(2), namespace);
    } else if (strcmp(resource, "endpointslices") == 0) {
        fake_putf(collection,
                  "{'metadata': {'name': 'e%u', 'namespace': '%s', 'labels': "
                  "{'kubernetes.io/service-name': 'v%u'}}, 'addressType': 'IPv4', 'endpoints': "
                  "[{'addresses': ['10.0.0.1'], 'conditions': {'ready': %s}}]}",
                  draw(3), namespace, draw(2), draw(2) ? "true" : "false");
    } else if (strcmp(resource, "persistentvolumeclaims") == 0) {
        fake_putf(collection,
                  "{'metadata': {'name': 'c%u', 'namespace': '%s', 'creationTimestamp': "
                  "'2026-01-01T00:0%u:00Z'}, 'spec': {'storageClassName': 'k%u'}, 'status': "
                  "{'phase': '%s'}}",
                  draw(2), namespace, draw(10), draw(2), draw(2) ? "Pending" : "Bound");
    } else if (strcmp(resource, "storageclasses") == 0) {
        fake_putf(collection, "{'metadata': {'name': 'k%u'}, 'volumeBindingMode': '%s'}", draw(2),
                  draw(2) ? "Immediate" : "WaitForFirstConsumer");
    } else {
        fake_putf(collection,
                  "{'metadata': {'name': 't%u', 'namespace': '%s'}, 'status': {'conditions': "
                  "[{'type': 'Ready', 'status': '%s'}]}}",
                  draw(2), namespace, draw(2) ? "True" : "False");
    }
}

static void put(struct cvg_kube_collection *collection)
{
    static const struct {
        const char *resource;
        char letter;
    } workloads[] = {
        {"deployments", 'd'}, {"replicasets", 'r'}, {"statefulsets", 's'}, {"daemonsets", 's'}};

    const char *resource = cvg_kube_collection_kind(collection)->resource;
    for (size_t i = 0; i < CVG_COUNT(workloads); i++) {
        if (strcmp(resource, workloads[i].resource) == 0) {
            put_workload(collection, workloads[i].letter);
            return;
        }
    }
    if (strcmp(resource, "pods") == 0) {
        put_pod(collection);
    } else {
        put_other(collection, resource);
    }
}

static void remove_one(struct cvg_kube_collection *collection)
{
    const struct cvg_kube_object *object;
    size_t at = draw(8);
    object = cvg_kube_collection_next(collection, &at);
    if (object != NULL) {
        char namespace[64], name[64];
        (void)snprintf(namespace, sizeof(namespace), "%s", object->namespace);
        (void)snprintf(name, sizeof(name), "%s", object->name);
        cvg_kube_collection_remove(collection, namespace, name);
    }
}

static void list_again(struct cvg_kube_collection *collection)
{
    cvg_kube_collection_begin(collection);
    for (unsigned i = draw(10); i > 0; i--) {
        put(collection);
    }
    if (draw(3) > 0) {
        cvg_kube_collection_end(collection);
    } else {
        cvg_kube_collection_abandon(collection);
    }
    (void)cvg_kube_collection_sweep(collection, draw(20));
}

static void change_state(struct cvg_kube_collection *collection)
{
    switch (draw(4)) {
    case 0:
        fake_state(collection, CVG_KUBE_BROKEN_OFF, CVG_FAULT_CONNECT, "ConnectFailed", "cut",
                   cvg_kube_collection_state(collection)->known_at);
        break;
    case 1:
        fake_state(collection, CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden", "may not", 0);
        break;
    default:
        fake_state(collection, CVG_KUBE_SYNCED, CVG_FAULT_NONE, "", "", fake_now);
    }
}

static void happen(void)
{
    struct cvg_kube_collection *collection = fake.collections[draw((unsigned)fake.count)];
    unsigned what = draw(100);
    if (what < 70) {
        put(collection);
    } else if (what < 88) {
        remove_one(collection);
    } else if (what < 92) {
        list_again(collection);
    } else if (what < 95) {
        change_state(collection);
    } else if (what < 99) {
        wall += (int64_t)draw(60) * FAKE_SECOND;
    } else {
        wall -= (int64_t)draw(600) * FAKE_SECOND;
    }
}

/* ---- what must hold ---- */

static void know_all(void)
{
    fake_now += FAKE_SECOND / 10;
    for (size_t i = 0; i < fake.count; i++) {
        if (cvg_kube_collection_state(fake.collections[i])->sync == CVG_KUBE_SYNCED) {
            cvg_kube_collection_know(fake.collections[i], fake_now);
        }
    }
}

static void look_all(void)
{
    for (size_t i = 0; i < CVG_COUNT(checks); i++) {
        (void)checks[i]->reader.look(&checks[i]->reader, wall);
    }
}

/* Older evidence than the host has is not said, and what was said of it then stands. */
static void expect_all_said(uint64_t seed, int step, size_t *ret_compared)
{
    static struct cvg_kit_finding finding;
    static char text[sizeof(said[0].text)];
    for (size_t i = 0; i < CVG_COUNT(checks); i++) {
        int64_t next = cvg_kube_check_read(checks[i], wall, &finding);
        int64_t observed = finding.reading.observed_at_ns;
        if (observed != 0 && observed < checks[i]->observed_at) {
            continue;
        }
        write_text(&finding.reading, text, sizeof(text));
        if (strcmp(text, said[i].text) != 0 || (checks[i]->is_settled && next != checks[i]->next)) {
            fail_msg("seed %llu step %d check %zu: said\n%s\ninstead of\n%s",
                     (unsigned long long)seed, step, i, said[i].text, text);
        }
        ++*ret_compared;
    }
}

static void test_what_is_not_judged_again_is_what_it_was(void **state)
{
    (void)state;
    size_t compared = 0, looked = 0;
    judged = 0;

    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        chance = seed;
        open_all();
        fake_sync();
        for (int step = 0; step < STEPS; step++) {
            for (unsigned i = draw(20) == 0 ? 40 : draw(3); i > 0; i--) {
                happen();
            }
            know_all();
            size_t before = judged;
            look_all();
            looked += judged - before;
            expect_all_said(seed, step, &compared);
        }
        close_all();
    }
    size_t all = (size_t)ROUNDS * STEPS * CVG_COUNT(checks);
    print_message("%zu looks, %zu of them judged, %zu compared\n", all, looked, compared);
    assert_true(compared > all / 2);
    assert_true(looked > all / 100);
    assert_true(looked < all / 2);
}

/* Hundreds of checks of one object each: an event is judged by the one that it is about. */
static void test_an_event_is_judged_by_whom_it_concerns(void **state)
{
    (void)state;
    static struct cvg_kube_check_config config[200];
    static struct cvg_kube_check *many[200];
    static char names[200][8];
    size_t total = 0;

    fake_open();
    fake.host.report = take_report;
    counting = cvg_kube_form_objects;
    counting.judge = count_judging;
    for (size_t i = 0; i < CVG_COUNT(many); i++) {
        (void)snprintf(names[i], sizeof(names[i]), "d%zu", i);
        config[i] = configs[0];
        config[i].preset = CVG_ABSENT_UINT;
        config[i].name = names[i];
        many[i] = cvg_kube_check_new(&fake, (struct cvg_check *)(void *)&said[0], &config[i],
                                     fake_refuse, NULL);
        assert_non_null(many[i]);
        many[i]->form = &counting;
    }
    for (size_t i = 0; i < CVG_COUNT(many); i++) {
        fake_putf(fake_find("deployments", "shop"),
                  "{'metadata': {'name': 'd%zu', 'namespace': 'shop', 'uid': 'd%zu'}}", i, i);
        fake_putf(fake_find("replicasets", "shop"),
                  "{'metadata': {'name': 'r%zu', 'namespace': 'shop', 'uid': 'r%zu', "
                  "'ownerReferences': [{'kind': 'Deployment', 'name': 'd', 'uid': 'd%zu', "
                  "'controller': true}]}}",
                  i, i, i);
        for (size_t j = 0; j < 5; j++) {
            fake_putf(fake_find("pods", "shop"),
                      "{'metadata': {'name': 'p%zu-%zu', 'namespace': 'shop', "
                      "'ownerReferences': [{'kind': 'ReplicaSet', 'name': 'r', 'uid': 'r%zu', "
                      "'controller': true}]}}",
                      i, j, i);
        }
    }
    fake_sync();
    for (size_t event = 0; event < 400; event++) {
        judged = 0;
        fake_putf(fake_find("pods", "shop"),
                  "{'metadata': {'name': 'p%zu-0', 'namespace': 'shop', 'ownerReferences': "
                  "[{'kind': 'ReplicaSet', 'name': 'r', 'uid': 'r%zu', 'controller': true}]}}",
                  event % CVG_COUNT(many), event % CVG_COUNT(many));
        for (size_t i = 0; i < CVG_COUNT(many); i++) {
            (void)many[i]->reader.look(&many[i]->reader, FAKE_WALL);
        }
        assert_true(judged >= 1);
        total += event == 0 ? 0 : judged;
    }
    /* Some share a bucket. */
    assert_true(total < 400 * 3);
    for (size_t i = 0; i < CVG_COUNT(many); i++) {
        cvg_kube_check_free(many[i]);
    }
    fake_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_judged_again_is_what_it_was),
        cmocka_unit_test(test_an_event_is_judged_by_whom_it_concerns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
