/* SPDX-License-Identifier: Apache-2.0 */
/* Each host function, used by the scripted module. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "server.h"
#include "world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* One source, one check that does so; keys: the check's own, in flow style. */
static void open_doing(struct world *world, const char *keys)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources: {s: {type: scripted}}\n"
                            "environments: {prod: {checks: {c: {source: s, interval: 5s, %s}}}}\n",
                            keys);
    world_open_good(world, text);
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void what_needs_no_network(void **state)
{
    (void)state;

    static const struct {
        const char *keys, *observed;
    } cases[] = {
        {"do: ready, text: at once", "at once"},
        {"do: timer, after: 20ms", "waited"},
        {"do: cancel, after: 20ms", "cancelled"},
        {"do: clock", "sane"},
        {"do: offload", "other thread"},
        {"do: log, text: something happened", "logged"},
        {"do: resolve, text: 127.0.0.9", "127.0.0.9"},
        {"do: spawn, after: 5s, text: 'cat; echo \" $GREETING\"; echo oops >&2; exit 3'",
         "3 0 [from the parent hello?] [oops?]"},
        {"do: read, text: /proc/self/comm", "unit_module_hos?"},
        {"do: digest, key: sha256, text: abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"do: digest, key: md5, text: abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"do: digest, key: other, text: abc", "no such kind"},
        {"do: parts, parts: [one, {name: two, count: 3}]", "one=1 two=3"},
        {"do: parts, parts: 'module.a[0]'", "module.a[0]=1"},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        open_doing(&world, cases[i].keys);
        for (int again = 0; again < 3; again++) {
            const struct cvg_reading *reading = world_run(&world, 0);
            if (reading->status != CVG_READY) {
                fail_msg("%s: %s", cases[i].keys, reading->message);
            }
            assert_string_equal(reading->observed, cases[i].observed);
            assert_string_equal(reading->reason, "Done");
            assert_string_equal(cvg_reading_fact(reading, "seen"), reading->observed);
        }
        assert_int_equal(world.completed, 3);
        assert_int_equal(cvg_source_callbacks(world.sources[0]).contract_faults, 0);
        assert_true(cvg_source_callbacks(world.sources[0]).calls >= 5);
        world_close(&world);
    }
}

static void faults_arrive_as_such(void **state)
{
    (void)state;

    static const struct {
        const char *keys;
        uint32_t fault;
    } cases[] = {
        {"do: spawn, after: 50ms, text: sleep 30", CVG_FAULT_TIMEOUT},
        {"do: spawn, after: 5s, bytes: 10, text: yes", CVG_FAULT_TOO_LARGE},
        {"do: read, text: /nowhere", CVG_FAULT_REQUEST},
        {"do: read, bytes: 8, text: /proc/version", CVG_FAULT_REQUEST},
        {"do: connect, text: '1'", CVG_FAULT_CONNECT},
        {"do: http, text: 'http://127.0.0.1:1/'", CVG_FAULT_CONNECT},
        {"do: resolve, text: 'not a name'", CVG_FAULT_REQUEST},
    };

    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        open_doing(&world, cases[i].keys);
        const struct cvg_reading *reading = world_run(&world, 0);
        assert_int_equal(reading->status, CVG_UNKNOWN);
        if (reading->fault != cases[i].fault) {
            fail_msg("%s: %s (%u)", cases[i].keys, reading->message, reading->fault);
        }
        assert_string_equal(reading->reason, "Failed");
        world_close(&world);
    }
}

static void a_changed_file_is_told(void **state)
{
    (void)state;
    char path[] = "/tmp/cvg-watch-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    CVG_CLEANUP(cvg_free_pointer) char *keys = cvg_format("do: watch, text: %s", path);
    struct world world;
    open_doing(&world, keys);
    world_start_run(&world, 0);
    world_turn(&world, 50 * CVG_MS);
    assert_int_equal(world.completed, 0);
    write_file(path, "new");
    world_wait(&world);
    assert_string_equal(cvg_reading_get(world.latest)->observed, "new");
    world_close(&world);
    assert_int_equal(unlink(path), 0);
}

