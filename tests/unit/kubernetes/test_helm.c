/* SPDX-License-Identifier: Apache-2.0 */
/* Helm releases by the labels of their secrets: which revision speaks, and what it says. */
#define FAKE_WITHOUT_HELM
#include "fake_cluster.h"

#include "form_helm.h"
#include "recording.h"

#define DWELL (600 * FAKE_SECOND)

struct setup {
    struct cvg_kube_check_config config;
    struct cvg_kube_check *check;
    struct cvg_kit_finding finding;
    int64_t next;
};

static const char *const shop[] = {"shop"}, *const both[] = {"shop", "stage"};

#define LIST(names)                                                                                \
    {                                                                                              \
        .count = CVG_COUNT(names), .items = names                                                  \
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

static const struct cvg_reading *read_check(struct setup *setup, int64_t wall)
{
    fake_sync();
    setup->next = cvg_kube_check_read(setup->check, wall, &setup->finding);
    return &setup->finding.reading;
}

static void close_check(struct setup *setup)
{
    cvg_kube_check_free(setup->check);
    fake_close();
}

/* Written a second before FAKE_WALL. */
static void put(const char *namespace, const char *release, const char *version, const char *status)
{
    struct cvg_kube_collection *collection = fake_find("secrets", namespace);
    if (collection == NULL) {
        collection = fake_find("secrets", "");
    }
    fake_putf(collection,
              "{'metadata': {'name': 'sh.helm.release.v1.%s.v%s', 'namespace': '%s', "
              "'resourceVersion': '5', 'labels': {'owner': 'helm', 'name': '%s', 'version': '%s', "
              "'status': '%s', 'createdAt': '1000', 'modifiedAt': '%ld'}}}",
              release, version, namespace, release, version, status,
              (long)(FAKE_WALL / FAKE_SECOND - 1));
}

static void test_the_newest_revision_speaks(void **state)
{
    (void)state;

    static const struct {
        const char *revisions[4][2];
        uint32_t status;
        const char *reason, *revision;
    } rows[] = {
        {{{"1", "deployed"}}, CVG_READY, "ReleaseDeployed", "1"},
        {{{"3", "deployed"}, {"4", "pending-upgrade"}}, CVG_PROGRESSING, "ReleasePending", "4"},
        {{{"4", "pending-rollback"}, {"3", "deployed"}}, CVG_PROGRESSING, "ReleasePending", "4"},
        {{{"1", "pending-install"}}, CVG_PROGRESSING, "ReleasePending", "1"},
        {{{"3", "deployed"}, {"4", "failed"}}, CVG_FAILED, "ReleaseFailed", "4"},
        {{{"9", "superseded"}, {"10", "deployed"}}, CVG_READY, "ReleaseDeployed", "10"},
        {{{"10", "failed"}, {"9", "deployed"}, {"8", "superseded"}},
         CVG_FAILED,
         "ReleaseFailed",
         "10"},
        {{{"2", "superseded"}, {"3", "superseded"}}, CVG_UNKNOWN, "ReleaseSuperseded", "3"},
        {{{"3", "uninstalling"}}, CVG_PROGRESSING, "Terminating", "3"},
        {{{"3", "uninstalled"}}, CVG_PROGRESSING, "ReleaseUninstalled", "3"},
        {{{"3", "unknown"}}, CVG_UNKNOWN, "ReleaseUnclear", "3"},
        {{{"3", ""}}, CVG_UNKNOWN, "ReleaseUnclear", "3"},
        {{{"3", "deployed"}, {"x", "deployed"}}, CVG_UNKNOWN, "ReleaseUnclear", NULL},
        {{{"-1", "deployed"}}, CVG_UNKNOWN, "ReleaseUnclear", NULL},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = KEYS(.helm = "web", .namespaces = LIST(shop))};
        open_check(&setup);
        put("shop", "other", "99", "failed");
        for (size_t k = 0; rows[i].revisions[k][0] != NULL; k++) {
            put("shop", "web", rows[i].revisions[k][0], rows[i].revisions[k][1]);
        }
        const struct cvg_reading *reading = read_check(&setup, FAKE_WALL);
        if (reading->status != rows[i].status || strcmp(reading->reason, rows[i].reason) != 0) {
            fail_msg("row %zu: %u %s: %s", i, reading->status, reading->reason, reading->message);
        }
        if (rows[i].revision == NULL) {
            assert_null(reading->revision);
        } else {
            assert_string_equal(reading->revision, rows[i].revision);
            assert_string_equal(fake_fact(reading, "version"), rows[i].revision);
        }
        assert_string_equal(fake_fact(reading, "namespace"), "shop");
        assert_string_equal(fake_fact(reading, "name"), "web");
        close_check(&setup);
    }
}

