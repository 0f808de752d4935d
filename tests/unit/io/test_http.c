/* SPDX-License-Identifier: Apache-2.0 */
/* What a request looks like on the wire, and what comes back where the server behaves. */
#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/io/harness.h"
#include "unit/io/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
                         "hello";

/* Answers every request of a connection; the last one is kept in arg. */
static void serve_ok(int fd, unsigned number, void *arg)
{
    char request[8192];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        memcpy(arg, request, strlen(request) + 1);
        if (!peer_say(fd, ok)) {
            return;
        }
    }
}

static void test_answers_with_body_and_head(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), NULL);

    harness_get(&harness, "/a?b=c", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_NONE);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "hello");
    assert_string_equal(answer.content_type, "text/plain");
    assert_string_equal(answer.headers,
                        "HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 5\n");
    assert_string_equal(answer.address, "127.0.0.1");
    assert_int_equal(answer.http_version, 11);
    assert_true(cvg_text_starts(seen, "GET /a?b=c HTTP/1.1\r\n"));
    assert_non_null(strstr(seen, "\r\nUser-Agent: convergate/"));
    assert_null(strstr(seen, "Expect"));

    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_uses_the_connection_again(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer first = {0}, second = {0}, third = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), NULL);

    harness_get(&harness, "/", &first);
    harness_get(&harness, "/", &second);
    assert_int_equal(first.connection, 1);
    assert_int_equal(second.connection, 1);
    assert_true(first.connect_ns > 0);
    assert_int_equal(second.connect_ns, 0);
    assert_int_equal(peer_connections(peer), 1);

    struct cvg_http_request request = {.path = "/", .flags = CVG_HTTP_FRESH};
    harness_ask(&harness, &request, &third);
    assert_int_equal(third.connection, 2);
    assert_int_equal(peer_connections(peer), 2);
    assert_int_equal(cvg_lane_stats(harness.lane).connections, 2);
    assert_int_equal(cvg_lane_stats(harness.lane).requests, 3);
    assert_int_equal(cvg_lane_stats(harness.lane).in_flight, 0);

    answer_clear(&first);
    answer_clear(&second);
    answer_clear(&third);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_posts_and_changes_method_on_one_handle(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), NULL);

    static const struct {
        const char *method, *body, *type, *line, *want, *refuse;
    } table[] = {
        {NULL, "a=b", "text/x", "POST /p HTTP/1.1\r\n", "\r\nContent-Type: text/x\r\n", NULL},
        {NULL, NULL, NULL, "GET /p HTTP/1.1\r\n", "\r\n\r\n", "Content-"},
        {"PUT", "xyz", NULL, "PUT /p HTTP/1.1\r\n", "\r\n\r\nxyz", "Content-Type"},
        {"DELETE", NULL, NULL, "DELETE /p HTTP/1.1\r\n", "\r\n\r\n", "Content-Length"},
        {"POST", NULL, NULL, "POST /p HTTP/1.1\r\n", "\r\nContent-Length: 0\r\n", NULL},
        {"GET", "q", "text/x", "GET /p HTTP/1.1\r\n", "\r\n\r\nq", NULL},
        {NULL, NULL, NULL, "GET /p HTTP/1.1\r\n", "\r\n\r\n", "Content-"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct cvg_http_request request = {
            .method = table[i].method,
            .path = "/p",
            .body = table[i].body,
            .body_length = table[i].body ? strlen(table[i].body) : 0,
            .content_type = table[i].type,
        };
        harness_ask(&harness, &request, &answer);
        assert_int_equal(answer.status, 200);
        assert_true(cvg_text_starts(seen, table[i].line));
        assert_non_null(strstr(seen, table[i].want));
        if (table[i].refuse) {
            assert_null(strstr(seen, table[i].refuse));
        }
    }
    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_sends_credentials_and_headers_of_the_endpoint(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    struct cvg_secret bearer = {CVG_SECRET_ENV, "CVG_TEST_TOKEN"};
    struct cvg_pair pair = {"X-Scope-OrgID", "team"};
    struct cvg_endpoint settings = {.bearer = &bearer, .headers = {1, &pair}};
    harness_setenv("CVG_TEST_TOKEN", "s3cret");
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), &settings);

    harness_get(&harness, "/", &answer);
    assert_non_null(strstr(seen, "\r\nAuthorization: Bearer s3cret\r\n"));
    assert_non_null(strstr(seen, "\r\nX-Scope-OrgID: team\r\n"));

    harness_setenv("CVG_TEST_TOKEN", "rotated");
    harness_get(&harness, "/", &answer);
    assert_non_null(strstr(seen, "\r\nAuthorization: Bearer rotated\r\n"));

    struct cvg_pair own = {"x-scope-orgid", "other"};
    struct cvg_http_request request = {.path = "/", .headers = &own, .header_count = 1};
    harness_ask(&harness, &request, &answer);
    assert_non_null(strstr(seen, "\r\nx-scope-orgid: other\r\n"));
    assert_null(strstr(seen, "team"));

    request = (struct cvg_http_request){.path = "/", .flags = CVG_HTTP_NO_CREDENTIALS};
    harness_ask(&harness, &request, &answer);
    assert_null(strstr(seen, "Authorization"));

    harness_setenv("CVG_TEST_TOKEN", NULL);
    harness_get(&harness, "/", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_AUTH);
    assert_string_equal(answer.fault_text, "bearer: env:CVG_TEST_TOKEN: is not set");

    harness_setenv("CVG_TEST_TOKEN", "a\r\nX-Evil: 1");
    harness_get(&harness, "/", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_AUTH);
    assert_null(strstr(answer.fault_text, "Evil"));

    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_basic_credentials(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    struct cvg_secret password = {CVG_SECRET_ENV, "CVG_TEST_PASSWORD"};
    struct cvg_endpoint settings = {.username = "user", .password = &password};
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), &settings);

    static const struct {
        const char *password, *expected;
    } table[] = {
        {"pass", "Basic dXNlcjpwYXNz\r\n"},
        {"pas", "Basic dXNlcjpwYXM=\r\n"},
        {"pa", "Basic dXNlcjpwYQ==\r\n"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        harness_setenv("CVG_TEST_PASSWORD", table[i].password);
        harness_get(&harness, "/", &answer);
        assert_non_null(strstr(seen, table[i].expected));
    }
    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static char told[256];

static void on_exchanged(void *owner, const struct cvg_exchange *exchange)
{
    (void)owner;
    (void)snprintf(told, sizeof told, "%.5s%s <%.*s> <%.*s> %u", exchange->request,
                   strrchr(exchange->request, '/'), (int)exchange->sent_length, exchange->sent,
                   (int)exchange->received_length, exchange->received, exchange->status);
}

static int ignore_bytes(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    (void)arg;
    (void)op;
    (void)bytes;
    (void)length;
    return 0;
}

/* Who looks on (`convergate probe`) sees what was sent and what came, unless it is secret. */
static void test_secrets_are_not_shown(void **state)
{
    (void)state;

    static const struct {
        uint32_t flags;
        bool streamed;
        const char *told;
    } table[] = {
        {0, false, "POST /blob?sig=hush <hush> <hello> 200"},
        {0, true, "POST /blob?sig=hush <hush> <hello> 200"},
        {CVG_HTTP_SECRET, false, "POST /blob <> <> 200"},
        {CVG_HTTP_SECRET, true, "POST /blob <> <> 200"},
    };

    static const struct cvg_scope_hooks hooks = {.exchanged = on_exchanged};
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), NULL);
    harness.scope.hooks = &hooks;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct cvg_http_request request = {.path = "/blob?sig=hush",
                                           .body = "hush",
                                           .body_length = 4,
                                           .flags = table[i].flags,
                                           .on_body = table[i].streamed ? ignore_bytes : NULL};
        harness_ask(&harness, &request, &answer);
        assert_non_null(strstr(seen, "/blob?sig=hush"));
        assert_string_equal(told, table[i].told);
    }
    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_refuses_wrong_requests(void **state)
{
    (void)state;
    char seen[8192] = "";
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_ok, seen);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), NULL);
    struct cvg_pair split = {"X-A", "1\r\nX-B: 2"};
    struct cvg_pair nameless = {"X A", "1"};
    const struct cvg_http_request table[] = {
        {.path = "/a b"},
        {.path = "/a\r\nX: y"},
        {.path = "http://user@127.0.0.1/"},
        {.path = "/", .method = "GET /x HTTP/1.1\r\n"},
        {.path = "/", .headers = &split, .header_count = 1},
        {.path = "/", .headers = &nameless, .header_count = 1},
        {.path = "/", .content_type = "a\nb"},
        {.path = "/", .flags = CVG_HTTP_STREAM},
    };
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        harness_ask(&harness, &table[i], &answer);
        assert_int_equal(answer.fault, CVG_FAULT_REQUEST);
        assert_true(strlen(answer.fault_text) > 0);
        assert_int_equal(answer.status, 0);
    }
    assert_int_equal(peer_connections(peer), 0);
    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_with_body_and_head),
        cmocka_unit_test(test_uses_the_connection_again),
        cmocka_unit_test(test_posts_and_changes_method_on_one_handle),
        cmocka_unit_test(test_sends_credentials_and_headers_of_the_endpoint),
        cmocka_unit_test(test_basic_credentials),
        cmocka_unit_test(test_secrets_are_not_shown),
        cmocka_unit_test(test_refuses_wrong_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
