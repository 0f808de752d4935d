/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convergate accept: a person says that an alarm which a check remembers has been seen to. Exit
 * code 0 where it was cleared, 1 where there was nothing to clear, 4 where that could not be done.
 */
#include "base/url.h"
#include "client/ask.h"
#include "client/client.h"
#include "wire/accept.h"
#include "wire/problem.h"

#include <stdio.h>
#include <string.h>

#define EXIT_NOTHING 1

static void add_path(struct cvg_buf *path, const struct cvg_client_options *options)
{
    cvg_buf_puts(path, "/v1/accept");
    for (size_t i = 0; i < 2; i++) {
        cvg_buf_putc(path, '/');
        cvg_url_encode(options->arguments[i], strlen(options->arguments[i]), path);
    }
}

static int refused(const struct cvg_client_options *options, const struct cvg_reply *reply,
                   struct cvg_error *reterr)
{
    char detail[300];

    cvg_wire_problem_read(cvg_buf_text(&reply->body), reply->body.length, detail, sizeof(detail));
    if (reply->status == 401 || reply->status == 403) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "%s: accepting is a person's act: it needs a token with the scope "
                             "admin (--token-file), or on the machine itself the daemon's Unix "
                             "socket (--server unix:/run/convergate/convergate.sock): %s",
                             options->server, detail);
    }
    return cvg_error_set(reterr, CVG_E_INVALID, "%s: status %u: %s", options->server, reply->status,
                         detail);
}

static int show(const struct cvg_wire_accepted *accepted)
{
    if (!accepted->accepted) {
        printf("%s/%s: there is nothing to accept: the check remembers no alarm\n",
               accepted->environment, accepted->check);
        return EXIT_NOTHING;
    }
    printf("%s/%s: accepted; the check is asked again\n", accepted->environment, accepted->check);
    if (*accepted->id) {
        printf("  recorded as %s\n", accepted->id);
    }
    return CVG_EXIT_GO;
}

static int accept_it(struct cvg_loop *loop, const struct cvg_client_options *options,
                     struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf path = CVG_BUF_INIT(4096);
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(8192);
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
    struct cvg_wire_accepted accepted = {0};

    add_path(&path, options);
    cvg_wire_comment_write(options->comment, &body);
    int rc =
        cvg_client_ask(loop, options, cvg_buf_text(&path), cvg_buf_text(&body), &reply, reterr);
    if (rc == 0 && reply.status != 200) {
        rc = refused(options, &reply, reterr);
    }
    if (rc == 0) {
        rc = cvg_wire_accepted_read(cvg_buf_text(&reply.body), reply.body.length, arena, &accepted,
                                    reterr);
    }
    if (rc < 0) {
        return rc;
    }
    if (options->json) {
        puts(cvg_buf_text(&reply.body));
        return accepted.accepted ? CVG_EXIT_GO : EXIT_NOTHING;
    }
    return show(&accepted);
}

int cvg_client_accept(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    struct cvg_error error = {0};
    int rc = accept_it(loop, options, &error);

    if (rc < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    return rc;
}
