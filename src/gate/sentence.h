/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences of a decision for people, and how far along it is. Pure; for verdict.c alone. */
#ifndef CVG_GATE_SENTENCE_H
#define CVG_GATE_SENTENCE_H

#include "gate/verdict.h"

/* Of a decision whose verdict, counts and reasons stand. */
const char *cvg_sentence_summary(const struct cvg_decision *decision, struct cvg_arena *arena);
const char *cvg_sentence_progress(const struct cvg_readiness *readiness,
                                  const struct cvg_gate_policy *policy,
                                  const struct cvg_decision *decision, struct cvg_arena *arena);
/* Thousandths of one check's way: half of it is becoming ready, half is staying so for `rise`. */
uint32_t cvg_sentence_permille(const struct cvg_check_view *check);

#endif
