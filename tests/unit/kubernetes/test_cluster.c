/* SPDX-License-Identifier: Apache-2.0 */
/* What collections have in common: starting, being proved by the small read, being read. */
#include "rig.h"

#include "discovery.h"

#define PODS cvg_kube_kind_of("", "v1", "Pod")

static struct cvg_kube_collection *want(struct rig *rig, const char *namespace)
{
    return cvg_kube_cluster_want(rig->cluster, &rig->reader, PODS, namespace, 0, NULL, NULL);
}

/* Everything that is asked for is answered: lists are empty, watches open and quiet. */
static void serve(struct rig *rig)
{
    struct cvg_op *request;
    while ((request = fake_host_find(rig->fake, "limit="))) {
        fake_answer(rig->fake, request, 200, rig_list("", "10", ""));
    }
}

/* Pods of "shop" that are listed and watched on connection 1, small reads answered. */
static struct cvg_op *watched(struct rig *rig)
{
    rig_open(rig);
    serve(rig);
    struct cvg_op *watch = rig_open_watch(rig);
    rig_pass(rig, 2);
    return watch;
}

/* ---- starting ---- */

static void test_lists_begin_ten_at_a_time(void **state)
{
    static const size_t open[] = {10, 20, 25};
    struct rig rig;
    char namespace[16];
    (void)state;
    rig_prepare(&rig);
    for (int i = 0; i < 25; i++) {
        snprintf(namespace, sizeof namespace, "ns-%d", i);
        want(&rig, namespace);
    }
    rig_start(&rig);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fake_host_open_requests(rig.fake), open[i]);
        fake_host_advance(rig.fake, 20 * FAKE_MS);
    }
    rig_close(&rig);
}

static void test_checks_share_a_collection(void **state)
{
    static const char *const first[] = {"/a", "/b", NULL};
    static const char *const second[] = {"/b", NULL};
    static const char *const third[] = {"/b", "/c", NULL};
    struct rig rig;
    struct cvg_kube_reader other = {.look = rig_look};
    size_t at[3];
    (void)state;
    rig_prepare(&rig);
    struct cvg_kube_collection *pods =
        cvg_kube_cluster_want(rig.cluster, &rig.reader, PODS, "a", 0, first, &at[0]);
    assert_ptr_equal(cvg_kube_cluster_want(rig.cluster, &other, PODS, "a", 1, second, &at[1]),
                     pods);
    assert_ptr_equal(cvg_kube_cluster_want(rig.cluster, &rig.reader, PODS, "a", 0, third, &at[2]),
                     pods);
    assert_ptr_not_equal(want(&rig, ""), pods);
    assert_int_equal(at[0], 0);
    assert_int_equal(at[1], 1);
    assert_string_equal(cvg_kube_collection_keep(pods)->pointers[at[2] + 1], "/c");
    assert_true(cvg_kube_collection_keep(pods)->labels);
    cvg_kube_cluster_leave(rig.cluster, &other);
    rig_close(&rig);
}

/* Its objects were made with what was wanted until then, and there is no more to read of them. */
static void test_what_is_wanted_late_and_was_not_kept_is_listed_anew(void **state)
{
    static const char *const first[] = {"/a", NULL};
    static const char *const more[] = {"/a", "/b", NULL};
    struct rig rig;
    struct cvg_kube_reader late = {.look = rig_look};
    size_t at;
    (void)state;
    rig_prepare(&rig);
    struct cvg_kube_collection *pods =
        cvg_kube_cluster_want(rig.cluster, &rig.reader, PODS, "", 0, first, NULL);
    rig_start(&rig);
    assert_ptr_equal(cvg_kube_cluster_want(rig.cluster, &late, PODS, "", 0, first, &at), pods);
    assert_int_equal(at, 0);
    struct cvg_kube_collection *labels =
        cvg_kube_cluster_want(rig.cluster, &late, PODS, "", 1, NULL, NULL);
    assert_ptr_not_equal(labels, pods);
    assert_ptr_not_equal(cvg_kube_cluster_want(rig.cluster, &late, PODS, "", 0, more, NULL), pods);
    assert_ptr_equal(cvg_kube_cluster_want(rig.cluster, &late, PODS, "", 1, NULL, NULL), labels);
    assert_false(cvg_kube_collection_keep(pods)->labels);
    assert_null(cvg_kube_collection_keep(pods)->pointers[1]);
    cvg_kube_cluster_leave(rig.cluster, &late);
    rig_close(&rig);
}

