/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to name servers: c-ares on the loop.
 *
 * c-ares goes on to the next server after SERVFAIL and REFUSED, and then calls it "connection
 * refused", as if nothing listened there; with ARES_FLAG_NOCHECKRESP it tells them apart but
 * never goes on. So a question goes to the first kind of channel, and where that ends in "refused"
 * once more to the second kind, to learn why.
 *
 * resolv.conf is read when the channels are made; they are made anew when it has changed and no
 * question is on its way. c-ares reads /etc/hosts for each question, on the loop's thread.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "io/loop_inner.h"
#include "io/name_inner.h"

#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TRY_TIME      (2 * CVG_SECOND)
#define TRIES         2
#define ADDRESSES_MAX 32
#define SERVERS_MAX   8

enum channel_kind {
    GO_ON,   /* to the next server, whatever the first one says */
    EXPLAIN, /* the first answer counts */
    CHANNEL_KINDS
};

struct name_socket {
    uv_poll_t uv;
    struct cvg_names_channel *channel;
    ares_channel ares;
    int fd;
    struct name_socket *next;
};

struct cvg_names_channel {
    struct cvg_loop *loop;
    ares_channel ares[CHANNEL_KINDS];
    uv_timer_t *timer; /* freed in its close callback, hence not embedded */
    struct name_socket *sockets;
    size_t asking;
    bool freeing;
    char servers[512]; /* as ares_set_servers_ports_csv takes them; "": resolv.conf's */
    int timeout_ms;
    struct timespec resolv_conf; /* its modification time */
};

struct question {
    struct cvg_names_channel *channel;
    enum channel_kind kind;
    uint32_t family;
    void (*on_answer)(void *arg, struct cvg_name_answer *answer);
    void *arg;
    char name[]; /* NUL-terminated */
};

static void on_timer(uv_timer_t *timer);

