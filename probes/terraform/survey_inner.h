/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the survey share. A full arena is seen by who began it. */
#ifndef CVG_TF_SURVEY_INNER_H
#define CVG_TF_SURVEY_INNER_H

#include "survey.h"

/* One more of them; only the first few are written down, printable. */
void cvg_tf_some_add(struct cvg_tf_some *some, struct cvg_kit_arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void cvg_tf_survey_outputs(const struct cvg_tf_check_config *config,
                           const struct cvg_tf_state *state, struct cvg_kit_arena *arena,
                           struct cvg_tf_survey *ret);
/* Of a state or a plan. */
void cvg_tf_survey_checks(const struct cvg_tf_check_config *config,
                          const struct cvg_tf_check_result *checks, size_t count,
                          struct cvg_kit_arena *arena, struct cvg_tf_survey *ret);

#endif