static void test_pointers_are_read_in_json(void **state)
{
    static const char *const pointers[] = {"/a", NULL};
    (void)state;
    for (int json = 0; json < 2; json++) {
        struct rig rig;
        rig_prepare(&rig);
        rig.config.encoding = CVG_KUBE_PROTOBUF;
        rig.pods = cvg_kube_cluster_want(rig.cluster, &rig.reader, PODS, "", 0,
                                         json ? pointers : NULL, NULL);
        rig_start(&rig);
        struct cvg_op *list = rig_asked(&rig, "/api/v1/pods?limit=500");
        assert_string_equal(fake_request_header(list, "Accept"),
                            json ? "application/json"
                                 : "application/vnd.kubernetes.protobuf,application/json");
        rig_close(&rig);
    }
}

static void test_of_helm_s_secrets_only_metadata_is_asked_for(void **state)
{
    struct rig rig;
    (void)state;
    rig_prepare(&rig);
    rig.config.encoding = CVG_KUBE_PROTOBUF;
    rig.pods = cvg_kube_cluster_want(
        rig.cluster, &rig.reader, cvg_kube_kind_of_type(CVG_KUBE_RELEASE), "shop", 1, NULL, NULL);
    rig_start(&rig);
    struct cvg_op *list =
        rig_asked(&rig, "/api/v1/namespaces/shop/secrets?labelSelector=owner%3Dhelm&limit=");
    assert_string_equal(fake_request_header(list, "Accept"),
                        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;"
                        "g=meta.k8s.io;v=v1");
    rig_close(&rig);
}

static void test_without_credentials_everything_says_why(void **state)
{
    struct rig rig;
    (void)state;
    rig_prepare(&rig);
    rig.pods = want(&rig, "shop");
    cvg_kube_cluster_start(rig.cluster);
    connected.failed(connected.arg, CVG_FAULT_AUTH, "CredentialsFailed", "no such file");
    fake_host_advance(rig.fake, 20 * FAKE_MS);
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "CredentialsFailed", "");
    assert_string_equal(rig_state(&rig)->message, "no such file");
    assert_int_equal(rig.looks, 1);
    assert_int_equal(fake_host_open_requests(rig.fake), 0);
    rig_close(&rig);
}

/* ---- the small read ---- */

static void test_a_read_on_the_same_connection_proves_a_quiet_watch(void **state)
{
    struct rig rig;
    (void)state;
    watched(&rig);
    unsigned alive = fake_host_alive(rig.fake);
    int64_t known_at = rig_state(&rig)->known_at;
    assert_true(alive > 0);
    rig_pass(&rig, 100);
    assert_int_equal(fake_host_alive(rig.fake), alive + 10);
    assert_true(rig_state(&rig)->known_at >= known_at + 90 * FAKE_SECOND);
    assert_int_equal(fake_host_severed(rig.fake), 0);
    rig_close(&rig);
}

static void test_nobody_is_alive_while_one_collection_is_not_known(void **state)
{
    struct rig rig;
    (void)state;
    rig_prepare(&rig);
    rig.pods = want(&rig, "shop");
    struct cvg_kube_collection *other = want(&rig, "other");
    rig_start(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "/shop/pods?limit="), 200, rig_list("a=1", "10", ""));
    (void)rig_open_watch(&rig);
    rig_pass(&rig, 2);
    unsigned looks = rig.looks;
    rig_pass(&rig, 40);
    assert_int_equal(fake_host_alive(rig.fake), 0);
    assert_true(rig.looks >= looks + 3); /* what was proved is said by its readers */
    fake_answer(rig.fake, rig_asked(&rig, "/other/pods?limit="), 403,
                rig_status(403, "Forbidden", "no"));
    rig_pass(&rig, 20);
    assert_int_equal(cvg_kube_collection_state(other)->sync, CVG_KUBE_REFUSED);
    assert_true(fake_host_alive(rig.fake) > 0); /* nothing is claimed of what is refused */
    rig_close(&rig);
}

