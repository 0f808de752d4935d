/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop on libuv: turns and their length, posts from other threads, things that are to happen
 * in a later turn, signals. Everything but cvg_loop_post() is for the loop's thread.
 */
#include "io/loop.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/children.h"
#include "io/http_inner.h"
#include "io/loop_inner.h"
#include "io/name_inner.h"

#include <errno.h>
#include <signal.h>

/* How long a loop that is freed waits for what libraries still hold: killed children that have
 * not been reaped, work on the pool. */
#define SETTLE_TIME (2 * CVG_SECOND)

struct cvg_post {
    void (*fn)(void *arg);
    void *arg;
    struct cvg_post *next;
};

struct cvg_signal {
    uv_signal_t uv;
    struct cvg_loop *loop;
    void (*fn)(void *arg);
    void *arg;
    struct cvg_signal *next;
};

void cvg_loop_wake(struct cvg_loop *loop)
{
    if (loop->turn_started) {
        return;
    }
    loop->turn_started = cvg_time_now();
    loop->turns++;
    if (loop->on_turn) {
        loop->on_turn(loop->on_turn_arg);
    }
}

static void on_prepare(uv_prepare_t *handle)
{
    struct cvg_loop *loop = handle->data;
    /* What is waited for may have come from a timer, just before this wait: nothing would end it. */
    if (loop->until_done && *loop->until_done) {
        uv_stop(&loop->uv);
    }
    if (!loop->turn_started) {
        return;
    }
    loop->longest_turn = CVG_MAX(loop->longest_turn, cvg_time_now() - loop->turn_started);
    loop->turn_started = 0;
}

static void on_idle(uv_idle_t *handle)
{
    struct cvg_loop *loop = handle->data;
    cvg_loop_wake(loop);
    /* What these add waits for the turn after, or descriptors would starve. */
    for (size_t left = loop->later_count; left && loop->later_first; left--) {
        struct cvg_later *later = loop->later_first;
        cvg_later_remove(loop, later);
        later->fn(later);
    }
    if (!loop->later_first) {
        uv_idle_stop(handle);
    }
}

void cvg_later_add(struct cvg_loop *loop, struct cvg_later *later,
                   void (*fn)(struct cvg_later *later))
{
    later->fn = fn;
    if (later->queued) {
        return;
    }
    later->queued = true;
    later->next = NULL;
    later->previous = loop->later_last;
    if (loop->later_last) {
        loop->later_last->next = later;
    } else {
        loop->later_first = later;
        uv_idle_start(&loop->idle, on_idle);
    }
    loop->later_last = later;
    loop->later_count++;
}

void cvg_later_remove(struct cvg_loop *loop, struct cvg_later *later)
{
    if (!later->queued) {
        return;
    }
    later->queued = false;
    if (later->previous) {
        later->previous->next = later->next;
    } else {
        loop->later_first = later->next;
    }
    if (later->next) {
        later->next->previous = later->previous;
    } else {
        loop->later_last = later->previous;
    }
    loop->later_count--;
}

void cvg_loop_run_posts(struct cvg_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct cvg_post *post = loop->post_first;
    loop->post_first = loop->post_last = NULL;
    pthread_mutex_unlock(&loop->lock);
    while (post) {
        struct cvg_post *next = post->next;
        post->fn(post->arg);
        free(post);
        post = next;
    }
}

static void on_posted(uv_async_t *handle)
{
    struct cvg_loop *loop = handle->data;
    cvg_loop_wake(loop);
    cvg_loop_run_posts(loop);
}

void cvg_loop_post(struct cvg_loop *loop, void (*fn)(void *arg), void *arg)
{
    struct cvg_post *post = CVG_NEW(struct cvg_post);
    post->fn = fn;
    post->arg = arg;
    pthread_mutex_lock(&loop->lock);
    bool first = !loop->post_first;
    if (first) {
        loop->post_first = post;
    } else {
        loop->post_last->next = post;
    }
    loop->post_last = post;
    pthread_mutex_unlock(&loop->lock);
    if (first) {
        uv_async_send(&loop->posted);
    }
}

static void on_heartbeat(uv_timer_t *timer)
{
    cvg_loop_wake(timer->data);
}

void cvg_loop_on_turn(struct cvg_loop *loop, void (*fn)(void *arg), void *arg)
{
    loop->on_turn = fn;
    loop->on_turn_arg = arg;
    if (fn) {
        uv_timer_start(&loop->heartbeat, on_heartbeat, 0, 1000);
    } else {
        uv_timer_stop(&loop->heartbeat);
    }
}

int64_t cvg_loop_longest_turn(struct cvg_loop *loop, bool reset)
{
    int64_t longest = loop->longest_turn;
    if (reset) {
        loop->longest_turn = 0;
    }
    return longest;
}

uint64_t cvg_loop_turns(const struct cvg_loop *loop)
{
    return loop->turns;
}

uint64_t cvg_loop_ms(int64_t ns)
{
    return ns <= 0 ? 0 : (uint64_t)(ns / CVG_MS) + (ns % CVG_MS ? 2 : 1);
}

