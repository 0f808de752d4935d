/* SPDX-License-Identifier: Apache-2.0 */
/* The module against a host made of arrays: what it asks, whom it shares with, how runs end. */
#include "answer.h"
#include "config.h"
#include "flavour.h"

#include "base/alloc.h"
#include "base/macros.h"

#include <convergate/module.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND    INT64_C(1000000000)
#define ROUND     (INT64_C(1795201957) * SECOND + 931456789)
#define DAY       (86400 * SECOND)
#define CHECKS    8
#define TRANSFERS 16

/* ---- the host ---- */

struct cvg_op {
    int open;
    struct cvg_http_request request;
    char body[512], path[256], headers[256];
    /* An offload. */
    void (*work)(void *arg);
    void (*done)(void *arg, struct cvg_op *op);
    void (*discard)(void *arg);
    void *arg;
};

struct cvg_run {
    int completed;
    uint32_t status, fault;
    char reason[64], message[512];
    int64_t observed_at_ns;
};

static struct {
    int64_t now;
    struct cvg_op ops[TRANSFERS], job;
    size_t op_count, cancelled;
    char group[64], config_path[64];
} host_state;

static int64_t host_now(void)
{
    return host_state.now;
}

static int64_t host_wall(void)
{
    return ROUND;
}

static struct cvg_scope *scope_of_source(struct cvg_source *source)
{
    return (struct cvg_scope *)(void *)source;
}

static struct cvg_scope *scope_of_check(struct cvg_check *check)
{
    return (struct cvg_scope *)(void *)check;
}

static void host_config_error(struct cvg_scope *scope, const char *path, const char *text)
{
    (void)scope, (void)text;
    snprintf(host_state.config_path, sizeof(host_state.config_path), "%s", path);
}

static void host_group(struct cvg_check *check, const char *key)
{
    (void)check;
    snprintf(host_state.group, sizeof(host_state.group), "%s", key);
}

static struct cvg_op *host_http(struct cvg_scope *scope, const struct cvg_http_request *request)
{
    (void)scope;
    assert_true(host_state.op_count < TRANSFERS);
    struct cvg_op *op = &host_state.ops[host_state.op_count++];
    assert_true(request->body_length < sizeof(op->body));
    *op = (struct cvg_op){.open = 1, .request = *request};
    if (request->body_length > 0) {
        memcpy(op->body, request->body, request->body_length);
    }
    snprintf(op->path, sizeof(op->path), "%s", request->path);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct cvg_pair *header = &request->headers[i];
        size_t length = strlen(op->headers);
        snprintf(op->headers + length, sizeof(op->headers) - length, "%s: %s\n", header->name,
                 header->value);
    }
    return op;
}

static struct cvg_op *host_offload(struct cvg_scope *scope, void (*work)(void *arg),
                                   void (*done)(void *arg, struct cvg_op *op),
                                   void (*discard)(void *arg), void *arg)
{
    (void)scope;
    host_state.job =
        (struct cvg_op){.open = 1, .work = work, .done = done, .discard = discard, .arg = arg};
    return &host_state.job;
}

static void host_cancel(struct cvg_op *op)
{
    assert_true(op->open);
    op->open = 0;
    host_state.cancelled++;
}

static void host_complete(struct cvg_run *run, const struct cvg_reading *reading)
{
    run->completed++;
    run->status = reading->status;
    run->fault = reading->fault;
    run->observed_at_ns = reading->observed_at_ns;
    snprintf(run->reason, sizeof(run->reason), "%s", reading->reason);
    snprintf(run->message, sizeof(run->message), "%s", reading->message);
}

static const struct cvg_host host = {
    .size = sizeof(host),
    .abi_major = CVG_ABI_MAJOR,
    .now = host_now,
    .wall = host_wall,
    .source_scope = scope_of_source,
    .check_scope = scope_of_check,
    .config_error = host_config_error,
    .group = host_group,
    .complete = host_complete,
    .http = host_http,
    .offload = host_offload,
    .cancel = host_cancel,
};

