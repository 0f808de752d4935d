/* SPDX-License-Identifier: Apache-2.0 */
/* What a check reports, when, and how old it says its evidence is. */
#include "fake_cluster.h"

static const char *const shop[] = {"shop"}, *const both[] = {"shop", "stage"};
static const struct cvg_kube_check_config in_shop = {
    .preset = CVG_ABSENT_UINT, .kind = "Deployment", .namespaces = {1, shop}};
static const struct cvg_kube_check_config in_both = {
    .preset = CVG_ABSENT_UINT, .kind = "pvc", .namespaces = {2, both}};

static struct cvg_kube_check *check;

static void open_check(const struct cvg_kube_check_config *config)
{
    fake_open();
    check = cvg_kube_check_new(&fake, NULL, config, fake_refuse, NULL);
    assert_non_null(check);
}

static void close_check(void)
{
    cvg_kube_check_free(check);
    assert_ptr_equal(fake.left, &check->reader);
    fake_close();
}

static int64_t look(void)
{
    return check->reader.look(&check->reader, FAKE_WALL);
}

static void put_claim(const char *namespace, const char *phase)
{
    fake_putf(fake_find("persistentvolumeclaims", namespace),
              "{'metadata': {'name': 'data', 'namespace': '%s'}, 'status': {'phase': '%s'}}",
              namespace, phase);
}

static void test_what_is_missing_is_said_the_worst_first(void **state)
{
    (void)state;

    static const struct {
        struct {
            enum cvg_kube_sync sync;
            uint32_t fault;
            const char *reason, *message;
        } shop, stage;

        const char *reason, *message;
        uint32_t fault;
    } rows[] = {
        {{CVG_KUBE_SYNCED, 0, "", ""}, {CVG_KUBE_SYNCED, 0, "", ""}, "EmptyMatch", "there is", 0},
        {{CVG_KUBE_SYNCED, 0, "", ""},
         {CVG_KUBE_NOT_SYNCED, 0, "NotSynced", ""},
         "NotSynced",
         "the first list of PersistentVolumeClaim in namespace stage has not come yet",
         0},
        {{CVG_KUBE_NOT_SYNCED, 0, "NotSynced", ""},
         {CVG_KUBE_NOT_SYNCED, CVG_FAULT_CONNECT, "ConnectFailed", "refused"},
         "ConnectFailed",
         "refused",
         CVG_FAULT_CONNECT},
        {{CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "Forbidden", "may not list x in namespace shop"},
         {CVG_KUBE_NOT_SYNCED, CVG_FAULT_CONNECT, "ConnectFailed", "refused"},
         "Forbidden",
         "may not list x in namespace shop",
         CVG_FAULT_AUTH},
        {{CVG_KUBE_BROKEN_OFF, CVG_FAULT_CONNECT, "ConnectFailed", "refused"},
         {CVG_KUBE_SYNCED, 0, "", ""},
         "EmptyMatch",
         "there is",
         0},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        open_check(&in_both);
        fake_sync();
        fake_state(fake_find("persistentvolumeclaims", "shop"), rows[i].shop.sync,
                   rows[i].shop.fault, rows[i].shop.reason, rows[i].shop.message, fake_now);
        fake_state(fake_find("persistentvolumeclaims", "stage"), rows[i].stage.sync,
                   rows[i].stage.fault, rows[i].stage.reason, rows[i].stage.message, fake_now);
        (void)look();
        assert_int_equal(fake_reported.count, 1);
        assert_int_equal(fake_reported.status, CVG_UNKNOWN);
        assert_string_equal(fake_reported.reason, rows[i].reason);
        assert_int_equal(fake_reported.fault, rows[i].fault);
        assert_int_equal(strncmp(fake_reported.message, rows[i].message, strlen(rows[i].message)),
                         0);
        close_check();
    }
}

