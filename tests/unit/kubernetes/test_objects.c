/* SPDX-License-Identifier: Apache-2.0 */
/* How many objects become one reading: status, words, facts, revision. */
#include "fake_cluster.h"

struct setup {
    struct cvg_kube_check_config config;
    struct cvg_kube_check *check;
    struct cvg_kit_finding finding;
    int64_t next;
};

static const char *const shop[] = {"shop"}, *const both[] = {"shop", "stage"};

#define LIST(names)                                                                                \
    {                                                                                              \
        .count = CVG_COUNT(names), .items = (names)                                                \
    }
#define KEYS(...)                                                                                  \
    {                                                                                              \
        .preset = CVG_ABSENT_UINT, __VA_ARGS__                                                     \
    }

static void open_check(struct setup *setup)
{
    fake_open();
    setup->check = cvg_kube_check_new(&fake, NULL, &setup->config, fake_refuse, NULL);
    assert_non_null(setup->check);
}

static const struct cvg_reading *read_check(struct setup *setup)
{
    fake_sync();
    setup->next = cvg_kube_check_read(setup->check, FAKE_WALL, &setup->finding);
    return &setup->finding.reading;
}

static void close_check(struct setup *setup)
{
    cvg_kube_check_free(setup->check);
    fake_close();
}

/* ---- how many of them ---- */

/* r ready, p progressing, f failed, d degraded, u unknown: claims of a kind that has all but two. */
static void put_claim(struct cvg_kube_collection *collection, char what, size_t number)
{
    static const struct {
        char what;
        const char *phase;
    } phases[] = {{'r', "Bound"}, {'p', "Pending"}, {'f', "Lost"}};

    for (size_t i = 0; i < CVG_COUNT(phases); i++) {
        if (phases[i].what == what) {
            fake_putf(collection,
                      "{'metadata': {'name': 'c%zu', 'namespace': 'shop', 'creationTimestamp': "
                      "'2026-01-01T00:09:59Z'}, 'status': {'phase': '%s'}}",
                      number, phases[i].phase);
            return;
        }
    }
    fail();
}

static void test_needed_against_what_there_is(void **state)
{
    (void)state;

    static const struct {
        const char *objects, *at_least;
        uint32_t status;
        const char *reason;
        uint64_t done, total;
    } rows[] = {
        {"rrr", NULL, CVG_READY, "AllReady", 3, 3},
        {"rrp", NULL, CVG_PROGRESSING, "ClaimPending", 2, 3},
        {"rpf", NULL, CVG_FAILED, "ClaimLost", 1, 3},
        {"rrp", "2", CVG_READY, "AllReady", 2, 2},
        {"rrf", "2", CVG_READY, "AllReady", 2, 2},
        {"rpf", "2", CVG_PROGRESSING, "ClaimPending", 1, 2},
        {"rff", "2", CVG_FAILED, "ClaimLost", 1, 2},
        {"rr", "3", CVG_PROGRESSING, "TooFew", 2, 3},
        {"rf", "3", CVG_FAILED, "ClaimLost", 1, 3},
        {"rrrrrrrrrf", "90%", CVG_READY, "AllReady", 9, 9},
        {"rrrrrrrrff", "90%", CVG_FAILED, "ClaimLost", 8, 9},
        {"rrrrrrrrpf", "90%", CVG_PROGRESSING, "ClaimPending", 8, 9},
        {"fffffffffpr", "10%", CVG_PROGRESSING, "ClaimPending", 1, 2},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = KEYS(.kind = "pvc", .namespaces = LIST(shop))};
        setup.config.at_least = rows[i].at_least;
        open_check(&setup);
        for (size_t k = 0; rows[i].objects[k] != '\0'; k++) {
            put_claim(fake_find("persistentvolumeclaims", "shop"), rows[i].objects[k], k);
        }
        const struct cvg_reading *reading = read_check(&setup);
        if (reading->status != rows[i].status || strcmp(reading->reason, rows[i].reason) != 0 ||
            reading->done != rows[i].done || reading->total != rows[i].total) {
            fail_msg("%s of %s: %u %s %zu/%zu: %s", rows[i].objects,
                     rows[i].at_least ? rows[i].at_least : "all", reading->status, reading->reason,
                     (size_t)reading->done, (size_t)reading->total, reading->message);
        }
        close_check(&setup);
    }
}

