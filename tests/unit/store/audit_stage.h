/* SPDX-License-Identifier: Apache-2.0 */
/* A store as a daemon leaves it, made by hand over any engine, to be damaged and audited. Whatever
 * fails ends the test. */
#ifndef CVG_TEST_AUDIT_STAGE_H
#define CVG_TEST_AUDIT_STAGE_H

#include "folder.h"
#include "memory_engine.h"
#include "store/audit.h"

#define AUDIT_ROWS 20

struct audit_stage {
    struct folder folder;
    struct cvg_audit_options options; /* over the engine in memory, until a test says otherwise */
    struct cvg_ed25519 *key;
    struct cvg_head_file *head;
    struct cvg_engine *engine;
    struct cvg_chain_point points[CVG_STORE_CHECKPOINTS + 2 * AUDIT_ROWS]; /* by number; 0: begin */
    const char *actor; /* of rows that are added; NULL: "token:ci" */
    char head_path[120], key_path[120];
};

/* For cmocka; *state is a struct audit_stage. */
int audit_stage_set_up(void **state);
int audit_stage_tear_down(void **state);

/* The daemon starts, and so many rows are acknowledged. */
void audit_stage_begin(struct audit_stage *stage, uint64_t rows);
/* Commits the row after that of number - 1. */
void audit_stage_add_row(struct audit_stage *stage, uint64_t number);
void audit_stage_write_head(struct audit_stage *stage, const struct cvg_ed25519 *key,
                            uint64_t number);
void audit_stage_prune(struct audit_stage *stage, const struct cvg_ed25519 *key, uint64_t number);
/* The daemon ends; the key is still known. */
void audit_stage_end(struct audit_stage *stage);

struct cvg_audit_report audit_stage_verify(const struct audit_stage *stage);
/* The problem, without the folder's name; "": none. Lives until the next call. */
const char *audit_stage_problem(const struct audit_stage *stage);

#endif
