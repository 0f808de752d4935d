/* SPDX-License-Identifier: Apache-2.0 */
/* Stories of one list and watch: what the server does, what is asked next, what is known. */
#include "rig.h"

#include "backoff.h"
#include "looking.h"
#include "recording.h"

/* What client-go waits first: 800 ms and up to as much again. */
#define SOON_LEAST (800 * FAKE_MS)
#define SOON_MOST  (1600 * FAKE_MS)

/* A rig whose pods a=1 b=2 were listed at version 10 and are watched. */
static struct cvg_op *watched(struct rig *rig)
{
    rig_open(rig);
    rig_answer_list(rig, "a=1 b=2", "10");
    struct cvg_op *watch = rig_open_watch(rig);
    fake_host_advance(rig->fake, 700 * FAKE_MS);
    rig_answer_pulse(rig);
    fake_host_advance(rig->fake, 5 * FAKE_SECOND);
    rig_expect(rig, CVG_KUBE_SYNCED, "", "a=1 b=2");
    return watch;
}

/* ---- lists ---- */

static void test_pages_become_one_change(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    struct cvg_op *page = rig_asked(&rig, "/api/v1/namespaces/shop/pods?limit=500");
    assert_null(strstr(fake_request_path(page), "continue"));
    assert_null(strstr(fake_request_path(page), "resourceVersion"));
    assert_string_equal(fake_request_header(page, "Accept"), "application/json");
    fake_answer(rig.fake, page, 200, rig_list("a=1 b=2", "10", "t/1 &"));
    page = rig_asked(&rig, "continue=t%2F1%20%26");
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "NotSynced", "");
    fake_answer(rig.fake, page, 200, rig_list("", "10", "t2"));
    page = rig_asked(&rig, "continue=t2");
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "NotSynced", "");
    fake_answer(rig.fake, page, 200, rig_list("c=3", "10", ""));
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1 b=2 c=3");
    assert_string_equal(rig_state(&rig)->resource_version, "10");
    rig_close(&rig);
}

static void test_half_a_list_changes_nothing(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    assert_false(rig_send(&rig, watch, rig_error(410, "Expired")));
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "NotSynced", "a=1 b=2");
    struct cvg_op *page = rig_asked_between(&rig, "limit=", SOON_LEAST, SOON_MOST);
    fake_answer(rig.fake, page, 200, rig_list("b=7 c=8", "20", "more"));
    page = rig_asked(&rig, "continue=more");
    fake_head(rig.fake, page, 200, "application/json");
    fake_bytes(rig.fake, page, "{\"kind\":\"PodList\",", 18);
    fake_fail(rig.fake, page, CVG_FAULT_CONNECT, "cut");
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "a=1 b=2");
    fake_host_advance(rig.fake, 2 * SOON_MOST);
    assert_null(fake_host_find(rig.fake, "continue="));
    rig_answer_list(&rig, "b=7 c=8", "21");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "b=7 c=8");
    rig_close(&rig);
}

static void test_an_expired_list_begins_again(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, rig_list("a=1", "10", "old"));
    fake_answer(rig.fake, rig_asked(&rig, "continue=old"), 410,
                rig_status(410, "Expired", "the token is too old"));
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "NotSynced", "");
    struct cvg_op *page = rig_asked_between(&rig, "limit=", SOON_LEAST, SOON_MOST);
    assert_null(strstr(fake_request_path(page), "continue"));
    fake_answer(rig.fake, page, 200, rig_list("b=2", "11", ""));
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "b=2");
    rig_close(&rig);
}

static void answer_later(struct rig *rig, struct cvg_op *request, uint32_t status, int64_t seconds)
{
    static const char busy[] = "Too many requests, please try again later.\n";
    fake_retry_after(request, seconds);
    fake_answer(rig->fake, request, status, busy);
}

static void test_a_busy_page_is_asked_again_by_itself(void **state)
{
    static const uint32_t statuses[] = {429, 503, 500};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        int64_t last;
        rig_open(&rig);
        fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, rig_list("a=1", "10", "two"));
        answer_later(&rig, rig_asked(&rig, "continue=two"), statuses[i], 7);
        struct cvg_op *page =
            rig_asked_between(&rig, "continue=two", 7 * FAKE_SECOND, 7 * FAKE_SECOND);
        assert_int_equal(cvg_kube_cluster_throttles(rig.cluster, &last), statuses[i] == 429);
        fake_answer(rig.fake, page, 200, rig_list("b=2", "10", ""));
        rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1 b=2");
        rig_close(&rig);
    }
}

