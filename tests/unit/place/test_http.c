/* SPDX-License-Identifier: Apache-2.0 */
/* A document behind a GET, from a server that says what the test tells it to. */
#include "base/alloc.h"
#include "base/time.h"
#include "stage.h"
#include "unit/io/harness.h"
#include "unit/io/peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LATE "Date: Sun, 06 Nov 1994 08:51:00 GMT\r\n"
#define LM   "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

struct world {
    struct peer *peer;
    struct stage stage;
    pthread_mutex_t lock; /* guards the two texts */
    const char *answer;   /* NULL: none is given */
    char asked[4096];
};

static void serve(int fd, unsigned number, void *arg)
{
    struct world *world = arg;
    char request[4096];
    (void)number;
    while (peer_read_request(fd, request, sizeof request)) {
        pthread_mutex_lock(&world->lock);
        CVG_CLEANUP(cvg_free_pointer)
        char *answer = world->answer ? cvg_strdup(world->answer) : NULL;
        memcpy(world->asked, request, sizeof request);
        pthread_mutex_unlock(&world->lock);
        if (answer == NULL) {
            peer_wait_closed(fd);
            return;
        }
        if (!peer_say(fd, answer) || strstr(answer, "Connection: close")) {
            return;
        }
    }
}

static void open_keys(struct world *world, const char *path, size_t limit, const char *keys)
{
    memset(world, 0, sizeof *world);
    pthread_mutex_init(&world->lock, NULL);
    world->peer = peer_start(serve, world);
    struct cvg_place_settings settings = {.path = path, .limit = limit};
    CVG_CLEANUP(cvg_free_pointer)
    char *all = cvg_format(", url: 'http://127.0.0.1:%u/base'%s", peer_port(world->peer), keys);
    stage_open(&world->stage, all, &cvg_place_http, &settings);
}

static void open_world(struct world *world)
{
    open_keys(world, "state", 1000, "");
}

static void close_world(struct world *world)
{
    stage_close(&world->stage);
    peer_stop(world->peer);
    pthread_mutex_destroy(&world->lock);
}

static const struct cvg_place_sight *look(struct world *world, const char *answer)
{
    pthread_mutex_lock(&world->lock);
    world->answer = answer;
    world->asked[0] = '\0';
    pthread_mutex_unlock(&world->lock);
    return stage_look(&world->stage);
}

static void answers_are_told_apart(void **state)
{
    static const struct {
        const char *answer;
        const char *bytes; /* NULL: none */
        uint32_t absent, fault;
        const char *reason, *text; /* text: is in it */
    } cases[] = {
        {"200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", 0, 0, NULL, ""},
        {"203 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", 0, 0, NULL, ""},
        {"200 OK\r\nConnection: close\r\n\r\n{}", "{}", 0, 0, NULL, ""},
        {"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "{}", 0, 0,
         NULL, ""},
        {"200 OK\r\nContent-Length: 0\r\n\r\n", NULL, 1, 0, NULL, "state: 200"},
        {"204 No Content\r\n\r\n", NULL, 1, 0, NULL, "state: 204"},
        {"404 Not Found\r\nContent-Length: 6\r\n\r\nsecret", NULL, 1, 0, NULL, "state: 404"},
        {"200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\n{}", NULL, 0, CVG_FAULT_PROTOCOL,
         "BadAnswer", "ended early"},
        {"200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{}", NULL, 0,
         CVG_FAULT_PROTOCOL, "BadAnswer", ""},
        {"206 Partial Content\r\nContent-Length: 2\r\n\r\n{}", NULL, 0, CVG_FAULT_PROTOCOL,
         "BadAnswer", "206"},
        {"304 Not Modified\r\n\r\n", NULL, 0, CVG_FAULT_PROTOCOL, "Redirected", "304"},
        {"302 Found\r\nLocation: https://login.test/a?token=secret\r\nContent-Length: 0\r\n\r\n",
         NULL, 0, CVG_FAULT_PROTOCOL, "Redirected", "302 to https://login.test/a:"},
        {"301 Moved\r\nLocation: https://u:secret@x.test/\r\nContent-Length: 0\r\n\r\n", NULL, 0,
         CVG_FAULT_PROTOCOL, "Redirected", "301"},
        {"401 Unauthorized\r\nContent-Length: 6\r\n\r\nsecret", NULL, 0, CVG_FAULT_AUTH,
         "Unauthorized", "401"},
        {"403 Forbidden\r\nContent-Length: 6\r\n\r\nsecret", NULL, 0, CVG_FAULT_AUTH, "Forbidden",
         "403"},
        {"407 Proxy\r\nContent-Length: 0\r\n\r\n", NULL, 0, CVG_FAULT_AUTH, "Unauthorized", "407"},
        {"429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", NULL, 0, CVG_FAULT_THROTTLED,
         "Throttled", "retry after 7 s"},
        {"503 Starting\r\nContent-Length: 6\r\n\r\nsecret", NULL, 0, CVG_FAULT_THROTTLED,
         "SourceStarting", "503"},
        {"500 Broken\r\nContent-Length: 6\r\n\r\nsecret", NULL, 0, CVG_FAULT_PROTOCOL,
         "SourceError", "500"},
        {"400 Bad\r\nContent-Length: 6\r\n\r\nsecret", NULL, 0, CVG_FAULT_PROTOCOL, "SourceError",
         "400"},
        {"200 OK\r\nContent-Length: 1001\r\n\r\n", NULL, 0, CVG_FAULT_TOO_LARGE, "TooLarge",
         "1000 bytes"},
    };

    (void)state;
    struct world world;
    open_world(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CVG_CLEANUP(cvg_free_pointer) char *answer = cvg_format("HTTP/1.1 %s", cases[i].answer);
        const struct cvg_place_sight *sight = look(&world, answer);
        if (sight->fault != cases[i].fault || sight->absent != cases[i].absent ||
            strstr(sight->text, cases[i].text) == NULL || strstr(sight->text, "secret") != NULL) {
            fail_msg("%s: %u %u %s", cases[i].answer, sight->fault, sight->absent, sight->text);
        }
        assert_string_equal(sight->reason ? sight->reason : "",
                            cases[i].reason ? cases[i].reason : "");
        assert_string_equal(sight->bytes ? sight->bytes : "none",
                            cases[i].bytes ? cases[i].bytes : "none");
        assert_int_equal(sight->lock, CVG_PLACE_LOCK_UNSEEN);
    }
    assert_int_equal(strncmp(world.asked, "GET /base/state HTTP/1.1\r\n", 26), 0);
    close_world(&world);
}

