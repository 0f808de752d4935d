/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a source and a check of ports. Words of a check may hold references to
 * facts of other checks; they are looked at once they are filled in. Pure; any thread.
 */
#ifndef CVG_TCP_CONFIG_H
#define CVG_TCP_CONFIG_H

#include <convergate/field.h>

struct cvg_tcp_source_config {
    uint32_t allow_link_local;
};

struct cvg_tcp_expect {
    const char *contains, *matches; /* NULL; matches: a POSIX extended regular expression */
    int64_t within;                 /* CVG_ABSENT_INT: as long as the check has */
    int64_t limit;                  /* bytes */
};

struct cvg_tcp_check_config {
    const char *host;
    int64_t port;
    uint32_t family;                     /* enum cvg_tcp_family */
    uint32_t closed;                     /* nothing may listen */
    const char *send;                    /* NULL: nothing */
    const struct cvg_tcp_expect *expect; /* NULL: nothing */
};

enum cvg_tcp_family {
    CVG_TCP_ANY = 0,
    CVG_TCP_IPV4,
    CVG_TCP_IPV6
};

extern const struct cvg_field cvg_tcp_source_fields[], cvg_tcp_check_fields[];

/* path: of the key ("expect.matches"). */
typedef void cvg_tcp_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys of a check: 0, or -1 after refuse() was told why. */
int cvg_tcp_check_check(const struct cvg_tcp_check_config *config, cvg_tcp_refuse *refuse,
                        void *arg);
/* Some word of it holds a reference. */
int cvg_tcp_check_refers(const struct cvg_tcp_check_config *config);

#endif