static void test_time_alone_is_told(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "pvc", .namespaces = LIST(shop))};

    open_check(&setup);
    put_claim(fake_find("persistentvolumeclaims", "shop"), 'p', 0);
    assert_int_equal(read_check(&setup)->status, CVG_PROGRESSING);
    assert_int_equal(setup.next, FAKE_WALL - FAKE_SECOND + fake.dwells.claim_pending);
    cvg_kube_check_read(setup.check, setup.next, &setup.finding);
    assert_int_equal(setup.finding.reading.status, CVG_FAILED);
    close_check(&setup);
}

static void test_nothing_is_unknown_unless_it_is_allowed(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_check_config config;
        uint32_t status;
        const char *reason, *message;
    } rows[] = {
        {KEYS(.kind = "pvc"), CVG_UNKNOWN, "EmptyMatch", "there is no PersistentVolumeClaim"},
        {KEYS(.kind = "pvc", .name = "data"), CVG_PROGRESSING, "NotFound",
         "persistentvolumeclaim data: is not there"},
        {KEYS(.kind = "node", .name = "a"), CVG_PROGRESSING, "NotFound", "node a: is not there"},
        {KEYS(.kind = "pvc", .name = "data", .allow_empty = 1), CVG_READY, "Empty",
         "there is no PersistentVolumeClaim named data"},
        {KEYS(.kind = "pvc", .selector = "a=b"), CVG_UNKNOWN, "EmptyMatch",
         "there is no PersistentVolumeClaim with labels a=b"},
        {KEYS(.kind = "pvc", .namespaces = LIST(shop), .name = "data", .at_least = "1"),
         CVG_PROGRESSING, "NotFound", "persistentvolumeclaim shop/data: is not there"},
        {KEYS(.kind = "pvc", .allow_empty = 1), CVG_READY, "Empty",
         "there is no PersistentVolumeClaim"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = rows[i].config};
        open_check(&setup);
        const struct cvg_reading *reading = read_check(&setup);
        assert_int_equal(reading->status, rows[i].status);
        assert_string_equal(reading->reason, rows[i].reason);
        assert_string_equal(reading->message, rows[i].message);
        close_check(&setup);
    }
}

static void test_a_named_object_must_be_in_each_namespace(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "pvc", .namespaces = LIST(both), .name = "c1")};

    open_check(&setup);
    put_claim(fake_find("persistentvolumeclaims", "shop"), 'r', 1);
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_PROGRESSING);
    assert_string_equal(reading->reason, "NotFound");
    assert_string_equal(reading->message,
                        "1 of 2 ready; persistentvolumeclaim stage/c1: is not there");
    close_check(&setup);
}

static void test_a_namespace_that_is_named_has_a_match(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_check_config config;
        char object;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {KEYS(.kind = "pvc", .namespaces = LIST(both)), 'r', CVG_UNKNOWN, "EmptyMatch"},
        {KEYS(.kind = "pvc", .namespaces = LIST(both)), 'f', CVG_FAILED, "ClaimLost"},
        {KEYS(.kind = "pvc", .namespaces = LIST(both), .at_least = "50%"), 'r', CVG_UNKNOWN,
         "EmptyMatch"},
        {KEYS(.kind = "pvc", .namespaces = LIST(both), .at_least = "1"), 'r', CVG_READY, "Ready"},
        {KEYS(.kind = "pvc", .namespaces = LIST(both), .allow_empty = 1), 'r', CVG_READY, "Ready"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = rows[i].config};
        open_check(&setup);
        put_claim(fake_find("persistentvolumeclaims", "shop"), rows[i].object, 1);
        const struct cvg_reading *reading = read_check(&setup);
        assert_int_equal(reading->status, rows[i].status);
        assert_string_equal(reading->reason, rows[i].reason);
        close_check(&setup);
    }
}

