/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address guard: link-local addresses, among them the metadata services of clouds, are
 * refused unless the operator allows them. It looks at the address that is really connected to,
 * so that a name that changes its mind after the check gains nothing.
 */
#ifndef CVG_IO_GUARD_H
#define CVG_IO_GUARD_H

#include <stdbool.h>
#include <sys/socket.h>

/* IPv4 169.254.0.0/16, IPv6 fe80::/10, fd00:ec2::254, and IPv4 ones mapped or embedded in IPv6
 * (::ffff:0:0/96, 64:ff9b::/96, 2002::/16). */
bool cvg_guard_is_link_local(const struct sockaddr *address);

#endif
