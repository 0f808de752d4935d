/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connecting. The name is looked up, then its addresses are tried one after the other, each with
 * its share of the time that is left, so that a first address that does not answer leaves time
 * for the others.
 */
#include "io/socket.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/guard.h"
#include "io/loop_inner.h"
#include "io/name_inner.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ADDRESSES_MAX 32
#define HOST_MOST     255

struct attempt {
    struct cvg_op op;
    struct cvg_loop *loop;
    struct cvg_scope inner; /* of the lookup */
    struct cvg_connect connect;
    uv_timer_t timer; /* of one address, or of the name */
    uv_poll_t *poll;  /* freed in its close callback; NULL: none */
    struct cvg_later later;
    int fd; /* -1: none */
    int64_t started, deadline;
    size_t count, next;
    char addresses[ADDRESSES_MAX][CVG_ADDRESS_TEXT];
    uint32_t fault;
    char text[512];
    char host[HOST_MOST + 1];
};

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop_poll(struct attempt *attempt)
{
    if (attempt->poll) {
        uv_poll_stop(attempt->poll);
        uv_close((uv_handle_t *)attempt->poll, on_poll_closed);
        attempt->poll = NULL;
    }
}

static void drop_socket(struct attempt *attempt)
{
    drop_poll(attempt);
    if (attempt->fd >= 0) {
        close(attempt->fd);
        attempt->fd = -1;
    }
}

/* Memory goes with the timer's close callback. */
static void retire(struct attempt *attempt)
{
    cvg_op_leave(&attempt->op);
    cvg_later_remove(attempt->loop, &attempt->later);
    cvg_scope_end(&attempt->inner);
    drop_poll(attempt);
    uv_close((uv_handle_t *)&attempt->timer, on_timer_closed);
}

static void cancel(struct cvg_op *op)
{
    struct attempt *attempt = (struct attempt *)op;
    drop_socket(attempt);
    retire(attempt);
}

static const struct cvg_op_kind kind = {"connect", cancel};

static void tell_exchange(const struct attempt *attempt, const struct cvg_scope *scope)
{
    char request[HOST_MOST + 32];
    snprintf(request, sizeof request, "%s %s:%u", attempt->connect.datagram ? "udp" : "tcp",
             attempt->host, attempt->connect.port);
    const char *address =
        attempt->fault || !attempt->next ? "" : attempt->addresses[attempt->next - 1];
    struct cvg_exchange exchange = {
        .kind = "connect",
        .request = request,
        .sent = "",
        .fault = attempt->text,
        .received = address,
        .received_length = strlen(address),
        .total_length = strlen(address),
        .took_ns = cvg_time_now() - attempt->started,
    };
    scope->hooks->exchanged(scope->owner, &exchange);
}

/* The last callback. */
static void finish(struct attempt *attempt)
{
    struct cvg_scope *scope = attempt->op.scope;
    int fd = attempt->fault ? -1 : attempt->fd;
    if (attempt->fault) {
        drop_socket(attempt);
    }
    retire(attempt);
    if (scope->hooks && scope->hooks->exchanged) {
        tell_exchange(attempt, scope);
    }
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    attempt->connect.on_done(attempt->connect.arg, &attempt->op, fd, attempt->fault, attempt->text);
    cvg_op_return(&call);
}

static void on_finish(struct cvg_later *later)
{
    finish(CVG_CONTAINER(later, struct attempt, later));
}

static void try_next(struct attempt *attempt);

/* What went wrong with the current address; the last one's reason is what is told. */
static void note(struct attempt *attempt, uint32_t fault, const char *why)
{
    const char *address = attempt->addresses[attempt->next - 1];
    attempt->fault = fault;
    snprintf(attempt->text, sizeof attempt->text,
             strchr(address, ':') ? "connect [%s]:%u: %s" : "connect %s:%u: %s", address,
             attempt->connect.port, why);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct attempt *attempt = poll->data;
    (void)events;
    cvg_loop_wake(attempt->loop);
    int problem = 0;
    socklen_t size = sizeof problem;
    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
        problem = errno;
    }
    if (!problem && status < 0) {
        problem = -status;
    }
    if (problem) {
        note(attempt, CVG_FAULT_CONNECT, strerrordesc_np(problem));
        drop_socket(attempt);
        try_next(attempt);
        return;
    }
    attempt->fault = CVG_FAULT_NONE;
    attempt->text[0] = '\0';
    finish(attempt);
}

static void on_timer(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;
    char room[CVG_NUMBER_TEXT];
    cvg_loop_wake(attempt->loop);
    int64_t waited = cvg_time_now() - attempt->started;
    cvg_format_duration(waited / CVG_MS * CVG_MS, room, sizeof room);
    if (attempt->next) {
        char why[CVG_NUMBER_TEXT + 32];
        snprintf(why, sizeof why, "no answer within %s", room);
        note(attempt, CVG_FAULT_TIMEOUT, why);
        drop_socket(attempt);
        if (cvg_time_now() < attempt->deadline) {
            try_next(attempt);
            return;
        }
    } else {
        attempt->fault = CVG_FAULT_TIMEOUT;
        snprintf(attempt->text, sizeof attempt->text, "resolve %s: no answer within %s",
                 attempt->host, room);
    }
    finish(attempt);
}

