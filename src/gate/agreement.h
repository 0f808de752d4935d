/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Agreement on one revision: every check that a gate looks at, and whose reading names a revision,
 * must name the same one. Which one: the subject's, where it has one; else what the declared plane
 * says, else what the first check says. A reading that cannot tell names none, and the check's own
 * opinion holds the gate then. Pure; for verdict.c alone.
 */
#ifndef CVG_GATE_AGREEMENT_H
#define CVG_GATE_AGREEMENT_H

#include "gate/verdict.h"

struct cvg_agreement {
    const char *wanted; /* NULL: nothing is asked for */
    const char *whose;  /* "asked", "declared", or the name of the check that says it */
    size_t telling;     /* checks that name a revision */
    size_t apart;       /* of these, those that name another one */
    bool missing;       /* the gate insists, and nobody names any */
};

struct cvg_agreement cvg_agreement_of(const struct cvg_readiness *readiness,
                                      const struct cvg_gate_policy *policy,
                                      const struct cvg_subject *subject);
/* The check names another revision than the wanted one. */
bool cvg_agreement_is_apart(const struct cvg_agreement *agreement,
                            const struct cvg_check_view *check);
/* Of a check that is apart; texts are in the arena or borrowed from the readiness and the subject. */
struct cvg_reason cvg_agreement_reason(const struct cvg_agreement *agreement,
                                       const struct cvg_check_view *check, struct cvg_arena *arena);
/* Of one that is missing. */
struct cvg_reason cvg_agreement_missing(const struct cvg_agreement *agreement);

/* The same text; or one is the other's beginning of at least 7 digits of a commit ("1f2a3b4" and the
 * 40 digits, as Git abbreviates), also behind what Flux puts before it ("main@sha1:"). */
bool cvg_agreement_same(const char *a, const char *b);

#endif
