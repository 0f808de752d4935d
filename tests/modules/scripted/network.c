/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP whole and streamed, names, sockets and descriptors. */
#include "scripted.h"

#include <convergate/number.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ---- HTTP ---- */

static void on_response(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct asked *asked = arg;
    (void)op;
    if (response->fault) {
        scripted_fail(asked, response->fault, response->fault_text);
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%u %s", response->status, response->body);
    scripted_finish(asked, asked->text);
}

void scripted_http(struct asked *asked)
{
    struct cvg_http_request request = {
        .size = sizeof request,
        .path = asked->settings->text,
        .headers = asked->settings->labels.items,
        .header_count = asked->settings->labels.count,
        .body_limit = asked->settings->bytes,
        .on_done = on_response,
        .arg = asked,
        .sigv4_service = asked->settings->service,
    };
    asked->host->http(asked->scope, &request);
}

static int on_head(void *arg, struct cvg_op *op, const struct cvg_http_response *head)
{
    struct asked *asked = arg;
    (void)op;
    asked->steps = head->status;
    return 0;
}

static void on_pause_over(void *arg, struct cvg_op *op)
{
    struct asked *asked = arg;
    (void)op;
    asked->host->http_resume(asked->op);
}

/* Pauses at the first bytes, goes on after a while, and severs the connection at `bytes`. */
static int on_body(void *arg, struct cvg_op *op, const void *bytes, size_t length)
{
    struct asked *asked = arg;
    (void)bytes;
    if (asked->bytes == 0) {
        asked->op = op;
        asked->host->http_pause(op);
        asked->host->timer(asked->scope, asked->settings->after_ns, on_pause_over, asked);
    }
    asked->bytes += length;
    if (asked->settings->flag && asked->bytes >= (size_t)asked->settings->bytes) {
        asked->host->http_sever(op);
    }
    return 0;
}

static void on_stream_end(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct asked *asked = arg;
    (void)op;
    if (response->fault) {
        scripted_fail(asked, response->fault, response->fault_text);
        return;
    }
    (void)snprintf(asked->text, sizeof asked->text, "%u streamed %zu bytes", asked->steps,
                   asked->bytes);
    scripted_finish(asked, asked->text);
}

void scripted_stream(struct asked *asked)
{
    struct cvg_http_request request = {
        .size = sizeof request,
        .path = asked->settings->text,
        .flags = CVG_HTTP_STREAM,
        .on_head = on_head,
        .on_body = on_body,
        .on_done = on_stream_end,
        .arg = asked,
    };
    asked->host->http(asked->scope, &request);
}

/* ---- names ---- */

static void on_addresses(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                         const char *const *addresses, size_t count)
{
    struct asked *asked = arg;
    (void)op;
    if (fault) {
        scripted_fail(asked, fault, text);
        return;
    }
    scripted_finish(asked, count ? addresses[0] : "none");
}

void scripted_resolve(struct asked *asked)
{
    asked->host->resolve(asked->scope, asked->settings->text, CVG_FAMILY_IPV4, on_addresses, asked);
}

/* ---- sockets: sends a line, waits for one ---- */

static void on_readable(void *arg, struct cvg_op *op, uint32_t events)
{
    struct asked *asked = arg;
    (void)events;
    ssize_t got = recv(asked->fd, asked->text, sizeof asked->text - 1, 0);
    if (got < 0) {
        return; /* not ready after all: the watch goes on */
    }
    asked->host->cancel(op);
    asked->text[got] = '\0';
    scripted_finish(asked, asked->text);
}

static void on_writable(void *arg, struct cvg_op *op, uint32_t events)
{
    struct asked *asked = arg;
    (void)events;
    asked->host->cancel(op);
    if (send(asked->fd, "ping\n", 5, MSG_NOSIGNAL) != 5) {
        scripted_fail(asked, CVG_FAULT_CONNECT, "cannot send");
        return;
    }
    asked->host->watch_fd(asked->scope, asked->fd, CVG_EVENT_READ, on_readable, asked);
}

static void on_connected(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text)
{
    struct asked *asked = arg;
    (void)op;
    if (fault) {
        scripted_fail(asked, fault, text);
        return;
    }
    asked->fd = fd;
    asked->host->watch_fd(asked->scope, fd, CVG_EVENT_WRITE, on_writable, asked);
}

void scripted_connect(struct asked *asked)
{
    int64_t port = 0;
    const char *text = asked->settings->text;
    if (cvg_parse_int64(text, strlen(text), &port) != 0) {
        scripted_fail(asked, CVG_FAULT_REQUEST, "no port");
        return;
    }
    struct cvg_connect connect = {
        .size = sizeof connect,
        .host = "127.0.0.1",
        .port = (uint32_t)port,
        .on_done = on_connected,
        .arg = asked,
    };
    asked->host->connect(asked->scope, &connect);
}
