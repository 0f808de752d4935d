/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MOST  ((size_t)64 << 20)
#define FACTS_MOST 128
#define CHECK_MOST 64

enum op_kind {
    TIMER,
    HTTP,
    WORK,
    FILE_READ,
    SPAWN,
    SILENT /* never says anything */
};

struct cvg_op {
    enum op_kind kind;
    struct cvg_op *next;
    uint64_t number;
    int64_t due; /* TIMER, and of others when they call back by themselves; INT64_MAX: never */
    int entered; /* its callback runs: freed when it returns */
    int dead;
    int orphan; /* WORK that was cancelled: a worker has it */
    void *arg;
    void (*on_timer)(void *arg, struct cvg_op *op);
    void (*work)(void *arg);
    void (*done)(void *arg, struct cvg_op *op);
    void (*discard)(void *arg);
    void (*on_file)(void *arg, struct cvg_op *op, int32_t error, const char *bytes, size_t length,
                    int64_t mtime_ns);
    struct cvg_spawn spawn;
    /* HTTP */
    struct cvg_http_request request;
    char *path, *headers, *content_type;
    struct cvg_buf body;
    size_t received;
    uint64_t connection;
    int64_t started, retry_after;
    uint32_t status;
    int severed;
};

struct cvg_check {
    char *name;
    unsigned reports;
    struct cvg_reading reading;
    struct cvg_fact facts[FACTS_MOST];
    char *texts[FACTS_MOST * 2 + 8];
    size_t text_count;
    char memory[CVG_MEMORY_LIMIT];
    size_t memory_length;
};

struct fake_host {
    int64_t now, wall;
    struct cvg_op *ops; /* oldest first */
    uint64_t numbers, connection, own_connections;
    int held;
    size_t (*cut)(void *arg);
    void *cut_arg;
    unsigned alive, severed, refusals;
    size_t requests;
    char log[512], refusal[512], endpoint[512];
    struct cvg_check checks[CHECK_MOST];
    size_t check_count;
};

/* The host's clock functions have no argument. */
static struct fake_host *world;

/* ---- operations ---- */

static struct cvg_op *add_op(enum op_kind kind, int64_t due, void *arg)
{
    struct cvg_op *op = CVG_NEW(struct cvg_op);
    struct cvg_op **end = &world->ops;
    while (*end) {
        end = &(*end)->next;
    }
    *end = op;
    op->kind = kind;
    op->number = ++world->numbers;
    op->due = due;
    op->arg = arg;
    op->body.limit = BODY_MOST;
    return op;
}

static void free_op(struct cvg_op *op)
{
    free(op->path);
    free(op->headers);
    free(op->content_type);
    cvg_buf_done(&op->body);
    free(op);
}

static void remove_op(struct cvg_op *op)
{
    struct cvg_op **link = &world->ops;
    while (*link && *link != op) {
        link = &(*link)->next;
    }
    if (!*link) {
        abort(); /* a handle that is dead already */
    }
    *link = op->next;
    op->dead = 1;
    if (!op->entered) {
        free_op(op);
    }
}

static void cancel(struct cvg_op *op)
{
    if (op->kind == WORK) {
        if (op->orphan) {
            abort();
        }
        op->orphan = 1;
        op->due = world->held ? INT64_MAX : world->now;
    } else {
        remove_op(op);
    }
}

/* Around callbacks after which the operation may be gone. Returns whether it is still there. */
static int leave(struct cvg_op *op)
{
    op->entered = 0;
    if (op->dead) {
        free_op(op);
        return 0;
    }
    return 1;
}

static struct cvg_op *timer(struct cvg_scope *scope, int64_t after_ns,
                            void (*on_timer)(void *arg, struct cvg_op *op), void *arg)
{
    (void)scope;
    struct cvg_op *op = add_op(TIMER, world->now + after_ns, arg);
    op->on_timer = on_timer;
    return op;
}

