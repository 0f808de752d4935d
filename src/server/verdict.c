/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a question (path, query, body) to one of three ways to answer it: prepared, judged here,
 * or asked of the deciding thread.
 */
#include "server/verdict.h"

#include "base/text.h"
#include "base/time.h"
#include "server/answer.h"
#include "server/connection.h"
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

/* The environment or gate of the path, or of the query or the body for callers that cannot shape
 * their path. */
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
        return cvg_error_set(reterr, CVG_E_INVALID, "the request names two different %ss", what);
    }
    (void)snprintf(from_path, CVG_REQUEST_NAME, "%s", from_query);
    return 0;
}

static int read_body(struct cvg_request *request, struct cvg_arena *arena,
                     struct cvg_subject *subject, struct cvg_error *reterr)
{
    struct cvg_wire_question question;
    int rc =
        cvg_wire_question_read(request->body.data, request->body.length, arena, &question, reterr);

    if (rc == 0) {
        *subject = question.subject;
    }
    if (rc == 0 && *question.environment) {
        rc = settle_name("environment", question.environment, request->environment, reterr);
    }
    if (rc == 0 && *question.gate) {
        rc = settle_name("gate", question.gate, request->gate, reterr);
    }
    return rc;
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
        rc = read_body(request, arena, subject, reterr);
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
    int64_t now, wait_ns;
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

/* What readers are told now. The snapshot's views were true at its own time, so a go must also be
 * one that the snapshot's decision still stands for: nothing that expired since may carry it. */
static void decide(struct cvg_request *request, const struct question *question,
                   struct cvg_decision *ret)
{
    struct cvg_board *board = request->context->board;
    const struct cvg_snapshot_gate *gate = question->gate;
    struct cvg_decision judged;

    if (!question->subject) {
        *ret =
            cvg_board_trusts(board, &gate->decision, question->now) ? gate->decision : gate->stale;
        return;
    }
    cvg_gate_judge(&question->snapshot->readiness, gate->policy, question->subject, question->now,
                   (uint64_t)question->now, cvg_request_arena(request), &judged);
    if (judged.verdict == CVG_GO) {
        judged.valid_until = CVG_MIN(judged.valid_until, gate->decision.valid_until);
    }
    if (cvg_board_trusts(board, &judged, question->now)) {
        *ret = judged;
    } else {
        cvg_gate_stale(&judged, cvg_request_arena(request), ret);
    }
}

static enum MHD_Result answer_now(struct cvg_request *request, const struct question *question)
{
    struct cvg_decision decision;

    if (!question->subject && !question->explain) {
        return send_prepared(
            request, question->gate,
            cvg_board_trusts(request->context->board, &question->gate->decision, question->now));
    }
    decide(request, question, &decision);
    return send_written(request, question, &decision);
}

/* ---- holding the answer back ---- */

/* A snapshot that came while the connection was being suspended woke nobody. */
static void look_again(struct cvg_request *request, const struct question *question)
{
    struct cvg_context *context = request->context;
    CVG_CLEANUP(release)
    struct cvg_snapshot *latest = cvg_board_lookup(context->board, request->environment);
    const struct cvg_snapshot_gate *gate = latest ? cvg_snapshot_gate(latest, request->gate) : NULL;

    if (!gate ||
        (latest->sequence != question->snapshot->sequence && gate->decision.verdict != CVG_WAIT)) {
        cvg_waiting_wake(context->waiting, &request->hold);
    }
}

/* Holds the connection when the answer would be wait and there is time left; the handler is called
 * again. False: answer now. */
static bool hold(struct cvg_request *request, const struct question *question)
{
    struct cvg_context *context = request->context;
    struct cvg_decision decision;

    if (question->wait_ns == 0 || request->hold.woken != CVG_WOKEN_CHANGED) {
        return false;
    }
    decide(request, question, &decision);
    if (decision.verdict != CVG_WAIT) {
        return false;
    }
    if (!request->wait_until) {
        request->wait_until = question->now + question->wait_ns;
        if (cvg_connections_enter(request, false) && decision.unknown) {
            cvg_board_hurry(context->board, request->environment);
        }
    }
    if (!request->hold.placed) {
        return false;
    }
    (void)snprintf(request->gate, sizeof(request->gate), "%s", question->gate->policy->name);
    if (!cvg_waiting_hold(context->waiting, &request->hold, request->wait_until)) {
        return false;
    }
    look_again(request, question);
    return true;
}

/* ---- asking the deciding thread ---- */

/* A deciding thread that has stalled cannot record anything: then the answer is that of a GET,
 * which is wait. */
static enum MHD_Result ask(struct cvg_request *request, const struct question *question)
{
    struct cvg_context *context = request->context;
    struct cvg_ask ask = {
        .environment = question->snapshot->environment,
        .gate = question->gate->policy->name,
        .subject = *question->subject,
        .asked_by = request->identity.who,
    };

