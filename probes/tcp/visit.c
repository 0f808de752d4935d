/* SPDX-License-Identifier: Apache-2.0 */
/* A run of a check; see visit.h. */
#include "visit.h"

#include "banner.h"
#include "kit/finding.h"
#include "kit/memory.h"
#include "kit/printable.h"
#include "kit/reach.h"
#include "reason.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MILLISECOND  INT64_C(1000000)
#define READS_A_TURN 4

struct cvg_tcp_visit {
    struct cvg_tcp_visit_setup setup;
    struct cvg_op *connecting, *watching, *timer; /* NULL: none */
    struct cvg_tcp_banner *banner;                /* NULL: nothing is awaited */
    size_t sent;
    int fd; /* -1: none */
    int64_t started_ns, connected_ns;
    char address[CVG_KIT_ADDRESS_TEXT];
};

/* ---- ends ---- */

static void cancel_op(const struct cvg_tcp_visit *visit, struct cvg_op **op)
{
    if (*op != NULL) {
        visit->setup.host->cancel(*op);
        *op = NULL;
    }
}

void cvg_tcp_visit_drop(struct cvg_tcp_visit *visit)
{
    if (visit->fd >= 0) {
        close(visit->fd);
    }
    cvg_tcp_banner_free(visit->banner);
    free(visit);
}

static int64_t connect_ms(const struct cvg_tcp_visit *visit)
{
    return (visit->connected_ns - visit->started_ns) / MILLISECOND;
}

static void add_facts(const struct cvg_tcp_visit *visit, struct cvg_kit_finding *finding)
{
    char line[CVG_TCP_LINE_MOST];
    if (visit->connected_ns == 0) {
        return;
    }
    cvg_kit_finding_fact(finding, "address", "%s", visit->address);
    cvg_kit_finding_metric(finding, "connect_ms", connect_ms(visit));
    if (visit->banner != NULL) {
        cvg_tcp_banner_line(visit->banner, line);
        cvg_kit_finding_fact(finding, "banner", "%s", line);
        finding->reading.observed = cvg_kit_finding_text(finding, "%s", line);
    }
}

/* The visit is gone when this returns. */
static void end(struct cvg_tcp_visit *visit, struct cvg_kit_finding *finding)
{
    struct cvg_tcp_visit_setup setup = visit->setup;
    /* A descriptor is closed only when nobody watches it. */
    cancel_op(visit, &visit->connecting);
    cancel_op(visit, &visit->watching);
    cancel_op(visit, &visit->timer);
    add_facts(visit, finding);
    cvg_tcp_visit_drop(visit);
    setup.on_over(setup.arg, &finding->reading);
}

static void end_at_obstacle(struct cvg_tcp_visit *visit, enum cvg_kit_reach reach, const char *text)
{
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_reach_say(&finding, reach, text);
    end(visit, &finding);
}

static void end_refused(struct cvg_tcp_visit *visit, const char *text)
{
    struct cvg_kit_finding finding;
    if (visit->setup.config->closed != 1) {
        end_at_obstacle(visit, CVG_KIT_REACH_REFUSED, text);
        return;
    }
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(&finding, CVG_READY, cvg_tcp_reason(CVG_TCP_REASON_CLOSED), "%s", text);
    end(visit, &finding);
}

static void end_open(struct cvg_tcp_visit *visit)
{
    const struct cvg_tcp_check_config *config = visit->setup.config;
    struct cvg_kit_finding finding;
    cvg_kit_finding_begin(&finding);
    cvg_kit_finding_say(
        &finding, config->closed == 1 ? CVG_FAILED : CVG_READY, cvg_tcp_reason(CVG_TCP_REASON_OPEN),
        "%s port %" PRId64 " accepts connections after %" PRId64 " ms%s", visit->address,
        config->port, connect_ms(visit), config->closed == 1 ? ", and must not" : "");
    end(visit, &finding);
}

static void end_heard(struct cvg_tcp_visit *visit, int matched)
{
    const struct cvg_tcp_expect *expect = visit->setup.config->expect;
    struct cvg_kit_finding finding;
    char line[CVG_TCP_LINE_MOST], wanted[CVG_TCP_LINE_MOST];
    const char *words = expect->contains != NULL ? expect->contains : expect->matches;
    cvg_tcp_banner_line(visit->banner, line);
    cvg_kit_printable(wanted, sizeof(wanted), words, strlen(words));
    cvg_kit_finding_begin(&finding);
    finding.reading.expected = cvg_kit_finding_text(
        &finding, "%s %s", expect->contains != NULL ? "contains" : "matches", wanted);
    if (matched) {
        cvg_kit_finding_say(&finding, CVG_READY, cvg_tcp_reason(CVG_TCP_REASON_BANNER_MATCHED),
                            "%s said: %s", visit->address, line);
    } else {
        cvg_kit_finding_say(&finding, CVG_PROGRESSING,
                            cvg_tcp_reason(CVG_TCP_REASON_BANNER_DIFFERS),
                            "%s said something else in its %zu bytes: %s", visit->address,
                            cvg_tcp_banner_length(visit->banner), line);
    }
    end(visit, &finding);
}

/* Nothing more will come, for this reason: what was said until then counts, if anything was. */
static void end_at_silence(struct cvg_tcp_visit *visit, enum cvg_kit_reach reach, const char *why)
{
    struct cvg_kit_finding finding;
    if (visit->banner != NULL && cvg_tcp_banner_length(visit->banner) > 0) {
        end_heard(visit, 0);
        return;
    }
    cvg_kit_finding_begin(&finding);
    cvg_kit_reach_say(&finding, reach,
                      cvg_kit_finding_text(&finding,
                                           "%s port %" PRId64 " accepted the connection and %s",
                                           visit->address, visit->setup.config->port, why));
    end(visit, &finding);
}

