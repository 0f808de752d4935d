/* SPDX-License-Identifier: Apache-2.0 */
/* One page of the store's changes as a document. */
#include "server/history.h"

#include "server/answer.h"
#include "server/filters.h"
#include "server/rows.h"
#include "wire/record.h"

#define PAGE_LIMIT ((size_t)64 * 1024 * 1024)

static bool is_known(struct cvg_request *request)
{
    struct cvg_snapshot *snapshot = cvg_board_lookup(request->context->board, request->environment);

    cvg_snapshot_unref(snapshot);
    return snapshot;
}

enum MHD_Result cvg_history_answer(struct cvg_request *request)
{
    struct cvg_arena *arena = cvg_request_arena(request);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(PAGE_LIMIT);
    enum MHD_Result answered = MHD_NO;
    struct cvg_change_page page;
    struct cvg_change_query query;
    struct cvg_error error;
    const char *next = "";

    if (cvg_filters_changes(request->query, arena, &query, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    query.environment = request->environment;
    if (!cvg_rows_changes(request, &query, &page, &answered)) {
        return answered;
    }
    if (page.count == 0 && !is_known(request)) {
        return cvg_answer_problem(request, 404, "NotFound",
                                  "There is no environment of that name.");
    }
    if (page.more && page.count) {
        const struct cvg_change *last = &page.rows[page.count - 1];
        next = cvg_filters_cursor(&(struct cvg_change_cursor){last->at, last->number}, arena);
    }
    cvg_wire_history_write(request->environment, page.rows, page.count, next, &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}
