/* SPDX-License-Identifier: Apache-2.0 */
/* Names: what is told for each kind of answer, what is kept, and that a dead name server never
 * holds up the loop. */
#include "base/text.h"
#include "base/time.h"
#include "io/name.h"
#include "io/socket.h"
#include "unit/io/harness.h"
#include "unit/io/name_server.h"
#include "unit/io/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct found {
    bool done;
    int calls;
    uint32_t fault;
    char text[512];
    size_t count;
    char first[64], second[64];
};

static void take(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                 const char *const *addresses, size_t count)
{
    struct found *found = arg;
    (void)op;
    found->done = true;
    found->calls++;
    found->fault = fault;
    found->count = count;
    snprintf(found->text, sizeof found->text, "%s", text);
    snprintf(found->first, sizeof found->first, "%s", count > 0 ? addresses[0] : "");
    snprintf(found->second, sizeof found->second, "%s", count > 1 ? addresses[1] : "");
}

struct fixture {
    struct harness harness;
    struct name_server *server;
    const char *servers[3];
    struct cvg_loop_options options;
};

static void set_up(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    fixture->server = name_server_start();
    fixture->servers[0] = name_server_address(fixture->server);
    fixture->options.name_servers = fixture->servers;
    fixture->options.name_timeout_ns = 100 * CVG_MS;
    harness_start(&fixture->harness, &fixture->options);
}

static void tear_down(struct fixture *fixture)
{
    harness_stop(&fixture->harness);
    name_server_stop(fixture->server);
}

static struct found ask(struct fixture *fixture, const char *name, uint32_t family)
{
    struct found found = {0};
    cvg_name_resolve(&fixture->harness.scope, name, family, take, &found);
    assert_false(found.done);
    harness_wait(&fixture->harness, &found.done);
    assert_int_equal(found.calls, 1);
    return found;
}

static void test_each_answer_has_its_words(void **state)
{
    (void)state;

    static const struct {
        const char *name;
        uint32_t family, fault;
        size_t count;
        const char *first, *text;
    } table[] = {
        {"a1.example.test.", 0, CVG_FAULT_NONE, 1, "127.0.0.1", ""},
        {"a2.example.test.", CVG_FAMILY_IPV4, CVG_FAULT_NONE, 2, "127.0.0.", ""},
        {"a1.example.test.", CVG_FAMILY_IPV6, CVG_FAULT_CONNECT, 0, "",
         "resolve a1.example.test.: the name has no address of this kind"},
        {"none.example.test.", 0, CVG_FAULT_CONNECT, 0, "",
         "resolve none.example.test.: no such name"},
        {"fail.example.test.", 0, CVG_FAULT_CONNECT, 0, "", "(SERVFAIL)"},
        {"refuse.example.test.", 0, CVG_FAULT_CONNECT, 0, "", "(REFUSED)"},
        {"silent.example.test.", 0, CVG_FAULT_TIMEOUT, 0, "", "no answer from the name servers"},
        {"127.0.0.1", 0, CVG_FAULT_NONE, 1, "127.0.0.1", ""},
        {"::1", 0, CVG_FAULT_NONE, 1, "::1", ""},
        {"::1", CVG_FAMILY_IPV4, CVG_FAULT_CONNECT, 0, "", "other family"},
        {"localhost", CVG_FAMILY_IPV4, CVG_FAULT_NONE, 1, "127.0.0.1", ""},
        {"", 0, CVG_FAULT_REQUEST, 0, "", "not a host name"},
        {"a b", 0, CVG_FAULT_REQUEST, 0, "", "not a host name"},
    };
    struct fixture fixture;
    set_up(&fixture);
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct found found = ask(&fixture, table[i].name, table[i].family);
        print_message("%s: %u %zu %s %s\n", table[i].name, found.fault, found.count, found.first,
                      found.text);
        assert_int_equal(found.fault, table[i].fault);
        assert_int_equal(found.count, table[i].count);
        assert_true(cvg_text_starts(found.first, table[i].first));
        assert_non_null(strstr(found.text, table[i].text));
    }
    tear_down(&fixture);
}

