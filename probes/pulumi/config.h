/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about the place of a stack, and about a check of it. Keys that mean the same
 * as in the terraform module are named the same. Constant while their source or check lives; any
 * thread.
 */
#ifndef CVG_PULUMI_CONFIG_H
#define CVG_PULUMI_CONFIG_H

#include "kit/want.h"

#include <convergate/field.h>

enum cvg_pulumi_backend {
    CVG_PULUMI_LOCAL = 0,
    CVG_PULUMI_HTTP,
    CVG_PULUMI_S3
};

struct cvg_pulumi_source_config {
    uint32_t backend; /* enum cvg_pulumi_backend */
    uint32_t gzip, path_style;
    const char *path;    /* the document, or with stack the folder that has .pulumi; NULL */
    const char *project; /* NULL: the layout of before there were projects */
    const char *stack;   /* NULL: path is the document */
    const char *bucket;
    int64_t limit; /* bytes of a document */
};

struct cvg_pulumi_want_resource {
    const char *address; /* see pattern.h */
    int64_t count;       /* exactly; CVG_ABSENT_INT: at_least, or one */
    int64_t at_least;
};

enum cvg_pulumi_lock_policy {
    CVG_PULUMI_LOCK_WAIT = 0,
    CVG_PULUMI_LOCK_IGNORE
};

struct cvg_pulumi_check_config {
    struct cvg_list resources; /* struct cvg_pulumi_want_resource */
    struct cvg_list outputs;   /* struct cvg_kit_want */
    int64_t max_change_age;    /* the last update was at most this long ago; CVG_ABSENT_INT */
    int64_t settle, grace;
    int64_t operation_limit; /* a lock or a pending operation older than this was left behind */
    uint32_t lock;           /* enum cvg_pulumi_lock_policy */
    uint32_t allow_empty;
};

extern const struct cvg_field cvg_pulumi_source_fields[], cvg_pulumi_check_fields[];

/* path: of the key ("resources[2].address"). */
typedef void cvg_pulumi_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys of a source or check: 0 or -1. Words of a check that refer to facts
 * (`${...}`) are looked at only once they are filled in. Pure; offline. */
int cvg_pulumi_source_check(const struct cvg_pulumi_source_config *config,
                            cvg_pulumi_refuse *refuse, void *arg);
int cvg_pulumi_check_check(const struct cvg_pulumi_check_config *config, cvg_pulumi_refuse *refuse,
                           void *arg);

#endif
