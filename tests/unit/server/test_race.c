/* SPDX-License-Identifier: Apache-2.0 */
/* Readers on many connections while everything is published again and again. Meant for the thread
 * and address sanitizers; by itself it looks whether each answer is whole and one of those that
 * were published. */
#include "base/time.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define READERS 4
#define ROUNDS  150

struct reader {
    struct fixture *fixture;
    const char *method, *target, *body;
    unsigned wrong;
    char example[256];
};

static void *read_all(void *arg)
{
    struct reader *reader = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct reply reply;
        client_request(reader->fixture, reader->method, reader->target, "", reader->body, &reply);
        size_t length = strlen(reply.body);
        if (reply.status != 200 || length < 2 || strchr("}\n", reply.body[length - 1]) == NULL) {
            reader->wrong++;
            (void)snprintf(reader->example, sizeof(reader->example), "%.200s", reply.text);
        }
        reply_done(&reply);
    }
    return NULL;
}

static void every_answer_is_whole_while_all_is_published_again(void **state)
{
    struct fixture *fixture = *state;
    struct reader readers[READERS] = {
        {.fixture = fixture, .method = "GET", .target = "/v1/verdict/prod"},
        {.fixture = fixture, .method = "GET", .target = "/v1/verdict/prod?app=shop"},
        {.fixture = fixture,
         .method = "POST",
         .target = "/v1/verdict/prod",
         .body = "{\"app\":\"a\"}"},
        {.fixture = fixture, .method = "GET", .target = "/metrics"},
    };
    pthread_t threads[READERS];

    for (size_t i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_all, &readers[i]), 0);
    }
    for (unsigned i = 0; i < 4000; i++) {
        fixture_beat(fixture);
        fixture_publish(fixture, PROD, i % 2 ? CVG_GO : CVG_WAIT, CVG_MINUTE);
        fixture_publish(fixture, STAGING, i % 3 ? CVG_HALT : CVG_GO, CVG_MINUTE);
    }
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        if (readers[i].wrong) {
            fail_msg("%s: %u wrong, as %s", readers[i].target, readers[i].wrong,
                     readers[i].example);
        }
    }
}

/* While questions are under way, on many connections. */
static void *ask_until_stopped(void *arg)
{
    struct reader *reader = arg;

    for (unsigned i = 0; i < 50; i++) {
        struct reply reply;
        client_request(reader->fixture, "POST", "/v1/verdict/prod", "", "{\"app\":\"a\"}", &reply);
        if (reply.status != 200) {
            reader->wrong++;
        }
        reply_done(&reply);
    }
    return NULL;
}

static void questions_from_many_are_all_answered(void **state)
{
    struct reader readers[READERS] = {{0}};
    pthread_t threads[READERS];

    for (size_t i = 0; i < READERS; i++) {
        readers[i].fixture = *state;
        assert_int_equal(pthread_create(&threads[i], NULL, ask_until_stopped, &readers[i]), 0);
    }
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
}

/* Long polls, some of which leave in the middle, while gates open and close and reloads wake all. */
static void *wait_again_and_again(void *arg)
{
    struct reader *reader = arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct reply reply;
        int fd = client_connect(reader->fixture);
        char request[256];
        int length = snprintf(request, sizeof(request),
                              "%s %s HTTP/1.1\r\nHost: localhost:%u\r\nConnection: close\r\n"
                              "Content-Length: %zu\r\n\r\n%s",
                              reader->method, reader->target, reader->fixture->port,
                              strlen(reader->body), reader->body);
        client_send(fd, request, (size_t)length);
        if (i % 5) {
            client_read(fd, &reply);
            reader->wrong += reply.status != 200;
            reply_done(&reply);
        }
        close(fd);
    }
    return NULL;
}

static void those_who_wait_are_answered_while_all_is_published_again(void **state)
{
    struct fixture *fixture = *state;
    struct reader readers[READERS] = {
        {.method = "GET", .target = "/v1/verdict/prod?wait=50ms", .body = ""},
        {.method = "GET", .target = "/v1/verdict/prod?wait=5s", .body = ""},
        {.method = "POST", .target = "/v1/verdict/staging?wait=2ms", .body = "{\"app\":\"a\"}"},
        {.method = "GET", .target = "/v1/verdict/staging/verify?wait=1s&app=a", .body = ""},
    };
    pthread_t threads[READERS];

    for (size_t i = 0; i < READERS; i++) {
        readers[i].fixture = fixture;
        assert_int_equal(pthread_create(&threads[i], NULL, wait_again_and_again, &readers[i]), 0);
    }
    for (unsigned i = 0; i < 4000; i++) {
        fixture_beat(fixture);
        fixture_publish(fixture, PROD, i % 4 ? CVG_WAIT : CVG_GO, CVG_MINUTE);
        fixture_publish(fixture, STAGING, i % 3 ? CVG_WAIT : CVG_HALT, CVG_MINUTE);
        if (i % 100 == 0) {
            cvg_server_wake_all(fixture->server);
        }
    }
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    fixture_publish(fixture, STAGING, CVG_GO, CVG_MINUTE);
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].wrong, 0);
    }
}

/* A stop in the middle of publishing, with long polls, streams and questions under way. */
static void a_stop_while_all_is_published_ends_everything(void **state)
{
    struct fixture *fixture = *state;
    int fds[60];

    fixture_publish(fixture, PROD, CVG_WAIT, CVG_MINUTE);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        static const char *const targets[] = {"/v1/verdict/prod?wait=50s", "/v1/events",
                                              "/v1/verdict/prod?wait=50s&app=a"};
        char request[256];
        int length =
            snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
                     targets[i % 3], fixture->port);
        fds[i] = client_connect(fixture);
        client_send(fds[i], request, (size_t)length);
    }
    fixture_wait_metric(fixture, "convergate_http_waiters", CVG_COUNT(fds));
    for (unsigned i = 0; i < 200; i++) {
        fixture_publish(fixture, STAGING, i % 2 ? CVG_GO : CVG_HALT, CVG_MINUTE);
    }
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    fixture_stop_server(fixture);
    for (size_t i = 0; i < CVG_COUNT(fds); i++) {
        struct reply reply;
        client_read(fds[i], &reply);
        assert_int_equal(reply.status, 200);
        reply_done(&reply);
        close(fds[i]);
    }
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(every_answer_is_whole_while_all_is_published_again),
        WITH_FIXTURE(questions_from_many_are_all_answered),
        WITH_FIXTURE(those_who_wait_are_answered_while_all_is_published_again),
        WITH_FIXTURE(a_stop_while_all_is_published_ends_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