/* After each call into c-ares: what it waits for next has changed. */
static void arm(struct cvg_names_channel *channel)
{
    int64_t least = CVG_NEVER;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        struct timeval room;
        struct timeval *left =
            channel->ares[kind] ? ares_timeout(channel->ares[kind], NULL, &room) : NULL;
        if (left) {
            least = CVG_MIN(least, left->tv_sec * CVG_SECOND + left->tv_usec * 1000);
        }
    }
    if (least == CVG_NEVER) {
        uv_timer_stop(channel->timer);
    } else {
        cvg_loop_arm(channel->timer, on_timer, CVG_MAX(least, CVG_MS));
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct cvg_names_channel *channel = timer->data;
    cvg_loop_wake(channel->loop);
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        ares_process_fd(channel->ares[kind], ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
    arm(channel);
}

static void on_socket(uv_poll_t *handle, int status, int events)
{
    struct name_socket *sock = handle->data;
    struct cvg_names_channel *channel = sock->channel;
    cvg_loop_wake(channel->loop);
    bool readable = status < 0 || (events & UV_READABLE);
    bool writable = status < 0 || (events & UV_WRITABLE);
    ares_process_fd(sock->ares, readable ? sock->fd : ARES_SOCKET_BAD,
                    writable ? sock->fd : ARES_SOCKET_BAD);
    arm(channel);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void forget_socket(struct cvg_names_channel *channel, int fd)
{
    for (struct name_socket **at = &channel->sockets; *at; at = &(*at)->next) {
        struct name_socket *sock = *at;
        if (sock->fd == fd) {
            *at = sock->next;
            uv_close((uv_handle_t *)&sock->uv, on_closed);
            return;
        }
    }
}

static void on_socket_state(struct cvg_names_channel *channel, ares_channel ares, int fd,
                            int readable, int writable)
{
    struct name_socket *sock = channel->sockets;
    if (!readable && !writable) {
        forget_socket(channel, fd);
        return;
    }
    while (sock && sock->fd != fd) {
        sock = sock->next;
    }
    if (!sock) {
        sock = CVG_NEW(struct name_socket);
        sock->channel = channel;
        sock->ares = ares;
        sock->fd = fd;
        sock->uv.data = sock;
        if (uv_poll_init(&channel->loop->uv, &sock->uv, fd)) {
            free(sock); /* the timeout ends the question */
            return;
        }
        sock->next = channel->sockets;
        channel->sockets = sock;
    }
    uv_poll_start(&sock->uv, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                  on_socket);
}

static void on_state_go_on(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct cvg_names_channel *channel = arg;
    on_socket_state(channel, channel->ares[GO_ON], fd, readable, writable);
}

static void on_state_explain(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct cvg_names_channel *channel = arg;
    on_socket_state(channel, channel->ares[EXPLAIN], fd, readable, writable);
}

static int open_one(struct cvg_names_channel *channel, enum channel_kind kind,
                    struct cvg_error *reterr)
{
    static char hosts_first[] = "fb";
    struct ares_options options = {
        .flags = kind == EXPLAIN ? ARES_FLAG_NOCHECKRESP : 0,
        .timeout = channel->timeout_ms,
        .tries = TRIES,
        .lookups = hosts_first,
        .sock_state_cb = kind == EXPLAIN ? on_state_explain : on_state_go_on,
        .sock_state_cb_data = channel,
    };
    int status = ares_init_options(&channel->ares[kind], &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && channel->servers[0]) {
        status = ares_set_servers_ports_csv(channel->ares[kind], channel->servers);
    }
    return status == ARES_SUCCESS
               ? 0
               : cvg_error_set(reterr, CVG_E_INVALID, "name servers: %s", ares_strerror(status));
}

static void close_all(struct cvg_names_channel *channel)
{
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        if (channel->ares[kind]) {
            ares_destroy(channel->ares[kind]);
            channel->ares[kind] = NULL;
        }
    }
    while (channel->sockets) {
        forget_socket(channel, channel->sockets->fd);
    }
}

static int open_all(struct cvg_names_channel *channel, struct cvg_error *reterr)
{
    struct stat now;
    if (stat("/etc/resolv.conf", &now) == 0) {
        channel->resolv_conf = now.st_mtim;
    }
    int code = open_one(channel, GO_ON, reterr);
    return code ? code : open_one(channel, EXPLAIN, reterr);
}

/* A machine's name servers change while the daemon runs. */
static void refresh(struct cvg_names_channel *channel)
{
    struct stat now;
    if (channel->asking || stat("/etc/resolv.conf", &now) != 0 ||
        (now.st_mtim.tv_sec == channel->resolv_conf.tv_sec &&
         now.st_mtim.tv_nsec == channel->resolv_conf.tv_nsec)) {
        return;
    }
    /* Without questions there are no sockets: only the two channels change. */
    ares_channel old[CHANNEL_KINDS];
    memcpy(old, channel->ares, sizeof old);
    memset(channel->ares, 0, sizeof channel->ares);
    if (open_all(channel, NULL) == 0) {
        ares_destroy(old[GO_ON]);
        ares_destroy(old[EXPLAIN]);
    } else {
        close_all(channel);
        memcpy(channel->ares, old, sizeof old);
    }
}

static int join_servers(struct cvg_names_channel *channel, const char *const *servers,
                        struct cvg_error *reterr)
{
    struct cvg_buf list = CVG_BUF_INIT(sizeof channel->servers - 1);
    for (size_t i = 0; servers && servers[i]; i++) {
        cvg_buf_printf(&list, "%s%s", i ? "," : "", servers[i]);
    }
    bool fits = !list.overflow;
    if (fits) {
        memcpy(channel->servers, cvg_buf_text(&list), list.length + 1);
    }
    cvg_buf_done(&list);
    return fits ? 0 : cvg_error_set(reterr, CVG_E_TOO_LARGE, "name servers: too many");
}

int cvg_names_channel_new(struct cvg_loop *loop, const struct cvg_loop_options *options,
                          struct cvg_names_channel **ret, struct cvg_error *reterr)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "c-ares did not start");
    }
    struct cvg_names_channel *channel = CVG_NEW(struct cvg_names_channel);
    channel->loop = loop;
    int64_t timeout = options->name_timeout_ns > 0 ? options->name_timeout_ns : TRY_TIME;
    channel->timeout_ms = (int)CVG_MIN(CVG_MAX(timeout / CVG_MS, 1), 60000);
    channel->timer = CVG_NEW(uv_timer_t);
    uv_timer_init(&loop->uv, channel->timer);
    channel->timer->data = channel;
    int code = join_servers(channel, options->name_servers, reterr);
    if (!code) {
        code = open_all(channel, reterr);
    }
    if (code) {
        cvg_names_channel_free(channel);
        return code;
    }
    *ret = channel;
    return 0;
}