static struct cvg_op *offload(struct cvg_scope *scope, void (*work)(void *arg),
                              void (*done)(void *arg, struct cvg_op *op),
                              void (*discard)(void *arg), void *arg)
{
    (void)scope;
    struct cvg_op *op = add_op(WORK, world->held ? INT64_MAX : world->now, arg);
    op->work = work;
    op->done = done;
    op->discard = discard;
    return op;
}

static struct cvg_op *read_file(struct cvg_scope *scope, const char *path, size_t limit,
                                void (*on_done)(void *arg, struct cvg_op *op, int32_t error,
                                                const char *bytes, size_t length, int64_t mtime_ns),
                                void *arg)
{
    (void)scope;
    (void)path;
    (void)limit;
    struct cvg_op *op = add_op(FILE_READ, world->now, arg);
    op->on_file = on_done;
    return op;
}

static struct cvg_op *watch_file(struct cvg_scope *scope, const char *path,
                                 void (*on_change)(void *arg, struct cvg_op *op), void *arg)
{
    (void)scope;
    (void)path;
    (void)on_change;
    return add_op(SILENT, INT64_MAX, arg);
}

static struct cvg_op *spawn(struct cvg_scope *scope, const struct cvg_spawn *asked)
{
    (void)scope;
    struct cvg_op *op = add_op(SPAWN, world->now, asked->arg);
    op->spawn = *asked;
    return op;
}

/* ---- HTTP ---- */

static struct cvg_op *http(struct cvg_scope *scope, const struct cvg_http_request *request)
{
    (void)scope;
    int stream = (request->flags & CVG_HTTP_STREAM) != 0;
    int64_t timeout = request->timeout_ns ? request->timeout_ns : 30 * FAKE_SECOND;
    struct cvg_op *op = add_op(HTTP, stream ? INT64_MAX : world->now + timeout, request->arg);
    struct cvg_buf headers = CVG_BUF_INIT(4096);
    op->request = *request;
    op->path = cvg_strdup(request->path);
    for (size_t i = 0; i < request->header_count; i++) {
        cvg_buf_printf(&headers, "\n%s: %s", request->headers[i].name, request->headers[i].value);
    }
    cvg_buf_puts(&headers, "\n");
    op->headers = cvg_strdup(cvg_buf_text(&headers));
    cvg_buf_done(&headers);
    op->started = world->now;
    world->requests++;
    return op;
}

static void take_connection(struct cvg_op *op)
{
    if (!op->connection) {
        op->connection = world->connection ? world->connection : 1000000 + ++world->own_connections;
    }
}

static void describe(const struct cvg_op *op, struct cvg_http_response *ret)
{
    *ret = (struct cvg_http_response){
        .size = sizeof *ret,
        .status = op->status,
        .fault_text = "",
        .content_type = op->content_type ? op->content_type : "",
        .retry_after_ns = op->retry_after,
        .headers = "",
        .body = cvg_buf_text(&op->body),
        .body_length = op->body.length,
        .started_ns = op->started,
        .finished_ns = world->now,
        .http_version = world->connection ? 20 : 11,
        .connection = op->connection,
        .address = "192.0.2.1",
    };
}

static void finish(struct cvg_op *op, uint32_t fault, const char *text)
{
    struct cvg_http_response response;
    describe(op, &response);
    response.fault = fault;
    response.fault_text = text;
    op->entered = 1;
    remove_op(op);
    op->request.on_done(op->request.arg, op, &response);
    (void)leave(op);
}

static void http_sever(struct cvg_op *op)
{
    take_connection(op);
    for (struct cvg_op *other = world->ops; other; other = other->next) {
        if (other->kind == HTTP && other->connection == op->connection) {
            other->severed = 1;
            other->due = world->now;
        }
    }
    world->severed++;
    if (world->connection == op->connection) {
        world->connection += 100;
    }
}

static void http_pause(struct cvg_op *op)
{
    (void)op;
    abort();
}

struct cvg_op *fake_host_find(struct fake_host *fake, const char *part)
{
    struct cvg_op *op = fake->ops;
    while (op && !(op->kind == HTTP && !op->severed && strstr(op->path, part))) {
        op = op->next;
    }
    return op;
}

