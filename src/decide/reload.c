/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload, from the files to the swap, with no turn of the loop that takes long:
 *
 *   worker   reads and binds the files, compares with what is in force, makes the environments
 *   loop     makes what is new of sources and checks, and the first snapshots of environments that
 *            are new: some in each turn, all of it beside what runs
 *   loop     one turn: the swap; from now on everything is the new one's
 *   loop     publishes what stays by the new rules; then the reload is said to be done
 *   loop     frees what is left of the old runner: some in each turn
 *   worker   frees the old environments, and with the last reader the old configuration
 *
 * What was discovered is taken over the same way, from the files as they were read last: then nothing
 * is said of a reload. An environment that was discovered and is refused by a module is left out,
 * and the rest is tried again.
 *
 * Anything wrong before the swap leaves what is in force as it is. Readers are never without a
 * snapshot: environments that stay keep theirs until the new rules were published.
 *
 * While the worker reads, nobody else uses the registry: what loads modules on the loop comes
 * after it, and there is one reload at a time.
 */
#include "base/text.h"
#include "base/time.h"
#include "decide/decider_inner.h"
#include "decide/discovery.h"
#include "io/offload.h"
#include "io/timer.h"
#include "wire/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In one turn: */
#define PREPARE_CHECKS 250
#define PUBLISH_CHECKS 2000
#define RETIRE_CHECKS  250

struct cvg_reloading {
    struct cvg_decider *decider;
    uint64_t ticket;
    int64_t changed_at; /* when it took over */
    struct cvg_op *op;  /* of the step that is to come */
    /* What the worker needs, and makes: */
    char *file;
    char *actor; /* who wanted it */
    struct cvg_kinds kinds;
    bool files;                  /* they are read; else base is what they said */
    struct cvg_config *base;     /* a reference; NULL: not read yet */
    struct cvg_found_list found; /* what was discovered; the arena is owned */
    struct cvg_config *before;   /* a reference: the decider may end while a worker reads */
    struct cvg_config *config;   /* a reference */
    struct cvg_config_diff *diff;
    struct cvg_generation *next;
    struct cvg_diagnostics diagnostics;
    /* What the loop makes: */
    struct cvg_runner *runner;
    struct cvg_snapshot **snapshots; /* by environment; NULL: it stays */
    size_t published;                /* so many environments were looked at */
};

static void step(struct cvg_reloading *reloading, void (*fn)(void *arg, struct cvg_op *op));

/* ---- the end ---- */

static void free_work(void *arg)
{
    struct cvg_reloading *reloading = arg;

    cvg_config_diff_free(reloading->diff);
    cvg_generation_free(reloading->next);
    cvg_config_unref(reloading->config);
    cvg_config_unref(reloading->before);
    cvg_config_unref(reloading->base);
    cvg_arena_free(reloading->found.arena);
    cvg_diagnostics_done(&reloading->diagnostics);
    free(reloading->file);
    free(reloading->actor);
    free(reloading);
}

/* Lines of text as an array. */
static void add_messages(struct cvg_reload_status *status, struct cvg_diagnostics *diagnostics)
{
    char *text = NULL;
    size_t length = 0, capacity = 1;
    FILE *out = open_memstream(&text, &length);

    if (!out) {
        return;
    }
    cvg_diagnostics_print(diagnostics, out);
    (void)fclose(out);
    for (size_t i = 0; i < length; i++) {
        capacity += text[i] == '\n';
    }
    const char **lines = cvg_arena_alloc(status->arena, capacity * sizeof(*lines));
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        lines[status->message_count++] =
            cvg_arena_strndup(status->arena, line, (size_t)(end - line));
    }
    status->messages = lines;
    free(text);
}

static struct cvg_reload_status *status_of(const struct cvg_decider *decider)
{
    struct cvg_reload_status *status = cvg_reload_status_new();

    status->accepted = decider->accepted;
    status->refused = decider->refused;
    status->loaded_at = decider->loaded_at;
    return status;
}

void cvg_decider_tell_loaded(struct cvg_decider *decider)
{
    cvg_board_publish_reload(decider->board, status_of(decider));
}

static struct cvg_reload_status *outcome_of(struct cvg_reloading *reloading, bool accepted)
{
    struct cvg_decider *decider = reloading->decider;
    struct cvg_reload_status *status = status_of(decider);

    status->ticket = reloading->ticket;
    status->last_refused = !accepted;
    status->finished_at = cvg_time_wall();
    add_messages(status, &reloading->diagnostics);
    if (accepted) {
        status->checks_kept = reloading->diff->checks_kept;
        status->checks_new = reloading->diff->checks_new;
        status->checks_gone = reloading->diff->checks_gone;
        const char **keys = NULL;
        status->restart_count =
            cvg_config_diff_settings(decider->first, reloading->config, status->arena, &keys);
        status->restart = keys;
    }
    return status;
}

