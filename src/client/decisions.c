/* SPDX-License-Identifier: Apache-2.0 */
/* convergate decisions: what was decided for whom, the newest last; or one, as it was sent. */
#include "base/url.h"
#include "client/client.h"
#include "client/pages.h"
#include "client/report.h"

#include <stdio.h>
#include <string.h>

/* All that the pages had, the newest first. */
struct rows {
    struct cvg_arena *arena; /* of the texts */
    struct cvg_wire_decision_row *items;
    size_t count, capacity;
};

static void rows_done(struct rows *rows)
{
    free(rows->items);
    cvg_arena_free(rows->arena);
}

static int take(void *ctx, const struct cvg_buf *page, size_t *ret_count, const char **ret_next,
                struct cvg_error *reterr)
{
    struct rows *rows = ctx;
    struct cvg_wire_decisions decisions;
    int rc =
        cvg_wire_decisions_read(cvg_buf_text(page), page->length, rows->arena, &decisions, reterr);

    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < decisions.count; i++) {
        CVG_GROW(rows->items, rows->count, rows->capacity);
        rows->items[rows->count++] = decisions.rows[i];
    }
    *ret_count = decisions.count;
    *ret_next = decisions.next;
    return 0;
}

static int show_many(struct cvg_loop *loop, const struct cvg_client_options *options,
                     struct cvg_error *reterr)
{
    CVG_CLEANUP(rows_done) struct rows rows = {.arena = cvg_arena_new()};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf query = CVG_BUF_INIT(4096);
    const struct cvg_pages pages = {.take = take, .ctx = &rows};

    cvg_client_add_text(&query, "environment", options->rows.environment);
    cvg_client_add_text(&query, "gate", options->gate);
    cvg_client_add_text(&query, "app", options->app);
    cvg_client_add_text(&query, "revision", options->revision);
    cvg_client_add_text(&query, "verdict", options->rows.verdict);
    cvg_client_add_times(&query, &options->rows);
    int rc = cvg_client_pages(loop, options, "/v1/decisions", cvg_buf_text(&query), &pages, reterr);
    for (size_t i = options->json ? 0 : rows.count; rc == 0 && i-- > 0;) {
        cvg_report_decision_row(&rows.items[i]);
    }
    return rc;
}

/* The document as it was sent, with what only the row knows below it. */
static int show_recorded(const struct cvg_wire_decision_record *record, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_wire_answer_done) struct cvg_wire_answer answer = {0};

    int rc = cvg_wire_decision_read(record->document, strlen(record->document), &answer, reterr);
    if (rc < 0) {
        return cvg_error_prefix(reterr, "row %s", record->number);
    }
    cvg_report_answer(&answer, true);
    printf("  asked by    %s\n  row         %s, %s\n", *record->asked_by ? record->asked_by : "-",
           record->number, record->hash);
    return 0;
}

static int show_one(struct cvg_loop *loop, const struct cvg_client_options *options,
                    struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_decision_record record;

    cvg_buf_puts(&path, "/v1/decisions/");
    cvg_url_encode(options->arguments[0], strlen(options->arguments[0]), &path);
    int rc = cvg_client_get(loop, options, cvg_buf_text(&path), &reply, reterr);
    if (rc == 0 && options->json) {
        puts(cvg_buf_text(&reply.body));
        return 0;
    }
    if (rc == 0) {
        rc = cvg_wire_decision_record_read(cvg_buf_text(&reply.body), reply.body.length, arena,
                                           &record, reterr);
    }
    return rc == 0 ? show_recorded(&record, reterr) : rc;
}

int cvg_client_decisions(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    struct cvg_error error = {0};
    int rc =
        options->arguments[0] ? show_one(loop, options, &error) : show_many(loop, options, &error);

    if (rc < 0) {
        cvg_client_complain(&error);
    }
    return rc == 0 ? CVG_EXIT_GO : CVG_EXIT_UNKNOWN;
}
