/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From answers to a finding (finding.h).
 *
 * Rules, in the order in which they are looked at:
 *
 *   a fault in any answer               unknown, with that fault
 *   samples too old, or none            unknown, SamplesTooOld
 *   volume is not one number            unknown, VolumeUnknown
 *   volume below at_least               on_low_volume, LowVolume (unknown on partial data)
 *   no series                           on_empty, NoData (unknown on partial data)
 *   several series with reduce: single  unknown, ManySeries
 *   NaN                                 unknown, NotANumber
 *   `ready` holds                       ready, ConditionMet
 *   `degraded` holds                    degraded, InDegradedRange
 *   neither                             failed, ConditionNotMet
 *
 * An infinite value can only breach: where a condition takes it, the check is unknown, NotFinite.
 * Partial data turns ready into degraded, PartialData, and leaves the rest as it is.
 * Pure; any thread.
 */
#ifndef CVG_PROM_JUDGE_H
#define CVG_PROM_JUDGE_H

#include "answer.h"
#include "config.h"
#include "finding.h"
#include "part.h"

/* config and the answer's body are borrowed for the call, config's texts as long as the finding. */
void cvg_prom_judge(const struct cvg_prom_check_config *config, const struct cvg_prom_plan *plan,
                    const struct cvg_prom_answer *answer, struct cvg_prom_finding *ret);
void cvg_prom_judge_volume(const struct cvg_prom_answer *answer, struct cvg_prom_part *ret);
void cvg_prom_judge_age(const struct cvg_prom_check_config *config,
                        const struct cvg_prom_answer *answer, struct cvg_prom_part *ret);
/* Holds the finding against its guards; NULL where the check has none of that kind. */
void cvg_prom_conclude(const struct cvg_prom_check_config *config,
                       const struct cvg_prom_part *volume, const struct cvg_prom_part *age,
                       struct cvg_prom_finding *finding);

#endif
