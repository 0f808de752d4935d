/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HCP Terraform and Terraform Enterprise answer (JSON:API; hashicorp/go-tfe workspace.go, run.go,
 * state_version.go). Members that are not known are checked and skipped; texts are cut to nothing where
 * they do not fit, so an answer of anything else has no id. Pure; any thread.
 */
#ifndef CVG_TF_REMOTE_DECODE_H
#define CVG_TF_REMOTE_DECODE_H

#include "place/place.h"

#define CVG_TF_REMOTE_ID 80

struct cvg_tf_remote_workspace {
    char id[CVG_TF_REMOTE_ID];
    int locked, assessments; /* 1, 0; -1: not told */
    /* "" none */
    char run[CVG_TF_REMOTE_ID], state_version[CVG_TF_REMOTE_ID];
    char locked_by[CVG_TF_REMOTE_ID], locked_by_type[24];
};

struct cvg_tf_remote_version {
    char id[CVG_TF_REMOTE_ID];
    char serial[24], status[24]; /* "" not told */
    char url[4096];              /* where the raw state is; a secret. "" none */
    int64_t created_at;          /* wall; 0: not told */
};

struct cvg_tf_remote_run {
    char id[CVG_TF_REMOTE_ID]; /* "" there is no run */
    char status[48];
    int has_changes, is_destroy, plan_only; /* 1, 0; -1: not told */
    int is_targeted, began_apply;
};

struct cvg_tf_remote_assessment {
    char id[CVG_TF_REMOTE_ID];
    int succeeded, drifted;           /* 1, 0; -1: not told */
    int64_t failed, errored, unknown; /* checks; -1: not told */
    int64_t resources_drifted;        /* -1: not told */
    int64_t made_at;                  /* wall; 0: not told */
};

/* Each 0; -1: the answer is not of that. */
int cvg_tf_remote_workspace_read(const char *bytes, size_t length,
                                 struct cvg_tf_remote_workspace *ret);
int cvg_tf_remote_version_read(const char *bytes, size_t length, struct cvg_tf_remote_version *ret);
int cvg_tf_remote_run_read(const char *bytes, size_t length, struct cvg_tf_remote_run *ret);
/* Of a list, newest first, the one that counts: not a plan alone, not a health assessment, and not one
 * that waits for another. Without such a one ret has no id. */
int cvg_tf_remote_runs_read(const char *bytes, size_t length, struct cvg_tf_remote_run *ret);
int cvg_tf_remote_assessment_read(const char *bytes, size_t length,
                                  struct cvg_tf_remote_assessment *ret);
/* The serial of a raw state, as it stands there; "" where none is found. */
void cvg_tf_remote_serial(const char *bytes, size_t length, char *ret, size_t size);

/* What a run and an assessment say about the workspace; see remote_word.c. */
void cvg_tf_remote_run_word(const struct cvg_tf_remote_run *run, struct cvg_place_word *ret);
void cvg_tf_remote_assessment_word(const struct cvg_tf_remote_assessment *assessment,
                                   struct cvg_place_word *ret);
/* A run that does something, or will when it is told to. */
int cvg_tf_remote_is_open(const struct cvg_tf_remote_run *run);

#endif
