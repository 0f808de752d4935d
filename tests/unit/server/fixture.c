/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/loop.h"
#include "wire/decision.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ENVIRONMENTS 2
#define GATES        2
#define CHECKS       2

static const char *const names[ENVIRONMENTS] = {"prod", "staging"};
static const struct cvg_check_rules rules[CHECKS] = {
    {.name = "api",
     .source = "cluster",
     .component = "api",
     .required = true,
     .weight = 1,
     .on_failed = CVG_FAILED_HALT},
    {.name = "net\"work", .source = "infra", .plane = CVG_DECLARED, .required = true, .weight = 1},
};
static const uint32_t all_checks[CHECKS] = {0, 1};
static const struct cvg_gate_policy policies[GATES] = {
    {.name = "deploy", .checks = all_checks, .check_count = CHECKS},
    {.name = "verify", .checks = all_checks, .check_count = 1},
};

/* ---- publishing ---- */

static void fill_check(struct cvg_check_view *check, size_t index, uint32_t status, int64_t now,
                       int64_t valid_for)
{
    static const struct cvg_fact facts[] = {
        {.name = "drift", .text = "7", .kind = CVG_FACT_NUMBER, .flags = CVG_FACT_METRIC},
        {.name = "huge", .text = "1e999", .kind = CVG_FACT_NUMBER, .flags = CVG_FACT_METRIC},
        {.name = "serial", .text = "42", .kind = CVG_FACT_NUMBER},
    };
    struct cvg_reading reading = {
        .size = sizeof(reading),
        .facts = facts,
        .fact_count = CVG_COUNT(facts),
        .status = status,
        .reason = status == CVG_READY ? "RolledOut" : "NotYet",
        .message = "what the check saw",
        .observed_at_ns = now,
    };

    check->rules = &rules[index];
    check->reading = cvg_reading_keep(&reading, now);
    check->steady = (struct cvg_steady_view){
        .status = status,
        .reason = cvg_reading_get(check->reading)->reason,
        .since = now,
        .fresh = true,
        .observed_at = now,
        .expires_at = now + valid_for,
        .next_change_at = CVG_NEVER,
        .earliest_ready_at = now,
    };
}

static struct cvg_body render(struct cvg_snapshot *snapshot, const struct cvg_snapshot_gate *gate,
                              const struct cvg_decision *decision)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf buf = CVG_BUF_INIT(65536);
    struct cvg_wire_decision document = {
        .id = "",
        .environment = snapshot->environment,
        .gate = gate->policy->name,
        .decision = decision,
        .wall_offset = snapshot->wall_offset,
    };

    assert_int_equal(cvg_wire_decision_write(&document, &buf), 0);
    return (struct cvg_body){
        .text = cvg_arena_strndup(snapshot->arena, cvg_buf_text(&buf), buf.length),
        .length = buf.length,
    };
}

void fixture_publish(struct fixture *fixture, size_t environment, uint32_t verdict,
                     int64_t valid_for)
{
    static const struct cvg_subject nobody = {.app = "", .revision = ""};
    static const uint32_t statuses[CVG_VERDICT_COUNT] = {CVG_READY, CVG_PROGRESSING, CVG_FAILED,
                                                         CVG_FAILED};
    struct cvg_arena *arena = cvg_arena_new();
    struct cvg_snapshot *snapshot = cvg_arena_alloc(arena, sizeof(*snapshot));
    struct cvg_check_view *checks = cvg_arena_alloc(arena, CHECKS * sizeof(*checks));
    int64_t now = cvg_time_now();

    snapshot->arena = arena;
    snapshot->references = 1;
    snapshot->environment = names[environment];
    snapshot->sequence = ++fixture->sequence;
    snapshot->decided_at = now;
    snapshot->wall_offset = cvg_time_wall() - now;
    for (size_t i = 0; i < CHECKS; i++) {
        fill_check(&checks[i], i, statuses[verdict], now, valid_for);
    }
    cvg_readiness_fold(checks, CHECKS, now, arena, &snapshot->readiness);
    snapshot->gate_count = GATES;
    snapshot->gates = cvg_arena_alloc(arena, GATES * sizeof(*snapshot->gates));
    for (size_t i = 0; i < GATES; i++) {
        struct cvg_snapshot_gate *gate = &snapshot->gates[i];
        gate->policy = &policies[i];
        cvg_gate_judge(&snapshot->readiness, gate->policy, &nobody, now, 7, arena, &gate->decision);
        if (verdict == CVG_ROLLBACK) {
            gate->decision.verdict = CVG_ROLLBACK; /* no gate of today gives it by itself */
        }
        assert_int_equal(gate->decision.verdict, verdict);
        gate->decision.valid_until = now + valid_for;
        cvg_gate_stale(&gate->decision, arena, &gate->stale);
        gate->body = render(snapshot, gate, &gate->decision);
        gate->stale_body = render(snapshot, gate, &gate->stale);
    }
    cvg_board_publish(fixture->board, environment, snapshot);
}

