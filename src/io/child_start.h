/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of a child process: pipes, and posix_spawn of the launcher (process/launch.h) in a process
 * group of its own. Only files of this folder include it. The loop's thread.
 */
#ifndef CVG_IO_CHILD_START_H
#define CVG_IO_CHILD_START_H

#include <convergate/module.h>

#include <sys/types.h>

enum cvg_child_end {
    CVG_CHILD_IN = 0,
    CVG_CHILD_OUT,
    CVG_CHILD_ERR,
    CVG_CHILD_CONTROL, /* the launcher's: see process/launch.h */
    CVG_CHILD_ENDS
};

struct cvg_child_started {
    pid_t pid; /* the launcher's; 0: none */
    int ends
        [CVG_CHILD_ENDS]; /* ours, not blocking, close-on-exec; -1: none. The caller's to close, also on failure */
};

/* 0, or an errno. A program that cannot be executed is told by the launcher's report. */
int cvg_child_start(const char *launcher, const struct cvg_spawn *spawn,
                    struct cvg_child_started *ret);

#endif