static void test_a_named_object_is_in_one_of_the_sources_namespaces(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "pvc", .name = "c1")};

    fake_open();
    fake.config.namespaces = (struct cvg_list)LIST(both);
    setup.check = cvg_kube_check_new(&fake, NULL, &setup.config, fake_refuse, NULL);
    assert_non_null(setup.check);
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_PROGRESSING);
    assert_string_equal(reading->reason, "NotFound");
    put_claim(fake_find("persistentvolumeclaims", "shop"), 'r', 1);
    assert_int_equal(read_check(&setup)->status, CVG_READY);
    close_check(&setup);
}

static void test_labels_select(void **state)
{
    (void)state;
    struct setup setup = {
        .config = KEYS(.kind = "pvc", .namespaces = LIST(shop), .selector = "tier in (db)")};

    open_check(&setup);
    struct cvg_kube_collection *claims = fake_find("persistentvolumeclaims", "shop");
    assert_true(cvg_kube_collection_keep(claims)->labels);
    fake_put(claims, "{'metadata': {'name': 'a', 'namespace': 'shop', 'labels': {'tier': 'db'}}, "
                     "'status': {'phase': 'Bound'}}");
    fake_put(claims, "{'metadata': {'name': 'b', 'namespace': 'shop', 'labels': {'tier': 'web'}}, "
                     "'status': {'phase': 'Lost'}}");
    fake_put(claims,
             "{'metadata': {'name': 'c', 'namespace': 'shop'}, 'status': {'phase': 'Lost'}}");
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_READY);
    assert_string_equal(fake_fact(reading, "objects"), "1");
    assert_string_equal(fake_fact(reading, "name"), "a");
    close_check(&setup);
}

/* ---- rules of the operator's own ---- */

static const struct cvg_pair running[] = {{"/status/phase", "Running"}, {"/status/ip", ""}};
static const struct cvg_pair bound[] = {{"/metadata/labels/ok", "yes"}};

static void test_fields_stand_for_the_rule_of_a_custom_kind(void **state)
{
    (void)state;

    static const struct {
        const char *meta, *status;
        uint32_t expected;
        const char *reason, *words;
    } rows[] = {
        {"", "{'phase': 'Running', 'ip': '10.0.0.1'}", CVG_READY, "Ready", "thing shop/x"},
        {"", "{'phase': 'Starting', 'ip': '10.0.0.1'}", CVG_PROGRESSING, "FieldMismatch",
         "thing shop/x: /status/phase is 'Starting' instead of 'Running'"},
        {"", "{'phase': 'Running'}", CVG_PROGRESSING, "FieldMismatch",
         "thing shop/x: /status/ip is empty instead of something"},
        {"", "{'phase': 'Running', 'ip': ''}", CVG_PROGRESSING, "FieldMismatch",
         "thing shop/x: /status/ip is empty instead of something"},
        {"", "{'phase': 'Running', 'ip': false}", CVG_PROGRESSING, "FieldMismatch",
         "thing shop/x: /status/ip is 'false' instead of something"},
        {"'deletionTimestamp': '2026-01-01T00:00:00Z',", "{'phase': 'Running', 'ip': 'x'}",
         CVG_PROGRESSING, "Terminating", "thing shop/x"},
        {"", "{'phase': 'Running', 'ip': 'x', 'observedGeneration': 1}", CVG_PROGRESSING,
         "GenerationBehind", "thing shop/x"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = KEYS(.kind = "example.org/v1/Thing",
                                             .namespaces = LIST(shop), .fields = LIST(running))};
        open_check(&setup);
        fake_putf(fake_find("things", "shop"),
                  "{'apiVersion': 'example.org/v1', 'kind': 'Thing', 'metadata': {'name': 'x', "
                  "%s 'namespace': 'shop', 'generation': 2}, 'status': %s}",
                  rows[i].meta, rows[i].status);
        const struct cvg_reading *reading = read_check(&setup);
        if (reading->status != rows[i].expected || strcmp(reading->reason, rows[i].reason) != 0 ||
            strncmp(reading->message, rows[i].words, strlen(rows[i].words)) != 0) {
            fail_msg("row %zu: %u %s: %s", i, reading->status, reading->reason, reading->message);
        }
        close_check(&setup);
    }
}

