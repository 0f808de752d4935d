/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a source and a check, and the plan that it comes to. Words may hold
 * references to facts of other checks, so a plan is made twice: when the check is created, to
 * refuse what is wrong at its place in the file, and, where there are references, again for each
 * run from words with the facts filled in. Pure; any thread.
 */
#ifndef CVG_DNS_CONFIG_H
#define CVG_DNS_CONFIG_H

#include "name.h"
#include "server.h"
#include "value.h"

#include <convergate/field.h>

#define CVG_DNS_SERVERS_MOST 16
#define CVG_DNS_WANTED_MOST  64

struct cvg_dns_source_config {
    struct cvg_list servers; /* const char *; empty: the machine's */
    uint32_t allow_link_local;
    uint32_t reserved;
};

enum cvg_dns_agree {
    CVG_DNS_ALL = 0,
    CVG_DNS_ANY,
    CVG_DNS_MAJORITY,
};

struct cvg_dns_check_config {
    const char *name;
    const char *serial;       /* NULL: none */
    struct cvg_list expect;   /* const char * */
    struct cvg_list contains; /* const char * */
    struct cvg_list servers;  /* const char *; empty: the source's */
    int64_t count, at_least;  /* CVG_ABSENT_INT */
    int64_t min_ttl, max_ttl; /* CVG_ABSENT_INT */
    uint32_t type;            /* enum cvg_dns_type */
    uint32_t agree;           /* enum cvg_dns_agree */
    uint32_t authenticated;
    uint32_t reserved;
};

extern const struct cvg_field cvg_dns_source_fields[];
extern const struct cvg_field cvg_dns_check_fields[];

struct cvg_dns_plan {
    char name[CVG_DNS_NAME_MOST];
    uint32_t type, agree, authenticated;
    uint32_t has_serial, serial;
    uint32_t exact;           /* the wanted are all that there may be */
    int64_t count, at_least;  /* CVG_ABSENT_INT */
    int64_t min_ttl, max_ttl; /* CVG_ABSENT_INT; nanoseconds */
    size_t wanted_count;
    char *
        *wanted; /* owned, each too: texts as cvg_dns_value_take() gives them, sorted, each once */
    size_t server_count;
    struct cvg_dns_server servers[CVG_DNS_SERVERS_MOST];
};

/* Told about each key that is wrong: its path, and what is wrong with it. */
typedef void cvg_dns_refuse_key(void *arg, const char *path, const char *text);

enum cvg_dns_words {
    CVG_DNS_AS_WRITTEN, /* may hold references, which are taken as right and left out of the plan */
    CVG_DNS_FILLED_IN,
};

/* 0, or -1 after refuse() was told why. */
int cvg_dns_source_check(const struct cvg_dns_source_config *config, cvg_dns_refuse_key *refuse,
                         void *arg);
/* 0 and a plan that cvg_dns_plan_done() ends; or -1 after refuse() was told why. */
int cvg_dns_plan_make(const struct cvg_dns_check_config *config,
                      const struct cvg_dns_source_config *source, enum cvg_dns_words words,
                      cvg_dns_refuse_key *refuse, void *arg, struct cvg_dns_plan *ret);
void cvg_dns_plan_done(struct cvg_dns_plan *plan);
/* Some word of it holds a reference. */
int cvg_dns_config_refers(const struct cvg_dns_check_config *config);

#endif