size_t fake_host_open_requests(const struct fake_host *fake)
{
    size_t count = 0;
    for (const struct cvg_op *op = fake->ops; op; op = op->next) {
        count += op->kind == HTTP;
    }
    return count;
}

size_t fake_host_requests(const struct fake_host *fake)
{
    return fake->requests;
}

const char *fake_request_path(const struct cvg_op *request)
{
    return request->path;
}

const char *fake_request_header(const struct cvg_op *request, const char *name)
{
    static char value[512];
    char start[128];
    snprintf(start, sizeof start, "\n%s: ", name);
    const char *at = strstr(request->headers, start);
    at = at ? at + strlen(start) : "";
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\n"), at);
    return value;
}

uint32_t fake_request_flags(const struct cvg_op *request)
{
    return request->request.flags;
}

void fake_host_connect(struct fake_host *fake, uint64_t connection)
{
    fake->connection = connection;
}

void fake_host_cut(struct fake_host *fake, size_t (*next)(void *arg), void *arg)
{
    fake->cut = next;
    fake->cut_arg = arg;
}

int fake_head(struct fake_host *fake, struct cvg_op *request, uint32_t status,
              const char *content_type)
{
    struct cvg_http_response head;
    (void)fake;
    if (request->status) {
        abort(); /* it was answered already */
    }
    take_connection(request);
    request->status = status;
    request->content_type = cvg_strdup(content_type);
    if (!request->request.on_head) {
        return 1;
    }
    describe(request, &head);
    request->entered = 1;
    int stop = request->request.on_head(request->request.arg, request, &head);
    if (leave(request) && stop) {
        finish(request, CVG_FAULT_NONE, "");
        return 0;
    }
    return !stop;
}

/* One piece. Returns whether it is still open. */
static int give(struct cvg_op *op, const char *bytes, size_t length)
{
    size_t limit = op->request.body_limit ? (size_t)op->request.body_limit : BODY_MOST;
    op->received += length;
    if (!(op->request.flags & CVG_HTTP_STREAM) && op->received > limit) {
        finish(op, CVG_FAULT_TOO_LARGE, "the body of the answer is too large");
        return 0;
    }
    if (!op->request.on_body) {
        cvg_buf_add(&op->body, bytes, length);
        return 1;
    }
    /* A copy of exactly that size: who reads past it is seen. */
    char *copy = memcpy(cvg_alloc(length), bytes, length);
    op->entered = 1;
    int stop = op->request.on_body(op->request.arg, op, copy, length);
    free(copy);
    if (!leave(op)) {
        return 0;
    }
    if (stop) {
        finish(op, CVG_FAULT_NONE, "");
    }
    return !stop;
}

int fake_bytes(struct fake_host *fake, struct cvg_op *request, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        size_t piece = fake->cut ? fake->cut(fake->cut_arg) : length;
        piece = piece < 1 ? 1 : piece > length ? length : piece;
        if (!give(request, at, piece)) {
            return 0;
        }
        at += piece;
        length -= piece;
    }
    return 1;
}

void fake_end(struct fake_host *fake, struct cvg_op *request)
{
    (void)fake;
    finish(request, CVG_FAULT_NONE, "");
}

void fake_fail(struct fake_host *fake, struct cvg_op *request, uint32_t fault, const char *text)
{
    (void)fake;
    take_connection(request);
    finish(request, fault, text);
}

void fake_retry_after(struct cvg_op *request, int64_t seconds)
{
    request->retry_after = seconds * FAKE_SECOND;
}

void fake_answer(struct fake_host *fake, struct cvg_op *request, uint32_t status, const char *body)
{
    const char *type = *body == '{' ? "application/json" : "text/plain; charset=utf-8";
    if (fake_head(fake, request, status, type) && fake_bytes(fake, request, body, strlen(body))) {
        fake_end(fake, request);
    }
}

/* ---- time ---- */

