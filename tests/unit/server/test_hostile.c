/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that no honest client sends, byte by byte over sockets. */
#include "base/alloc.h"
#include "base/buf.h"
#include "fixture.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* Replaces each "PORT" by the server's port. */
static char *with_port(const struct fixture *fixture, const char *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(1 << 20);

    for (const char *at = text; *at;) {
        const char *port = strstr(at, "PORT");
        if (!port) {
            cvg_buf_puts(&buf, at);
            break;
        }
        cvg_buf_add(&buf, at, (size_t)(port - at));
        cvg_buf_printf(&buf, "%u", fixture->port);
        at = port + 4;
    }
    return cvg_buf_take(&buf, NULL);
}

static unsigned count_answers(const struct reply *reply)
{
    unsigned count = 0;

    for (const char *at = reply->text; (at = strstr(at, "HTTP/1.1 ")); at++) {
        count += at[9] >= '1' && at[9] <= '5';
    }
    return count;
}

static void check(const struct fixture *fixture, const char *request, unsigned status,
                  unsigned answers)
{
    char *bytes = with_port(fixture, request);
    struct reply reply;

    client_exchange(fixture, bytes, &reply);
    if (reply.status != status || count_answers(&reply) != answers) {
        fail_msg("%s\n=> %u and %u answers, not %u and %u: %s", bytes, reply.status,
                 count_answers(&reply), status, answers, reply.text);
    }
    assert_null(strstr(reply.text, "\"verdict\":\"go\"") && status >= 400 ? reply.text : NULL);
    reply_done(&reply);
    free(bytes);
}

#define GO       "GET /v1/verdict/prod HTTP/1.1\r\n"
#define POST     "POST /v1/verdict/prod HTTP/1.1\r\nHost: localhost:PORT\r\n"
#define END      "Connection: close\r\n\r\n"
/* What an attacker would like to be taken for a request of its own. */
#define SMUGGLED GO "Host: localhost:PORT\r\n" END

static void a_request_with_a_doubtful_end_is_refused_and_the_connection_closed(void **state)
{
    static const char *const table[] = {
        POST "Transfer-Encoding: gzip, chunked\r\n\r\n" SMUGGLED,
        POST "Transfer-Encoding: identity\r\n\r\n" SMUGGLED,
        POST "Transfer-Encoding:\x0b"
             "chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        POST "Content-Length : 40\r\n\r\n" SMUGGLED,
        POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
        POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" SMUGGLED,
        POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" SMUGGLED,
        POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" SMUGGLED,
        GO
        "Host: localhost:PORT\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n" SMUGGLED,
        "POST /v1/verdict/prod HTTP/1.0\r\nHost: localhost:PORT\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        check(*state, table[i], 400, 1);
    }
}

/* The library itself closes on these, with an answer of its own or none; where it waits for more,
 * the client does not wait for long. */
static void what_the_library_refuses_gets_no_verdict(void **state)
{
    static const char *const table[] = {
        POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" SMUGGLED,
        POST "Content-Length: -1\r\n\r\n" SMUGGLED,
        POST "Content-Length: 0x10\r\n\r\n" SMUGGLED,
        POST "Content-Length: 99999999999999999999999\r\n\r\n" SMUGGLED,
        POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n" SMUGGLED,
        POST "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" SMUGGLED,
        "\x16\x03\x01\x02\x01\x01\r\n\r\n",
        "GET\r\n\r\n",
        "\r\n\r\n\r\n:::\r\n\r\n",
    };

    const struct timeval patience = {.tv_usec = 300000};

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char *bytes = with_port(*state, table[i]);
        struct reply reply;
        int fd = client_connect(*state);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        client_send(fd, bytes, strlen(bytes));
        shutdown(fd, SHUT_WR);
        client_read(fd, &reply);
        close(fd);
        if (strstr(reply.text, "\"verdict\"")) {
            fail_msg("%s\n=> %s", bytes, reply.text);
        }
        reply_done(&reply);
        free(bytes);
    }
}