static void test_a_read_without_an_answer_takes_the_connection_down(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    unsigned alive = fake_host_alive(rig.fake);
    int64_t known_at = rig_state(&rig)->known_at;
    while (!fake_host_find(rig.fake, "/readyz")) {
        fake_host_advance(rig.fake, 100 * FAKE_MS);
    }
    fake_host_advance(rig.fake, 2900 * FAKE_MS);
    assert_int_equal(fake_host_severed(rig.fake), 0);
    assert_ptr_equal(fake_host_find(rig.fake, "watch=1"), watch);
    fake_host_advance(rig.fake, 200 * FAKE_MS);
    assert_int_equal(fake_host_severed(rig.fake), 1);
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "");
    assert_true(rig_state(&rig)->known_at == known_at);
    assert_int_equal(fake_host_alive(rig.fake), alive);
    fake_host_advance(rig.fake, 2 * FAKE_SECOND);
    (void)rig_open_watch(&rig);
    rig_pass(&rig, 10);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "");
    assert_int_equal(fake_host_alive(rig.fake), alive + 1);
    rig_close(&rig);
}

static void test_a_read_that_was_asked_before_a_watch_opened_proves_nothing_of_it(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    while (!fake_host_find(rig.fake, "/readyz")) {
        fake_host_advance(rig.fake, 100 * FAKE_MS);
    }
    fake_fail(rig.fake, watch, CVG_FAULT_CONNECT, "cut the stream");
    while (!fake_host_find(rig.fake, "watch=1")) {
        fake_host_advance(rig.fake, 100 * FAKE_MS);
    }
    (void)rig_open_watch(&rig);
    int64_t known_at = rig_state(&rig)->known_at;
    fake_answer(rig.fake, rig_asked(&rig, "/readyz"), 200, "ok\n");
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "");
    assert_true(rig_state(&rig)->known_at == known_at);
    /* One that is asked now does. */
    fake_host_advance(rig.fake, FAKE_MS);
    fake_answer(rig.fake, rig_asked(&rig, "/readyz"), 200, "ok\n");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "");
    rig_close(&rig);
}