static void call(struct cvg_op *op)
{
    op->entered = 1;
    switch (op->kind) {
    case TIMER:
        remove_op(op);
        op->on_timer(op->arg, op);
        break;
    case WORK:
        op->work(op->arg);
        remove_op(op);
        if (op->orphan) {
            op->discard(op->arg);
        } else {
            op->done(op->arg, op);
        }
        break;
    case FILE_READ:
        remove_op(op);
        op->on_file(op->arg, op, ENOENT, "", 0, 0);
        break;
    case SPAWN:
        remove_op(op);
        op->spawn.on_done(op->arg, op, CVG_FAULT_CONNECT, "no children here", -1, 0, "", 0, "", 0);
        break;
    case HTTP:
        op->entered = 0;
        if (op->severed) {
            finish(op, CVG_FAULT_CONNECT, "the connection was given up");
        } else {
            finish(op, CVG_FAULT_TIMEOUT, "no answer in time");
        }
        return;
    case SILENT:
        abort();
    }
    (void)leave(op);
}

static struct cvg_op *earliest(const struct fake_host *fake, int64_t until)
{
    struct cvg_op *first = NULL;
    for (struct cvg_op *op = fake->ops; op; op = op->next) {
        if (op->due <= until && (!first || op->due < first->due)) {
            first = op;
        }
    }
    return first;
}

void fake_host_advance(struct fake_host *fake, int64_t ns)
{
    int64_t until = fake->now + ns;
    struct cvg_op *op;
    while ((op = earliest(fake, until))) {
        if (op->due > fake->now) {
            fake->wall += op->due - fake->now;
            fake->now = op->due;
        }
        call(op);
    }
    fake->wall += until - fake->now;
    fake->now = until;
}

void fake_host_run(struct fake_host *fake)
{
    fake_host_advance(fake, 0);
}

void fake_host_hold_work(struct fake_host *fake)
{
    fake->held = 1;
}

unsigned fake_host_work(struct fake_host *fake)
{
    unsigned count = 0;
    for (struct cvg_op *op = fake->ops; op;) {
        struct cvg_op *next = op->next;
        if (op->kind == WORK) {
            op->due = fake->now;
            count++;
        }
        op = next;
    }
    fake_host_run(fake);
    return count;
}

/* ---- checks and what is said ---- */

static const char *kept(struct cvg_check *check, const char *text)
{
    if (!text) {
        return NULL;
    }
    return check->texts[check->text_count++] = cvg_strdup(text);
}

static void report(struct cvg_check *check, const struct cvg_reading *reading)
{
    for (; check->text_count > 0; check->text_count--) {
        free(check->texts[check->text_count - 1]);
    }
    check->reports++;
    check->reading = *reading;
    check->reading.reason = kept(check, reading->reason);
    check->reading.message = kept(check, reading->message);
    check->reading.expected = kept(check, reading->expected);
    check->reading.observed = kept(check, reading->observed);
    check->reading.revision = kept(check, reading->revision);
    check->reading.facts = check->facts;
    for (size_t i = 0; i < reading->fact_count && i < FACTS_MOST; i++) {
        check->facts[i] = reading->facts[i];
        check->facts[i].name = kept(check, reading->facts[i].name);
        check->facts[i].text = kept(check, reading->facts[i].text);
    }
}

struct cvg_check *fake_host_check(struct fake_host *fake, const char *name)
{
    if (fake->check_count == CHECK_MOST) {
        abort();
    }
    struct cvg_check *check = &fake->checks[fake->check_count++];
    check->name = cvg_strdup(name);
    return check;
}

unsigned fake_check_reports(const struct cvg_check *check)
{
    return check->reports;
}

const struct cvg_reading *fake_check_reading(const struct cvg_check *check)
{
    return check->reports ? &check->reading : NULL;
}

const char *fake_check_fact(const struct cvg_check *check, const char *name)
{
    for (size_t i = 0; check->reports && i < check->reading.fact_count; i++) {
        if (strcmp(check->facts[i].name, name) == 0) {
            return check->facts[i].text;
        }
    }
    return "";
}

static void host_log(struct cvg_scope *scope, uint32_t level, const char *text)
{
    (void)scope;
    (void)level;
    snprintf(world->log, sizeof world->log, "%s", text);
}

