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

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(every_answer_is_whole_while_all_is_published_again),
        WITH_FIXTURE(questions_from_many_are_all_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
