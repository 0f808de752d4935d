/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store in a folder of its own, over the engine in memory, and rows for it. Each test has its
 * own stand; everything waits for a state with a deadline.
 */
#ifndef CVG_TEST_STAND_H
#define CVG_TEST_STAND_H

#include "memory_engine.h"

#include "store/store.h"

#define STAND_DEADLINE_S 20

struct stand {
    char folder[64], file[96];
    struct cvg_store *store;
    struct cvg_store_options options;
    _Atomic unsigned changed; /* calls of `changed` */
};

/* What was said to an append. */
struct told {
    _Atomic unsigned times;
    _Atomic int rc;
    _Atomic uint64_t number;
    _Atomic uint64_t turn; /* the how manieth of all that were told */
    char id[CVG_RECORD_ID];
};

void stand_make(struct stand *stand);
/* Opens the store, which must not fail. */
void stand_open(struct stand *stand);
void stand_close(struct stand *stand);
void stand_free(struct stand *stand);

/* An ordinary decision; texts are static, the id is the caller's. */
struct cvg_record stand_record(const char *id);
struct cvg_change stand_change(const char *environment, const char *name, int64_t at);
/* Appends one with an id of its own. */
void stand_append(struct stand *stand, struct told *told);
void stand_done(void *ctx, int rc, const struct cvg_chain_point *point);
/* Asserts that it happens. */
void stand_wait_told(struct told *told, size_t count);
void stand_wait_available(struct stand *stand, bool available);
void stand_wait_held(struct stand *stand, enum memory_call call);
void stand_wait(bool (*is_so)(void *ctx), void *ctx, const char *what);
/* Asserts that the chain is whole and the head its end; returns how many rows there are. */
uint64_t stand_verify(const struct stand *stand);
/* Whether the row is there, asked of the store. */
bool stand_has(struct stand *stand, const char *id);
struct cvg_store_status stand_status(struct stand *stand);

#endif
