/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decider's side of the store: what is brought back at the start, what happens when the store
 * goes away and comes again, and the order of a stop. All of it works without a store, too: then
 * nothing comes back and nothing is written.
 */
#include "base/text.h"
#include "base/time.h"
#include "decide/decider_inner.h"
#include "decide/recall.h"
#include "io/offload.h"
#include "model/reason.h"

#include <stdlib.h>

/* At a stop: as long as a disk may take for what is on its way. */
#define STOP_PATIENCE (5 * CVG_SECOND)

/* ---- what could not be read at the start ---- */

/* One at a time, on a worker: the disk may be one that hangs. */
struct recalling {
    struct cvg_decider *decider;
    struct cvg_visit *visit; /* a reference */
    bool wants_memory, wants_rows;
    struct cvg_restart_notes *memory; /* owned; NULL: could not be read */
    struct cvg_recall recall;
};

static void apply(struct cvg_decider *decider, const struct cvg_recall *recall)
{
    cvg_recall_apply(recall, decider->ledger);
    decider->recalled = !recall->failed;
    decider->recall_tried = true;
}

static void read_rows(void *arg)
{
    struct recalling *recalling = arg;

    struct cvg_store *store = cvg_visit_enter(recalling->visit);
    if (store && recalling->wants_memory) {
        recalling->memory = cvg_restart_read_late(store);
    }
    if (store && recalling->wants_rows) {
        recalling->recall.store = store;
        cvg_recall_read(&recalling->recall);
    }
    cvg_visit_leave(recalling->visit);
}

static void discard_rows(void *arg)
{
    struct recalling *recalling = arg;

    cvg_restart_notes_free(recalling->memory);
    cvg_recall_done(&recalling->recall);
    cvg_visit_unref(recalling->visit);
    free(recalling);
}

/* The checks whose modules could not be told what they remember, which may be an hour before they
 * are due again. */
static void run_what_waited(struct cvg_decider *decider)
{
    const char *code = cvg_reason_code(CVG_REASON_STORE_UNAVAILABLE);

    for (size_t i = 0; i < decider->now->config->environment_count; i++) {
        struct cvg_snapshot *snapshot = cvg_board_lookup(decider->board, decider->now->names[i]);
        const struct cvg_readiness *readiness = &snapshot->readiness;
        for (size_t k = 0; k < readiness->check_count; k++) {
            if (cvg_text_equal(readiness->checks[k].steady.reason, code)) {
                cvg_runner_run_now(decider->runner, i, k);
            }
        }
        cvg_snapshot_unref(snapshot);
    }
}

static void on_rows(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct recalling *recalling = arg;
    struct cvg_decider *decider = recalling->decider;

    decider->recalling = false;
    if (recalling->memory) {
        cvg_restart_load_late(decider->restart, recalling->memory);
        recalling->memory = NULL;
        run_what_waited(decider);
    }
    if (recalling->wants_rows) {
        apply(decider, &recalling->recall);
    }
    discard_rows(recalling);
    cvg_decider_answer_held(decider);
}

static void bring_back_late(struct cvg_decider *decider)
{
    bool wants_memory = !cvg_restart_is_loaded(decider->restart);

    if (decider->recalling || (!wants_memory && decider->recalled)) {
        return;
    }
    struct recalling *recalling = CVG_NEW(struct recalling);

    recalling->decider = decider;
    recalling->visit = cvg_visit_ref(decider->visit);
    recalling->wants_memory = wants_memory;
    recalling->wants_rows = !decider->recalled;
    decider->recalling = true;
    cvg_offload_start(&decider->scope, read_rows, on_rows, discard_rows, recalling);
}

/* ---- the store's state ---- */

static void tell(struct cvg_decider *decider, bool available)
{
    if (!available) {
        char why[CVG_ERROR_TEXT];
        cvg_commit_why(decider->store, why, sizeof(why));
        if (cvg_complaint_raise(&decider->store_away, cvg_time_now())) {
            cvg_log(CVG_LOG_WARNING, "store unavailable", "why", why, NULL);
        }
    } else if (cvg_complaint_clear(&decider->store_away, NULL)) {
        cvg_log(CVG_LOG_INFO, "store available again", NULL);
    }
}

static void on_changed(void *arg)
{
    struct cvg_decider *decider = arg;
    struct cvg_store_status status;

    if (decider->stopping || !decider->commits) {
        return;
    }
    cvg_store_status(decider->store, &status);
    tell(decider, status.available);
    /* What is damaged would be read in vain every second. */
    if (status.read && cvg_commit_holds(decider->store)) {
        bring_back_late(decider);
    }
    if (status.available) {
        cvg_acts_again(decider->acts);
    }
}

void cvg_decider_store_changed(struct cvg_decider *decider)
{
    cvg_loop_post(decider->loop, on_changed, decider);
}

void cvg_decider_look_at_store(struct cvg_decider *decider)
{
    if (!decider->store) {
        return;
    }
    /* While the disk hangs, so does the thread that would tell of it. */
    bool hangs = cvg_commit_hangs(decider->store), other = hangs != decider->store_hangs;

    decider->store_hangs = hangs;
    if (other || !decider->recalled || !cvg_restart_is_loaded(decider->restart) ||
        cvg_acts_wait(decider->acts)) {
        on_changed(decider);
    }
}

/* ---- life ---- */

static void start_with_store(struct cvg_decider *decider, int64_t wall)
{
    const struct cvg_config *config = decider->now->config;
    struct cvg_recall recall = {.store = decider->store};
    struct cvg_store_status status;

    decider->commits = cvg_commits_new(decider->loop, decider->store);
    decider->visit = cvg_visit_new(decider->store);
    cvg_store_status(decider->store, &status);
    tell(decider, status.available);
    if (status.read) {
        cvg_recall_read(&recall);
        apply(decider, &recall);
        cvg_recall_done(&recall);
    }
    for (size_t i = 0; i < config->environment_count; i++) {
        const char *name = config->environments[i].name;
        cvg_chronicle_start(decider->chronicle, name, cvg_restart_published(decider->restart, name),
                            wall);
    }
    cvg_chronicle_configuration(decider->chronicle, config, "", config->digest, wall);
}

void cvg_decider_start_keeping(struct cvg_decider *decider, int64_t now)
{
    int64_t wall = cvg_time_wall();

    decider->chronicle = cvg_chronicle_new(decider->store);
    decider->restart = cvg_restart_new(decider->store, decider->memory);
    cvg_restart_load(decider->restart, decider->now, decider->runner, now, wall);
    if (decider->store) {
        start_with_store(decider, wall);
    }
    decider->acts = cvg_acts_new(decider->commits);
}

void cvg_decider_stop_keeping(struct cvg_decider *decider, int64_t now)
{
    if (!decider->restart) {
        return; /* it was never started */
    }
    cvg_acts_again(decider->acts);
    cvg_restart_save(decider->restart, decider->now, decider->runner, decider->board, now,
                     cvg_time_wall(), true);
    cvg_decider_answer_held(decider);
    cvg_commits_free(decider->commits, STOP_PATIENCE);
    decider->commits = NULL;
    cvg_decider_end_accepting(decider);
    cvg_visit_close(decider->visit);
    cvg_visit_unref(decider->visit);
    cvg_acts_free(decider->acts);
    decider->acts = NULL;
}