static void test_a_page_that_stays_busy_ends_the_list(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, rig_list("a=1", "10", "two"));
    for (int i = 0; i < 11; i++) {
        answer_later(&rig, rig_asked(&rig, "continue=two"), 429, 1);
        fake_host_advance(rig.fake, FAKE_SECOND + 1);
    }
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "Throttled", "");
    assert_null(fake_host_find(rig.fake, "continue="));
    rig_close(&rig);
}

static void test_retry_after_is_obeyed_and_not_hurried(void **state)
{
    static const struct {
        uint32_t status;
        const char *reason;
    } cases[] = {{429, "Throttled"}, {503, "ServerError"}, {504, "ServerError"}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct rig rig;
        rig_open(&rig);
        answer_later(&rig, rig_asked(&rig, "limit="), cases[i].status, 20);
        rig_expect(&rig, CVG_KUBE_NOT_SYNCED, cases[i].reason, "");
        connected.ready(connected.arg);
        (void)rig_asked_between(&rig, "limit=", 20 * FAKE_SECOND, 20 * FAKE_SECOND);
        rig_close(&rig);
    }
}

static void test_new_credentials_hurry(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 401,
                rig_status(401, "Unauthorized", "Unauthorized"));
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "Unauthorized", "");
    assert_int_equal(rig_state(&rig)->fault, CVG_FAULT_AUTH);
    assert_int_equal(connected.refused, 1);
    fake_host_run(rig.fake);
    assert_null(fake_host_find(rig.fake, "limit="));
    connected.ready(connected.arg);
    fake_host_run(rig.fake);
    rig_answer_list(&rig, "a=1", "10");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
    rig_close(&rig);
}

static void test_a_missing_right_is_named_and_tried_again_rarely(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 403,
                rig_status(403, "Forbidden", "pods is forbidden"));
    rig_expect(&rig, CVG_KUBE_REFUSED, "Forbidden", "");
    assert_non_null(strstr(rig_state(&rig)->message, "list pods in namespace shop"));
    assert_non_null(strstr(fake_host_log(rig.fake), "list pods in namespace shop"));
    (void)rig_asked_between(&rig, "limit=", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
    rig_answer_list(&rig, "a=1", "10");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
    assert_non_null(strstr(fake_host_log(rig.fake), "again"));
    rig_close(&rig);
}

static void test_a_kind_that_is_missing_is_tried_again_rarely(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 404, "404 page not found\n");
    rig_expect(&rig, CVG_KUBE_REFUSED, "KindNotFound", "");
    (void)rig_asked_between(&rig, "limit=", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
    rig_close(&rig);
}

static void test_a_silent_list_is_given_up_a_dripping_one_is_not(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    struct cvg_op *page = rig_asked(&rig, "limit=");
    const char *text = rig_list("a=1", "10", "");
    fake_head(rig.fake, page, 200, "application/json");
    for (; strlen(text) > 20; text += 20) {
        fake_bytes(rig.fake, page, text, 20);
        rig_pass(&rig, 40);
    }
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "NotSynced", "");
    rig_pass(&rig, 21);
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "TimedOut", "");
    rig_close(&rig);
}

static void test_a_list_without_an_end_is_bounded(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, rig_list("a=1", "10", "x"));
    fake_answer(rig.fake, rig_asked(&rig, "continue=x"), 200, rig_list("b=1", "10", "x"));
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "BadAnswer", "");
    assert_int_equal(rig_state(&rig)->fault, CVG_FAULT_PROTOCOL);

    fake_host_advance(rig.fake, 2 * FAKE_SECOND);
    struct cvg_op *page = rig_asked(&rig, "limit=");
    static char spaces[1 << 20];
    memset(spaces, ' ', sizeof spaces);
    int open = fake_head(rig.fake, page, 200, "application/json");
    for (int i = 0; open && i < 100; i++) {
        open = fake_bytes(rig.fake, page, spaces, sizeof spaces);
    }
    assert_false(open);
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "TooLarge", "");
    rig_close(&rig);
}

