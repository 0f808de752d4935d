/* SPDX-License-Identifier: Apache-2.0 */
/* What a person says goes to the deciding thread; what came of it becomes an answer. */
#include "server/accept.h"

#include "base/time.h"
#include "server/answer.h"
#include "wire/accept.h"

#define DOCUMENT_LIMIT ((size_t)4096)

static enum MHD_Result send_accepted(struct cvg_request *request, const struct cvg_accept *accept)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    struct cvg_wire_accepted document = {
        .environment = accept->environment,
        .check = accept->check,
        .accepted = accept->outcome == CVG_ACCEPT_DONE,
        .id = accept->id,
    };

    cvg_wire_accepted_write(&document, &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}

static enum MHD_Result send_outcome(struct cvg_request *request, const struct cvg_accept *accept)
{
    if (!accept) {
        return cvg_answer_problem(request, 503, "Unanswered",
                                  "The deciding thread did not answer in time. It may do so yet: "
                                  "look at the check before you ask again.");
    }
    switch (accept->outcome) {
    case CVG_ACCEPT_NO_CHECK:
        return cvg_answer_problem(request, 404, "NotFound",
                                  "There is no environment or check of that name.");
    case CVG_ACCEPT_UNAVAILABLE:
        return cvg_answer_problem(request, 503, "StoreUnavailable", accept->why);
    case CVG_ACCEPT_DONE:
    case CVG_ACCEPT_NOTHING:
        break;
    }
    return send_accepted(request, accept);
}

static enum MHD_Result answer_asked(struct cvg_request *request)
{
    enum MHD_Result result = send_outcome(request, cvg_asking_take_accept(request->pending));

    cvg_asking_leave(request->pending);
    request->pending = NULL;
    return result;
}

static enum MHD_Result ask(struct cvg_request *request, const char *comment)
{
    struct cvg_context *context = request->context;
    struct cvg_accept accept = {
        .environment = request->environment,
        .check = request->name,
        .actor = request->identity.who,
        .comment = comment,
    };

    if (!cvg_board_stalled(context->board, cvg_time_now())) {
        request->pending =
            cvg_asking_post_accept(context->asking, context->board, request->connection, &accept);
    }
    if (!request->pending) {
        return cvg_answer_problem(request, 503, "DecisionStale",
                                  "The deciding thread does not turn; nothing was done.");
    }
    request->asked = true;
    return MHD_YES;
}

enum MHD_Result cvg_accept_answer(struct cvg_request *request)
{
    const char *comment = "";
    struct cvg_error error;

    if (request->pending) {
        return answer_asked(request);
    }
    if (!cvg_request_has_json(request)) {
        return cvg_answer_not_json(request);
    }
    if (cvg_wire_comment_read(request->body.data, request->body.length, cvg_request_arena(request),
                              &comment, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    return ask(request, comment);
}
