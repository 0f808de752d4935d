/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a source and a check, and the plan that a check's words come to.
 *
 * Words may hold references to facts of other checks, so a plan is made twice: when the check is
 * created, to refuse what is wrong at its place in the file, and, where there are references,
 * again for each run from words with the facts filled in. Pure; any thread.
 */
#ifndef CVG_PROM_CONFIG_H
#define CVG_PROM_CONFIG_H

#include "kit/condition.h"

#include <convergate/field.h>

struct cvg_prom_source_config {
    uint32_t flavour; /* enum cvg_prom_flavour_name */
    uint32_t reserved;
    const char *tenant;         /* NULL: none */
    struct cvg_list parameters; /* struct cvg_pair: more form parameters */
};

enum cvg_prom_reduce {
    CVG_PROM_SINGLE = 0,
    CVG_PROM_ALL,
    CVG_PROM_ANY,
    CVG_PROM_MIN,
    CVG_PROM_MAX,
    CVG_PROM_SUM,
    CVG_PROM_AVG,
    CVG_PROM_COUNT,
};

/* What stands for a status where there is no value to judge. */
enum cvg_prom_stand_in {
    CVG_PROM_UNKNOWN = 0,
    CVG_PROM_READY,
    CVG_PROM_FAILED,
};

struct cvg_prom_volume {
    const char *query;
    double at_least;
};

enum cvg_prom_on_pending {
    CVG_PROM_PENDING_IGNORE = 0,
    CVG_PROM_PENDING_DEGRADED,
    CVG_PROM_PENDING_FAILED,
};

struct cvg_prom_alerts {
    struct cvg_list match, watchdog; /* const char *, each a matcher; watchdog "none": none */
    uint32_t on_pending;             /* enum cvg_prom_on_pending */
};

enum cvg_prom_on_firing {
    CVG_PROM_FIRING_IGNORE = 0,
    CVG_PROM_FIRING_DEGRADED,
    CVG_PROM_FIRING_FAILED,
};

struct cvg_prom_rules {
    struct cvg_list names; /* const char * */
    const char *group;     /* NULL: any */
    int64_t max_age;       /* CVG_ABSENT_INT: by the group's interval */
    uint32_t on_firing;    /* enum cvg_prom_on_firing */
};

enum cvg_prom_budget {
    CVG_PROM_BUDGET_OFF = 0,
    CVG_PROM_BUDGET_REPORT,
    CVG_PROM_BUDGET_ENFORCE,
};

struct cvg_prom_slo {
    const char *objective, *errors, *total; /* the queries with $window in them */
    int64_t period;
    uint32_t budget; /* enum cvg_prom_budget */
};

struct cvg_prom_canary {
    const char *errors, *total;    /* with $track in them */
    const char *canary, *baseline; /* tracks */
    double min_events, max_ratio, max_times, max_extra;
    double max_z; /* NaN: not compared by it */
};

/* One of query, alerts, rules, slo and canary is set: it says what kind of check this is. */
struct cvg_prom_check_config {
    const char *query, *ready, *degraded;
    uint32_t reduce;        /* enum cvg_prom_reduce */
    uint32_t on_empty;      /* enum cvg_prom_stand_in */
    uint32_t on_low_volume; /* enum cvg_prom_stand_in */
    uint32_t reserved;
    const struct cvg_prom_volume *min_volume; /* NULL: none */
    int64_t max_sample_age;                   /* CVG_ABSENT_INT: none */
    const char *sample_age_of;                /* NULL: the query itself */
    const struct cvg_prom_alerts *alerts;
    const struct cvg_prom_rules *rules;
    const struct cvg_prom_slo *slo;
    const struct cvg_prom_canary *canary;
};

extern const struct cvg_field cvg_prom_source_fields[];
extern const struct cvg_field cvg_prom_check_fields[];
/* Of the kinds, each beside its kind. */
extern const struct cvg_field cvg_prom_alerts_fields[], cvg_prom_rules_fields[],
    cvg_prom_slo_fields[], cvg_prom_canary_fields[];

/* Of the conditions and guards. */
struct cvg_prom_plan {
    struct cvg_kit_condition ready, degraded;
    uint32_t has_degraded;
    const char *age_selector; /* borrowed from the configuration; NULL: age is not asked for */
};

/* Told about each key that is wrong: its path, and what is wrong with it. */
typedef void cvg_prom_refuse_key(void *arg, const char *path, const char *text);

enum cvg_prom_words {
    CVG_PROM_AS_WRITTEN, /* may hold references, which are taken as right */
    CVG_PROM_FILLED_IN,
};

/* 0, or -1 after refuse() was told why. */
int cvg_prom_plan_make(const struct cvg_prom_check_config *config, enum cvg_prom_words words,
                       cvg_prom_refuse_key *refuse, void *arg, struct cvg_prom_plan *ret);
/* Some word of it holds a reference. */
int cvg_prom_config_refers(const struct cvg_prom_check_config *config);
/* 0, or -1 after refuse() was told why. */
int cvg_prom_source_check(const struct cvg_prom_source_config *config, cvg_prom_refuse_key *refuse,
                          void *arg);
/* A metric name, label matchers, or both, and nothing else: timestamp() gives the age of a sample
 * only for that, and the moment of evaluation for everything else. */
int cvg_prom_is_selector(const char *text);

#endif