static void test_a_dead_name_server_does_not_hold_the_loop(void **state)
{
    (void)state;
    struct fixture fixture;
    struct found found = {0};
    set_up(&fixture);
    cvg_name_resolve(&fixture.harness.scope, "silent.example.test.", 0, take, &found);
    cvg_loop_longest_turn(fixture.harness.loop, true);
    harness_wait(&fixture.harness, &found.done);
    assert_int_equal(found.fault, CVG_FAULT_TIMEOUT);
    assert_true(cvg_loop_longest_turn(fixture.harness.loop, false) < 100 * CVG_MS);

    struct answer answer = {0};
    struct cvg_http_request request = {.path = "http://silent2.example.test/",
                                       .timeout_ns = 50 * CVG_MS};
    harness_ask(&fixture.harness, &request, &answer);
    assert_int_equal(answer.fault, CVG_FAULT_TIMEOUT);
    assert_true(
        cvg_text_starts(answer.fault_text, "resolve silent2.example.test: no answer within 5"));
    assert_true(answer.total_ns < CVG_SECOND);
    answer_clear(&answer);
    tear_down(&fixture);
}

static void test_one_question_for_many_and_for_later(void **state)
{
    (void)state;
    struct fixture fixture;
    struct found found[8] = {0};
    set_up(&fixture);
    struct cvg_op *ops[8];
    for (size_t i = 0; i < CVG_COUNT(found); i++) {
        ops[i] = cvg_name_resolve(&fixture.harness.scope,
                                  i % 2 ? "A1.Example.test." : "a1.example.test.", CVG_FAMILY_IPV4,
                                  take, &found[i]);
    }
    cvg_op_cancel(ops[7]);
    cvg_op_cancel(ops[0]);
    harness_wait(&fixture.harness, &found[6].done);
    for (size_t i = 0; i < CVG_COUNT(found); i++) {
        assert_int_equal(found[i].calls, i == 0 || i == 7 ? 0 : 1);
    }
    assert_int_equal(name_server_questions(fixture.server), 1);
    ask(&fixture, "a1.example.test.", CVG_FAMILY_IPV4);
    assert_int_equal(name_server_questions(fixture.server), 1);
    tear_down(&fixture);
}

static void test_the_second_server_answers_for_a_failed_first(void **state)
{
    (void)state;
    struct fixture fixture = {0};
    fixture.server = name_server_start();
    struct name_server *gone = name_server_start();
    char closed[32];
    snprintf(closed, sizeof closed, "%s", name_server_address(gone));
    name_server_stop(gone);
    fixture.servers[0] = closed;
    fixture.servers[1] = name_server_address(fixture.server);
    fixture.options.name_servers = fixture.servers;
    fixture.options.name_timeout_ns = 200 * CVG_MS;
    harness_start(&fixture.harness, &fixture.options);
    struct found found = ask(&fixture, "a1.example.test.", CVG_FAMILY_IPV4);
    assert_int_equal(found.fault, CVG_FAULT_NONE);
    assert_string_equal(found.first, "127.0.0.1");
    tear_down(&fixture);
}

static void serve_ok(int fd, unsigned number, void *arg)
{
    char request[4096];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        memcpy(arg, request, strlen(request) + 1);
        if (!peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) {
            return;
        }
    }
}

