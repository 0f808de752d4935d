/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the HTTP client. Only files of this folder include it.
 *
 *   http.c             a request's life: queue, secrets, name, transfer, redirects, end
 *   http_callback.c    what libcurl calls while a transfer runs: head, body, sockets
 *   http_redirect.c    redirects within one origin
 *   http_easy.c        settings and request to options of an easy handle
 *   http_sign.c        AWS signatures
 *   http_fault.c       why a transfer failed, in our words
 *   http_multi.c       libcurl's multi handle on libuv
 *   http_connection.c  the sockets that libcurl opened, and their numbers
 *   lane.c             settings, cap and counters
 *
 * libcurl's rules that shape all this: no multi function, no easy removal and no pausing from
 * inside one of its callbacks. `inside` counts how deep we are; what must wait is doomed (swept
 * on the way out) or put into the next turn. An owner's callbacks on_head and on_body run inside,
 * on_done never does.
 *
 * A transfer (with its easy handle, timer and buffers) is used again for the lane's next requests.
 */
#ifndef CVG_IO_HTTP_INNER_H
#define CVG_IO_HTTP_INNER_H

#include "base/buf.h"
#include "base/url.h"
#include "io/http.h"
#include "io/lane.h"
#include "io/loop_inner.h"
#include "io/name_inner.h"

#include <curl/curl.h>
#include <sys/un.h>

#define CVG_HTTP_REDIRECTS_MAX 5
#define CVG_HTTP_HEAD_MAX      ((size_t)64 << 10)
#define CVG_HTTP_URL_MAX       ((size_t)64 << 10)
#define CVG_HTTP_CAPTURE_MAX   ((size_t)4 << 10)
#define CVG_HTTP_BODY_DEFAULT  ((int64_t)16 << 20)
#define CVG_HTTP_CONNECT_TIME  (5 * CVG_SECOND)
#define CVG_SOCKET_PATH        sizeof((struct sockaddr_un *)0)->sun_path

/* A socket that libcurl opened, from its opening to its closing, and longer while transfers refer
 * to it. */
struct cvg_connection {
    uv_poll_t uv;
    struct cvg_http *http;
    struct cvg_connection *next; /* in its bucket, once it is named */
    int fd;                      /* -1: closed */
    int wanted, armed;           /* UV_READABLE, UV_WRITABLE: libcurl's wish, what epoll has */
    bool ours;                   /* false: not made by on_open (libcurl's own pipes) */
    bool named, severed;
    unsigned references;
    uint64_t number;
    uint16_t local_port, remote_port;
    char local[CVG_ADDRESS_TEXT], remote[CVG_ADDRESS_TEXT];
};

#define CVG_CONNECTION_BUCKETS 256
#define CVG_LANE_SECRETS       6

struct cvg_http {
    struct cvg_loop *loop;
    CURLM *multi;
    uv_timer_t *timer; /* freed in its close callback */
    unsigned inside;
    struct cvg_transfer *doomed; /* linked by next_queued */
    struct cvg_transfer *running_first;
    struct cvg_connection **by_fd;
    size_t fd_capacity;
    struct cvg_connection *buckets[CVG_CONNECTION_BUCKETS];
    uint64_t numbers;
    char *user_agent;
    struct cvg_lane *bare; /* of scopes without one */
};

struct cvg_lane {
    struct cvg_loop *loop;
    struct cvg_arena *arena;       /* of settings */
    struct cvg_endpoint settings;  /* a copy; absent values filled in */
    char *texts[CVG_LANE_SECRETS]; /* secrets of settings that are texts themselves; owned, wiped */
    struct cvg_url url;            /* settings.url taken apart */
    struct cvg_url proxy;
    char socket[CVG_SOCKET_PATH]; /* "": by address */
    bool has_url, has_proxy;
    uint64_t generation; /* of settings, from 1 */
    struct cvg_lane_stats stats;
    struct cvg_transfer *queue_first, *queue_last;
    struct cvg_transfer *busy; /* linked by next_busy: all that are not idle */
    struct cvg_transfer *idle; /* linked by next_queued */
    size_t idle_count;
    struct cvg_connection *severed; /* referenced; the last one, NULL: none */
};

enum cvg_transfer_state {
    CVG_TRANSFER_IDLE,
    CVG_TRANSFER_REFUSED, /* wrong from the start: told in the next turn */
    CVG_TRANSFER_QUEUED,
    CVG_TRANSFER_SECRETS,
    CVG_TRANSFER_NAME,
    CVG_TRANSFER_RUNNING, /* given to libcurl */
    CVG_TRANSFER_OVER,    /* cancelled or told */
};

struct cvg_transfer {
    struct cvg_op op;
    struct cvg_loop *loop;
    struct cvg_lane *lane; /* NULL: freed meanwhile, so this is freed instead of kept */
    enum cvg_transfer_state state;
    struct cvg_transfer *next_queued, *previous_queued;
    struct cvg_transfer *next_busy, *previous_busy;
    struct cvg_transfer *next_running, *previous_running;
    struct cvg_later later; /* begin, launch, resume or tell a refusal */
    struct cvg_scope inner; /* of the lookups and secrets that it needs */
    uv_timer_t deadline;
    bool doomed;  /* waits in http->doomed */
    bool counted; /* in the lane's requests in flight */

    /* The easy handle, and what was set on it already. */
    CURL *easy; /* owned; NULL until first used */
    uint64_t applied_generation;
    bool applied_trusted, applied_credentials, in_multi;
    struct cvg_buf header_lines; /* what `headers` was made from, lines separated by NUL */
    struct curl_slist *headers, *resolve, *connect_to;
    char error_text[CURL_ERROR_SIZE];

