/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of DNS (RFC 1035 4, EDNS of RFC 6891): a question, and what its answer says. The chain
 * of aliases is followed inside the answer, and only records at its end are taken: what else a
 * server puts in proves nothing. c-ares makes the questions; answers are read here, since its
 * readers drop TTL, AD bit and extended codes of most types. Pure; any thread.
 */
#ifndef CVG_DNS_MESSAGE_H
#define CVG_DNS_MESSAGE_H

#include "name.h"
#include "value.h"

#include <stddef.h>
#include <stdint.h>

#define CVG_DNS_QUERY_MOST 512
#define CVG_DNS_UDP_SIZE   1232 /* that datagrams pass everywhere without being cut */
#define CVG_DNS_MESSAGE    65535
#define CVG_DNS_RECORDS    256 /* of an answer */

struct cvg_dns_query {
    uint16_t id, code; /* code: of the type */
    size_t length;
    size_t plain_length; /* without EDNS, for servers that do not know it */
    unsigned char bytes[CVG_DNS_QUERY_MOST];
};

/* name: as cvg_dns_name_take() gives it. want_authenticated: asks for the AD bit. 0, or -1 where
 * such names are never asked (.onion, RFC 7686). */
int cvg_dns_query_make(const char *name, uint32_t type, uint16_t id, int want_authenticated,
                       struct cvg_dns_query *ret);
/* From now on without EDNS. */
void cvg_dns_query_strip(struct cvg_dns_query *query);

enum cvg_dns_rcode {
    CVG_DNS_NOERROR = 0,
    CVG_DNS_FORMERR = 1,
    CVG_DNS_SERVFAIL = 2,
    CVG_DNS_NXDOMAIN = 3,
    CVG_DNS_NOTIMP = 4,
    CVG_DNS_REFUSED = 5,
    CVG_DNS_NOTAUTH = 9,
};

/* "SERVFAIL"; "RCODE 3841" for those without a name, in static memory or in room. */
const char *cvg_dns_rcode_text(uint32_t rcode, char room[24]);

/* It is an answer to this question. Some errors come without a repetition of the question. */
int cvg_dns_answers(const struct cvg_dns_query *query, const unsigned char *message, size_t length);
/* Of one that answers. */
int cvg_dns_is_truncated(const unsigned char *message);
uint32_t cvg_dns_short_rcode(const unsigned char *message);

enum cvg_dns_kind {
    CVG_DNS_FOUND = 0,
    CVG_DNS_NO_NAME,   /* NXDOMAIN: of the name, or of the end of its chain of aliases */
    CVG_DNS_NO_DATA,   /* the name is there, records of the type are not */
    CVG_DNS_REFERRAL,  /* it only says who else to ask */
    CVG_DNS_ERROR,     /* rcode says which */
    CVG_DNS_BROKEN,    /* what says why */
    CVG_DNS_TOO_LARGE, /* what says what */
};

/* Of one question. values: from the heap, each too; free with cvg_dns_answer_done(). */
struct cvg_dns_answer {
    uint32_t kind; /* enum cvg_dns_kind */
    uint32_t rcode;
    uint32_t authenticated, authoritative;
    uint32_t ttl;                /* the least of the records and of the aliases before them */
    size_t aliases;              /* before the records */
    const char *what;            /* "" */
    size_t count;                /* of the values, sorted, each once */
    char **values;               /* NULL where count is 0 */
    char end[CVG_DNS_NAME_TEXT]; /* of the chain of aliases; the name itself without any */
};

/* name, type: of the question that it answers; not CVG_DNS_BOTH. */
void cvg_dns_answer_read(const char *name, uint32_t type, const unsigned char *message,
                         size_t length, struct cvg_dns_answer *ret);
void cvg_dns_answer_done(struct cvg_dns_answer *answer);

#endif