static socklen_t make_address(const char *text, uint32_t port, struct sockaddr_storage *ret)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(ret, &in, sizeof in);
        return sizeof in;
    }
    if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        memcpy(ret, &in6, sizeof in6);
        return sizeof in6;
    }
    return 0;
}

/* Begins with one address. 0, or -1 with the reason noted. */
static int try_address(struct attempt *attempt, const char *text)
{
    struct sockaddr_storage address;
    socklen_t size = make_address(text, attempt->connect.port, &address);
    if (!attempt->connect.allow_link_local &&
        cvg_guard_is_link_local((const struct sockaddr *)&address)) {
        note(attempt, CVG_FAULT_CONNECT, "link-local addresses are refused (allow_link_local)");
        return -1;
    }
    int type = attempt->connect.datagram ? SOCK_DGRAM : SOCK_STREAM;
    attempt->fd = socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (attempt->fd < 0 || (connect(attempt->fd, (const struct sockaddr *)&address, size) != 0 &&
                            errno != EINPROGRESS)) {
        note(attempt, CVG_FAULT_CONNECT, strerrordesc_np(errno));
        drop_socket(attempt);
        return -1;
    }
    attempt->poll = CVG_NEW(uv_poll_t);
    attempt->poll->data = attempt;
    int status = uv_poll_init(&attempt->loop->uv, attempt->poll, attempt->fd);
    if (status) {
        free(attempt->poll);
        attempt->poll = NULL;
        note(attempt, CVG_FAULT_CONNECT, strerrordesc_np(-status));
        drop_socket(attempt);
        return -1;
    }
    uv_poll_start(attempt->poll, UV_WRITABLE, on_writable);
    return 0;
}

static void try_next(struct attempt *attempt)
{
    while (attempt->next < attempt->count) {
        int64_t left = CVG_MAX(attempt->deadline - cvg_time_now(), 0);
        int64_t share = left / (int64_t)(attempt->count - attempt->next);
        if (try_address(attempt, attempt->addresses[attempt->next++]) == 0) {
            cvg_loop_arm(&attempt->timer, on_timer, share);
            return;
        }
    }
    uv_timer_stop(&attempt->timer);
    cvg_later_add(attempt->loop, &attempt->later, on_finish);
}

static void on_name(void *arg, struct cvg_op *op, uint32_t fault, const char *text,
                    const char *const *addresses, size_t count)
{
    struct attempt *attempt = arg;
    (void)op;
    if (fault) {
        attempt->fault = fault;
        snprintf(attempt->text, sizeof attempt->text, "%s", text);
        uv_timer_stop(&attempt->timer);
        cvg_later_add(attempt->loop, &attempt->later, on_finish);
        return;
    }
    attempt->count = CVG_MIN(count, ADDRESSES_MAX);
    for (size_t i = 0; i < attempt->count; i++) {
        snprintf(attempt->addresses[i], sizeof attempt->addresses[i], "%s", addresses[i]);
    }
    try_next(attempt);
}

struct cvg_op *cvg_socket_connect(struct cvg_scope *scope, const struct cvg_connect *connect)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    struct attempt *attempt = CVG_NEW(struct attempt);
    memcpy(&attempt->connect, connect, CVG_MIN(connect->size, sizeof attempt->connect));
    attempt->loop = scope->loop;
    attempt->fd = -1;
    attempt->started = cvg_time_now();
    const char *host = attempt->connect.host ? attempt->connect.host : "";
    size_t length = strlen(host);
    memcpy(attempt->host, host, CVG_MIN(length, HOST_MOST));
    cvg_op_join(&attempt->op, &kind, scope);
    cvg_scope_init(&attempt->inner, scope->loop, NULL, NULL, NULL);
    uv_timer_init(&scope->loop->uv, &attempt->timer);
    attempt->timer.data = attempt;
    if (length > HOST_MOST || attempt->connect.port == 0 || attempt->connect.port > 65535) {
        attempt->fault = CVG_FAULT_REQUEST;
        snprintf(attempt->text, sizeof attempt->text, "the host or the port is not one");
        cvg_later_add(scope->loop, &attempt->later, on_finish);
        return &attempt->op;
    }
    int64_t allowance = cvg_loop_allowance(scope, attempt->connect.timeout_ns);
    attempt->deadline = attempt->started + allowance;
    cvg_loop_arm(&attempt->timer, on_timer, allowance);
    cvg_name_resolve(&attempt->inner, attempt->host, attempt->connect.family, on_name, attempt);
    return &attempt->op;
}
