/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading that is kept: one immutable block with everything in it, shared by reference between
 * the deciding thread and published snapshots. References may be dropped on any thread.
 */
#ifndef CVG_MODEL_READING_H
#define CVG_MODEL_READING_H

#include "base/macros.h"

#include <convergate/reading.h>

#include <stdbool.h>

/* Ceilings; what is longer is cut at a character's end with "...". Facts that are over the limit,
 * named twice, or not what convergate/reading.h says are dropped, and a last fact "facts_dropped"
 * says how many. Text that is not printable UTF-8 has '?' in its place. */
#define CVG_READING_TEXT_LIMIT 1024
#define CVG_READING_FACT_LIMIT 64
#define CVG_READING_CODE_LIMIT 128

struct cvg_kept_reading;

/* Copies; optional texts that the module did not give are NULL. A reading that breaks the contract
 * (no reason or none that is one word of letters, digits, '_', ',' or ':'; a status or fault that
 * does not exist; a fault beside a known status; observed_at in the future) is kept as CVG_UNKNOWN
 * without facts, with reason "ModuleFault" and a message that says what was wrong. now: also
 * observed_at where the module gave none. The reference is the caller's. */
struct cvg_kept_reading *cvg_reading_keep(const struct cvg_reading *reading, int64_t now);
/* The same, of a run that was asked with facts of other checks. inputs: a digest of these facts, not
 * 0, the same over restarts: readings with different ones are of different things. */
struct cvg_kept_reading *cvg_reading_keep_asked(const struct cvg_reading *reading, uint64_t inputs,
                                                int64_t now);
/* 0: it was asked with none. */
uint64_t cvg_reading_inputs(const struct cvg_kept_reading *kept);
struct cvg_kept_reading *cvg_reading_ref(struct cvg_kept_reading *kept); /* takes NULL */
void cvg_reading_unref(struct cvg_kept_reading *kept);                   /* takes NULL */
const struct cvg_reading *cvg_reading_get(const struct cvg_kept_reading *kept);
/* All but the times and sizes: nothing that people see changed. */
int cvg_reading_same(const struct cvg_reading *a, const struct cvg_reading *b);
/* The same facts in the same order, whatever their flags: whoever takes them as inputs is told nothing new. */
bool cvg_reading_same_facts(const struct cvg_reading *a, const struct cvg_reading *b);
/* The fact's text, or NULL. */
const char *cvg_reading_fact(const struct cvg_reading *reading, const char *name);

/* "unknown" and "none" for numbers that do not exist. */
const char *cvg_status_text(uint32_t status); /* "ready" */
const char *cvg_plane_text(uint32_t plane);   /* "declared" */
const char *cvg_fault_text(uint32_t fault);   /* "timeout" */

#endif