static void test_what_an_answer_of_the_small_read_means(void **state)
{
    static const struct {
        uint32_t status;
        const char *body;
        int proves;
        const char *text;
    } cases[] = {
        {200, "[+]ping ok\n[+]etcd ok\nreadyz check passed\n", 1, ""},
        {403, "{\"kind\":\"Status\",\"code\":403}", 1, ""},
        {404, "404 page not found\n", 1, ""},
        {500, "[+]ping ok\n[-]etcd failed: reason withheld\n[-]x\003y failed\n", 0,
         "etcd failed: reason withheld, x?y failed"},
        {401, "Unauthorized\n", 0, ""},
        {429, "Too many requests\n", 0, ""},
        {503, "", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        const char *text;
        int64_t at;
        watched(&rig);
        unsigned alive = fake_host_alive(rig.fake);
        struct cvg_op *read;
        while (!(read = fake_host_find(rig.fake, "/readyz"))) {
            fake_host_advance(rig.fake, 100 * FAKE_MS);
        }
        do {
            fake_answer(rig.fake, read, cases[i].status, cases[i].body);
        } while ((read = fake_host_find(rig.fake, "z?verbose")));
        assert_int_equal(fake_host_alive(rig.fake) - alive, cases[i].proves);
        assert_int_equal(fake_host_severed(rig.fake), 0);
        assert_int_equal(connected.refused, cases[i].status == 401);
        assert_int_equal(cvg_kube_cluster_readyz(rig.cluster, &text, &at), cases[i].status);
        assert_string_equal(text, cases[i].text);
        rig_close(&rig);
    }
}

static void test_livez_is_read_where_readyz_is_forbidden(void **state)
{
    struct rig rig;
    (void)state;
    watched(&rig);
    rig_pass(&rig, 7);
    while (!fake_host_find(rig.fake, "/readyz")) {
        fake_host_advance(rig.fake, 100 * FAKE_MS);
    }
    fake_answer(rig.fake, rig_asked(&rig, "/readyz?verbose"), 403, "forbidden\n");
    fake_answer(rig.fake, rig_asked(&rig, "/livez?verbose"), 200, "ok\n");
    assert_null(fake_host_find(rig.fake, "verbose"));
    fake_host_advance(rig.fake, 10 * FAKE_SECOND);
    (void)rig_asked(&rig, "/livez?verbose");
    rig_close(&rig);
}

static void test_a_watch_on_another_connection_is_not_proved(void **state)
{
    struct rig rig;
    (void)state;
    rig_prepare(&rig);
    rig.pods = want(&rig, "shop");
    struct cvg_kube_collection *other = want(&rig, "other");
    rig_start(&rig);
    serve(&rig);
    fake_head(rig.fake, rig_asked(&rig, "/shop/pods?watch=1"), 200, "application/json");
    fake_host_connect(rig.fake, 2);
    fake_head(rig.fake, rig_asked(&rig, "/other/pods?watch=1"), 200, "application/json");
    fake_host_advance(rig.fake, 500 * FAKE_MS);
    /* The first answer proves the second watch only; the round asks again, and that is the first. */
    fake_answer(rig.fake, rig_asked(&rig, "/readyz"), 200, "ok\n");
    assert_int_equal(fake_host_alive(rig.fake), 0);
    fake_host_connect(rig.fake, 1);
    fake_answer(rig.fake, rig_asked(&rig, "/readyz"), 200, "ok\n");
    assert_int_equal(fake_host_alive(rig.fake), 1);
    assert_null(fake_host_find(rig.fake, "/readyz"));
    /* From now on reads are only on the first: the second is given up after 90 s. */
    int64_t known_at = cvg_kube_collection_state(other)->known_at;
    rig_pass(&rig, 88);
    assert_true(cvg_kube_collection_state(other)->known_at < known_at + 3 * FAKE_SECOND);
    assert_int_equal(fake_host_alive(rig.fake), 1);
    assert_int_equal(fake_host_severed(rig.fake), 0);
    rig_pass(&rig, 20);
    assert_int_equal(fake_host_severed(rig.fake), 1);
    assert_int_equal(fake_host_alive(rig.fake), 1);
    /* It goes on where it was, on another connection, and is proved again. */
    fake_head(rig.fake, rig_asked(&rig, "/other/pods?watch=1"), 200, "application/json");
    rig_pass(&rig, 12);
    assert_true(fake_host_alive(rig.fake) > 1);
    rig_close(&rig);
}

static void test_over_http_1_bytes_prove_a_watch(void **state)
{
    struct rig rig;
    (void)state;
    rig_prepare(&rig);
    fake_host_connect(rig.fake, 0);
    rig.pods = want(&rig, "shop");
    rig_start(&rig);
    serve(&rig);
    struct cvg_op *watch = rig_open_watch(&rig);
    rig_pass(&rig, 2);
    for (int minute = 0; minute < 4; minute++) {
        int64_t known_at = rig_state(&rig)->known_at;
        rig_pass(&rig, 60);
        unsigned looks = rig.looks;
        assert_true(rig_send(&rig, watch, rig_bookmark("20", 0)));
        assert_true(rig_state(&rig)->known_at >= known_at + 59 * FAKE_SECOND);
        fake_host_advance(rig.fake, 20 * FAKE_MS);
        assert_int_equal(rig.looks, looks + 1);
    }
    assert_int_equal(fake_host_alive(rig.fake), 0);
    assert_int_equal(fake_host_severed(rig.fake), 0);
    rig_close(&rig);
}

/* ---- readers ---- */

static void test_changes_are_told_together(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    unsigned looks = rig.looks;
    for (int i = 0; i < 15; i++) {
        assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
        fake_host_advance(rig.fake, FAKE_MS);
    }
    /* the first at once, so that nothing waits without need; the others together */
    assert_int_equal(rig.looks, looks + 1);
    fake_host_advance(rig.fake, 6 * FAKE_MS);
    assert_int_equal(rig.looks, looks + 2);
    rig_close(&rig);
}

static void test_time_alone_makes_a_reader_look(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    rig.due = fake_host_table(rig.fake)->wall() + 45 * FAKE_SECOND;
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "a", "12")));
    fake_host_advance(rig.fake, 20 * FAKE_MS);
    unsigned looks = rig.looks;
    rig_pass(&rig, 44);
    assert_int_equal(rig.looks, looks);
    rig.due = 0;
    rig_pass(&rig, 2);
    assert_int_equal(rig.looks, looks + 1);
    rig_close(&rig);
}

