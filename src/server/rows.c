/* SPDX-License-Identifier: Apache-2.0 */
/* One way in to the store for all routes that read it, and one word for each way it can fail. */
#include "server/rows.h"

#include "server/answer.h"

struct cvg_store *cvg_rows_store(struct cvg_request *request, enum MHD_Result *ret_answer)
{
    struct cvg_store *store = cvg_board_store(request->context->board);

    if (!store) {
        *ret_answer = cvg_answer_problem(request, 404, "NoStore",
                                         "Nothing is recorded: the configuration has no 'store'.");
    }
    return store;
}

/* Left with cvg_traffic_release. */
static struct cvg_store *enter(struct cvg_request *request, enum MHD_Result *ret_answer)
{
    struct cvg_context *context = request->context;
    struct cvg_store *store = cvg_rows_store(request, ret_answer);

    if (store && !cvg_traffic_reserve(&context->traffic.store_reads, context->readers, 1)) {
        *ret_answer = cvg_answer_problem(request, 503, "Busy",
                                         "Too many requests read the store at this moment.");
        return NULL;
    }
    return store;
}

static bool leave(struct cvg_request *request, int rc, const struct cvg_error *error,
                  enum MHD_Result *ret_answer)
{
    cvg_traffic_release(&request->context->traffic.store_reads, 1);
    if (rc < 0) {
        *ret_answer = cvg_answer_problem(request, 503, "StoreUnavailable", error->text);
    }
    return rc == 0;
}

bool cvg_rows_records(struct cvg_request *request, const struct cvg_record_query *query,
                      struct cvg_record_page *ret, enum MHD_Result *ret_answer)
{
    struct cvg_error error = {0};
    struct cvg_store *store = enter(request, ret_answer);

    if (!store) {
        return false;
    }
    int rc = cvg_store_records(store, query, cvg_request_arena(request), ret, &error);
    return leave(request, rc, &error, ret_answer);
}

bool cvg_rows_changes(struct cvg_request *request, const struct cvg_change_query *query,
                      struct cvg_change_page *ret, enum MHD_Result *ret_answer)
{
    struct cvg_error error = {0};
    struct cvg_store *store = enter(request, ret_answer);

    if (!store) {
        return false;
    }
    int rc = cvg_store_changes(store, query, cvg_request_arena(request), ret, &error);
    return leave(request, rc, &error, ret_answer);
}
