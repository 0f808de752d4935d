/* SPDX-License-Identifier: Apache-2.0 */
/* The routes that read the store: pages, who sees what, and a store that cannot be read. */
#include "base/text.h"
#include "base/time.h"
#include "crypto/hex.h"
#include "fixture.h"
#include "shelf.h"

#include <convergate/number.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TEN      INT64_C(1767261600) /* 2026-01-01T10:00:00Z */
#define READER   "Authorization: Bearer prod-token\r\n"
#define EVERYONE "Authorization: Bearer all-token\r\n"

static struct cvg_store *store; /* of the test that runs; a group's tests run one by one */

/* Five decisions in two environments, a minute apart. */
static int with_rows(void **state)
{
    static const struct {
        const char *environment, *app, *verdict;
    } rows[] = {{"prod", "shop", "wait"},
                {"prod", "shop", "go"},
                {"staging", "shop", "go"},
                {"prod", "cart", "halt"},
                {"gone", "cart", "go"}};

    store = shelf_new();
    for (unsigned i = 0; i < CVG_COUNT(rows); i++) {
        shelf_decide(store, i + 1, TEN + 60 * i, rows[i].environment, rows[i].app, rows[i].verdict);
    }
    return fixture_setup_store(state, store);
}

static int with_foreign(void **state)
{
    store = shelf_new_foreign();
    return fixture_setup_store(state, store);
}

static int teardown(void **state)
{
    fixture_teardown(state);
    shelf_free(store);
    return 0;
}

/* "prod-token" may read prod, "all-token" everything. */
static void give_tokens(struct fixture *fixture)
{
    static const char *const prod[] = {"prod", NULL};
    struct cvg_grant tokens[] = {
        {.name = "prod", .scopes = CVG_MAY_READ, .environments = prod},
        {.name = "all", .scopes = CVG_MAY_READ},
    };
    struct cvg_access_options options = {.tokens = {tokens, CVG_COUNT(tokens)}};

    cvg_sha256("prod-token", strlen("prod-token"), tokens[0].sha256);
    cvg_sha256("all-token", strlen("all-token"), tokens[1].sha256);
    cvg_server_set_access(fixture->server, cvg_access_new(&options));
}

/* The last digit of each decision's id, in the page's order: "54321". */
static const char *ids_of(const struct reply *reply)
{
    static char ids[64];
    size_t count = 0;

    for (const char *at = strstr(reply->body, "\"id\":\""); at; at = strstr(at + 1, "\"id\":\"")) {
        ids[count++] = at[strlen("\"id\":\"") + CVG_RECORD_ID - 2];
    }
    ids[count] = '\0';
    return ids;
}

static void next_of(const struct reply *reply, char *ret, size_t size)
{
    const char *at = strstr(reply->body, "\"next\":\"");

    assert_non_null(at);
    at += strlen("\"next\":\"");
    (void)snprintf(ret, size, "%.*s", (int)strcspn(at, "\""), at);
}

/* ---- decisions ---- */

static void decisions_are_found_by_what_is_asked(void **state)
{
    static const struct {
        const char *query, *ids;
    } table[] = {
        {"", "54321"},
        {"?environment=prod", "421"},
        {"?environment=prod&app=shop", "21"},
        {"?verdict=go", "532"},
        {"?gate=deploy&limit=2", "54"},
        {"?gate=verify", ""},
        {"?revision=r1&app=cart", "54"},
        {"?revision=r2", ""},
        {"?from=2026-01-01T10:01:00Z", "5432"},
        {"?until=2026-01-01T10:01:00Z", "1"},
        {"?from=1767261660&until=1767261780", "32"},
        {"?environment=nowhere", ""},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char path[256];
        struct reply reply;
        (void)snprintf(path, sizeof(path), "/v1/decisions%s", table[i].query);
        client_request(fixture, "GET", path, "", NULL, &reply);
        assert_int_equal(reply.status, 200);
        assert_string_equal(ids_of(&reply), table[i].ids);
        reply_done(&reply);
    }
}