static void test_a_list_that_is_none_changes_nothing(void **state)
{
    static const char *const bodies[] = {
        "{\"kind\":\"PodList\"", "{}", "<html>", "{\"kind\":\"PodList\",\"items\":[{]}",
        "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"4\"},\"items\":[{\"metadata\":{"
        "\"name\":\"a\",\"namespace\":\"elsewhere\",\"uid\":\"x\",\"resourceVersion\":\"1\"}}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct rig rig;
        rig_open(&rig);
        fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, bodies[i]);
        rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "BadAnswer", "");
        (void)rig_asked_between(&rig, "limit=", SOON_LEAST, SOON_MOST);
        rig_close(&rig);
    }
}

static void test_too_many_objects_are_unknown(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    cvg_kube_collection_set_most(rig.pods, 2);
    rig_answer_list(&rig, "a=1 b=1 c=1", "10");
    rig_expect(&rig, CVG_KUBE_REFUSED, "TooManyObjects", "");
    (void)rig_asked_between(&rig, "limit=", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
    rig_answer_list(&rig, "a=1 b=1", "11");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1 b=1");
    struct cvg_op *watch = rig_open_watch(&rig);
    assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
    assert_false(rig_send(&rig, watch, rig_event("ADDED", "c", "13")));
    rig_expect(&rig, CVG_KUBE_REFUSED, "TooManyObjects", "a=12 b=1");
    rig_close(&rig);
}

/* ---- heavy pages ---- */

static char *heavy_list(size_t count)
{
    size_t size = count * 256 + 256;
    char *text = malloc(size);
    size_t used = (size_t)snprintf(text, size,
                                   "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{"
                                   "\"resourceVersion\":\"10\"},\"items\":[");
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(text + used, size - used,
                                 "%s{\"metadata\":{\"name\":\"pod-%zu\",\"namespace\":\"shop\","
                                 "\"uid\":\"uid-%zu\",\"resourceVersion\":\"%zu\","
                                 "\"ownerReferences\":[{\"kind\":\"ReplicaSet\",\"name\":\"rs\","
                                 "\"uid\":\"owner\",\"controller\":true}]},\"status\":{\"phase\":"
                                 "\"Running\"}}",
                                 i ? "," : "", i, i, i + 1);
    }
    snprintf(text + used, size - used, "]}");
    return text;
}

static void test_a_heavy_page_is_read_by_a_worker(void **state)
{
    struct rig rig;
    (void)state;
    char *list = heavy_list(2200);
    rig_open(&rig);
    fake_host_hold_work(rig.fake);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, list);
    fake_host_advance(rig.fake, FAKE_SECOND);
    assert_int_equal(count_objects(rig.pods), 0);
    assert_int_equal(fake_host_work(rig.fake), 1);
    assert_int_equal(count_objects(rig.pods), 2200);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "");

    struct cvg_kube_id owner = cvg_kube_id_of("owner");
    const struct cvg_kube_object *object = NULL;
    size_t owned = 0;
    while ((object = cvg_kube_collection_owned(rig.pods, owner, object))) {
        assert_string_equal(object->of.pod.phase, "Running");
        assert_ptr_equal(object->kind, cvg_kube_collection_kind(rig.pods));
        owned++;
    }
    assert_int_equal(owned, 2200);
    free(list);
    rig_close(&rig);
}

static void test_a_worker_may_outlive_the_cluster(void **state)
{
    struct rig rig;
    (void)state;
    char *list = heavy_list(2200);
    rig_open(&rig);
    fake_host_hold_work(rig.fake);
    fake_answer(rig.fake, rig_asked(&rig, "limit="), 200, list);
    free(list);
    rig_close(&rig);
}

/* ---- watches ---- */

static void test_a_watch_asks_for_bookmarks_and_its_own_end(void **state)
{
    struct rig rig;
    long seconds;
    (void)state;
    rig_open(&rig);
    rig_answer_list(&rig, "a=1", "not a number/7");
    struct cvg_op *watch = rig_asked(&rig, "watch=1");
    const char *path = fake_request_path(watch);
    assert_non_null(strstr(path, "&allowWatchBookmarks=true&"));
    assert_non_null(strstr(path, "&resourceVersion=not%20a%20number%2F7"));
    assert_int_equal(sscanf(strstr(path, "timeoutSeconds="), "timeoutSeconds=%ld", &seconds), 1);
    assert_in_range(seconds, 300, 600);
    assert_true(fake_request_flags(watch) & CVG_HTTP_STREAM);
    rig_close(&rig);
}

