/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One check's view of a stack: what it asks for, counted, and what is wrong with it. Made once for each
 * document that is new, on a worker; judged as often as time passes. Owns its texts. Immutable.
 */
#ifndef CVG_PULUMI_SURVEY_H
#define CVG_PULUMI_SURVEY_H

#include "config.h"
#include "document.h"
#include "place/stillness.h"

#define CVG_PULUMI_EXAMPLES 3

/* What a check asks a stack for, with texts of its own: it goes to a worker, and a check's
 * configuration lives only as long as its run. */
struct cvg_pulumi_ask {
    const char **patterns;
    const char **outputs;
    size_t pattern_count, output_count;
};

/* Some of many: how many, and the first of them, printable: "TYPE::NAME". */
struct cvg_pulumi_some {
    size_t count;
    const char *first[CVG_PULUMI_EXAMPLES]; /* NULL behind the last */
};

struct cvg_pulumi_survey {
    unsigned char digest[CVG_PLACE_DIGEST]; /* of the JSON */
    uint32_t is_export, deployed, integrity_error, reserved;
    const char *stack, *pulumi_version, *time_text; /* printable */
    int64_t time;
    size_t resources;
    const size_t *found; /* of each pattern: how many are there for good */
    /* Of the whole stack where the check names no resources, else of those. */
    struct cvg_pulumi_some deleting, replacing, tainted, init_failed;
    struct cvg_pulumi_some pending;                 /* of the whole stack */
    const struct cvg_pulumi_output *const *outputs; /* of each that is asked for; NULL: not there */
};

/* All in the arena; NULL where that is full. */
struct cvg_pulumi_ask *cvg_pulumi_ask_make(const struct cvg_pulumi_check_config *config,
                                           struct cvg_kit_arena *arena);
/* Nonzero where both ask for the same. */
int cvg_pulumi_ask_same(const struct cvg_pulumi_ask *one, const struct cvg_pulumi_ask *other);
/* Everything in *ret lives in the arena, also what comes from the stack. 0; -1: the arena is full. */
int cvg_pulumi_survey_make(const struct cvg_pulumi_ask *ask, const struct cvg_pulumi_stack *stack,
                           struct cvg_kit_arena *arena, struct cvg_pulumi_survey *ret);

#endif