static void pages_follow_each_other_although_rows_come(void **state)
{
    static const char *const pages[] = {"54", "32", "1"};
    struct fixture *fixture = *state;
    char next[64] = "", path[128] = "/v1/decisions?limit=2";

    for (size_t i = 0; i < CVG_COUNT(pages); i++) {
        struct reply reply;
        client_request(fixture, "GET", path, "", NULL, &reply);
        assert_int_equal(reply.status, 200);
        assert_string_equal(ids_of(&reply), pages[i]);
        next_of(&reply, next, sizeof(next));
        reply_done(&reply);
        (void)snprintf(path, sizeof(path), "/v1/decisions?limit=2&before=%s", next);
        shelf_decide(store, 6 + (unsigned)i, TEN + 1000, "prod", "late", "go");
    }
    assert_string_equal(next, "");
}

static void a_page_says_what_was_decided_and_why(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    client_request(fixture, "GET", "/v1/decisions?app=cart&limit=1", "", NULL, &reply);
    assert_string_equal(reply_header(&reply, "Content-Type"), "application/json");
    assert_string_equal(reply_header(&reply, "X-Gate-Verdict"), "");
    assert_non_null(
        strstr(reply.body,
               "{\"decisions\":[{\"number\":5,\"id\":\"01900000-0000-7000-8000-000000000005\","
               "\"at\":\"2026-01-01T10:04:00.000Z\",\"environment\":\"gone\",\"gate\":\"deploy\","
               "\"app\":\"cart\",\"revision\":\"r1\",\"verdict\":\"go\",\"asked_by\":\"token:ci\","
               "\"summary\":\"because of 5\",\"reasons\":[\"Rising\"],\"hash\":\""));
    reply_done(&reply);
}

static void one_decision_is_shown_as_it_was_sent(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    struct reply reply;

    (void)snprintf(path, sizeof(path), "/v1/decisions/%s", shelf_id(4));
    client_request(fixture, "GET", path, "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "{\"number\":4,\"at\":\"2026-01-01T10:03:00.000Z\","
                                       "\"asked_by\":\"token:ci\",\"hash\":\""));
    assert_true(cvg_text_ends(reply.body,
                              "\"decision\":{\"id\":\"01900000-0000-7000-8000-000000000004\","
                              "\"verdict\":\"halt\",\"summary\":\"because of 4\","
                              "\"reasons\":[{\"code\":\"Rising\"}]}}"));
    reply_done(&reply);
    static const char *const others[] = {"/v1/decisions/01900000-0000-7000-8000-000000000009",
                                         "/v1/decisions/prod", "/v1/decisions/",
                                         "/v1/decisions/a/b", "/v1/decisions/a%20b"};
    for (size_t i = 0; i < CVG_COUNT(others); i++) {
        client_request(fixture, "GET", others[i], "", NULL, &reply);
        assert_int_equal(reply.status, 404);
        reply_done(&reply);
    }
}

static void an_act_is_no_decision(void **state)
{
    struct fixture *fixture = *state;
    struct cvg_record act = {
        .at = (TEN + 500) * CVG_SECOND,
        .id = shelf_id(9),
        .action = "reload",
        .actor = "signal",
        .environment = "",
        .gate = "",
        .app = "",
        .revision = "",
        .verdict = "",
        .target = "",
        .body = "{}",
        .body_length = 2,
    };
    struct reply reply;

    cvg_store_append(store, &act, NULL, NULL);
    assert_true(cvg_store_flush(store, cvg_time_now() + 10 * CVG_SECOND));
    client_request(fixture, "GET", "/v1/decisions", "", NULL, &reply);
    assert_string_equal(ids_of(&reply), "54321");
    reply_done(&reply);
    client_request(fixture, "GET", "/v1/decisions/01900000-0000-7000-8000-000000000009", "", NULL,
                   &reply);
    assert_int_equal(reply.status, 404);
    reply_done(&reply);
}

/* ---- who sees what ---- */

