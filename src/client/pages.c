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

/* On the way from the newest row to the last one that was asked for. */
struct walk {
    struct cvg_loop *loop;
    const struct cvg_client_options *options;
    const struct cvg_pages *pages;
    struct cvg_buf before; /* the next page's cursor; "" at first and after the last page */
    size_t left;           /* rows */
};

static int read_page(struct walk *walk, const char *path, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    const char *next = "";
    size_t count = 0;
    int rc = cvg_client_get(walk->loop, walk->options, path, &reply, reterr);

    if (rc == 0) {
        rc = walk->pages->take(walk->pages->ctx, &reply.body, &count, &next, reterr);
    }
    if (rc < 0) {
        return rc;
    }
    if (walk->options->json) {
        puts(cvg_buf_text(&reply.body));
    }
    walk->left -= CVG_MIN(count, walk->left);
    cvg_buf_clear(&walk->before);
    /* A page without rows that has a next one would never end. */
    if (count && cvg_buf_puts(&walk->before, next) < 0) {
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: the cursor of the next page is none",
                             walk->options->server);
    }
    return 0;
}

int cvg_client_pages(struct cvg_loop *loop, const struct cvg_client_options *options,
                     const char *path, const char *query, const struct cvg_pages *pages,
                     struct cvg_error *reterr)
{
    struct walk walk = {
        .loop = loop,
        .options = options,
        .pages = pages,
        .before = CVG_BUF_INIT(256),
        .left = options->rows.limit,
    };
    int rc = 0;

    do {
        CVG_CLEANUP(cvg_buf_done) struct cvg_buf whole = CVG_BUF_INIT(PATH_LIMIT);
        cvg_buf_printf(&whole, "%s?limit=%zu%s", path, CVG_MIN(walk.left, PAGE_MOST), query);
        cvg_client_add_text(&whole, "before", cvg_buf_text(&walk.before));
        rc = read_page(&walk, cvg_buf_text(&whole), reterr);
    } while (rc == 0 && walk.left && walk.before.length);
    cvg_buf_done(&walk.before);
    return rc;
}
