/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every engine must do: store/engine.h as tests. A program runs them over its engine, and whatever
 * passes can take SQLite's place. Each test has a place of its own in a new folder.
 */
#ifndef CVG_TEST_STORE_CONFORMANCE_H
#define CVG_TEST_STORE_CONFORMANCE_H

#include "folder.h"

#include "store/engine.h"

/* Runs all of them; how many failed. */
int conformance_run(const char *name, const struct cvg_engine_kind *kind);

/* ---- for the tests of engines ---- */

/* What a test works with; *state is one. */
struct conformance {
    const struct cvg_engine_kind *kind;
    struct folder folder;
    char place[96];
    struct cvg_engine *engine;  /* open */
    enum cvg_store_fault fault; /* of the last call that failed */
    struct cvg_error error;
};

/* For cmocka: *state is the kind before and the world after. */
int conformance_setup(void **state);
int conformance_teardown(void **state);

/* Fails the test, with the engine's own words, where rc is negative. */
#define conformance_ok(world, rc) conformance_check((world), (rc), #rc, __FILE__, __LINE__)
void conformance_check(struct conformance *world, int rc, const char *call, const char *file,
                       int line);

void conformance_reopen(struct conformance *world, bool read_only);

/* A record whose texts are all there; the hash is made of the number. */
struct cvg_record conformance_record(uint64_t number, const char *id);
struct cvg_change conformance_change(int64_t at, uint32_t kind, const char *name);
int conformance_add(struct conformance *world, const struct cvg_record *record);
/* Records first..last, each in its place, in one transaction. */
void conformance_fill(struct conformance *world, uint64_t first, uint64_t last);
/* How many records there are, counted by a walk. */
size_t conformance_count(struct conformance *world);
struct cvg_chain_signed conformance_checkpoint(uint64_t number);

/* Queries against a model of them (conformance_query.c). */
void conformance_records_as_the_model(void **state);
void conformance_changes_as_the_model(void **state);
void conformance_pages_by_cursor(void **state);

#endif
