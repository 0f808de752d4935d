/* SPDX-License-Identifier: Apache-2.0 */
/* A ticket, and the status that the deciding thread publishes. */
#include "server/reload.h"

#include "server/answer.h"
#include "wire/reload.h"

#define DOCUMENT_LIMIT ((size_t)1024 * 1024)

static enum MHD_Result answer_ticket(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(256);

    cvg_wire_ticket_write(cvg_board_reload(request->context->board, request->identity.who), &body);
    return cvg_answer_body(request, 202, CVG_JSON_TYPE, &body);
}

enum MHD_Result cvg_reload_answer(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);

    if (request->method == CVG_METHOD_POST) {
        return answer_ticket(request);
    }
    struct cvg_reload_status *status = cvg_board_reload_status(request->context->board);
    if (!status) {
        return cvg_answer_problem(request, 503, "Starting", "Nothing was loaded yet.");
    }
    struct cvg_wire_reload document = {
        .done = status->ticket,
        .result = status->finished_at == 0 ? CVG_RELOAD_NONE
                  : status->last_refused   ? CVG_RELOAD_REFUSED
                                           : CVG_RELOAD_ACCEPTED,
        .loaded_at = status->loaded_at,
        .finished_at = status->finished_at,
        .checks_kept = status->checks_kept,
        .checks_new = status->checks_new,
        .checks_gone = status->checks_gone,
        .messages = status->messages,
        .message_count = status->message_count,
        .restart = status->restart,
        .restart_count = status->restart_count,
    };
    cvg_wire_reload_write(&document, &body);
    cvg_reload_status_unref(status);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}
