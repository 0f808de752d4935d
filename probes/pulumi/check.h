/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check of a stack, and the place that it is read from. Each run looks; what is new is read and
 * counted on a worker, what is not is judged from the survey of before. The host remembers: each
 * reading is judged from what is recalled at that moment, so that what somebody accepted counts at
 * once. The source's thread.
 *
 *   idle → looking → (new bytes) reading, on a worker → judged, idle
 *                  → (nothing new, absent, a fault)   → judged, idle
 */
#ifndef CVG_PULUMI_CHECK_H
#define CVG_PULUMI_CHECK_H

#include "config.h"
#include "layout.h"

#include <convergate/module.h>

struct cvg_pulumi_source {
    const struct cvg_host *host;
    struct cvg_source *handle;
    const struct cvg_pulumi_source_config *config;
    const struct cvg_place_kind *kind;
    struct cvg_place_settings settings;
    struct cvg_pulumi_layout layout;
    void *place;
};

struct cvg_pulumi_check;

struct cvg_pulumi_check *cvg_pulumi_check_new(struct cvg_pulumi_source *source,
                                              struct cvg_check *handle);
void cvg_pulumi_check_free(struct cvg_pulumi_check *check);
void cvg_pulumi_check_run(struct cvg_pulumi_check *check, struct cvg_run *run,
                          const struct cvg_run_inputs *inputs);
/* The run is over without a word. */
void cvg_pulumi_check_cancel(struct cvg_pulumi_check *check);

#endif
