/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a check; see visit.h. */
#include "visit.h"

#include "exam.h"
#include "handshake.h"
#include "judge.h"
#include "kit/finding.h"
#include "kit/memory.h"
#include "kit/printable.h"
#include "kit/reach.h"
#include "prelude.h"
#include "reason.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MILLISECOND  INT64_C(1000000)
#define SECOND       INT64_C(1000000000)
#define READS_A_TURN 4
#define OUT_MOST     4096

enum phase {
    CONNECTING = 0,
    TALKING, /* before TLS */
    SHAKING,
    EXAMINING,
};

struct cvg_tls_visit {
    struct cvg_tls_waiter waiter; /* first, so that a waiter is its visit */
    struct cvg_tls_visit_setup setup;
    enum phase phase;
    struct cvg_op *connecting, *watching, *timer, *working; /* NULL: none */
    int fd;                                                 /* -1: none */
    struct cvg_tls_prelude prelude;
    struct cvg_tls_handshake *handshake; /* NULL: none yet */
    int64_t started_ns, connected_ns, shaking_ns, shaken_ns;
    size_t out_length, out_sent;
    char out[OUT_MOST];
    char address[CVG_KIT_ADDRESS_TEXT];
};

/* ---- ends ---- */

static void cancel_op(const struct cvg_tls_visit *visit, struct cvg_op **op)
{
    if (*op != NULL) {
        visit->setup.host->cancel(*op);
        *op = NULL;
    }
}

void cvg_tls_visit_drop(struct cvg_tls_visit *visit)
{
    cvg_tls_trust_leave(visit->setup.trust, &visit->waiter);
    cvg_tls_handshake_free(visit->handshake);
    if (visit->fd >= 0) {
        close(visit->fd);
    }
    free(visit);
}

/* The visit is gone when this returns. */
static void end(struct cvg_tls_visit *visit, struct cvg_kit_finding *finding)
{
    struct cvg_tls_visit_setup setup = visit->setup;
    /* A descriptor is closed only when nobody watches it; what a worker has is discarded by itself. */
    cancel_op(visit, &visit->connecting);
    cancel_op(visit, &visit->watching);
    cancel_op(visit, &visit->timer);
    cancel_op(visit, &visit->working);
    if (visit->phase != EXAMINING) {
        cvg_kit_finding_fact(finding, "address", "%s", visit->address);
    }
    cvg_tls_visit_drop(visit);
    setup.on_over(setup.arg, &finding->reading);
}

static void end_at_obstacle(struct cvg_tls_visit *visit, enum cvg_kit_reach reach, const char *text)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_reach_say(&finding, reach, text);
    end(visit, &finding);
}

static const char *phase_words(const struct cvg_tls_visit *visit)
{
    return visit->phase == TALKING ? "asked for TLS" : "shook hands";
}

/* It was connected to, and then cut, closed or silent. */
static void end_later(struct cvg_tls_visit *visit, enum cvg_kit_reach reach, const char *why)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_reach_say(&finding, reach,
                      cvg_kit_finding_text(&finding,
                                           "%s accepted the connection and %s while we %s",
                                           visit->address, why, phase_words(visit)));
    end(visit, &finding);
}

/* words: somebody else's, `length` of them. */
static void end_said(struct cvg_tls_visit *visit, uint32_t status, enum cvg_tls_reason reason,
                     const char *ours, const char *words, size_t length)
{
    struct cvg_kit_finding finding;
    char shown[200];
    cvg_kit_finding_begin(&finding);
    cvg_kit_printable(shown, sizeof(shown), words, length);
    cvg_kit_finding_say(&finding, status, cvg_tls_reason(reason), "%s %s: %s", visit->address, ours,
                        shown);
    finding.reading.observed = cvg_kit_finding_text(&finding, "%s", shown);
    end(visit, &finding);
}

/* ---- the exam ---- */

