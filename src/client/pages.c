/* SPDX-License-Identifier: Apache-2.0 */
/* A page, and the next, until there are enough. */
#include "client/pages.h"

#include "base/url.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define PATH_LIMIT 8192
/* The most rows that the daemon puts on a page. */
#define PAGE_MOST  500

void cvg_client_add_text(struct cvg_buf *query, const char *name, const char *value)
{
    if (*value) {
        cvg_buf_printf(query, "&%s=", name);
        cvg_url_encode(value, strlen(value), query);
    }
}

static void add_time(struct cvg_buf *query, const char *name, int64_t at)
{
    char text[CVG_NUMBER_TEXT] = "";

    if (at) {
        cvg_format_time(at, 9, text, sizeof(text));
    }
    cvg_client_add_text(query, name, text);
}

void cvg_client_add_times(struct cvg_buf *query, const struct cvg_client_rows *rows)
{
    add_time(query, "from", rows->from);
    add_time(query, "until", rows->until);
}

/* One page; `before` is replaced by what the following one is asked with. */
static int read_page(struct cvg_loop *loop, const struct cvg_client_options *options,
                     const char *path, const struct cvg_pages *pages, struct cvg_buf *before,
                     size_t *left, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    const char *next = "";
    size_t count = 0;
    int rc = cvg_client_get(loop, options, path, &reply, reterr);

    if (rc == 0) {
        rc = pages->take(pages->ctx, &reply.body, &count, &next, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    if (options->json) {
        puts(cvg_buf_text(&reply.body));
    }
    *left -= CVG_MIN(count, *left);
    cvg_buf_clear(before);
    /* A page without rows that has a next one would never end. */
    return count ? cvg_buf_puts(before, next) : 0;
}

int cvg_client_pages(struct cvg_loop *loop, const struct cvg_client_options *options,
                     const char *path, const char *query, const struct cvg_pages *pages,
                     struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf before = CVG_BUF_INIT(256);
    size_t left = options->rows.limit;
    int rc = 0;

    do {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf whole = CVG_BUF_INIT(PATH_LIMIT);
        cvg_buf_printf(&whole, "%s?limit=%zu%s", path, CVG_MIN(left, PAGE_MOST), query);
        cvg_client_add_text(&whole, "before", cvg_buf_text(&before));
        rc = read_page(loop, options, cvg_buf_text(&whole), pages, &before, &left, reterr);
    } while (rc == 0 && left && before.length);
    return rc;
}
