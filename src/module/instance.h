/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources, checks and runs: the host's side of the objects that a module sees as opaque handles.
 * Each has a scope (src/io/scope.h) that its operations belong to. Module callbacks are timed;
 * over 5 ms is counted, over 20 ms logged (as a complaint). Deciding thread.
 */
#ifndef CVG_MODULE_INSTANCE_H
#define CVG_MODULE_INSTANCE_H

#include "config/config.h"
#include "io/lane.h"
#include "io/scope.h"

struct cvg_source;
struct cvg_check;
struct cvg_run;

/* What the instances tell their owner (the runner). Readings are the module's, valid during the
 * call. None is called from inside a call of the owner into an instance, except completed and
 * reported out of cvg_run_start (a module that answers at once). */
struct cvg_instance_events {
    void (*completed)(void *ctx, struct cvg_check *check, struct cvg_run *run,
                      const struct cvg_reading *reading);
    void (*reported)(void *ctx, struct cvg_check *check, const struct cvg_reading *reading);
    void (*alive)(void *ctx, struct cvg_source *source);
    void (*exchanged)(void *ctx, struct cvg_source *source, const struct cvg_exchange *exchange);
};

struct cvg_callback_stats {
    uint64_t calls, over_budget;
    int64_t longest_ns;
};

/* via: the source whose lane is used, already created; NULL: its own. Refusals of the module go to
 * diagnostics at the keys' places. Nothing connects. events and ctx are borrowed. */
CVG_NODISCARD int cvg_source_new(struct cvg_loop *loop, const struct cvg_module *module,
                                 const struct cvg_source_config *config, struct cvg_source *via,
                                 const struct cvg_instance_events *events, void *ctx,
                                 struct cvg_diagnostics *diagnostics, struct cvg_source **ret);
void cvg_source_start(struct cvg_source *source);
/* All of its checks must be gone. Takes NULL. */
void cvg_source_free(struct cvg_source *source);
const struct cvg_source_config *cvg_source_config(const struct cvg_source *source);
struct cvg_lane *cvg_source_lane(struct cvg_source *source); /* NULL: has no endpoint */
struct cvg_callback_stats cvg_source_callbacks(const struct cvg_source *source);

/* environment: name, for log lines. owner: the runner's own, see cvg_check_owner. */
CVG_NODISCARD int cvg_check_new(struct cvg_source *source, const char *environment,
                                const struct cvg_check_config *config, void *owner,
                                struct cvg_diagnostics *diagnostics, struct cvg_check **ret);
/* Ends a run of it silently. Takes NULL. */
void cvg_check_free(struct cvg_check *check);
void *cvg_check_owner(const struct cvg_check *check);
const struct cvg_check_config *cvg_check_config(const struct cvg_check *check);
/* Hash of what the module gave to host->group, or of the check's name. */
uint64_t cvg_check_group(const struct cvg_check *check);

/* Runs a polled check once. inputs->config may differ from the check's own (references filled in);
 * config_arena, which holds it, is taken over; NULL: the check's own. One run of a check at a
 * time. At the deadline the run is cancelled and completed() gets unknown, TimedOut. */
struct cvg_run *cvg_run_start(struct cvg_check *check, const struct cvg_run_inputs *inputs,
                              struct cvg_arena *config_arena);
/* Silently: module's cancel, no completed(). */
void cvg_run_cancel(struct cvg_run *run);
int64_t cvg_run_started_at(const struct cvg_run *run);

#endif