static void a_limited_credential_sees_its_environments_only(void **state)
{
    static const struct {
        const char *headers, *path;
        unsigned status;
        const char *ids; /* of a list, else NULL */
    } table[] = {
        {READER, "/v1/decisions", 200, "421"},
        {READER, "/v1/decisions?environment=prod&verdict=go", 200, "2"},
        {READER, "/v1/decisions?environment=staging", 403, NULL},
        {READER, "/v1/decisions?environment=nowhere", 403, NULL},
        {READER, "/v1/decisions/01900000-0000-7000-8000-000000000002", 200, NULL},
        {READER, "/v1/decisions/01900000-0000-7000-8000-000000000003", 404, NULL},
        {READER, "/v1/decisions/01900000-0000-7000-8000-000000000005", 404, NULL},
        {READER, "/v1/environments/prod/history", 200, NULL},
        {READER, "/v1/environments/staging/history", 403, NULL},
        {READER, "/v1/environments/nowhere/history", 403, NULL},
        {READER, "/v1/audit/head", 403, NULL},
        {EVERYONE, "/v1/decisions", 200, "54321"},
        {EVERYONE, "/v1/decisions?environment=staging", 200, "3"},
        {EVERYONE, "/v1/decisions/01900000-0000-7000-8000-000000000003", 200, NULL},
        {EVERYONE, "/v1/audit/head", 200, NULL},
        {"", "/v1/decisions", 401, NULL},
        {"", "/v1/decisions/01900000-0000-7000-8000-000000000002", 401, NULL},
        {"", "/v1/environments/prod/history", 401, NULL},
        {"", "/v1/audit/head", 401, NULL},
    };
    struct fixture *fixture = *state;

    give_tokens(fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        client_request(fixture, "GET", table[i].path, table[i].headers, NULL, &reply);
        if (reply.status != table[i].status ||
            (table[i].ids && strcmp(ids_of(&reply), table[i].ids) != 0)) {
            fail_msg("%s: %u %s", table[i].path, reply.status, reply.body);
        }
        reply_done(&reply);
    }
}

/* ---- history ---- */

static void add_changes(void)
{
    static const struct {
        int64_t second;
        uint32_t kind;
        const char *environment, *name, *after;
    } rows[] = {
        {0, CVG_CHANGE_START, "prod", "", "1"},    {1, CVG_CHANGE_STATUS, "prod", "api", "2"},
        {1, CVG_CHANGE_STATUS, "prod", "db", "3"}, /* the same time: the number tells them apart */
        {1, CVG_CHANGE_PHASE, "prod", "", "4"},    {2, CVG_CHANGE_STATUS, "prod", "api", "5"},
        {3, CVG_CHANGE_START, "gone", "", "6"},
    };
    struct cvg_change changes[CVG_COUNT(rows)];

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        changes[i] = (struct cvg_change){
            .at = (TEN + rows[i].second) * CVG_SECOND,
            .kind = rows[i].kind,
            .environment = rows[i].environment,
            .name = rows[i].name,
            .before = "",
            .after = rows[i].after,
            .reason = "",
            .message = "",
        };
    }
    cvg_store_change(store, changes, CVG_COUNT(changes));
    assert_true(cvg_store_flush(store, cvg_time_now() + 10 * CVG_SECOND));
}

static const char *afters_of(const struct reply *reply)
{
    static char afters[64];
    size_t count = 0;

    for (const char *at = strstr(reply->body, "\"after\":\""); at;
         at = strstr(at + 1, "\"after\":\"")) {
        afters[count++] = at[strlen("\"after\":\"")];
    }
    afters[count] = '\0';
    return afters;
}

static void history_is_found_by_what_is_asked(void **state)
{
    static const struct {
        const char *path;
        unsigned status;
        const char *afters;
    } table[] = {
        {"/v1/environments/prod/history", 200, "54321"},
        {"/v1/environments/prod/history?kind=status", 200, "532"},
        {"/v1/environments/prod/history?kind=start,phase", 200, "41"},
        {"/v1/environments/prod/history?name=api", 200, "52"},
        {"/v1/environments/prod/history?from=1767261601&until=1767261602", 200, "432"},
        {"/v1/environments/prod/history?kind=gap", 200, ""},
        {"/v1/environments/staging/history", 200, ""},
        {"/v1/environments/gone/history", 200, "6"}, /* no longer configured */
        {"/v1/environments/nowhere/history", 404, ""},
        {"/v1/environments/prod/history/", 404, ""},
        {"/v1/environments/prod/future", 404, ""},
        {"/v1/environments/history", 404, ""},
        {"/v1/environments/prod/history?kind=fate", 400, ""},
        {"/v1/environments/prod/history?limit=501", 400, ""},
    };
    struct fixture *fixture = *state;

    add_changes();
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct reply reply;
        client_request(fixture, "GET", table[i].path, "", NULL, &reply);
        if (reply.status != table[i].status || strcmp(afters_of(&reply), table[i].afters) != 0) {
            fail_msg("%s: %u %s", table[i].path, reply.status, reply.body);
        }
        reply_done(&reply);
    }
}

