/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's life:
 *
 *   start -> QUEUED -> SECRETS -> NAME -> RUNNING -> told
 *              |          |         |        |
 *              +----------+---------+--------+--> deadline, failure: told
 *
 * States are left out where there is nothing to do. One timer counts from the start, so that the
 * time in the queue and for the name is part of the deadline.
 */
#include "io/http.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/http_inner.h"
#include "io/secret.h"

#include <stdio.h>
#include <string.h>

#define IDLE_KEPT        16
#define REQUEST_BODY_MAX ((size_t)64 << 20)
/* A buffer that once held a big answer is not kept for small ones. */
#define BUFFER_KEPT      ((size_t)64 << 10)

static void begin(struct cvg_transfer *transfer);
static void prepare(struct cvg_transfer *transfer);

static bool is_stream(const struct cvg_transfer *transfer)
{
    return transfer->request.flags & CVG_HTTP_STREAM;
}

/* ---- memory ---- */

static struct cvg_transfer *new_transfer(struct cvg_loop *loop)
{
    struct cvg_transfer *transfer = CVG_NEW(struct cvg_transfer);
    transfer->loop = loop;
    transfer->url.limit = transfer->next_url.limit = CVG_HTTP_URL_MAX;
    transfer->body.limit = REQUEST_BODY_MAX;
    transfer->own_headers.limit = CVG_HTTP_HEAD_MAX;
    transfer->head.limit = CVG_HTTP_HEAD_MAX;
    transfer->capture.limit = CVG_HTTP_CAPTURE_MAX;
    uv_timer_init(&loop->uv, &transfer->deadline);
    transfer->deadline.data = transfer;
    return transfer;
}

static void on_deadline_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void cvg_transfer_free(struct cvg_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    cvg_transfer_drop_lists(transfer);
    cvg_transfer_forget_secrets(transfer);
    cvg_connection_unref(transfer->connection);
    cvg_buf_done(&transfer->url);
    cvg_buf_done(&transfer->next_url);
    cvg_buf_done(&transfer->body);
    cvg_buf_done(&transfer->own_headers);
    cvg_buf_done(&transfer->head);
    cvg_buf_done(&transfer->content);
    cvg_buf_done(&transfer->capture);
    uv_close((uv_handle_t *)&transfer->deadline, on_deadline_closed);
}

static void clear(struct cvg_buf *buf)
{
    if (buf->capacity > BUFFER_KEPT) {
        cvg_buf_done(buf);
    } else {
        cvg_buf_clear(buf);
    }
}

static struct cvg_transfer *take_transfer(struct cvg_lane *lane)
{
    struct cvg_transfer *transfer = lane->idle;
    if (transfer) {
        lane->idle = transfer->next_queued;
        lane->idle_count--;
        transfer->next_queued = NULL;
    } else {
        transfer = new_transfer(lane->loop);
    }
    transfer->lane = lane;
    transfer->previous_busy = NULL;
    transfer->next_busy = lane->busy;
    if (lane->busy) {
        lane->busy->previous_busy = transfer;
    }
    lane->busy = transfer;
    return transfer;
}

static void reset(struct cvg_transfer *transfer)
{
    cvg_transfer_forget_secrets(transfer);
    cvg_connection_unref(transfer->connection);
    transfer->connection = NULL;
    clear(&transfer->url);
    clear(&transfer->next_url);
    clear(&transfer->body);
    clear(&transfer->own_headers);
    clear(&transfer->head);
    clear(&transfer->content);
    cvg_buf_done(&transfer->capture);
    transfer->service[0] = '\0';
    transfer->redirects = 0;
    transfer->received = 0;
    transfer->status = 0;
    transfer->head_done = transfer->redirecting = transfer->guarded = transfer->stopped = false;
    transfer->paused = transfer->held = transfer->fresh_connection = false;
    transfer->fault = CVG_FAULT_NONE;
    transfer->fault_text[0] = transfer->address[0] = '\0';
    transfer->name_time = transfer->launched = 0;
    transfer->state = CVG_TRANSFER_IDLE;
}

void cvg_transfer_release(struct cvg_transfer *transfer)
{
    struct cvg_lane *lane = transfer->lane;
    if (lane) {
        if (transfer->previous_busy) {
            transfer->previous_busy->next_busy = transfer->next_busy;
        } else {
            lane->busy = transfer->next_busy;
        }
        if (transfer->next_busy) {
            transfer->next_busy->previous_busy = transfer->previous_busy;
        }
        transfer->next_busy = transfer->previous_busy = NULL;
    }
    if (!lane || lane->idle_count >= IDLE_KEPT) {
        cvg_transfer_free(transfer);
        return;
    }
    reset(transfer);
    transfer->next_queued = lane->idle;
    lane->idle = transfer;
    lane->idle_count++;
}