void fixture_beat(struct fixture *fixture)
{
    /* Far ahead, so that no test depends on how fast it runs. */
    cvg_board_beat(fixture->board, cvg_time_now() + 60 * CVG_MINUTE);
}

void fixture_stall(struct fixture *fixture)
{
    cvg_board_beat(fixture->board, cvg_time_now() - CVG_HEARTBEAT_LIMIT);
}

/* ---- the desk: on the loop's thread ---- */

static void answer(struct cvg_ask *ask, bool found, uint32_t verdict, int64_t valid_for)
{
    ask->found = found;
    ask->verdict = verdict;
    ask->valid_until = cvg_time_now() + valid_for;
    ask->retry_after_s = 9;
    cvg_buf_printf(&ask->body, "{\"verdict\":\"%s\",\"id\":\"d-1\",\"app\":\"%s\"}",
                   cvg_verdict_text(verdict), ask->subject.app);
    ask->done(ask);
}

static void take_question(void *ctx, struct cvg_ask *ask)
{
    struct fixture *fixture = ctx;
    const struct cvg_subject *subject = &ask->subject;

    pthread_mutex_lock(&fixture->lock);
    fixture->asked_count++;
    (void)snprintf(fixture->app, sizeof(fixture->app), "%s", subject->app);
    (void)snprintf(fixture->revision, sizeof(fixture->revision), "%s", subject->revision);
    (void)snprintf(fixture->gate, sizeof(fixture->gate), "%s", ask->gate);
    (void)snprintf(fixture->label, sizeof(fixture->label), "%s",
                   subject->label_count ? subject->labels[0].value : "");
    enum desk_mode mode = fixture->mode;
    uint32_t verdict = fixture->verdict;
    int64_t valid_for = fixture->valid_for;
    if (mode == DESK_HOLDS) {
        fixture->held[fixture->held_count++] = ask;
        pthread_cond_broadcast(&fixture->changed);
    }
    pthread_mutex_unlock(&fixture->lock);
    if (mode != DESK_HOLDS) {
        answer(ask, mode == DESK_ANSWERS, verdict, valid_for);
    }
}

static void end_accept(const struct fixture *fixture, struct cvg_accept *accept)
{
    (void)snprintf(accept->id, sizeof(accept->id), "%s",
                   fixture->outcome == CVG_ACCEPT_DONE ? "a-1" : "");
    (void)snprintf(accept->why, sizeof(accept->why), "the disk is full");
    accept->outcome = (uint32_t)fixture->outcome;
    accept->done(accept);
}

static void take_accept(void *ctx, struct cvg_accept *accept)
{
    struct fixture *fixture = ctx;

    pthread_mutex_lock(&fixture->lock);
    fixture->accepted_count++;
    (void)snprintf(fixture->check, sizeof(fixture->check), "%s", accept->check);
    (void)snprintf(fixture->actor, sizeof(fixture->actor), "%s", accept->actor);
    (void)snprintf(fixture->comment, sizeof(fixture->comment), "%s", accept->comment);
    bool holds = fixture->mode == DESK_HOLDS;
    if (holds) {
        fixture->held_accepts[fixture->held_accept_count++] = accept;
        pthread_cond_broadcast(&fixture->changed);
    }
    pthread_mutex_unlock(&fixture->lock);
    if (!holds) {
        end_accept(fixture, accept);
    }
}

