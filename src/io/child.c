/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes. posix_spawn does not copy the daemon's page tables as fork does (30 ms at
 * 500 MB); a pidfd tells the exit without SIGCHLD and cannot mean a later process.
 *
 * What is spawned and reaped here is the launcher (process/launch.h), which starts the program in a
 * session of its own, under its limits, and ends only after everything that came of it. It is told to
 * end it all by the end of the socket pair. One that does not obey within GRACE_TIME (the program may
 * stop it: they are of one user) is killed, and what it leaves falls to the loop (io/children.h).
 *
 * Who is told when:
 *
 *   the child exits          its brood is killed, what is in the pipes is read, then told
 *   timeout, output limit    its brood is killed; told at once, reaped in the background
 *   cancel                   its brood is killed; never told, reaped in the background
 */
#include "io/child.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "io/child_start.h"
#include "io/children.h"
#include "process/launch.h"

#include <convergate/number.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 1024
/* For whoever else was handed the pipes: read no longer than this. */
#define DRAIN_TIME    (250 * CVG_MS)
/* For the launcher, to end what there is. */
#define GRACE_TIME    CVG_SECOND

enum end {
    IN = CVG_CHILD_IN,
    OUT = CVG_CHILD_OUT,
    ERR = CVG_CHILD_ERR,
    ENDS = CVG_CHILD_CONTROL /* that one has no bytes */
};

struct pipe_end {
    struct child *child;
    int fd;          /* ours; -1: closed */
    uv_poll_t *poll; /* freed in its close callback; NULL: none */
    struct cvg_buf bytes;
};

struct child {
    struct cvg_op op;
    struct cvg_loop *loop;
    struct cvg_spawn spawn; /* only numbers and callbacks are valid */
    struct cvg_later later; /* tells that it could not be started */
    uv_timer_t timer;
    struct pipe_end ends[ENDS];
    size_t written;
    int control;           /* ours; -1: closed, which ends the brood */
    pid_t pid;             /* the launcher; 0: none, or reaped */
    int pidfd;             /* -1: none */
    uv_poll_t *exit_watch; /* NULL: none */
    bool exited;
    int32_t exit_code, signal;
    uint32_t fault;
    char text[256];
    int64_t started;
    struct cvg_buf command; /* for the exchange */
    char program[128];      /* cut where it is longer */
};

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void drop_poll(uv_poll_t **poll)
{
    if (*poll) {
        uv_poll_stop(*poll);
        uv_close((uv_handle_t *)*poll, on_poll_closed);
        *poll = NULL;
    }
}