static void test_events_change_what_is_known(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    uint64_t edition = cvg_kube_collection_edition(rig.pods);
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "c", "11")));
    assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
    assert_true(rig_send(&rig, watch, rig_event("DELETED", "b", "13")));
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=12 c=11");
    assert_true(cvg_kube_collection_edition(rig.pods) > edition);
    assert_string_equal(rig_state(&rig)->resource_version, "13");
    rig_close(&rig);
}

static void test_a_clean_end_resumes_where_a_bookmark_was(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
    assert_true(rig_send(&rig, watch, rig_bookmark("40", 0)));
    fake_host_advance(rig.fake, 5 * FAKE_SECOND);
    fake_end(rig.fake, watch);
    (void)rig_asked(&rig, "&resourceVersion=40");
    assert_null(fake_host_find(rig.fake, "limit="));
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=12 b=2");
    rig_close(&rig);
}

static void test_watches_that_end_at_once_do_not_spin(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    rig_answer_list(&rig, "a=1", "10");
    fake_end(rig.fake, rig_open_watch(&rig));
    (void)rig_asked_between(&rig, "watch=1", SOON_LEAST, SOON_MOST);
    rig_close(&rig);
}

static void test_a_cut_resumes_at_the_last_version(void **state)
{
    struct rig rig;
    (void)state;
    for (int clean = 0; clean < 2; clean++) {
        struct cvg_op *watch = watched(&rig);
        const char *next = rig_event("MODIFIED", "b", "13");
        assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
        next = rig_event("MODIFIED", "b", "13");
        assert_true(fake_bytes(rig.fake, watch, next, strlen(next) / 2));
        if (clean) {
            fake_end(rig.fake, watch);
        } else {
            fake_fail(rig.fake, watch, CVG_FAULT_CONNECT, "cut the stream");
        }
        rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "a=12 b=2");
        (void)rig_asked_between(&rig, "&resourceVersion=12", SOON_LEAST, SOON_MOST);
        rig_close(&rig);
    }
}

static void test_an_expired_watch_lists_again_and_drops_what_is_gone(void **state)
{
    (void)state;
    for (int as_status = 0; as_status < 2; as_status++) {
        struct rig rig;
        struct cvg_op *watch = watched(&rig);
        if (as_status) {
            fake_host_advance(rig.fake, 5 * FAKE_SECOND);
            fake_end(rig.fake, watch);
            fake_answer(rig.fake, rig_asked(&rig, "watch=1"), 410,
                        rig_status(410, "Expired", "too old resource version"));
        } else {
            assert_false(rig_send(&rig, watch, rig_error(410, "Expired")));
        }
        rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "NotSynced", "a=1 b=2");
        struct cvg_op *list = rig_asked_between(&rig, "limit=", SOON_LEAST, SOON_MOST);
        assert_null(strstr(fake_request_path(list), "resourceVersion"));
        rig_answer_list(&rig, "b=2 c=30", "30");
        rig_expect(&rig, CVG_KUBE_SYNCED, "", "b=2 c=30");
        (void)rig_asked(&rig, "&resourceVersion=30");
        rig_close(&rig);
    }
}

static void test_what_makes_a_watch_list_again(void **state)
{
    static const struct {
        int status; /* of the answer; 0: a frame */
        const char *body;
        int lists;
    } cases[] = {
        {0, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"reason\":\"Gone\"}}\n", 1},
        {0, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":429}}\n", 0},
        {0, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500}}\n", 0},
        {0, "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":418}}\n", 1},
        {0, "garbage\n", 1},
        {0, "{\"type\":\"SURPRISE\",\"object\":{}}\n", 1},
        {429, "Too many requests\n", 0},
        {500, "{\"kind\":\"Status\",\"code\":500}", 0},
        {502, "<html>", 0},
        {504,
         "{\"kind\":\"Status\",\"reason\":\"Timeout\",\"details\":{\"causes\":[{\"reason\":"
         "\"ResourceVersionTooLarge\"}],\"retryAfterSeconds\":1},\"code\":504}",
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        struct cvg_op *watch = watched(&rig);
        if (cases[i].status) {
            fake_end(rig.fake, watch);
            fake_answer(rig.fake, rig_asked(&rig, "watch=1"), (uint32_t)cases[i].status,
                        cases[i].body);
        } else {
            assert_false(rig_send(&rig, watch, cases[i].body));
        }
        assert_int_equal(rig_state(&rig)->sync, CVG_KUBE_BROKEN_OFF);
        assert_string_equal(rig_seen(rig.pods), "a=1 b=2");
        (void)rig_asked_between(&rig, cases[i].lists ? "limit=" : "&resourceVersion=10", SOON_LEAST,
                                SOON_MOST);
        rig_close(&rig);
    }
}

