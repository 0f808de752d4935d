/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kinds of sources for tests: every type of field, and every flag of a module.
 *
 *   poll    polled, needs an endpoint; its checks have every type of field
 *   watch   streaming, declared, halts; an endpoint of its own or another source's
 *   remote  polled; needs an endpoint or another source's
 *   plain   polled, has no connection at all
 *   broken  a file of that name exists but was refused
 */
#ifndef CVG_TESTS_CONFIG_KINDS_H
#define CVG_TESTS_CONFIG_KINDS_H

#include "config/kind.h"

struct step {
    const char *name;
    int64_t wait;
};

struct extra {
    int64_t depth;
    const char *word;
};

struct poll_check {
    const char *query, *ready, *target;
    uint32_t flag, mode;
    int64_t count, window, limit;
    double ratio;
    const struct cvg_secret *token;
    struct cvg_list parts, steps, labels;
    const struct extra *extra;
};

struct watch_check {
    const char *object;
};

struct plain_source {
    const char *path;
    int64_t retries;
};

extern const struct cvg_kinds test_kinds;
extern const struct cvg_kind test_poll;

#endif
