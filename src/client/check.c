/* SPDX-License-Identifier: Apache-2.0 */
/* convergate check and explain: the verdict of a gate, once or until it is not wait. */
#include "base/time.h"
#include "base/url.h"
#include "client/ask.h"
#include "client/client.h"
#include "client/report.h"
#include "io/timer.h"
#include "wire/decision.h"
#include "wire/problem.h"
#include "wire/subject.h"

#include <stdio.h>
#include <string.h>

#define PATH_LIMIT 4096

/* What happened when we asked. */
enum outcome {
    ANSWERED,
    FAILED_FOR_NOW,
    FAILED_FOR_GOOD
};

static void add_path(struct cvg_buf *path, const struct cvg_client_options *options)
{
    const char *environment = options->arguments[0];

    cvg_buf_puts(path, "/v1/verdict/");
    cvg_url_encode(environment, strlen(environment), path);
    if (*options->gate) {
        cvg_buf_putc(path, '/');
        cvg_url_encode(options->gate, strlen(options->gate), path);
    }
}

/* A subject is sent as a POST, so that the daemon records the decision. */
static char *subject_body(const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(CVG_SUBJECT_BODY_LIMIT);
    struct cvg_subject subject = {.app = options->app, .revision = options->revision};

    if (cvg_wire_subject_is_empty(&subject)) {
        return NULL;
    }
    cvg_wire_subject_write(&subject, &body);
    return cvg_buf_take(&body, NULL);
}

static enum outcome ask(struct cvg_loop *loop, const struct cvg_client_options *options,
                        const char *path, const char *body, struct cvg_reply *reply,
                        struct cvg_wire_answer *ret)
{
    struct cvg_error error = {0};
    char detail[300];

    if (cvg_client_ask(loop, options, path, body, reply, &error) < 0) {
        cvg_client_complain(&error);
        return FAILED_FOR_NOW;
    }
    if (reply->status != 200) {
        cvg_wire_problem_read(cvg_buf_text(&reply->body), reply->body.length, detail,
                              sizeof(detail));
        fprintf(stderr, "convergate: %s: status %u: %s\n", options->server, reply->status, detail);
        return reply->status >= 500 || reply->status == 429 ? FAILED_FOR_NOW : FAILED_FOR_GOOD;
    }
    if (cvg_wire_decision_read(cvg_buf_text(&reply->body), reply->body.length, ret, &error) < 0) {
        cvg_client_complain(&error);
        return FAILED_FOR_GOOD;
    }
    return ANSWERED;
}

static int exit_code(const struct cvg_wire_answer *answer)
{
    static const int codes[] = {
        [CVG_GO] = CVG_EXIT_GO,
        [CVG_WAIT] = CVG_EXIT_WAIT,
        [CVG_HALT] = CVG_EXIT_HALT,
        [CVG_ROLLBACK] = CVG_EXIT_ROLLBACK,
    };

    /* "Still wait" and "cannot tell" are different news to whoever looks at the pipeline. */
    return answer->verdict == CVG_WAIT && answer->unknown ? CVG_EXIT_UNKNOWN
                                                          : codes[answer->verdict];
}

static void set_done(void *arg, struct cvg_op *op)
{
    (void)op;
    *(bool *)arg = true;
}

static void pause_for(struct cvg_loop *loop, int64_t ns)
{
    struct cvg_scope scope;
    bool done = false;

    cvg_scope_init(&scope, loop, NULL, NULL, NULL);
    cvg_timer_start(&scope, ns, set_done, &done);
    cvg_loop_run_until(loop, &done, cvg_time_now() + ns + CVG_SECOND);
    cvg_scope_end(&scope);
}

static int finish(const struct cvg_client_options *options, const struct cvg_reply *reply,
                  const struct cvg_wire_answer *answer)
{
    cvg_report_progress(NULL);
    if (options->json) {
        puts(cvg_buf_text(&reply->body));
    } else {
        cvg_report_answer(answer, false);
    }
    return exit_code(answer);
}

/* One round of asking. Returns the exit code, or -1 to ask again after *ret_pause. */
static int turn(struct cvg_loop *loop, const struct cvg_client_options *options, const char *path,
                const char *body, int64_t deadline, int64_t *ret_pause)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};
    enum outcome outcome = ask(loop, options, path, body, &reply, &answer);
    int64_t left = deadline - cvg_time_now();

    if (outcome == FAILED_FOR_GOOD || (outcome == FAILED_FOR_NOW && left <= 0)) {
        return CVG_EXIT_UNKNOWN;
    }
    if (outcome == FAILED_FOR_NOW) {
        *ret_pause = CVG_MIN(5 * CVG_SECOND, left);
        return -1;
    }
    if (answer.verdict != CVG_WAIT || left <= 0) {
        return finish(options, &reply, &answer);
    }
    cvg_report_progress(&answer);
    *ret_pause = CVG_MIN((int64_t)CVG_MAX(answer.retry_after_s, 1U) * CVG_SECOND, left);
    return -1;
}

int cvg_client_check(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(PATH_LIMIT);
    CVG_CLEANUP(cvg_free_pointer) char *body = subject_body(options);
    int64_t deadline = cvg_time_now() + options->wait_ns, pause = 0;
    int code;

    add_path(&path, options);
    while ((code = turn(loop, options, cvg_buf_text(&path), body, deadline, &pause)) < 0) {
        pause_for(loop, pause);
    }
    return code;
}

int cvg_client_explain(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(PATH_LIMIT);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};

    add_path(&path, options);
    cvg_buf_puts(&path, "?explain=full");
    if (ask(loop, options, cvg_buf_text(&path), NULL, &reply, &answer) != ANSWERED) {
        return CVG_EXIT_UNKNOWN;
    }
    if (options->json) {
        puts(cvg_buf_text(&reply.body));
    } else {
        cvg_report_answer(&answer, true);
    }
    return CVG_EXIT_GO;
}