static void the_host_must_be_ours(void **state)
{
    static const struct {
        const char *headers;
        unsigned status;
    } table[] = {
        {"Host: 127.0.0.1:PORT\r\n", 200},
        {"Host: LocalHost:PORT\r\n", 200},
        {"Host: [::1]:PORT\r\n", 200},
        {"host: gate.example.com\r\n", 200},
        {"HOST: gate.example.com:8443\r\n", 200},
        {"", 400},
        {"Host: localhost:PORT\r\nHost: evil.example\r\n", 400},
        {"Host: localhost:PORT\r\nHost: localhost:PORT\r\n", 400},
        {"Host:\r\n", 421},
        {"Host: evil.example:PORT\r\n", 421},
        {"Host: 127.0.0.1\r\n", 421},
        {"Host: 127.0.0.1:1\r\n", 421},
        {"Host: localhost:PORT@evil.example\r\n", 421},
        {"Host: localhost.evil.example:PORT\r\n", 421},
        {"Host: 10.0.0.1:PORT\r\n", 421},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char request[512];
        (void)snprintf(request, sizeof(request), GO "%s" END, table[i].headers);
        check(*state, request, table[i].status, 1);
    }
    /* HTTP/1.0 knows no Host. */
    check(*state, "GET /v1/verdict/prod HTTP/1.0\r\n\r\n", 200, 1);
}

static void targets_are_plain_text(void **state)
{
    static const struct {
        const char *target;
        unsigned status;
    } table[] = {
        {"/v1/verdict/prod /x", 400},
        {"/v1/verdict/prod\x01", 400},
        {"/v1/verdict/prod\x7f", 400},
        {"/v1/verdict/prod%00", 400},
        {"/v1/verdict/prod?gate=deploy%00x", 400},
        {"/v1/verdict/..%2fprod", 404},
        {"/v1/verdict/../verdict/prod", 404},
        {"/v1/verdict/prod;x", 404},
        {"/v1/verdict/prod#x", 404},
        {"http://localhost:PORT/v1/verdict/prod", 404},
        {"*", 404},
        {"v1/verdict/prod", 404},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char request[512];
        (void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost:PORT\r\n" END,
                       table[i].target);
        check(*state, request, table[i].status, 1);
    }
}

/* The library would answer for what stands before it. */
static void a_raw_zero_byte_in_the_target_is_refused(void **state)
{
    static const char *const targets[] = {"/v1/verdict/prod|x", "/v1/verdict/prod|",
                                          "/v1/verdict/prod?gate=deploy|x", "|/v1/verdict/prod"};

    for (size_t i = 0; i < CVG_COUNT(targets); i++) {
        const struct fixture *fixture = *state;
        char request[512];
        struct reply reply;
        const struct timeval patience = {.tv_usec = 300000};
        int fd = client_connect(fixture);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        int length =
            snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost:%u\r\n" END,
                     targets[i], fixture->port);
        *strchr(request, '|') = '\0';
        client_send(fd, request, (size_t)length);
        client_read(fd, &reply);
        close(fd);
        assert_true(reply.status == 400 || reply.status == 0);
        reply_done(&reply);
    }
}