void cvg_loop_arm(uv_timer_t *timer, uv_timer_cb fn, int64_t after_ns)
{
    uv_update_time(timer->loop);
    uv_timer_start(timer, fn, cvg_loop_ms(after_ns), 0);
}

int64_t cvg_loop_allowance(const struct cvg_scope *scope, int64_t timeout_ns)
{
    if (timeout_ns > 0) {
        return timeout_ns;
    }
    if (!scope->deadline_ns) {
        return 30 * CVG_SECOND;
    }
    return CVG_MAX(scope->deadline_ns - cvg_time_now(), 0);
}

static void on_until(uv_timer_t *timer)
{
    cvg_loop_wake(timer->data);
}

static void init_handles(struct cvg_loop *loop)
{
    uv_idle_init(&loop->uv, &loop->idle);
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_timer_init(&loop->uv, &loop->heartbeat);
    uv_timer_init(&loop->uv, &loop->until);
    loop->idle.data = loop->prepare.data = loop->heartbeat.data = loop->until.data = loop;
    loop->posted.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    pthread_mutex_init(&loop->lock, NULL);
}

/* libcurl with NOSIGNAL, and pipes to children, leave SIGPIPE to the program. Children get the
 * default back. */
static void ignore_sigpipe(void)
{
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &action, NULL);
}

int cvg_loop_new(const struct cvg_loop_options *options, struct cvg_loop **ret,
                 struct cvg_error *reterr)
{
    static const struct cvg_loop_options none = {0};
    struct cvg_loop *loop = CVG_NEW(struct cvg_loop);
    options = options ? options : &none;
    int status = uv_loop_init(&loop->uv);
    if (!status) {
        status = uv_async_init(&loop->uv, &loop->posted, on_posted);
        if (status) {
            uv_loop_close(&loop->uv);
        }
    }
    if (status) {
        free(loop);
        return cvg_error_set_errno(reterr, -status, "event loop");
    }
    ignore_sigpipe();
    init_handles(loop);
    loop->children = cvg_children_new(loop, options);
    int code = cvg_names_new(loop, options, &loop->names, reterr);
    if (!code) {
        code = cvg_http_new(loop, options, &loop->http, reterr);
    }
    if (code) {
        cvg_loop_free(loop);
        return code;
    }
    *ret = loop;
    return 0;
}

static void on_signal_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Until no library holds an operation any more. */
static void settle(struct cvg_loop *loop)
{
    int64_t deadline = cvg_time_now() + SETTLE_TIME;
    uv_timer_start(&loop->until, on_until, (uint64_t)(SETTLE_TIME / CVG_MS), 0);
    uv_unref((uv_handle_t *)&loop->until);
    while (uv_loop_alive(&loop->uv) && cvg_time_now() < deadline) {
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
}

void cvg_loop_free(struct cvg_loop *loop)
{
    if (!loop) {
        return;
    }
    cvg_loop_run_posts(loop);
    cvg_http_free(loop->http);
    cvg_names_free(loop->names);
    cvg_children_close(loop->children);
    while (loop->signals) {
        struct cvg_signal *signal = loop->signals;
        loop->signals = signal->next;
        uv_close((uv_handle_t *)&signal->uv, on_signal_closed);
    }
    uv_close((uv_handle_t *)&loop->posted, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->heartbeat, NULL);
    settle(loop);
    uv_close((uv_handle_t *)&loop->until, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    if (uv_loop_close(&loop->uv) == 0) {
        pthread_mutex_destroy(&loop->lock);
        cvg_children_free(loop->children);
        free(loop);
    }
    /* Else a library still holds an operation (a child that does not die, a read that does not
     * return), and will write to it: the memory is left to the end of the process. */
}

void cvg_loop_run(struct cvg_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

bool cvg_loop_run_until(struct cvg_loop *loop, const bool *done, int64_t deadline)
{
    loop->until_done = done;
    while (!*(const volatile bool *)done) {
        int64_t left = deadline - cvg_time_now();
        if (left <= 0) {
            break;
        }
        cvg_loop_arm(&loop->until, on_until, CVG_MIN(left, CVG_MINUTE));
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    loop->until_done = NULL;
    uv_timer_stop(&loop->until);
    return *done;
}

void cvg_loop_stop(struct cvg_loop *loop)
{
    uv_stop(&loop->uv);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct cvg_signal *signal = handle->data;
    (void)number;
    cvg_loop_wake(signal->loop);
    signal->fn(signal->arg);
}

int cvg_loop_on_signal(struct cvg_loop *loop, int signal, void (*fn)(void *arg), void *arg,
                       struct cvg_error *reterr)
{
    struct cvg_signal *watch = CVG_NEW(struct cvg_signal);
    watch->loop = loop;
    watch->fn = fn;
    watch->arg = arg;
    watch->uv.data = watch;
    uv_signal_init(&loop->uv, &watch->uv);
    watch->next = loop->signals;
    loop->signals = watch;
    int status = uv_signal_start(&watch->uv, on_signal, signal);
    return status ? cvg_error_set_errno(reterr, -status, "signal %d", signal) : 0;
}
