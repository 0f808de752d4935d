/* SPDX-License-Identifier: Apache-2.0 */
/* The store of the configuration is found without its modules. */
#include "client/store_file.h"

#include "base/time.h"
#include "client/report.h"
#include "config/place.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#define SHOW_EVERY (100 * CVG_MS)

int cvg_client_store_file(const struct cvg_client_options *options, struct cvg_arena *arena,
                          const char **ret, struct cvg_error *reterr)
{
    if (options->store) {
        *ret = options->store;
        return 0;
    }
    int rc = cvg_config_find_store(options->config, arena, ret, reterr);
    return rc < 0 ? cvg_error_prefix(reterr, "cannot tell which store; name it with --store") : 0;
}

void cvg_client_actor(char ret[CVG_CLIENT_ACTOR])
{
    uid_t uid = getuid();
    char texts[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(uid, &entry, texts, sizeof(texts), &found) == 0 && found && *found->pw_name) {
        (void)snprintf(ret, CVG_CLIENT_ACTOR, "user:%s", found->pw_name);
    } else {
        (void)snprintf(ret, CVG_CLIENT_ACTOR, "user:%ju", (uintmax_t)uid);
    }
}

void cvg_client_work_progress(void *ctx, uint64_t number, uint64_t of)
{
    struct cvg_client_work *work = ctx;
    int64_t now = cvg_time_now();

    if (now - work->shown_at >= SHOW_EVERY) {
        work->shown_at = now;
        cvg_report_work(work->what, number, of);
    }
}

void cvg_client_work_done(struct cvg_client_work *work)
{
    if (work->shown_at) {
        cvg_report_work(work->what, 0, 0);
    }
}