static void a_secret_is_read_afresh(void **state)
{
    (void)state;
    char path[] = "/tmp/cvg-secret-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    write_file(path, "swordfish\n");
    CVG_CLEANUP(cvg_free_pointer) char *keys = cvg_format("do: secret, secret: 'file:%s'", path);
    struct world world;
    open_doing(&world, keys);
    assert_string_equal(world_run(&world, 0)->observed, "9 bytes, ended");
    write_file(path, "x");
    assert_string_equal(world_run(&world, 0)->observed, "1 bytes, ended");
    assert_int_equal(unlink(path), 0);
    const struct cvg_reading *reading = world_run(&world, 0);
    assert_int_equal(reading->fault, CVG_FAULT_AUTH);
    world_close(&world);
}

static void a_check_remembers(void **state)
{
    (void)state;
    struct world world;
    world_open_good(&world, "sources: {s: {type: scripted}}\n"
                            "environments: {prod: {checks: {\n"
                            "  a: {source: s, do: remember, text: first},\n"
                            "  b: {source: s, do: remember, text: second}}}}\n");
    assert_string_equal(world_run(&world, 0)->observed, "");
    assert_string_equal(world_run(&world, 1)->observed, "");
    assert_string_equal(world_run(&world, 0)->observed, "first");
    assert_string_equal(world_run(&world, 1)->observed, "second");
    /* A new configuration's check of that name finds it again. */
    const struct cvg_check_config *config = cvg_check_config(world.checks[0]);
    cvg_check_free(world.checks[0]);
    assert_int_equal(cvg_check_new(world.sources[0], "prod", config, &world, &world.diagnostics,
                                   &world.checks[0]),
                     0);
    assert_string_equal(world_run(&world, 0)->observed, "first");
    /* Each run tried to remember too much, once. */
    assert_int_equal(cvg_source_callbacks(world.sources[0]).contract_faults, 5);
    world_close(&world);
}

static void configuration_arrives_as_declared(void **state)
{
    (void)state;
    struct world world;
    open_doing(&world, "do: config, text: hello, after: 1h30m, bytes: 2MiB, names: one, "
                       "labels: {app: shop}, limits: {low: -2.5}, flag: true, "
                       "secret: 'env:NOTHING'");
    assert_string_equal(world_run(&world, 0)->observed,
                        "text=hello after=5400000000000 bytes=2097152 names=1:one "
                        "labels=1:app=shop limits=-2.5..1.5 flag=1 secret=yes");
    world_close(&world);
}

/* ---- with a server ---- */

static void open_serving(struct world *world, struct server *server, const char *keys)
{
    CVG_CLEANUP(cvg_free_pointer)
    char *text = cvg_format("sources:\n"
                            "  lender: {type: scripted, url: 'http://127.0.0.1:%u/base', bearer: "
                            "'env:CVG_TEST_TOKEN'}\n"
                            "  borrower: {type: scripted, via: lender}\n"
                            "  learner: {type: scripted, learn: 'http://127.0.0.1:%u/learned'}\n"
                            "environments: {prod: {checks: {\n"
                            "  own: {source: lender, interval: 5s, %s},\n"
                            "  borrowed: {source: borrower, interval: 5s, %s},\n"
                            "  learned: {source: learner, interval: 5s, %s}}}}\n",
                            server_port(server), server_port(server), keys, keys, keys);
    world_open_good(world, text);
}

static void http_goes_through_the_sources_connection(void **state)
{
    (void)state;
    struct server *server = server_start();
    struct world world;
    open_serving(&world, server, "do: http, text: /x?y=1");
    assert_string_equal(world_run(&world, 0)->observed, "200 hello /base/x?y=1");
    assert_string_equal(world_run(&world, 1)->observed, "200 hello /base/x?y=1");
    assert_string_equal(world_run(&world, 2)->observed, "200 hello /learned/x?y=1");
    assert_ptr_equal(cvg_source_lane(world.sources[0]), cvg_source_lane(world.sources[1]));
    assert_ptr_not_equal(cvg_source_lane(world.sources[0]), cvg_source_lane(world.sources[2]));
    assert_int_equal(cvg_lane_stats(cvg_source_lane(world.sources[0])).requests, 2);
    assert_int_equal(world.exchanged, 3);
    world_close(&world);
    server_stop(server);
}

