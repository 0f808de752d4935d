/* SPDX-License-Identifier: Apache-2.0 */
/* A scope, a request, and turns of the loop until it is answered. */
#include "client/ask.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "io/http.h"
#include "io/lane.h"
#include "wire/problem.h"

#include <string.h>

#define ASK_TIMEOUT (15 * CVG_SECOND)

void cvg_reply_done(struct cvg_reply *reply)
{
    cvg_buf_done(&reply->body);
}

struct waiting {
    struct cvg_reply *reply;
    struct cvg_error error;
    bool done;
};

static void on_done(void *arg, struct cvg_op *op, const struct cvg_http_response *response)
{
    struct waiting *waiting = arg;

    (void)op;
    waiting->done = true;
    if (response->fault != CVG_FAULT_NONE) {
        cvg_error_set(&waiting->error, CVG_E_UNAVAILABLE, "%s", response->fault_text);
        return;
    }
    waiting->reply->status = response->status;
    cvg_buf_add(&waiting->reply->body, response->body, response->body_length);
}

#define UNIX "unix:"

/* The daemon's Unix socket: who connects there is known by the system, so no token is needed. */
static int open_socket(struct cvg_loop *loop, struct cvg_endpoint *endpoint, const char *path,
                       struct cvg_lane **ret, struct cvg_error *reterr)
{
    struct cvg_lane *lane = NULL;

    endpoint->url = "http://localhost";
    int rc = cvg_lane_check(endpoint, reterr);
    if (rc == 0) {
        rc = cvg_lane_new(loop, endpoint, &lane, reterr);
    }
    if (rc == 0) {
        rc = cvg_lane_set_socket(lane, path, reterr);
    }
    if (rc < 0) {
        cvg_lane_free(lane);
        return cvg_error_prefix(reterr, "--server");
    }
    *ret = lane;
    return 0;
}

/* The connection that the options describe. */
static int open_lane(struct cvg_loop *loop, const struct cvg_client_options *options,
                     struct cvg_lane **ret, struct cvg_error *reterr)
{
    struct cvg_secret token = {.kind = CVG_SECRET_FILE, .name = options->token_file};
    struct cvg_endpoint endpoint = {
        .size = sizeof(endpoint),
        .url = options->server,
        .ca_file = options->ca,
        .cert_file = options->cert,
        .key_file = options->key,
        .bearer = options->token_file ? &token : NULL,
        .allow_link_local = 1, /* the user named the address */
        .concurrency = 1,
        .max_body = CVG_ASK_LIMIT,
        .connect_timeout_ns = ASK_TIMEOUT,
    };
    struct cvg_url url;

    if (cvg_text_starts(options->server, UNIX)) {
        return open_socket(loop, &endpoint, options->server + strlen(UNIX), ret, reterr);
    }
    if (cvg_url_parse(options->server, &url, reterr) < 0) {
        return cvg_error_prefix(reterr, "--server");
    }
    if (options->token_file && !url.tls && !cvg_url_is_loopback(&url)) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "--server: the token would be sent unencrypted to %s; write https",
                             url.host);
    }
    int rc = cvg_lane_check(&endpoint, reterr);
    return rc < 0 ? rc : cvg_lane_new(loop, &endpoint, ret, reterr);
}

static void run(struct cvg_loop *loop, struct cvg_lane *lane, const struct cvg_question *question,
                struct waiting *waiting)
{
    const char *body = question->body;
    int64_t timeout = ASK_TIMEOUT + question->held_ns;
    struct cvg_scope scope;
    struct cvg_http_request request = {
        .size = sizeof(request),
        .method = body ? "POST" : "GET",
        .path = question->path,
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .content_type = body ? "application/json" : NULL,
        .body_limit = CVG_ASK_LIMIT,
        .timeout_ns = timeout,
        .on_done = on_done,
        .arg = waiting,
    };

    cvg_scope_init(&scope, loop, lane, NULL, NULL);
    cvg_http_start(&scope, &request);
    cvg_loop_run_until(loop, &waiting->done, cvg_time_now() + timeout + CVG_SECOND);
    cvg_scope_end(&scope);
}

int cvg_client_ask_held(struct cvg_loop *loop, const struct cvg_client_options *options,
                        const struct cvg_question *question, struct cvg_reply *ret,
                        struct cvg_error *reterr)
{
    struct waiting waiting = {.reply = ret};
    struct cvg_lane *lane = NULL;

    *ret = (struct cvg_reply){.body = CVG_BUF_INIT(CVG_ASK_LIMIT)};
    int rc = open_lane(loop, options, &lane, reterr);
    if (rc < 0) {
        return rc;
    }
    run(loop, lane, question, &waiting);
    cvg_lane_free(lane);
    if (!waiting.done) {
        return cvg_error_set(reterr, CVG_E_TIMEOUT, "%s: no answer", options->server);
    }
    if (waiting.error.code) {
        return cvg_error_set(reterr, waiting.error.code, "%s: %s", options->server,
                             waiting.error.text);
    }
    return 0;
}

int cvg_client_ask(struct cvg_loop *loop, const struct cvg_client_options *options,
                   const char *path, const char *body, struct cvg_reply *ret,
                   struct cvg_error *reterr)
{
    struct cvg_question question = {.path = path, .body = body};

    return cvg_client_ask_held(loop, options, &question, ret, reterr);
}

int cvg_client_get(struct cvg_loop *loop, const struct cvg_client_options *options,
                   const char *path, struct cvg_reply *ret, struct cvg_error *reterr)
{
    char detail[300];
    int rc = cvg_client_ask(loop, options, path, NULL, ret, reterr);

    if (rc == 0 && ret->status != 200) {
        cvg_wire_problem_read(cvg_buf_text(&ret->body), ret->body.length, detail, sizeof(detail));
        rc = cvg_error_set(reterr, CVG_E_INVALID, "%s: status %u: %s", options->server, ret->status,
                           detail);
    }
    return rc;
}