/* The record of who changed what; the first thing that was wrong stands for all of it. */
static void record(const struct cvg_reloading *reloading, const struct cvg_reload_status *status,
                   bool accepted)
{
    CVG_CLEANUP(cvg_buf_done) struct cvg_buf body = CVG_BUF_INIT(CVG_RECORD_BODY);
    const struct cvg_config *before = reloading->before, *config = reloading->config;

    cvg_wire_act_write(&body, "result", accepted ? "accepted" : "refused", "file", reloading->file,
                       "before", before->digest, "after", config ? config->digest : "", "message",
                       status->message_count ? status->messages[0] : "", NULL);
    cvg_acts_add(reloading->decider->acts, "reload", reloading->actor, reloading->file,
                 cvg_buf_text(&body));
}

static void keep_outcome(const struct cvg_reloading *reloading)
{
    struct cvg_decider *decider = reloading->decider;
    const char *before = reloading->before->digest, *after = reloading->config->digest;

    if (!cvg_text_equal(before, after)) {
        cvg_chronicle_configuration(decider->chronicle, reloading->config, before, after,
                                    cvg_time_wall());
    }
    cvg_restart_forget(decider->restart, decider->now);
}

/* Nobody asked for it, so nobody waits for its outcome. */
static void finish_found(struct cvg_reloading *reloading, bool accepted)
{
    if (accepted) {
        keep_outcome(reloading);
        return;
    }
    cvg_diagnostics_print(&reloading->diagnostics, stderr);
    cvg_log(CVG_LOG_ERROR, "what was discovered cannot be taken over", NULL);
}

/* Readers see the outcome, then whoever listens hears of it. */
static void finish(struct cvg_reloading *reloading, bool accepted)
{
    struct cvg_decider *decider = reloading->decider;

    if (accepted) {
        cvg_decider_tell_found(decider, reloading->before, &reloading->found);
    }
    if (!reloading->files) {
        finish_found(reloading, accepted);
        return;
    }
    *(accepted ? &decider->accepted : &decider->refused) += 1;
    struct cvg_reload_status *status = outcome_of(reloading, accepted);
    record(reloading, status, accepted);
    if (accepted) {
        keep_outcome(reloading);
    }
    cvg_diagnostics_print(&reloading->diagnostics, stderr);
    cvg_board_publish_reload(decider->board, cvg_reload_status_ref(status));
    if (decider->reloaded) {
        decider->reloaded(decider->reloaded_ctx, status);
    }
    cvg_reload_status_unref(status);
}

/* ---- freeing on a worker: trees of 100,000 checks take their time ---- */

struct burial {
    struct cvg_reloading *dead; /* NULL: done */
};

static void bury(void *arg)
{
    struct burial *burial = arg;

    free_work(burial->dead);
    burial->dead = NULL;
}

/* Where the loop ended before a worker took it, it is done here. */
static void end_burial(void *arg)
{
    struct burial *burial = arg;

    if (burial->dead) {
        free_work(burial->dead);
    }
    free(burial);
}

static void on_buried(void *arg, CVG_UNUSED struct cvg_op *op)
{
    end_burial(arg);
}

/* The reload is over; one that was asked for meanwhile begins. */
static void leave(struct cvg_reloading *reloading)
{
    struct cvg_decider *decider = reloading->decider;
    struct burial *burial = CVG_NEW(struct burial);

    decider->reloading = NULL;
    burial->dead = reloading;
    cvg_offload_start(&decider->scope, bury, on_buried, end_burial, burial);
    if (decider->wanted) {
        CVG_CLEANUP(cvg_free_pointer) char *actor = decider->wanted_actor;
        decider->wanted = false;
        decider->wanted_actor = NULL;
        cvg_decider_reload(decider, decider->wanted_ticket, actor);
    }
    cvg_decider_discover_soon(decider);
}

static void free_snapshots(struct cvg_reloading *reloading)
{
    for (size_t i = 0; reloading->snapshots && i < reloading->published; i++) {
        cvg_snapshot_unref(reloading->snapshots[i]);
    }
    free(reloading->snapshots);
    reloading->snapshots = NULL;
}

static void on_retire(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;

    if (reloading->runner && cvg_runner_retire(reloading->runner, RETIRE_CHECKS)) {
        step(reloading, on_retire);
        return;
    }
    reloading->runner = NULL;
    leave(reloading);
}

static void refuse(struct cvg_reloading *reloading)
{
    finish(reloading, false);
    on_retire(reloading, NULL);
}

/* ---- the swap ---- */