static void test_a_release_that_stays_pending_has_lost_its_helm(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.helm = "web", .namespaces = LIST(shop))};

    open_check(&setup);
    put("shop", "web", "3", "deployed");
    put("shop", "web", "4", "pending-upgrade");
    assert_int_equal(read_check(&setup, FAKE_WALL)->status, CVG_PROGRESSING);
    assert_int_equal(setup.next, FAKE_WALL - FAKE_SECOND + DWELL);
    assert_int_equal(read_check(&setup, setup.next - 1)->status, CVG_PROGRESSING);
    const struct cvg_reading *reading = read_check(&setup, FAKE_WALL - FAKE_SECOND + DWELL);
    assert_int_equal(reading->status, CVG_FAILED);
    assert_string_equal(reading->reason, "ReleaseStuck");
    assert_int_equal(setup.next, 0);
    fake.dwells.not_ready = 0;
    assert_int_equal(read_check(&setup, INT64_MAX)->status, CVG_PROGRESSING);
    assert_int_equal(setup.next, 0);
    close_check(&setup);
}

static void test_when_a_revision_was_written(void **state)
{
    (void)state;

    static const struct {
        const char *name, *value;
        int64_t created_at, changed_at;
    } rows[] = {
        {"modifiedAt", "1700000100", 7, 1700000100 * FAKE_SECOND},
        {"createdAt", "1700000000", 7, 1700000000 * FAKE_SECOND},
        {"other", "1", 7, 7},
        {"modifiedAt", "soon", 7, 7},
        {"modifiedAt", "-5", 7, 7},
        {"modifiedAt", "9223372036854775807", 7, 7},
        {"modifiedAt", "99999999999999999999999", 0, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const char *labels[] = {"name",    "web", "status",     "pending-install",
                                "version", "1",   rows[i].name, rows[i].value,
                                NULL};
        const struct cvg_kube_object object = {.name = "sh.helm.release.v1.web.v1",
                                               .namespace = "shop",
                                               .created_at = rows[i].created_at,
                                               .labels = labels};
        struct cvg_kube_revision revision;
        assert_int_equal(cvg_kube_revision_read(&object, &revision), 0);
        assert_int_equal(revision.changed_at, rows[i].changed_at);
    }
}

/* The selector owner=helm can fit what is none of Helm's. */
static void test_other_secrets_are_passed_over(void **state)
{
    (void)state;
    const char *labels[] = {"name", "web", "status", "deployed", "version", "1", NULL};
    const char *unnamed[] = {"status", "deployed", "version", "1", NULL};
    const struct cvg_kube_object objects[] = {
        {.name = "web", .namespace = "shop", .labels = labels},
        {.name = "sh.helm.release.v1.web.v1", .namespace = "shop", .labels = unnamed},
        {.name = "sh.helm.release.v1.web.v1", .namespace = "shop"},
    };
    for (size_t i = 0; i < CVG_COUNT(objects); i++) {
        struct cvg_kube_revision revision;
        assert_int_equal(cvg_kube_revision_read(&objects[i], &revision), -1);
    }
}

static void test_a_release_that_is_not_there_is_never_ready(void **state)
{
    (void)state;

    static const struct {
        struct cvg_kube_check_config config;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {KEYS(.helm = "web"), CVG_PROGRESSING, "NotFound"},
        {KEYS(.helm = "*"), CVG_UNKNOWN, "EmptyMatch"},
        {KEYS(.helm = "web", .namespaces = LIST(shop)), CVG_PROGRESSING, "NotFound"},
        {KEYS(.helm = "web", .allow_empty = 1), CVG_READY, "Empty"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = rows[i].config};
        open_check(&setup);
        const struct cvg_reading *reading = read_check(&setup, FAKE_WALL);
        assert_int_equal(reading->status, rows[i].status);
        assert_string_equal(reading->reason, rows[i].reason);
        close_check(&setup);
    }
}

static void test_a_named_release_must_be_in_each_namespace(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.helm = "web", .namespaces = LIST(both))};

    open_check(&setup);
    put("shop", "web", "3", "deployed");
    const struct cvg_reading *reading = read_check(&setup, FAKE_WALL);
    assert_int_equal(reading->status, CVG_PROGRESSING);
    assert_string_equal(reading->reason, "NotFound");
    assert_null(reading->revision);
    put("stage", "web", "2", "deployed");
    reading = read_check(&setup, FAKE_WALL);
    assert_int_equal(reading->status, CVG_READY);
    assert_string_equal(reading->reason, "AllReady");
    assert_string_equal(reading->message, "2 of 2 ready");
    assert_int_equal(reading->done, 2);
    close_check(&setup);
}

