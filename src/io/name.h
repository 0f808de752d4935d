/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names to addresses by c-ares: /etc/hosts first, then the name servers. Answers are kept for
 * their TTL (5 s to 5 min), failures for 1 s; lookups of one name at one time are one lookup.
 * Literal addresses are answered without asking. See host->resolve.
 */
#ifndef CVG_IO_NAME_H
#define CVG_IO_NAME_H

#include "io/scope.h"

struct cvg_op *cvg_name_resolve(struct cvg_scope *scope, const char *name, uint32_t family,
                                void (*on_done)(void *arg, struct cvg_op *op, uint32_t fault,
                                                const char *text, const char *const *addresses,
                                                size_t count),
                                void *arg);

#endif
