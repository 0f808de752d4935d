/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP over a Unix socket: the same requests and answers, to another place. */
#include "base/alloc.h"
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

static void serve(int fd, unsigned number, void *arg)
{
    char request[8192];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        memcpy(arg, request, strlen(request) + 1);
        if (!peer_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")) {
            return;
        }
    }
}

struct place {
    char folder[32], path[64];
    char seen[8192];
    struct harness harness;
};

/* A lane of a host whose name nobody could look up: it must not be. */
static void arrive(struct place *place)
{
    const struct cvg_endpoint endpoint = {.url = "http://nowhere.invalid"};
    struct cvg_error error;

    *place = (struct place){.folder = "/tmp/cvg-unix-XXXXXX"};
    harness_make_folder(place->folder);
    (void)snprintf(place->path, sizeof place->path, "%s/s", place->folder);
    harness_start(&place->harness, NULL);
    harness_point(&place->harness, 0, &endpoint);
    assert_int_equal(cvg_lane_set_socket(place->harness.lane, place->path, &error), 0);
}

static void leave(struct place *place)
{
    harness_stop(&place->harness);
    harness_remove_folder(place->folder);
}

static void test_asks_over_the_socket_and_looks_no_name_up(void **state)
{
    struct place place;
    struct answer answer = {0};
    struct cvg_http_request post = {.path = "/b", .body = "{}", .body_length = 2};

    (void)state;
    arrive(&place);
    struct peer *peer = peer_start_at(place.path, serve, place.seen);
    harness_get(&place.harness, "/a", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_NONE);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "hello");
    assert_true(cvg_text_starts(place.seen, "GET /a HTTP/1.1\r\n"));
    assert_non_null(strstr(place.seen, "\r\nHost: nowhere.invalid\r\n"));

    harness_ask(&place.harness, &post, &answer);
    assert_int_equal(answer.status, 200);
    assert_true(cvg_text_starts(place.seen, "POST /b HTTP/1.1\r\n"));
    assert_int_equal(peer_connections(peer), 1); /* used again */
    answer_clear(&answer);
    leave(&place);
    peer_stop(peer);
}

static void test_a_socket_that_nobody_listens_on_is_named(void **state)
{
    struct place place;
    struct answer answer = {0};

    (void)state;
    arrive(&place);
    harness_get(&place.harness, "/a", &answer);
    assert_int_equal(answer.fault, CVG_FAULT_CONNECT);
    assert_non_null(strstr(answer.fault_text, place.path));
    answer_clear(&answer);
    leave(&place);
}

static void test_refuses_what_is_no_path_of_a_socket(void **state)
{
    struct place place;
    struct cvg_error error;
    char longest[109] = "/";

    (void)state;
    arrive(&place);
    memset(longest + 1, 'x', sizeof longest - 2);
    assert_int_equal(cvg_lane_set_socket(place.harness.lane, "", &error), CVG_E_INVALID);
    assert_int_equal(cvg_lane_set_socket(place.harness.lane, "s", &error), CVG_E_INVALID);
    assert_int_equal(cvg_lane_set_socket(place.harness.lane, longest, &error), CVG_E_INVALID);
    longest[107] = '\0';
    assert_int_equal(cvg_lane_set_socket(place.harness.lane, longest, &error), 0);
    leave(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_over_the_socket_and_looks_no_name_up),
        cmocka_unit_test(test_a_socket_that_nobody_listens_on_is_named),
        cmocka_unit_test(test_refuses_what_is_no_path_of_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
