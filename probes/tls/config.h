/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators write about a source and a check of certificates. Words of a check may hold
 * references to facts of other checks; they are looked at once they are filled in. Pure; any thread.
 */
#ifndef CVG_TLS_CONFIG_H
#define CVG_TLS_CONFIG_H

#include <convergate/field.h>

struct cvg_tls_source_config {
    const char *ca; /* NULL: the system's */
    uint32_t allow_link_local;
    uint32_t reserved;
};

enum cvg_tls_starttls {
    CVG_TLS_SMTP = 0,
    CVG_TLS_IMAP,
    CVG_TLS_POP3,
    CVG_TLS_POSTGRES,
    CVG_TLS_AT_ONCE = CVG_ABSENT_UINT
};

enum cvg_tls_family {
    CVG_TLS_ANY = 0,
    CVG_TLS_IPV4,
    CVG_TLS_IPV6
};

struct cvg_tls_check_config {
    const char *host;
    int64_t port;            /* CVG_ABSENT_INT: the protocol's */
    const char *server_name; /* NULL: the host */
    int64_t min_days;
    struct cvg_list names, alpn; /* const char * */
    const char *fingerprint;     /* NULL: any */
    const char *issuer;          /* NULL: any */
    uint32_t min_protocol;       /* index of cvg_tls_protocols */
    uint32_t starttls;           /* enum cvg_tls_starttls */
    uint32_t family;             /* enum cvg_tls_family */
    uint32_t reserved;
};

extern const struct cvg_field cvg_tls_source_fields[], cvg_tls_check_fields[];
/* "TLSv1" and what came after it; ends at NULL. */
extern const char *const cvg_tls_protocols[];

/* path: of the key ("names[2]"). */
typedef void cvg_tls_refuse(void *arg, const char *path, const char *text);

/* What is wrong with the keys: 0, or -1 after refuse() was told why. */
int cvg_tls_source_check(const struct cvg_tls_source_config *config, cvg_tls_refuse *refuse,
                         void *arg);
int cvg_tls_check_check(const struct cvg_tls_check_config *config, cvg_tls_refuse *refuse,
                        void *arg);
/* Some word of it holds a reference. */
int cvg_tls_check_refers(const struct cvg_tls_check_config *config);

/* What the check leaves out, filled in. */
uint32_t cvg_tls_check_port(const struct cvg_tls_check_config *config);
const char *cvg_tls_check_name(const struct cvg_tls_check_config *config);

/* The digits of a SHA-256 fingerprint, colons and spaces left out, in lower case. 0, or -1 where it is
 * none. */
int cvg_tls_fingerprint(const char *text, char ret[65]);

#endif