static void config_error(struct cvg_scope *scope, const char *path, const char *text)
{
    (void)scope;
    world->refusals++;
    snprintf(world->refusal, sizeof world->refusal, "%s: %s", path, text);
}

static void endpoint_set(struct cvg_source *source, const struct cvg_endpoint *endpoint)
{
    (void)source;
    snprintf(world->endpoint, sizeof world->endpoint, "%s", endpoint->url ? endpoint->url : "");
}

static void alive(struct cvg_source *source)
{
    (void)source;
    world->alive++;
}

static int32_t remember(struct cvg_check *check, const void *bytes, size_t length)
{
    if (length > sizeof check->memory) {
        return -1;
    }
    memcpy(check->memory, bytes, length);
    check->memory_length = length;
    return 0;
}

static size_t recall(struct cvg_check *check, const void **ret_bytes)
{
    *ret_bytes = check->memory;
    return check->memory_length;
}

static int64_t now(void)
{
    return world->now;
}

static int64_t wall(void)
{
    return world->wall;
}

/* All scopes are one, and never looked into. */
static struct cvg_scope *scope(void)
{
    return (struct cvg_scope *)(void *)world;
}

static struct cvg_scope *source_scope(struct cvg_source *source)
{
    (void)source;
    return scope();
}

static struct cvg_scope *check_scope(struct cvg_check *check)
{
    (void)check;
    return scope();
}

static const struct cvg_host table = {
    .size = sizeof(struct cvg_host),
    .abi_major = CVG_ABI_MAJOR,
    .abi_minor = CVG_ABI_MINOR,
    .now = now,
    .wall = wall,
    .source_scope = source_scope,
    .check_scope = check_scope,
    .log = host_log,
    .config_error = config_error,
    .endpoint_set = endpoint_set,
    .report = report,
    .alive = alive,
    .http = http,
    .http_pause = http_pause,
    .http_resume = http_pause,
    .http_sever = http_sever,
    .timer = timer,
    .offload = offload,
    .read_file = read_file,
    .watch_file = watch_file,
    .spawn = spawn,
    .cancel = cancel,
    .remember = remember,
    .recall = recall,
};

/* ---- life ---- */

struct fake_host *fake_host_new(void)
{
    struct fake_host *fake = CVG_NEW(struct fake_host);
    fake->now = 100000 * FAKE_SECOND;
    fake->wall = INT64_C(1767225600) * FAKE_SECOND; /* 2026-01-01T00:00:00Z */
    fake->connection = 1;
    world = fake;
    return fake;
}

void fake_host_end(struct fake_host *fake)
{
    for (struct cvg_op *op = fake->ops; op;) {
        struct cvg_op *next = op->next;
        cancel(op);
        op = next;
    }
}

void fake_host_free(struct fake_host *fake)
{
    for (struct cvg_op *op = fake->ops; op;) {
        struct cvg_op *next = op->next;
        if (!op->orphan) {
            cancel(op);
        }
        op = next;
    }
    (void)fake_host_work(fake);
    for (size_t i = 0; i < fake->check_count; i++) {
        struct cvg_check *check = &fake->checks[i];
        for (size_t j = 0; j < check->text_count; j++) {
            free(check->texts[j]);
        }
        free(check->name);
    }
    free(fake);
    world = NULL;
}

const struct cvg_host *fake_host_table(struct fake_host *fake)
{
    (void)fake;
    return &table;
}

struct cvg_source *fake_host_source(struct fake_host *fake)
{
    return (struct cvg_source *)(void *)fake;
}

unsigned fake_host_alive(const struct fake_host *fake)
{
    return fake->alive;
}

unsigned fake_host_severed(const struct fake_host *fake)
{
    return fake->severed;
}

const char *fake_host_log(const struct fake_host *fake)
{
    return fake->log;
}

unsigned fake_host_refusals(const struct fake_host *fake)
{
    return fake->refusals;
}

const char *fake_host_refusal(const struct fake_host *fake)
{
    return fake->refusal;
}

const char *fake_host_endpoint(const struct fake_host *fake)
{
    return fake->endpoint;
}
