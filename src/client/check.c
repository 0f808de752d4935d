/* SPDX-License-Identifier: Apache-2.0 */
/* convergate check and explain: the verdict of a gate, once or until it is not wait. */
#include "base/text.h"
#include "base/time.h"
#include "base/url.h"
#include "client/ask.h"
#include "client/client.h"
#include "client/report.h"
#include "io/timer.h"
#include "wire/decision.h"
#include "wire/problem.h"
#include "wire/subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PATH_LIMIT 4096

/* One long poll. Proxies in between often give up after a minute. */
#define HELD_MOST    (50 * CVG_SECOND)
/* Where somebody watches, so that the progress stays true. */
#define HELD_WATCHED (5 * CVG_SECOND)
/* After a failure, which may be of something in between that does not hold connections so long,
 * the next poll is shorter; below this it is none. */
#define HELD_LEAST   CVG_SECOND
#define HELD_SHRINK  4
#define FAILED_PAUSE (5 * CVG_SECOND)

/* What happened when we asked. */
enum outcome {
    ANSWERED,
    FAILED_FOR_NOW,
    FAILED_FOR_GOOD
};

struct asking {
    struct cvg_loop *loop;
    const struct cvg_client_options *options;
    char *body; /* owned; NULL: none */
    int64_t deadline;
    int64_t held;             /* how long the daemon may hold the next answer; 0: not at all */
    int64_t held_most;        /* as far as it is known to work */
    bool asked;               /* and answered: the first time without holding */
    struct cvg_buf complaint; /* the latest */
};

static void asking_done(struct asking *asking)
{
    free(asking->body);
    cvg_buf_done(&asking->complaint);
}

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

/* The same trouble is told once, however often it comes. */
static void complain(struct asking *asking, const struct cvg_error *error)
{
    if (cvg_text_equal(cvg_buf_text(&asking->complaint), error->text)) {
        return;
    }
    cvg_buf_clear(&asking->complaint);
    cvg_buf_puts(&asking->complaint, error->text);
    cvg_report_progress(NULL, 0);
    cvg_client_complain(error);
}

static enum outcome ask(struct asking *asking, const char *path, struct cvg_reply *reply,
                        struct cvg_wire_answer *ret)
{
    struct cvg_question question = {.path = path, .body = asking->body, .held_ns = asking->held};
    const char *server = asking->options->server;
    struct cvg_error error = {0};
    char detail[300];

    if (cvg_client_ask_held(asking->loop, asking->options, &question, reply, &error) < 0) {
        complain(asking, &error);
        return FAILED_FOR_NOW;
    }
    if (reply->status != 200) {
        cvg_wire_problem_read(cvg_buf_text(&reply->body), reply->body.length, detail,
                              sizeof(detail));
        cvg_error_set(&error, CVG_E_INVALID, "%s: status %u: %s", server, reply->status, detail);
        complain(asking, &error);
        return reply->status >= 500 || reply->status == 429 ? FAILED_FOR_NOW : FAILED_FOR_GOOD;
    }
    if (cvg_wire_decision_read(cvg_buf_text(&reply->body), reply->body.length, ret, &error) < 0) {
        complain(asking, &error);
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
    cvg_report_progress(NULL, 0);
    if (options->json) {
        puts(cvg_buf_text(&reply->body));
    } else {
        cvg_report_answer(answer, false);
    }
    return exit_code(answer);
}

/* The next poll: as long as it works, and as there is time. */
static void choose_held(struct asking *asking, int64_t left)
{
    int64_t most =
        cvg_report_is_watched() ? CVG_MIN(asking->held_most, HELD_WATCHED) : asking->held_most;

    asking->held = CVG_MIN(most, left);
    if (asking->held < HELD_LEAST) {
        asking->held = 0;
    }
}

/* How long to pause before the next poll. One that was held long enough is followed by the next at
 * once; a daemon that has no place for those who wait answers at once, and says when to come back. */
static int64_t pause_after(struct asking *asking, const struct cvg_wire_answer *answer,
                           int64_t took, int64_t left)
{
    int64_t pause = (int64_t)answer->retry_after_s * CVG_SECOND - took;

    if (!asking->asked) {
        asking->asked = true;
        pause = 0;
    }
    return CVG_MIN(CVG_MAX(pause, 0), left);
}

static int64_t pause_after_failure(struct asking *asking, int64_t left)
{
    int64_t pause = CVG_MIN(FAILED_PAUSE, left);

    if (asking->held) {
        asking->held_most = asking->held / HELD_SHRINK;
    }
    choose_held(asking, left - pause);
    return pause;
}

/* One round of asking. Returns the exit code, or -1 to ask again after *ret_pause. */
static int turn(struct asking *asking, int64_t *ret_pause)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(PATH_LIMIT);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};
    int64_t started = cvg_time_now();

    add_path(&path, asking->options);
    if (asking->held) {
        cvg_buf_printf(&path, "?wait=%" PRId64 "ms", asking->held / CVG_MS);
    }
    enum outcome outcome = ask(asking, cvg_buf_text(&path), &reply, &answer);
    int64_t now = cvg_time_now();
    int64_t left = asking->deadline - now;

    if (outcome == FAILED_FOR_GOOD || (outcome == FAILED_FOR_NOW && left <= 0)) {
        cvg_report_progress(NULL, 0);
        return CVG_EXIT_UNKNOWN;
    }
    if (outcome == FAILED_FOR_NOW) {
        *ret_pause = pause_after_failure(asking, left);
        return -1;
    }
    if (answer.verdict != CVG_WAIT || left <= 0) {
        return finish(asking->options, &reply, &answer);
    }
    cvg_buf_clear(&asking->complaint);
    cvg_report_progress(&answer, left);
    choose_held(asking, left);
    *ret_pause = pause_after(asking, &answer, now - started, left);
    return -1;
}

int cvg_client_check(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(asking_done)
    struct asking asking = {
        .loop = loop,
        .options = options,
        .body = subject_body(options),
        .deadline = cvg_time_now() + options->wait_ns,
        .held_most = HELD_MOST,
        .complaint = CVG_BUF_INIT(1024),
    };
    int64_t pause = 0;
    int code = -1;

    while ((code = turn(&asking, &pause)) < 0) {
        if (pause > 0) {
            pause_for(loop, pause);
        }
    }
    return code;
}

int cvg_client_explain(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(asking_done)
    struct asking asking = {.loop = loop, .options = options, .complaint = CVG_BUF_INIT(1024)};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(PATH_LIMIT);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};

    add_path(&path, options);
    cvg_buf_puts(&path, "?explain=full");
    if (ask(&asking, cvg_buf_text(&path), &reply, &answer) != ANSWERED) {
        return CVG_EXIT_UNKNOWN;
    }
    if (options->json) {
        puts(cvg_buf_text(&reply.body));
    } else {
        cvg_report_answer(&answer, true);
    }
    return CVG_EXIT_GO;
}
