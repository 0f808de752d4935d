/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a question (path, query, body) to one of three ways to answer it: prepared, judged here,
 * or asked of the deciding thread.
 */
#include "server/verdict.h"

#include "base/text.h"
#include "base/time.h"
#include "server/answer.h"
#include "server/parameters.h"
#include "server/prepared.h"
#include "wire/decision.h"
#include "wire/subject.h"

#include <stdio.h>
#include <string.h>

/* A document with all its reasons and their messages. */
#define DOCUMENT_LIMIT ((size_t)4 * 1024 * 1024)

static void release(struct cvg_snapshot **snapshot)
{
    cvg_snapshot_unref(*snapshot);
}

static enum cvg_print print_of(const struct cvg_request *request)
{
    return request->route == CVG_ROUTE_CHECK ? CVG_PRINT_CHECK : CVG_PRINT_VERDICT;
}

/* ---- what is asked ---- */

/* The environment or gate of the path, or of the query for callers that cannot shape their path. */
static int settle_name(const char *what, const char *from_query, char *from_path,
                       struct cvg_error *reterr)
{
    if (!from_query) {
        return 0;
    }
    if (!cvg_text_is_name(from_query)) {
        return cvg_error_set(reterr, CVG_E_NOT_FOUND, "There is no %s of that name.", what);
    }
    if (*from_path && !cvg_text_equal(from_path, from_query)) {
        return cvg_error_set(reterr, CVG_E_INVALID, "path and query differ in the %s", what);
    }
    (void)snprintf(from_path, CVG_REQUEST_NAME, "%s", from_query);
    return 0;
}

static int read_question(struct cvg_request *request, struct cvg_parameters *parameters,
                         struct cvg_subject *subject, struct cvg_error *reterr)
{
    struct cvg_arena *arena = NULL;
    int rc = 0;

    *subject = (struct cvg_subject){.app = "", .revision = ""};
    if (!request->query && !request->body.length) {
        return 0;
    }
    arena = cvg_request_arena(request);
    rc = cvg_parameters_read(request->query, arena, parameters, reterr);
    if (rc == 0) {
        rc = settle_name("environment", parameters->environment, request->environment, reterr);
    }
    if (rc == 0) {
        rc = settle_name("gate", parameters->gate, request->gate, reterr);
    }
    if (rc == 0 && request->body.length) {
        rc =
            cvg_wire_subject_read(request->body.data, request->body.length, arena, subject, reterr);
    }
    return rc < 0 ? rc : cvg_parameters_subject(parameters, arena, subject, reterr);
}

/* ---- how it is answered ---- */

static enum MHD_Result send_prepared(struct cvg_request *request, struct cvg_snapshot_gate *gate,
                                     bool trusted)
{
    struct cvg_prepared_answer answer = cvg_prepared_get(gate, print_of(request), trusted);

    return cvg_answer_send(request, answer.status, answer.response);
}

static enum MHD_Result send_printed(struct cvg_request *request, uint32_t verdict,
                                    uint32_t retry_after_s, struct cvg_buf *body)
{
    enum cvg_print print = print_of(request);

    if (body->overflow) {
        return cvg_answer_problem(request, 500, "AnswerTooLarge",
                                  "The answer is larger than this route may send.");
    }
    struct MHD_Response *response = cvg_print_make(print, verdict, retry_after_s, body);
    enum MHD_Result result = cvg_answer_send(request, cvg_print_status(print, verdict), response);
    if (response) {
        MHD_destroy_response(response);
    }
    return result;
}

struct question {
    struct cvg_snapshot *snapshot;
    struct cvg_snapshot_gate *gate;
    const struct cvg_subject *subject; /* NULL: none */
    bool explain;
    int64_t now;
};

static enum MHD_Result send_written(struct cvg_request *request, const struct question *question,
                                    const struct cvg_decision *decision)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    struct cvg_wire_decision document = {
        .id = "",
        .environment = question->snapshot->environment,
        .gate = question->gate->policy->name,
        .subject = question->subject,
        .decision = decision,
        .wall_offset = question->snapshot->wall_offset,
        .explain = question->explain,
    };

    cvg_wire_decision_write(&document, &body);
    return send_printed(request, decision->verdict, decision->retry_after_s, &body);
}

/* The snapshot's views were true at its own time, so a go must also be one that the snapshot's
 * decision still stands for: nothing that expired since may carry it. */
static enum MHD_Result judge(struct cvg_request *request, const struct question *question)
{
    struct cvg_arena *arena = cvg_request_arena(request);
    struct cvg_board *board = request->context->board;
    const struct cvg_decision *published = &question->gate->decision;
    struct cvg_decision judged, stale;

