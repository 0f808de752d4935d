/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A check: its question, and what is remembered of it by the host. Each reading is judged from what
 * is recalled at that moment, so that what somebody accepted counts at once. The source's thread.
 */
#ifndef CVG_TF_CHECK_H
#define CVG_TF_CHECK_H

#include "source.h"

struct cvg_tf_check;

/* NULL: refused. config lives as long as the check. */
struct cvg_tf_check *cvg_tf_check_new(struct cvg_tf_source *source, struct cvg_check *handle,
                                      const struct cvg_tf_check_config *config,
                                      cvg_tf_refuse_key *refuse, void *arg);
void cvg_tf_check_free(struct cvg_tf_check *check);
void cvg_tf_check_run(struct cvg_tf_check *check, struct cvg_run *run,
                      const struct cvg_run_inputs *inputs);
void cvg_tf_check_cancel(struct cvg_tf_check *check);

#endif
