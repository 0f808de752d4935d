/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libcurl calls while a transfer runs. The owner's on_head and on_body are called from here,
 * so after each the transfer may have been cancelled: its scope is NULL then, and libcurl is told
 * to give up.
 */
#include "base/time.h"
#include "io/guard.h"
#include "io/http_inner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* How long sent bytes may stay unacknowledged before the kernel gives the connection up. */
#define USER_TIMEOUT_MS 20000u

static void describe_address(const struct sockaddr *address, char *ret, size_t size)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
        snprintf(ret, size, "[%s]:%u", text, ntohs(in6.sin6_port));
    } else if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
        snprintf(ret, size, "%s:%u", text, ntohs(in.sin_port));
    }
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct cvg_transfer *transfer = arg;
    (void)purpose;
    describe_address(&address->addr, transfer->address, sizeof transfer->address);
    bool allowed = transfer->lane && transfer->lane->settings.allow_link_local;
    if (!allowed && cvg_guard_is_link_local(&address->addr)) {
        transfer->guarded = true;
        return CURL_SOCKET_BAD;
    }
    return cvg_connection_open(transfer->loop->http, address->family, address->socktype,
                               address->protocol);
}

/* Belongs to the connection, which may outlive the transfer: so it is given the client. */
static int on_close(void *arg, curl_socket_t fd)
{
    return cvg_connection_close(arg, fd);
}

static int on_options(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    unsigned timeout = USER_TIMEOUT_MS;
    (void)arg;
    (void)purpose;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    return CURL_SOCKOPT_OK;
}

static int on_connected(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct cvg_transfer *transfer = arg;
    struct cvg_http *http = transfer->loop->http;
    uint64_t numbers = http->numbers;
    struct cvg_connection *connection =
        cvg_connection_find(http, local, (uint16_t)local_port, remote, (uint16_t)remote_port);
    if (connection) {
        connection->references++;
    }
    cvg_connection_unref(transfer->connection);
    transfer->connection = connection;
    if (http->numbers != numbers) {
        transfer->fresh_connection = true;
        if (transfer->lane) {
            transfer->lane->stats.connections++;
        }
    }
    return transfer->op.scope ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Returns whether the transfer goes on. */
static bool tell_head(struct cvg_transfer *transfer)
{
    transfer->redirecting = cvg_transfer_is_redirect(transfer);
    if (transfer->redirecting || !transfer->request.on_head) {
        return true;
    }
    struct cvg_http_response response;
    cvg_transfer_describe(transfer, &response);
    struct cvg_op_call call;
    cvg_op_enter(&call, transfer->op.scope);
    int stop = transfer->request.on_head(transfer->request.arg, &transfer->op, &response);
    cvg_op_return(&call);
    transfer->stopped = stop != 0;
    return transfer->op.scope && !stop;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct cvg_transfer *transfer = arg;
    size_t length = size * count;
    size_t kept = length;
    if (!transfer->op.scope) {
        return 0;
    }
    while (kept && (bytes[kept - 1] == '\n' || bytes[kept - 1] == '\r')) {
        kept--;
    }
    bool status_line = length > 5 && memcmp(bytes, "HTTP/", 5) == 0;
    if (status_line && !transfer->head_done) {
        long status = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        transfer->status = (uint32_t)status;
        cvg_buf_clear(&transfer->head);
    }
    if (kept && (cvg_buf_add(&transfer->head, bytes, kept) < 0 ||
                 cvg_buf_putc(&transfer->head, '\n') < 0)) {
        transfer->fault = CVG_FAULT_TOO_LARGE;
        snprintf(transfer->fault_text, sizeof transfer->fault_text,
                 "the headers of the answer are over %zu bytes", CVG_HTTP_HEAD_MAX);
        return 0;
    }
    /* Interim answers (100, 103) have heads too. */
    if (!kept && !transfer->head_done && (transfer->status >= 200 || transfer->status == 101)) {
        transfer->head_done = true;
        return tell_head(transfer) ? length : 0;
    }
    return length;
}

static size_t refuse_size(struct cvg_transfer *transfer)
{
    transfer->fault = CVG_FAULT_TOO_LARGE;
    snprintf(transfer->fault_text, sizeof transfer->fault_text,
             "the body of the answer is over %zu bytes", transfer->limit);
    return CURL_WRITEFUNC_ERROR;
}

static bool tell_body(struct cvg_transfer *transfer, const char *bytes, size_t length)
{
    const struct cvg_scope *scope = transfer->op.scope;
    bool shown = scope->hooks && scope->hooks->exchanged;
    if (shown && !(transfer->request.flags & CVG_HTTP_SECRET)) {
        size_t room = CVG_HTTP_CAPTURE_MAX - transfer->capture.length;
        cvg_buf_add(&transfer->capture, bytes, CVG_MIN(room, length));
    }
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    int stop = transfer->request.on_body(transfer->request.arg, &transfer->op, bytes, length);
    cvg_op_return(&call);
    transfer->stopped = stop != 0;
    return transfer->op.scope && !stop;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *arg)
{
    struct cvg_transfer *transfer = arg;
    size_t length = size * count;
    if (!transfer->op.scope) {
        return CURL_WRITEFUNC_ERROR;
    }
    if (transfer->paused) {
        transfer->held = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    transfer->received += length;
    if (transfer->lane) {
        transfer->lane->stats.bytes_received += length;
    }
    if (transfer->limit && transfer->received > transfer->limit) {
        return refuse_size(transfer);
    }
    if (transfer->redirecting) {
        return length;
    }
    if (transfer->request.on_body) {
        return tell_body(transfer, bytes, length) ? length : CURL_WRITEFUNC_ERROR;
    }
    return cvg_buf_add(&transfer->content, bytes, length) < 0 ? refuse_size(transfer) : length;
}

void cvg_transfer_set_callbacks(struct cvg_transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->loop->http);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_options);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)transfer);
}

