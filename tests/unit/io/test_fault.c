/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that misbehave: each way has its fault, and none takes longer than its deadline. */
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "unit/io/harness.h"
#include "unit/io/peer.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

/* How a peer treats each of its connections, after it has read a request. */
struct script {
    const char *name;
    const char *say; /* sent first */

    enum {
        CLOSE,
        RESET,
        HOLD,
        ENDLESS,
        DRIP,
        HALF
    } then;

    const char *repeat; /* for ENDLESS and DRIP */
    /* What is asked and expected. */
    int64_t timeout_ns, body_limit;
    uint32_t flags;
    uint32_t fault, status;
    const char *text; /* part of the fault's text */
    const char *body; /* NULL: not looked at */
};

static void serve_script(int fd, unsigned number, void *arg)
{
    const struct script *script = arg;
    char request[8192];
    (void)number;
    if (!peer_read_request(fd, request, sizeof request)) {
        return;
    }
    if (script->say && !peer_say(fd, script->say)) {
        return;
    }
    switch (script->then) {
    case CLOSE:
        break;
    case RESET:
        peer_reset(fd);
        break;
    case HOLD:
        peer_wait_closed(fd);
        break;
    case HALF:
        shutdown(fd, SHUT_WR);
        peer_wait_closed(fd);
        break;
    case ENDLESS:
        while (peer_say(fd, script->repeat)) {
        }
        break;
    case DRIP: {
        struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
        while (poll(&gone, 1, 10) == 0 && peer_say(fd, script->repeat)) {
        }
        break;
    }
    }
}

#define HEAD "HTTP/1.1 200 OK\r\n"
#define FILLER                                                                                     \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct script scripts[] = {
    {"closes without a word", NULL, CLOSE, NULL, 0, 0, 0, CVG_FAULT_CONNECT, 0,
     "closed the connection without an answer", ""},
    {"resets", NULL, RESET, NULL, 0, 0, 0, CVG_FAULT_CONNECT, 0, "reset by peer", ""},
    {"resets in the body", HEAD "Content-Length: 10\r\n\r\nabc", RESET, NULL, 0, 0, 0,
     CVG_FAULT_CONNECT, 200, "receive from 127.0.0.1:", NULL},
    {"says nothing", NULL, HOLD, NULL, 150 * CVG_MS, 0, 0, CVG_FAULT_TIMEOUT, 0,
     "no answer from 127.0.0.1:", ""},
    {"stops in the head", HEAD "Content-Le", HOLD, NULL, 150 * CVG_MS, 0, 0, CVG_FAULT_TIMEOUT, 200,
     "no answer from", ""},
    {"stops in the body", HEAD "Content-Length: 10\r\n\r\nabc", HOLD, NULL, 150 * CVG_MS, 0, 0,
     CVG_FAULT_TIMEOUT, 200, "not complete within 1", "abc"},
    {"drips", HEAD "Content-Length: 100000\r\n\r\n", DRIP, "x", 300 * CVG_MS, 0, 0,
     CVG_FAULT_TIMEOUT, 200, "not complete within", NULL},
    {"promises too much", HEAD "Content-Length: 10\r\n\r\nabc", CLOSE, NULL, 0, 0, 0,
     CVG_FAULT_PROTOCOL, 200, "ended early, after 3 bytes", "abc"},
    {"half-closes too early", HEAD "Content-Length: 10\r\n\r\nabc", HALF, NULL, 0, 0, 0,
     CVG_FAULT_PROTOCOL, 200, "ended early", "abc"},
    {"sends more than it promised", HEAD "Content-Length: 3\r\n\r\nabcdef", HOLD, NULL, 0, 0, 0,
     CVG_FAULT_NONE, 200, "", "abc"},
    {"ends by closing", HEAD "\r\nabc", CLOSE, NULL, 0, 0, 0, CVG_FAULT_NONE, 200, "", "abc"},
    {"cuts a chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nab", CLOSE, NULL, 0, 0, 0,
     CVG_FAULT_PROTOCOL, 200, "ended early", NULL},
    {"leaves out the last chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", CLOSE, NULL,
     0, 0, 0, CVG_FAULT_PROTOCOL, 200, "ended early", "ab"},
    {"sends no chunk size", HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n", HOLD, NULL, 0, 0,
     0, CVG_FAULT_PROTOCOL, 200, "framing is broken", NULL},
    {"sends a Content-Length that is none", HEAD "Content-Length: abc\r\n\r\n", HOLD, NULL, 0, 0, 0,
     CVG_FAULT_PROTOCOL, 0, "not proper HTTP", NULL},
    {"speaks HTTP/0.9", "hello there, this is not HTTP at all\n", CLOSE, NULL, 0, 0, 0,
     CVG_FAULT_PROTOCOL, 0, "HTTP/0.9", ""},
    {"never ends", HEAD "\r\n", ENDLESS, FILLER FILLER FILLER FILLER, 0, 0, 0, CVG_FAULT_TOO_LARGE,
     200, "the body of the answer is over 65536 bytes", NULL},
    {"never ends, below the request's own ceiling", HEAD "\r\n", ENDLESS, FILLER, 0, 100, 0,
     CVG_FAULT_TOO_LARGE, 200, "over 100 bytes", NULL},
    {"never ends its head", HEAD, ENDLESS, "X-Long: " FILLER FILLER "\r\n", 0, 0, 0,
     CVG_FAULT_TOO_LARGE, 200, "the headers of the answer are over", NULL},
    {"never ends a line of its head", HEAD "X-Long: ", ENDLESS, FILLER FILLER, 0, 0, 0,
     CVG_FAULT_TOO_LARGE, 0, "", NULL},
    {"sends gzip that is none", HEAD "Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nabcdef",
     HOLD, NULL, 0, 0, 0, CVG_FAULT_PROTOCOL, 200, "not proper HTTP", NULL},
    {"sends an interim answer first",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" HEAD "Content-Length: 2\r\n\r\nhi", HOLD, NULL,
     0, 0, 0, CVG_FAULT_NONE, 200, "", "hi"},
    {"is an error page", "HTTP/1.1 503 Not Now\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
     HOLD, NULL, 0, 0, 0, CVG_FAULT_NONE, 503, "", ""},
};