static void test_a_field_can_be_wanted_to_be_false(void **state)
{
    static const struct cvg_pair still = {"/status/busy", "false"};

    static const struct {
        const char *status;
        uint32_t expected;
    } rows[] = {
        {"{'busy': false}", CVG_READY},
        {"{'busy': true}", CVG_PROGRESSING},
        {"{'idle': true}", CVG_PROGRESSING},
        {"{'busy': null}", CVG_PROGRESSING},
    };

    (void)state;

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config =
                                  KEYS(.kind = "example.org/v1/Thing", .namespaces = LIST(shop),
                                       .fields = {.items = &still, .count = 1})};
        open_check(&setup);
        fake_putf(fake_find("things", "shop"),
                  "{'apiVersion': 'example.org/v1', 'kind': 'Thing', 'metadata': {'name': 'x', "
                  "'namespace': 'shop'}, 'status': %s}",
                  rows[i].status);
        assert_int_equal(read_check(&setup)->status, rows[i].expected);
        close_check(&setup);
    }
}

static void test_fields_come_on_top_of_a_built_in_rule(void **state)
{
    (void)state;

    static const struct {
        const char *phase, *ok;
        uint32_t status;
        const char *reason;
    } rows[] = {{"Bound", "yes", CVG_READY, "Ready"},
                {"Bound", "no", CVG_PROGRESSING, "FieldMismatch"},
                {"Lost", "yes", CVG_FAILED, "ClaimLost"}};

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {
            .config = KEYS(.kind = "pvc", .namespaces = LIST(shop), .fields = LIST(bound))};
        open_check(&setup);
        fake_putf(fake_find("persistentvolumeclaims", "shop"),
                  "{'metadata': {'name': 'x', 'namespace': 'shop', 'labels': {'ok': '%s'}}, "
                  "'status': {'phase': '%s'}}",
                  rows[i].ok, rows[i].phase);
        const struct cvg_reading *reading = read_check(&setup);
        assert_int_equal(reading->status, rows[i].status);
        assert_string_equal(reading->reason, rows[i].reason);
        close_check(&setup);
    }
}

/* ---- workloads and their pods ---- */

#define DEPLOYMENT "11111111-1111-1111-1111-111111111111"
#define REPLICASET "22222222-2222-2222-2222-222222222222"

static void put_rollout(const char *name, int updated, int ready, const char *more)
{
    fake_putf(fake_find("deployments", "shop"),
              "{'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': '%s', "
              "'namespace': 'shop', 'uid': '" DEPLOYMENT "', 'generation': 2, 'labels': "
              "{'app.kubernetes.io/version': '1.4.2'}, 'annotations': "
              "{'deployment.kubernetes.io/revision': '7'}}, 'spec': {'replicas': 3, "
              "'progressDeadlineSeconds': 600 %s}, 'status': {'observedGeneration': 2, "
              "'replicas': 3, 'updatedReplicas': %d, 'readyReplicas': %d, 'availableReplicas': %d, "
              "'conditions': [{'type': 'Available', 'status': 'True'}, {'type': 'Progressing', "
              "'status': 'True', 'reason': '%s'}]}}",
              name, more, updated, ready, ready,
              ready == 3 ? "NewReplicaSetAvailable" : "ReplicaSetUpdated");
}

