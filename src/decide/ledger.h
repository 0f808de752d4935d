/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of decisions given to subjects: one record for each change of verdict or reasons, so
 * that a tool which asks every second makes one record and not thousands. Holds the latest
 * record of at most CVG_LEDGER_LIMIT subjects in memory, the longest untouched goes first. Of
 * subjects and reasons only digests are kept: what callers send takes no memory here.
 *
 * Where records are rows of a store, a record that is being committed counts as the latest, so that
 * a repeated question waits for the same row; what could not be committed is forgotten, and what
 * stood before it counts again.
 * Deciding thread.
 */
#ifndef CVG_DECIDE_LEDGER_H
#define CVG_DECIDE_LEDGER_H

#include "gate/verdict.h"
#include "record/record.h"

#define CVG_LEDGER_LIMIT 16384
#define CVG_LEDGER_ID    CVG_RECORD_ID

struct cvg_ledger;

struct cvg_ledger *cvg_ledger_new(void);
void cvg_ledger_free(struct cvg_ledger *ledger); /* takes NULL */

/* Who asks what. */
struct cvg_ledger_question {
    const char *environment, *gate;
    const struct cvg_subject *subject;
};

/* Digests of who asks what, and of verdict and reasons. They stand in the store's rows. */
struct cvg_ledger_key {
    unsigned char question[CVG_SHA256_SIZE], outcome[CVG_SHA256_SIZE];
};

void cvg_ledger_key(const struct cvg_ledger_question *question, const struct cvg_decision *decision,
                    struct cvg_ledger_key *ret);

enum cvg_ledger_place {
    CVG_LEDGER_NEW = 0,   /* the latest record of that question is of another outcome, or none */
    CVG_LEDGER_RECORDED,  /* it is this one */
    CVG_LEDGER_COMMITTING /* it will be this one, if it can be committed */
};

/* RECORDED: the record's id. COMMITTING: what was given to cvg_ledger_begin. */
enum cvg_ledger_place cvg_ledger_find(struct cvg_ledger *ledger, const struct cvg_ledger_key *key,
                                      char ret_id[CVG_LEDGER_ID], void **ret_commit);
/* Begins a record; commit is the caller's, not NULL, and ends with one of the two below. */
void cvg_ledger_begin(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, void *commit);
/* It is recorded. commit NULL: without a begin. */
void cvg_ledger_commit(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, const char *id,
                       const void *commit);
void cvg_ledger_forget(struct cvg_ledger *ledger, const struct cvg_ledger_key *key,
                       const void *commit);
/* A record of before the start, from the newest to the oldest: counts where nothing newer is known
 * of its question. False: there is no room for more. */
bool cvg_ledger_recall(struct cvg_ledger *ledger, const struct cvg_ledger_key *key, const char *id);

size_t cvg_ledger_count(const struct cvg_ledger *ledger);

#endif
