/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a service says that a state lies, as an address that is safe to ask: https, or http to this very
 * machine, where a proxy may stand; without user information. Addresses are secrets: their query signs them.
 * The host gives the source's credentials only to its own origin. Pure.
 */
#ifndef CVG_TF_REMOTE_DOWNLOAD_H
#define CVG_TF_REMOTE_DOWNLOAD_H

#include <stddef.h>

/* to: an absolute address, or the path of one at the origin of `from` ("": there is none). 0, or -1: it is
 * neither, or does not fit. */
int cvg_tf_remote_join(const char *from, const char *to, size_t length, char *ret, size_t size);

#endif
