/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom resources beyond their golden cases: dwells that an operator changed, revisions, and
 * statuses of a shape that no controller writes.
 */
#include "custom_revision.h"
#include "golden.h"
#include "looking.h"
#include "rule_custom.h"

#include "base/macros.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define HOUR   (3600 * SECOND)

/* An object in JSON, with ' for ". Lives until the next one is read. */
static struct {
    struct cvg_kit_arena *arena;
    struct cvg_kube_kind kind;
    char text[8192];
} own;

static const struct cvg_kube_view *view_of(const char *group, const char *version, const char *name,
                                           const char *rest)
{
    const struct cvg_kube_view *view = NULL;
    char error[256] = "";
    int length = snprintf(own.text, sizeof(own.text),
                          "{'metadata': {'name': 'it', 'namespace': 'shop', 'generation': 2, "
                          "'resourceVersion': '7'}, %s}",
                          rest);
    assert_in_range(length, 1, sizeof(own.text) - 1);
    for (int i = 0; i < length; i++) {
        own.text[i] = own.text[i] == '\'' ? '"' : own.text[i];
    }
    own.kind = (struct cvg_kube_kind){group, version, name, "things", CVG_KUBE_CUSTOM, 0, 1};
    cvg_kit_arena_reset(own.arena);
    if (cvg_kube_decode_object(&own.kind, "application/json", own.text, (size_t)length, own.arena,
                               &view, error, sizeof(error)) != CVG_KUBE_OK) {
        fail_msg("%s: %s", own.text, error);
    }
    return view;
}

static int set_up(void **state)
{
    (void)state;
    own.arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cvg_kit_arena_free(own.arena);
    return 0;
}

static struct cvg_kube_outcome judged(const struct cvg_kube_view *view,
                                      const struct cvg_kube_dwells *dwells)
{
    struct cvg_kube_outcome outcome;
    cvg_kube_judge(view, dwells, &outcome);
    return outcome;
}

/* ---- dwells ---- */

/* 2026-11-20T19:00:00Z and later. */
#define BEGAN INT64_C(1795201200000000000)