/* What was said of sources that stay. */
static void keep_outages(struct cvg_decider *decider, const struct cvg_reloading *reloading)
{
    size_t count = reloading->config->source_count;
    struct cvg_complaint *outages = cvg_alloc_array(count + 1, sizeof(*outages));

    for (size_t i = 0; i < count; i++) {
        size_t before = reloading->diff->sources[i];
        if (before != CVG_DIFF_NONE) {
            outages[i] = decider->outages[before];
        }
    }
    free(decider->outages);
    decider->outages = outages;
}

static void change_over(struct cvg_reloading *reloading)
{
    struct cvg_decider *decider = reloading->decider;
    struct cvg_generation *next = reloading->next;
    struct cvg_runner *old = decider->runner;
    int64_t now = cvg_time_now();

    cvg_generation_inherit(next, decider->now, reloading->diff, now);
    cvg_board_replace(decider->board, next->names, reloading->snapshots,
                      next->config->environment_count);
    free(reloading->snapshots); /* what is in it was handed over */
    reloading->snapshots = NULL;
    if (reloading->files) {
        cvg_discovery_configure(decider->discovery, next->config);
    }
    reloading->next = decider->now;
    decider->now = next;
    decider->runner = reloading->runner;
    reloading->runner = old;
    decider->publish_from = 0;
    keep_outages(decider, reloading);
    cvg_decider_outruns_forget(decider);
    cvg_runner_take_over(decider->runner, old);
    decider->loaded_at = cvg_time_wall();
    reloading->changed_at = now;
    cvg_decider_arm(decider, now + CVG_MS, now);
}

/* What stays is due since the swap until it was published by the new rules. */
static bool is_published(const struct cvg_reloading *reloading)
{
    const struct cvg_generation *now = reloading->decider->now;

    for (size_t i = 0; i < now->config->environment_count; i++) {
        if (cvg_environment_due(now->environments[i]) <= reloading->changed_at) {
            return false;
        }
    }
    return true;
}

/* Whoever hears that a reload is done may rely on it that no answer is by the old rules. */
static void on_settle(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;

    if (!is_published(reloading)) {
        step(reloading, on_settle);
        return;
    }
    finish(reloading, true);
    step(reloading, on_retire);
}

/* ---- the steps before it ---- */

static void on_publish(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;
    struct cvg_generation *next = reloading->next;
    struct cvg_decider *decider = reloading->decider;
    size_t count = next->config->environment_count, checks = 0;

    for (; reloading->published < count && checks < PUBLISH_CHECKS; reloading->published++) {
        size_t at = reloading->published;
        if (reloading->diff->environments[at] == CVG_DIFF_NONE) {
            reloading->snapshots[at] =
                cvg_environment_snapshot(next->environments[at], cvg_time_now(), cvg_time_wall(),
                                         cvg_random_next(&decider->random));
            checks += next->config->environments[at].check_count;
        }
    }
    if (reloading->published < count) {
        step(reloading, on_publish);
        return;
    }
    change_over(reloading);
    step(reloading, on_settle);
}

static void read_files(void *arg);
static void on_read(void *arg, struct cvg_op *op);

/* Without those that were left out. */
static void on_try_again(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;

    if (cvg_runner_retire(reloading->runner, RETIRE_CHECKS)) {
        step(reloading, on_try_again);
        return;
    }
    reloading->runner = NULL;
    cvg_config_diff_free(reloading->diff);
    cvg_generation_free(reloading->next);
    cvg_config_unref(reloading->config);
    cvg_diagnostics_done(&reloading->diagnostics);
    reloading->diff = NULL;
    reloading->next = NULL;
    reloading->config = NULL;
    reloading->diagnostics = (struct cvg_diagnostics){0};
    reloading->op = NULL;
    cvg_offload_start(&reloading->decider->scope, read_files, on_read, free_work, reloading);
}

static void on_prepare(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;
    struct cvg_decider *decider = reloading->decider;

    if (!reloading->runner) {
        reloading->runner =
            cvg_runner_new_after(decider->runner, reloading->config, reloading->diff);
    }
    if (cvg_runner_prepare(reloading->runner, PREPARE_CHECKS, &reloading->diagnostics)) {
        step(reloading, on_prepare);
        return;
    }
    if (reloading->diagnostics.errors &&
        cvg_decider_leave_out(decider, reloading->config, reloading->runner, &reloading->found,
                              &reloading->diagnostics)) {
        step(reloading, on_try_again);
        return;
    }
    if (reloading->diagnostics.errors) {
        refuse(reloading);
        return;
    }
    reloading->snapshots =
        cvg_alloc_array(reloading->config->environment_count + 1, sizeof(struct cvg_snapshot *));
    step(reloading, on_publish);
}

