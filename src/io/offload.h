/* SPDX-License-Identifier: Apache-2.0 */
/* Work on the worker pool: see host->offload. */
#ifndef CVG_IO_OFFLOAD_H
#define CVG_IO_OFFLOAD_H

#include "io/scope.h"

struct cvg_op *cvg_offload_start(struct cvg_scope *scope, void (*work)(void *arg),
                                 void (*done)(void *arg, struct cvg_op *op),
                                 void (*discard)(void *arg), void *arg);

#endif
