/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AWS signatures on the wire: which lines a request has, and what is refused before anything is
 * sent. That signatures are right is tested by published examples (tests/unit/crypto) and by a
 * service that verifies them (tests/e2e/test_sigv4.py).
 */
#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
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

#define SEEN_MAX 8192

/* What arrived, request after request. */
struct seen {
    unsigned count;
    char requests[3][SEEN_MAX];
};

/* /go leads to /there, everything else is fine. */
static void serve(int fd, unsigned number, void *arg)
{
    struct seen *seen = arg;
    char request[SEEN_MAX];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        if (seen->count < 3) {
            memcpy(seen->requests[seen->count++], request, strlen(request) + 1);
        }
        const char *answer = cvg_text_starts(request, "GET /go")
                                 ? "HTTP/1.1 307 T\r\nLocation: /there?b=2&a=1\r\n"
                                   "Content-Length: 0\r\n\r\n"
                                 : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        if (!peer_say(fd, answer)) {
            return;
        }
    }
}

static unsigned count(const char *text, const char *what)
{
    unsigned found = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) {
        found++;
    }
    return found;
}

static const struct cvg_secret access_key = {CVG_SECRET_ENV, "CVG_TEST_AWS_ID"};
static const struct cvg_secret secret_key = {CVG_SECRET_ENV, "CVG_TEST_AWS_SECRET"};
static const struct cvg_secret session_token = {CVG_SECRET_ENV, "CVG_TEST_AWS_TOKEN"};

static struct cvg_endpoint settings_for(const char *service)
{
    return (struct cvg_endpoint){
        .size = sizeof(struct cvg_endpoint),
        .sigv4_region = "eu-central-1",
        .sigv4_service = service,
        .sigv4_access_key = &access_key,
        .sigv4_secret_key = &secret_key,
    };
}

static void start(struct harness *harness, struct peer **peer, struct seen *seen,
                  const struct cvg_endpoint *settings)
{
    harness_setenv("CVG_TEST_AWS_ID", "AKIDEXAMPLE");
    harness_setenv("CVG_TEST_AWS_SECRET", "hush/hush");
    harness_setenv("CVG_TEST_AWS_TOKEN", "token==");
    *seen = (struct seen){0};
    *peer = peer_start(serve, seen);
    harness_start(harness, NULL);
    harness_point(harness, peer_port(*peer), settings);
}

static void stop(struct harness *harness, struct peer *peer)
{
    harness_stop(harness);
    peer_stop(peer);
}