    cvg_gate_judge(&question->snapshot->readiness, question->gate->policy, question->subject,
                   question->now, (uint64_t)question->now, arena, &judged);
    if (judged.verdict == CVG_GO) {
        judged.valid_until = CVG_MIN(judged.valid_until, published->valid_until);
    }
    if (cvg_board_trusts(board, &judged, question->now)) {
        return send_written(request, question, &judged);
    }
    cvg_gate_stale(&judged, arena, &stale);
    return send_written(request, question, &stale);
}

static enum MHD_Result answer_now(struct cvg_request *request, const struct question *question)
{
    bool trusted =
        cvg_board_trusts(request->context->board, &question->gate->decision, question->now);

    if (question->subject) {
        return judge(request, question);
    }
    if (question->explain) {
        return send_written(request, question,
                            trusted ? &question->gate->decision : &question->gate->stale);
    }
    return send_prepared(request, question->gate, trusted);
}

/* A deciding thread that has stalled cannot record anything: then the answer is that of a GET,
 * which is wait. */
static enum MHD_Result ask(struct cvg_request *request, const struct question *question,
                           size_t environment)
{
    struct cvg_context *context = request->context;
    struct cvg_ask ask = {
        .environment = environment,
        .gate = question->gate->policy->name,
        .subject = *question->subject,
    };

    if (question->now - cvg_board_heartbeat(context->board) >= CVG_HEARTBEAT_LIMIT) {
        return answer_now(request, question);
    }
    request->pending = cvg_asking_post(context->asking, context->board, request->connection, &ask);
    if (!request->pending) {
        return send_prepared(request, question->gate, false);
    }
    request->asked = true;
    return MHD_YES;
}

static enum MHD_Result no_such(struct cvg_request *request, const char *detail)
{
    return cvg_answer_problem(request, 404, "NotFound", detail);
}

static enum MHD_Result answer_asked(struct cvg_request *request, struct cvg_snapshot_gate *gate)
{
    struct cvg_ask *answer = cvg_asking_take(request->pending);
    enum MHD_Result result = MHD_NO;

    if (!answer) {
        result = send_prepared(request, gate, false);
    } else if (!answer->found) {
        result = no_such(request, "The environment has no gate of that name.");
    } else {
        result = send_printed(request, answer->verdict, answer->retry_after_s, &answer->body);
    }
    cvg_asking_leave(request->pending);
    request->pending = NULL;
    return result;
}

static enum MHD_Result answer_gate(struct cvg_request *request,
                                   const struct cvg_parameters *parameters,
                                   const struct cvg_subject *subject)
{
    long index = cvg_board_find(request->context->board, request->environment);

    if (index < 0) {
        return no_such(request, "There is no environment of that name.");
    }
    CVG_CLEANUP(release)
    struct cvg_snapshot *snapshot = cvg_board_get(request->context->board, (size_t)index);
    if (!snapshot) {
        return cvg_answer_problem(request, 503, "Starting", "Nothing was decided yet.");
    }
    struct question question = {
        .snapshot = snapshot,
        .gate = cvg_snapshot_gate(snapshot, request->gate),
        .subject = cvg_wire_subject_is_empty(subject) ? NULL : subject,
        .explain = parameters->explain,
        .now = cvg_time_now(),
    };
    if (!question.gate) {
        return no_such(request, "The environment has no gate of that name.");
    }
    if (request->pending) {
        return answer_asked(request, question.gate);
    }
    if (request->method == CVG_METHOD_POST && question.subject) {
        return ask(request, &question, (size_t)index);
    }
    return answer_now(request, &question);
}

enum MHD_Result cvg_verdict_answer(struct cvg_request *request)
{
    struct cvg_parameters parameters = {0};
    struct cvg_subject subject;
    struct cvg_error error;

    if (request->body.length && request->has_content_type && !request->content_is_json) {
        return cvg_answer_problem(request, 415, "NotJson",
                                  "A body must be JSON: send Content-Type: application/json.");
    }
    int rc = read_question(request, &parameters, &subject, &error);
    if (rc == CVG_E_NOT_FOUND) {
        return no_such(request, error.text);
    }
    if (rc < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    if (!*request->environment) {
        return cvg_answer_problem(
            request, 400, "NoEnvironment",
            "Name the environment: /v1/verdict/{environment}, or the query's env.");
    }
    return answer_gate(request, &parameters, &subject);
}
