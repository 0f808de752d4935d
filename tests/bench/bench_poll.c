/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_io PkgConfig::CURL */
/*
 * One HTTP poll of a check: CPU a request in our client against a bare libcurl multi loop on
 * epoll that does the same request and the same parse on a connection that is kept. Both run in
 * turns, in this process; the server is a child of it and not counted.
 *
 *   bench_poll [--rounds N] [--requests N] [--connections N] [--url URL] [--pace MICROSECONDS]
 *
 * With a pace, each request is made so long after the last answer, as checks are that are spread over
 * their interval: who sleeps in between pays for being woken.
 *
 * Prints one line for each round, then the medians and their ratio. Exits 1 above 1.5.
 */
#include "base/alloc.h"
#include "base/time.h"
#include "io/http.h"
#include "io/lane.h"

#include <convergate/number.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUDGET     1.5
#define ROUNDS_MAX 64

static const char answer_body[] =
    "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":"
    "{\"job\":\"api\",\"instance\":\"10.0.0.1:9090\"},\"value\":[1700000000.123,\"0.00125\"]}]}}";
static const char question[] = "query=sum%28rate%28errors%5B5m%5D%29%29&time=1700000000";

static _Noreturn void give_up(void)
{
    (void)fflush(NULL);
    _exit(2);
}

/* ---- the server: one process, blocking epoll, answers whatever comes ---- */

static void serve_one(int fd, const char *answer, size_t length)
{
    char request[8192];
    ssize_t got = recv(fd, request, sizeof request, 0);
    if (got <= 0 || send(fd, answer, length, MSG_NOSIGNAL) != (ssize_t)length) {
        close(fd);
    }
}

static void serve(int listener)
{
    char answer[1024];
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n%s",
                          sizeof answer_body - 1, answer_body);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event ready[64];
        int count = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            if (ready[i].data.fd != listener) {
                serve_one(ready[i].data.fd, answer, (size_t)length);
                continue;
            }
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            int one = 1;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        }
    }
}

static pid_t start_server(char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("listen");
        give_up();
    }
    snprintf(url, size, "http://127.0.0.1:%u", ntohs(address.sin_port));
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    close(listener);
    return child;
}

/* ---- what both do with an answer ---- */

static void keep_pace(int64_t pace_ns)
{
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = pace_ns};
    if (pace_ns > 0) {
        (void)nanosleep(&pause, NULL);
    }
}

static void check(const char *body, size_t length)
{
    double value = -1;
    const char *found = length ? strstr(body, ",\"0.") : NULL;
    if (!found || cvg_parse_double(found + 2, strcspn(found + 2, "\""), &value) != 0 ||
        value < 0.001) {
        fprintf(stderr, "poll: unexpected answer: %s\n", body);
        give_up();
    }
}

/* ---- ours ---- */

struct ours {
    struct cvg_loop *loop;
    struct cvg_lane *lane;
    struct cvg_scope scope;
    size_t started, finished, requests;
    int64_t pace_ns;
    bool done;
};

static void start_ours(struct ours *ours);

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct ours *ours = arg;
    (void)op;
    if (response->fault || response->status != 200) {
        fprintf(stderr, "poll: %s\n", response->fault_text);
        give_up();
    }
    check(response->body, response->body_length);
    ours->done = ++ours->finished == ours->requests;
    if (ours->started < ours->requests) {
        keep_pace(ours->pace_ns);
        start_ours(ours);
    }
}

static void start_ours(struct ours *ours)
{
    static const struct cvg_pair accept = {"Accept", "application/json"};
    struct cvg_http_request request = {
        .size = sizeof request,
        .path = "/api/v1/query",
        .headers = &accept,
        .header_count = 1,
        .body = question,
        .body_length = sizeof question - 1,
        .content_type = "application/x-www-form-urlencoded",
        .timeout_ns = 10 * CVG_SECOND,
        .on_done = on_done,
        .arg = ours,
    };
    ours->started++;
    cvg_http_start(&ours->scope, &request);
}

