/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a lock says about itself: the JSON that Terraform leaves beside a state (hashicorp/terraform
 * internal/states/statemgr/locker.go). A note that cannot be read is a lock all the same. Pure.
 */
#ifndef CVG_TF_LOCK_H
#define CVG_TF_LOCK_H

#include <stddef.h>
#include <stdint.h>

struct cvg_tf_lock {
    uint32_t state;   /* enum cvg_place_lock */
    uint32_t is_plan; /* OperationTypePlan, or a refresh: nothing is being changed */
    char id[64], operation[48], who[128], version[24]; /* printable; "": not told */
    int64_t created_at; /* wall; 0: not told, zero, or in the future */
};

/* Fills all but state. */
void cvg_tf_lock_read(const char *note, size_t length, int64_t wall, struct cvg_tf_lock *ret);

#endif
