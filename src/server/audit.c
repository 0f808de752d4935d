/* SPDX-License-Identifier: Apache-2.0 */
/* The head of the latest commit, which is told while the store is unavailable, too. */
#include "server/audit.h"

#include "server/answer.h"
#include "server/rows.h"
#include "wire/record.h"

#define DOCUMENT_LIMIT ((size_t)4096)

enum MHD_Result cvg_audit_answer(struct cvg_request *request)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    enum MHD_Result answered = MHD_NO;
    struct cvg_store *store = cvg_rows_store(request, &answered);
    struct cvg_store_status status;

    if (!store) {
        return answered;
    }
    cvg_store_status(store, &status);
    if (!status.available && !status.read) {
        return cvg_answer_problem(request, 503, "StoreUnavailable", status.why);
    }
    cvg_wire_head_write(&status.head, status.public_key, &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}
