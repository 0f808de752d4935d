/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domain names: as operators and facts write them, and as they stand in messages (RFC 1035 3.1,
 * 4.1.4). As text they are absolute, lower case, and without the dot at the end; the root is ".".
 * What comes from a message has its unusual bytes escaped as in zone files, so equal texts are
 * equal names. Pure; any thread.
 */
#ifndef CVG_DNS_NAME_H
#define CVG_DNS_NAME_H

#include <stddef.h>

/* Room for a name from outside: 255 bytes, each of them escaped. */
#define CVG_DNS_NAME_TEXT 1024
/* For a name that operators write, and that of an address reversed. */
#define CVG_DNS_NAME_MOST 256

/* NULL, or what is wrong with the name, which then leaves ret alone. */
const char *cvg_dns_name_take(const char *text, char ret[CVG_DNS_NAME_MOST]);
/* The name under which the address's PTR records stand. 0, or -1 where the text is no address. */
int cvg_dns_name_reverse(const char *address, char ret[CVG_DNS_NAME_MOST]);
/* Of the message, from *at on; moves *at behind it. 0, or -1 where it is none: a label or pointer
 * of a kind that is not, one that leads forward, out of the message, or to more than 255 bytes. */
int cvg_dns_name_read(const unsigned char *message, size_t length, size_t *at,
                      char ret[CVG_DNS_NAME_TEXT]);

#endif