static void test_trouble_at_one_version_ends_in_a_list(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    int tries = 0;
    int64_t waited = 0;
    for (; watch && tries < 100; tries++) {
        assert_false(rig_send(&rig, watch, rig_error(500, "InternalError")));
        struct cvg_op *next = NULL;
        while (!next && !fake_host_find(rig.fake, "limit=")) {
            fake_host_advance(rig.fake, 100 * FAKE_MS);
            rig_answer_pulse(&rig);
            waited += 100 * FAKE_MS;
            next = fake_host_find(rig.fake, "watch=1");
        }
        watch = next;
        if (watch) {
            assert_non_null(strstr(fake_request_path(watch), "&resourceVersion=10"));
            fake_head(rig.fake, watch, 200, "application/json");
        }
    }
    assert_null(watch);
    assert_true(tries > 2);
    assert_in_range(waited / FAKE_SECOND, 60, 180);
    rig_close(&rig);
}

static void test_a_refused_watch_is_refused_though_the_list_is_not(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    rig_answer_list(&rig, "a=1", "10");
    fake_answer(rig.fake, rig_asked(&rig, "watch=1"), 403,
                rig_status(403, "Forbidden", "cannot watch"));
    rig_expect(&rig, CVG_KUBE_REFUSED, "Forbidden", "a=1");
    assert_non_null(strstr(rig_state(&rig)->message, "watch pods in namespace shop"));
    (void)rig_asked_between(&rig, "limit=", 30 * FAKE_SECOND, 60 * FAKE_SECOND);
    rig_answer_pulse(&rig);
    rig_answer_list(&rig, "a=1 b=2", "11");
    assert_int_equal(rig_state(&rig)->sync, CVG_KUBE_REFUSED);
    (void)rig_open_watch(&rig);
    rig_pass(&rig, 12);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1 b=2");
    rig_close(&rig);
}

static void test_after_a_gap_an_open_watch_is_not_yet_knowledge(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    int64_t known_at = rig_state(&rig)->known_at;
    fake_fail(rig.fake, watch, CVG_FAULT_CONNECT, "cut the stream");
    fake_host_advance(rig.fake, 2 * FAKE_SECOND);
    watch = rig_open_watch(&rig);
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "a=1 b=2");
    assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "12")));
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "a=12 b=2");
    assert_true(rig_state(&rig)->known_at == known_at);
    fake_host_advance(rig.fake, 1001 * FAKE_MS);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=12 b=2");
    assert_true(rig_state(&rig)->known_at > known_at);
    rig_close(&rig);
}

static void test_after_a_gap_a_server_in_trouble_proves_nothing(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = watched(&rig);
    fake_host_advance(rig.fake, 6 * FAKE_SECOND);
    fake_answer(rig.fake, rig_asked(&rig, "/readyz"), 500, "[-]etcd failed: reason withheld\n");
    fake_fail(rig.fake, watch, CVG_FAULT_CONNECT, "cut the stream");
    fake_host_advance(rig.fake, 2 * FAKE_SECOND);
    (void)rig_open_watch(&rig);
    fake_host_advance(rig.fake, 5 * FAKE_SECOND);
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "ConnectFailed", "a=1 b=2");
    rig_pass(&rig, 3);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1 b=2");
    rig_close(&rig);
}

static void test_a_watch_without_an_answer_is_given_up(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    rig_answer_list(&rig, "a=1", "10");
    rig_pass(&rig, 31);
    rig_expect(&rig, CVG_KUBE_BROKEN_OFF, "TimedOut", "a=1");
    fake_host_advance(rig.fake, SOON_MOST);
    (void)rig_asked(&rig, "&resourceVersion=10");
    rig_close(&rig);
}

