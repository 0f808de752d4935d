/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit chain read from outside: verifying, reading and sealing a store's file with no daemon
 * running (or beside one: reading disturbs nobody). Any thread.
 */
#ifndef CVG_STORE_AUDIT_H
#define CVG_STORE_AUDIT_H

#include "store/engine.h"
#include "store/head.h"

struct cvg_audit_options {
    const char *file;
    const struct cvg_engine_kind *engine;   /* NULL: cvg_engine_sqlite */
    const struct cvg_chain_point *expected; /* a head that was noted elsewhere; NULL: none */
    /* Now and then, for a progress line; may be NULL. */
    void (*progress)(void *ctx, uint64_t number, uint64_t of);
    void *ctx;
};

struct cvg_audit_report {
    uint64_t first, last, rows; /* numbers of the rows that were read; first 0: none */
    uint64_t checkpoints;
    uint64_t pruned_up_to;        /* 0: nothing was */
    struct cvg_chain_point head;  /* of the chain as it is */
    uint64_t unacknowledged;      /* rows after the head file's head */
    char problem[CVG_ERROR_TEXT]; /* "": the chain is whole and agrees with its head */
};

/* Fails where the file or its head cannot be read. Everything that is wrong with what is in it
 * is the report's problem, the first one found, with the row's number: an edit, a gap, another
 * order, a cut, a head or a checkpoint whose signature is not the key's, rows that `expected` or
 * the head file know and that are not there, no head file. The key is FILE.key's, which must be
 * the head's too; where there is none (a backup) it is the one beside the head's signature. */
CVG_NODISCARD int cvg_audit_verify(const struct cvg_audit_options *options,
                                   struct cvg_audit_report *ret, struct cvg_error *reterr);

/* Every row that is there, oldest first, with its body, number and hash. */
CVG_NODISCARD int cvg_audit_walk(const struct cvg_audit_options *options, cvg_see_record *see,
                                 void *ctx, struct cvg_error *reterr);

/* After rows were lost for good: adds a row (action "seal", with who, why, and the head that was
 * expected in its body) after the last one that is there and makes it the head. options->file
 * and engine are looked at. Refused (CVG_E_REFUSED) where nothing is lost, CVG_E_EXISTS where
 * the store is in use, CVG_E_INVALID where the chain that is there is not whole, or actor or why
 * is empty, too long or not UTF-8. */
CVG_NODISCARD int cvg_audit_seal(const struct cvg_audit_options *options, const char *actor,
                                 const char *why, struct cvg_chain_point *ret,
                                 struct cvg_error *reterr);

#endif
