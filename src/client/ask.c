/* SPDX-License-Identifier: Apache-2.0 */
/* A scope, a request, and turns of the loop until it is answered. */
#include "client/ask.h"

#include "base/time.h"
#include "base/url.h"
#include "io/http.h"
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

int cvg_client_ask(struct cvg_loop *loop, const char *server, const char *path, const char *body,
                   struct cvg_reply *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf url = CVG_BUF_INIT(8192);
    struct waiting waiting = {.reply = ret};
    struct cvg_scope scope;
    struct cvg_url parsed;

    *ret = (struct cvg_reply){.body = CVG_BUF_INIT(CVG_ASK_LIMIT)};
    if (cvg_url_parse(server, &parsed, reterr) < 0) {
        return cvg_error_prefix(reterr, "--server");
    }
    cvg_url_join(server, path, &url);
    struct cvg_http_request request = {
        .size = sizeof(request),
        .method = body ? "POST" : "GET",
        .path = cvg_buf_text(&url),
        .body = body,
        .body_length = body ? strlen(body) : 0,
        .content_type = body ? "application/json" : NULL,
        .body_limit = CVG_ASK_LIMIT,
        .timeout_ns = ASK_TIMEOUT,
        .on_done = on_done,
        .arg = &waiting,
    };
    cvg_scope_init(&scope, loop, NULL, NULL, NULL);
    cvg_http_start(&scope, &request);
    cvg_loop_run_until(loop, &waiting.done, cvg_time_now() + ASK_TIMEOUT + CVG_SECOND);
    cvg_scope_end(&scope);
    if (!waiting.done) {
        return cvg_error_set(reterr, CVG_E_TIMEOUT, "%s: no answer", server);
    }
    if (waiting.error.code) {
        return cvg_error_set(reterr, waiting.error.code, "%s: %s", server, waiting.error.text);
    }
    return 0;
}

int cvg_client_get(struct cvg_loop *loop, const char *server, const char *path,
                   struct cvg_reply *ret, struct cvg_error *reterr)
{
    char detail[300];
    int rc = cvg_client_ask(loop, server, path, NULL, ret, reterr);

    if (rc == 0 && ret->status != 200) {
        cvg_wire_problem_read(cvg_buf_text(&ret->body), ret->body.length, detail, sizeof(detail));
        rc = cvg_error_set(reterr, CVG_E_INVALID, "%s: status %u: %s", server, ret->status, detail);
    }
    return rc;
}