static void test_a_certificate_is_too_old_by_the_operators_dwell(void **state)
{
    (void)state;
    /* 90 days, to be renewed 30 days before their end. */
    static const char status[] =
        "'status': {'notBefore': '2026-11-20T19:00:00Z', 'notAfter': '2027-02-18T19:00:00Z', "
        "'renewalTime': '2027-01-19T19:00:00Z', 'failedIssuanceAttempts': %d, 'conditions': "
        "[{'type': 'Ready', 'status': 'True'}]}";
    static const int64_t day = 24 * HOUR;

    static const struct {
        int failed;
        int64_t dwell, worse_after;
        const char *reason;
    } rows[] = {
        {0, 24, 89, "CertificateExpiring"},      {0, 48, 88, "CertificateExpiring"},
        {0, 24 * 14, 76, "CertificateExpiring"}, {0, 24 * 60, 75, "CertificateExpiring"},
        {0, 0, 90, "CertificateExpiring"},       {1, 24, 61, "RenewalFailing"},
        {1, 48, 62, "RenewalFailing"},           {1, 24 * 60, 75, "CertificateExpiring"},
        {1, 0, 90, "CertificateExpiring"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_dwells dwells;
        char text[512];
        cvg_kube_dwells_default(&dwells);
        dwells.certificate = rows[i].dwell * HOUR;
        (void)snprintf(text, sizeof(text), status, rows[i].failed);
        struct cvg_kube_outcome outcome =
            judged(view_of("cert-manager.io", "v1", "Certificate", text), &dwells);
        assert_int_equal(outcome.status, CVG_READY);
        assert_int_equal(outcome.worse_at, BEGAN + rows[i].worse_after * day);
        assert_int_equal(outcome.worse_status, CVG_FAILED);
        assert_string_equal(outcome.worse_reason, rows[i].reason);
    }
}

static void test_times_of_a_certificate_that_make_no_sense_change_nothing(void **state)
{
    (void)state;

    static const struct {
        const char *status;
        int64_t worse_at;
    } rows[] = {
        /* Renewed after its end: the dwell alone counts. */
        {"'notAfter': '2026-11-22T19:00:00Z', 'renewalTime': '2026-11-23T19:00:00Z'",
         BEGAN + 24 * HOUR},
        /* Ended before it began. */
        {"'notBefore': '2026-11-23T19:00:00Z', 'notAfter': '2026-11-22T19:00:00Z'",
         BEGAN + 24 * HOUR},
        {"'notAfter': 'soon', 'renewalTime': 7", 0},
        {"'notAfter': {}, 'renewalTime': []", 0},
        {"'notAfter': '0001-01-01T00:00:00Z'", 0},
        {"'notAfter': '1970-01-01T00:00:10Z'", 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_dwells dwells;
        char text[512];
        cvg_kube_dwells_default(&dwells);
        (void)snprintf(text, sizeof(text),
                       "'status': {%s, 'failedIssuanceAttempts': 1, 'conditions': [{'type': "
                       "'Ready', 'status': 'True'}]}",
                       rows[i].status);
        assert_int_equal(
            judged(view_of("cert-manager.io", "v1", "Certificate", text), &dwells).worse_at,
            rows[i].worse_at);
    }
}

static void test_nothing_fails_by_time_where_the_operator_says_never(void **state)
{
    (void)state;

    static const struct {
        const char *group, *name, *status;
    } rows[] = {
        {"example.org", "Thing", "{'type': 'Ready', 'status': 'False'"},
        {"example.org", "Thing", "{'type': 'Ready', 'status': 'Unknown'"},
        {"kustomize.toolkit.fluxcd.io", "Kustomization",
         "{'type': 'Ready', 'status': 'False', 'reason': 'DependencyNotReady'"},
        {"cert-manager.io", "Issuer", "{'type': 'Ready', 'status': 'False'"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_kube_dwells dwells;
        char text[512];
        (void)snprintf(text, sizeof(text),
                       "'status': {'conditions': [%s, 'lastTransitionTime': "
                       "'2026-11-20T19:00:00Z'}]}",
                       rows[i].status);
        cvg_kube_dwells_default(&dwells);
        dwells.not_ready = 20 * SECOND;
        const struct cvg_kube_view *view = view_of(rows[i].group, "v1", rows[i].name, text);
        assert_int_equal(judged(view, &dwells).worse_at, BEGAN + 20 * SECOND);
        dwells.not_ready = 0;
        assert_int_equal(judged(view, &dwells).worse_at, 0);
        assert_int_equal(judged(view, &dwells).status, CVG_PROGRESSING);
    }
}

/* ---- which rule ---- */

/* A group stands for itself and what is below it, not for what only looks like it. Nobody writes a status
 * of what is passive, and its being there is all. */
static void test_groups_are_told_apart(void **state)
{
    (void)state;

    static const struct {
        const char *group, *name;
        int passive;
    } rows[] = {
        {"", "ConfigMap", 1},
        {"", "Event", 0},
        {"example.org", "ConfigMap", 0},
        {"rbac.authorization.k8s.io", "Role", 1},
        {"rbac.authorization.k8s.io.example.org", "Role", 0},
        {"aws.upbound.io", "ProviderConfig", 1},
        {"upbound.io", "ClusterProviderConfig", 1},
        {"notupbound.io", "ProviderConfig", 0},
        {"cluster.x-k8s.io", "MachineTemplate", 1},
        {"bootstrap.cluster.x-k8s.io", "KubeadmConfigTemplate", 1},
        {"cluster.x-k8s.io", "TemplateMachine", 0},
        {"flagger.app", "AlertProvider", 1},
        {"flagger.app", "Canary", 0},
        {"argoproj.io", "AppProject", 1},
        {"argoproj.io", "Workflow", 0},
    };

    struct cvg_kube_dwells dwells;
    cvg_kube_dwells_default(&dwells);
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const struct cvg_kube_view *view = view_of(rows[i].group, "v1", rows[i].name, "'spec': {}");
        if ((judged(view, &dwells).status == CVG_READY) != rows[i].passive) {
            fail_msg("%s of %s", rows[i].name, rows[i].group);
        }
    }
}

/* ---- revisions ---- */

static void test_revisions_are_what_was_brought_about(void **state)
{
    (void)state;

    static const struct {
        const char *group, *name, *status, *revision;
    } rows[] = {
        {"argoproj.io", "Application", "'sync': {'revision': 'aa'}", "aa"},
        {"argoproj.io", "Application", "'sync': {'revisions': ['aa', 'bb']}", "aa,bb"},
        {"argoproj.io", "Application", "'sync': {'revisions': []}", ""},
        {"argoproj.io", "Application", "'sync': {'revisions': {'a': 'b'}}", "b"},
        {"argoproj.io", "Rollout", "'currentPodHash': '6c4'", "6c4"},
        {"kustomize.toolkit.fluxcd.io", "Kustomization",
         "'lastAppliedRevision': 'main@sha1:aa', 'lastAttemptedRevision': 'main@sha1:bb'",
         "main@sha1:aa"},
        {"kustomize.toolkit.fluxcd.io", "Kustomization", "'lastAttemptedRevision': 'main@sha1:bb'",
         ""},
        {"helm.toolkit.fluxcd.io", "HelmRelease", "'history': [{'chartVersion': '1.4.2'}]",
         "1.4.2"},
        {"source.toolkit.fluxcd.io", "GitRepository", "'artifact': {'revision': 'main@sha1:aa'}",
         "main@sha1:aa"},
        {"cert-manager.io", "Certificate", "'revision': 3", "3"},
        {"serving.knative.dev", "Service", "'latestReadyRevisionName': 'web-1'", "web-1"},
        {"flagger.app", "Canary", "'lastAppliedSpec': '7c5'", "7c5"},
        {"pkg.crossplane.io", "Provider", "'currentRevision': 'aws-1'", "aws-1"},
        {"example.org", "Thing", "'revision': '3'", ""},
        {"cert-manager.io", "Certificate", "'revision': {'a': 1}", ""},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        char text[512], room[CVG_KUBE_CUSTOM_REVISION];
        (void)snprintf(text, sizeof(text), "'status': {%s}", rows[i].status);
        assert_string_equal(
            cvg_kube_custom_revision(view_of(rows[i].group, "v1", rows[i].name, text), room),
            rows[i].revision);
    }
}

static void test_revisions_that_do_not_fit_are_none(void **state)
{
    (void)state;
    char text[2048] = "'status': {'sync': {'revisions': ['";
    char room[CVG_KUBE_CUSTOM_REVISION];
    size_t used = strlen(text);
    memset(text + used, 'a', CVG_KUBE_CUSTOM_REVISION - 3);
    (void)snprintf(text + used + CVG_KUBE_CUSTOM_REVISION - 3, 64, "', 'b']}}");
    const struct cvg_kube_view *view = view_of("argoproj.io", "v1alpha1", "Application", text);
    assert_int_equal(strlen(cvg_kube_custom_revision(view, room)), CVG_KUBE_CUSTOM_REVISION - 1);
    (void)snprintf(text + used + CVG_KUBE_CUSTOM_REVISION - 3, 64, "', 'bb']}}");
    view = view_of("argoproj.io", "v1alpha1", "Application", text);
    assert_string_equal(cvg_kube_custom_revision(view, room), "");
}

/* ---- objects that are larger than any controller's ---- */

/* {'a': {'a': ... 'x': 1}}, `depth` of them. */
static size_t nested(char *text, size_t size, int depth)
{
    size_t used = 0;
    for (int i = 0; i < depth; i++) {
        used += (size_t)snprintf(text + used, size - used, "{'a': ");
    }
    used += (size_t)snprintf(text + used, size - used, "1");
    for (int i = 0; i < depth; i++) {
        used += (size_t)snprintf(text + used, size - used, "}");
    }
    return used;
}

static void test_a_deep_source_is_compared_in_time(void **state)
{
    (void)state;
    char values[2048], text[6000];
    struct cvg_kube_dwells dwells;
    cvg_kube_dwells_default(&dwells);
    (void)nested(values, sizeof(values), 150);
    (void)snprintf(text, sizeof(text),
                   "'spec': {'source': {'helm': {'valuesObject': %s}}}, 'status': {'health': "
                   "{'status': 'Healthy'}, 'sync': {'status': 'Synced', 'comparedTo': {'source': "
                   "{'helm': {'valuesObject': %s}}}}}",
                   values, values);
    assert_int_equal(
        judged(view_of("argoproj.io", "v1alpha1", "Application", text), &dwells).status, CVG_READY);
}

static void test_more_parents_than_are_allowed_are_unknown(void **state)
{
    (void)state;
    struct cvg_kube_dwells dwells;
    cvg_kube_dwells_default(&dwells);
    for (int count = 256; count <= 257; count++) {
        char text[6000] = "'status': {'parents': [{'conditions': [{'type': 'Accepted', 'status': "
                          "'True'}]}";
        size_t used = strlen(text);
        for (int i = 1; i < count; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, ", {}");
        }
        (void)snprintf(text + used, sizeof(text) - used, "]}");
        struct cvg_kube_outcome outcome =
            judged(view_of("gateway.networking.k8s.io", "v1", "HTTPRoute", text), &dwells);
        assert_int_equal(outcome.status, CVG_UNKNOWN);
        assert_int_equal(outcome.total, count == 256 ? 256 : 0);
    }
}

/* ---- statuses of other shapes ---- */

/* A tree in which one node has become another. */
struct twist {
    struct cvg_kit_arena *arena;
    size_t at, seen; /* the number of the node that is replaced, and how many were passed */
    const struct cvg_kube_node *by;
};

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a golden case */
static struct cvg_kube_node twisted(struct twist *twist, const struct cvg_kube_node *node)
{
    struct cvg_kube_node copy = *node;
    if (twist->seen++ == twist->at) {
        copy = *twist->by;
        copy.key = node->key;
        return copy;
    }
    struct cvg_kube_node *items =
        cvg_kit_arena_array(twist->arena, node->count + 1, sizeof(*items));
    assert_non_null(items);
    for (size_t i = 0; i < node->count; i++) {
        items[i] = twisted(twist, &node->items[i]);
    }
    copy.items = items;
    return copy;
}

static void judge_twisted(const struct golden *golden, struct twist *twist)
{
    struct cvg_kube_dwells dwells;
    struct cvg_kube_view view = *golden->view;
    char room[CVG_KUBE_CUSTOM_REVISION];
    cvg_kube_dwells_default(&dwells);
    twist->seen = 0;
    const struct cvg_kube_node tree = twisted(twist, golden->view->tree);
    view.tree = &tree;
    struct cvg_kube_outcome outcome = judged(&view, &dwells);
    assert_true(*outcome.reason != '\0');
    assert_true(outcome.status < CVG_STATUS_COUNT);
    assert_true(outcome.done >= 0 && outcome.done <= outcome.total);
    assert_non_null(cvg_kube_custom_revision(&view, room));
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as a golden case */
static size_t nodes_of(const struct cvg_kube_node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->count; i++) {
        count += nodes_of(&node->items[i]);
    }
    return count;
}

static size_t twists; /* how many there were */

static void twist_everywhere(const char *path)
{
    static const struct cvg_kube_node others[] = {
        {.kind = CVG_KUBE_NULL, .text = ""},
        {.kind = CVG_KUBE_BOOL, .boolean = 1, .text = ""},
        {.kind = CVG_KUBE_NUMBER, .text = "-9223372036854775808", .length = 20},
        {.kind = CVG_KUBE_NUMBER, .text = "9223372036854775807", .length = 19},
        {.kind = CVG_KUBE_NUMBER, .text = "1e400", .length = 5},
        {.kind = CVG_KUBE_STRING, .text = "%s%n", .length = 4},
        {.kind = CVG_KUBE_ARRAY, .text = "", .items = others, .count = 1},
        {.kind = CVG_KUBE_OBJECT, .text = ""},
    };

    struct golden golden;
    golden_load(path, &golden);
    if (golden.view->kind->type == CVG_KUBE_CUSTOM) {
        struct twist twist = {.arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST)};
        size_t count = nodes_of(golden.view->tree);
        for (twist.at = 0; twist.at < count; twist.at++) {
            for (size_t i = 0; i < CVG_COUNT(others); i++) {
                twist.by = &others[i];
                judge_twisted(&golden, &twist);
                twists++;
            }
            cvg_kit_arena_reset(twist.arena);
        }
        cvg_kit_arena_free(twist.arena);
    }
    golden_done(&golden);
}

