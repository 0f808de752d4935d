/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about the place of a state or plan, and about a check of it. The tables are
 * in config.c. Constant while their source or check lives; any thread.
 */
#ifndef CVG_TF_CONFIG_H
#define CVG_TF_CONFIG_H

#include <convergate/field.h>

/* What the place holds. */
enum cvg_tf_content {
    CVG_TF_CONTENT_STATE = 0, /* the raw state, version 4 */
    CVG_TF_CONTENT_SHOW,      /* `terraform show -json` of a state */
    CVG_TF_CONTENT_PLAN,      /* `terraform show -json PLANFILE` */
};

struct cvg_tf_source_config {
    const char *backend; /* the kind's name: local, http, s3, ...; see backend.h */
    uint32_t content;    /* enum cvg_tf_content */
    uint32_t path_style, use_lockfile;
    const char *
        path; /* local: the file, or the directory that has terraform.tfstate and its workspaces; http: below
                         url; consul: the key */
    const char *workspace;     /* NULL: "default" */
    const char *workspace_dir; /* local: terraform.tfstate.d */
    /* s3, gcs, azurerm */
    const char *bucket, *key, *prefix; /* prefix: of workspaces ("env:"), of gcs */
    const char *dynamodb_table, *dynamodb_url;
    const char *container;
    const struct cvg_secret *sas;
    /* kubernetes, through a source of that type (via) or the endpoint's own keys */
    const char *namespace, *secret_suffix;
    /* remote: HCP Terraform, Terraform Enterprise */
    const char *organization;
    int64_t limit; /* bytes of a document: 256 MiB */
};

struct cvg_tf_want_resource {
    const char *address; /* see pattern.h */
    int64_t count;       /* exactly; CVG_ABSENT_INT: at least one */
    int64_t at_least;
};

struct cvg_tf_want_output {
    const char *name;             /* or a path into it: lb.hostname */
    const char *equals, *matches; /* NULL; never looked at where the output is sensitive */
    uint32_t allow_empty;
    uint32_t serve; /* 1: its value becomes the fact outputs.NAME, unless it is sensitive */
};

enum cvg_tf_lock_policy {
    CVG_TF_LOCK_WAIT = 0,
    CVG_TF_LOCK_IGNORE
};

enum cvg_tf_blemish { /* what deposed objects and drift count as */
    CVG_TF_BLEMISH_FAILED = 0,
    CVG_TF_BLEMISH_DEGRADED,
    CVG_TF_BLEMISH_UNKNOWN,
    CVG_TF_BLEMISH_IGNORE
};

struct cvg_tf_check_config {
    struct cvg_list resources; /* struct cvg_tf_want_resource */
    struct cvg_list outputs;   /* struct cvg_tf_want_output */
    struct cvg_list checks;    /* const char *: addresses of check_results; "all" */
    int64_t serial_at_least;   /* CVG_ABSENT_INT; up to INT64_MAX */
    int64_t max_change_age; /* the state was last written at most this long ago; CVG_ABSENT_INT */
    int64_t settle;         /* unchanged and unlocked so long before it is ready: 30 s */
    int64_t grace;          /* torn or empty so long is still being written: 45 s */
    int64_t
        ignore_plan_locks; /* locks of plans younger than this do not count; CVG_ABSENT_INT: they do */
    uint32_t lock;         /* enum cvg_tf_lock_policy */
    uint32_t allow_empty; /* a state without resources will do */
    uint32_t deposed;     /* enum cvg_tf_blemish: failed */
    uint32_t drift;       /* degraded */
    uint32_t converged; /* 1: plan evidence, or the service's assessment, must show nothing to do */
    uint32_t targeted;  /* 1: a run that was limited to some addresses will do */
};

extern const struct cvg_field cvg_tf_source_fields[], cvg_tf_check_fields[];

/* path: the key's ("resources[2].address"). Pure; offline. */
typedef void cvg_tf_refuse_key(void *arg, const char *path, const char *text);

/* What is wrong with the keys of a source, besides what its kind of place says itself: 0 or -1. */
int cvg_tf_source_check(const struct cvg_tf_source_config *config, cvg_tf_refuse_key *refuse,
                        void *arg);
/* The same of a check. Words that refer to facts (`${...}`) are looked at only once they are
 * filled in. */
int cvg_tf_check_check(const struct cvg_tf_check_config *config,
                       const struct cvg_tf_source_config *source, cvg_tf_refuse_key *refuse,
                       void *arg);
/* Do its words refer to facts of other checks? */
int cvg_tf_check_refers(const struct cvg_tf_check_config *config);

#endif