static void test_a_named_release_is_in_one_of_the_sources_namespaces(void **state)
{
    (void)state;
    struct setup setup = {.config = KEYS(.helm = "web")};

    fake_open();
    fake.config.namespaces = (struct cvg_list)LIST(both);
    setup.check = cvg_kube_check_new(&fake, NULL, &setup.config, fake_refuse, NULL);
    assert_non_null(setup.check);
    assert_string_equal(read_check(&setup, FAKE_WALL)->reason, "NotFound");
    put("shop", "web", "3", "deployed");
    assert_int_equal(read_check(&setup, FAKE_WALL)->status, CVG_READY);
    close_check(&setup);
}

static void test_all_releases_of_the_cluster(void **state)
{
    (void)state;

    static const struct {
        const char *at_least, *third;
        uint32_t status;
        const char *reason;
    } rows[] = {
        {NULL, "deployed", CVG_READY, "AllReady"},
        {NULL, "failed", CVG_FAILED, "ReleaseFailed"},
        {NULL, "pending-upgrade", CVG_PROGRESSING, "ReleasePending"},
        {"2", "failed", CVG_READY, "AllReady"},
        {"60%", "failed", CVG_READY, "AllReady"},
        {"4", "deployed", CVG_PROGRESSING, "TooFew"},
        {"4", "failed", CVG_FAILED, "ReleaseFailed"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct setup setup = {.config = KEYS(.helm = "*", .at_least = rows[i].at_least)};
        open_check(&setup);
        put("shop", "web", "2", "superseded");
        put("shop", "web", "3", "deployed");
        put("shop", "api", "1", "deployed");
        put("stage", "web", "7", rows[i].third);
        const struct cvg_reading *reading = read_check(&setup, FAKE_WALL);
        if (reading->status != rows[i].status || strcmp(reading->reason, rows[i].reason) != 0) {
            fail_msg("row %zu: %u %s: %s", i, reading->status, reading->reason, reading->message);
        }
        assert_string_equal(fake_fact(reading, "releases"), "3");
        if (rows[i].at_least == NULL && rows[i].status != CVG_READY) {
            assert_non_null(
                strstr(reading->message, "2 of 3 ready; release stage/web, revision 7"));
            assert_non_null(strstr(fake_fact(reading, "worst.0"), rows[i].reason));
        }
        close_check(&setup);
    }
}

/* ---- of a real API server ---- */

struct seen {
    struct cvg_kube_collection *collection;
    size_t count;
};

static int see(void *arg, const struct cvg_kube_view *view)
{
    struct seen *seen = arg;
    struct cvg_kube_outcome outcome;
    cvg_kube_judge(view, &fake.dwells, &outcome);
    assert_int_not_equal(outcome.status, CVG_READY);
    seen->count++;
    return cvg_kube_collection_put(
        seen->collection, cvg_kube_object_make(fake.pool, view, &outcome,
                                               cvg_kube_collection_keep(seen->collection)));
}

static void test_recorded_secrets(void **state)
{
    (void)state;
    static const char *const names[] = {"lists/helm-secrets.json.http",
                                        "lists/helm-secrets.pb.http"};
    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        struct setup setup = {.config = KEYS(.helm = "shop", .namespaces = LIST(shop))};
        struct recording recording;
        struct cvg_kube_list_end end;
        char error[256] = "";
        open_check(&setup);
        struct seen seen = {.collection = fake_find("secrets", "shop")};
        recording_load(names[i], &recording);
        if (cvg_kube_decode_list(cvg_kube_kind_of_type(CVG_KUBE_RELEASE), recording.content_type,
                                 recording.body, recording.length, fake.arena, see, &seen, &end,
                                 error, sizeof(error)) != CVG_KUBE_OK) {
            fail_msg("%s: %s", names[i], error);
        }
        cvg_kube_list_end_done(&end);
        recording_done(&recording);
        assert_int_equal(seen.count, 2);
        /* 2023-11-14T22:15:00Z, when the upgrade began. */
        const struct cvg_reading *reading =
            read_check(&setup, INT64_C(1700000100) * FAKE_SECOND + 1);
        assert_int_equal(reading->status, CVG_PROGRESSING);
        assert_string_equal(reading->reason, "ReleasePending");
        assert_string_equal(reading->revision, "4");
        assert_string_equal(fake_fact(reading, "status"), "pending-upgrade");
        assert_string_equal(fake_fact(reading, "changed_at"), "2023-11-14T22:15:00Z");
        reading = read_check(&setup, FAKE_WALL);
        assert_int_equal(reading->status, CVG_FAILED);
        assert_string_equal(reading->reason, "ReleaseStuck");
        close_check(&setup);
    }
}

