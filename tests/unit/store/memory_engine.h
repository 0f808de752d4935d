/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A database that lives in this process, for tests: a second implementation of the engine's
 * interface, and one that breaks when it is told to. What is committed stays as long as the process
 * lives. The file at `place` holds nothing but the database's number, so that it can be renamed,
 * removed and overwritten as a real one can. Hooks go by the place's text and may be set before
 * there is a file. Everything here may be called by any thread.
 */
#ifndef CVG_TEST_MEMORY_ENGINE_H
#define CVG_TEST_MEMORY_ENGINE_H

#include "store/engine.h"

extern const struct cvg_engine_kind memory_engine;

/* ---- calls that fail or wait ---- */

enum memory_call {
    MEMORY_OPEN = 0,
    MEMORY_BEGIN,
    MEMORY_COMMIT,
    MEMORY_ADD_RECORD,
    MEMORY_ADD_CHANGE,
    MEMORY_PUT_NOTE,
    MEMORY_PRUNE_CHANGES,
    MEMORY_PRUNE_RECORDS,
    MEMORY_SHRINK,
    MEMORY_LAST,
    MEMORY_WALK_RECORDS,
    MEMORY_FIND_RECORDS,
    MEMORY_FIND_CHANGES,
    MEMORY_WALK_NOTES,
    MEMORY_WALK_CHECKPOINTS,
    MEMORY_SIZES,
    MEMORY_INSPECT,
    MEMORY_COPY,
    MEMORY_CALLS,
    MEMORY_ANY = MEMORY_CALLS /* each of them counts */
};

#define MEMORY_ALWAYS UINT64_MAX

/* Of the calls of that kind from now on, the n-th (from 1) and the times - 1 after it fail with the
 * fault. Replaces what was said before for that kind; times 0: nothing fails. A commit that fails
 * has kept nothing. */
void memory_engine_fail(const char *place, enum memory_call call, uint64_t nth, uint64_t times,
                        enum cvg_store_fault fault);
/* How many calls of that kind there were, those that failed included. */
uint64_t memory_engine_calls(const char *place, enum memory_call call);

/* Calls of that kind wait, before they do anything, until they are released. */
void memory_engine_hold(const char *place, enum memory_call call);
void memory_engine_release(const char *place, enum memory_call call);
/* How many wait now. */
unsigned memory_engine_held(const char *place, enum memory_call call);

/* ---- damage to what is committed: nothing but the row that is named changes ---- */

/* `edit` may replace each field; texts that it sets must live as long as the process. False: there
 * is no such row. */
bool memory_engine_edit(const char *place, uint64_t number,
                        void (*edit)(void *ctx, struct cvg_record *row), void *ctx);
/* Takes the rows from..until away, both included; returns how many there were. */
size_t memory_engine_remove(const char *place, uint64_t from, uint64_t until);
/* The checkpoint at that place, from 0; false: there is none. */
bool memory_engine_edit_checkpoint(const char *place, size_t at,
                                   void (*edit)(void *ctx, struct cvg_chain_signed *checkpoint),
                                   void *ctx);

#endif