/* ---- speaking and listening ---- */

static void on_ready(void *arg, struct cvg_op *op, uint32_t events);

static void watch(struct cvg_tcp_visit *visit)
{
    const char *words = visit->setup.config->send;
    uint32_t events = CVG_EVENT_READ;
    if (words != NULL && visit->sent < strlen(words)) {
        events |= CVG_EVENT_WRITE;
    }
    const struct cvg_host *host = visit->setup.host;
    visit->watching =
        host->watch_fd(host->run_scope(visit->setup.run), visit->fd, events, on_ready, visit);
}

static void end_at_errno(struct cvg_tcp_visit *visit, int number)
{
    enum cvg_kit_reach reach = cvg_kit_reach_errno(number);
    char why[128];
    const char *words = strerrordesc_np(number);
    (void)snprintf(why, sizeof(why), "then: %s", words != NULL ? words : "an error");
    end_at_silence(visit, reach, reach == CVG_KIT_REACH_RESET ? "cut it" : why);
}

/* 0; or -1, and the visit is over. */
static int speak(struct cvg_tcp_visit *visit)
{
    const char *words = visit->setup.config->send;
    size_t length = words != NULL ? strlen(words) : 0;
    while (visit->sent < length) {
        ssize_t sent = send(visit->fd, words + visit->sent, length - visit->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            end_at_errno(visit, errno);
            return -1;
        }
        if (sent <= 0) {
            break;
        }
        visit->sent += (size_t)sent;
    }
    return 0;
}

/* 0: there may be more; or -1: nothing yet, or the visit is over. */
static int listen_once(struct cvg_tcp_visit *visit)
{
    char bytes[4096];
    size_t room = cvg_tcp_banner_room(visit->banner);
    ssize_t got = recv(visit->fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes), 0);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            end_at_errno(visit, errno);
        }
        return -1;
    }
    if (got == 0) {
        end_at_silence(visit, CVG_KIT_REACH_CLOSED, "closed it without a word");
        return -1;
    }
    if (cvg_tcp_banner_take(visit->banner, bytes, (size_t)got)) {
        end_heard(visit, 1);
        return -1;
    }
    if (cvg_tcp_banner_room(visit->banner) == 0) {
        end_heard(visit, 0);
        return -1;
    }
    return 0;
}

static void on_ready(void *arg, struct cvg_op *op, uint32_t events)
{
    struct cvg_tcp_visit *visit = arg;
    (void)op;
    if (events & CVG_EVENT_WRITE) {
        if (speak(visit) < 0) {
            return;
        }
        watch(visit);
    }
    for (int turn = 0; events & CVG_EVENT_READ && turn < READS_A_TURN; turn++) {
        if (listen_once(visit) < 0) {
            return;
        }
    }
}

static void on_time(void *arg, struct cvg_op *op)
{
    struct cvg_tcp_visit *visit = arg;
    (void)op;
    visit->timer = NULL;
    if (visit->connected_ns != 0) {
        end_at_silence(visit, CVG_KIT_REACH_TIMED_OUT, "said nothing in time");
        return;
    }
    end_at_obstacle(visit, CVG_KIT_REACH_TIMED_OUT, "no connection came about in time");
}

static void on_connected(void *arg, struct cvg_op *op, int fd, uint32_t fault, const char *text)
{
    struct cvg_tcp_visit *visit = arg;
    const struct cvg_host *host = visit->setup.host;
    const struct cvg_tcp_expect *expect = visit->setup.config->expect;
    (void)op;
    visit->connecting = NULL;
    if (fault != CVG_FAULT_NONE) {
        enum cvg_kit_reach reach = cvg_kit_reach_read(fault, text);
        if (reach == CVG_KIT_REACH_REFUSED) {
            end_refused(visit, text);
        } else {
            end_at_obstacle(visit, reach, text);
        }
        return;
    }
    visit->fd = fd;
    visit->connected_ns = host->now();
    cvg_kit_reach_peer(fd, visit->address);
    if (expect == NULL) {
        if (speak(visit) == 0) {
            end_open(visit);
        }
        return;
    }
    visit->banner = cvg_tcp_banner_new(expect);
    int64_t left = cvg_kit_reach_patience(visit->connected_ns, visit->setup.deadline_ns);
    if (expect->within != CVG_ABSENT_INT && expect->within < left) {
        cancel_op(visit, &visit->timer);
        visit->timer =
            host->timer(host->run_scope(visit->setup.run), expect->within, on_time, visit);
    }
    watch(visit);
}

struct cvg_tcp_visit *cvg_tcp_visit_begin(const struct cvg_tcp_visit_setup *setup)
{
    static const uint32_t families[] = {CVG_FAMILY_ANY, CVG_FAMILY_IPV4, CVG_FAMILY_IPV6};
    struct cvg_tcp_visit *visit = cvg_kit_alloc(sizeof(*visit));
    const struct cvg_host *host = setup->host;
    struct cvg_scope *scope = host->run_scope(setup->run);
    visit->setup = *setup;
    visit->fd = -1;
    visit->started_ns = host->now();
    int64_t patience = cvg_kit_reach_patience(visit->started_ns, setup->deadline_ns);
    struct cvg_connect connect = {
        .size = sizeof(connect),
        .host = setup->config->host,
        .port = (uint32_t)setup->config->port,
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