static void test_only_changes_are_reported(void **state)
{
    (void)state;

    open_check(&in_both);
    (void)look();
    assert_int_equal(fake_reported.count, 1);
    (void)look();
    assert_int_equal(fake_reported.count, 1);
    put_claim("shop", "Bound");
    put_claim("stage", "Bound");
    fake_sync();
    (void)look();
    assert_int_equal(fake_reported.count, 2);
    assert_int_equal(fake_reported.status, CVG_READY);
    put_claim("shop", "Bound");
    (void)look();
    assert_int_equal(fake_reported.count, 2);
    put_claim("shop", "Lost");
    (void)look();
    assert_int_equal(fake_reported.count, 3);
    assert_int_equal(fake_reported.status, CVG_FAILED);
    close_check();
}

static void test_evidence_is_as_old_as_the_oldest_of_it(void **state)
{
    (void)state;

    open_check(&in_both);
    put_claim("shop", "Bound");
    put_claim("stage", "Bound");
    fake_sync();
    (void)look();
    assert_int_equal(fake_reported.observed_at, fake_now);
    int64_t before = fake_now;

    /* One watch broke off: what it brought is as old as it was, however new the other is. */
    fake_now += 60 * FAKE_SECOND;
    fake_state(fake_find("persistentvolumeclaims", "shop"), CVG_KUBE_SYNCED, 0, "", "", fake_now);
    fake_state(fake_find("persistentvolumeclaims", "stage"), CVG_KUBE_BROKEN_OFF, CVG_FAULT_CONNECT,
               "ConnectFailed", "cut", before);
    (void)look();
    assert_int_equal(fake_reported.count, 1);
    put_claim("shop", "Lost");
    (void)look();
    assert_int_equal(fake_reported.count, 2);
    assert_int_equal(fake_reported.observed_at, before);

    /* Newer evidence of the same is told too, where it is much newer. */
    fake_sync();
    (void)look();
    assert_int_equal(fake_reported.count, 3);
    assert_int_equal(fake_reported.observed_at, fake_now);
    fake_now += FAKE_SECOND;
    fake_sync();
    (void)look();
    assert_int_equal(fake_reported.count, 3);
    close_check();
}

/* The host takes no evidence that is older than what it has. */
static void test_older_evidence_waits_until_it_is_proved_again(void **state)
{
    (void)state;

    open_check(&in_both);
    put_claim("shop", "Bound");
    put_claim("stage", "Bound");
    fake_sync();
    (void)look();
    int64_t before = fake_now;
    fake_now += 10 * FAKE_SECOND;
    fake_state(fake_find("persistentvolumeclaims", "stage"), CVG_KUBE_REFUSED, CVG_FAULT_AUTH,
               "Forbidden", "may not", 0);
    (void)look();
    assert_string_equal(fake_reported.reason, "Forbidden");
    assert_in_range(fake_reported.observed_at, before + 1, fake_now);

    fake_state(fake_find("persistentvolumeclaims", "stage"), CVG_KUBE_SYNCED, 0, "", "", fake_now);
    assert_int_equal(
        cvg_kube_collection_state(fake_find("persistentvolumeclaims", "shop"))->known_at, before);
    int64_t again = look();
    assert_int_equal(fake_reported.count, 2);
    assert_true(again > FAKE_WALL && again <= FAKE_WALL + FAKE_SECOND);
    fake_sync();
    (void)look();
    assert_int_equal(fake_reported.count, 3);
    assert_int_equal(fake_reported.status, CVG_READY);
    close_check();
}

