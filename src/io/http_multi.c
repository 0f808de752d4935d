/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's multi handle on libuv: one timer, one poll handle for each socket.
 *
 * When curl_multi_socket_action fails the multi handle is finished: all its transfers fail, and a
 * new one takes its place.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "io/http_inner.h"

#define CONNECTIONS_KEPT 4096L

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    (void)easy;
    (void)unused;
    cvg_connection_want(arg, fd, what);
    return 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct cvg_http *http = timer->data;
    cvg_loop_wake(http->loop);
    cvg_http_act(http, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer_wish(CURLM *multi, long timeout_ms, void *arg)
{
    struct cvg_http *http = arg;
    (void)multi;
    if (timeout_ms < 0) {
        uv_timer_stop(http->timer);
        return 0;
    }
    if (timeout_ms > 0) {
        uv_update_time(&http->loop->uv);
    }
    uv_timer_start(http->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static CURLM *make_multi(struct cvg_http *http)
{
    CURLM *multi = curl_multi_init();
    if (multi) {
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http);
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
        curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http);
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
        /* By default 4 for each transfer that runs right now: a quiet moment would close all. */
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
    }
    return multi;
}

int cvg_http_new(struct cvg_loop *loop, const struct cvg_loop_options *options,
                 struct cvg_http **ret, struct cvg_error *reterr)
{
    static const struct cvg_endpoint plain = {.size = sizeof plain};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "libcurl did not start");
    }
    struct cvg_http *http = CVG_NEW(struct cvg_http);
    http->loop = loop;
    http->multi = make_multi(http);
    if (!http->multi) {
        free(http);
        return cvg_error_set(reterr, CVG_E_UNAVAILABLE, "libcurl did not start");
    }
    http->timer = CVG_NEW(uv_timer_t);
    uv_timer_init(&loop->uv, http->timer);
    http->timer->data = http;
    http->user_agent = options->user_agent ? cvg_strdup(options->user_agent)
                                           : cvg_strdup("convergate/" CVG_VERSION);
    *ret = http;
    return cvg_lane_new(loop, &plain, &http->bare, reterr);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static void sweep(struct cvg_http *http)
{
    while (http->doomed) {
        struct cvg_transfer *transfer = http->doomed;
        http->doomed = transfer->next_queued;
        transfer->next_queued = NULL;
        transfer->doomed = false;
        cvg_http_remove(http, transfer);
        cvg_transfer_release(transfer);
    }
}

void cvg_http_free(struct cvg_http *http)
{
    if (!http) {
        return;
    }
    sweep(http);
    cvg_lane_free(http->bare);
    curl_multi_cleanup(http->multi);
    cvg_connections_end(http);
    uv_close((uv_handle_t *)http->timer, on_timer_closed);
    free(http->by_fd);
    free(http->user_agent);
    curl_global_cleanup();
    free(http);
}

void cvg_http_enter(struct cvg_http *http)
{
    http->inside++;
}

static void tell_complete(struct cvg_http *http)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left))) {
        if (message->msg == CURLMSG_DONE) {
            char *arg = NULL;
            CURLcode result = message->data.result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &arg);
            cvg_transfer_complete((struct cvg_transfer *)(void *)arg, result);
        }
    }
}

void cvg_http_leave(struct cvg_http *http)
{
    if (--http->inside == 0) {
        sweep(http);
        tell_complete(http);
    }
}

static void start_anew(struct cvg_http *http)
{
    while (http->running_first) {
        struct cvg_transfer *transfer = http->running_first;
        cvg_http_remove(http, transfer);
        cvg_transfer_refuse(transfer, CVG_FAULT_CONNECT, "the HTTP client had to start anew");
    }
    CURLM *fresh = make_multi(http);
    if (!fresh) {
        abort(); /* as for any allocation */
    }
    curl_multi_cleanup(http->multi);
    http->multi = fresh;
}

void cvg_http_act(struct cvg_http *http, curl_socket_t fd, int flags)
{
    int running;
    cvg_http_enter(http);
    CURLMcode status = curl_multi_socket_action(http->multi, fd, flags, &running);
    cvg_http_leave(http);
    if (status != CURLM_OK) {
        start_anew(http);
    }
}

void cvg_http_add(struct cvg_http *http, struct cvg_transfer *transfer)
{
    transfer->in_multi = true;
    transfer->previous_running = NULL;
    transfer->next_running = http->running_first;
    if (http->running_first) {
        http->running_first->previous_running = transfer;
    }
    http->running_first = transfer;
    curl_multi_add_handle(http->multi, transfer->easy);
}

void cvg_http_remove(struct cvg_http *http, struct cvg_transfer *transfer)
{
    if (!transfer->in_multi) {
        return;
    }
    transfer->in_multi = false;
    if (transfer->previous_running) {
        transfer->previous_running->next_running = transfer->next_running;
    } else {
        http->running_first = transfer->next_running;
    }
    if (transfer->next_running) {
        transfer->next_running->previous_running = transfer->previous_running;
    }
    transfer->next_running = transfer->previous_running = NULL;
    curl_multi_remove_handle(http->multi, transfer->easy);
}
