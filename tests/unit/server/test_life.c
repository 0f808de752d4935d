/* SPDX-License-Identifier: Apache-2.0 */
/* Starting, refusing to start, and connections that send too slowly. */
#include "base/time.h"
#include "fixture.h"
#include "server/connection.h"
#include "server/listener.h"

#include <microhttpd.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const no_names[] = {NULL};

static int start(const char *host, uint16_t port, unsigned threads, struct cvg_error *ret_error)
{
    struct cvg_board *board = cvg_board_new(no_names, 0);
    struct cvg_server_options options = {.host = host, .port = port, .threads = threads};
    struct cvg_server *server = NULL;
    int rc = cvg_server_new(&options, board, &server, ret_error);

    if (rc == 0) {
        rc = cvg_server_start(server, ret_error);
    }
    if (rc == 0) {
        assert_true(cvg_server_port(server) != 0);
    }
    cvg_server_free(server);
    cvg_board_free(board);
    return rc;
}

static void it_listens_on_each_kind_of_address(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "0.0.0.0", "::1", "::"};

    (void)state;
    for (size_t i = 0; i < CVG_COUNT(hosts); i++) {
        struct cvg_error error = {0};
        /* A machine without IPv6 cannot have that socket. */
        if (strchr(hosts[i], ':')) {
            int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (fd < 0) {
                continue;
            }
            close(fd);
        }
        assert_int_equal(start(hosts[i], 0, 1 + (unsigned)i, &error), 0);
    }
}

static void what_cannot_be_listened_on_says_why(void **state)
{
    struct fixture *fixture = *state;
    struct cvg_error error = {0};

    assert_int_equal(start("localhost", 0, 2, &error), CVG_E_INVALID);
    assert_non_null(strstr(error.text, "localhost"));
    assert_int_equal(start("127.0.0.1", 0, 0, &error), CVG_E_INVALID);
    assert_non_null(strstr(error.text, "threads"));
    /* A second daemon must not share the port of the first one. */
    assert_int_equal(start("127.0.0.1", fixture->port, 2, &error), CVG_E_IO);
    assert_non_null(strstr(error.text, "in use"));
}

static void a_server_that_never_started_can_be_freed(void **state)
{
    struct cvg_board *board = cvg_board_new(no_names, 0);
    struct cvg_server_options options = {.host = "127.0.0.1", .threads = 1};
    struct cvg_server *server = NULL;

    (void)state;
    assert_int_equal(cvg_server_new(&options, board, &server, NULL), 0);
    cvg_server_free(server);
    cvg_server_free(NULL);
    cvg_board_free(board);
}

static void a_stop_does_not_wait_for_silent_connections(void **state)
{
    struct fixture *fixture = *state;
    int64_t started = cvg_time_now();
    int fds[8];

    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        fds[i] = client_connect(fixture);
        client_send(fds[i], "GET /v1", i % 2 ? 0 : 7);
    }
    fixture_stop_server(fixture);
    assert_true(cvg_time_now() - started < 5 * CVG_SECOND);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        struct reply reply;
        client_read(fds[i], &reply);
        assert_int_equal(reply.status, 0);
        reply_done(&reply);
        close(fds[i]);
    }
}

/* ---- slow clients: the list of connections below a library of its own ---- */

/* The library decides which parameters it has. */
// NOLINTBEGIN(readability-function-size,readability-non-const-parameter)
static enum MHD_Result answer_ok(void *cls, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload_data,
                                 size_t *upload_data_size, void **con_cls)
{
    struct cvg_request *request = *con_cls;

    (void)cls;
    (void)url;
    (void)method;
    (void)version;
    (void)upload_data;
    (void)upload_data_size;
    if (!request->headers_seen) {
        request->headers_seen = true;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(2, (void *)(uintptr_t) "ok", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

// NOLINTEND(readability-function-size,readability-non-const-parameter)

static void wait_for_connections(struct cvg_context *context, uint64_t count)
{
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;

    while (atomic_load(&context->traffic.connections) != count) {
        assert_true(cvg_time_now() < deadline);
        sched_yield();
    }
}

static void a_connection_that_ends_no_request_is_cut_off(void **state)
{
    struct cvg_context context = {0};
    cvg_limits_settle(&context.limits);
    struct cvg_connections *connections = cvg_connections_new(&context);
    struct cvg_entrance entrance = {connections, CVG_PLACE_NETWORK};
    struct fixture client = {0};
    struct cvg_error error;
    struct reply reply;
    int listener = -1;

    (void)state;
    assert_int_equal(cvg_listener_open("127.0.0.1", 0, &listener, &client.port, &error), 0);
    struct MHD_Daemon *library = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer_ok, NULL, MHD_OPTION_LISTEN_SOCKET,
        listener, MHD_OPTION_NOTIFY_CONNECTION, cvg_connections_notify, &entrance,
        MHD_OPTION_NOTIFY_COMPLETED, cvg_connections_completed, &entrance,
        MHD_OPTION_URI_LOG_CALLBACK, cvg_connections_begin, &entrance, MHD_OPTION_END);
    assert_non_null(library);

    int slow = client_connect(&client);
    int quick = client_connect(&client);
    client_send(slow, "GET / HT", 8);
    wait_for_connections(&context, 2);
    /* Not yet: half a request is no fault within the limit. */
    cvg_connections_sweep(connections, cvg_time_now());
    client_send(quick, "GET / HTTP/1.0\r\n\r\n", 18);
    client_read(quick, &reply);
    assert_int_equal(reply.status, 200);
    reply_done(&reply);
    close(quick);
    wait_for_connections(&context, 1);

    cvg_connections_sweep(connections, CVG_NEVER);
    client_read(slow, &reply);
    assert_int_equal(reply.status, 0);
    reply_done(&reply);
    close(slow);
    wait_for_connections(&context, 0);
    assert_int_equal(atomic_load(&context.traffic.connections_total), 2);
    MHD_stop_daemon(library);
    close(listener);
    cvg_connections_free(connections);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_listens_on_each_kind_of_address),
        WITH_FIXTURE(what_cannot_be_listened_on_says_why),
        cmocka_unit_test(a_server_that_never_started_can_be_freed),
        WITH_FIXTURE(a_stop_does_not_wait_for_silent_connections),
        cmocka_unit_test(a_connection_that_ends_no_request_is_cut_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