static void test_each_misbehaviour_has_its_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < CVG_COUNT(scripts); i++) {
        struct script script = scripts[i];
        struct harness harness;
        struct answer answer = {0};
        struct cvg_endpoint settings = {.max_body = 65536};
        struct peer *peer = peer_start(serve_script, &script);
        harness_start(&harness, NULL);
        harness_point(&harness, peer_port(peer), &settings);
        struct cvg_http_request request = {
            .path = "/",
            .timeout_ns = script.timeout_ns,
            .body_limit = script.body_limit,
            .flags = script.flags,
        };
        harness_ask(&harness, &request, &answer);
        print_message("%s: %u %u %s\n", script.name, answer.fault, answer.status,
                      answer.fault_text);
        assert_int_equal(answer.fault, script.fault);
        if (script.status) {
            assert_int_equal(answer.status, script.status);
        }
        assert_non_null(strstr(answer.fault_text, script.text));
        if (script.body) {
            assert_string_equal(answer.body, script.body);
        }
        if (script.timeout_ns) {
            assert_true(answer.total_ns >= script.timeout_ns);
            assert_true(answer.total_ns < script.timeout_ns + 2 * CVG_SECOND);
        }
        if (answer.status == 503) {
            assert_int_equal(answer.retry_after_ns, 7 * CVG_SECOND);
        }
        assert_int_equal(answer.calls, 1);
        assert_int_equal(cvg_lane_stats(harness.lane).failures, script.fault ? 1 : 0);
        answer_clear(&answer);
        harness_stop(&harness);
        peer_stop(peer);
    }
}

/* 1 MiB of zeros: 1,052 bytes of gzip. Made here, so that no binary lies in the tree: stored
 * would not be a bomb, so a fixed Huffman block is written bit by bit. */
