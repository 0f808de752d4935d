/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepting: a person says that what a module remembers of a check (an alarm that does not clear by
 * itself) is known and done with. The act is a row before anything is forgotten; then the memory of
 * the check is emptied and the check runs at once, so that the next reading is of the present.
 *
 * Whoever accepted is told when the forgetting is on disk, too: else the alarm would be back after
 * a power cut, and the row would say that it was accepted.
 *
 * A run that is going on meanwhile knows the memory of before and may write it back: when its reading
 * comes, the memory is emptied once more.
 */
#include "base/text.h"
#include "base/time.h"
#include "decide/decider_inner.h"
#include "io/offload.h"
#include "module/memory.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>

struct cvg_accepting {
    struct cvg_decider *decider;
    struct cvg_accept *accept; /* NULL: it was ended */
    char *key;                 /* owned: of the memory */
    struct cvg_visit *visit;   /* a reference */
    struct cvg_accepting *previous, *next;
};

/* How long a disk may take to forget before whoever accepted is told anyway. */
#define FLUSH_PATIENCE (2 * CVG_SECOND)

/* A check whose run began before its memory was emptied. */
struct cvg_outrun {
    struct cvg_outrun *next;
    char *environment, *check, *key; /* owned */
};

static const struct cvg_check_config *find_check(const struct cvg_decider *decider,
                                                 const struct cvg_accept *accept,
                                                 size_t *ret_environment, size_t *ret_check)
{
    size_t environment = cvg_generation_find(decider->now, accept->environment);

    if (environment == SIZE_MAX) {
        return NULL;
    }
    const struct cvg_environment_config *config = &decider->now->config->environments[environment];
    for (size_t i = 0; i < config->check_count; i++) {
        if (cvg_text_equal(config->checks[i].name, accept->check)) {
            *ret_environment = environment;
            *ret_check = i;
            return &config->checks[i];
        }
    }
    return NULL;
}

/* ---- runs that began before ---- */

static void free_outrun(struct cvg_outrun *outrun)
{
    free(outrun->environment);
    free(outrun->check);
    free(outrun->key);
    free(outrun);
}

static void watch_run(struct cvg_decider *decider, const struct cvg_accept *accept, const char *key)
{
    struct cvg_outrun *outrun = CVG_NEW(struct cvg_outrun);

    outrun->environment = cvg_strdup(accept->environment);
    outrun->check = cvg_strdup(accept->check);
    outrun->key = cvg_strdup(key);
    outrun->next = decider->outruns;
    decider->outruns = outrun;
}

void cvg_decider_outrun_read(struct cvg_decider *decider, size_t environment, size_t check)
{
    const struct cvg_environment_config *config = &decider->now->config->environments[environment];

    for (struct cvg_outrun **link = &decider->outruns; *link;) {
        struct cvg_outrun *outrun = *link;
        if (cvg_text_equal(outrun->environment, config->name) &&
            cvg_text_equal(outrun->check, config->checks[check].name)) {
            (void)!cvg_memory_put(decider->memory, outrun->key, NULL, 0);
            *link = outrun->next;
            free_outrun(outrun);
        } else {
            link = &outrun->next;
        }
    }
}

void cvg_decider_outruns_forget(struct cvg_decider *decider)
{
    for (struct cvg_outrun *outrun = decider->outruns, *next; outrun; outrun = next) {
        next = outrun->next;
        free_outrun(outrun);
    }
    decider->outruns = NULL;
}

/* ---- accepting ---- */

/* A reload may have taken the check away since it was asked for: then there is nothing to run. */
static void forget(struct cvg_decider *decider, const struct cvg_accept *accept, const char *key)
{
    size_t environment, check;

    (void)!cvg_memory_put(decider->memory, key, NULL, 0);
    if (find_check(decider, accept, &environment, &check)) {
        if (cvg_runner_is_running(decider->runner, environment, check)) {
            watch_run(decider, accept, key);
        }
        cvg_runner_run_now(decider->runner, environment, check);
    }
    cvg_log(CVG_LOG_INFO, "accepted", "environment", accept->environment, "check", accept->check,
            "actor", accept->actor, "comment", accept->comment, "id", accept->id, NULL);
}

static void free_accepting(void *arg)
{
    struct cvg_accepting *accepting = arg;

    cvg_visit_unref(accepting->visit);
    free(accepting->key);
    free(accepting);
}

/* On a worker. Where it cannot be committed now, the store keeps it until it can. */
static void flush(void *arg)
{
    struct cvg_accepting *accepting = arg;
    struct cvg_store *store = cvg_visit_enter(accepting->visit);

    if (store) {
        cvg_store_flush(store, cvg_time_now() + FLUSH_PATIENCE);
    }
    cvg_visit_leave(accepting->visit);
}

static void take_out(struct cvg_accepting *accepting)
{
    struct cvg_decider *decider = accepting->decider;

    *(accepting->previous ? &accepting->previous->next : &decider->accepting) = accepting->next;
    if (accepting->next) {
        accepting->next->previous = accepting->previous;
    }
}

