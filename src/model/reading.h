/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reading that is kept: one immutable block with everything in it, shared by reference between
 * the deciding thread and published snapshots. References may be dropped on any thread.
 */
#ifndef CVG_MODEL_READING_H
#define CVG_MODEL_READING_H

#include "base/macros.h"

#include <convergate/reading.h>

/* Ceilings; what is longer is cut at a character's end with "...", surplus facts are dropped and
 * the fact "facts_dropped" says how many. */
#define CVG_READING_TEXT_LIMIT 1024
#define CVG_READING_FACT_LIMIT 64

struct cvg_kept_reading;

/* Copies. A reading that breaks the contract (no reason, unknown status, a fault beside a known
 * status, observed_at in the future) is kept as CVG_UNKNOWN with reason "ModuleFault" and a
 * message that says what was wrong. now: also observed_at where the module gave none. */
struct cvg_kept_reading *cvg_reading_keep(const struct cvg_reading *reading, int64_t now);
struct cvg_kept_reading *cvg_reading_ref(struct cvg_kept_reading *kept);
void cvg_reading_unref(struct cvg_kept_reading *kept); /* takes NULL */
const struct cvg_reading *cvg_reading_get(const struct cvg_kept_reading *kept);
/* Same status, reason, message, value, revision and facts: nothing that people see changed. */
int cvg_reading_same(const struct cvg_reading *a, const struct cvg_reading *b);
/* The fact's text, or NULL. */
const char *cvg_reading_fact(const struct cvg_reading *reading, const char *name);

const char *cvg_status_text(uint32_t status); /* "ready" */
const char *cvg_plane_text(uint32_t plane);   /* "declared" */
const char *cvg_fault_text(uint32_t fault);   /* "timeout" */

#endif
