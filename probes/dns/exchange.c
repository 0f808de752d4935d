/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams, streams and patience; see exchange.h. */
#include "exchange.h"

#include "kit/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DATAGRAMS     2  /* to each server */
#define TURN_MOST     32 /* datagrams that are looked at in one turn */
#define DATAGRAM_SIZE 4096
#define PATIENCE_NS                                                                                \
    INT64_C(2000000000) /* with a first datagram, or a server that is not the last */
#define PREFIX 2        /* of a message over TCP: its length */

static void try_server(struct cvg_dns_exchange *exchange);

/* ---- ends ---- */

static void drop(struct cvg_dns_exchange *exchange, struct cvg_op **op)
{
    if (*op != NULL) {
        exchange->host->cancel(*op);
        *op = NULL;
    }
}

static void hang_up(struct cvg_dns_exchange *exchange)
{
    drop(exchange, &exchange->connecting);
    drop(exchange, &exchange->watching);
    drop(exchange, &exchange->timer);
    if (exchange->fd >= 0) {
        close(exchange->fd);
        exchange->fd = -1;
    }
    free(exchange->incoming);
    exchange->incoming = NULL;
    exchange->received = 0;
}

void cvg_dns_exchange_close(struct cvg_dns_exchange *exchange, int scope_ended)
{
    if (scope_ended) {
        exchange->connecting = exchange->watching = exchange->timer = NULL;
    }
    hang_up(exchange);
    free(exchange->message);
    exchange->message = NULL;
}

static void finish(struct cvg_dns_exchange *exchange, uint32_t heard)
{
    exchange->heard = heard;
    exchange->took_ns = exchange->host->now() - exchange->asked_ns;
    hang_up(exchange);
    exchange->on_done(exchange->arg, exchange);
}

static int has_stand_in(const struct cvg_dns_exchange *exchange)
{
    return exchange->server + 1 < exchange->server_count &&
           exchange->host->now() < exchange->deadline_ns;
}

static void use_stand_in(struct cvg_dns_exchange *exchange)
{
    hang_up(exchange);
    exchange->server++;
    exchange->over_tcp = 0;
    exchange->ignored = 0;
    exchange->asked_ns = exchange->host->now();
    try_server(exchange);
}

/* This server is of no use: the next one, or the end. */
static void give_up(struct cvg_dns_exchange *exchange, uint32_t heard)
{
    if (has_stand_in(exchange)) {
        use_stand_in(exchange);
    } else {
        finish(exchange, heard);
    }
}

static void say_silence(struct cvg_dns_exchange *exchange)
{
    const char *way = exchange->over_tcp ? " over TCP" : "";
    if (exchange->ignored > 0) {
        (void)snprintf(exchange->text, sizeof(exchange->text),
                       "no answer; %u %s came that did not answer the question", exchange->ignored,
                       exchange->ignored == 1 ? "datagram" : "datagrams");
    } else {
        (void)snprintf(exchange->text, sizeof(exchange->text), "no answer%s", way);
    }
}

static void say_error(struct cvg_dns_exchange *exchange, int error)
{
    (void)snprintf(exchange->text, sizeof(exchange->text), "%s%s",
                   exchange->over_tcp ? "over TCP: " : "", strerrordesc_np(error));
}

/* ---- time ---- */

/* What is left is for what is still to be tried, the last of which gets all of it. */
static int64_t patience(const struct cvg_dns_exchange *exchange)
{
    int64_t left = exchange->deadline_ns - exchange->host->now();
    size_t servers = exchange->server_count - exchange->server - 1;
    size_t tries = DATAGRAMS * servers;
    tries += exchange->over_tcp ? 1 : DATAGRAMS - (exchange->sent > 0 ? exchange->sent - 1 : 0);
    int64_t share = left / (int64_t)tries;
    if (tries > 1 && share > PATIENCE_NS) {
        share = PATIENCE_NS;
    }
    return share > 0 ? share : 1;
}

static void send_datagram(struct cvg_dns_exchange *exchange);

static void on_timer(void *arg, struct cvg_op *op)
{
    struct cvg_dns_exchange *exchange = arg;
    (void)op;
    exchange->timer = NULL;
    if (!exchange->over_tcp && exchange->sent < DATAGRAMS &&
        exchange->host->now() < exchange->deadline_ns) {
        send_datagram(exchange);
        return;
    }
    say_silence(exchange);
    give_up(exchange, CVG_DNS_HEARD_NOTHING);
}

static void arm(struct cvg_dns_exchange *exchange)
{
    drop(exchange, &exchange->timer);
    exchange->timer =
        exchange->host->timer(exchange->scope, patience(exchange), on_timer, exchange);
}

/* ---- what comes ---- */

static void use_tcp(struct cvg_dns_exchange *exchange)
{
    hang_up(exchange);
    exchange->over_tcp = 1;
    try_server(exchange);
}

static void keep(struct cvg_dns_exchange *exchange, const unsigned char *bytes, size_t length)
{
    exchange->message = cvg_kit_alloc(length);
    memcpy(exchange->message, bytes, length);
    exchange->message_length = length;
    finish(exchange, CVG_DNS_HEARD_ANSWER);
}

/* It answers the question. */
static void take(struct cvg_dns_exchange *exchange, const unsigned char *bytes, size_t length)
{
    uint32_t rcode = cvg_dns_short_rcode(bytes);
    if (cvg_dns_is_truncated(bytes) && !exchange->over_tcp) {
        use_tcp(exchange);
    } else if ((rcode == CVG_DNS_FORMERR || rcode == CVG_DNS_NOTIMP) &&
               exchange->query.length != exchange->query.plain_length) {
        cvg_dns_query_strip(&exchange->query);
        hang_up(exchange);
        try_server(exchange);
    } else if ((rcode == CVG_DNS_SERVFAIL || rcode == CVG_DNS_REFUSED || rcode == CVG_DNS_NOTIMP) &&
               has_stand_in(exchange)) {
        use_stand_in(exchange);
    } else {
        keep(exchange, bytes, length);
    }
}

