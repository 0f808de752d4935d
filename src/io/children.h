/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of a loop, and the strays that fall to its process: what a launcher that was killed by
 * force has left (process/launch.h). Where the loop adopts, its process is a subreaper, and every child
 * of it that no loop's spawn made is a stray, which is killed and reaped until there is none. Only
 * files of this folder include it. The loop's thread.
 */
#ifndef CVG_IO_CHILDREN_H
#define CVG_IO_CHILDREN_H

#include "io/loop_inner.h"

#include <sys/types.h>

struct cvg_children;

struct cvg_children *cvg_children_new(struct cvg_loop *loop,
                                      const struct cvg_loop_options *options);
/* Before the loop is waited for: strays are not looked for any more. Takes NULL. */
void cvg_children_close(struct cvg_children *children);
/* Takes NULL. */
void cvg_children_free(struct cvg_children *children);
/* Absolute. */
const char *cvg_children_launcher(const struct cvg_children *children);
void cvg_children_add(struct cvg_children *children, pid_t pid);
/* It was reaped. clean: it left nothing. */
void cvg_children_remove(struct cvg_children *children, pid_t pid, bool clean);

#endif