static void put_deployment(const char *name, int ready, const char *more)
{
    put_rollout(name, 3, ready, more);
}

static void put_replicaset(void)
{
    fake_put(fake_find("replicasets", "shop"),
             "{'metadata': {'name': 'api-7d9', 'namespace': 'shop', 'uid': '" REPLICASET
             "', 'generation': 1, 'annotations': {'deployment.kubernetes.io/revision': '7'}, "
             "'labels': {'pod-template-hash': '7d9'}, 'ownerReferences': [{'kind': 'Deployment', "
             "'name': 'api', 'uid': '" DEPLOYMENT "', 'controller': true}]}, 'spec': {'replicas': "
             "3}, 'status': {'replicas': 3, 'observedGeneration': 1}}");
}

static void put_pod(const char *name, int crashes)
{
    fake_putf(fake_find("pods", "shop"),
              "{'metadata': {'name': '%s', 'namespace': 'shop', 'uid': '%s', 'labels': "
              "{'pod-template-hash': '7d9'}, 'ownerReferences': [{'kind': 'ReplicaSet', 'name': "
              "'api-7d9', 'uid': '" REPLICASET "', 'controller': true}]}, 'spec': {'nodeName': "
              "'n', 'containers': [{'name': 'app', 'image': 'registry:5000/shop:1.4.2'}]}, "
              "'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': '%s'}], "
              "'containerStatuses': [{'name': 'app', 'image': 'registry:5000/shop:1.4.2', "
              "'imageID': 'registry:5000/shop@sha256:abc', 'ready': %s, 'restartCount': 6, "
              "'state': %s}]}}",
              name, name, crashes ? "False" : "True", crashes ? "false" : "true",
              crashes ? "{'waiting': {'reason': 'CrashLoopBackOff', 'message': 'back-off 5m'}}"
                      : "{'running': {}}");
}

static struct setup deployment_setup(void)
{
    struct setup setup = {.config =
                              KEYS(.kind = "Deployment", .namespaces = LIST(shop), .name = "api")};
    return setup;
}

static void test_a_pod_of_the_newest_revision_fails_its_workload(void **state)
{
    (void)state;
    struct setup setup = deployment_setup();

    open_check(&setup);
    put_deployment("api", 2, "");
    put_replicaset();
    put_pod("api-7d9-a", 0);
    assert_int_equal(read_check(&setup)->status, CVG_PROGRESSING);
    put_pod("api-7d9-b", 1);
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_FAILED);
    assert_string_equal(reading->reason, "CrashLoopBackOff");
    assert_int_equal(strncmp(reading->message, "deployment shop/api: 2 of 3 ", 28), 0);
    assert_non_null(strstr(reading->message, "; pod api-7d9-b: container app is in "
                                             "CrashLoopBackOff"));
    assert_non_null(strstr(reading->message, "back-off 5m"));
    assert_string_equal(fake_fact(reading, "pod"), "api-7d9-b");
    assert_string_equal(fake_fact(reading, "pod_restarts"), "6");
    put_pod("api-7d9-c", 1);
    assert_non_null(strstr(read_check(&setup)->message, "(and 1 more such pods)"));
    close_check(&setup);
}

static void test_without_rights_on_pods_the_workloads_own_word_stands(void **state)
{
    (void)state;
    struct setup setup = deployment_setup();

    open_check(&setup);
    put_deployment("api", 3, "");
    fake_sync();
    fake_state(fake_find("pods", "shop"), CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden",
               "may not list pods in namespace shop", 0);
    cvg_kube_check_read(setup.check, FAKE_WALL, &setup.finding);
    assert_int_equal(setup.finding.reading.status, CVG_READY);
    assert_string_equal(fake_fact(&setup.finding.reading, "not_read.pods"),
                        "may not list pods in namespace shop");
    close_check(&setup);
}