static size_t make_bomb(unsigned char *ret)
{
    size_t at = 0;
    unsigned bits = 0, count = 0;
    static const unsigned char head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    memcpy(ret, head, sizeof head);
    at = sizeof head;
#define PUT(value, length)                                                                         \
    do {                                                                                           \
        bits |= (unsigned)(value) << count;                                                        \
        count += (length);                                                                         \
        while (count >= 8) {                                                                       \
            ret[at++] = (unsigned char)bits;                                                       \
            bits >>= 8;                                                                            \
            count -= 8;                                                                            \
        }                                                                                          \
    } while (0)
    PUT(1, 1);    /* last block */
    PUT(1, 2);    /* fixed codes */
    PUT(0x0c, 8); /* literal 0: code 00110000, most significant bit first */
    for (int i = 0; i < 4064; i++) {
        PUT(0xa3, 8); /* length 258: code 11000101, most significant bit first */
        PUT(0, 5);    /* distance 1 */
    }
    PUT(0, 7); /* end */
    PUT(0, 7);
#undef PUT
    memset(ret + at, 0, 8); /* wrong CRC: it is not read that far */
    return at + 8;
}

struct bomb {
    unsigned char bytes[16384];
    size_t length;
};

static void serve_bomb(int fd, unsigned number, void *arg)
{
    const struct bomb *bomb = arg;
    char request[8192];
    char head[128];
    (void)number;
    if (peer_read_request(fd, request, sizeof request)) {
        snprintf(head, sizeof head, HEAD "Content-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
                 bomb->length);
        if (peer_say(fd, head) && peer_send(fd, bomb->bytes, bomb->length)) {
            peer_wait_closed(fd);
        }
    }
}

static void test_a_gzip_bomb_is_stopped_by_decoded_bytes(void **state)
{
    (void)state;
    struct harness harness;
    struct answer answer = {0};
    struct bomb bomb;
    bomb.length = make_bomb(bomb.bytes);
    struct cvg_endpoint settings = {.max_body = 65536};
    struct peer *peer = peer_start(serve_bomb, &bomb);
    harness_start(&harness, NULL);
    harness_point(&harness, peer_port(peer), &settings);
    harness_get(&harness, "/", &answer);
    assert_true(bomb.length < 65536);
    assert_int_equal(answer.fault, CVG_FAULT_TOO_LARGE);
    assert_true(answer.body_length <= 65536);
    answer_clear(&answer);
    harness_stop(&harness);
    peer_stop(peer);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct harness harness;
    struct answer answer = {0};
    struct peer *peer = peer_start(serve_script, NULL);
    uint16_t port = peer_port(peer);
    peer_stop(peer);
    harness_start(&harness, NULL);
    harness_point(&harness, port, NULL);
    harness_get(&harness, "/", &answer);
    char expected[64];
    snprintf(expected, sizeof expected, "connect 127.0.0.1:%u: Connection refused", port);
    assert_int_equal(answer.fault, CVG_FAULT_CONNECT);
    assert_string_equal(answer.fault_text, expected);
    answer_clear(&answer);
    harness_stop(&harness);
}

static void test_link_local_is_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://169.254.169.254/", "http://[fe80::1]/",
                                       "http://[::ffff:169.254.169.254]/",
                                       "http://[fd00:ec2::254]/"};
    struct harness harness;
    struct answer answer = {0};
    harness_start(&harness, NULL);
    for (size_t i = 0; i < CVG_COUNT(urls); i++) {
        int64_t began = cvg_time_now();
        harness_get(&harness, urls[i], &answer);
        assert_int_equal(answer.fault, CVG_FAULT_CONNECT);
        assert_non_null(strstr(answer.fault_text, "link-local"));
        /* It comes from a timer, before the loop waits: the wait for it must end all the same. */
        assert_true(cvg_time_now() - began < 5 * CVG_SECOND);
    }
    struct cvg_endpoint settings = {.proxy = "http://169.254.0.1:3128",
                                    .url = "http://127.0.0.1:1"};
    harness_point(&harness, 0, &settings);
    harness_get(&harness, "/", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_CONNECT);
    assert_non_null(strstr(answer.fault_text, "link-local"));
    answer_clear(&answer);
    harness_stop(&harness);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_misbehaviour_has_its_fault),
        cmocka_unit_test(test_a_gzip_bomb_is_stopped_by_decoded_bytes),
        cmocka_unit_test(test_nobody_listens),
        cmocka_unit_test(test_link_local_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