static void close_end(struct pipe_end *end)
{
    drop_poll(&end->poll);
    if (end->fd >= 0) {
        close(end->fd);
        end->fd = -1;
    }
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Nobody is left to be told, and the child is reaped. */
static void dispose(struct child *child)
{
    for (int i = 0; i < ENDS; i++) {
        struct cvg_buf *bytes = &child->ends[i].bytes;
        close_end(&child->ends[i]);
        if (bytes->data && child->spawn.flags & CVG_SPAWN_SECRET) {
            explicit_bzero(bytes->data, bytes->length);
        }
        cvg_buf_done(bytes);
    }
    cvg_buf_done(&child->command);
    drop_poll(&child->exit_watch);
    if (child->pidfd >= 0) {
        close(child->pidfd);
    }
    uv_close((uv_handle_t *)&child->timer, on_timer_closed);
}

static void on_disobeyed(uv_timer_t *timer)
{
    struct child *child = timer->data;
    cvg_loop_wake(child->loop);
    if (child->pid > 0) {
        kill(child->pid, SIGKILL);
    }
}

/* Its launcher kills all, and ends. */
static void end_brood(struct child *child)
{
    if (child->control >= 0) {
        close(child->control);
        child->control = -1;
    }
}

/* Without its owner: what is left is to reap it. */
static void abandon(struct child *child)
{
    uv_timer_stop(&child->timer);
    end_brood(child);
    if (child->pid > 0) {
        cvg_loop_arm(&child->timer, on_disobeyed, GRACE_TIME);
    }
    cvg_later_remove(child->loop, &child->later);
    for (int i = 0; i < ENDS; i++) {
        close_end(&child->ends[i]);
    }
    if (child->pid == 0) {
        dispose(child);
    }
}

static void cancel(struct cvg_op *op)
{
    struct child *child = (struct child *)op;
    cvg_op_leave(op);
    abandon(child);
}

static const struct cvg_op_kind kind = {"child", cancel};

static void tell_exchange(const struct child *child, const struct cvg_scope *scope)
{
    const struct cvg_buf *in = &child->ends[IN].bytes;
    const struct cvg_buf *out = &child->ends[OUT].bytes;
    struct cvg_exchange exchange = {
        .kind = "exec",
        .request = cvg_buf_text(&child->command),
        .sent = cvg_buf_text(in),
        .sent_length = in->length,
        .status = child->exit_code > 0 ? (uint32_t)child->exit_code : 0,
        .fault = child->text,
        .received = cvg_buf_text(out),
        .received_length = CVG_MIN(out->length, 4096),
        .total_length = out->length,
        .took_ns = cvg_time_now() - child->started,
    };
    if (child->spawn.flags & CVG_SPAWN_SECRET) {
        exchange.sent = exchange.received = "";
        exchange.sent_length = exchange.received_length = 0;
    }
    scope->hooks->exchanged(scope->owner, &exchange);
}

/* The last callback. */
static void finish(struct child *child)
{
    struct cvg_scope *scope = child->op.scope;
    const struct cvg_buf *out = &child->ends[OUT].bytes;
    const struct cvg_buf *err = &child->ends[ERR].bytes;
    cvg_op_leave(&child->op);
    uv_timer_stop(&child->timer);
    if (scope->hooks && scope->hooks->exchanged) {
        tell_exchange(child, scope);
    }
    struct cvg_op_call call;
    cvg_op_enter(&call, scope);
    child->spawn.on_done(child->spawn.arg, &child->op, child->fault, child->text, child->exit_code,
                         child->signal, cvg_buf_text(out), out->length, cvg_buf_text(err),
                         err->length);
    cvg_op_return(&call);
    abandon(child);
}

static void on_not_started(struct cvg_later *later)
{
    finish(CVG_CONTAINER(later, struct child, later));
}

/* Ends it by force and tells why. */
static void put_down(struct child *child, uint32_t fault)
{
    end_brood(child);
    child->fault = fault;
    child->exit_code = -1;
    child->signal = SIGKILL;
    finish(child);
}

/* Returns false where the limit is passed. */
static bool read_end(struct child *child, struct pipe_end *end)
{
    char room[65536];
    for (;;) {
        ssize_t got = read(end->fd, room, sizeof room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return true;
        }
        if (got <= 0) {
            close_end(end);
            return true;
        }
        size_t fits = end->bytes.limit - end->bytes.length;
        cvg_buf_add(&end->bytes, room, CVG_MIN(fits, (size_t)got));
        if ((size_t)got > fits) {
            snprintf(child->text, sizeof child->text, "it wrote over %zu bytes", end->bytes.limit);
            return false;
        }
    }
}

static bool finish_when_read(struct child *child)
{
    bool complete = child->exited && child->ends[OUT].fd < 0 && child->ends[ERR].fd < 0;
    if (complete) {
        finish(child);
    }
    return complete;
}

static void on_output(uv_poll_t *poll, int status, int events)
{
    struct pipe_end *end = poll->data;
    struct child *child = end->child;
    (void)events;
    cvg_loop_wake(child->loop);
    if (status < 0) {
        close_end(end);
    } else if (!read_end(child, end)) {
        put_down(child, CVG_FAULT_TOO_LARGE);
        return;
    }
    finish_when_read(child);
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct pipe_end *end = poll->data;
    struct child *child = end->child;
    (void)events;
    cvg_loop_wake(child->loop);
    size_t left = end->bytes.length - child->written;
    ssize_t sent = status < 0 ? -1 : write(end->fd, end->bytes.data + child->written, left);
    if (sent > 0) {
        child->written += (size_t)sent;
        left -= (size_t)sent;
    }
    /* A child that does not read to the end (EPIPE) is no fault. */
    bool failed = sent < 0 && errno != EAGAIN && errno != EINTR;
    if (left == 0 || failed || status < 0) {
        close_end(end);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct child *child = timer->data;
    char room[CVG_NUMBER_TEXT];
    cvg_loop_wake(child->loop);
    if (child->exited) {
        finish(child); /* somebody else holds its pipes */
        return;
    }
    cvg_format_duration(child->spawn.timeout_ns, room, sizeof room);
    snprintf(child->text, sizeof child->text, "it did not end within %s", room);
    put_down(child, CVG_FAULT_TIMEOUT);
}

static void take_report(struct child *child, const struct cvg_launch_report *report)
{
    bool by_itself = report->outcome == CVG_LAUNCH_EXITED;
    child->exit_code = by_itself ? report->value : -1;
    child->signal = 0;
    switch (report->outcome) {
    case CVG_LAUNCH_EXITED:
        break;
    case CVG_LAUNCH_SIGNALED:
        child->signal = report->value;
        break;
    case CVG_LAUNCH_TOO_MANY:
        child->fault = CVG_FAULT_TOO_LARGE;
        child->signal = SIGKILL;
        snprintf(child->text, sizeof child->text, "it had %d processes, over its %d",
                 (int)report->value, (int)child->spawn.process_limit);
        break;
    default:
        child->fault = CVG_FAULT_CONNECT;
        snprintf(child->text, sizeof child->text, "%s %s: %s",
                 report->outcome == CVG_LAUNCH_NO_DIRECTORY ? "enter the directory of" : "start",
                 child->program, strerrordesc_np(report->value));
        break;
    }
}

/* The launcher is a zombie, or gone. */
static void reap(struct child *child, const siginfo_t *info)
{
    struct cvg_launch_report report = {0};
    siginfo_t room;
    ssize_t got =
        child->control < 0 ? -1 : recv(child->control, &report, sizeof report, MSG_DONTWAIT);
    waitid(P_PIDFD, (id_t)child->pidfd, &room, WEXITED | WNOHANG);
    bool clean = info->si_code == CLD_EXITED && info->si_status == 0;
    cvg_children_remove(child->loop->children, child->pid, clean);
    child->pid = 0;
    child->exited = true;
    uv_timer_stop(&child->timer);
    drop_poll(&child->exit_watch);
    if (got == (ssize_t)sizeof report) {
        take_report(child, &report);
    } else {
        child->exit_code = -1;
        child->signal = info->si_code == CLD_EXITED ? SIGKILL : info->si_status;
    }
}

static void on_exit_event(uv_poll_t *poll, int status, int events)
{
    struct child *child = poll->data;
    siginfo_t info = {0};
    (void)status;
    (void)events;
    cvg_loop_wake(child->loop);
    if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0) {
        return;
    }
    reap(child, &info);
    if (!child->op.scope) {
        dispose(child);
        return;
    }
    for (int i = OUT; i <= ERR; i++) {
        if (child->ends[i].fd >= 0 && !read_end(child, &child->ends[i])) {
            child->fault = CVG_FAULT_TOO_LARGE;
            finish(child);
            return;
        }
    }
    if (!finish_when_read(child)) {
        cvg_loop_arm(&child->timer, on_timer, DRAIN_TIME);
    }
}

/* ---- the start ---- */

static int watch_end(struct child *child, enum end which)
{
    struct pipe_end *end = &child->ends[which];
    if (end->fd < 0) {
        return 0;
    }
    end->poll = CVG_NEW(uv_poll_t);
    end->poll->data = end;
    int status = uv_poll_init(&child->loop->uv, end->poll, end->fd);
    if (status) {
        free(end->poll);
        end->poll = NULL;
        return -status;
    }
    uv_poll_start(end->poll, which == IN ? UV_WRITABLE : UV_READABLE,
                  which == IN ? on_input : on_output);
    return 0;
}

static int watch_exit(struct child *child)
{
    child->pidfd = pidfd_open(child->pid, 0);
    int problem = child->pidfd < 0 ? errno : 0;
    if (!problem) {
        child->exit_watch = CVG_NEW(uv_poll_t);
        child->exit_watch->data = child;
        problem = -uv_poll_init(&child->loop->uv, child->exit_watch, child->pidfd);
    }
    if (problem) {
        /* It cannot be watched, so it must not run: waits for what is being killed, not longer. */
        free(child->exit_watch);
        child->exit_watch = NULL;
        end_brood(child);
        (void)waitpid(child->pid, NULL, 0);
        cvg_children_remove(child->loop->children, child->pid, true);
        child->pid = 0;
        return problem;
    }
    uv_poll_start(child->exit_watch, UV_READABLE, on_exit_event);
    return 0;
}

static int start(struct child *child, const struct cvg_spawn *spawn)
{
    struct cvg_child_started started;
    int problem = cvg_child_start(cvg_children_launcher(child->loop->children), spawn, &started);
    child->pid = started.pid;
    child->control = started.ends[CVG_CHILD_CONTROL];
    for (int i = 0; i < ENDS; i++) {
        child->ends[i].fd = started.ends[i];
    }
    if (!problem) {
        cvg_children_add(child->loop->children, child->pid);
        problem = watch_exit(child);
    }
    for (int i = 0; i < ENDS && !problem; i++) {
        problem = watch_end(child, (enum end)i);
    }
    return problem;
}

static bool is_runnable(const struct cvg_spawn *spawn)
{
    if (!spawn->argv || !spawn->argv[0] || spawn->argv[0][0] != '/') {
        return false;
    }
    size_t count = 0;
    while (count <= ARGUMENTS_MAX && spawn->argv[count]) {
        count++;
    }
    return count <= ARGUMENTS_MAX;
}

static void take_spawn(struct child *child, const struct cvg_spawn *spawn)
{
    child->command.limit = 4096;
    snprintf(child->program, sizeof child->program, "%s",
             spawn->argv && spawn->argv[0] ? spawn->argv[0] : "");
    bool secret = spawn->flags & CVG_SPAWN_SECRET;
    for (size_t i = 0; spawn->argv && spawn->argv[i] && !(secret && i); i++) {
        cvg_buf_printf(&child->command, "%s%s", i ? " " : "", spawn->argv[i]);
    }
    child->ends[IN].bytes.limit = spawn->input_length;
    cvg_buf_add(&child->ends[IN].bytes, spawn->input, spawn->input ? spawn->input_length : 0);
    size_t limit = spawn->output_limit ? spawn->output_limit : (size_t)1 << 20;
    child->ends[OUT].bytes.limit = child->ends[ERR].bytes.limit = limit;
}

struct cvg_op *cvg_child_spawn(struct cvg_scope *scope, const struct cvg_spawn *spawn)
{
    if (scope->ended) {
        return &scope->loop->dead;
    }
    struct child *child = CVG_NEW(struct child);
    memcpy(&child->spawn, spawn, CVG_MIN(spawn->size, sizeof child->spawn));
    struct cvg_spawn asked = child->spawn;
    child->loop = scope->loop;
    child->started = cvg_time_now();
    child->pidfd = child->control = -1;
    for (int i = 0; i < ENDS; i++) {
        child->ends[i].child = child;
        child->ends[i].fd = -1;
    }
    take_spawn(child, &asked);
    cvg_op_join(&child->op, &kind, scope);
    uv_timer_init(&scope->loop->uv, &child->timer);
    child->timer.data = child;
    int problem = is_runnable(&asked) ? start(child, &asked) : EINVAL;
    if (problem) {
        end_brood(child);
        child->fault = CVG_FAULT_CONNECT;
        child->exit_code = -1;
        snprintf(child->text, sizeof child->text, "start %s: %s", child->program,
                 strerrordesc_np(problem));
        cvg_later_add(scope->loop, &child->later, on_not_started);
        return &child->op;
    }
    child->spawn.timeout_ns = cvg_loop_allowance(scope, asked.timeout_ns);
    cvg_loop_arm(&child->timer, on_timer, child->spawn.timeout_ns);
    return &child->op;
}