/* ---- the end ---- */

static void leave_queue(struct cvg_transfer *transfer)
{
    struct cvg_lane *lane = transfer->lane;
    if (transfer->previous_queued) {
        transfer->previous_queued->next_queued = transfer->next_queued;
    } else {
        lane->queue_first = transfer->next_queued;
    }
    if (transfer->next_queued) {
        transfer->next_queued->previous_queued = transfer->previous_queued;
    } else {
        lane->queue_last = transfer->previous_queued;
    }
    transfer->next_queued = transfer->previous_queued = NULL;
    lane->stats.queued--;
}

/* Stops everything but libcurl, and makes room for the next in the lane. */
static void settle(struct cvg_transfer *transfer)
{
    enum cvg_transfer_state state = transfer->state;
    transfer->state = CVG_TRANSFER_OVER;
    uv_timer_stop(&transfer->deadline);
    cvg_later_remove(transfer->loop, &transfer->later);
    if (transfer->inner.first) {
        cvg_scope_end(&transfer->inner);
    }
    if (state == CVG_TRANSFER_QUEUED) {
        leave_queue(transfer);
    } else if (transfer->counted) {
        transfer->counted = false;
        transfer->lane->stats.in_flight--;
        cvg_lane_pump(transfer->lane);
    }
}

static void tell_exchange(struct cvg_transfer *transfer, const struct cvg_scope *scope,
                          const struct cvg_http_response *response)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf line = CVG_BUF_INIT(CVG_HTTP_URL_MAX + 64);
    static const struct cvg_buf nothing = CVG_BUF_INIT(0);
    bool secret = transfer->request.flags & CVG_HTTP_SECRET;
    const char *url = cvg_buf_text(&transfer->url);
    cvg_buf_printf(&line, "%s %.*s", transfer->method,
                   (int)(secret ? strcspn(url, "?") : strlen(url)), url);
    bool captured = transfer->request.on_body != NULL;
    const struct cvg_buf *sent = secret ? &nothing : &transfer->body;
    const struct cvg_buf *received = secret     ? &nothing
                                     : captured ? &transfer->capture
                                                : &transfer->content;
    struct cvg_exchange exchange = {
        .kind = "http",
        .request = cvg_buf_text(&line),
        .sent = cvg_buf_text(sent),
        .sent_length = sent->length,
        .status = response->status,
        .fault = response->fault_text,
        .received = cvg_buf_text(received),
        .received_length = CVG_MIN(received->length, CVG_HTTP_CAPTURE_MAX),
        .total_length = (size_t)transfer->received,
        .took_ns = response->total_ns,
    };
    scope->hooks->exchanged(scope->owner, &exchange);
}

static void finish(struct cvg_transfer *transfer)
{
    struct cvg_scope *scope = transfer->op.scope;
    cvg_http_remove(transfer->loop->http, transfer);
    settle(transfer);
    transfer->lane->stats.failures += transfer->fault ? 1 : 0;
    struct cvg_http_response response;
    cvg_transfer_describe(transfer, &response);
    cvg_op_leave(&transfer->op);
    if (scope->hooks && scope->hooks->exchanged) {
        tell_exchange(transfer, scope, &response);
    }
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    transfer->request.on_done(transfer->request.arg, &transfer->op, &response);
    cvg_op_return(&call);
    cvg_transfer_release(transfer);
}

void cvg_transfer_fail(struct cvg_transfer *transfer, uint32_t fault, const char *text)
{
    transfer->fault = fault;
    if (text) {
        cvg_text_printable(text, strlen(text), transfer->fault_text, sizeof transfer->fault_text);
    }
    finish(transfer);
}

static void on_refused(struct cvg_later *later)
{
    finish(CVG_CONTAINER(later, struct cvg_transfer, later));
}

void cvg_transfer_refuse(struct cvg_transfer *transfer, uint32_t fault, const char *text)
{
    if (transfer->state == CVG_TRANSFER_QUEUED) {
        leave_queue(transfer);
    }
    transfer->state = CVG_TRANSFER_REFUSED;
    transfer->fault = fault;
    cvg_text_printable(text, strlen(text), transfer->fault_text, sizeof transfer->fault_text);
    cvg_later_remove(transfer->loop, &transfer->later);
    cvg_later_add(transfer->loop, &transfer->later, on_refused);
}