    if (cvg_board_stalled(context->board, question->now)) {
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

/* The process or the machine was stopped between the question and its answer. The snapshot may be
 * one from after that, so the answer's own time counts as well. */
static bool has_outlived(const struct cvg_request *request, const struct question *question,
                         const struct cvg_ask *answer)
{
    return answer->verdict == CVG_GO &&
           (question->now >= answer->valid_until ||
            !cvg_board_trusts(request->context->board, &question->gate->decision, question->now));
}

static enum MHD_Result answer_asked(struct cvg_request *request, const struct question *question)
{
    struct cvg_ask *answer = cvg_asking_take(request->pending);
    enum MHD_Result result = MHD_NO;

    if (!answer || (answer->found && has_outlived(request, question, answer))) {
        result = send_prepared(request, question->gate, false);
    } else if (!answer->found) {
        result = no_such(request, "The environment has no gate of that name.");
    } else if (answer->verdict == CVG_WAIT && hold(request, question)) {
        cvg_asking_finished(request->context->asking);
        request->asked = false;
        result = MHD_YES; /* the gate closed again before the question was asked */
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
    CVG_CLEANUP(release)
    struct cvg_snapshot *snapshot = cvg_board_lookup(request->context->board, request->environment);

    if (!snapshot) {
        return no_such(request, "There is no environment of that name.");
    }
    struct question question = {
        .snapshot = snapshot,
        .gate = cvg_snapshot_gate(snapshot, request->gate),
        .subject = cvg_wire_subject_is_empty(subject) ? NULL : subject,
        .explain = parameters->explain,
        .now = cvg_time_now(),
        .wait_ns = parameters->wait_ns,
    };
    if (!question.gate) {
        return no_such(request, "The environment has no gate of that name.");
    }
    if (request->pending) {
        return answer_asked(request, &question);
    }
    if (hold(request, &question)) {
        return MHD_YES;
    }
    if (request->method == CVG_METHOD_POST && question.subject) {
        return ask(request, &question);
    }
    return answer_now(request, &question);
}

/* Whoever has a decision recorded needs more than who looks; and the environment may have come in
 * the query. */
static bool may_ask(struct cvg_request *request, const struct cvg_subject *subject)
{
    bool held = request->wait_until && !request->pending;
    bool records = request->method == CVG_METHOD_POST && !cvg_wire_subject_is_empty(subject);
    struct cvg_want want = {
        .scope = records ? CVG_MAY_DECIDE : CVG_MAY_READ,
        .environment = request->environment,
    };

    if (held) {
        cvg_permit_identify_again(request);
    }
    return cvg_permit(request, &want);
}

enum MHD_Result cvg_verdict_answer(struct cvg_request *request)
{
    struct cvg_parameters parameters = {0};
    struct cvg_subject subject;
    struct cvg_error error;

    if (!cvg_request_has_json(request)) {
        return cvg_answer_not_json(request);
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
    if (!may_ask(request, &subject)) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    return answer_gate(request, &parameters, &subject);
}