static void count_hurry(void *ctx, const char *environment)
{
    struct fixture *fixture = ctx;

    (void)environment;
    pthread_mutex_lock(&fixture->lock);
    fixture->hurried_count++;
    pthread_mutex_unlock(&fixture->lock);
}

static void take_reload(void *ctx, uint64_t ticket, const char *actor)
{
    struct fixture *fixture = ctx;

    (void)ticket;
    pthread_mutex_lock(&fixture->lock);
    fixture->reload_count++;
    (void)snprintf(fixture->actor, sizeof(fixture->actor), "%s", actor);
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

void desk_set(struct fixture *fixture, enum desk_mode mode)
{
    pthread_mutex_lock(&fixture->lock);
    fixture->mode = mode;
    pthread_mutex_unlock(&fixture->lock);
}

static void wait_changed(struct fixture *fixture)
{
    struct timespec deadline;

    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 10;
    assert_int_equal(pthread_cond_timedwait(&fixture->changed, &fixture->lock, &deadline), 0);
}

void desk_wait_held(struct fixture *fixture, size_t count)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->held_count + fixture->held_accept_count < count) {
        wait_changed(fixture);
    }
    pthread_mutex_unlock(&fixture->lock);
}

void desk_wait_reload(struct fixture *fixture, size_t count)
{
    pthread_mutex_lock(&fixture->lock);
    while (fixture->reload_count < count) {
        wait_changed(fixture);
    }
    pthread_mutex_unlock(&fixture->lock);
}

static void release_on_loop(void *arg)
{
    struct fixture *fixture = arg;

    for (size_t i = 0; i < fixture->held_count; i++) {
        answer(fixture->held[i], true, fixture->verdict, fixture->valid_for);
    }
    for (size_t i = 0; i < fixture->held_accept_count; i++) {
        end_accept(fixture, fixture->held_accepts[i]);
    }
    pthread_mutex_lock(&fixture->lock);
    fixture->held_count = fixture->held_accept_count = 0;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->lock);
}

void desk_release(struct fixture *fixture)
{
    cvg_loop_post(fixture->loop, release_on_loop, fixture);
    pthread_mutex_lock(&fixture->lock);
    while (fixture->held_count + fixture->held_accept_count) {
        wait_changed(fixture);
    }
    pthread_mutex_unlock(&fixture->lock);
}

/* ---- life ---- */

static void *run_loop(void *arg)
{
    cvg_loop_run(arg);
    return NULL;
}

static void stop_loop(void *arg)
{
    cvg_loop_stop(arg);
}

static int setup(void **state, size_t waiters, struct cvg_store *store)
{
    static const char *const hosts[] = {"gate.example.com", NULL};
    struct fixture *fixture = CVG_NEW(struct fixture);
    fixture->verdict = CVG_WAIT;
    fixture->valid_for = CVG_MINUTE;
    struct cvg_server_options options = {
        .host = "127.0.0.1",
        .threads = 2,
        .limits = {.waiters = (unsigned)waiters},
        .hosts = hosts,
        .version = "1.2.3",
    };
    struct cvg_error error = {0};

    pthread_mutex_init(&fixture->lock, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    fixture->board = cvg_board_new(names, ENVIRONMENTS);
    assert_int_equal(cvg_loop_new(NULL, &fixture->loop, &error), 0);
    cvg_board_staff(fixture->board, &(struct cvg_board_desk){.ask = take_question,
                                                             .accept = take_accept,
                                                             .reload = take_reload,
                                                             .store = store,
                                                             .hurry = count_hurry,
                                                             .ctx = fixture,
                                                             .loop = fixture->loop});
    assert_int_equal(cvg_server_new(&options, fixture->board, &fixture->server, &error), 0);
    fixture_beat(fixture);
    fixture_publish(fixture, PROD, CVG_GO, CVG_MINUTE);
    fixture_publish(fixture, STAGING, CVG_GO, CVG_MINUTE);
    assert_int_equal(pthread_create(&fixture->thread, NULL, run_loop, fixture->loop), 0);
    assert_int_equal(cvg_server_start(fixture->server, &error), 0);
    fixture->port = cvg_server_port(fixture->server);
    *state = fixture;
    return 0;
}

int fixture_setup(void **state)
{
    return setup(state, 0, NULL);
}

int fixture_setup_few_places(void **state)
{
    return setup(state, 3, NULL);
}

int fixture_setup_store(void **state, struct cvg_store *store)
{
    return setup(state, 0, store);
}

double fixture_metric(const struct fixture *fixture, const char *name)
{
    double value = -1;
    struct reply reply;
    char line[128];

    (void)snprintf(line, sizeof(line), "\n%s ", name);
    client_request(fixture, "GET", "/metrics", "", NULL, &reply);
    const char *at = strstr(reply.body, line);
    assert_non_null(at);
    at += strlen(line);
    assert_int_equal(cvg_parse_double(at, strcspn(at, "\n"), &value), 0);
    reply_done(&reply);
    return value;
}

void fixture_wait_metric(const struct fixture *fixture, const char *name, size_t value)
{
    int64_t deadline = cvg_time_now() + 10 * CVG_SECOND;

    while (fixture_metric(fixture, name) != (double)value) {
        if (cvg_time_now() > deadline) {
            fail_msg("%s is %g, not %zu", name, fixture_metric(fixture, name), value);
        }
    }
}

void fixture_stop_server(struct fixture *fixture)
{
    cvg_server_free(fixture->server);
    fixture->server = NULL;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    cvg_server_free(fixture->server);
    desk_release(fixture);
    cvg_loop_post(fixture->loop, stop_loop, fixture->loop);
    pthread_join(fixture->thread, NULL);
    cvg_board_free(fixture->board);
    cvg_loop_free(fixture->loop);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->lock);
    free(fixture);
    return 0;
}