/* ---- custom kinds ---- */

static const char group_list[] =
    "{\"kind\":\"APIResourceList\",\"groupVersion\":\"example.org/v1\",\"resources\":["
    "{\"name\":\"widgets/status\",\"namespaced\":true,\"kind\":\"Widget\",\"verbs\":[\"get\"]},"
    "{\"name\":\"widgets\",\"namespaced\":true,\"kind\":\"Widget\",\"verbs\":[\"list\"]},"
    "{\"name\":\"gadgets\",\"namespaced\":false,\"kind\":\"Gadget\",\"verbs\":[\"list\"]}]}";

static void open_custom(struct rig *rig, const char *name)
{
    rig_prepare(rig);
    const struct cvg_kube_kind *kind =
        cvg_kube_cluster_kind(rig->cluster, "example.org", "v1", name);
    assert_ptr_equal(cvg_kube_cluster_kind(rig->cluster, "example.org", "v1", name), kind);
    rig->pods = cvg_kube_cluster_want(rig->cluster, &rig->reader, kind, "shop", 0, NULL, NULL);
    rig_start(rig);
}

static void test_a_custom_kind_s_resource_is_asked_for_first(void **state)
{
    struct rig rig;
    (void)state;
    open_custom(&rig, "Widget");
    fake_answer(rig.fake, rig_asked(&rig, "/apis/example.org/v1"), 200, group_list);
    (void)rig_asked(&rig, "/apis/example.org/v1/namespaces/shop/widgets?limit=");
    rig_close(&rig);
    open_custom(&rig, "Gadget");
    fake_answer(rig.fake, rig_asked(&rig, "/apis/example.org/v1"), 200, group_list);
    (void)rig_asked(&rig, "/apis/example.org/v1/gadgets?limit=");
    rig_close(&rig);
}

