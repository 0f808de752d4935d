/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name servers: as operators write them, and as the machine's resolv.conf names them. Pure, but for
 * the reading of that file, which belongs on a worker.
 */
#ifndef CVG_DNS_SERVER_H
#define CVG_DNS_SERVER_H

#include <stddef.h>
#include <stdint.h>

#define CVG_DNS_SYSTEM      "system" /* stands for resolv.conf's servers */
#define CVG_DNS_SYSTEM_MOST 4        /* of these are asked, one after the other */

struct cvg_dns_server {
    char address[48];
    uint32_t port; /* 0: it is CVG_DNS_SYSTEM */
};

/* An address, with a port behind it or not: 192.0.2.1, 192.0.2.1:5353, 2001:db8::1,
 * [2001:db8::1]:5353; or CVG_DNS_SYSTEM. NULL, or what is wrong with it. */
const char *cvg_dns_server_take(const char *text, struct cvg_dns_server *ret);
/* With its port where that is not 53. */
void cvg_dns_server_text(const struct cvg_dns_server *server, char *ret, size_t size);
/* How many resolv.conf has; never 0: without any it is this machine itself. Blocks. */
size_t cvg_dns_system_read(struct cvg_dns_server ret[CVG_DNS_SYSTEM_MOST]);

#endif