static void test_http_goes_to_the_resolved_address(void **state)
{
    (void)state;
    struct fixture fixture;
    struct answer answer = {0};
    char seen[4096] = "", url[64], host[64];
    struct peer *peer = peer_start(serve_ok, seen);
    set_up(&fixture);
    snprintf(url, sizeof url, "http://a1.example.test:%u/x", peer_port(peer));
    snprintf(host, sizeof host, "\r\nHost: a1.example.test:%u\r\n", peer_port(peer));
    harness_get(&fixture.harness, url, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(seen, host));
    assert_string_equal(answer.address, "127.0.0.1");
    unsigned questions = name_server_questions(fixture.server);
    harness_get(&fixture.harness, url, &answer);
    assert_int_equal(answer.connection, 1);
    assert_int_equal(name_server_questions(fixture.server), questions);

    harness_get(&fixture.harness, "http://none.example.test/", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_CONNECT);
    assert_string_equal(answer.fault_text, "resolve none.example.test: no such name");

    /* Through a proxy it is the proxy's name that is looked up; the environment's is not used. */
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://a1.example.test:%u", peer_port(peer));
    struct cvg_endpoint settings = {.url = "http://none.example.test/p", .proxy = proxy};
    harness_point(&fixture.harness, 0, &settings);
    harness_get(&fixture.harness, "/q", &answer);
    assert_int_equal(answer.status, 200);
    assert_true(cvg_text_starts(seen, "GET http://none.example.test/p/q HTTP/1.1\r\n"));
    answer_clear(&answer);
    tear_down(&fixture);
    peer_stop(peer);
}

struct connected {
    bool done;
    int fd;
    uint32_t fault;
    char text[512];
};

static void take_socket(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text)
{
    struct connected *connected = arg;
    (void)op;
    connected->done = true;
    connected->fd = fd;
    connected->fault = fault;
    snprintf(connected->text, sizeof connected->text, "%s", text);
}

static void take_ready(void *arg, struct cvg_op *op, uint32_t events)
{
    uint32_t *seen = arg;
    *seen |= events | 0x100;
    cvg_op_cancel(op);
}

static void test_sockets(void **state)
{
    (void)state;
    struct fixture fixture;
    char seen[4096] = "";
    struct peer *peer = peer_start(serve_ok, seen);
    struct peer *gone = peer_start(serve_ok, seen);
    uint16_t closed = peer_port(gone);
    peer_stop(gone);
    set_up(&fixture);

    const struct {
        const char *host;
        uint32_t port, datagram, fault;
        const char *text;
    } table[] = {
        {"a1.example.test.", peer_port(peer), 0, CVG_FAULT_NONE, ""},
        {"127.0.0.1", peer_port(peer), 1, CVG_FAULT_NONE, ""},
        {"127.0.0.1", closed, 0, CVG_FAULT_CONNECT, ": Connection refused"},
        {"169.254.169.254", 80, 0, CVG_FAULT_CONNECT, "link-local"},
        {"none.example.test.", 80, 0, CVG_FAULT_CONNECT, "no such name"},
        {"silent.example.test.", 80, 0, CVG_FAULT_TIMEOUT, "no answer"},
        {"127.0.0.1", 0, 0, CVG_FAULT_REQUEST, "port"},
    };

    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        struct connected connected = {0};
        struct cvg_connect connect = {
            .size = sizeof connect,
            .host = table[i].host,
            .port = table[i].port,
            .datagram = table[i].datagram,
            .timeout_ns = 5 * CVG_SECOND,
            .on_done = take_socket,
            .arg = &connected,
        };
        cvg_socket_connect(&fixture.harness.scope, &connect);
        assert_false(connected.done);
        harness_wait(&fixture.harness, &connected.done);
        assert_int_equal(connected.fault, table[i].fault);
        assert_non_null(strstr(connected.text, table[i].text));
        if (table[i].fault) {
            assert_int_equal(connected.fd, -1);
            continue;
        }
        assert_true(connected.fd >= 0);
        uint32_t ready = 0;
        const bool never = false;
        cvg_socket_watch(&fixture.harness.scope, connected.fd, CVG_EVENT_WRITE, take_ready, &ready);
        while (!ready) {
            cvg_loop_run_until(fixture.harness.loop, &never, cvg_time_now() + 5 * CVG_MS);
        }
        assert_int_equal(ready, 0x100 | CVG_EVENT_WRITE);
        close(connected.fd);
    }
    tear_down(&fixture);
    peer_stop(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_answer_has_its_words),
        cmocka_unit_test(test_a_dead_name_server_does_not_hold_the_loop),
        cmocka_unit_test(test_one_question_for_many_and_for_later),
        cmocka_unit_test(test_the_second_server_answers_for_a_failed_first),
        cmocka_unit_test(test_http_goes_to_the_resolved_address),
        cmocka_unit_test(test_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
