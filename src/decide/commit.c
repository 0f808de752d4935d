/* SPDX-License-Identifier: Apache-2.0 */
/* A commit belongs to the store until that has answered, so one that the end overtook is only left
 * alone, and freed when the answer comes. */
#include "decide/commit.h"

#include "base/time.h"

#include <stdio.h>

struct commit {
    struct cvg_commits *commits; /* NULL: nobody waits any more */
    struct cvg_loop *loop;
    struct commit *previous, *next;
    cvg_commit_done *done;
    void *arg;
    bool committed;
};

struct cvg_commits {
    struct cvg_loop *loop;
    struct cvg_store *store;
    struct commit *first, *last; /* in the order of adding */
};

struct cvg_commits *cvg_commits_new(struct cvg_loop *loop, struct cvg_store *store)
{
    struct cvg_commits *commits = CVG_NEW(struct cvg_commits);

    commits->loop = loop;
    commits->store = store;
    return commits;
}

bool cvg_commit_holds(struct cvg_store *store)
{
    struct cvg_store_status status;

    cvg_store_status(store, &status);
    return status.available ||
           (status.fault != CVG_STORE_MISSING && status.fault != CVG_STORE_FOREIGN &&
            status.fault != CVG_STORE_CORRUPT && status.fault != CVG_STORE_TAMPERED);
}

bool cvg_commit_hangs(struct cvg_store *store)
{
    struct cvg_store_status status;

    cvg_store_status(store, &status);
    return status.hangs;
}

void cvg_commit_why(struct cvg_store *store, char *ret, size_t size)
{
    struct cvg_store_status status;

    cvg_store_status(store, &status);
    ret[0] = '\0';
    if (!status.available) {
        (void)snprintf(ret, size, "%s: %s", cvg_store_fault_text(status.fault), status.why);
    }
}

static void leave(struct cvg_commits *commits, struct commit *commit)
{
    *(commit->previous ? &commit->previous->next : &commits->first) = commit->next;
    *(commit->next ? &commit->next->previous : &commits->last) = commit->previous;
    commit->commits = NULL;
}

static void on_answer(void *arg)
{
    struct commit *commit = arg;

    if (commit->commits) {
        char why[CVG_ERROR_TEXT] = "";
        if (!commit->committed) {
            cvg_commit_why(commit->commits->store, why, sizeof(why));
        }
        if (!commit->committed && !why[0]) {
            (void)snprintf(why, sizeof(why), "the store did not take it");
        }
        leave(commit->commits, commit);
        commit->done(commit->arg, commit->committed, why);
    }
    free(commit);
}

/* On the store's thread. */
static void on_stored(void *ctx, int rc, CVG_UNUSED const struct cvg_chain_point *point)
{
    struct commit *commit = ctx;

    commit->committed = rc == 0;
    cvg_loop_post(commit->loop, on_answer, commit);
}

void cvg_commits_add(struct cvg_commits *commits, const struct cvg_record *record,
                     cvg_commit_done *done, void *arg)
{
    struct commit *commit = CVG_NEW(struct commit);

    commit->commits = commits;
    commit->loop = commits->loop;
    commit->done = done;
    commit->arg = arg;
    commit->previous = commits->last;
    *(commits->last ? &commits->last->next : &commits->first) = commit;
    commits->last = commit;
    cvg_store_append(commits->store, record, on_stored, commit);
}

void cvg_commits_free(struct cvg_commits *commits, int64_t patience_ns)
{
    if (!commits) {
        return;
    }
    cvg_store_flush(commits->store, cvg_time_now() + patience_ns);
    cvg_loop_run_posts(commits->loop);
    while (commits->first) {
        struct commit *commit = commits->first;
        leave(commits, commit);
        commit->done(commit->arg, false, "the daemon stops");
    }
    free(commits);
}
