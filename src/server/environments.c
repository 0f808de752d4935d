/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of environments in pages, and one environment whole. Snapshots are held while they are
 * written.
 */
#include "server/environments.h"

#include "base/text.h"
#include "base/time.h"
#include "server/answer.h"
#include "server/parameters.h"
#include "wire/environment.h"

#include <string.h>

#define PAGE_DEFAULT   100
#define LIST_LIMIT     ((size_t)16 * 1024 * 1024)
#define DOCUMENT_LIMIT ((size_t)64 * 1024 * 1024)

static void release(struct cvg_snapshot **snapshot)
{
    cvg_snapshot_unref(*snapshot);
}

/* What the list says of the gates must be what their own routes say. */
static void fill_row(struct cvg_board *board, const struct cvg_snapshot *snapshot, int64_t now,
                     struct cvg_arena *arena, struct cvg_wire_environment_row *ret)
{
    size_t count = snapshot->gate_count;
    const char **gates = cvg_arena_alloc(arena, (count + 1) * sizeof(*gates));
    uint32_t *verdicts = cvg_arena_alloc(arena, (count + 1) * sizeof(*verdicts));

    for (size_t i = 0; i < count; i++) {
        const struct cvg_snapshot_gate *gate = &snapshot->gates[i];
        gates[i] = gate->policy->name;
        verdicts[i] = cvg_board_trusts(board, &gate->decision, now) ? gate->decision.verdict
                                                                    : gate->stale.verdict;
    }
    *ret = (struct cvg_wire_environment_row){
        .environment = snapshot->environment,
        .phase = cvg_board_phase(board, snapshot, now),
        .readiness = &snapshot->readiness,
        .gates = gates,
        .verdicts = verdicts,
        .gate_count = count,
    };
}

/* A page of a credential that is limited to some environments: by their names, so that it does not
 * even learn how many others there are. */
static size_t seen_page(struct cvg_request *request, const char *after, size_t limit,
                        struct cvg_snapshot ***ret, bool *ret_more)
{
    const char *const *names = request->identity.environments;
    struct cvg_snapshot **held = cvg_alloc_array(limit + 1, sizeof(struct cvg_snapshot *));
    size_t count = 0;

    *ret_more = false;
    for (; *names && !*ret_more; names++) {
        bool passed = after && strcmp(*names, after) <= 0;
        struct cvg_snapshot *snapshot =
            passed ? NULL : cvg_board_lookup(request->context->board, *names);
        if (snapshot && count == limit) {
            cvg_snapshot_unref(snapshot);
            *ret_more = true;
        } else if (snapshot) {
            held[count++] = snapshot;
        }
    }
    *ret = held;
    return count;
}

static enum MHD_Result answer_page(struct cvg_request *request,
                                   const struct cvg_parameters *parameters)
{
    struct cvg_board *board = request->context->board;
    struct cvg_arena *arena = cvg_request_arena(request);
    size_t limit = parameters->limit ? parameters->limit : PAGE_DEFAULT;
    struct cvg_snapshot **held = NULL;
    bool more = false;
    size_t count = request->identity.environments
                       ? seen_page(request, parameters->after, limit, &held, &more)
                       : cvg_board_page(board, parameters->after, limit, &held, &more);
    struct cvg_wire_environment_row *rows = cvg_arena_alloc(arena, (count + 1) * sizeof(*rows));
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(LIST_LIMIT);
    int64_t now = cvg_time_now();

    for (size_t i = 0; i < count; i++) {
        fill_row(board, held[i], now, arena, &rows[i]);
    }
    more = more && count;
    cvg_wire_environments_write(rows, count, more ? rows[count - 1].environment : "", &body);
    cvg_board_release(held, count);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}

enum MHD_Result cvg_environments_answer(struct cvg_request *request)
{
    struct cvg_parameters parameters = {0};
    struct cvg_error error;

    if (cvg_parameters_read(request->query, cvg_request_arena(request), &parameters, &error) < 0) {
        return cvg_answer_problem(request, 400, "BadRequest", error.text);
    }
    return answer_page(request, &parameters);
}

enum MHD_Result cvg_environment_answer(struct cvg_request *request)
{
    struct cvg_board *board = request->context->board;
    CVG_CLEANUP(release)
    struct cvg_snapshot *snapshot = cvg_board_lookup(board, request->environment);

    if (!snapshot) {
        return cvg_answer_problem(request, 404, "NotFound",
                                  "There is no environment of that name.");
    }
    const char **gates =
        cvg_arena_alloc(cvg_request_arena(request), (snapshot->gate_count + 1) * sizeof(*gates));
    for (size_t i = 0; i < snapshot->gate_count; i++) {
        gates[i] = snapshot->gates[i].policy->name;
    }
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(DOCUMENT_LIMIT);
    /* The checks are as they were last seen, with their times; what they add up to now is not
     * known while nobody adds them up. */
    struct cvg_readiness readiness = snapshot->readiness;
    readiness.phase = cvg_board_phase(board, snapshot, cvg_time_now());
    cvg_wire_environment_write(snapshot->environment, &readiness, gates, snapshot->gate_count,
                               snapshot->wall_offset, &body);
    return cvg_answer_body(request, 200, CVG_JSON_TYPE, &body);
}