static void test_a_pause_is_ready_where_it_is_meant_and_nothing_is_missing(void **state)
{
    (void)state;

    static const struct {
        int updated;
        uint32_t meant;
        const char *replicas; /* what /spec/replicas must be; NULL: anything */
        uint32_t status;
        const char *reason;
    } rows[] = {
        {3, 0, NULL, CVG_PROGRESSING, "Suspended"},
        {3, 1, NULL, CVG_READY, "Suspended"},
        {2, 1, NULL, CVG_PROGRESSING, "Suspended"},
        {3, 1, "4", CVG_PROGRESSING, "FieldMismatch"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_pair field = {"/spec/replicas", rows[i].replicas};
        struct setup setup = deployment_setup();
        setup.config.paused_ready = rows[i].meant;
        if (rows[i].replicas != NULL) {
            setup.config.fields = (struct cvg_list){.items = &field, .count = 1};
        }
        open_check(&setup);
        put_rollout("api", rows[i].updated, 3, ", 'paused': true");
        const struct cvg_reading *reading = read_check(&setup);
        assert_int_equal(reading->status, rows[i].status);
        assert_string_equal(reading->reason, rows[i].reason);
        close_check(&setup);
    }
}

static void test_a_pod_between_two_crashes_is_named(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "Pod", .namespaces = LIST(shop), .name = "a")};

    open_check(&setup);
    fake_put(fake_find("pods", "shop"),
             "{'metadata': {'name': 'a', 'namespace': 'shop', 'uid': 'a', 'creationTimestamp': "
             "'2026-01-01T00:02:00Z'}, 'spec': {'containers': [{'name': 'app', 'image': 'x'}]}, "
             "'status': {'phase': 'Running', 'conditions': [{'type': 'Ready', 'status': 'True'}], "
             "'containerStatuses': [{'name': 'app', 'ready': true, 'restartCount': 3, 'state': "
             "{'running': {'startedAt': '2026-01-01T00:09:00Z'}}, 'lastState': {'terminated': "
             "{'exitCode': 1, 'finishedAt': '2026-01-01T00:08:50Z'}}}]}}");
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_FAILED);
    assert_string_equal(reading->reason, "CrashLoopBackOff");
    assert_string_equal(reading->message, "pod shop/a: container app ended 3 times within 10 "
                                          "minutes and runs again; restarts: 3");
    assert_int_equal(setup.next, FAKE_WALL + 540 * FAKE_SECOND);
    cvg_kube_check_read(setup.check, setup.next, &setup.finding);
    assert_int_equal(setup.finding.reading.status, CVG_READY);
    close_check(&setup);
}

static void test_the_revision_is_what_is_chosen(void **state)
{
    (void)state;

    static const struct {
        uint32_t from;
        const char *revision;
    } rows[] = {
        {CVG_KUBE_REVISION_AUTO, "1.4.2"}, {CVG_KUBE_REVISION_VERSION, "1.4.2"},
        {CVG_KUBE_REVISION_TAG, "1.4.2"},  {CVG_KUBE_REVISION_IMAGE, "sha256:abc"},
        {CVG_KUBE_REVISION_KIND, "7"},     {CVG_KUBE_REVISION_GENERATION, "2"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = deployment_setup();
        setup.config.revision_from = rows[i].from;
        open_check(&setup);
        put_deployment("api", 3, "");
        put_replicaset();
        put_pod("api-7d9-a", 0);
        const struct cvg_reading *reading = read_check(&setup);
        assert_non_null(reading->revision);
        assert_string_equal(reading->revision, rows[i].revision);
        assert_string_equal(fake_fact(reading, "image.0"), "registry:5000/shop:1.4.2@sha256:abc");
        assert_string_equal(fake_fact(reading, "version.0"), "1.4.2");
        assert_string_equal(fake_fact(reading, "generation"), "2");
        assert_int_equal(reading->done, 3);
        close_check(&setup);
    }
}

static void test_several_revisions_are_none(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "Deployment", .namespaces = LIST(shop),
                                         .revision_from = CVG_KUBE_REVISION_KIND)};

    open_check(&setup);
    put_deployment("api", 3, "");
    put_deployment("web", 3, "");
    assert_string_equal(read_check(&setup)->revision, "7");
    fake_put(fake_find("deployments", "shop"),
             "{'metadata': {'name': 'zoo', 'namespace': 'shop', 'annotations': "
             "{'deployment.kubernetes.io/revision': '8'}}, 'spec': {}, 'status': {}}");
    assert_null(read_check(&setup)->revision);
    close_check(&setup);
}