static void on_flushed(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_accepting *accepting = arg;
    struct cvg_accept *accept = accepting->accept;

    take_out(accepting);
    free_accepting(accepting);
    accept->done(accept);
}

static void start_flush(struct cvg_accepting *accepting)
{
    struct cvg_decider *decider = accepting->decider;

    accepting->next = decider->accepting;
    if (accepting->next) {
        accepting->next->previous = accepting;
    }
    decider->accepting = accepting;
    cvg_offload_start(&decider->scope, flush, on_flushed, free_accepting, accepting);
}

/* What the worker has is freed when it comes back. */
void cvg_decider_end_accepting(struct cvg_decider *decider)
{
    struct cvg_accepting *accepting = decider->accepting;

    decider->accepting = NULL;
    for (struct cvg_accepting *next; accepting; accepting = next) {
        struct cvg_accept *accept = accepting->accept;
        next = accepting->next;
        accepting->accept = NULL;
        accept->done(accept);
    }
}

static void on_recorded(void *arg, bool committed, const char *why)
{
    struct cvg_accepting *accepting = arg;
    struct cvg_decider *decider = accepting->decider;
    struct cvg_accept *accept = accepting->accept;

    if (committed) {
        accept->outcome = CVG_ACCEPT_DONE;
        forget(decider, accept, accepting->key);
    } else {
        accept->outcome = CVG_ACCEPT_UNAVAILABLE;
        accept->id[0] = '\0';
        (void)snprintf(accept->why, sizeof(accept->why), "%s", why);
    }
    if (committed && !decider->stopping) {
        start_flush(accepting);
        return;
    }
    free_accepting(accepting);
    accept->done(accept);
}

/* What is accepted is what the check says now. */
static void describe(struct cvg_decider *decider, const struct cvg_accept *accept,
                     const char *module, struct cvg_buf *ret)
{
    struct cvg_snapshot *snapshot = cvg_board_lookup(decider->board, accept->environment);
    const char *status = "", *reason = "", *message = "";

    for (size_t i = 0; i < snapshot->readiness.check_count; i++) {
        const struct cvg_check_view *check = &snapshot->readiness.checks[i];
        if (cvg_text_equal(check->rules->name, accept->check)) {
            const struct cvg_reading *reading =
                check->reading ? cvg_reading_get(check->reading) : NULL;
            status = cvg_status_text(check->steady.status);
            reason = check->steady.reason;
            message = reading && reading->message ? reading->message : "";
        }
    }
    cvg_wire_act_write(ret, "comment", accept->comment, "module", module, "status", status,
                       "reason", reason, "message", message, NULL);
    cvg_snapshot_unref(snapshot);
}

static void record(struct cvg_decider *decider, struct cvg_accept *accept, const char *module,
                   char *key)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(CVG_RECORD_BODY);
    struct cvg_accepting *accepting = CVG_NEW(struct cvg_accepting);
    int64_t at = cvg_time_wall();

    accepting->decider = decider;
    accepting->accept = accept;
    accepting->key = key;
    accepting->visit = cvg_visit_ref(decider->visit);
    cvg_record_id(at, accept->id);
    describe(decider, accept, module, &body);
    cvg_commits_add(decider->commits,
                    &(struct cvg_record){.at = at,
                                         .id = accept->id,
                                         .action = "accept",
                                         .actor = accept->actor,
                                         .environment = accept->environment,
                                         .gate = "",
                                         .app = "",
                                         .revision = "",
                                         .verdict = "",
                                         .target = accept->check,
                                         .body = cvg_buf_text(&body),
                                         .body_length = body.length},
                    on_recorded, accepting);
}

/* It cannot be told whether anything is remembered. */
static void refuse_unknown(struct cvg_decider *decider, struct cvg_accept *accept)
{
    char why[CVG_ERROR_TEXT] = "";

    if (decider->store) {
        cvg_commit_why(decider->store, why, sizeof(why));
    }
    accept->outcome = CVG_ACCEPT_UNAVAILABLE;
    (void)snprintf(accept->why, sizeof(accept->why), "%s",
                   why[0] ? why : "what modules remember has not been read from the store yet");
    accept->done(accept);
}

void cvg_decider_accept(struct cvg_decider *decider, struct cvg_accept *accept)
{
    size_t environment, number;
    const struct cvg_check_config *check = find_check(decider, accept, &environment, &number);
    const void *bytes = NULL;

    accept->id[0] = accept->why[0] = '\0';
    if (!check) {
        accept->outcome = CVG_ACCEPT_NO_CHECK;
        accept->done(accept);
        return;
    }
    if (!cvg_memory_is_known(decider->memory)) {
        refuse_unknown(decider, accept);
        return;
    }
    const char *module = check->source->kind->name;
    char *key = cvg_memory_key(accept->environment, accept->check, module);
    if (cvg_memory_get(decider->memory, key, &bytes) == 0) {
        accept->outcome = CVG_ACCEPT_NOTHING;
    } else if (decider->commits) {
        record(decider, accept, module, key);
        return;
    } else {
        accept->outcome = CVG_ACCEPT_DONE;
        forget(decider, accept, key);
    }
    free(key);
    accept->done(accept);
}