static void pages_of_history_part_rows_of_the_same_time(void **state)
{
    static const char *const pages[] = {"54", "32", "1"};
    struct fixture *fixture = *state;
    char next[64] = "", path[160] = "/v1/environments/prod/history?limit=2";

    add_changes();
    for (size_t i = 0; i < CVG_COUNT(pages); i++) {
        struct reply reply;
        client_request(fixture, "GET", path, "", NULL, &reply);
        assert_int_equal(reply.status, 200);
        assert_string_equal(afters_of(&reply), pages[i]);
        next_of(&reply, next, sizeof(next));
        reply_done(&reply);
        (void)snprintf(path, sizeof(path), "/v1/environments/prod/history?limit=2&before=%s", next);
    }
    assert_string_equal(next, "");
}

/* ---- the chain's head ---- */

static void the_head_is_the_latest_row_and_its_signature_holds(void **state)
{
    struct fixture *fixture = *state;
    struct cvg_chain_signed head = {0};
    unsigned char key[CVG_ED25519_PUBLIC];
    char text[CVG_CHAIN_POINT_TEXT], signature[2 * CVG_ED25519_SIGNATURE + 1];
    char public_key[2 * CVG_ED25519_PUBLIC + 1], time[64];
    struct reply reply;

    client_request(fixture, "GET", "/v1/audit/head", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    const char *at = strstr(reply.body, "\"head\":");
    assert_non_null(at);
    assert_int_equal(sscanf(at,
                            "\"head\":\"%85[^\"]\",\"signed_at\":\"%63[^\"]\","
                            "\"signature\":\"%128[^\"]\",\"public_key\":\"%64[^\"]\"",
                            text, time, signature, public_key),
                     4);
    assert_true(cvg_chain_point_read(text, &head.point));
    assert_int_equal(head.point.number, 5);
    assert_int_equal(cvg_parse_time(time, strlen(time), &head.at), 0);
    assert_true(cvg_hex_read(signature, head.signature, sizeof(head.signature)));
    assert_true(cvg_hex_read(public_key, key, sizeof(key)));
    assert_true(cvg_chain_verify(key, CVG_CHAIN_HEAD, &head));
    reply_done(&reply);
}

/* ---- a store that is not there, or cannot be read ---- */

static const char *const readers[] = {"/v1/decisions",
                                      "/v1/decisions/01900000-0000-7000-8000-000000000001",
                                      "/v1/environments/prod/history"};

static void without_a_store_there_is_nothing_to_read(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    for (size_t i = 0; i <= CVG_COUNT(readers); i++) {
        const char *path = i < CVG_COUNT(readers) ? readers[i] : "/v1/audit/head";
        client_request(fixture, "GET", path, "", NULL, &reply);
        assert_int_equal(reply.status, 404);
        assert_non_null(strstr(reply.body, "\"code\":\"NoStore\""));
        reply_done(&reply);
    }
    client_request(fixture, "GET", "/readyz?verbose", "", NULL, &reply);
    assert_null(strstr(reply.body, "store"));
    reply_done(&reply);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    assert_null(strstr(reply.body, "convergate_store"));
    assert_null(strstr(reply.body, "convergate_audit"));
    reply_done(&reply);
}

static void what_cannot_be_read_is_told_and_comes_back(void **state)
{
    struct fixture *fixture = *state;

    for (int broken = 1; broken >= 0; broken--) {
        shelf_break(broken);
        for (size_t i = 0; i < CVG_COUNT(readers); i++) {
            struct reply reply;
            client_request(fixture, "GET", readers[i], "", NULL, &reply);
            assert_int_equal(reply.status, broken ? 503 : 200);
            assert_string_equal(reply_header(&reply, "Retry-After"), broken ? "1" : "");
            assert_true(!broken || (strstr(reply.body, "\"code\":\"StoreUnavailable\"") &&
                                    strstr(reply.body, "the disk is gone")));
            reply_done(&reply);
        }
    }
}

static int get(const struct fixture *fixture, const char *path)
{
    char request[256];
    int fd = client_connect(fixture);
    int length = snprintf(request, sizeof(request),
                          "GET %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n\r\n",
                          path, fixture->port);

    client_send(fd, request, (size_t)length);
    return fd;
}

/* The fixture's server has two threads. */
static void who_reads_leaves_a_thread_to_verdicts(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    shelf_hold();
    int fd = get(fixture, "/v1/decisions");
    shelf_wait_held(1);
    for (size_t i = 0; i < CVG_COUNT(readers); i++) {
        client_request(fixture, "GET", readers[i], "", NULL, &reply);
        assert_int_equal(reply.status, 503);
        assert_non_null(strstr(reply.body, "\"code\":\"Busy\""));
        assert_string_equal(reply_header(&reply, "Retry-After"), "1");
        reply_done(&reply);
    }
    client_request(fixture, "GET", "/v1/verdict/prod", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    client_request(fixture, "GET", "/v1/audit/head", "", NULL, &reply);
    assert_int_equal(reply.status, 200); /* from memory */
    reply_done(&reply);
    shelf_release();
    client_read(fd, &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(ids_of(&reply), "54321");
    reply_done(&reply);
    close(fd);
    client_request(fixture, "GET", "/v1/decisions", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
}

/* ---- health and metrics ---- */

static void a_store_that_is_well_is_told(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    client_request(fixture, "GET", "/readyz?verbose", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "[+]deciding ok\n[+]store ok\nreadyz check passed\n"));
    reply_done(&reply);
    client_request(fixture, "GET", "/livez?verbose", "", NULL, &reply);
    assert_null(strstr(reply.body, "store"));
    reply_done(&reply);
    assert_true(fixture_metric(fixture, "convergate_store_available") == 1);
    assert_true(fixture_metric(fixture, "convergate_store_fault{fault=\"full\"}") == 0);
    assert_true(fixture_metric(fixture, "convergate_store_rows_total{kind=\"record\"}") == 5);
    assert_true(fixture_metric(fixture, "convergate_store_pruned_total{kind=\"change\"}") == 0);
    assert_true(fixture_metric(fixture, "convergate_store_commits_total") >= 5);
    assert_true(fixture_metric(fixture, "convergate_store_commit_seconds_total") > 0);
    assert_true(fixture_metric(fixture, "convergate_store_queue") == 0);
    assert_true(fixture_metric(fixture, "convergate_audit_head") == 5);
}

static void a_store_that_is_away_fails_no_readiness(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;

    client_request(fixture, "GET", "/readyz?verbose", "", NULL, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.body, "\n[-]store unavailable: foreign: "));
    assert_non_null(strstr(reply.body, " (recorded decisions are closed)\nreadyz check passed\n"));
    reply_done(&reply);
    client_request(fixture, "GET", "/healthz?verbose&exclude=store", "", NULL, &reply);
    assert_non_null(strstr(reply.body, "\n[+]store excluded: ok\n"));
    reply_done(&reply);
    client_request(fixture, "GET", "/readyz", "", NULL, &reply);
    assert_string_equal(reply.body, "ok");
    reply_done(&reply);
    for (size_t i = 0; i <= CVG_COUNT(readers); i++) {
        client_request(fixture, "GET", i < CVG_COUNT(readers) ? readers[i] : "/v1/audit/head", "",
                       NULL, &reply);
        assert_int_equal(reply.status, 503);
        assert_non_null(strstr(reply.body, "\"code\":\"StoreUnavailable\""));
        reply_done(&reply);
    }
    assert_true(fixture_metric(fixture, "convergate_store_available") == 0);
    assert_true(fixture_metric(fixture, "convergate_store_fault{fault=\"foreign\"}") == 1);
    assert_true(fixture_metric(fixture, "convergate_store_fault{fault=\"full\"}") == 0);
}

#define WITH(setup, test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(with_rows, decisions_are_found_by_what_is_asked),
        WITH(with_rows, pages_follow_each_other_although_rows_come),
        WITH(with_rows, a_page_says_what_was_decided_and_why),
        WITH(with_rows, one_decision_is_shown_as_it_was_sent),
        WITH(with_rows, an_act_is_no_decision),
        WITH(with_rows, a_limited_credential_sees_its_environments_only),
        WITH(with_rows, history_is_found_by_what_is_asked),
        WITH(with_rows, pages_of_history_part_rows_of_the_same_time),
        WITH(with_rows, the_head_is_the_latest_row_and_its_signature_holds),
        WITH(with_rows, what_cannot_be_read_is_told_and_comes_back),
        WITH(with_rows, who_reads_leaves_a_thread_to_verdicts),
        WITH(with_rows, a_store_that_is_well_is_told),
        WITH(with_foreign, a_store_that_is_away_fails_no_readiness),
        cmocka_unit_test_setup_teardown(without_a_store_there_is_nothing_to_read, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