/* ---- what stands beside an object ---- */

static void test_a_service_needs_somebody_who_answers(void **state)
{
    (void)state;
    static const char slice[] =
        "{'metadata': {'name': '%s', 'namespace': 'shop', 'labels': "
        "{'kubernetes.io/service-name': '%s'}}, 'addressType': 'IPv4', 'endpoints': [%s]}";
    static const char ready[] = "{'addresses': ['10.0.0.1'], 'conditions': {'ready': true}}";
    static const char unready[] = "{'addresses': ['10.0.0.2'], 'conditions': {'ready': false}}";
    struct setup setup = {.config = KEYS(.kind = "svc", .namespaces = LIST(shop), .name = "api")};

    open_check(&setup);
    fake_put(fake_find("services", "shop"),
             "{'metadata': {'name': 'api', 'namespace': 'shop'}, 'spec': {'type': 'ClusterIP', "
             "'clusterIP': '10.0.0.9', 'selector': {'app': 'api'}}, 'status': {}}");
    assert_string_equal(read_check(&setup)->reason, "NoEndpoints"); /* its slices come later */
    fake_putf(fake_find("endpointslices", "shop"), slice, "web-1", "web", ready);
    fake_putf(fake_find("endpointslices", "shop"), slice, "api-1", "api", unready);
    const struct cvg_reading *reading = read_check(&setup);
    assert_int_equal(reading->status, CVG_PROGRESSING);
    assert_string_equal(reading->reason, "NoEndpoints");
    assert_string_equal(reading->message, "service shop/api: no ready address stands behind it");
    fake_putf(fake_find("endpointslices", "shop"), slice, "api-2", "api", ready);
    assert_int_equal(read_check(&setup)->status, CVG_READY);
    close_check(&setup);
}

static void test_a_service_without_a_selector_is_nobodys_to_fill(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.kind = "svc", .namespaces = LIST(shop), .name = "api")};

    open_check(&setup);
    fake_put(fake_find("services", "shop"),
             "{'metadata': {'name': 'api', 'namespace': 'shop'}, 'spec': {'type': 'ClusterIP', "
             "'clusterIP': '10.0.0.9'}, 'status': {}}");
    assert_int_equal(read_check(&setup)->status, CVG_READY);
    fake_put(fake_find("services", "shop"),
             "{'metadata': {'name': 'api', 'namespace': 'shop'}, 'spec': {'type': "
             "'ExternalName', 'externalName': 'x.test', 'selector': {'app': 'api'}}}");
    assert_int_equal(read_check(&setup)->status, CVG_READY);
    close_check(&setup);
}