static void conclude(struct cvg_tls_visit *visit, const struct cvg_tls_exam *exam)
{
    const SSL *ssl = cvg_tls_handshake_ssl(visit->handshake);
    const unsigned char *chosen;
    unsigned length;
    char alpn[64] = "";
    SSL_get0_alpn_selected(ssl, &chosen, &length);
    if (length > 0) {
        cvg_kit_printable(alpn, sizeof(alpn), (const char *)chosen, length);
    }
    struct cvg_tls_link link = {
        .address = visit->address,
        .protocol = SSL_get_version(ssl),
        .cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)),
        .alpn = alpn,
        .version = SSL_version(ssl),
        .connect_ms = (visit->connected_ns - visit->started_ns) / MILLISECOND,
        .handshake_ms = (visit->shaken_ns - visit->shaking_ns) / MILLISECOND,
    };
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_tls_judge(visit->setup.config, &link, exam, &finding);
    finding.reading.observed_at_ns = visit->shaken_ns;
    end(visit, &finding);
}

struct work {
    struct cvg_tls_exam *exam; /* owned */
    struct cvg_tls_visit *visit;
};

static void work(void *arg)
{
    struct work *job = arg;
    cvg_tls_exam_work(job->exam);
}

static void discard(void *arg)
{
    struct work *job = arg;
    cvg_tls_exam_free(job->exam);
    free(job);
}

static void on_worked(void *arg, struct cvg_op *op)
{
    struct work *job = arg;
    (void)op;
    job->visit->working = NULL;
    conclude(job->visit, job->exam);
    discard(job);
}

static void on_trust(struct cvg_tls_waiter *waiter, X509_STORE *store, const char *problem)
{
    struct cvg_tls_visit *visit = (struct cvg_tls_visit *)(void *)waiter;
    const struct cvg_host *host = visit->setup.host;
    const struct cvg_tls_check_config *config = visit->setup.config;
    if (store == NULL) {
        struct cvg_kit_finding finding;
        cvg_kit_finding_begin(&finding);
        cvg_kit_finding_say(&finding, CVG_UNKNOWN, cvg_tls_reason(CVG_TLS_REASON_CA_UNREADABLE),
                            "%s", problem);
        finding.reading.fault = CVG_FAULT_REQUEST;
        end(visit, &finding);
        return;
    }
    STACK_OF(X509) *chain = cvg_tls_handshake_chain(visit->handshake);
    if (chain == NULL || sk_X509_num(chain) == 0) {
        sk_X509_pop_free(chain, X509_free);
        X509_STORE_free(store);
        end_said(visit, CVG_FAILED, CVG_TLS_REASON_HANDSHAKE_FAILED, "sent no certificate", "", 0);
        return;
    }
    struct work *job = cvg_kit_alloc(sizeof(*job));
    job->visit = visit;
    job->exam =
        cvg_tls_exam_new(chain, store, visit->setup.wall_ns / SECOND, cvg_tls_check_name(config),
                         config->names.items, config->names.count);
    visit->working =
        host->offload(host->run_scope(visit->setup.run), work, on_worked, discard, job);
}

/* ---- bytes ---- */

static void end_at_errno(struct cvg_tls_visit *visit, int number)
{
    enum cvg_kit_reach reach = cvg_kit_reach_errno(number);
    end_later(visit, reach, reach == CVG_KIT_REACH_RESET ? "cut it" : strerrordesc_np(number));
}

/* Sends what is there to be sent, as far as it goes. 0: all or as much as fits; or the error number. */
static int flush(struct cvg_tls_visit *visit)
{
    for (;;) {
        if (visit->out_sent == visit->out_length) {
            visit->out_sent = 0;
            visit->out_length =
                visit->handshake != NULL
                    ? cvg_tls_handshake_give(visit->handshake, visit->out, sizeof(visit->out))
                    : 0;
            if (visit->out_length == 0) {
                return 0;
            }
        }
        ssize_t sent = send(visit->fd, visit->out + visit->out_sent,
                            visit->out_length - visit->out_sent, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : errno;
        }
        visit->out_sent += (size_t)sent;
    }
}

