/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources, checks and runs: the host's side of the objects that a module sees as opaque handles.
 * Each has a scope (src/io/scope.h) that its operations belong to. Module callbacks are timed;
 * over 5 ms is counted, over 20 ms logged (as a complaint). Time that the host itself spends in
 * complete() and report() is not the module's.
 *
 *   run     started -> completed by the module
 *                   -> over: deadline, or cvg_run_cancel() (the module's cancel, then silence)
 *
 * What a module gets wrong (a second complete(), one after the deadline, a report before the
 * start) is logged as its bug, counted and ignored. A check keeps two runs' memory for good and
 * uses them in turn, so that such a call finds a dead run instead of freed memory or, unless it
 * comes two runs late, a living one.
 *
 * Deciding thread. None of the functions that free may be called from inside an event.
 */
#ifndef CVG_MODULE_INSTANCE_H
#define CVG_MODULE_INSTANCE_H

#include "config/config.h"
#include "io/lane.h"
#include "io/scope.h"
#include "module/memory.h"

struct cvg_source;
struct cvg_check;
struct cvg_run;

/* What the instances tell their owner (the runner). Readings are the module's, valid during the
 * call, and have this host's size; what is in them is not checked yet (cvg_reading_keep does).
 * None is called from inside a call of the owner into an instance, except out of cvg_run_start and
 * cvg_source_start (a module that answers at once). */
struct cvg_instance_events {
    /* run is over; the check may be run again. */
    void (*completed)(void *ctx, struct cvg_check *check, struct cvg_run *run,
                      const struct cvg_reading *reading);
    void (*reported)(void *ctx, struct cvg_check *check, const struct cvg_reading *reading);
    void (*alive)(void *ctx, struct cvg_source *source);
    /* Its polled checks are to be asked out of turn. Comes as often as the module likes. */
    void (*woken)(void *ctx, struct cvg_source *source);
    /* Of the check of a discovery: all that it finds, with this host's sizes. */
    void (*found)(void *ctx, struct cvg_check *check, const struct cvg_found *found);
    /* May be NULL: then nothing is collected for it. */
    void (*exchanged)(void *ctx, struct cvg_source *source, const struct cvg_exchange *exchange);
};

struct cvg_callback_stats {
    uint64_t calls, over_budget; /* over 5 ms */
    uint64_t contract_faults;    /* what the module got wrong */
    int64_t longest_ns;
};

/* What a source is made of; all of it is borrowed and must outlive the source, or its adoption by
 * the next configuration. */
struct cvg_source_setup {
    struct cvg_loop *loop;
    const struct cvg_module *module;
    const struct cvg_source_config *config;
    struct cvg_source *via; /* the source whose lane is used, already created; NULL: its own */
    struct cvg_memory *memory;
    const struct cvg_instance_events *events;
    void *ctx;
};

/* Refusals of the module go to diagnostics at the keys' places. Nothing connects. Returns 0, or
 * CVG_E_INVALID with at least one diagnostic. */
CVG_NODISCARD int cvg_source_new(const struct cvg_source_setup *setup,
                                 struct cvg_diagnostics *diagnostics, struct cvg_source **ret);
/* A new configuration has the source with the same keys: it goes on, connections, streams and all,
 * with that one's words, and tells other owners. What it goes through must go on too. The module
 * keeps the settings that it was created with, which are the source's own. */
void cvg_source_adopt(struct cvg_source *source, const struct cvg_source_config *config,
                      const struct cvg_instance_events *events, void *ctx);
/* Evidence is wanted from now on. Once. */
void cvg_source_start(struct cvg_source *source);
/* All of its checks must be gone, and all sources that use its lane. Takes NULL. */
void cvg_source_free(struct cvg_source *source);
const struct cvg_source_config *cvg_source_config(const struct cvg_source *source);
struct cvg_lane *cvg_source_lane(struct cvg_source *source); /* NULL: has no endpoint */
struct cvg_callback_stats cvg_source_callbacks(const struct cvg_source *source);

/* environment: name, for log lines and memory; copied. owner: see cvg_check_owner. config must
 * outlive the check, or its adoption by the next configuration. */
CVG_NODISCARD int cvg_check_new(struct cvg_source *source, const char *environment,
                                const struct cvg_check_config *config, void *owner,
                                struct cvg_diagnostics *diagnostics, struct cvg_check **ret);
/* A stream's check that takes facts of others sleeps until it is fed: then the module creates it, with
 * the facts filled in, and anew each time that it is fed. arena holds the settings and is taken over.
 * Where the module refuses it goes on sleeping, and diagnostics say why. Not from inside an event. */
CVG_NODISCARD int cvg_check_feed(struct cvg_check *check, const void *settings,
                                 struct cvg_arena *arena, struct cvg_diagnostics *diagnostics);
/* A fact is missing: it sleeps again. */
void cvg_check_starve(struct cvg_check *check);
bool cvg_check_is_awake(const struct cvg_check *check);
/* As cvg_source_adopt; a run that is going on goes on, and its deadline stays. */
void cvg_check_adopt(struct cvg_check *check, const struct cvg_check_config *config, void *owner);
/* Ends a run of it silently. Takes NULL. */
void cvg_check_free(struct cvg_check *check);
void *cvg_check_owner(const struct cvg_check *check);
const struct cvg_check_config *cvg_check_config(const struct cvg_check *check);
/* Hash of what the module gave to host->group, or of environment and name: a group of its own. */
uint64_t cvg_check_group(const struct cvg_check *check);
/* The run that is going on; NULL: none. */
struct cvg_run *cvg_check_run(struct cvg_check *check);

/* Runs a polled check once. inputs->config may differ from the check's own (references filled in);
 * config_arena, which holds it, is taken over; NULL: the check's own. One run of a check at a
 * time. At the deadline the run is cancelled and completed() gets unknown, TimedOut. It may be over
 * when this returns: see cvg_check_run(). */
void cvg_run_start(struct cvg_check *check, const struct cvg_run_inputs *inputs,
                   struct cvg_arena *config_arena);
/* Silently: module's cancel, no completed(). Takes NULL and a run that is over. */
void cvg_run_cancel(struct cvg_run *run);
int64_t cvg_run_started_at(const struct cvg_run *run);

#endif