static void on_datagrams(void *arg, struct cvg_op *op, uint32_t events)
{
    struct cvg_dns_exchange *exchange = arg;
    unsigned char bytes[DATAGRAM_SIZE];
    (void)op;
    (void)events;
    for (int i = 0; i < TURN_MOST; i++) {
        /* With its true length, so that one that was cut is seen. */
        ssize_t length = recv(exchange->fd, bytes, sizeof(bytes), MSG_TRUNC);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (length < 0) {
            say_error(exchange, errno);
            give_up(exchange, CVG_DNS_HEARD_UNREACHABLE);
            return;
        }
        if ((size_t)length <= sizeof(bytes) &&
            cvg_dns_answers(&exchange->query, bytes, (size_t)length)) {
            take(exchange, bytes, (size_t)length);
            return;
        }
        exchange->ignored++;
    }
}

static size_t wanted(const struct cvg_dns_exchange *exchange)
{
    const unsigned char *bytes = exchange->incoming;
    return exchange->received < PREFIX ? PREFIX
                                       : PREFIX + ((size_t)bytes[0] << 8 | (size_t)bytes[1]);
}

/* A whole message came over TCP. */
static void take_stream(struct cvg_dns_exchange *exchange)
{
    const unsigned char *bytes = exchange->incoming + PREFIX;
    size_t length = exchange->received - PREFIX;
    if (cvg_dns_answers(&exchange->query, bytes, length) && !cvg_dns_is_truncated(bytes)) {
        take(exchange, bytes, length);
        return;
    }
    (void)snprintf(exchange->text, sizeof(exchange->text),
                   "what came over TCP is no whole answer to the question");
    give_up(exchange, CVG_DNS_HEARD_NOISE);
}

static void on_stream(void *arg, struct cvg_op *op, uint32_t events)
{
    struct cvg_dns_exchange *exchange = arg;
    (void)op;
    (void)events;
    while (exchange->received < wanted(exchange)) {
        ssize_t length = recv(exchange->fd, exchange->incoming + exchange->received,
                              wanted(exchange) - exchange->received, 0);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (length <= 0) {
            if (length < 0) {
                say_error(exchange, errno);
            } else {
                (void)snprintf(exchange->text, sizeof(exchange->text),
                               "over TCP: hung up before its answer was whole");
            }
            give_up(exchange, CVG_DNS_HEARD_UNREACHABLE);
            return;
        }
        exchange->received += (size_t)length;
    }
    take_stream(exchange);
}

/* ---- what goes ---- */

static void send_datagram(struct cvg_dns_exchange *exchange)
{
    exchange->sent++;
    /* One that the machine cannot send now is as good as lost on the way. */
    if (send(exchange->fd, exchange->query.bytes, exchange->query.length, MSG_NOSIGNAL) < 0 &&
        errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
        say_error(exchange, errno);
        give_up(exchange, CVG_DNS_HEARD_UNREACHABLE);
        return;
    }
    arm(exchange);
}

/* On a connection that is new: so few bytes always fit. */
static void send_stream(struct cvg_dns_exchange *exchange)
{
    unsigned char bytes[PREFIX + CVG_DNS_QUERY_MOST];
    size_t length = exchange->query.length;
    bytes[0] = (unsigned char)(length >> 8);
    bytes[1] = (unsigned char)length;
    memcpy(bytes + PREFIX, exchange->query.bytes, length);
    ssize_t sent = send(exchange->fd, bytes, PREFIX + length, MSG_NOSIGNAL);
    if (sent != (ssize_t)(PREFIX + length)) {
        say_error(exchange, sent < 0 ? errno : EPIPE);
        give_up(exchange, CVG_DNS_HEARD_UNREACHABLE);
        return;
    }
    exchange->incoming = cvg_kit_alloc(PREFIX + CVG_DNS_MESSAGE);
    arm(exchange);
}

static void on_connected(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text)
{
    struct cvg_dns_exchange *exchange = arg;
    (void)op;
    exchange->connecting = NULL;
    if (fault != CVG_FAULT_NONE) {
        (void)snprintf(exchange->text, sizeof(exchange->text), "%s", text);
        give_up(exchange,
                fault == CVG_FAULT_TIMEOUT ? CVG_DNS_HEARD_NOTHING : CVG_DNS_HEARD_UNREACHABLE);
        return;
    }
    exchange->fd = fd;
    exchange->watching =
        exchange->host->watch_fd(exchange->scope, fd, CVG_EVENT_READ,
                                 exchange->over_tcp ? on_stream : on_datagrams, exchange);
    if (exchange->over_tcp) {
        send_stream(exchange);
    } else {
        send_datagram(exchange);
    }
}

static void try_server(struct cvg_dns_exchange *exchange)
{
    const struct cvg_dns_server *server = &exchange->servers[exchange->server];
    const struct cvg_connect connect = {
        .size = sizeof(connect),
        .host = server->address,
        .port = server->port,
        .datagram = !exchange->over_tcp,
        .allow_link_local = exchange->allow_link_local,
        .timeout_ns = patience(exchange),
        .on_done = on_connected,
        .arg = exchange,
    };
    exchange->sent = 0;
    exchange->connecting = exchange->host->connect(exchange->scope, &connect);
}

void cvg_dns_exchange_begin(struct cvg_dns_exchange *exchange)
{
    exchange->fd = -1;
    exchange->asked_ns = exchange->host->now();
    try_server(exchange);
}