/* ---- driving it ---- */

struct bench {
    const struct cvg_module *module;
    void *source, *checks[CHECKS];
    struct cvg_prom_check_config configs[CHECKS];
    struct cvg_run runs[CHECKS];
};

static struct cvg_prom_check_config make_config(const char *query)
{
    return (struct cvg_prom_check_config){
        .query = query, .ready = "< 1", .max_sample_age = CVG_ABSENT_INT};
}

static void bench_open_source(struct bench *bench, const struct cvg_prom_source_config *config)
{
    memset(&host_state, 0, sizeof(host_state));
    *bench = (struct bench){.module = cvg_module_v1()};
    host_state.now = 100 * SECOND;
    assert_int_equal(bench->module->source_create(&host, NULL, config, &bench->source), 0);
}

static void bench_open(struct bench *bench, const struct cvg_pair *parameters, size_t count)
{
    struct cvg_prom_source_config config = {.parameters = {count, parameters}};
    bench_open_source(bench, &config);
}

static void bench_close(struct bench *bench)
{
    for (size_t i = 0; i < CHECKS; i++) {
        if (bench->checks[i] != NULL) {
            bench->module->check_destroy(bench->checks[i]);
        }
    }
    if (host_state.job.open) {
        host_state.job.work(host_state.job.arg);
        host_state.job.discard(host_state.job.arg);
    }
    bench->module->source_destroy(bench->source);
}

static void add_check(struct bench *bench, size_t i, struct cvg_prom_check_config config)
{
    bench->configs[i] = config;
    assert_int_equal(
        bench->module->check_create(bench->source, NULL, &bench->configs[i], &bench->checks[i]), 0);
}

static void run_at(struct bench *bench, size_t i, int64_t wall_ns, int64_t deadline_ns)
{
    struct cvg_run_inputs inputs = {.size = sizeof(inputs),
                                    .config = &bench->configs[i],
                                    .round_wall_ns = wall_ns,
                                    .round_ns = 99 * SECOND,
                                    .deadline_ns = deadline_ns};
    bench->runs[i] = (struct cvg_run){0};
    bench->module->run(bench->checks[i], &bench->runs[i], &inputs);
}

static void run(struct bench *bench, size_t i)
{
    run_at(bench, i, ROUND, 110 * SECOND);
}

static void respond_with(size_t transfer, const char *headers, const char *body, size_t length)
{
    struct cvg_op *op = &host_state.ops[transfer];
    struct cvg_http_response response = {.size = sizeof(response),
                                         .status = 200,
                                         .fault_text = "",
                                         .content_type = "application/json",
                                         .headers = headers,
                                         .body = body,
                                         .body_length = length};
    assert_true(transfer < host_state.op_count && op->open);
    op->open = 0;
    op->request.on_done(op->request.arg, op, &response);
}

static void respond(size_t transfer, const char *body, size_t length)
{
    respond_with(transfer, "", body, length);
}

/* about: the sample's time. */
static void respond_about(size_t transfer, const char *about, const char *value)
{
    char body[256];
    int length = snprintf(body, sizeof(body),
                          "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":"
                          "[{\"metric\":{},\"value\":[%s,\"%s\"]}]}}",
                          about, value);
    respond(transfer, body, (size_t)length);
}

static void respond_dated(size_t transfer, const char *headers, const char *value)
{
    char body[256];
    int length = snprintf(body, sizeof(body),
                          "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":"
                          "[1795201957.931,\"%s\"]}}",
                          value);
    respond_with(transfer, headers, body, (size_t)length);
}

static void respond_value(size_t transfer, const char *value)
{
    respond_about(transfer, "1795201957.931", value);
}