static void test_a_watch_that_the_server_does_not_end_is_ended(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig);
    rig_answer_list(&rig, "a=1", "10");
    const char *path = fake_request_path(rig_open_watch(&rig));
    int seconds = 0;
    assert_int_equal(sscanf(strstr(path, "timeoutSeconds="), "timeoutSeconds=%d", &seconds), 1);
    rig_pass(&rig, seconds + 29);
    assert_int_equal(fake_host_open_requests(rig.fake), 1);
    rig_pass(&rig, 2);
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
    assert_true(rig_send(&rig, rig_open_watch(&rig), rig_event("MODIFIED", "a", "11")));
    assert_null(fake_host_find(rig.fake, "limit="));
    rig_close(&rig);
}

/* A watch from no version tells what is there and not what has gone since the list. */
static void test_a_list_without_a_version_is_none(void **state)
{
    static const char *const versions[] = {"", "0"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        rig_open(&rig);
        rig_answer_list(&rig, "a=1", versions[i]);
        rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "BadAnswer", "");
        assert_null(fake_host_find(rig.fake, "watch=1"));
        fake_host_advance(rig.fake, 2 * FAKE_SECOND);
        rig_answer_list(&rig, "a=1", "5");
        rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
        rig_close(&rig);
    }
}

/* ---- streaming lists ---- */

static struct cvg_op *streaming(struct rig *rig)
{
    rig_prepare(rig);
    rig->config.stream_lists = 1;
    rig->pods = cvg_kube_cluster_want(rig->cluster, &rig->reader, cvg_kube_kind_of("", "v1", "Pod"),
                                      "shop", 0, NULL, NULL);
    rig_start(rig);
    assert_null(fake_host_find(rig->fake, "limit="));
    return rig_asked(rig, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
}

static void test_a_streaming_list_is_one_change(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = streaming(&rig);
    (void)rig_open_watch(&rig);
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "b", "9")));
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "a", "3")));
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "c", "4")));
    assert_true(rig_send(&rig, watch, rig_event("DELETED", "c", "20")));
    assert_true(rig_send(&rig, watch, rig_bookmark("15", 0)));
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "NotSynced", "");
    assert_true(rig_send(&rig, watch, rig_bookmark("30", 1)));
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=3 b=9");
    assert_true(rig_send(&rig, watch, rig_event("MODIFIED", "a", "31")));
    fake_host_advance(rig.fake, 2 * FAKE_SECOND);
    fake_end(rig.fake, watch);
    (void)rig_asked(&rig, "&resourceVersion=31");
    assert_null(fake_host_find(rig.fake, "sendInitialEvents"));
    rig_close(&rig);
}

static void test_a_streaming_list_that_is_cut_changes_nothing(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = streaming(&rig);
    (void)rig_open_watch(&rig);
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "b", "9")));
    fake_fail(rig.fake, watch, CVG_FAULT_CONNECT, "cut the stream");
    rig_expect(&rig, CVG_KUBE_NOT_SYNCED, "ConnectFailed", "");
    (void)rig_asked_between(&rig, "sendInitialEvents", SOON_LEAST, SOON_MOST);
    rig_close(&rig);
}

static void test_a_server_without_streaming_lists_is_remembered(void **state)
{
    static const uint32_t statuses[] = {422, 400};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rig rig;
        struct cvg_op *watch = streaming(&rig);
        fake_answer(rig.fake, watch, statuses[i], rig_status(422, "Invalid", "forbidden"));
        rig_answer_list(&rig, "a=1", "10");
        rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
        watch = rig_open_watch(&rig);
        assert_false(rig_send(&rig, watch, rig_error(410, "Expired")));
        fake_host_advance(rig.fake, SOON_MOST);
        (void)rig_asked(&rig, "limit=");
        rig_close(&rig);
    }
}

static void test_a_streaming_list_without_an_end_falls_back(void **state)
{
    struct rig rig;
    (void)state;
    struct cvg_op *watch = streaming(&rig);
    (void)rig_open_watch(&rig);
    assert_true(rig_send(&rig, watch, rig_event("ADDED", "b", "9")));
    rig_pass(&rig, 61);
    rig_answer_list(&rig, "a=1", "10");
    rig_expect(&rig, CVG_KUBE_SYNCED, "", "a=1");
    rig_close(&rig);
}

/* ---- what a real server sent ---- */

