/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convergate reload: asks for it, waits until it is done, and says how it went. Exit code 0 where
 * the configuration was taken, 1 where it was refused, 4 where that could not be told.
 */
#include "base/time.h"
#include "client/ask.h"
#include "client/client.h"
#include "wire/problem.h"
#include "wire/reload.h"

#include <convergate/number.h>

#include <stdio.h>

#define LOOK_EVERY (100 * CVG_MS)
#define WAIT_MOST  (5 * CVG_MINUTE)

#define EXIT_REFUSED 1

static int ask_for_it(struct cvg_loop *loop, const struct cvg_client_options *options,
                      uint64_t *ret_ticket, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    char detail[300];
    int rc = cvg_client_ask(loop, options, "/v1/reload", "{}", &reply, reterr);

    if (rc < 0) {
        return rc;
    }
    if (reply.status == 401 || reply.status == 403) {
        return cvg_error_set(reterr, CVG_E_REFUSED,
                             "%s: reloading needs a token with the scope admin (--token-file), or "
                             "the daemon's Unix socket (--server unix:/path); on the machine "
                             "itself 'systemctl reload convergated' or SIGHUP does it",
                             options->server);
    }
    if (reply.status != 202) {
        cvg_wire_problem_read(cvg_buf_text(&reply.body), reply.body.length, detail, sizeof(detail));
        return cvg_error_set(reterr, CVG_E_INVALID, "%s: status %u: %s", options->server,
                             reply.status, detail);
    }
    return cvg_wire_ticket_read(cvg_buf_text(&reply.body), reply.body.length, ret_ticket, reterr);
}

static int look(struct cvg_loop *loop, const struct cvg_client_options *options,
                struct cvg_arena *arena, struct cvg_wire_reload *ret, struct cvg_error *reterr)
{
    CVG_CLEANUP(cvg_reply_done) struct cvg_reply reply = {0};
    int rc = cvg_client_get(loop, options, "/v1/reload", &reply, reterr);

    if (rc == 0) {
        rc = cvg_wire_reload_read(cvg_buf_text(&reply.body), reply.body.length, arena, ret, reterr);
    }
    return rc;
}

static int show(const struct cvg_wire_reload *reload)
{
    bool accepted = reload->result == CVG_RELOAD_ACCEPTED;

    for (size_t i = 0; i < reload->message_count; i++) {
        fprintf(stderr, "%s\n", reload->messages[i]);
    }
    if (!accepted) {
        fputs("refused; the configuration before goes on\n", stderr);
        return EXIT_REFUSED;
    }
    printf("reloaded: %zu %s on, %zu new, %zu gone\n", reload->checks_kept,
           cvg_plural(reload->checks_kept, "check goes", "checks go"), reload->checks_new,
           reload->checks_gone);
    for (size_t i = 0; i < reload->restart_count; i++) {
        printf("'%s' changed, which waits for a restart\n", reload->restart[i]);
    }
    return 0;
}

static int wait_for_it(struct cvg_loop *loop, const struct cvg_client_options *options,
                       struct cvg_error *reterr)
{
    int64_t deadline = cvg_time_now() + WAIT_MOST;
    uint64_t ticket = 0;
    int rc = ask_for_it(loop, options, &ticket, reterr);

    while (rc == 0 && cvg_time_now() < deadline) {
        CVG_CLEANUP(cvg_arena_done) struct cvg_arena *arena = cvg_arena_new();
        struct cvg_wire_reload reload = {0};
        const bool never = false;
        rc = look(loop, options, arena, &reload, reterr);
        if (rc == 0 && reload.done >= ticket) {
            return show(&reload);
        }
        cvg_loop_run_until(loop, &never, cvg_time_now() + LOOK_EVERY);
    }
    return rc < 0 ? rc
                  : cvg_error_set(reterr, CVG_E_TIMEOUT, "%s: the reload has not ended after 5m",
                                  options->server);
}

int cvg_client_reload(struct cvg_loop *loop, const struct cvg_client_options *options)
{
    struct cvg_error error = {0};
    int rc = wait_for_it(loop, options, &error);

    if (rc < 0) {
        cvg_client_complain(&error);
        return CVG_EXIT_UNKNOWN;
    }
    return rc;
}
