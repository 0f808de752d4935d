/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding: a reading with the memory of all its texts beside it, so that judging allocates
 * nothing. What does not fit is left out (facts) or cut (texts). It points into itself, so it is
 * never copied. One owner, no locks.
 */
#ifndef CVG_PROM_FINDING_H
#define CVG_PROM_FINDING_H

#include "kit/text.h"
#include "reason.h"

#include <convergate/reading.h>

#define CVG_PROM_FACT_LIMIT 16

struct cvg_prom_finding {
    struct cvg_reading reading;
    uint32_t partial;
    char warning[256];
    char message[640], observed[64], expected[64];
    struct cvg_fact facts[CVG_PROM_FACT_LIMIT];
    size_t store_used;
    char store[2048]; /* names and texts of the facts */
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_prom_reason_code(enum cvg_prom_reason reason);

/* Empties it. */
void cvg_prom_finding_begin(struct cvg_prom_finding *finding);
/* Sets status, fault and reason; the message is to be written into the returned text, which
 * borrows the finding. */
struct cvg_kit_text cvg_prom_finding_say(struct cvg_prom_finding *finding, uint32_t status,
                                         uint32_t fault, enum cvg_prom_reason reason);
/* Empties it; unknown, with these words. */
void cvg_prom_finding_unknown(struct cvg_prom_finding *finding, uint32_t fault,
                              enum cvg_prom_reason reason, const char *words);

/* kind: enum cvg_fact_kind. Name and words are copied. */
void cvg_prom_finding_fact(struct cvg_prom_finding *finding, const char *name, const char *words,
                           uint32_t kind);
/* A finite number. */
void cvg_prom_finding_number(struct cvg_prom_finding *finding, const char *name, double value);
void cvg_prom_finding_count(struct cvg_prom_finding *finding, const char *name, size_t count);

/* The status that enum cvg_prom_stand_in (config.h) names. */
uint32_t cvg_prom_stand_in(uint32_t choice);

#endif
