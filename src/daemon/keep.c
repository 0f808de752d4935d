/* SPDX-License-Identifier: Apache-2.0 */
/* The store's thread calls in here, so whether the decider is still there has a lock. */
#include "daemon/keep.h"

#include "base/log.h"
#include "base/time.h"
#include "io/scope.h"
#include "io/timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_EVERY    (60 * CVG_MINUTE)
/* Reading all pages is left until the first answers were given. */
#define INSPECT_AFTER (10 * CVG_SECOND)
/* For what the decider left behind when it ended. */
#define STOP_PATIENCE (5 * CVG_SECOND)

struct cvg_keep {
    struct cvg_store *store; /* owned */
    struct cvg_scope scope;  /* of the timer */
    pthread_mutex_t lock;
    struct cvg_decider *decider; /* under the lock; NULL: it is gone */
};

static void on_changed(void *ctx)
{
    struct cvg_keep *keep = ctx;

    pthread_mutex_lock(&keep->lock);
    if (keep->decider) {
        cvg_decider_store_changed(keep->decider);
    }
    pthread_mutex_unlock(&keep->lock);
}

static void log_head(struct cvg_keep *keep)
{
    char text[CVG_CHAIN_POINT_TEXT];
    struct cvg_store_status status;

    cvg_store_status(keep->store, &status);
    if (status.read) {
        cvg_chain_point_write(&status.head.point, text);
        cvg_log(CVG_LOG_INFO, "audit head", "head", text, NULL);
    }
}

static void on_hour(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_keep *keep = arg;

    log_head(keep);
    cvg_timer_start(&keep->scope, HEAD_EVERY, on_hour, keep);
}

int cvg_keep_new(const struct cvg_config *config, struct cvg_loop *loop,
                 struct cvg_decider *decider, struct cvg_keep **ret, struct cvg_error *reterr)
{
    if (!config->store) {
        return 0;
    }
    struct cvg_keep *keep = CVG_NEW(struct cvg_keep);
    struct cvg_store_options options = {
        .file = config->store,
        .keep_records_ns = config->retention.decisions_ns,
        .keep_changes_ns = config->retention.history_ns,
        .keep_bytes = (uint64_t)config->retention.size,
        .inspect_after_ns = INSPECT_AFTER,
        .changed = on_changed,
        .ctx = keep,
    };

    pthread_mutex_init(&keep->lock, NULL);
    cvg_scope_init(&keep->scope, loop, NULL, NULL, keep);
    keep->decider = decider;
    int rc = cvg_store_new(&options, &keep->store, reterr);
    if (rc < 0) {
        cvg_keep_free(keep);
        return cvg_error_prefix(reterr, "store");
    }
    cvg_decider_keep(decider, keep->store);
    on_hour(keep, NULL);
    *ret = keep;
    return 0;
}

void cvg_keep_leave(struct cvg_keep *keep)
{
    if (keep) {
        pthread_mutex_lock(&keep->lock);
        keep->decider = NULL;
        pthread_mutex_unlock(&keep->lock);
    }
}

void cvg_keep_free(struct cvg_keep *keep)
{
    if (!keep) {
        return;
    }
    cvg_scope_end(&keep->scope);
    if (keep->store) {
        cvg_store_flush(keep->store, cvg_time_now() + STOP_PATIENCE);
        log_head(keep);
    }
    cvg_store_free(keep->store);
    pthread_mutex_destroy(&keep->lock);
    free(keep);
}

void cvg_keep_check(const struct cvg_config *config)
{
    if (!config->store) {
        return;
    }
    const char *slash = strrchr(config->store, '/'); /* the path is absolute */
    size_t length = slash == config->store ? 1 : (size_t)(slash - config->store);
    CVG_CLEANUP(cvg_free_pointer) char *folder = cvg_strndup(config->store, length);

    struct stat info;

    if (stat(config->store, &info) == 0 && !S_ISREG(info.st_mode)) {
        (void)fprintf(stderr, "%s: note: the store %s is not a file\n", config->file,
                      config->store);
    } else if (access(folder, W_OK | X_OK) != 0) {
        struct cvg_error error;
        cvg_error_set_errno(&error, errno, "the store's folder %s", folder);
        (void)fprintf(stderr, "%s: note: %s\n", config->file, error.text);
    }
}