static void test_a_status_of_another_shape_upsets_no_rule(void **state)
{
    (void)state;
    twists = 0;
    (void)golden_each(twist_everywhere);
    assert_true(twists > 10000);
}

/* An object that has Ready=True and is ready is not, as soon as Ready says something else. Machines
 * are judged by other conditions, of which their golden cases are. */
static void spoil_conditions(const char *path)
{
    static const char *const others[] = {"False", "Unknown", "", "true"};
    struct golden golden;
    golden_load(path, &golden);
    const struct cvg_kube_view *view = golden.view;
    struct cvg_kube_dwells dwells;
    cvg_kube_dwells_default(&dwells);
    int by_conditions = view->kind->type == CVG_KUBE_CUSTOM && view->condition_count > 0 &&
                        strcmp(condition_status(view, "Ready"), "True") == 0 &&
                        judged(view, &dwells).status == CVG_READY;
    for (size_t i = 0; by_conditions && i < CVG_COUNT(others); i++) {
        struct cvg_kube_condition *conditions = calloc(view->condition_count, sizeof(*conditions));
        struct cvg_kube_view spoilt = *view;
        assert_non_null(conditions);
        memcpy(conditions, view->conditions, view->condition_count * sizeof(*conditions));
        for (size_t k = 0; k < view->condition_count; k++) {
            if (strcmp(conditions[k].type, "Ready") == 0) {
                conditions[k].status = others[i];
            }
        }
        spoilt.conditions = conditions;
        if (judged(&spoilt, &dwells).status == CVG_READY &&
            strcmp(view->kind->group, "cluster.x-k8s.io") != 0) {
            fail_msg("%s: ready although Ready is '%s'", path, others[i]);
        }
        free(conditions);
    }
    golden_done(&golden);
}

static void test_nothing_is_ready_that_does_not_say_so(void **state)
{
    (void)state;
    assert_true(golden_each(spoil_conditions) > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_too_old_by_the_operators_dwell),
        cmocka_unit_test(test_times_of_a_certificate_that_make_no_sense_change_nothing),
        cmocka_unit_test(test_nothing_fails_by_time_where_the_operator_says_never),
        cmocka_unit_test(test_groups_are_told_apart),
        cmocka_unit_test(test_revisions_are_what_was_brought_about),
        cmocka_unit_test(test_revisions_that_do_not_fit_are_none),
        cmocka_unit_test(test_a_deep_source_is_compared_in_time),
        cmocka_unit_test(test_more_parents_than_are_allowed_are_unknown),
        cmocka_unit_test(test_a_status_of_another_shape_upsets_no_rule),
        cmocka_unit_test(test_nothing_is_ready_that_does_not_say_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
