/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Child processes: started by posix_spawn through a launcher, watched by a pidfd, killed with all that came
 * of them. See host->spawn.
 */
#ifndef CVG_IO_CHILD_H
#define CVG_IO_CHILD_H

#include "io/scope.h"

struct cvg_op *cvg_child_spawn(struct cvg_scope *scope, const struct cvg_spawn *spawn);

#endif
