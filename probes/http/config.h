/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a source and a check. A check asks one of three things: `path` below
 * the source's url, `url` somewhere else, `image` of a registry. Constant while the check lives, but
 * for words that refer to facts of other checks, which are final only in a run. Any thread.
 */
#ifndef CVG_HTTP_CONFIG_H
#define CVG_HTTP_CONFIG_H

#include "kit/arena.h"

#include <convergate/field.h>

/* A header of each request below the source's url, whose value is a secret. */
struct cvg_http_secret_header {
    const char *name;
    const struct cvg_secret *value;
};

/* A token service of another origin than the registry's, that may be told a password. */
struct cvg_http_realm {
    const char *url;      /* its origin */
    const char *username; /* NULL: the password alone is not enough */
    const struct cvg_secret *password;
};

struct cvg_http_source_config {
    struct cvg_list secret_headers; /* struct cvg_http_secret_header */
    const struct cvg_http_realm *token_service;
};

/* What an answer that is not as expected comes to. */
enum cvg_http_otherwise {
    CVG_HTTP_OTHERWISE_PROGRESSING = 0,
    CVG_HTTP_OTHERWISE_DEGRADED,
    CVG_HTTP_OTHERWISE_FAILED,
    CVG_HTTP_OTHERWISE_UNKNOWN,
};

/* One value of the answer. */
struct cvg_http_want {
    const char *pointer;
    const char *equals, *not_equals, *matches; /* NULL: not asked */
    const char *condition;                     /* on a number */
    const char *count;                         /* a condition on the members of a list or object */
    uint32_t exists;                           /* CVG_ABSENT_UINT: not asked */
    uint32_t otherwise;                        /* enum cvg_http_otherwise */
};

struct cvg_http_check_config {
    const char *path, *url, *image; /* one of them */
    const char *method;             /* NULL: GET, or POST with a body */
    struct cvg_list headers;        /* struct cvg_pair */
    const char *body, *content_type;
    struct cvg_list status;                    /* const char *: "204", "200-299" */
    struct cvg_list on_status;                 /* struct cvg_pair: the same, and a word */
    struct cvg_list body_contains, body_lacks; /* const char * */
    const char *body_matches;
    uint32_t otherwise;    /* enum cvg_http_otherwise */
    uint32_t redirects;    /* followed within the origin */
    struct cvg_list json;  /* struct cvg_http_want */
    const char *value;     /* a pointer; NULL: none */
    struct cvg_list facts; /* struct cvg_pair: name, pointer */
    int64_t max_response;  /* CVG_ABSENT_INT: any */
    int64_t max_body;      /* bytes */
};

#define CVG_HTTP_WANTS_MOST 32
#define CVG_HTTP_FACTS_MOST 32
/* Longer values are neither compared nor served. */
#define CVG_HTTP_VALUE_MOST 4096

extern const struct cvg_field cvg_http_source_fields[];
extern const struct cvg_field cvg_http_check_fields[];

/* path: of the key. */
typedef void cvg_http_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys: 0 or -1. has_url: the source has one. Pure; offline. */
int cvg_http_source_check(const struct cvg_http_source_config *config, int has_url,
                          cvg_http_refuse *refuse, void *arg);
/* The same of a check. Words that refer to facts (`${...}`) are looked at once they are filled in. */
int cvg_http_check_check(const struct cvg_http_check_config *config, int has_url,
                         cvg_http_refuse *refuse, void *arg);
/* Some of its words refer to facts of other checks. */
int cvg_http_check_refers(const struct cvg_http_check_config *config);
/* Something of the answer's body is looked at; as JSON. */
int cvg_http_check_reads_body(const struct cvg_http_check_config *config);
int cvg_http_check_reads_json(const struct cvg_http_check_config *config);
/* A copy of what an answer is judged by, in the arena: for a judge on another thread. NULL where the
 * arena is full. */
const struct cvg_http_check_config *cvg_http_check_copy(const struct cvg_http_check_config *config,
                                                        struct cvg_kit_arena *arena);

#endif