static int64_t run_ours(struct ours *ours, size_t requests, size_t connections)
{
    int64_t before = cvg_time_thread_cpu();
    ours->started = ours->finished = 0;
    ours->requests = requests;
    ours->done = false;
    for (size_t i = 0; i < connections && ours->started < requests; i++) {
        start_ours(ours);
    }
    if (!cvg_loop_run_until(ours->loop, &ours->done, cvg_time_now() + 60 * CVG_SECOND)) {
        fprintf(stderr, "poll: took over a minute\n");
        give_up();
    }
    return cvg_time_thread_cpu() - before;
}

/* ---- bare: the least that does the same ---- */

struct bare_call {
    CURL *easy;
    char body[1024];
    size_t length;
};

struct bare {
    CURLM *multi;
    int epoll;
    long timeout_ms;
    struct bare_call *calls;
    struct curl_slist *headers;
    size_t started, finished, requests;
    int64_t pace_ns;
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct bare *bare = arg;
    struct epoll_event event = {.data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(bare->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
    epoll_ctl(bare->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    curl_multi_assign(bare->multi, fd, bare);
    return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    ((struct bare *)arg)->timeout_ms = timeout_ms;
    return 0;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    struct bare_call *call = arg;
    if (call->length + size * count >= sizeof call->body) {
        return 0;
    }
    memcpy(call->body + call->length, bytes, size * count);
    call->length += size * count;
    call->body[call->length] = '\0';
    return size * count;
}

static void start_bare(struct bare *bare, struct bare_call *call)
{
    call->length = 0;
    bare->started++;
    curl_multi_add_handle(bare->multi, call->easy);
}

static void drain_bare(struct bare *bare)
{
    int left;
    const CURLMsg *message;
    while ((message = curl_multi_info_read(bare->multi, &left))) {
        char *arg = NULL;
        CURL *easy = message->easy_handle;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &arg);
        struct bare_call *call = (struct bare_call *)(void *)arg;
        if (message->data.result != CURLE_OK) {
            fprintf(stderr, "poll: bare: %s\n", curl_easy_strerror(message->data.result));
            give_up();
        }
        curl_multi_remove_handle(bare->multi, easy);
        check(call->body, call->length);
        bare->finished++;
        if (bare->started < bare->requests) {
            keep_pace(bare->pace_ns);
            start_bare(bare, call);
        }
    }
}

static int64_t run_bare(struct bare *bare, size_t requests, size_t connections)
{
    int64_t before = cvg_time_thread_cpu();
    int running;
    bare->started = bare->finished = 0;
    bare->requests = requests;
    for (size_t i = 0; i < connections && bare->started < requests; i++) {
        start_bare(bare, &bare->calls[i]);
    }
    while (bare->finished < requests) {
        struct epoll_event ready[64];
        int count = epoll_wait(bare->epoll, ready, 64, (int)bare->timeout_ms);
        for (int i = 0; i < count; i++) {
            int flags = (ready[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                        (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            curl_multi_socket_action(bare->multi, ready[i].data.fd, flags, &running);
        }
        if (count == 0) {
            bare->timeout_ms = -1;
            curl_multi_socket_action(bare->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        drain_bare(bare);
    }
    return cvg_time_thread_cpu() - before;
}

static void open_bare(struct bare *bare, const char *base, size_t connections)
{
    char url[256];
    snprintf(url, sizeof url, "%s/api/v1/query", base);
    bare->epoll = epoll_create1(EPOLL_CLOEXEC);
    bare->multi = curl_multi_init();
    bare->timeout_ms = -1;
    bare->calls = cvg_alloc_array(connections, sizeof *bare->calls);
    bare->headers = curl_slist_append(NULL, "Accept: application/json");
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bare->multi, CURLMOPT_SOCKETDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(bare->multi, CURLMOPT_TIMERDATA, bare);
    curl_multi_setopt(bare->multi, CURLMOPT_MAXCONNECTS, 4096L);
    for (size_t i = 0; i < connections; i++) {
        CURL *easy = bare->calls[i].easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, url);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, bare->headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, question);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bare->calls[i]);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)&bare->calls[i]);
    }
}

static void close_bare(struct bare *bare, size_t connections)
{
    for (size_t i = 0; i < connections; i++) {
        curl_easy_cleanup(bare->calls[i].easy);
    }
    curl_multi_cleanup(bare->multi);
    curl_slist_free_all(bare->headers);
    close(bare->epoll);
    free(bare->calls);
}

static void open_ours(struct ours *ours, const char *url, size_t connections)
{
    struct cvg_endpoint endpoint = {
        .size = sizeof endpoint, .url = url, .concurrency = (int64_t)connections};
    struct cvg_error error;
    if (cvg_loop_new(NULL, &ours->loop, &error) != 0 ||
        cvg_lane_new(ours->loop, &endpoint, &ours->lane, &error) != 0) {
        fprintf(stderr, "poll: %s\n", error.text);
        give_up();
    }
    cvg_scope_init(&ours->scope, ours->loop, ours->lane, NULL, NULL);
}

/* ---- both, in turns ---- */

static double median(double *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && values[j] < values[j - 1]; j--) {
            double swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static size_t option(int argc, char **argv, const char *name, size_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        uint64_t value = 0;
        if (strcmp(argv[i], name) == 0 &&
            cvg_parse_uint64(argv[i + 1], strlen(argv[i + 1]), &value) == 0 && value > 0) {
            return (size_t)value;
        }
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    size_t rounds = CVG_MIN(option(argc, argv, "--rounds", 9), ROUNDS_MAX);
    size_t requests = option(argc, argv, "--requests", 5000);
    size_t connections = option(argc, argv, "--connections", 1);
    char url[256] = "";
    pid_t server = 0;
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--url") == 0) {
            snprintf(url, sizeof url, "%s", argv[i + 1]);
        }
    }
    if (!url[0]) {
        server = start_server(url, sizeof url);
    }
    size_t pace_us = CVG_MIN(option(argc, argv, "--pace", 0), (size_t)999999);
    struct ours ours = {.pace_ns = (int64_t)pace_us * 1000};
    struct bare bare = {.pace_ns = (int64_t)pace_us * 1000};
    double ours_us[ROUNDS_MAX] = {0}, bare_us[ROUNDS_MAX] = {0}, ratios[ROUNDS_MAX] = {0};
    open_ours(&ours, url, connections);
    open_bare(&bare, url, connections);
    run_ours(&ours, connections * 2, connections); /* connections are open from here on */
    run_bare(&bare, connections * 2, connections);
    for (size_t i = 0; i < rounds && i < ROUNDS_MAX; i++) {
        int64_t first =
            i % 2 ? run_bare(&bare, requests, connections) : run_ours(&ours, requests, connections);
        int64_t second =
            i % 2 ? run_ours(&ours, requests, connections) : run_bare(&bare, requests, connections);
        ours_us[i] = (double)(i % 2 ? second : first) / 1000 / (double)requests;
        bare_us[i] = (double)(i % 2 ? first : second) / 1000 / (double)requests;
        ratios[i] = ours_us[i] / bare_us[i];
        printf("round %zu: ours %.2f us, bare %.2f us, ratio %.2f\n", i + 1, ours_us[i], bare_us[i],
               ratios[i]);
    }
    double ratio = median(ratios, rounds);
    printf("poll, %zu connections: ours %.2f us, bare libcurl %.2f us, ratio %.2f (budget %.1f)\n",
           connections, median(ours_us, rounds), median(bare_us, rounds), ratio, BUDGET);
    cvg_scope_end(&ours.scope);
    cvg_lane_free(ours.lane);
    cvg_loop_free(ours.loop);
    close_bare(&bare, connections);
    if (server) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    return ratio <= BUDGET ? 0 : 1;
}