/* ---- the client ---- */

int client_connect(const struct fixture *fixture)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(fixture->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 10};

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void client_send(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* refused early: what matters is the answer */
        }
        bytes += sent;
        length -= (size_t)sent;
    }
}

bool client_has_answer(int fd, int64_t within)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};

    return poll(&wanted, 1, (int)(within / CVG_MS)) > 0;
}

char *client_read_until(int fd, const char *text)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf all = CVG_BUF_INIT(1 << 22);
    char byte = 0;

    while (!strstr(cvg_buf_text(&all), text)) {
        if (recv(fd, &byte, 1, 0) != 1) {
            return NULL;
        }
        cvg_buf_putc(&all, byte);
    }
    return cvg_buf_take(&all, NULL);
}

void client_read(int fd, struct reply *ret)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1 << 24);
    char piece[4096];
    uint64_t status = 0;

    for (;;) {
        ssize_t got = recv(fd, piece, sizeof(piece), 0);
        if (got <= 0) {
            break;
        }
        cvg_buf_add(&text, piece, (size_t)got);
    }
    *ret = (struct reply){.text = cvg_buf_take(&text, NULL), .body = ""};
    if (strncmp(ret->text, "HTTP/1.", 7) == 0 && cvg_parse_uint64(ret->text + 9, 3, &status) == 0) {
        const char *end = strstr(ret->text, "\r\n\r\n");
        ret->status = (unsigned)status;
        ret->body = end ? end + 4 : "";
    }
}

void client_exchange(const struct fixture *fixture, const char *bytes, struct reply *ret)
{
    int fd = client_connect(fixture);

    client_send(fd, bytes, strlen(bytes));
    client_read(fd, ret);
    close(fd);
}

void client_request(const struct fixture *fixture, const char *method, const char *target,
                    const char *headers, const char *body, struct reply *ret)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf text = CVG_BUF_INIT(1 << 22);

    cvg_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s", method,
                   target, fixture->port, headers);
    if (body) {
        cvg_buf_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    }
    cvg_buf_puts(&text, "\r\n");
    cvg_buf_puts(&text, body ? body : "");
    client_exchange(fixture, cvg_buf_text(&text), ret);
}

const char *reply_header(const struct reply *reply, const char *name)
{
    static char value[1024];
    size_t length = strlen(name);

    for (const char *at = strstr(reply->text, "\r\n"); at && at[2] != '\r';
         at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, length) == 0 && at[2 + length] == ':') {
            const char *start = at + 2 + length + 1;
            start += strspn(start, " ");
            (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(start, "\r"), start);
            return value;
        }
    }
    return "";
}

void reply_done(struct reply *reply)
{
    free(reply->text);
    *reply = (struct reply){0};
}
