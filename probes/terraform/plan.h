/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `terraform show -json PLANFILE`, reduced to what it would do: counts and addresses of managed
 * changes, drift, checks; no value of it is ever read. Pure; any thread.
 */
#ifndef CVG_TF_PLAN_H
#define CVG_TF_PLAN_H

#include "state.h"

struct cvg_tf_plan {
    const char *format_version, *terraform_version;
    size_t creates, updates, deletes, replaces, others,
        reads;             /* managed; unknown words are others */
    size_t output_changes; /* 0 for format 0.1, which lists all */
    size_t drifted, deferred;
    const char *first_change, *first_drift; /* an address; "" */
    const struct cvg_tf_check_result *checks;
    size_t check_count;
    uint32_t errored;  /* 1: true */
    uint32_t complete; /* 0 false, 1 true, CVG_ABSENT_UINT absent, which is not false */
    int64_t made_at;   /* wall; 0: not told */
};

int cvg_tf_plan_read(const char *text, size_t length, struct cvg_kit_arena *arena,
                     struct cvg_tf_plan *ret, struct cvg_tf_refusal *ret_refusal);

#endif
