/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of memory_engine.h: the databases of this process and what shall go wrong with them.
 *
 * A state is what a database holds at one moment, and never changes once it is committed: a reader
 * keeps the one that it began with, a transaction works on a copy. Rows are shared by states and
 * are never freed before the process ends.
 */
#ifndef CVG_TEST_MEMORY_WORLD_H
#define CVG_TEST_MEMORY_WORLD_H

#include "memory_engine.h"

struct memory_state {
    unsigned owners;
    const struct cvg_record **records; /* by number */
    size_t record_count, record_capacity;
    const struct cvg_change **changes; /* by time, then by number */
    size_t change_count, change_capacity;
    const struct cvg_note **notes;
    size_t note_count, note_capacity;
    const struct cvg_chain_signed **checkpoints;
    size_t checkpoint_count, checkpoint_capacity;
    uint64_t next_change;
};

struct memory_database {
    struct memory_database *next;
    unsigned long long id;
    struct memory_state *committed;
    const void *writer; /* the engine whose transaction is open */
};

/* 0, or what the hooks say; waits where they say so. */
int memory_world_enter(const char *place, enum memory_call call, enum cvg_store_fault *ret_fault,
                       struct cvg_error *reterr);

/* The database whose number stands in the file; made where there is none and `make` is set. */
int memory_world_find(const char *place, bool make, struct memory_database **ret,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr);
/* A new file with a database of that state; CVG_E_EXISTS where there is a file. */
int memory_world_make(const char *place, const struct memory_state *state,
                      enum cvg_store_fault *ret_fault, struct cvg_error *reterr);

/* False: another engine has a transaction open. */
bool memory_world_claim(struct memory_database *database, const void *writer);
void memory_world_unclaim(struct memory_database *database);

/* What is committed now; give it back with memory_state_leave. */
struct memory_state *memory_state_hold(struct memory_database *database);
void memory_state_leave(struct memory_state *state); /* takes NULL */
struct memory_state *memory_state_copy(const struct memory_state *state);
/* Takes the state over as the committed one. */
void memory_state_commit(struct memory_database *database, struct memory_state *state);

/* Rows of one's own. */
const struct cvg_record *memory_row_record(const struct cvg_record *from);
const struct cvg_change *memory_row_change(const struct cvg_change *from, uint64_t number);
const struct cvg_note *memory_row_note(const struct cvg_note *from);
const struct cvg_chain_signed *memory_row_checkpoint(const struct cvg_chain_signed *from);

#endif