static void assert_run(const struct bench *bench, size_t i, uint32_t status, const char *reason)
{
    assert_int_equal(bench->runs[i].completed, 1);
    assert_string_equal(bench->runs[i].reason, reason);
    assert_int_equal(bench->runs[i].status, status);
}

/* ---- tests ---- */

static void test_posts_the_query_at_the_rounds_instant(void **state)
{
    (void)state;
    static const struct cvg_pair more[] = {{"nocache", "1"}, {"dedup", "a b&c"}};
    struct bench bench;
    bench_open(&bench, more, 2);
    add_check(&bench, 0, make_config("sum(up{job=\"\xc3\xa9+\"}) / 2"));
    assert_string_equal(host_state.group, "sum(up{job=\"\xc3\xa9+\"}) / 2");
    run(&bench, 0);
    const struct cvg_op *op = &host_state.ops[0];
    assert_string_equal(op->request.method, "POST");
    assert_string_equal(op->request.path, "/api/v1/query");
    assert_string_equal(op->request.content_type, "application/x-www-form-urlencoded");
    assert_string_equal(op->body, "query=sum%28up%7Bjob%3D%22%C3%A9%2B%22%7D%29+%2F+2"
                                  "&time=1795201957.931&timeout=9375ms&limit=10001"
                                  "&partial_response=false&nocache=1&dedup=a+b%26c");
    assert_int_equal(bench.runs[0].completed, 0);
    respond_value(0, "0.5");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    assert_int_equal(bench.runs[0].observed_at_ns, 99 * SECOND);
    bench_close(&bench);
}

static void test_evidence_is_as_old_as_the_answer_says(void **state)
{
    static const struct {
        const char *about;
        int64_t observed_at_ns;
    } table[] = {
        {"1795201957.931", 99 * SECOND},
        {"1795201957", 99 * SECOND}, /* cut to seconds */
        {"1795201960", 99 * SECOND},
        {"1795201927.931456789", 69 * SECOND},
        {"1", 1},
        {"-1e300", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct bench bench;
        bench_open(&bench, NULL, 0);
        add_check(&bench, 0, make_config("up"));
        run(&bench, 0);
        respond_about(0, table[i].about, "0");
        assert_run(&bench, 0, CVG_READY, "ConditionMet");
        /* Doubles of this size are exact to a microsecond. */
        assert_true(llabs(bench.runs[0].observed_at_ns - table[i].observed_at_ns) < 1000);
        bench_close(&bench);
    }
}

static void test_an_answer_from_a_clock_ahead_is_about_the_past(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    add_check(&bench, 0, make_config("up"));
    run(&bench, 0);
    respond_dated(0, "Date: Fri, 20 Nov 2026 19:13:07 GMT\n", "0"); /* 30 s ahead of ours */
    assert_run(&bench, 0, CVG_UNKNOWN, "ClockBehind");
    bench_close(&bench);
}

static void test_asks_once_for_the_same_query_in_a_round(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        add_check(&bench, i, make_config(i == 3 ? "down" : "up"));
    }
    run(&bench, 0);
    run_at(&bench, 2, ROUND, 110 * SECOND + 900000000);
    run(&bench, 3);
    assert_int_equal(host_state.op_count, 2);
    respond_value(0, "0.5");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    assert_run(&bench, 2, CVG_READY, "ConditionMet");
    assert_int_equal(bench.runs[3].completed, 0);
    respond_value(1, "7");
    assert_run(&bench, 3, CVG_FAILED, "ConditionNotMet");
    bench_close(&bench);
}

/* Another instant is another question, and so is a deadline that the first one cannot wait for. */
static void test_does_not_share_over_instants_or_deadlines(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        add_check(&bench, i, make_config("up"));
    }
    run_at(&bench, 0, ROUND, 110 * SECOND);
    run_at(&bench, 1, ROUND + 1000000, 110 * SECOND);
    run_at(&bench, 2, ROUND, 130 * SECOND);
    assert_int_equal(host_state.op_count, 3);
    run_at(&bench, 3, ROUND, 130 * SECOND);
    assert_int_equal(host_state.op_count, 3);
    respond_value(2, "0");
    assert_run(&bench, 2, CVG_READY, "ConditionMet");
    assert_run(&bench, 3, CVG_READY, "ConditionMet");
    assert_int_equal(bench.runs[0].completed + bench.runs[1].completed, 0);
    bench_close(&bench);
    assert_int_equal(host_state.cancelled, 2);
}