static size_t three(void *arg)
{
    (void)arg;
    return 3;
}

/* Deployments of all namespaces, since lists and watches were recorded in different ones. */
static void open_deployments(struct rig *rig, int protobuf)
{
    rig_prepare(rig);
    rig->config.encoding = protobuf ? CVG_KUBE_PROTOBUF : CVG_KUBE_JSON;
    rig->pods = cvg_kube_cluster_want(
        rig->cluster, &rig->reader, cvg_kube_kind_of_type(CVG_KUBE_DEPLOYMENT), "", 0, NULL, NULL);
    fake_host_cut(rig->fake, three, NULL);
    rig_start(rig);
}

/* name: an @ in it is the encoding. */
static void replay(struct rig *rig, struct cvg_op *request, const char *name, int protobuf)
{
    struct recording recording;
    char file[128];
    size_t start = strcspn(name, "@");
    snprintf(file, sizeof file, "%.*s%s%s", (int)start, name,
             !name[start] ? ""
             : protobuf   ? "pb"
                          : "json",
             name[start] ? name + start + 1 : "");
    recording_load(file, &recording);
    if (fake_head(rig->fake, request, (uint32_t)recording.status, recording.content_type) &&
        fake_bytes(rig->fake, request, recording.body, recording.length)) {
        fake_end(rig->fake, request);
    }
    recording_done(&recording);
}

static void test_recorded_pages_and_events(void **state)
{
    (void)state;
    for (int protobuf = 0; protobuf < 2; protobuf++) {
        struct rig rig;
        open_deployments(&rig, protobuf);
        replay(&rig, rig_asked(&rig, "limit="), "pages/deployments.@.page1.http", protobuf);
        replay(&rig, rig_asked(&rig, "continue="), "pages/deployments.@.page2.http", protobuf);
        assert_int_equal(count_objects(rig.pods), 0);
        replay(&rig, rig_asked(&rig, "continue="), "pages/deployments.@.page3.http", protobuf);
        assert_int_equal(count_objects(rig.pods), 6);
        assert_int_equal(rig_state(&rig)->sync, CVG_KUBE_SYNCED);
        assert_non_null(cvg_kube_collection_get(rig.pods, "shop", "lagging"));
        /* One Deployment is made, changed and deleted; a bookmark comes last. */
        uint64_t edition = cvg_kube_collection_edition(rig.pods);
        replay(&rig, rig_asked(&rig, "watch=1"), "watch/deployments.@.http", protobuf);
        assert_true(cvg_kube_collection_edition(rig.pods) > edition + 10);
        assert_int_equal(count_objects(rig.pods), 6);
        fake_host_advance(rig.fake, SOON_MOST);
        (void)rig_asked(&rig, "watch=1");
        assert_null(fake_host_find(rig.fake, "limit="));
        rig_close(&rig);
    }
}