static void test_a_custom_kind_that_is_not_installed_is_tried_again(void **state)
{
    static const struct {
        uint32_t status;
        const char *body, *reason;
    } cases[] = {
        {404, "404 page not found\n", "KindNotFound"},
        {200, group_list, "KindNotFound"},
        {403, "{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\"}", "Forbidden"},
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        open_custom(&rig, "Gizmo");
        fake_answer(rig.fake, rig_asked(&rig, "/apis/example.org/v1"), cases[i].status,
                    cases[i].body);
        rig_expect(&rig, CVG_KUBE_REFUSED, cases[i].reason, "");
        (void)rig_asked_between(&rig, "/apis/example.org/v1", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
        rig_close(&rig);
    }
}

static void test_a_custom_kind_that_goes_is_asked_for_again(void **state)
{
    struct rig rig;
    (void)state;
    open_custom(&rig, "Widget");
    fake_answer(rig.fake, rig_asked(&rig, "/apis/example.org/v1"), 200, group_list);
    fake_answer(rig.fake, rig_asked(&rig, "/widgets?limit="), 404, "404 page not found\n");
    rig_expect(&rig, CVG_KUBE_REFUSED, "KindNotFound", "");
    struct cvg_op *again =
        rig_asked_between(&rig, "/apis/example.org/v1", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
    assert_string_equal(fake_request_path(again), "/apis/example.org/v1");
    rig_close(&rig);
}

static void test_a_custom_kind_without_namespaces_is_not_counted_twice(void **state)
{
    struct rig rig;
    struct cvg_kube_reader other = {.look = rig_look};
    (void)state;
    open_custom(&rig, "Gadget");
    const struct cvg_kube_kind *kind = cvg_kube_collection_kind(rig.pods);
    struct cvg_kube_collection *second =
        cvg_kube_cluster_want(rig.cluster, &rig.reader, kind, "b", 0, NULL, NULL);
    struct cvg_kube_collection *third =
        cvg_kube_cluster_want(rig.cluster, &other, kind, "c", 0, NULL, NULL);
    fake_host_run(rig.fake);
    struct cvg_op *request;
    while ((request = fake_host_find(rig.fake, "/apis/example.org/v1")) &&
           !strstr(fake_request_path(request), "limit=")) {
        fake_answer(rig.fake, request, 200, group_list);
    }
    while ((request = fake_host_find(rig.fake, "limit="))) {
        fake_answer(rig.fake, request, 200,
                    "{\"metadata\":{\"resourceVersion\":\"1\"},"
                    "\"items\":[]}");
    }
    while ((request = fake_host_find(rig.fake, "/apis/example.org/v1")) &&
           !strstr(fake_request_path(request), "watch=")) {
        fake_answer(rig.fake, request, 200, group_list);
    }
    assert_int_equal(cvg_kube_collection_state(second)->sync, CVG_KUBE_REFUSED);
    assert_string_equal(cvg_kube_collection_state(second)->reason, "NotNamespaced");
    assert_int_equal(rig_state(&rig)->sync, CVG_KUBE_SYNCED);
    assert_int_not_equal(cvg_kube_collection_state(third)->sync, CVG_KUBE_REFUSED);
    cvg_kube_cluster_leave(rig.cluster, &other);
    rig_close(&rig);
}

static void test_only_a_resource_list_names_resources(void **state)
{
    static const struct {
        const char *body;
        int result;
    } cases[] = {
        {"{\"resources\":[{\"name\":\"widgets\",\"kind\":\"Widget\",\"namespaced\":true}]}", 0},
        {"{\"resources\":[{\"kind\":\"Widget\",\"name\":\"widgets/scale\"}]}", 1},
        {"{\"resources\":[{\"kind\":\"Widget\",\"name\":\"\"}]}", 1},
        {"{\"resources\":[{\"kind\":\"Widget\",\"name\":{\"a\":[1]}}]}", 1},
        {"{\"resources\":[{\"kind\":\"Widget\",\"name\":\"a\\u0000b\"}]}", 1},
        {"{\"resources\":[]}", 1},
        {"{\"resources\":{}}", -1},
        {"{\"resources\":[1]}", -1},
        {"{}", -1},
        {"[]", -1},
        {"", -1},
        {"{\"resources\":[]", -1},
        {"{\"resources\":[]} x", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char resource[CVG_KUBE_NAME] = "";
        int namespaced = 0;
        assert_int_equal(cvg_kube_discovery_read(cases[i].body, strlen(cases[i].body), "Widget",
                                                 resource, &namespaced),
                         cases[i].result);
        assert_string_equal(resource, cases[i].result ? "" : "widgets");
        assert_int_equal(namespaced, !cases[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_begin_ten_at_a_time),
        cmocka_unit_test(test_checks_share_a_collection),
        cmocka_unit_test(test_what_is_wanted_late_and_was_not_kept_is_listed_anew),
        cmocka_unit_test(test_pointers_are_read_in_json),
        cmocka_unit_test(test_of_helm_s_secrets_only_metadata_is_asked_for),
        cmocka_unit_test(test_without_credentials_everything_says_why),
        cmocka_unit_test(test_a_read_on_the_same_connection_proves_a_quiet_watch),
        cmocka_unit_test(test_nobody_is_alive_while_one_collection_is_not_known),
        cmocka_unit_test(test_a_read_without_an_answer_takes_the_connection_down),
        cmocka_unit_test(test_a_read_that_was_asked_before_a_watch_opened_proves_nothing_of_it),
        cmocka_unit_test(test_what_an_answer_of_the_small_read_means),
        cmocka_unit_test(test_livez_is_read_where_readyz_is_forbidden),
        cmocka_unit_test(test_a_watch_on_another_connection_is_not_proved),
        cmocka_unit_test(test_over_http_1_bytes_prove_a_watch),
        cmocka_unit_test(test_changes_are_told_together),
        cmocka_unit_test(test_time_alone_makes_a_reader_look),
        cmocka_unit_test(test_a_custom_kind_s_resource_is_asked_for_first),
        cmocka_unit_test(test_a_custom_kind_that_is_not_installed_is_tried_again),
        cmocka_unit_test(test_a_custom_kind_that_goes_is_asked_for_again),
        cmocka_unit_test(test_a_custom_kind_without_namespaces_is_not_counted_twice),
        cmocka_unit_test(test_only_a_resource_list_names_resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
