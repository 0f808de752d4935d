/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    ENTRIES = 64,
    FILES = 32,
    ASKED_SIZE = 64 * 1024
};

struct cvg_op {
    struct cvg_op *next;
    struct cvg_http_request request; /* on_done NULL: not one */
    char *path;
    void (*work)(void *arg);
    void (*done)(void *arg, struct cvg_op *op);
    void (*discard)(void *arg);
    void *arg;
};

struct service {
    struct cvg_host host;
    struct service_says says[ENTRIES];
    size_t entries;
    char *files[FILES];
    size_t file_count;
    struct cvg_op *first;
    const struct cvg_place_kind *kind;
    void *place;
    struct cvg_place_look *look;
    struct cvg_place_tag tag;
    struct cvg_place_sight sight;
    unsigned seen;
    int64_t now;
    int has_url;
    char asked[ASKED_SIZE], refused[4096];
};

static struct service *current;

/* ---- the host ---- */

static int64_t now(void)
{
    return current->now;
}

static struct cvg_scope *source_scope(struct cvg_source *source)
{
    return (struct cvg_scope *)(void *)source;
}

static struct cvg_op *add(struct cvg_op operation)
{
    struct cvg_op *op = malloc(sizeof(*op));
    assert_non_null(op);
    *op = operation;
    struct cvg_op **at = &current->first;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = op;
    return op;
}

static void take_out(struct cvg_op *op)
{
    struct cvg_op **at = &current->first;
    while (*at != op) {
        assert_non_null(*at); /* a dead handle */
        at = &(*at)->next;
    }
    *at = op->next;
}

static struct cvg_op *http(struct cvg_scope *scope, const struct cvg_http_request *request)
{
    assert_ptr_equal(scope, current);
    assert_non_null(request->on_done);
    assert_string_equal(request->method, "GET");
    assert_true(request->timeout_ns > 0);
    size_t used = strlen(current->asked);
    (void)snprintf(current->asked + used, sizeof(current->asked) - used, "%s %s\n", request->path,
                   request->headers[0].value);
    struct cvg_op operation = {.request = *request, .path = strdup(request->path)};
    return add(operation);
}

static struct cvg_op *offload(struct cvg_scope *scope, void (*work)(void *arg),
                              void (*done)(void *arg, struct cvg_op *op),
                              void (*discard)(void *arg), void *arg)
{
    (void)scope;
    return add((struct cvg_op){.work = work, .done = done, .discard = discard, .arg = arg});
}

static struct cvg_op *timer(struct cvg_scope *scope, int64_t after_ns,
                            void (*on_timer)(void *arg, struct cvg_op *op), void *arg)
{
    (void)scope;
    assert_int_equal(after_ns, 0);
    return add((struct cvg_op){.done = on_timer, .arg = arg});
}

static void cancel(struct cvg_op *op)
{
    take_out(op);
    if (op->work != NULL) {
        op->work(op->arg); /* it was under way */
        op->discard(op->arg);
    }
    free(op->path);
    free(op);
}

static int32_t endpoint_has(struct cvg_source *source, const char *key)
{
    (void)source;
    return strcmp(key, "url") == 0 && current->has_url;
}

static void endpoint_set(struct cvg_source *source, const struct cvg_endpoint *endpoint)
{
    (void)source;
    assert_null(endpoint->url);
    assert_true(endpoint->max_body > 0);
}

static int32_t digest(uint32_t kind, const void *bytes, size_t length, unsigned char *ret)
{
    if (kind == CVG_DIGEST_SHA256) {
        cvg_sha256(bytes, length, ret);
    } else {
        assert_true(cvg_md5(bytes, length, ret));
    }
    return 0;
}

/* ---- a turn ---- */

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static const struct service_says *find(const char *path)
{
    for (size_t i = 0; i < current->entries; i++) {
        struct service_says *says = &current->says[i];
        int fits = says->path[0] == '*' ? strstr(path, says->path + 1) != NULL
                                        : ends_with(path, says->path);
        if (fits && says->times != UINT32_MAX) {
            if (says->times > 0) {
                says->times = says->times == 1 ? UINT32_MAX : says->times - 1;
            }
            return says;
        }
    }
    return NULL;
}

/* The body comes in two pieces, so that whoever takes it keeps them together. */
static void answer(struct cvg_op *op)
{
    static const struct service_says nothing = {.status = 404, .body = "not found"};
    const struct service_says *says = find(op->path);
    says = says != NULL ? says : &nothing;
    const char *body = says->body != NULL ? says->body : "";
    size_t length = says->length > 0 ? says->length : strlen(body);
    struct cvg_http_response response = {.size = sizeof(response),
                                         .status = says->status,
                                         .content_type = "application/json",
                                         .headers = says->headers != NULL ? says->headers : "",
                                         .body = "",
                                         .fault_text = ""};
    int over = (int64_t)length > op->request.body_limit;
    if (says->status == 0 || over) {
        response.fault = over ? CVG_FAULT_TOO_LARGE : CVG_FAULT_CONNECT;
        response.fault_text = over ? "body over the limit" : "connect 192.0.2.1:443: refused";
    } else if (op->request.on_head(op->request.arg, op, &response) == 0) {
        int ended = op->request.on_body(op->request.arg, op, body, length / 2);
        if (!ended) {
            (void)op->request.on_body(op->request.arg, op, body + length / 2, length - length / 2);
        }
    }
    op->request.on_done(op->request.arg, op, &response);
}

