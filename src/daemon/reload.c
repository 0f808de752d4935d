/* SPDX-License-Identifier: Apache-2.0 */
/* The signal, and what follows from the outcome. */
#include "daemon/reload.h"

#include "base/log.h"
#include "daemon/serve.h"

#include <signal.h>
#include <stdio.h>

static void on_signal(void *arg)
{
    struct cvg_reload *reload = arg;

    cvg_decider_reload(reload->decider, 0, "signal");
}

/* Tokens, clients and users apply in place, so that taking one away works at once. The last one is
 * only taken away by a restart: without any, everybody on this machine may ask, and whether that is
 * right depends on the address, which stays what it was. */
static void replace_access(struct cvg_reload *reload)
{
    struct cvg_access *access = cvg_serve_access(cvg_decider_config(reload->decider));
    struct cvg_access *first = cvg_serve_access(cvg_decider_first_config(reload->decider));

    if (cvg_access_is_closed(first) && !cvg_access_is_closed(access)) {
        cvg_log(CVG_LOG_WARNING,
                "the last token or client was removed: that waits for a restart, and until then "
                "those before are good",
                NULL);
        cvg_access_unref(access);
    } else {
        cvg_server_set_access(reload->server, access);
    }
    cvg_access_unref(first);
}

static void log_outcome(const struct cvg_reload_status *status)
{
    char kept[24], added[24], gone[24];

    if (status->last_refused) {
        cvg_log(CVG_LOG_ERROR, "the configuration is refused; the one before goes on", NULL);
        return;
    }
    (void)snprintf(kept, sizeof(kept), "%zu", status->checks_kept);
    (void)snprintf(added, sizeof(added), "%zu", status->checks_new);
    (void)snprintf(gone, sizeof(gone), "%zu", status->checks_gone);
    cvg_log(CVG_LOG_INFO, "configuration reloaded", "checks_kept", kept, "checks_new", added,
            "checks_gone", gone, NULL);
    for (size_t i = 0; i < status->restart_count; i++) {
        cvg_log(CVG_LOG_WARNING, "a changed key waits for a restart", "key", status->restart[i],
                NULL);
    }
}

static void on_reload(void *ctx, const struct cvg_reload_status *status)
{
    struct cvg_reload *reload = ctx;

    if (!status) {
        cvg_notify_reloading(reload->notify);
        return;
    }
    log_outcome(status);
    if (!status->last_refused) {
        replace_access(reload);
        cvg_server_wake_all(reload->server);
    }
    cvg_notify_ready(reload->notify);
}

int cvg_reload_start(struct cvg_reload *reload, struct cvg_error *reterr)
{
    cvg_decider_on_reload(reload->decider, on_reload, reload);
    return cvg_loop_on_signal(reload->loop, SIGHUP, on_signal, reload, reterr);
}