static void on_ready(void *arg, struct cvg_op *op, uint32_t events);

static void watch(struct cvg_tls_visit *visit)
{
    const struct cvg_host *host = visit->setup.host;
    uint32_t events = CVG_EVENT_READ | (visit->out_length > 0 ? CVG_EVENT_WRITE : 0u);
    visit->watching =
        host->watch_fd(host->run_scope(visit->setup.run), visit->fd, events, on_ready, visit);
}

/* 0; or -1, and the visit is over or needs no more bytes. */
static int shake(struct cvg_tls_visit *visit, const void *bytes, size_t length)
{
    const char *said;
    size_t said_length;
    switch (cvg_tls_handshake_take(visit->handshake, bytes, length)) {
    case CVG_TLS_MORE:
        return 0;
    case CVG_TLS_DONE:
        visit->shaken_ns = visit->setup.host->now();
        /* The server may be gone by now: what is to be known is known. */
        (void)flush(visit);
        cancel_op(visit, &visit->watching);
        visit->phase = EXAMINING;
        cvg_tls_trust_want(visit->setup.trust, &visit->waiter);
        return -1;
    case CVG_TLS_BROKEN:
        (void)flush(visit); /* an alert, so that the server's log knows */
        said = cvg_tls_handshake_problem(visit->handshake);
        end_said(visit, CVG_FAILED, CVG_TLS_REASON_HANDSHAKE_FAILED, "and we did not come to terms",
                 said, strlen(said));
        return -1;
    case CVG_TLS_FOREIGN:
        break;
    }
    said = cvg_tls_handshake_said(visit->handshake, &said_length);
    end_said(visit, CVG_FAILED, CVG_TLS_REASON_NOT_TLS, "answers something else than TLS", said,
             said_length);
    return -1;
}

static int begin_shaking(struct cvg_tls_visit *visit)
{
    const struct cvg_tls_check_config *config = visit->setup.config;
    visit->phase = SHAKING;
    visit->shaking_ns = visit->setup.host->now();
    visit->handshake =
        cvg_tls_handshake_new(visit->setup.context, cvg_tls_check_name(config), &config->alpn);
    return shake(visit, NULL, 0);
}

/* 0; or -1, and the visit is over. */
static int act(struct cvg_tls_visit *visit, enum cvg_tls_turn turn)
{
    const struct cvg_tls_prelude *prelude = &visit->prelude;
    size_t length = strlen(prelude->line);
    switch (turn) {
    case CVG_TLS_LISTEN:
        return 0;
    case CVG_TLS_SAY:
        memcpy(visit->out, prelude->send, prelude->send_length);
        visit->out_length = prelude->send_length;
        visit->out_sent = 0;
        return 0;
    case CVG_TLS_GO:
        return begin_shaking(visit);
    case CVG_TLS_DENIED:
        end_said(visit, CVG_FAILED, CVG_TLS_REASON_STARTTLS_REFUSED, "does not go over to TLS",
                 prelude->line, length);
        return -1;
    case CVG_TLS_LATER:
        end_said(visit, CVG_PROGRESSING, CVG_TLS_REASON_SERVER_NOT_READY, "asks to come back later",
                 prelude->line, length);
        return -1;
    case CVG_TLS_STRANGE:
        break;
    }
    end_said(visit, CVG_FAILED, CVG_TLS_REASON_PROTOCOL_VIOLATED,
             "says what the protocol does not have", prelude->line, length);
    return -1;
}

/* 0; or -1, and the visit is over or needs no more bytes. */
static int take(struct cvg_tls_visit *visit, const char *bytes, size_t length)
{
    while (visit->phase == TALKING && length > 0) {
        size_t used;
        enum cvg_tls_turn turn = cvg_tls_prelude_take(&visit->prelude, bytes, length, &used);
        bytes += used;
        length -= used;
        if (visit->out_length > 0 && turn == CVG_TLS_SAY) {
            turn = CVG_TLS_STRANGE; /* answers to what was not said yet */
        }
        if (act(visit, turn) < 0) {
            return -1;
        }
    }
    return visit->phase == SHAKING && length > 0 ? shake(visit, bytes, length) : 0;
}