static void turn(void)
{
    struct cvg_op *op = current->first;
    take_out(op);
    if (op->path != NULL) {
        answer(op);
    } else {
        if (op->work != NULL) {
            op->work(op->arg);
        }
        op->done(op->arg, op);
    }
    free(op->path);
    free(op);
}

/* ---- the service ---- */

struct service *service_new(void)
{
    struct service *service = calloc(1, sizeof(*service));
    assert_non_null(service);
    service->host = (struct cvg_host){.size = sizeof(service->host),
                                      .abi_major = CVG_ABI_MAJOR,
                                      .abi_minor = CVG_ABI_MINOR,
                                      .now = now,
                                      .wall = now,
                                      .source_scope = source_scope,
                                      .http = http,
                                      .offload = offload,
                                      .timer = timer,
                                      .cancel = cancel,
                                      .endpoint_has = endpoint_has,
                                      .endpoint_set = endpoint_set,
                                      .digest = digest};
    service->now = INT64_C(1000000000000);
    service->has_url = 1;
    current = service;
    return service;
}

void service_free(struct service *service)
{
    struct cvg_op *left = service->first;
    service->first = NULL;
    if (service->place != NULL) {
        service->kind->close(service->place);
    }
    while (left != NULL) {
        struct cvg_op *op = left;
        left = op->next;
        if (op->work != NULL) {
            op->work(op->arg);
            op->discard(op->arg);
        }
        free(op->path);
        free(op);
    }
    cvg_place_sight_done(&service->sight);
    for (size_t i = 0; i < service->file_count; i++) {
        free(service->files[i]);
    }
    free(service);
    current = NULL;
}

void service_says(struct service *service, const struct service_says *says)
{
    assert_true(service->entries < ENTRIES);
    service->says[service->entries++] = *says;
}

void service_forget(struct service *service)
{
    service->entries = 0;
}

const struct cvg_host *service_host(struct service *service)
{
    return &service->host;
}

void service_open(struct service *service, const struct cvg_place_kind *kind,
                  const struct cvg_place_settings *settings)
{
    service->kind = kind;
    service->place = kind->open(&service->host, (struct cvg_source *)(void *)service, settings);
    assert_non_null(service->place);
}

static void on_seen(void *arg, struct cvg_place_sight *sight)
{
    struct service *service = arg;
    service->look = NULL;
    service->sight = *sight;
    service->seen++;
}

struct cvg_place_look *service_begin(struct service *service, unsigned turns)
{
    cvg_place_sight_done(&service->sight);
    service->sight = (struct cvg_place_sight){0};
    service->asked[0] = '\0';
    service->look = service->kind->look(service->place, service->now + INT64_C(10000000000),
                                        &service->tag, on_seen, service);
    while (service->look != NULL && turns-- > 0) {
        assert_non_null(service->first); /* it waits for nothing */
        turn();
    }
    return service->look;
}

const struct cvg_place_sight *service_look(struct service *service)
{
    unsigned seen = service->seen;
    assert_null(service_begin(service, 10000));
    assert_int_equal(service->seen, seen + 1);
    assert_null(service->first); /* nothing is left in flight */
    assert_int_equal(service->sight.fault == 0, service->sight.reason == NULL);
    return &service->sight;
}

unsigned service_seen(const struct service *service)
{
    return service->seen;
}

void service_pass(struct service *service, int64_t ns)
{
    service->now += ns;
}

const char *service_asked(const struct service *service)
{
    return service->asked;
}

static void on_refused(void *arg, const char *path, const char *text)
{
    struct service *service = arg;
    size_t used = strlen(service->refused);
    (void)snprintf(service->refused + used, sizeof(service->refused) - used, "%s: %s\n", path,
                   text);
}

const char *service_check(struct service *service, const struct cvg_place_kind *kind,
                          const struct cvg_place_settings *settings, int has_url)
{
    service->refused[0] = '\0';
    service->has_url = has_url;
    int code = kind->check(&service->host, (struct cvg_source *)(void *)service, settings,
                           on_refused, service);
    assert_int_equal(code == 0, service->refused[0] == '\0');
    service->has_url = 1;
    return service->refused;
}

const char *service_file(struct service *service, const char *name, size_t *ret_length)
{
    char path[512];
    (void)snprintf(path, sizeof(path), CVG_FIXTURES "/terraform/%s", name);
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        fail_msg("%s", path);
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, length + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, length, file), length);
    (void)fclose(file);
    assert_true(service->file_count < FILES);
    service->files[service->file_count++] = bytes;
    if (ret_length != NULL) {
        *ret_length = length;
    }
    return bytes;
}