static void test_a_claim_may_wait_for_its_first_pod(void **state)
{
    (void)state;

    static const struct {
        const char *mode, *is_default, *named;
        uint32_t status;
    } rows[] = {
        {"WaitForFirstConsumer", "false", "'storageClassName': 'fast'", CVG_PROGRESSING},
        {"Immediate", "false", "'storageClassName': 'fast'", CVG_FAILED},
        {"WaitForFirstConsumer", "true", "'storageClassName': 'slow'", CVG_FAILED},
        {"WaitForFirstConsumer", "true", "'resources': {}", CVG_PROGRESSING},
        {"WaitForFirstConsumer", "false", "'resources': {}", CVG_FAILED},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = KEYS(.kind = "pvc", .namespaces = LIST(shop))};
        open_check(&setup);
        fake_putf(fake_find("storageclasses", ""),
                  "{'metadata': {'name': 'fast', 'annotations': "
                  "{'storageclass.kubernetes.io/is-default-class': '%s'}}, 'volumeBindingMode': "
                  "'%s'}",
                  rows[i].is_default, rows[i].mode);
        fake_putf(fake_find("persistentvolumeclaims", "shop"),
                  "{'metadata': {'name': 'data', 'namespace': 'shop', 'creationTimestamp': "
                  "'2026-01-01T00:00:00Z'}, 'spec': {%s}, 'status': {'phase': 'Pending'}}",
                  rows[i].named);
        const struct cvg_reading *reading = read_check(&setup);
        if (reading->status != rows[i].status || strcmp(reading->reason, "ClaimPending") != 0) {
            fail_msg("row %zu: %u %s", i, reading->status, reading->reason);
        }
        close_check(&setup);
    }
}

/* ---- many ---- */

static void test_the_same_is_said_whatever_the_order(void **state)
{
    (void)state;
    char words[2][1200], facts[2][256];

    for (size_t turn = 0; turn < 2; turn++) {
        struct setup setup = {.config = KEYS(.kind = "pvc", .namespaces = LIST(shop))};
        open_check(&setup);
        for (size_t i = 0; i < 40; i++) {
            size_t number = turn == 0 ? i : 39 - i;
            put_claim(fake_find("persistentvolumeclaims", "shop"), "rpf"[number % 3], number);
        }
        const struct cvg_reading *reading = read_check(&setup);
        (void)snprintf(words[turn], sizeof(words[turn]), "%s", reading->message);
        (void)snprintf(facts[turn], sizeof(facts[turn]), "%s", fake_fact(reading, "worst.7"));
        assert_string_equal(fake_fact(reading, "worst.8"), "");
        assert_true(reading->fact_count <= CVG_KIT_FACTS);
        close_check(&setup);
    }
    assert_string_equal(words[0], words[1]);
    assert_string_equal(facts[0], facts[1]);
    assert_non_null(strstr(words[0], "14 of 40 ready; "));
    assert_non_null(strstr(words[0], "; 23 more"));
    assert_string_equal(facts[0], "persistentvolumeclaim shop/c29: ClaimLost");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_needed_against_what_there_is),
        cmocka_unit_test(test_time_alone_is_told),
        cmocka_unit_test(test_nothing_is_unknown_unless_it_is_allowed),
        cmocka_unit_test(test_a_named_object_must_be_in_each_namespace),
        cmocka_unit_test(test_a_namespace_that_is_named_has_a_match),
        cmocka_unit_test(test_a_named_object_is_in_one_of_the_sources_namespaces),
        cmocka_unit_test(test_labels_select),
        cmocka_unit_test(test_fields_stand_for_the_rule_of_a_custom_kind),
        cmocka_unit_test(test_a_field_can_be_wanted_to_be_false),
        cmocka_unit_test(test_fields_come_on_top_of_a_built_in_rule),
        cmocka_unit_test(test_a_pod_of_the_newest_revision_fails_its_workload),
        cmocka_unit_test(test_without_rights_on_pods_the_workloads_own_word_stands),
        cmocka_unit_test(test_a_pause_is_ready_where_it_is_meant_and_nothing_is_missing),
        cmocka_unit_test(test_a_pod_between_two_crashes_is_named),
        cmocka_unit_test(test_the_revision_is_what_is_chosen),
        cmocka_unit_test(test_several_revisions_are_none),
        cmocka_unit_test(test_a_service_needs_somebody_who_answers),
        cmocka_unit_test(test_a_service_without_a_selector_is_nobodys_to_fill),
        cmocka_unit_test(test_a_claim_may_wait_for_its_first_pod),
        cmocka_unit_test(test_the_same_is_said_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
