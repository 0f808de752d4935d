/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Host headers are ours. A page in a browser can make a name of its own resolve to this
 * machine (DNS rebinding) and so talk to a server on loopback, but it cannot choose another Host
 * header than that name. Immutable once made; any thread.
 */
#ifndef CVG_SERVER_HOST_H
#define CVG_SERVER_HOST_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_hosts;

/* Ours are: the listen address, localhost, 127.0.0.1 and [::1], each with the port (or without
 * where it is 80), and `extra` (NULL-terminated or NULL) with any port or none, since a proxy in
 * front has its own. Listening on all addresses, every literal address with the port is ours: a
 * literal address cannot be rebound. */
struct cvg_hosts *cvg_hosts_new(const char *listen_host, uint16_t port, const char *const *extra);
void cvg_hosts_free(struct cvg_hosts *hosts); /* takes NULL */
bool cvg_hosts_allow(const struct cvg_hosts *hosts, const char *value, size_t length);

#endif