static void test_cancels_the_transfer_with_its_last_asker(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        add_check(&bench, i, make_config("up"));
        run(&bench, i);
    }
    bench.module->cancel(bench.checks[1], &bench.runs[1]);
    bench.module->cancel(bench.checks[0], &bench.runs[0]);
    assert_int_equal(host_state.cancelled, 0);
    bench.module->cancel(bench.checks[2], &bench.runs[2]);
    assert_int_equal(host_state.cancelled, 1);
    /* Asked anew, and the cancelled runs hear nothing. */
    run(&bench, 0);
    assert_int_equal(host_state.op_count, 2);
    respond_value(1, "0");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    assert_int_equal(bench.runs[1].completed + bench.runs[2].completed, 0);
    bench_close(&bench);
}

static void test_goes_on_for_those_who_stay(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        add_check(&bench, i, make_config("up"));
        run(&bench, i);
    }
    bench.module->cancel(bench.checks[1], &bench.runs[1]);
    respond_value(0, "0");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    assert_run(&bench, 2, CVG_READY, "ConditionMet");
    assert_int_equal(bench.runs[1].completed, 0);
    bench_close(&bench);
}

static const struct cvg_prom_volume volume = {"traffic", 10};

static void add_companions(struct bench *bench)
{
    struct cvg_prom_check_config config = make_config("errors");
    config.min_volume = &volume;
    config.on_low_volume = CVG_PROM_READY;
    config.max_sample_age = 45 * SECOND;
    bench_open(bench, NULL, 0);
    add_check(bench, 0, config);
    run(bench, 0);
    assert_int_equal(host_state.op_count, 3);
}

static void test_asks_companions_at_the_same_instant(void **state)
{
    (void)state;
    struct bench bench;
    add_companions(&bench);
    static const char *const starts[] = {
        "query=errors&time=1795201957.931&", "query=traffic&time=1795201957.931&",
        "query=time%28%29+-+min%28timestamp%28errors%29%29&time=1795201957.931&"};
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(host_state.ops[i].body, starts[i], strlen(starts[i]));
    }
    bench_close(&bench);
    assert_int_equal(host_state.cancelled, 3);
}

/* Whatever the order in which the answers come, the finding is the same. */
static void test_judges_when_the_last_answer_is_in(void **state)
{
    (void)state;

    static const struct {
        const char *answers[3]; /* value, volume, age */
        uint32_t status;
        const char *reason;
    } rows[] = {
        {{"0.5", "10", "5"}, CVG_READY, "ConditionMet"},
        {{"5", "10", "5"}, CVG_FAILED, "ConditionNotMet"},
        {{"5", "9", "5"}, CVG_READY, "LowVolume"},
        {{"NaN", "0", "5"}, CVG_READY, "LowVolume"},
        {{"0.5", "9", "50"}, CVG_UNKNOWN, "SamplesTooOld"},
        {{"0.5", "NaN", "50"}, CVG_UNKNOWN, "SamplesTooOld"},
        {{"0.5", "bad", "50"}, CVG_UNKNOWN, "SamplesTooOld"},
        {{"bad", "9", "50"}, CVG_UNKNOWN, "BadAnswer"},
    };

    static const size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        for (size_t j = 0; j < CVG_COUNT(orders); j++) {
            struct bench bench;
            add_companions(&bench);
            for (size_t k = 0; k < 3; k++) {
                assert_int_equal(bench.runs[0].completed, 0);
                respond_value(orders[j][k], rows[i].answers[orders[j][k]]);
            }
            assert_run(&bench, 0, rows[i].status, rows[i].reason);
            bench_close(&bench);
        }
    }
}