static int64_t since_start(const struct cvg_transfer *transfer, CURLINFO what)
{
    curl_off_t microseconds = 0;
    curl_easy_getinfo(transfer->easy, what, &microseconds);
    return microseconds > 0 ? transfer->launched - transfer->started + microseconds * 1000 : 0;
}

static void describe_times(struct cvg_transfer *transfer, struct cvg_http_response *ret)
{
    ret->finished_ns = cvg_time_now();
    ret->total_ns = ret->finished_ns - transfer->started;
    ret->name_ns = transfer->name_time;
    if (!transfer->launched) {
        return;
    }
    if (transfer->fresh_connection) {
        ret->connect_ns = since_start(transfer, CURLINFO_CONNECT_TIME_T);
        if (transfer->target.tls) {
            ret->tls_ns = since_start(transfer, CURLINFO_APPCONNECT_TIME_T);
        }
    }
    ret->first_byte_ns = since_start(transfer, CURLINFO_STARTTRANSFER_TIME_T);
}

static void describe_head(struct cvg_transfer *transfer, struct cvg_http_response *ret)
{
    char *content_type = NULL;
    long version = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type);
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
    ret->content_type = content_type ? content_type : "";
    ret->http_version = version == CURL_HTTP_VERSION_2_0   ? 20
                        : version == CURL_HTTP_VERSION_1_0 ? 10
                                                           : 11;
    if (transfer->status >= 300) {
        curl_off_t seconds = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
        ret->retry_after_ns = CVG_MIN(CVG_MAX(seconds, 0), 3600) * CVG_SECOND;
    }
}

void cvg_transfer_describe(struct cvg_transfer *transfer, struct cvg_http_response *ret)
{
    *ret = (struct cvg_http_response){
        .size = sizeof *ret,
        .fault = transfer->fault,
        .fault_text = transfer->fault_text,
        .status = transfer->status,
        .content_type = "",
        .headers = cvg_buf_text(&transfer->head),
        .body = cvg_buf_text(&transfer->content),
        .body_length = transfer->content.length,
        .started_ns = transfer->started,
        .connection = transfer->connection ? transfer->connection->number : 0,
        .address = transfer->connection ? transfer->connection->remote : "",
    };
    describe_times(transfer, ret);
    if (transfer->status) {
        describe_head(transfer, ret);
    }
}
