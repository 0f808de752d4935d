/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each address has open. Of IPv6 it is the first 64 bits that count: whoever
 * has one address there has all behind them. Not locked: the list of connections guards it.
 */
#ifndef CVG_SERVER_ADDRESSES_H
#define CVG_SERVER_ADDRESSES_H

#include "base/macros.h"

#include <stdint.h>
#include <sys/socket.h>

struct cvg_addresses;

struct cvg_addresses *cvg_addresses_new(void);
void cvg_addresses_free(struct cvg_addresses *addresses); /* takes NULL */
/* What stands for an address; 0: it is not one of IP, and is not counted. */
uint64_t cvg_addresses_key(const struct sockaddr *address);
unsigned cvg_addresses_count(const struct cvg_addresses *addresses, uint64_t key);
void cvg_addresses_add(struct cvg_addresses *addresses, uint64_t key);
void cvg_addresses_remove(struct cvg_addresses *addresses, uint64_t key);

#endif