static void a_request_has_each_line_of_its_signature_once(void **state)
{
    (void)state;

    static const struct {
        const char *service, *sha256, *names;
        bool token;
    } cases[] = {
        {"aps", NULL, "SignedHeaders=content-type;host;x-amz-date, ", false},
        {"aps", NULL, "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ", true},
        {"s3",
         "\r\nX-Amz-Content-Sha256: "
         "89e8c3c4e360101748a376f7549b01b478b4e3748bb0ddb52fb1db4694f4baf6\r\n",
         "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, ", false},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct harness harness;
        struct peer *peer = NULL;
        struct seen seen;
        struct answer answer = {0};
        struct cvg_endpoint settings = settings_for(cases[i].service);
        settings.sigv4_session_token = cases[i].token ? &session_token : NULL;
        start(&harness, &peer, &seen, &settings);
        struct cvg_http_request request = {
            .path = "/p", .body = "query=up", .body_length = 8, .content_type = "text/x"};
        harness_ask(&harness, &request, &answer);
        assert_int_equal(answer.status, 200);
        const char *sent = seen.requests[0];
        assert_int_equal(count(sent, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"),
                         1);
        assert_int_equal(count(sent, "\r\nHost: 127.0.0.1:"), 1);
        assert_int_equal(count(sent, "\r\nX-Amz-Date: "), 1);
        assert_int_equal(count(sent, "\r\nX-Amz-Security-Token: token==\r\n"), cases[i].token);
        assert_int_equal(count(sent, "X-Amz-Content-Sha256: "), cases[i].sha256 != NULL);
        assert_int_equal(count(sent, cases[i].sha256 ? cases[i].sha256 : "\r\n\r\nquery=up"), 1);
        assert_int_equal(count(sent, cases[i].names), 1);
        assert_null(strstr(sent, "hush"));
        answer_clear(&answer);
        stop(&harness, peer);
    }
}

static void each_redirect_is_signed_anew(void **state)
{
    (void)state;
    struct harness harness;
    struct peer *peer = NULL;
    struct seen seen;
    struct answer answer = {0};
    struct cvg_endpoint settings = settings_for("aps");
    start(&harness, &peer, &seen, &settings);
    struct cvg_http_request request = {.path = "/go", .flags = CVG_HTTP_FOLLOW};
    harness_ask(&harness, &request, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(seen.count, 2);
    const char *first = strstr(seen.requests[0], "Signature=");
    const char *second = strstr(seen.requests[1], "Signature=");
    assert_non_null(first);
    assert_non_null(second);
    assert_memory_not_equal(first, second, strlen("Signature=") + 64);
    assert_int_equal(count(seen.requests[1], "Authorization:"), 1);
    assert_int_equal(count(seen.requests[1], "X-Amz-Date:"), 1);
    answer_clear(&answer);
    stop(&harness, peer);
}

/* Another service of the account, at an address of its own: it gets the signature, and nothing else that
 * the operator gave for the endpoint. */
static void a_second_service_is_signed_for_by_its_name(void **state)
{
    (void)state;

    static const struct {
        bool elsewhere;
        const char *service, *scope;
        unsigned headers;
    } cases[] = {
        {false, NULL, "/eu-central-1/s3/aws4_request", 1},
        {false, "dynamodb", "/eu-central-1/dynamodb/aws4_request", 1},
        {true, "dynamodb", "/eu-central-1/dynamodb/aws4_request", 0},
        {true, NULL, NULL, 0},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct harness harness;
        struct peer *peer = NULL, *other = NULL;
        struct seen seen, seen_elsewhere = {0};
        struct answer answer = {0};
        struct cvg_endpoint settings = settings_for("s3");
        const struct cvg_pair extra = {"X-Tenant", "us"};
        settings.sigv4_session_token = &session_token;
        settings.headers = (struct cvg_list){.count = 1, .items = &extra};
        start(&harness, &peer, &seen, &settings);
        other = peer_start(serve, &seen_elsewhere);
        CVG_CLEANUP(cvg_free_pointer)
        char *path = cases[i].elsewhere ? cvg_format("http://127.0.0.1:%u/", peer_port(other))
                                        : cvg_strdup("/p");
        char service[16];
        (void)snprintf(service, sizeof service, "%s", cases[i].service ? cases[i].service : "");
        const struct cvg_pair target = {"X-Amz-Target", "DynamoDB_20120810.GetItem"};
        struct cvg_http_request request = {
            .path = path,
            .body = "{}",
            .body_length = 2,
            .headers = &target,
            .header_count = 1,
            .sigv4_service = cases[i].service ? service : NULL,
        };
        harness_ask(&harness, &request, &answer);
        assert_int_equal(answer.status, 200);
        assert_int_equal(seen.count, !cases[i].elsewhere);
        assert_int_equal(seen_elsewhere.count, cases[i].elsewhere);
        const char *sent = cases[i].elsewhere ? seen_elsewhere.requests[0] : seen.requests[0];
        assert_int_equal(count(sent, "\r\nAuthorization: "), cases[i].scope != NULL);
        assert_int_equal(count(sent, cases[i].scope ? cases[i].scope : "AKIDEXAMPLE"),
                         cases[i].scope != NULL);
        assert_int_equal(count(sent, "\r\nX-Amz-Security-Token: token==\r\n"),
                         cases[i].scope != NULL);
        assert_int_equal(count(sent, "\r\nX-Amz-Content-Sha256: "),
                         cases[i].scope && strstr(cases[i].scope, "/s3/") != NULL);
        assert_int_equal(count(sent, "x-amz-target"), cases[i].scope != NULL);
        assert_int_equal(count(sent, "\r\nX-Tenant: us\r\n"), cases[i].headers);
        answer_clear(&answer);
        stop(&harness, peer);
        peer_stop(other);
    }
}

static void a_service_needs_keys_to_sign_with(void **state)
{
    (void)state;

    static const struct {
        const char *service, *why;
        uint32_t flags;
        bool keys;
    } cases[] = {
        {"dynamodb", "sigv4_service 'dynamodb': the endpoint has no keys to sign with", 0, false},
        {"dynamodb", "sigv4_service 'dynamodb': a request without credentials",
         CVG_HTTP_NO_CREDENTIALS, true},
        {"", "sigv4_service '' is none", 0, true},
        {"a-name-that-no-service-has-because-it-is-far-too-long-for-any-of-them",
         "sigv4_service 'a-name", 0, true},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct harness harness;
        struct peer *peer = NULL;
        struct seen seen;
        struct answer answer = {0};
        struct cvg_endpoint settings = settings_for("s3");
        if (!cases[i].keys) {
            settings = (struct cvg_endpoint){.size = sizeof settings};
        }
        start(&harness, &peer, &seen, &settings);
        struct cvg_http_request request = {
            .path = "/p", .flags = cases[i].flags, .sigv4_service = cases[i].service};
        harness_ask(&harness, &request, &answer);
        assert_int_equal(answer.fault, CVG_FAULT_REQUEST);
        if (!cvg_text_starts(answer.fault_text, cases[i].why)) {
            fail_msg("case %zu: %s", i, answer.fault_text);
        }
        assert_int_equal(seen.count, 0);
        answer_clear(&answer);
        stop(&harness, peer);
    }
}

static void nothing_is_signed_without_credentials(void **state)
{
    (void)state;
    struct harness harness;
    struct peer *peer = NULL;
    struct seen seen;
    struct answer answer = {0};
    struct cvg_endpoint settings = settings_for("aps");
    start(&harness, &peer, &seen, &settings);
    struct cvg_http_request request = {.path = "/p", .flags = CVG_HTTP_NO_CREDENTIALS};
    harness_ask(&harness, &request, &answer);
    assert_int_equal(answer.status, 200);
    assert_null(strstr(seen.requests[0], "Authorization"));
    assert_null(strstr(seen.requests[0], "X-Amz-"));
    answer_clear(&answer);
    stop(&harness, peer);
}

static void what_cannot_be_signed_is_not_sent(void **state)
{
    (void)state;

    static const struct {
        const char *secret, *path, *header, *why;
    } cases[] = {
        {"hush hush", "/p", NULL, "sigv4: secret_key is empty, or has a character"},
        {NULL, "/p", NULL, "sigv4.secret_key: "},
        {"hush", "/p?a=%00", NULL, "sigv4: the query has a bad percent escape"},
        {"hush", "/p", "Authorization", "sigv4: the request has an Authorization header"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct harness harness;
        struct peer *peer = NULL;
        struct seen seen;
        struct answer answer = {0};
        struct cvg_endpoint settings = settings_for("aps");
        start(&harness, &peer, &seen, &settings);
        harness_setenv("CVG_TEST_AWS_SECRET", cases[i].secret);
        const struct cvg_pair header = {cases[i].header, "mine"};
        struct cvg_http_request request = {
            .path = cases[i].path, .headers = &header, .header_count = cases[i].header ? 1 : 0};
        harness_ask(&harness, &request, &answer);
        if (answer.fault != CVG_FAULT_AUTH) {
            fail_msg("case %zu: fault %u: %s", i, answer.fault, answer.fault_text);
        }
        if (!cvg_text_starts(answer.fault_text, cases[i].why) ||
            strstr(answer.fault_text, "hush")) {
            fail_msg("case %zu: %s", i, answer.fault_text);
        }
        assert_int_equal(seen.count, 0);
        answer_clear(&answer);
        stop(&harness, peer);
    }
}

static void half_a_setting_is_refused(void **state)
{
    (void)state;
    static const struct cvg_secret bearer = {CVG_SECRET_ENV, "PATH"};
    struct cvg_endpoint whole = settings_for("aps"), cases[5];
    struct cvg_error error;
    harness_setenv("CVG_TEST_AWS_ID", "AKIDEXAMPLE");
    harness_setenv("CVG_TEST_AWS_SECRET", "hush");
    whole.url = "https://h";
    assert_int_equal(cvg_lane_check(&whole, &error), 0);
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        cases[i] = whole;
    }
    cases[0].sigv4_region = NULL;
    cases[1].sigv4_service = "";
    cases[2].sigv4_access_key = NULL;
    cases[3].sigv4_secret_key = NULL;
    cases[4].bearer = &bearer;
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        assert_int_equal(cvg_lane_check(&cases[i], &error), CVG_E_INVALID);
        assert_true(cvg_text_starts(error.text, "sigv4: "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_has_each_line_of_its_signature_once),
        cmocka_unit_test(each_redirect_is_signed_anew),
        cmocka_unit_test(a_second_service_is_signed_for_by_its_name),
        cmocka_unit_test(a_service_needs_keys_to_sign_with),
        cmocka_unit_test(nothing_is_signed_without_credentials),
        cmocka_unit_test(what_cannot_be_signed_is_not_sent),
        cmocka_unit_test(half_a_setting_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
