/* SPDX-License-Identifier: Apache-2.0 */
/* convergate status: the environments, or one with its checks. */
#include "base/alloc.h"
#include "base/url.h"
#include "client/ask.h"
#include "client/client.h"
#include "client/report.h"

#include <stdio.h>
#include <string.h>

static int show_one(struct cvg_loop *loop, const struct cvg_client_options *options,
                    struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_environment environment;

    cvg_buf_puts(&path, "/v1/environments/");
    cvg_url_encode(options->arguments[0], strlen(options->arguments[0]), &path);
    int rc = cvg_client_get(loop, options, cvg_buf_text(&path), &reply, reterr);
    if (rc == 0 && options->json) {
        puts(cvg_buf_text(&reply.body));
        return 0;
    }
    if (rc == 0) {
        rc = cvg_wire_environment_read(cvg_buf_text(&reply.body), reply.body.length, arena,
                                       &environment, reterr);
    }
    if (rc == 0) {
        cvg_report_environment(&environment);
    }
    return rc;
}

/* One page; next is replaced by what the following page is asked with, "" on the last. */
static int show_page(struct cvg_loop *loop, const struct cvg_client_options *options,
                     struct cvg_buf *next, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_environments page = {0};

    cvg_buf_puts(&path, "/v1/environments?limit=500&after=");
    cvg_url_encode(cvg_buf_text(next), next->length, &path);
    int rc = cvg_client_get(loop, options, cvg_buf_text(&path), &reply, reterr);
    if (rc == 0) {
        rc = cvg_wire_environments_read(cvg_buf_text(&reply.body), reply.body.length, arena, &page,
                                        reterr);
    }
    if (rc < 0) {
        return rc;
    }
    if (options->json) {
        puts(cvg_buf_text(&reply.body));
    } else {
        cvg_report_environments(page.rows, page.count);
    }
    cvg_buf_clear(next);
    cvg_buf_puts(next, page.next);
    return 0;
}

int cvg_client_status(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf next = CVG_BUF_INIT(256);
    struct cvg_error error = {0};
    int rc = 0;

    if (options->arguments[0]) {
        rc = show_one(loop, options, &error);
    } else {
        do {
            rc = show_page(loop, options, &next, &error);
        } while (rc == 0 && next.length);
    }
    if (rc < 0) {
        cvg_client_complain(&error);
    }
    return rc == 0 ? CVG_EXIT_GO : CVG_EXIT_UNKNOWN;
}