void cvg_names_channel_free(struct cvg_names_channel *channel)
{
    if (!channel) {
        return;
    }
    channel->freeing = true;
    close_all(channel);
    channel->timer->data = channel->timer;
    uv_close((uv_handle_t *)channel->timer, on_closed);
    ares_library_cleanup();
    free(channel);
}

static void explain(int status, struct cvg_name_answer *answer)
{
    static const struct {
        int status;
        uint32_t fault;
        const char *text;
    } table[] = {
        {ARES_ENOTFOUND, CVG_FAULT_CONNECT, "no such name"},
        {ARES_ENODATA, CVG_FAULT_CONNECT, "the name has no address of this kind"},
        {ARES_ESERVFAIL, CVG_FAULT_CONNECT, "the name server failed (SERVFAIL)"},
        {ARES_EREFUSED, CVG_FAULT_CONNECT, "the name server refused to answer (REFUSED)"},
        {ARES_ECONNREFUSED, CVG_FAULT_CONNECT, "no name server listens"},
        {ARES_ETIMEOUT, CVG_FAULT_TIMEOUT, "no answer from the name servers"},
        {ARES_EBADRESP, CVG_FAULT_PROTOCOL, "the name server's answer makes no sense"},
        {ARES_EFORMERR, CVG_FAULT_PROTOCOL, "the name server did not understand (FORMERR)"},
        {ARES_ENOTIMP, CVG_FAULT_PROTOCOL, "the name server cannot answer that (NOTIMP)"},
        {ARES_EBADNAME, CVG_FAULT_REQUEST, "not a host name"},
    };

    const char *text = ares_strerror(status);
    answer->fault = CVG_FAULT_CONNECT;
    for (size_t i = 0; i < CVG_COUNT(table); i++) {
        if (table[i].status == status) {
            answer->fault = table[i].fault;
            text = table[i].text;
        }
    }
    (void)snprintf(answer->text, sizeof answer->text, "%s", text);
}

static void add_address(struct cvg_name_answer *answer, const struct ares_addrinfo_node *node)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (node->ai_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, node->ai_addr, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    } else if (node->ai_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, node->ai_addr, sizeof in6);
        inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    }
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->addresses[i], text) == 0) {
            return;
        }
    }
    if (text[0] && answer->count < ADDRESSES_MAX) {
        answer->addresses[answer->count++] = cvg_strdup(text);
        answer->ttl_ns = CVG_MIN(answer->ttl_ns, node->ai_ttl * CVG_SECOND);
    }
}

static void send_question(struct question *question);

static void on_ares(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    struct question *question = arg;
    struct cvg_names_channel *channel = question->channel;
    (void)timeouts;
    if (channel->freeing) {
        free(question);
        return;
    }
    if (status == ARES_ECONNREFUSED && question->kind == GO_ON) {
        question->kind = EXPLAIN;
        send_question(question);
        return;
    }
    channel->asking--;
    struct cvg_name_answer answer = {.ttl_ns = CVG_NEVER};
    if (status == ARES_SUCCESS && result) {
        answer.addresses = cvg_alloc_array(ADDRESSES_MAX + 1, sizeof *answer.addresses);
        for (const struct ares_addrinfo_node *node = result->nodes; node; node = node->ai_next) {
            add_address(&answer, node);
        }
    }
    if (!answer.count) {
        free(answer.addresses);
        answer.addresses = NULL;
        explain(status == ARES_SUCCESS ? ARES_ENODATA : status, &answer);
    }
    if (result) {
        ares_freeaddrinfo(result);
    }
    question->on_answer(question->arg, &answer);
    free(question);
}

static void send_question(struct question *question)
{
    struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    if (question->family != CVG_FAMILY_ANY) {
        hints.ai_family = question->family == CVG_FAMILY_IPV4 ? AF_INET : AF_INET6;
    }
    ares_getaddrinfo(question->channel->ares[question->kind], question->name, NULL, &hints, on_ares,
                     question);
}

void cvg_names_channel_ask(struct cvg_names_channel *channel, const char *name, uint32_t family,
                           void (*on_answer)(void *arg, struct cvg_name_answer *answer), void *arg)
{
    size_t length = strlen(name);
    refresh(channel);
    struct question *question = cvg_alloc(sizeof *question + length + 1);
    question->channel = channel;
    question->family = family;
    question->on_answer = on_answer;
    question->arg = arg;
    memcpy(question->name, name, length + 1);
    channel->asking++;
    send_question(question);
    arm(channel);
}