static void cancel(struct cvg_op *op)
{
    struct cvg_transfer *transfer = (struct cvg_transfer *)op;
    struct cvg_http *http = transfer->loop->http;
    cvg_op_leave(op);
    settle(transfer);
    if (http->inside && transfer->in_multi) {
        transfer->doomed = true;
        transfer->next_queued = http->doomed;
        http->doomed = transfer;
        return;
    }
    cvg_http_remove(http, transfer);
    cvg_transfer_release(transfer);
}

static const struct cvg_op_kind kind = {"http", cancel};

static void on_deadline(uv_timer_t *timer)
{
    struct cvg_transfer *transfer = timer->data;
    cvg_loop_wake(transfer->loop);
    if (transfer->state == CVG_TRANSFER_REFUSED) {
        return;
    }
    cvg_transfer_timeout_text(transfer, cvg_time_now() - transfer->started);
    cvg_transfer_fail(transfer, CVG_FAULT_TIMEOUT, NULL);
}

/* ---- on the way ---- */

static void on_launch(struct cvg_later *later)
{
    prepare(CVG_CONTAINER(later, struct cvg_transfer, later));
}

static void launch(struct cvg_transfer *transfer)
{
    struct cvg_error error;
    if (transfer->loop->http->inside) {
        cvg_later_add(transfer->loop, &transfer->later, on_launch);
        return;
    }
    if (cvg_transfer_apply(transfer, &error)) {
        cvg_transfer_refuse(transfer, CVG_FAULT_AUTH, error.text);
        return;
    }
    transfer->state = CVG_TRANSFER_RUNNING;
    transfer->launched = cvg_time_now();
    cvg_http_add(transfer->loop->http, transfer);
}

static void on_name(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                    const char *const *addresses, size_t count)
{
    struct cvg_transfer *transfer = arg;
    (void)op;
    (void)addresses;
    (void)count;
    transfer->name_time = cvg_time_now() - transfer->started;
    if (fault) {
        cvg_transfer_refuse(transfer, fault, text);
    } else {
        launch(transfer);
    }
}

static void look_up(struct cvg_transfer *transfer)
{
    const char *host = cvg_transfer_peer(transfer)->host;
    const char *const *addresses;
    if (transfer->lane->socket[0] || cvg_name_is_literal(host) ||
        cvg_name_peek(transfer->loop, host, CVG_FAMILY_ANY, &addresses)) {
        launch(transfer);
        return;
    }
    transfer->state = CVG_TRANSFER_NAME;
    cvg_name_resolve(&transfer->inner, host, CVG_FAMILY_ANY, on_name, transfer);
}

#define SECRETS     6u
#define FIRST_SIGV4 3u

/* The credentials that a request needs, in the order in which they are read. */
static const struct cvg_secret *secret_at(struct cvg_transfer *transfer, unsigned index,
                                          const char **ret_key, char ***ret_place)
{
    const struct cvg_endpoint *settings = &transfer->lane->settings;
    static const char *const keys[SECRETS] = {"bearer",           "password",
                                              "tls.key",          "sigv4.access_key",
                                              "sigv4.secret_key", "sigv4.session_token"};
    const struct cvg_secret *const secrets[SECRETS] = {
        settings->bearer,
        settings->username ? settings->password : NULL,
        transfer->target.tls ? settings->key_pem : NULL,
        settings->sigv4_access_key,
        settings->sigv4_secret_key,
        settings->sigv4_session_token,
    };
    char **const places[SECRETS] = {&transfer->bearer,           &transfer->password,
                                    &transfer->key_pem,          &transfer->sigv4_access_key,
                                    &transfer->sigv4_secret_key, &transfer->sigv4_session_token};
    *ret_key = keys[index];
    *ret_place = places[index];
    return secrets[index];
}

static void refuse_secret(struct cvg_transfer *transfer, const char *key, const char *error)
{
    char why[CVG_ERROR_TEXT + 32]; /* the key is one of a few short words */
    snprintf(why, sizeof why, "%s: %s", key, error);
    cvg_transfer_refuse(transfer, CVG_FAULT_AUTH, why);
}

static void on_secret(void *arg, struct cvg_op *op, const char *error, const char *text,
                      size_t length)
{
    struct cvg_transfer *transfer = arg;
    const char *key;
    char **place;
    (void)op;
    (void)secret_at(transfer, transfer->secrets_done, &key, &place);
    if (error) {
        refuse_secret(transfer, key, error);
        return;
    }
    *place = cvg_strndup(text, length);
    transfer->secrets_done++;
    prepare(transfer);
}

static bool is_needed(const struct cvg_transfer *transfer, unsigned secret)
{
    return secret < FIRST_SIGV4 ? transfer->credentials : cvg_transfer_is_signed(transfer);
}