static void test_ends_a_run_with_companions_in_the_middle(void **state)
{
    (void)state;
    struct bench bench;
    add_companions(&bench);
    respond_value(0, "0.5");
    bench.module->cancel(bench.checks[0], &bench.runs[0]);
    assert_int_equal(host_state.cancelled, 2);
    assert_int_equal(bench.runs[0].completed, 0);
    run(&bench, 0);
    for (size_t i = 3; i < 6; i++) {
        respond_value(i, i == 4 ? "10" : "0.5");
    }
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    bench_close(&bench);
}

/* A check whose volume is its own query is on the same question twice. */
static void test_shares_a_question_with_itself(void **state)
{
    (void)state;
    static const struct cvg_prom_volume own = {"up", 0};
    struct cvg_prom_check_config config = make_config("up");
    struct bench bench;
    config.min_volume = &own;
    bench_open(&bench, NULL, 0);
    add_check(&bench, 0, config);
    run(&bench, 0);
    assert_int_equal(host_state.op_count, 1);
    respond_value(0, "0.5");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    bench_close(&bench);
}

/* A body over 256 KiB. */
static char *big_body(size_t *ret_length)
{
    static const char before[] =
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[";
    static const char after[] = "{\"metric\":{},\"value\":[1,\"0\"]}]}}";
    const size_t padding = 300 * (size_t)1024;
    char *body = cvg_alloc(sizeof(before) + padding + sizeof(after));
    memcpy(body, before, sizeof(before) - 1);
    memset(body + sizeof(before) - 1, ' ', padding);
    memcpy(body + sizeof(before) - 1 + padding, after, sizeof(after));
    *ret_length = sizeof(before) - 1 + padding + sizeof(after) - 1;
    return body;
}

static void test_decodes_big_bodies_on_a_worker(void **state)
{
    (void)state;
    struct bench bench;
    size_t length = 0;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 3; i++) {
        add_check(&bench, i, make_config("up"));
    }
    run(&bench, 0);
    run(&bench, 1);
    char *body = big_body(&length);
    respond(0, body, length);
    memset(body, 'x', length); /* the host's bytes are gone when the worker begins */
    free(body);
    assert_true(host_state.job.open);
    assert_int_equal(bench.runs[0].completed, 0);
    bench.module->cancel(bench.checks[0], &bench.runs[0]);
    run(&bench, 2); /* the question is still open */
    assert_int_equal(host_state.op_count, 1);
    host_state.job.work(host_state.job.arg);
    host_state.job.open = 0;
    host_state.job.done(host_state.job.arg, &host_state.job);
    assert_int_equal(bench.runs[0].completed, 0);
    assert_run(&bench, 1, CVG_READY, "ConditionMet");
    assert_run(&bench, 2, CVG_READY, "ConditionMet");
    bench_close(&bench);
}

static void test_closes_while_a_worker_decodes(void **state)
{
    (void)state;
    struct bench bench;
    size_t length = 0;
    bench_open(&bench, NULL, 0);
    add_check(&bench, 0, make_config("up"));
    run(&bench, 0);
    char *body = big_body(&length);
    respond(0, body, length);
    free(body);
    bench.module->cancel(bench.checks[0], &bench.runs[0]);
    assert_int_equal(host_state.cancelled, 0);
    bench_close(&bench);
    assert_int_equal(bench.runs[0].completed, 0);
}

