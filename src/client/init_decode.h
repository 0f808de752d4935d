/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers answer while `convergate init` looks around: lists of the Kubernetes API, rules and
 * series of a Prometheus, and the names in a Terraform state. Read with the strict reader; only what
 * init writes about is taken out. Pure.
 */
#ifndef CVG_CLIENT_INIT_DECODE_H
#define CVG_CLIENT_INIT_DECODE_H

#include "base/error.h"
#include "client/init_found.h"

/* What is done with each object of a list. */
enum cvg_init_list {
    CVG_INIT_LIST_WORKLOADS,
    CVG_INIT_LIST_CRONJOBS,
    CVG_INIT_LIST_INGRESSES,
    CVG_INIT_LIST_GATEWAYS,
};

struct cvg_init_listed {
    enum cvg_init_list list;
    enum cvg_init_kind kind; /* of workloads */
};

/* *ret_continue, in the arena: the token of the next page; NULL: there is none. What was read before a
 * fault stays. */
CVG_NODISCARD int cvg_init_decode_list(const char *json, size_t length,
                                       struct cvg_init_listed listed, struct cvg_init_found *found,
                                       const char **ret_continue, struct cvg_error *reterr);
/* /apis: groups of custom resources are noted as not covered. */
CVG_NODISCARD int cvg_init_decode_groups(const char *json, size_t length,
                                         struct cvg_init_found *found, struct cvg_error *reterr);
/* /api/v1/rules */
CVG_NODISCARD int cvg_init_decode_rules(const char *json, size_t length,
                                        struct cvg_init_found *found, struct cvg_error *reterr);
/* An instant query: how many series it answered. */
CVG_NODISCARD int cvg_init_decode_count(const char *json, size_t length, size_t *ret,
                                        struct cvg_error *reterr);
/* Names of modules and outputs. */
CVG_NODISCARD int cvg_init_decode_state(const char *json, size_t length,
                                        struct cvg_init_found *found, struct cvg_error *reterr);

#endif