static void credentials_go_only_to_their_own_origin(void **state)
{
    (void)state;
    struct server *server = server_start();
    struct server *other = server_start();
    struct world world;
    CVG_CLEANUP(cvg_free_pointer)
    char *own = cvg_format("do: http, text: 'http://127.0.0.1:%u/where'", server_port(server));
    open_serving(&world, server, own);
    assert_string_equal(world_run(&world, 0)->observed, "200 Bearer sesame");
    assert_string_equal(world_run(&world, 1)->observed, "200 Bearer sesame");
    assert_string_equal(world_run(&world, 2)->observed, "200 nobody");
    world_close(&world);
    CVG_CLEANUP(cvg_free_pointer)
    char *foreign = cvg_format("do: http, text: 'http://127.0.0.1:%u/where'", server_port(other));
    open_serving(&world, server, foreign);
    assert_string_equal(world_run(&world, 0)->observed, "200 nobody");
    world_close(&world);
    server_stop(server);
    server_stop(other);
}

static void bodies_are_streamed_paused_and_severed(void **state)
{
    (void)state;

    static const struct {
        const char *path, *more;
        uint32_t fault;
    } cases[] = {
        {"/big", "flag: false", CVG_FAULT_NONE},
        {"/forever", "flag: true, bytes: 100KB", CVG_FAULT_CONNECT},
    };
    struct server *server = server_start();
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        CVG_CLEANUP(cvg_free_pointer)
        char *keys = cvg_format("do: stream, after: 20ms, text: 'http://127.0.0.1:%u%s', %s",
                                server_port(server), cases[i].path, cases[i].more);
        struct world world;
        open_doing(&world, keys);
        const struct cvg_reading *reading = world_run(&world, 0);
        if (reading->fault != cases[i].fault) {
            fail_msg("%s: %s", cases[i].path, reading->message);
        }
        if (cases[i].fault == CVG_FAULT_NONE) {
            assert_string_equal(reading->observed, "200 streamed 1048576 bytes");
        }
        world_close(&world);
    }
    server_stop(server);
}

static void a_body_over_its_ceiling_is_too_large(void **state)
{
    (void)state;
    struct server *server = server_start();
    CVG_CLEANUP(cvg_free_pointer)
    char *keys =
        cvg_format("do: http, bytes: 64KiB, text: 'http://127.0.0.1:%u/big'", server_port(server));
    struct world world;
    open_doing(&world, keys);
    assert_int_equal(world_run(&world, 0)->fault, CVG_FAULT_TOO_LARGE);
    world_close(&world);
    server_stop(server);
}

static void a_socket_is_connected_and_watched(void **state)
{
    (void)state;
    struct server *server = server_start();
    CVG_CLEANUP(cvg_free_pointer)
    char *keys = cvg_format("do: connect, text: '%u'", server_port(server));
    struct world world;
    open_doing(&world, keys);
    assert_string_equal(world_run(&world, 0)->observed, "pong?");
    assert_string_equal(world_run(&world, 0)->observed, "pong?");
    world_close(&world);
    server_stop(server);
}

static void what_is_going_on_ends_with_the_objects(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "do: silent",
        "do: timer, after: 1h",
        "do: offload",
        "do: watch, text: /tmp/nowhere",
        "do: spawn, after: 1h, text: sleep 60",
        "do: read, text: /proc/version",
    };
    for (size_t i = 0; i < CVG_COUNT(cases); i++) {
        struct world world;
        open_doing(&world, cases[i]);
        world_start_run(&world, 0);
        assert_non_null(cvg_check_run(world.checks[0]));
        world_close(&world); /* the module aborts where its cancel does not come */
        open_doing(&world, cases[i]);
        world_start_run(&world, 0);
        cvg_run_cancel(cvg_check_run(world.checks[0]));
        assert_null(cvg_check_run(world.checks[0]));
        world_turn(&world, 5 * CVG_MS);
        assert_int_equal(world.completed, 0);
        world_close(&world);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_needs_no_network),
        cmocka_unit_test(faults_arrive_as_such),
        cmocka_unit_test(a_changed_file_is_told),
        cmocka_unit_test(a_secret_is_read_afresh),
        cmocka_unit_test(a_check_remembers),
        cmocka_unit_test(configuration_arrives_as_declared),
        cmocka_unit_test(http_goes_through_the_sources_connection),
        cmocka_unit_test(credentials_go_only_to_their_own_origin),
        cmocka_unit_test(bodies_are_streamed_paused_and_severed),
        cmocka_unit_test(a_body_over_its_ceiling_is_too_large),
        cmocka_unit_test(a_socket_is_connected_and_watched),
        cmocka_unit_test(what_is_going_on_ends_with_the_objects),
    };
    if (setenv("CVG_TEST_TOKEN", "sesame", 1) != 0) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