/* The next thing that is missing. */
static void prepare(struct cvg_transfer *transfer)
{
    for (; transfer->secrets_done < SECRETS; transfer->secrets_done++) {
        const char *key;
        char **place;
        const struct cvg_secret *secret = secret_at(transfer, transfer->secrets_done, &key, &place);
        if (!secret || !is_needed(transfer, transfer->secrets_done)) {
            continue;
        }
        if (secret->kind != CVG_SECRET_ENV && secret->kind != CVG_SECRET_TEXT) {
            transfer->state = CVG_TRANSFER_SECRETS;
            cvg_secret_fetch(&transfer->inner, secret, on_secret, transfer);
            return;
        }
        struct cvg_error error;
        size_t length;
        if (cvg_secret_read(secret, place, &length, &error)) {
            refuse_secret(transfer, key, error.text);
            return;
        }
    }
    look_up(transfer);
}

static void begin(struct cvg_transfer *transfer)
{
    if (!is_stream(transfer)) {
        transfer->counted = true;
        transfer->lane->stats.in_flight++;
    }
    cvg_scope_init(&transfer->inner, transfer->loop, NULL, NULL, NULL);
    prepare(transfer);
}

void cvg_lane_pump(struct cvg_lane *lane)
{
    while (lane->queue_first && lane->stats.in_flight < (size_t)lane->settings.concurrency) {
        struct cvg_transfer *transfer = lane->queue_first;
        leave_queue(transfer);
        begin(transfer);
    }
}

static void enqueue(struct cvg_transfer *transfer)
{
    struct cvg_lane *lane = transfer->lane;
    transfer->state = CVG_TRANSFER_QUEUED;
    transfer->next_queued = NULL;
    transfer->previous_queued = lane->queue_last;
    if (lane->queue_last) {
        lane->queue_last->next_queued = transfer;
    } else {
        lane->queue_first = transfer;
    }
    lane->queue_last = transfer;
    lane->stats.queued++;
    cvg_lane_pump(lane);
}

void cvg_transfer_complete(struct cvg_transfer *transfer, CURLcode result)
{
    if (transfer->redirecting && result == CURLE_OK && !transfer->fault) {
        cvg_http_remove(transfer->loop->http, transfer);
        cvg_transfer_follow(transfer);
        prepare(transfer);
        return;
    }
    transfer->fault = cvg_transfer_fault(transfer, result);
    finish(transfer);
}

/* ---- the start ---- */

static bool is_token(const char *text)
{
    return text[0] && !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789!#$%&'*+-.^_`|~")];
}

static int take_headers(struct cvg_transfer *transfer, const struct cvg_http_request *request,
                        struct cvg_error *reterr)
{
    struct cvg_buf *lines = &transfer->own_headers;
    struct cvg_pair type = {"Content-Type", request->content_type};
    size_t count = request->header_count + (request->content_type ? 1 : 0);
    for (size_t i = 0; i < count; i++) {
        const struct cvg_pair *pair = i < request->header_count ? &request->headers[i] : &type;
        const char *value = pair->value ? pair->value : "";
        if (!pair->name || !is_token(pair->name) || value[strcspn(value, "\r\n")]) {
            return cvg_error_set(reterr, CVG_E_INVALID, "a header of the request is not one");
        }
        cvg_buf_printf(lines, value[0] ? "%s: %s" : "%s;", pair->name, value);
        cvg_buf_putc(lines, '\0');
    }
    return lines->overflow ? cvg_error_set(reterr, CVG_E_TOO_LARGE, "the headers are too large")
                           : 0;
}

static int take_url(struct cvg_transfer *transfer, const char *path, struct cvg_error *reterr)
{
    const struct cvg_lane *lane = transfer->lane;
    struct cvg_buf *url = &transfer->url;
    path = path ? path : "";
    bool absolute = cvg_text_starts(path, "http://") || cvg_text_starts(path, "https://");
    if (!absolute && !lane->has_url) {
        return cvg_error_set(reterr, CVG_E_INVALID, "there is no URL that '%.100s' belongs to",
                             path);
    }
    if (absolute) {
        cvg_buf_puts(url, path);
    } else {
        cvg_url_join(lane->settings.url, path, url);
    }
    if (url->overflow) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the URL is too long");
    }
    int code = cvg_url_parse(cvg_buf_text(url), &transfer->target, reterr);
    if (code) {
        return code;
    }
    transfer->trusted = lane->has_url && cvg_url_same_origin(&transfer->target, &lane->url);
    transfer->credentials =
        transfer->trusted && !(transfer->request.flags & CVG_HTTP_NO_CREDENTIALS);
    return 0;
}