static void only_known_versions_are_spoken(void **state)
{
    static const char *const versions[] = {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTQ/1.1", "", "x"};

    for (size_t i = 0; i < CVG_COUNT(versions); i++) {
        char request[512];
        char *bytes = NULL;
        struct reply reply;
        (void)snprintf(request, sizeof(request),
                       "GET /v1/verdict/prod %s\r\nHost: localhost:PORT\r\n" END, versions[i]);
        bytes = with_port(*state, request);
        client_exchange(*state, bytes, &reply);
        assert_null(strstr(reply.text, "\"verdict\""));
        reply_done(&reply);
        free(bytes);
    }
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    check(*state,
          GO "Host: localhost:PORT\r\n\r\n"
             "GET /livez HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n" SMUGGLED,
          200, 3);
    /* A body longer than it said spoils what follows; one that is right does not, also where the
     * connection was suspended in between. */
    check(*state,
          POST "Content-Length: 13\r\n\r\n{\"app\":\"shop\"}"
               "\r\n\r\n" SMUGGLED,
          400, 1);
    check(*state, POST "Content-Length: 14\r\n\r\n{\"app\":\"shop\"}" SMUGGLED, 200, 2);
}

static void a_client_that_closes_its_half_is_still_answered(void **state)
{
    char *bytes = with_port(*state, GO "Host: localhost:PORT\r\n" END);
    int fd = client_connect(*state);
    struct reply reply;

    client_send(fd, bytes, strlen(bytes));
    shutdown(fd, SHUT_WR);
    client_read(fd, &reply);
    close(fd);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    free(bytes);
}

static void a_request_may_come_in_pieces(void **state)
{
    static const char *const table[] = {
        GO "Host: localhost:PORT\r\n" END,
        "GET /v1/verdict/prod?app=shop&gate=deploy HTTP/1.1\r\nHost: localhost:PORT\r\n" END,
        POST "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n" END
             "7\r\n{\"app\":\r\n7\r\n\"shop\"}\r\n0\r\n\r\n",
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        char *bytes = with_port(*state, table[i]);
        int fd = client_connect(*state);
        int on = 1;
        struct reply reply;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        for (const char *at = bytes; *at; at++) {
            client_send(fd, at, 1);
        }
        client_read(fd, &reply);
        close(fd);
        assert_int_equal(reply.status, 200);
        assert_int_equal(count_answers(&reply), 1);
        reply_done(&reply);
        free(bytes);
    }
}

static void headers_and_urls_have_a_limit(void **state)
{
    static const struct {
        const char *start;
        size_t length;
        const char *end;
        unsigned status;
    } table[] = {
        {"GET /v1/verdict/prod?x=", 4000, " HTTP/1.1\r\nHost: localhost:PORT\r\n" END, 200},
        {"GET /v1/verdict/prod?x=", 20000, " HTTP/1.1\r\nHost: localhost:PORT\r\n" END, 414},
        {GO "Host: localhost:PORT\r\nX: ", 4000, "\r\n" END, 200},
        {GO "Host: localhost:PORT\r\nX: ", 20000, "\r\n" END, 431},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1 << 20);
        struct reply reply;
        char *bytes = NULL;
        cvg_buf_puts(&text, table[i].start);
        for (size_t k = 0; k < table[i].length; k++) {
            cvg_buf_putc(&text, 'a');
        }
        cvg_buf_puts(&text, table[i].end);
        bytes = with_port(*state, cvg_buf_text(&text));
        client_exchange(*state, bytes, &reply);
        /* The answer to one that is too long may be lost with the connection's reset. */
        if (reply.status != table[i].status && (table[i].status == 200 || reply.status)) {
            fail_msg("%zu: %s", i, reply.text);
        }
        reply_done(&reply);
        free(bytes);
    }
}

static void an_endless_body_is_cut_off(void **state)
{
    const struct fixture *fixture = *state;
    char *head = with_port(fixture, POST "Transfer-Encoding: chunked\r\n\r\n");
    char chunk[4096 + 16];
    int fd = client_connect(fixture);
    size_t chunks = 0;

    client_send(fd, head, strlen(head));
    (void)snprintf(chunk, sizeof(chunk), "1000\r\n%4096s\r\n", "");
    while (chunks < 20000 && send(fd, chunk, 4096 + 8, MSG_NOSIGNAL) > 0) {
        chunks++;
    }
    assert_true(chunks < 20000); /* 80 MB */
    close(fd);
    free(head);
}

static void names_that_are_too_long_are_nobodys(void **state)
{
    char target[512];
    struct reply reply;

    memset(target, 'a', sizeof(target));
    memcpy(target, "/v1/verdict/", strlen("/v1/verdict/"));
    target[300] = '\0';
    client_request(*state, "GET", target, "", NULL, &reply);
    assert_int_equal(reply.status, 404);
    reply_done(&reply);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(a_request_with_a_doubtful_end_is_refused_and_the_connection_closed),
        WITH_FIXTURE(what_the_library_refuses_gets_no_verdict),
        WITH_FIXTURE(the_host_must_be_ours),
        WITH_FIXTURE(targets_are_plain_text),
        WITH_FIXTURE(a_raw_zero_byte_in_the_target_is_refused),
        WITH_FIXTURE(only_known_versions_are_spoken),
        WITH_FIXTURE(pipelined_requests_are_answered_in_order),
        WITH_FIXTURE(a_client_that_closes_its_half_is_still_answered),
        WITH_FIXTURE(a_request_may_come_in_pieces),
        WITH_FIXTURE(headers_and_urls_have_a_limit),
        WITH_FIXTURE(an_endless_body_is_cut_off),
        WITH_FIXTURE(names_that_are_too_long_are_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