static void test_recorded_refusals(void **state)
{
    static const struct {
        const char *list, *watch; /* what answers the list; and the watch after an empty list */
        enum cvg_kube_sync sync;
        const char *reason;
    } cases[] = {
        {"errors/401-bad-token.@.http", NULL, CVG_KUBE_NOT_SYNCED, "Unauthorized"},
        {"errors/403-readonly-secrets.pb.http", NULL, CVG_KUBE_REFUSED, "Forbidden"},
        {"errors/404-missing-crd-group-admin.pb.http", NULL, CVG_KUBE_REFUSED, "KindNotFound"},
        {"errors/410-expired-continue.@.http", NULL, CVG_KUBE_NOT_SYNCED, "NotSynced"},
        {"errors/429-priority-and-fairness.@.http", NULL, CVG_KUBE_NOT_SYNCED, "Throttled"},
        {"errors/503-aggregated-api-unavailable.http", NULL, CVG_KUBE_NOT_SYNCED, "ServerError"},
        {"errors/etcd-stalled-list-consistent.json.http", NULL, CVG_KUBE_NOT_SYNCED, "ServerError"},
        {"errors/504-future-resourceversion-list.pb.http", NULL, CVG_KUBE_NOT_SYNCED, "NotSynced"},
        {NULL, "watch/error-410-old-resourceversion.@.http", CVG_KUBE_BROKEN_OFF, "NotSynced"},
        {NULL, "errors/403-watch-secrets.http", CVG_KUBE_REFUSED, "Forbidden"},
        {NULL, "errors/500-watch-bad-resourceversion.http", CVG_KUBE_BROKEN_OFF, "ServerError"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        open_deployments(&rig, 1);
        if (cases[i].list) {
            replay(&rig, rig_asked(&rig, "limit="), cases[i].list, 1);
        } else {
            replay(&rig, rig_asked(&rig, "limit="), "lists/empty-list.@.http", 1);
            replay(&rig, rig_asked(&rig, "watch=1"), cases[i].watch, 1);
        }
        assert_int_equal(rig_state(&rig)->sync, cases[i].sync);
        assert_string_equal(rig_state(&rig)->reason, cases[i].reason);
        rig_close(&rig);
    }
}

/* ---- waiting ---- */

static void test_backoff_doubles_is_capped_and_forgets(void **state)
{
    struct cvg_kube_backoff backoff = {.base = 0};
    int64_t now = 5;
    (void)state;
    for (int64_t base = 800 * FAKE_MS, i = 0; i < 8; i++) {
        int64_t wait = cvg_kube_backoff_next(&backoff, now, (uint64_t)i * 7919);
        assert_in_range(wait, base, 2 * base);
        now += wait;
        base = base * 2 > 30 * FAKE_SECOND ? 30 * FAKE_SECOND : base * 2;
    }
    now += 121 * FAKE_SECOND;
    assert_in_range(cvg_kube_backoff_next(&backoff, now, UINT64_MAX), SOON_LEAST, SOON_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_become_one_change),
        cmocka_unit_test(test_half_a_list_changes_nothing),
        cmocka_unit_test(test_an_expired_list_begins_again),
        cmocka_unit_test(test_a_busy_page_is_asked_again_by_itself),
        cmocka_unit_test(test_a_page_that_stays_busy_ends_the_list),
        cmocka_unit_test(test_retry_after_is_obeyed_and_not_hurried),
        cmocka_unit_test(test_new_credentials_hurry),
        cmocka_unit_test(test_a_missing_right_is_named_and_tried_again_rarely),
        cmocka_unit_test(test_a_kind_that_is_missing_is_tried_again_rarely),
        cmocka_unit_test(test_a_silent_list_is_given_up_a_dripping_one_is_not),
        cmocka_unit_test(test_a_list_without_an_end_is_bounded),
        cmocka_unit_test(test_a_list_that_is_none_changes_nothing),
        cmocka_unit_test(test_too_many_objects_are_unknown),
        cmocka_unit_test(test_a_heavy_page_is_read_by_a_worker),
        cmocka_unit_test(test_a_worker_may_outlive_the_cluster),
        cmocka_unit_test(test_a_watch_asks_for_bookmarks_and_its_own_end),
        cmocka_unit_test(test_events_change_what_is_known),
        cmocka_unit_test(test_a_clean_end_resumes_where_a_bookmark_was),
        cmocka_unit_test(test_watches_that_end_at_once_do_not_spin),
        cmocka_unit_test(test_a_cut_resumes_at_the_last_version),
        cmocka_unit_test(test_an_expired_watch_lists_again_and_drops_what_is_gone),
        cmocka_unit_test(test_what_makes_a_watch_list_again),
        cmocka_unit_test(test_trouble_at_one_version_ends_in_a_list),
        cmocka_unit_test(test_a_refused_watch_is_refused_though_the_list_is_not),
        cmocka_unit_test(test_after_a_gap_an_open_watch_is_not_yet_knowledge),
        cmocka_unit_test(test_after_a_gap_a_server_in_trouble_proves_nothing),
        cmocka_unit_test(test_a_watch_without_an_answer_is_given_up),
        cmocka_unit_test(test_a_watch_that_the_server_does_not_end_is_ended),
        cmocka_unit_test(test_a_list_without_a_version_is_none),
        cmocka_unit_test(test_a_streaming_list_is_one_change),
        cmocka_unit_test(test_a_streaming_list_that_is_cut_changes_nothing),
        cmocka_unit_test(test_a_server_without_streaming_lists_is_remembered),
        cmocka_unit_test(test_a_streaming_list_without_an_end_falls_back),
        cmocka_unit_test(test_recorded_pages_and_events),
        cmocka_unit_test(test_recorded_refusals),
        cmocka_unit_test(test_backoff_doubles_is_capped_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