/* What is known next was often asked for before it was said that nothing is known. */
static void test_what_is_unknown_keeps_no_evidence_out(void **state)
{
    (void)state;
    int64_t asked = fake_now - FAKE_SECOND;

    open_check(&in_both);
    (void)look();
    assert_string_equal(fake_reported.reason, "NotSynced");
    int64_t first = fake_reported.observed_at;
    fake_now += 60 * FAKE_SECOND;
    fake_sync();
    fake_state(fake_find("persistentvolumeclaims", "stage"), CVG_KUBE_NOT_SYNCED, 0, "NotSynced",
               "", 0);
    (void)look(); /* other words, the same date */
    assert_int_equal(fake_reported.count, 2);
    assert_int_equal(fake_reported.observed_at, first);
    put_claim("shop", "Bound");
    put_claim("stage", "Bound");
    fake_sync();
    fake_state(fake_find("persistentvolumeclaims", "stage"), CVG_KUBE_SYNCED, 0, "", "", asked);
    (void)look();
    assert_int_equal(fake_reported.count, 3);
    assert_int_equal(fake_reported.status, CVG_READY);
    assert_int_equal(fake_reported.observed_at, asked);
    close_check();
}

static void test_an_optional_collection_is_waited_for_while_it_may_come(void **state)
{
    (void)state;

    static const struct {
        enum cvg_kube_sync sync;
        uint32_t fault;
        const char *reason;
    } rows[] = {
        {CVG_KUBE_NOT_SYNCED, CVG_FAULT_NONE, "NotSynced"},
        {CVG_KUBE_NOT_SYNCED, CVG_FAULT_CONNECT, "EmptyMatch"},
        {CVG_KUBE_REFUSED, CVG_FAULT_AUTH, "EmptyMatch"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        open_check(&in_shop);
        fake_sync();
        fake_state(fake_find("pods", "shop"), rows[i].sync, rows[i].fault, "Whatever", "", 0);
        if (i == 0) {
            fake_state(fake_find("pods", "shop"), rows[i].sync, rows[i].fault, "NotSynced", "", 0);
        }
        (void)look();
        assert_string_equal(fake_reported.reason, rows[i].reason);
        if (i > 0) { /* judged, as old as what it was judged by */
            assert_int_equal(fake_reported.observed_at, fake_now);
        }
        close_check();
    }
}

static void test_collections_are_wanted_in_each_namespace(void **state)
{
    (void)state;
    static const char *const limit[] = {"a", "b"}, *const star[] = {"*"};

    static const struct {
        struct cvg_list own, limit;
        const char *kind, *resource, *namespaces[2]; /* NULL: no more */
    } rows[] = {
        {{0}, {0}, "quota", "resourcequotas", {"", NULL}},
        {{1, shop}, {0}, "quota", "resourcequotas", {"shop", NULL}},
        {{0}, {2, limit}, "quota", "resourcequotas", {"a", "b"}},
        {{1, star}, {2, limit}, "quota", "resourcequotas", {"a", "b"}},
        {{0}, {2, limit}, "Node", "nodes", {"", NULL}},
        {{0}, {2, limit}, "example.org/v1/Thing", "things", {"a", "b"}},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        const struct cvg_kube_check_config config = {
            .preset = CVG_ABSENT_UINT, .kind = rows[i].kind, .namespaces = rows[i].own};
        size_t count = rows[i].namespaces[1] == NULL ? 1 : 2;
        fake_open();
        fake.config.namespaces = rows[i].limit;
        check = cvg_kube_check_new(&fake, NULL, &config, fake_refuse, NULL);
        assert_int_equal(check->wanted_count, count);
        for (size_t k = 0; k < count; k++) {
            assert_non_null(fake_find(rows[i].resource, rows[i].namespaces[k]));
        }
        close_check();
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_missing_is_said_the_worst_first),
        cmocka_unit_test(test_only_changes_are_reported),
        cmocka_unit_test(test_evidence_is_as_old_as_the_oldest_of_it),
        cmocka_unit_test(test_older_evidence_waits_until_it_is_proved_again),
        cmocka_unit_test(test_what_is_unknown_keeps_no_evidence_out),
        cmocka_unit_test(test_an_optional_collection_is_waited_for_while_it_may_come),
        cmocka_unit_test(test_collections_are_wanted_in_each_namespace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