/* What goes back with the next request, and that its answer is believed. */
static void what_did_not_change_is_not_sent_again(void **state)
{
    static const struct {
        const char *headers, *asked; /* asked NULL: without a condition */
    } cases[] = {
        {"ETag: \"41\"\r\n", "If-None-Match: \"41\"\r\n"},
        {"ETag: W/\"41\"\r\n", "If-None-Match: W/\"41\"\r\n"},
        {"etag:  \"\"  \r\n", "If-None-Match: \"\"\r\n"},
        {"ETag: 41\r\n", NULL},
        {"ETag: \"4\"1\"\r\n", NULL},
        {"ETag: \"\r\n", NULL},
        {LATE LM, "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"},
        {LATE LM "ETag: \"41\"\r\n", "If-None-Match: \"41\"\r\n"},
        /* Changed in the second of the answer: another change would look the same. */
        {"Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n" LM "ETag: \"41\"\r\n", NULL},
        {"Date: Sun, 06 Nov 1994 08:49:39 GMT\r\n" LM "ETag: \"41\"\r\n",
         "If-None-Match: \"41\"\r\n"},
        {"Date: Sun, 06 Nov 1994 08:50:36 GMT\r\n" LM, NULL},
        {LM "ETag: \"41\"\r\n", NULL},
        {LATE "Last-Modified: yesterday\r\n", NULL},
        {"", NULL},
    };

    (void)state;
    struct world world;
    open_world(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CVG_CLEANUP(cvg_free_pointer)
        char *answer =
            cvg_format("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\n{}", cases[i].headers);
        assert_string_equal(look(&world, answer)->bytes, "{}");
        bool dated = strstr(cases[i].headers, LM) != NULL;
        assert_int_equal(world.stage.sight.changed_at, dated ? 784111777 * CVG_SECOND : 0);
        const struct cvg_place_sight *sight = look(&world, "HTTP/1.1 304 Not Modified\r\n\r\n");
        if (cases[i].asked == NULL) {
            assert_null(strstr(world.asked, "If-"));
            assert_int_equal(sight->unchanged, 0);
            assert_string_equal(sight->reason, "Redirected");
            continue;
        }
        assert_non_null(strstr(world.asked, cases[i].asked));
        assert_int_equal(sight->unchanged, 1);
        /* And again: what was believed once stays so, until something else comes. */
        assert_int_equal(look(&world, "HTTP/1.1 304 Not Modified\r\n\r\n")->unchanged, 1);
        assert_int_equal(look(&world, "HTTP/1.1 204 Gone\r\n\r\n")->absent, 1);
        (void)look(&world, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        assert_null(strstr(world.asked, "If-"));
    }
    close_world(&world);
}

static char *make_answer(const char *head, size_t length)
{
    CVG_CLEANUP(cvg_free_pointer) char *body = cvg_alloc(length + 1);
    memset(body, 'x', length);
    return cvg_format("HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s", head, body);
}

static void a_body_has_its_limit(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    CVG_CLEANUP(cvg_free_pointer) char *fits = make_answer("200 OK", 1000);
    CVG_CLEANUP(cvg_free_pointer) char *over = make_answer("200 OK", 1001);
    CVG_CLEANUP(cvg_free_pointer) char *error = make_answer("500 Broken", 900);
    assert_int_equal(look(&world, fits)->length, 1000);
    assert_int_equal(look(&world, over)->fault, CVG_FAULT_TOO_LARGE);
    assert_string_equal(look(&world, error)->reason, "SourceError");
    close_world(&world);
}

/* The endpoint's own ceiling is lower, unless the operator wrote it. */
static void a_document_may_be_larger_than_other_answers(void **state)
{
    const size_t length = (size_t)9 << 20;
    (void)state;
    struct world world;
    CVG_CLEANUP(cvg_free_pointer) char *answer = make_answer("200 OK", length);
    open_keys(&world, NULL, 0, "");
    assert_int_equal(look(&world, answer)->length, length);
    assert_int_equal(strncmp(world.asked, "GET /base HTTP/1.1\r\n", 20), 0);
    close_world(&world);
    open_keys(&world, "", 0, ", max_body: 1MiB");
    assert_string_equal(look(&world, answer)->reason, "TooLarge");
    close_world(&world);
}

static void credentials_go_along(void **state)
{
    (void)state;
    struct world world;
    harness_setenv("CVG_TEST_PLACE", "sesame");
    open_keys(&world, "state", 0, ", bearer: 'env:CVG_TEST_PLACE'");
    assert_string_equal(look(&world, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")->bytes,
                        "{}");
    assert_non_null(strstr(world.asked, "Authorization: Bearer sesame\r\n"));
    close_world(&world);
    open_keys(&world, "state", 0, ", basic: {username: gate, password: 'env:CVG_TEST_PLACE'}");
    assert_string_equal(look(&world, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")->bytes,
                        "{}");
    assert_non_null(strstr(world.asked, "Authorization: Basic Z2F0ZTpzZXNhbWU=\r\n"));
    close_world(&world);
    harness_setenv("CVG_TEST_PLACE", NULL);
}

static void nobody_there_is_said(void **state)
{
    (void)state;
    struct stage stage;
    struct cvg_place_settings settings = {.path = "state"};
    /* Nothing listens on a port that is reserved. */
    stage_open(&stage, ", url: 'http://127.0.0.1:1'", &cvg_place_http, &settings);
    const struct cvg_place_sight *sight = stage_look(&stage);
    assert_int_equal(sight->fault, CVG_FAULT_CONNECT);
    assert_string_equal(sight->reason, "ConnectFailed");
    stage_close(&stage);
}

static void on_seen(void *arg, struct cvg_place_sight *sight)
{
    struct stage *stage = arg;
    stage->sight = *sight;
    stage->done = true;
}

static void the_callers_deadline_is_kept(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    (void)world.stage.kind->look(world.stage.place, cvg_time_now() + 50 * CVG_MS, &world.stage.tag,
                                 on_seen, &world.stage);
    stage_wait(&world.stage);
    assert_int_equal(world.stage.sight.fault, CVG_FAULT_TIMEOUT);
    assert_string_equal(world.stage.sight.reason, "TimedOut");
    close_world(&world);
}

static void a_look_that_was_called_back_says_nothing(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.stage.kind->cancel(stage_begin(&world.stage));
    struct cvg_place_look *second = stage_begin(&world.stage);
    (void)stage_begin(&world.stage);
    world.stage.kind->cancel(second);
    close_world(&world); /* with one in flight */
    assert_int_equal(world.stage.seen, 0);
}

struct refused {
    char text[160];
};

static void refuse(void *arg, const char *path, const char *text)
{
    struct refused *refused = arg;
    (void)snprintf(refused->text, sizeof refused->text, "%s %s", path, text);
}

static void what_cannot_be_asked_is_refused(void **state)
{
    static const struct {
        const char *keys, *path, *refused;
    } cases[] = {
        {"", "state", "url is needed: the server that has the document"},
        {", url: 'http://127.0.0.1:1'", "state", ""},
        {", url: 'http://127.0.0.1:1'", NULL, ""},
        {", url: 'http://127.0.0.1:1'", "a?ref=main", ""},
        {", url: 'http://127.0.0.1:1'", "a b", "path has a character that must be written as %XX"},
        {", url: 'http://127.0.0.1:1'", "a\nb", "path has a character that must be written as %XX"},
        {", url: 'http://127.0.0.1:1'", "a#b", "path has a character that must be written as %XX"},
        {", url: 'http://127.0.0.1:1'", "HTTPS://other.test/",
         "path is what comes behind the source's url, not an address of its own"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage stage;
        struct refused refused = {0};
        struct cvg_place_settings settings = {.path = cases[i].path};
        stage_open(&stage, cases[i].keys, &cvg_place_http, &settings);
        int rc = cvg_place_http.check(stage.host, stage.source, &settings, refuse, &refused);
        assert_string_equal(refused.text, cases[i].refused);
        assert_int_equal(rc, cases[i].refused[0] ? -1 : 0);
        stage_close(&stage);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_told_apart),
        cmocka_unit_test(what_did_not_change_is_not_sent_again),
        cmocka_unit_test(a_body_has_its_limit),
        cmocka_unit_test(a_document_may_be_larger_than_other_answers),
        cmocka_unit_test(credentials_go_along),
        cmocka_unit_test(nobody_there_is_said),
        cmocka_unit_test(the_callers_deadline_is_kept),
        cmocka_unit_test(a_look_that_was_called_back_says_nothing),
        cmocka_unit_test(what_cannot_be_asked_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
