/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What source.c, check.c, run.c and host.c know of each other. The structs are what a module's
 * opaque handles point to. Only files of this folder include it.
 */
#ifndef CVG_MODULE_INSTANCE_INNER_H
#define CVG_MODULE_INSTANCE_INNER_H

#include "base/log.h"
#include "module/batch.h"
#include "module/instance.h"
#include "module/secret.h"

/* Every scope that a module gets begins with this, so that the host can tell whose it is. */
struct cvg_handle {
    struct cvg_scope scope;

    enum {
        CVG_HANDLE_SOURCE,
        CVG_HANDLE_CHECK,
        CVG_HANDLE_RUN
    } kind;
};

/* What a module can get wrong, each with a complaint of its own so that one does not hide the
 * others. */
enum cvg_slip {
    CVG_SLIP_COMPLETED_TWICE,
    CVG_SLIP_COMPLETED_LATE,
    CVG_SLIP_NO_READING,
    CVG_SLIP_REPORTED_EARLY,
    CVG_SLIP_ALIVE,
    CVG_SLIP_WAKE,
    CVG_SLIP_FOUND,
    CVG_SLIP_CONFIG_ERROR,
    CVG_SLIP_ENDPOINT,
    CVG_SLIP_GROUP,
    CVG_SLIP_TOO_MUCH_MEMORY,
    CVG_SLIP_COUNT
};

struct cvg_source {
    struct cvg_handle handle;
    struct cvg_scope inner; /* the host's own timers about it; never timed */
    struct cvg_source_setup setup;
    struct cvg_arena *arena; /* owned; what the module was created with, see batch.h */
    struct cvg_batch *batch; /* a reference; where the next check's settings go */
    void *state;             /* the module's */
    struct cvg_lane *lane;
    struct cvg_made_secret *secrets; /* owned; what the module learned by itself */
    bool owns_lane, started;
    size_t checks;
    struct cvg_diagnostics *creating; /* set while source_create runs */
    size_t refusals;                  /* config_error() calls since creating was set */

    struct cvg_callback_stats stats;
    struct cvg_complaint slow, slips[CVG_SLIP_COUNT];
    int64_t excluded_ns, excluded_at; /* the host's own time within the callback, and its end */

    /* Configurations of runs that are over, freed in a later turn: the callback that completed the
     * run may still look at its own. */
    struct cvg_arena **spent;
    size_t spent_count, spent_capacity;
};

enum cvg_run_state {
    CVG_RUN_IDLE = 0, /* never ran */
    CVG_RUN_ACTIVE,
    CVG_RUN_COMPLETED,
    CVG_RUN_OVER
};

struct cvg_run {
    struct cvg_handle handle;
    struct cvg_check *check;
    struct cvg_op *deadline;
    struct cvg_arena *arena; /* owned; NULL: runs on the check's own configuration */
    int64_t started_at;
    enum cvg_run_state state;
    bool blank; /* it asked for memory that was not known */
};

struct cvg_check {
    struct cvg_handle handle;
    struct cvg_source *source;
    const struct cvg_check_config *config;
    struct cvg_batch *batch;        /* a reference; holds the settings */
    struct cvg_arena *fed;          /* owned; holds those that it was fed with; NULL: never */
    bool awake;                     /* the module knows it */
    const void *settings;           /* what the module was created with */
    char *environment, *memory_key; /* owned */
    void *state;                    /* the module's */
    void *owner;
    uint64_t group;
    struct cvg_diagnostics *creating;
    size_t refusals;
    struct cvg_run runs[2];
    unsigned latest; /* which of them ran last */
    /* The module asked for memory that was not known, and did not ask again since it is: whatever it
     * says, it may say for lack of it. */
    bool blank;
};

extern const struct cvg_host cvg_host_table;

void cvg_handle_init(struct cvg_handle *handle, struct cvg_source *source, int kind);

/* Around a direct call into the module: times it. */
int64_t cvg_source_enter(struct cvg_source *source);
void cvg_source_leave(struct cvg_source *source, int64_t entered);
/* Around an event, which is called out of a module's callback: the time is not the module's. */
int64_t cvg_source_exclude(void);
void cvg_source_exclude_end(struct cvg_source *source, int64_t began);

/* Counts and logs. check may be NULL. */
void cvg_source_slip(struct cvg_source *source, const struct cvg_check *check, enum cvg_slip slip);
/* Frees it in a later turn. Takes NULL. */
void cvg_source_spend(struct cvg_source *source, struct cvg_arena *arena);
/* New connection settings from the module. */
void cvg_source_set_endpoint(struct cvg_source *source, const struct cvg_endpoint *endpoint);

/* Brings a module's reading to this host's size; one that is none becomes a ModuleFault. Of a check
 * or run that is blank it becomes unknown, StoreUnavailable. */
void cvg_reading_take(struct cvg_check *check, const struct cvg_reading *from,
                      struct cvg_reading *ret);
void cvg_run_complete(struct cvg_run *run, const struct cvg_reading *reading);

#endif
