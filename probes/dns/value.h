/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record says, as one line of text: as in a zone file, lower case where names are, and the
 * same text for the same data, so that texts are compared. TXT is its strings put together, as
 * SPF, DKIM and ownership proofs are read; bytes that cannot be shown are \ddd, a backslash is \\.
 * Pure; any thread.
 */
#ifndef CVG_DNS_VALUE_H
#define CVG_DNS_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* The key `type`'s choices, in this order. */
enum cvg_dns_type {
    CVG_DNS_A = 0,
    CVG_DNS_AAAA,
    CVG_DNS_BOTH, /* A and AAAA, each of which must be there */
    CVG_DNS_CNAME,
    CVG_DNS_MX,
    CVG_DNS_TXT,
    CVG_DNS_NS,
    CVG_DNS_SRV,
    CVG_DNS_CAA,
    CVG_DNS_PTR,
    CVG_DNS_SOA,
    CVG_DNS_TYPE_COUNT,
};

/* Ends at NULL. */
extern const char *const cvg_dns_type_choices[];
/* As it stands in messages; none for CVG_DNS_BOTH. */
uint16_t cvg_dns_type_code(uint32_t type);

#define CVG_DNS_VALUE_TEXT 4096

enum cvg_dns_value_fault {
    CVG_DNS_VALUE_READ = 0,
    CVG_DNS_VALUE_BROKEN = -1,
    CVG_DNS_VALUE_TOO_LONG = -2,
};

/* Of a record in a message: `size` bytes from `at`, all inside it. type is not CVG_DNS_BOTH. */
enum cvg_dns_value_fault cvg_dns_value_read(uint32_t type, const unsigned char *message,
                                            size_t length, size_t at, size_t size,
                                            char ret[CVG_DNS_VALUE_TEXT]);
/* Of what an operator wants it to be. NULL, or what is wrong with it. */
const char *cvg_dns_value_take(uint32_t type, const char *text, char ret[CVG_DNS_VALUE_TEXT]);

#endif
