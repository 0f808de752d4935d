/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes: posix_spawn into a process group of their own, watched by a pidfd, killed as a
 * group. See host->spawn.
 */
#ifndef CVG_IO_CHILD_H
#define CVG_IO_CHILD_H

#include "io/scope.h"

struct cvg_op *cvg_child_spawn(struct cvg_scope *scope, const struct cvg_spawn *spawn);

#endif