static void test_asks_with_facts_filled_in(void **state)
{
    (void)state;
    struct bench bench;
    struct cvg_prom_check_config config = make_config("up");
    bench_open(&bench, NULL, 0);
    config.ready = "< ${checks.slo.facts.limit}";
    add_check(&bench, 0, config);
    bench.configs[0].ready = "< 3";
    run(&bench, 0);
    respond_value(0, "2");
    assert_run(&bench, 0, CVG_READY, "ConditionMet");
    bench.configs[0].ready = "< soon";
    run(&bench, 0);
    assert_run(&bench, 0, CVG_UNKNOWN, "ConditionInvalid");
    assert_int_equal(bench.runs[0].fault, CVG_FAULT_REQUEST);
    assert_int_equal(host_state.op_count, 1);
    bench_close(&bench);
}

static void test_refuses_a_check_at_its_key(void **state)
{
    (void)state;
    struct bench bench;
    void *check = NULL;
    struct cvg_prom_check_config config = make_config("up");
    config.ready = "0.01";
    bench_open(&bench, NULL, 0);
    assert_int_not_equal(bench.module->check_create(bench.source, NULL, &config, &check), 0);
    assert_string_equal(host_state.config_path, "ready");
    assert_null(check);
    bench_close(&bench);
}

/* More questions in flight than the table begins with. */
static void test_keeps_many_questions_apart(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < CHECKS; i++) {
        static const struct cvg_prom_volume volumes[CHECKS] = {
            {"v0", 1}, {"v1", 1}, {"v2", 1}, {"v3", 1}, {"v4", 1}, {"v5", 1}, {"v6", 1}, {"v7", 1}};
        static const char *const queries[CHECKS] = {"q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7"};
        struct cvg_prom_check_config config = make_config(queries[i]);
        config.min_volume = &volumes[i];
        add_check(&bench, i, config);
        run(&bench, i);
    }
    assert_int_equal(host_state.op_count, TRANSFERS);
    for (size_t i = 0; i < CHECKS; i++) {
        respond_value(2 * i + 1, "1");
        assert_int_equal(bench.runs[i].completed, 0);
        respond_value(2 * i, i % 2 ? "0" : "1");
        assert_run(&bench, i, i % 2 ? CVG_READY : CVG_FAILED,
                   i % 2 ? "ConditionMet" : "ConditionNotMet");
    }
    bench_close(&bench);
}

static void test_speaks_as_the_flavour_does(void **state)
{
    (void)state;

    static const struct {
        uint32_t flavour;
        const char *tenant, *path, *body, *headers;
    } rows[] = {
        {CVG_PROM_THANOS, "shop", "/api/v1/query",
         "query=up&time=1795201957.931&timeout=9375ms&limit=10001&partial_response=false&dedup="
         "true",
         "Accept: application/json\nTHANOS-TENANT: shop\n"},
        {CVG_PROM_MIMIR, "a|b", "/api/v1/query",
         "query=up&time=1795201957.931&timeout=9375ms&limit=10001",
         "Accept: application/json\nX-Scope-OrgID: a|b\n"},
        {CVG_PROM_VICTORIAMETRICS, NULL, "/api/v1/query",
         "query=up&time=1795201957.931&timeout=9375ms&limit=10001&nocache=1"
         "&deny_partial_response=1",
         "Accept: application/json\n"},
        {CVG_PROM_LOKI, "shop", "/loki/api/v1/query", "query=up&time=1795201957931456789",
         "Accept: application/json\nX-Scope-OrgID: shop\n"},
    };

    for (size_t i = 0; i < CVG_COUNT(rows); i++) {
        struct cvg_prom_source_config config = {.flavour = rows[i].flavour,
                                                .tenant = rows[i].tenant};
        struct bench bench;
        bench_open_source(&bench, &config);
        add_check(&bench, 0, make_config("up"));
        run(&bench, 0);
        assert_string_equal(host_state.ops[0].path, rows[i].path);
        assert_string_equal(host_state.ops[0].body, rows[i].body);
        assert_string_equal(host_state.ops[0].headers, rows[i].headers);
        respond_value(0, "0.5");
        assert_run(&bench, 0, CVG_READY, "ConditionMet");
        bench_close(&bench);
    }
}