    /* The request. */
    struct cvg_http_request request; /* only numbers, flags and callbacks are valid */
    char method[32];
    struct cvg_buf url;
    struct cvg_url target; /* path points into url */
    bool trusted;          /* the endpoint's own origin */
    bool credentials;      /* trusted, and the module did not decline them */
    char service[64]; /* of AWS, which it is signed for wherever it leads; "": the endpoint's */
    struct cvg_buf body;
    struct cvg_buf own_headers; /* "Name: value" NUL ... */
    bool has_body;
    char *bearer, *password, *key_pem; /* owned; wiped */
    char *sigv4_access_key, *sigv4_secret_key, *sigv4_session_token;
    unsigned secrets_done;
    unsigned redirects;
    size_t limit; /* of the decoded body; 0: none */

    /* The answer. */
    struct cvg_buf head; /* all response headers */
    struct cvg_buf content;
    struct cvg_buf capture;  /* with a hook, what went to on_body */
    struct cvg_buf next_url; /* where a redirect leads */
    uint64_t received;
    uint32_t status;
    bool head_done, redirecting, guarded, stopped;
    bool paused;    /* the owner's wish */
    bool held;      /* libcurl was told to hold back */
    uint32_t fault; /* what a callback of ours found; NONE: look at libcurl's result */
    char fault_text[320];
    struct cvg_connection *connection; /* referenced; NULL: none yet */
    bool fresh_connection;
    char address[CVG_ADDRESS_TEXT + 8]; /* last one that was tried */
    int64_t started, name_time, launched;
};

CVG_NODISCARD int cvg_http_new(struct cvg_loop *loop, const struct cvg_loop_options *options,
                               struct cvg_http **ret, struct cvg_error *reterr);
void cvg_http_free(struct cvg_http *http); /* takes NULL */

/* ---- http.c ---- */
/* libcurl is through with a running transfer. */
void cvg_transfer_complete(struct cvg_transfer *transfer, CURLcode result);
/* Fails it in the next turn. */
void cvg_transfer_refuse(struct cvg_transfer *transfer, uint32_t fault, const char *text);
/* Ends it: takes it from libcurl, tells the owner. Never inside libcurl. text NULL: the one that
 * is there. */
void cvg_transfer_fail(struct cvg_transfer *transfer, uint32_t fault, const char *text);
/* Back to the lane, or freed. */
void cvg_transfer_release(struct cvg_transfer *transfer);
void cvg_transfer_free(struct cvg_transfer *transfer);
/* Takes waiting requests of a lane to work while there is room. */
void cvg_lane_pump(struct cvg_lane *lane);

/* ---- http_callback.c ---- */
void cvg_transfer_set_callbacks(struct cvg_transfer *transfer);
void cvg_transfer_describe(struct cvg_transfer *transfer, struct cvg_http_response *ret);

/* ---- http_redirect.c ---- */
/* Whether the head that is in asks to be followed; then next_url is set. */
bool cvg_transfer_is_redirect(struct cvg_transfer *transfer);
/* Turns the request into the next one. */
void cvg_transfer_follow(struct cvg_transfer *transfer);

/* ---- http_easy.c ---- */
/* Sets everything for the next transfer. Fails where a credential is not one. */
CVG_NODISCARD int cvg_transfer_apply(struct cvg_transfer *transfer, struct cvg_error *reterr);
/* What is really connected to: the proxy or the target. */
const struct cvg_url *cvg_transfer_peer(const struct cvg_transfer *transfer);
void cvg_transfer_forget_secrets(struct cvg_transfer *transfer);
/* Frees what was made for the easy handle. */
void cvg_transfer_drop_lists(struct cvg_transfer *transfer);

/* ---- http_sign.c ---- */
/* The service that the request is signed for; NULL: the endpoint's. What another origin gets is the
 * signature alone: no header, client certificate or trust of the endpoint's. */
CVG_NODISCARD int cvg_transfer_take_signing(struct cvg_transfer *transfer, const char *service,
                                            struct cvg_error *reterr);
bool cvg_transfer_is_signed(const struct cvg_transfer *transfer);
/* Adds the lines of the signature, which covers those that are there. */
CVG_NODISCARD int cvg_transfer_sign(const struct cvg_transfer *transfer, struct cvg_buf *lines,
                                    struct cvg_error *reterr);

/* ---- http_fault.c ---- */
uint32_t cvg_transfer_fault(struct cvg_transfer *transfer, CURLcode result);
/* What it was waiting for when its time was up. */
void cvg_transfer_timeout_text(struct cvg_transfer *transfer, int64_t waited);

/* ---- http_multi.c ---- */
void cvg_http_add(struct cvg_http *http, struct cvg_transfer *transfer);
void cvg_http_remove(struct cvg_http *http, struct cvg_transfer *transfer);
/* Around calls into libcurl that may call back. Leaving sweeps, and tells what is complete. */
void cvg_http_enter(struct cvg_http *http);
void cvg_http_leave(struct cvg_http *http);
void cvg_http_act(struct cvg_http *http, curl_socket_t fd, int flags);

/* ---- http_connection.c ---- */
curl_socket_t cvg_connection_open(struct cvg_http *http, int family, int type, int protocol);
int cvg_connection_close(struct cvg_http *http, curl_socket_t fd);
/* After the multi handle has gone: those that libcurl closed by itself. */
void cvg_connections_end(struct cvg_http *http);
/* libcurl's wish for a socket: CURL_POLL_*. */
void cvg_connection_want(struct cvg_http *http, curl_socket_t fd, int what);
/* The open one between these two ends, given a number where it has none yet. */
struct cvg_connection *cvg_connection_find(struct cvg_http *http, const char *local,
                                           uint16_t local_port, const char *remote,
                                           uint16_t remote_port);
void cvg_connection_unref(struct cvg_connection *connection); /* takes NULL */

#endif
