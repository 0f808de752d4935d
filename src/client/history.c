/* SPDX-License-Identifier: Apache-2.0 */
/* convergate history: what became something else in an environment, the newest last. */
#include "base/url.h"
#include "client/client.h"
#include "client/pages.h"
#include "client/report.h"

#include <stdio.h>
#include <string.h>

/* All that the pages had, the newest first. */
struct timeline {
    struct cvg_arena *arena; /* of the texts */
    struct cvg_wire_change *rows;
    size_t count, capacity;
};

static void timeline_done(struct timeline *timeline)
{
    free(timeline->rows);
    cvg_arena_free(timeline->arena);
}

static int take(void *ctx, const struct cvg_buf *page, size_t *ret_count, const char **ret_next,
                struct cvg_error *reterr)
{
    struct timeline *timeline = ctx;
    struct cvg_wire_history history;
    int rc =
        cvg_wire_history_read(cvg_buf_text(page), page->length, timeline->arena, &history, reterr);

    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < history.count; i++) {
        CVG_GROW(timeline->rows, timeline->count, timeline->capacity);
        timeline->rows[timeline->count++] = history.changes[i];
    }
    *ret_count = history.count;
    *ret_next = history.next;
    return 0;
}

static void show(const struct timeline *timeline)
{
    int width = 4;

    for (size_t i = 0; i < timeline->count; i++) {
        width = CVG_MAX(width, (int)strlen(timeline->rows[i].name));
    }
    for (size_t i = timeline->count; i-- > 0;) {
        cvg_report_change(&timeline->rows[i], width);
    }
}

int cvg_client_history(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(timeline_done) struct timeline timeline = {.arena = cvg_arena_new()};
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf query = CVG_BUF_INIT(4096);
    const struct cvg_pages pages = {.take = take, .ctx = &timeline};
    const char *environment = options->arguments[0];
    struct cvg_error error = {0};

    cvg_buf_puts(&path, "/v1/environments/");
    cvg_url_encode(environment, strlen(environment), &path);
    cvg_buf_puts(&path, "/history");
    cvg_client_add_text(&query, "kind", options->rows.kind);
    cvg_client_add_text(&query, "name", options->rows.name);
    cvg_client_add_times(&query, &options->rows);
    int rc =
        cvg_client_pages(loop, options, cvg_buf_text(&path), cvg_buf_text(&query), &pages, &error);
    if (rc < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    if (!options->json) {
        show(&timeline);
    }
    return CVG_EXIT_GO;
}