/* 0: there may be more; 1: not now; -1: the visit is over or needs no more. */
static int read_once(struct cvg_tls_visit *visit)
{
    char bytes[8192];
    ssize_t got = recv(visit->fd, bytes, sizeof(bytes), 0);
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return 1;
        }
        end_at_errno(visit, errno);
        return -1;
    }
    if (got == 0) {
        end_later(visit, CVG_KIT_REACH_CLOSED, "closed it");
        return -1;
    }
    return take(visit, bytes, (size_t)got);
}

static void on_ready(void *arg, struct cvg_op *op, uint32_t events)
{
    struct cvg_tls_visit *visit = arg;
    (void)op;
    int state = 0;
    for (int turn = 0; events & CVG_EVENT_READ && turn < READS_A_TURN && state == 0; turn++) {
        state = read_once(visit);
    }
    if (state < 0) {
        return;
    }
    int problem = flush(visit);
    if (problem != 0) {
        end_at_errno(visit, problem);
        return;
    }
    watch(visit);
}

/* ---- beginning ---- */

static void on_time(void *arg, struct cvg_op *op)
{
    struct cvg_tls_visit *visit = arg;
    (void)op;
    visit->timer = NULL;
    if (visit->phase == CONNECTING) {
        end_at_obstacle(visit, CVG_KIT_REACH_TIMED_OUT, "no connection came about in time");
    } else if (visit->phase == EXAMINING) {
        end_at_obstacle(visit, CVG_KIT_REACH_TIMED_OUT, "the chain was not examined in time");
    } else {
        end_later(visit, CVG_KIT_REACH_TIMED_OUT, "fell silent");
    }
}

static void on_connected(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text)
{
    struct cvg_tls_visit *visit = arg;
    const struct cvg_tls_check_config *config = visit->setup.config;
    (void)op;
    visit->connecting = NULL;
    if (fault != CVG_FAULT_NONE) {
        end_at_obstacle(visit, cvg_kit_reach_read(fault, text), text);
        return;
    }
    visit->fd = fd;
    visit->connected_ns = visit->setup.host->now();
    cvg_kit_reach_peer(fd, visit->address);
    int over;
    if (config->starttls == CVG_TLS_AT_ONCE) {
        over = begin_shaking(visit);
    } else {
        visit->phase = TALKING;
        over = act(visit, cvg_tls_prelude_begin(&visit->prelude, config->starttls));
    }
    if (over == 0) {
        on_ready(visit, NULL, CVG_EVENT_WRITE);
    }
}

struct cvg_tls_visit *cvg_tls_visit_begin(const struct cvg_tls_visit_setup *setup)
{
    static const uint32_t families[] = {CVG_FAMILY_ANY, CVG_FAMILY_IPV4, CVG_FAMILY_IPV6};
    struct cvg_tls_visit *visit = cvg_kit_alloc(sizeof(*visit));
    const struct cvg_host *host = setup->host;
    struct cvg_scope *scope = host->run_scope(setup->run);
    visit->setup = *setup;
    visit->waiter.on_trust = on_trust;
    visit->fd = -1;
    visit->started_ns = host->now();
    int64_t patience = cvg_kit_reach_patience(visit->started_ns, setup->deadline_ns);
    struct cvg_connect connect = {
        .size = sizeof(connect),
        .host = setup->config->host,
        .port = cvg_tls_check_port(setup->config),
        .family = families[setup->config->family],
        .allow_link_local = setup->allow_link_local,
        .timeout_ns = patience,
        .on_done = on_connected,
        .arg = visit,
    };
    /* Somewhat after the connection's own limit, whose words say more. */
    visit->timer = host->timer(scope, patience + 2 * MILLISECOND, on_time, visit);
    visit->connecting = host->connect(scope, &connect);
    return visit;
}