/* Whatever each of them looks for. */
static void test_asks_for_rules_once_in_a_round(void **state)
{
    (void)state;
    static const struct cvg_prom_rules rules[] = {{.group = "a", .max_age = CVG_ABSENT_INT},
                                                  {.group = "b", .max_age = CVG_ABSENT_INT}};
    static const char body[] =
        "{\"status\":\"success\",\"data\":{\"groups\":[{\"name\":\"a\",\"rules\":[{\"name\":"
        "\"x\",\"health\":\"ok\",\"lastEvaluation\":\"2026-11-20T19:12:30Z\"}]}]}}";
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        add_check(
            &bench, i,
            (struct cvg_prom_check_config){.rules = &rules[i], .max_sample_age = CVG_ABSENT_INT});
        run(&bench, i);
    }
    assert_int_equal(host_state.op_count, 1);
    assert_string_equal(host_state.ops[0].request.method, "GET");
    assert_string_equal(host_state.ops[0].path,
                        "/api/v1/rules?exclude_alerts=true&partial_response=false&dedup=true");
    assert_int_equal(host_state.ops[0].request.body_length, 0);
    respond(0, body, sizeof(body) - 1);
    assert_run(&bench, 0, CVG_READY, "RulesHealthy");
    assert_run(&bench, 1, CVG_FAILED, "RuleMissing");
    bench_close(&bench);
}

/* Two budgets of one service: what both ask is asked once. */
static void test_shares_the_windows_of_budgets(void **state)
{
    (void)state;
    static const struct cvg_prom_slo slos[] = {
        {.objective = "99%", .errors = "e$window", .total = "t$window", .period = 30 * DAY},
        {.objective = "99.9%", .errors = "e$window", .total = "t$window", .period = 30 * DAY}};
    struct bench bench;
    bench_open(&bench, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        add_check(
            &bench, i,
            (struct cvg_prom_check_config){.slo = &slos[i], .max_sample_age = CVG_ABSENT_INT});
        run(&bench, i);
    }
    assert_int_equal(host_state.op_count, 14);
    for (size_t i = 0; i < 14; i++) {
        assert_int_equal(bench.runs[0].completed + bench.runs[1].completed, 0);
        respond_value(i, i % 2 ? "1000" : "20"); /* 2 % fail */
    }
    assert_run(&bench, 0, CVG_DEGRADED, "BudgetBurningSlowly");
    assert_run(&bench, 1, CVG_FAILED, "BudgetBurningFast");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_posts_the_query_at_the_rounds_instant),
        cmocka_unit_test(test_evidence_is_as_old_as_the_answer_says),
        cmocka_unit_test(test_an_answer_from_a_clock_ahead_is_about_the_past),
        cmocka_unit_test(test_asks_once_for_the_same_query_in_a_round),
        cmocka_unit_test(test_does_not_share_over_instants_or_deadlines),
        cmocka_unit_test(test_cancels_the_transfer_with_its_last_asker),
        cmocka_unit_test(test_goes_on_for_those_who_stay),
        cmocka_unit_test(test_asks_companions_at_the_same_instant),
        cmocka_unit_test(test_judges_when_the_last_answer_is_in),
        cmocka_unit_test(test_ends_a_run_with_companions_in_the_middle),
        cmocka_unit_test(test_shares_a_question_with_itself),
        cmocka_unit_test(test_decodes_big_bodies_on_a_worker),
        cmocka_unit_test(test_closes_while_a_worker_decodes),
        cmocka_unit_test(test_asks_with_facts_filled_in),
        cmocka_unit_test(test_refuses_a_check_at_its_key),
        cmocka_unit_test(test_keeps_many_questions_apart),
        cmocka_unit_test(test_speaks_as_the_flavour_does),
        cmocka_unit_test(test_asks_for_rules_once_in_a_round),
        cmocka_unit_test(test_shares_the_windows_of_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