static int count_views(void *arg, const struct cvg_kube_view *view)
{
    assert_true(*view->meta.name != '\0');
    assert_null(view->tree);
    (*(size_t *)arg)++;
    return 0;
}

/* What is asked for is the metadata alone; no recording has it of secrets, but it has no kind. */
static void test_metadata_alone_is_read(void **state)
{
    (void)state;
    static const char *const names[] = {"views/deployments.partialobjectmetadatalist.json.http",
                                        "views/deployments.partialobjectmetadatalist.pb.http"};
    struct cvg_kit_arena *arena = cvg_kit_arena_new(CVG_KUBE_ARENA_MOST);
    for (size_t i = 0; i < CVG_COUNT(names); i++) {
        struct recording recording;
        struct cvg_kube_list_end end;
        char error[256] = "";
        size_t count = 0;
        recording_load(names[i], &recording);
        if (cvg_kube_decode_list(cvg_kube_kind_of_type(CVG_KUBE_RELEASE), recording.content_type,
                                 recording.body, recording.length, arena, count_views, &count, &end,
                                 error, sizeof(error)) != CVG_KUBE_OK) {
            fail_msg("%s: %s", names[i], error);
        }
        assert_true(count > 0);
        cvg_kube_list_end_done(&end);
        recording_done(&recording);
    }
    cvg_kit_arena_free(arena);
}

/* What a check cannot be told is not asked of secrets by any other way. */
static void test_secrets_are_refused_where_they_are_not_releases(void **state)
{
    (void)state;
    assert_null(cvg_kube_kind_find("secrets"));
    assert_null(cvg_kube_kind_find("Secret"));
    assert_null(cvg_kube_kind_find("v1/Secret"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_revision_speaks),
        cmocka_unit_test(test_a_release_that_stays_pending_has_lost_its_helm),
        cmocka_unit_test(test_when_a_revision_was_written),
        cmocka_unit_test(test_other_secrets_are_passed_over),
        cmocka_unit_test(test_a_release_that_is_not_there_is_never_ready),
        cmocka_unit_test(test_a_named_release_must_be_in_each_namespace),
        cmocka_unit_test(test_a_named_release_is_in_one_of_the_sources_namespaces),
        cmocka_unit_test(test_all_releases_of_the_cluster),
        cmocka_unit_test(test_recorded_secrets),
        cmocka_unit_test(test_metadata_alone_is_read),
        cmocka_unit_test(test_secrets_are_refused_where_they_are_not_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
