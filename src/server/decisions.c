/* SPDX-License-Identifier: Apache-2.0 */
/* From a query and a credential to what the store is asked. */
#include "server/decisions.h"

#include "server/answer.h"
#include "server/filters.h"
#include "server/rows.h"
#include "wire/record.h"

#include <inttypes.h>

/* A page of the longest documents there are, in short. */
#define PAGE_LIMIT     ((size_t)64 * 1024 * 1024)
#define DOCUMENT_LIMIT (2 * CVG_RECORD_BODY)

/* Only what the credential sees. An environment that the query names was asked of the door. */
static void limit_to_seen(const struct cvg_identity *identity, struct cvg_record_query *query)
{
    if (query->environments || !identity->environments) {
        return;
    }
    query->environments = identity->environments;
    while (identity->environments[query->environment_count]) {
        query->environment_count++;
    }
}

static bool may_see(struct cvg_request *request, const struct cvg_record_query *query)
{
    struct cvg_want want = {
        .scope = CVG_MAY_READ,
        .environment = query->environments ? query->environments[0] : NULL,
    };

    return cvg_permit(request, &want);
}

enum MHD_Result cvg_decisions_answer(struct cvg_request *request)
{
    struct cvg_arena *arena = cvg_request_arena(request);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(PAGE_LIMIT);
    enum MHD_Result answered = MHD_NO;
    struct cvg_record_page page;
    struct cvg_record_query query;
    struct cvg_error error;
    const char *next = "";

    if (cvg_filters_records(request->query, arena, &query, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    if (!may_see(request, &query)) {
        return cvg_answer_problem(request, request->refusal.status, request->refusal.code,
                                  request->refusal.detail);
    }
    query.action = CVG_RECORD_DECISION;
    limit_to_seen(&request->identity, &query);
    if (!cvg_rows_records(request, &query, &page, &answered)) {
        return answered;
    }
    if (page.more && page.count) {
        next = cvg_arena_format(arena, "%" PRIu64, page.rows[page.count - 1].number);
    }
    cvg_wire_decisions_write(page.rows, page.count, next, &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}

enum MHD_Result cvg_decision_answer(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    struct cvg_record_query query = {
        .id = request->name, .action = CVG_RECORD_DECISION, .limit = 1};
    enum MHD_Result answered = MHD_NO;
    struct cvg_record_page page;

    limit_to_seen(&request->identity, &query);
    if (!cvg_rows_records(request, &query, &page, &answered)) {
        return answered;
    }
    if (page.count == 0) {
        return cvg_answer_problem(request, 404, "NotFound", "There is no decision of that id.");
    }
    cvg_wire_decision_record_write(&page.rows[0], &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}