static int take_request(struct cvg_transfer *transfer, const struct cvg_http_request *request,
                        struct cvg_error *reterr)
{
    const char *method = request->method && *request->method ? request->method
                         : request->body                     ? "POST"
                                                             : "GET";
    if (!is_token(method) || strlen(method) >= sizeof transfer->method) {
        return cvg_error_set(reterr, CVG_E_INVALID, "the method is not one");
    }
    memcpy(transfer->method, method, strlen(method) + 1);
    if ((request->flags & CVG_HTTP_STREAM) && !request->on_body) {
        return cvg_error_set(reterr, CVG_E_INVALID, "a stream needs on_body");
    }
    transfer->has_body = request->body != NULL;
    if (request->body && cvg_buf_add(&transfer->body, request->body, request->body_length) < 0) {
        return cvg_error_set(reterr, CVG_E_TOO_LARGE, "the body of the request is too large");
    }
    int64_t limit = transfer->lane->settings.max_body;
    if (request->body_limit > 0 && request->body_limit < limit) {
        limit = request->body_limit;
    }
    transfer->limit = is_stream(transfer) ? 0 : (size_t)limit;
    transfer->content.limit = transfer->limit;
    int code = take_headers(transfer, request, reterr);
    if (!code) {
        code = take_url(transfer, request->path, reterr);
    }
    return code ? code : cvg_transfer_take_signing(transfer, request->sigv4_service, reterr);
}

struct cvg_op *cvg_http_start(struct cvg_scope *scope, const struct cvg_http_request *request)
{
    struct cvg_loop *loop = scope->loop;
    if (scope->ended) {
        return &loop->dead;
    }
    struct cvg_lane *lane = scope->lane ? scope->lane : loop->http->bare;
    struct cvg_transfer *transfer = take_transfer(lane);
    memset(&transfer->request, 0, sizeof transfer->request);
    memcpy(&transfer->request, request, CVG_MIN(request->size, sizeof transfer->request));
    transfer->started = cvg_time_now();
    lane->stats.requests++;
    cvg_op_join(&transfer->op, &kind, scope);
    struct cvg_error error;
    struct cvg_http_request asked = transfer->request;
    if (take_request(transfer, &asked, &error)) {
        cvg_transfer_refuse(transfer, CVG_FAULT_REQUEST, error.text);
        return &transfer->op;
    }
    if (is_stream(transfer)) {
        begin(transfer);
        return &transfer->op;
    }
    cvg_loop_arm(&transfer->deadline, on_deadline,
                 cvg_loop_allowance(scope, transfer->request.timeout_ns));
    enqueue(transfer);
    return &transfer->op;
}

/* ---- pausing and severing ---- */

static struct cvg_transfer *running(struct cvg_op *op)
{
    if (!op->scope || op->kind != &kind) {
        return NULL;
    }
    struct cvg_transfer *transfer = (struct cvg_transfer *)op;
    return transfer->state == CVG_TRANSFER_RUNNING ? transfer : NULL;
}

void cvg_http_pause(struct cvg_op *op)
{
    struct cvg_transfer *transfer = running(op);
    if (transfer) {
        transfer->paused = true; /* libcurl is told when it has the next bytes */
    }
}

static void on_resume(struct cvg_later *later)
{
    struct cvg_transfer *transfer = CVG_CONTAINER(later, struct cvg_transfer, later);
    struct cvg_http *http = transfer->loop->http;
    if (transfer->paused || !transfer->held) {
        return;
    }
    transfer->held = false;
    cvg_http_enter(http);
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    cvg_http_leave(http);
}

void cvg_http_resume(struct cvg_op *op)
{
    struct cvg_transfer *transfer = running(op);
    if (!transfer || !transfer->paused) {
        return;
    }
    transfer->paused = false;
    if (transfer->held) {
        cvg_later_add(transfer->loop, &transfer->later, on_resume);
    }
}

void cvg_http_sever(struct cvg_op *op)
{
    struct cvg_transfer *transfer = running(op);
    if (!transfer) {
        return;
    }
    struct cvg_connection *connection = transfer->connection;
    if (!connection || connection->fd < 0) {
        cvg_transfer_refuse(transfer, CVG_FAULT_CONNECT, "the connection was given up");
    } else if (!connection->severed) {
        connection->severed = true;
        connection->references++;
        cvg_connection_unref(transfer->lane->severed);
        transfer->lane->severed = connection;
        shutdown(connection->fd, SHUT_RDWR);
    }
}
