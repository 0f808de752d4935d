/* SPDX-License-Identifier: Apache-2.0 */
/* The few lines of libsystemd that a daemon needs, written out. */
#include "daemon/notify.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "io/timer.h"

#include <convergate/number.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STATUS_EVERY CVG_SECOND
#define MESSAGE_MOST 256

struct cvg_notify {
    int fd; /* owned; -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t address_length;
    int64_t watchdog_ns; /* 0: none */
    struct cvg_board *board;
    struct cvg_scope scope; /* of the timers */
    bool started, stopping;
    char unsent[MESSAGE_MOST]; /* a state that could not be sent yet; "": none */
    char status[MESSAGE_MOST]; /* as last sent */
    struct cvg_complaint complaint;
};

/* ---- the environment ---- */

/* In memory of the caller's; NULL where it is not set. Gone from the environment afterwards. */
static char *take_variable(const char *name)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): no other thread is there
    char *copy = value ? cvg_strdup(value) : NULL;

    unsetenv(name); // NOLINT(concurrency-mt-unsafe): as above
    return copy;
}

static int parse_address(const char *text, struct cvg_notify *notify)
{
    size_t length = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || length < 2 ||
        length >= sizeof(notify->address.sun_path)) {
        return -1;
    }
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, text, length);
    if (text[0] == '@') {
        notify->address.sun_path[0] = '\0'; /* the abstract name space */
    }
    notify->address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    return 0;
}

static void open_socket(struct cvg_notify *notify, const char *text)
{
    if (parse_address(text, notify) < 0) {
        cvg_log(CVG_LOG_WARNING, "NOTIFY_SOCKET is neither a path nor an abstract name", "value",
                text, NULL);
        return;
    }
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notify->fd < 0) {
        cvg_log(CVG_LOG_WARNING, "no socket to tell the service manager by", NULL);
    }
}

/* Both variables are inherited by whatever this process starts, hence the check whom they mean. */
static int64_t parse_watchdog(const char *period, const char *process)
{
    uint64_t microseconds, pid;

    if (!period || cvg_parse_uint64(period, strlen(period), &microseconds) < 0 ||
        microseconds == 0 || microseconds > INT64_MAX / 1000) {
        return 0;
    }
    if (process &&
        (cvg_parse_uint64(process, strlen(process), &pid) < 0 || pid != (uint64_t)getpid())) {
        return 0;
    }
    return (int64_t)microseconds * 1000;
}

struct cvg_notify *cvg_notify_take(void)
{
    struct cvg_notify *notify = CVG_NEW(struct cvg_notify);
    CVG_CLEANUP(cvg_free_pointer) char *address = take_variable("NOTIFY_SOCKET");
    CVG_CLEANUP(cvg_free_pointer) char *period = take_variable("WATCHDOG_USEC");
    CVG_CLEANUP(cvg_free_pointer) char *process = take_variable("WATCHDOG_PID");

    notify->fd = -1;
    if (address && *address) {
        open_socket(notify, address);
    }
    notify->watchdog_ns = parse_watchdog(period, process);
    return notify;
}

/* ---- sending ---- */

/* False where the manager's queue is full: try again. Anything else that fails will not get
 * better by itself, and is told once. */
static bool send_now(struct cvg_notify *notify, const char *message)
{
    ssize_t sent = sendto(notify->fd, message, strlen(message), MSG_NOSIGNAL | MSG_DONTWAIT,
                          (const struct sockaddr *)&notify->address, notify->address_length);

    if (sent >= 0) {
        cvg_complaint_clear(&notify->complaint, NULL);
        return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS) {
        return false;
    }
    struct cvg_error error = {0};
    (void)cvg_error_set_errno(&error, errno, "send to NOTIFY_SOCKET");
    if (cvg_complaint_raise(&notify->complaint, cvg_time_now())) {
        cvg_log(CVG_LOG_WARNING, "the service manager cannot be told", "error", error.text, NULL);
    }
    return true;
}

/* A later state takes the place of one that could not be sent: only the latest is true. */
static void send_state(struct cvg_notify *notify, const char *message)
{
    notify->unsent[0] = '\0';
    if (notify->fd >= 0 && !send_now(notify, message)) {
        (void)snprintf(notify->unsent, sizeof(notify->unsent), "%s", message);
    }
}

static void write_status(struct cvg_notify *notify, char *ret, size_t size)
{
    struct cvg_vitals *vitals = cvg_board_vitals(notify->board);
    size_t up = 0;

    for (size_t i = 0; i < vitals->source_count; i++) {
        up += vitals->sources[i].up ? 1 : 0;
    }
    size_t environments = cvg_board_count(notify->board);
    (void)snprintf(ret, size, "STATUS=%zu of %zu %s up, %zu %s", up, vitals->source_count,
                   cvg_plural(vitals->source_count, "source", "sources"), environments,
                   cvg_plural(environments, "environment", "environments"));
    cvg_vitals_unref(vitals);
}

static void send_status(struct cvg_notify *notify)
{
    char status[MESSAGE_MOST];

    write_status(notify, status, sizeof(status));
    if (!cvg_text_equal(status, notify->status) && send_now(notify, status)) {
        (void)snprintf(notify->status, sizeof(notify->status), "%s", status);
    }
}

static void on_status_timer(void *arg, struct cvg_op *op)
{
    struct cvg_notify *notify = arg;

    (void)op;
    if (notify->unsent[0] && send_now(notify, notify->unsent)) {
        notify->unsent[0] = '\0';
    }
    if (!notify->stopping) {
        send_status(notify);
    }
    cvg_timer_start(&notify->scope, STATUS_EVERY, on_status_timer, notify);
}

static void on_watchdog_timer(void *arg, struct cvg_op *op)
{
    struct cvg_notify *notify = arg;

    (void)op;
    (void)send_now(notify, "WATCHDOG=1");
    cvg_timer_start(&notify->scope, notify->watchdog_ns / 2, on_watchdog_timer, notify);
}

void cvg_notify_start(struct cvg_notify *notify, struct cvg_loop *loop, struct cvg_board *board)
{
    if (notify->fd < 0) {
        return;
    }
    notify->board = board;
    notify->started = true;
    cvg_scope_init(&notify->scope, loop, NULL, NULL, notify);
    cvg_timer_start(&notify->scope, 0, on_status_timer, notify);
    if (notify->watchdog_ns) {
        cvg_timer_start(&notify->scope, 0, on_watchdog_timer, notify);
    }
}

/* ---- states ---- */

void cvg_notify_ready(struct cvg_notify *notify)
{
    send_state(notify, "READY=1");
}

void cvg_notify_reloading(struct cvg_notify *notify)
{
    struct timespec now;
    char message[MESSAGE_MOST];

    /* What Type=notify-reload compares with the time of its signal is this clock. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
                   (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    send_state(notify, message);
}

void cvg_notify_stopping(struct cvg_notify *notify)
{
    notify->stopping = true;
    send_state(notify, "STOPPING=1\nSTATUS=stopping");
}

void cvg_notify_free(struct cvg_notify *notify)
{
    if (!notify) {
        return;
    }
    if (notify->started) {
        cvg_scope_end(&notify->scope);
    }
    if (notify->fd >= 0) {
        close(notify->fd);
    }
    free(notify);
}
