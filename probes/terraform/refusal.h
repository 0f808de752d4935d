/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why evidence of infrastructure code cannot be used, each with a name of its own, so that people
 * know what to mend. Never holds words of the document: they may be secrets.
 */
#ifndef CVG_TF_REFUSAL_H
#define CVG_TF_REFUSAL_H

#include <stddef.h>

enum cvg_tf_refusal_kind {
    CVG_TF_FINE = 0,
    CVG_TF_EMPTY,         /* 0 bytes or white space: being written, or a lock's placeholder */
    CVG_TF_TORN,          /* a prefix of a document: being written */
    CVG_TF_NOT_JSON,      /* broken in another way: position told */
    CVG_TF_DUPLICATE_KEY, /* the writer's reader keeps the last, which may hide a taint */
    CVG_TF_TOO_LARGE,     /* size, depth, string length, counts */
    CVG_TF_NOT_A_STATE,   /* JSON of something else */
    CVG_TF_VERSION,       /* version other than 4 */
    CVG_TF_BACKEND_FILE,  /* .terraform/terraform.tfstate: settings, no state */
    CVG_TF_PLAN_GIVEN,    /* a plan where a state is expected */
    CVG_TF_STATE_GIVEN,   /* a state where a plan is expected */
    CVG_TF_SHOW_GIVEN,    /* show -json where a raw state is expected */
    CVG_TF_ENCRYPTED,     /* by OpenTofu or sops */
    CVG_TF_HTML,          /* a login page */
    CVG_TF_COMPRESSED,    /* gzip, zip (binary plan) */
    CVG_TF_NOT_UTF8,      /* UTF-16, byte order mark, bad bytes */
    CVG_TF_BAD_CONTENT,   /* a field that is not what the format says; the field's path is told */
    CVG_TF_REFUSALS
};

struct cvg_tf_refusal {
    enum cvg_tf_refusal_kind kind;
    char where[160]; /* "resources[3].instances[0].status", "offset 4096"; printable; "" */
};

/* The reason code ("StateEncrypted") and what to do, in a sentence. */
const char *cvg_tf_refusal_reason(enum cvg_tf_refusal_kind kind);
const char *cvg_tf_refusal_text(enum cvg_tf_refusal_kind kind);

#endif
