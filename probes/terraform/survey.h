/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One check's view of a state: what it wants, counted. Made once for each state that is new (on a
 * worker: a state may have 100,000 resources), judged as often as time passes. Owns its texts, so that
 * the state it was made from may go. Immutable.
 */
#ifndef CVG_TF_SURVEY_H
#define CVG_TF_SURVEY_H

#include "config.h"
#include "kit/arena.h"
#include "plan.h"
#include "state.h"

#define CVG_TF_EXAMPLES 3

/* Some of many: how many, and the first addresses, printable. */
struct cvg_tf_some {
    size_t count;
    const char *first[CVG_TF_EXAMPLES]; /* NULL behind the last */
};

struct cvg_tf_survey {
    const char *terraform_version, *lineage, *serial; /* "" of plans and `show -json` */
    uint64_t serial_number;
    uint32_t has_serial, is_plan;
    unsigned char digest[32];    /* SHA-256 of the document's bytes; the caller's to fill */
    size_t resources, instances; /* of the whole state, managed; those that are there */
    size_t wanted, present; /* parts of what the check wants: patterns' counts, outputs, checks */
    /* Wanted and not there: "module.network", "aws_instance.web (2 of 3)". Tainted ones are not. */
    struct cvg_tf_some missing;
    struct cvg_tf_some surplus; /* more than `count` */
    /* Of the whole state where the check names no resources, else of those. */
    struct cvg_tf_some tainted, deposed;
    /* Entries without instances, all over the state; but where one is wanted, it is missing. */
    struct cvg_tf_some bare;
    /* Names only, never values. Secret: sensitive, and wanted to be something. */
    struct cvg_tf_some outputs_missing, outputs_empty, outputs_differ, outputs_secret;
    /* Failed ones of all; missing ones of those that are wanted; unknown ones of those, and of all
     * where the check names neither checks nor resources. */
    struct cvg_tf_some checks_failed, checks_unknown, checks_missing;
    const struct cvg_tf_output
        *outputs; /* wanted and found; text NULL where it is not to be served */
    size_t output_count;
    const struct cvg_tf_plan *plan; /* of plan evidence; NULL */
};

/* Everything in *ret lives in the arena, nothing in the state. 0; -1: the arena is full. */
int cvg_tf_survey_state(const struct cvg_tf_check_config *config, const struct cvg_tf_state *state,
                        struct cvg_kit_arena *arena, struct cvg_tf_survey *ret);
int cvg_tf_survey_plan(const struct cvg_tf_check_config *config, const struct cvg_tf_plan *plan,
                       struct cvg_kit_arena *arena, struct cvg_tf_survey *ret);

#endif
