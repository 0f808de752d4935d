/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the servers that speak Prometheus's API, or one close to it, do differently: where they are
 * asked, in which words, and what their refusals mean. One constant table; any thread.
 */
#ifndef CVG_PROM_FLAVOUR_H
#define CVG_PROM_FLAVOUR_H

#include <convergate/field.h>

/* What can be asked of a source. */
enum cvg_prom_api {
    CVG_PROM_QUERY = 0, /* POST; the text is the query */
    CVG_PROM_RULES,     /* GET; the text is its parameters, without the "?" */
    CVG_PROM_ALERTS,    /* GET of Alertmanager's alerts; the same */
    CVG_PROM_API_COUNT
};

/* The order is that of the key's choices. */
enum cvg_prom_flavour_name {
    CVG_PROM_PROMETHEUS = 0,
    CVG_PROM_THANOS,
    CVG_PROM_MIMIR,
    CVG_PROM_VICTORIAMETRICS,
    CVG_PROM_LOKI,
    CVG_PROM_ALERTMANAGER,
    CVG_PROM_FLAVOUR_COUNT
};

struct cvg_prom_flavour {
    const char *paths[CVG_PROM_API_COUNT]; /* under the source's url; NULL: cannot be asked */
    struct cvg_pair parameters[3];         /* sent unless the source sets them; ends at NULL */
    const char *tenant_header;             /* that `tenant` is sent in; NULL: has none */
    const char *tenant_hint;               /* where the tenant goes instead */
    const char *ready_path;                /* where it says whether it is ready */
    const char *partial_words; /* in a refusal: something could not be reached; NULL: never */
    uint32_t nanoseconds;      /* the time of a query; otherwise seconds */
    uint32_t bounds;           /* takes timeout and limit */
    uint32_t timestamps;       /* its language has timestamp() and ALERTS */
};

const struct cvg_prom_flavour *cvg_prom_flavour(uint32_t name);
/* Ends at NULL. */
extern const char *const cvg_prom_flavour_choices[];

#endif