/* A turn of its own for each step. */
static void step(struct cvg_reloading *reloading, void (*fn)(void *arg, struct cvg_op *op))
{
    reloading->op = cvg_timer_start(&reloading->decider->scope, CVG_MS, fn, reloading);
}

static void on_read(void *arg, CVG_UNUSED struct cvg_op *op)
{
    struct cvg_reloading *reloading = arg;

    if (!reloading->next) {
        refuse(reloading);
        return;
    }
    step(reloading, on_prepare);
}

/* On a worker. */
static void read_files(void *arg)
{
    struct cvg_reloading *reloading = arg;

    if (!reloading->base) {
        reloading->base =
            cvg_config_read(reloading->file, &reloading->kinds, &reloading->diagnostics);
    }
    if (reloading->base->faulty) {
        reloading->config = cvg_config_ref(reloading->base);
        return;
    }
    reloading->config = cvg_config_discover(reloading->base, &reloading->kinds,
                                            reloading->found.items, reloading->found.count);
    /* Says what is wrong itself. */
    if (cvg_generation_new(reloading->config, &reloading->diagnostics, &reloading->next) == 0) {
        reloading->diff = cvg_config_diff_new(reloading->before, reloading->config);
    }
}

/* ---- what others call ---- */

/* list: "token:ci, signal" */
static bool has_actor(const char *list, const char *actor)
{
    size_t length = strlen(actor);

    for (const char *at = list; (at = strstr(at, actor)); at += length) {
        bool begins = at == list || at[-1] == ' ';
        if (begins && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static void want_another(struct cvg_decider *decider, uint64_t ticket, const char *actor)
{
    char *others = decider->wanted_actor;

    decider->wanted = true;
    decider->wanted_ticket = CVG_MAX(decider->wanted_ticket, ticket);
    if (!others) {
        decider->wanted_actor = cvg_strdup(actor);
    } else if (actor && actor[0] && !has_actor(others, actor) && strlen(others) < CVG_RECORD_TEXT) {
        decider->wanted_actor = cvg_format("%s, %s", others, actor);
        free(others);
    }
}

static void begin(struct cvg_decider *decider, struct cvg_reloading *reloading)
{
    reloading->decider = decider;
    reloading->file = cvg_strdup(decider->first->file);
    reloading->kinds = cvg_runner_kinds(decider->runner);
    reloading->before = cvg_config_ref(decider->now->config);
    reloading->found.arena = cvg_arena_new();
    reloading->found.count =
        cvg_discovery_list(decider->discovery, reloading->found.arena, &reloading->found.items);
    for (size_t i = 0; reloading->files && i < reloading->found.count; i++) {
        reloading->found.items[i].left_out = NULL; /* what was wrong may be mended */
    }
    decider->discovered = cvg_discovery_edition(decider->discovery);
    decider->discovered_at = cvg_time_now();
    decider->reloading = reloading;
    if (reloading->files && decider->reloaded) {
        decider->reloaded(decider->reloaded_ctx, NULL);
    }
    cvg_offload_start(&decider->scope, read_files, on_read, free_work, reloading);
}

void cvg_decider_reload(struct cvg_decider *decider, uint64_t ticket, const char *actor)
{
    if (decider->reloading) {
        want_another(decider, ticket, actor);
        return;
    }
    struct cvg_reloading *reloading = CVG_NEW(struct cvg_reloading);
    struct cvg_reload_status *latest = cvg_board_reload_status(decider->board);

    reloading->files = true;
    reloading->ticket = CVG_MAX(ticket, latest->ticket);
    cvg_reload_status_unref(latest);
    reloading->actor = cvg_strdup(actor);
    begin(decider, reloading);
}

void cvg_decider_reload_found(struct cvg_decider *decider)
{
    struct cvg_reloading *reloading = CVG_NEW(struct cvg_reloading);
    struct cvg_config *now = decider->now->config;

    reloading->base = cvg_config_ref(now->base ? now->base : now);
    begin(decider, reloading);
}

void cvg_decider_on_reload(struct cvg_decider *decider, cvg_decider_reloaded *fn, void *ctx)
{
    decider->reloaded = fn;
    decider->reloaded_ctx = ctx;
}

/* Before the scope ends: what waits for the worker is freed when that has come back. */
void cvg_decider_stop_reloading(struct cvg_decider *decider)
{
    struct cvg_reloading *reloading = decider->reloading;

    if (!reloading) {
        return;
    }
    cvg_runner_free(reloading->runner);
    reloading->runner = NULL;
    free_snapshots(reloading);
    if (reloading->op) {
        free_work(reloading);
    }
    decider->reloading = NULL;
}
