/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger of decisions given to subjects: one record for each change of verdict or reasons, so
 * that a tool which asks every second makes one record and not thousands. Holds the latest
 * record of at most CVG_LEDGER_LIMIT subjects in memory, the longest untouched goes first. Of
 * subjects and reasons only digests are kept: what callers send takes no memory here.
 * Deciding thread.
 */
#ifndef CVG_DECIDE_LEDGER_H
#define CVG_DECIDE_LEDGER_H

#include "gate/verdict.h"

#define CVG_LEDGER_LIMIT 4096
#define CVG_LEDGER_ID    37 /* a UUID of version 7, with its NUL */

struct cvg_ledger;

struct cvg_ledger *cvg_ledger_new(void);
void cvg_ledger_free(struct cvg_ledger *ledger); /* takes NULL */

/* Who asks what. */
struct cvg_ledger_question {
    const char *environment, *gate;
    const struct cvg_subject *subject;
};

/* Writes the id of the record that stands for this decision; returns true when it is a new one. */
bool cvg_ledger_record(struct cvg_ledger *ledger, const struct cvg_ledger_question *question,
                       const struct cvg_decision *decision, int64_t wall_ns,
                       char ret_id[CVG_LEDGER_ID]);
size_t cvg_ledger_count(const struct cvg_ledger *ledger);

#endif
