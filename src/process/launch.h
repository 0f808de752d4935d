/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host and its launcher, convergate-exec, say to each other. The launcher is started in the
 * child's place, with the child's standard descriptors and environment and one end of a socket pair as
 * CVG_LAUNCH_CONTROL; it sets limits, starts the program, adopts all that comes of it, and ends only
 * when nothing of it is left.
 *
 *   command line   convergate-exec DIRECTORY MEMORY,PROCESSES,FILE,CPU PROGRAM ARGUMENT...
 *   from the host  nothing but the end of its side, by which the launcher ends everything
 *   to the host    one struct cvg_launch_report, before it exits with 0
 *
 * Both are of the same build. Pure; any thread.
 */
#ifndef CVG_PROCESS_LAUNCH_H
#define CVG_PROCESS_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#define CVG_LAUNCH_CONTROL 3
/* Words before the program's own. */
#define CVG_LAUNCH_WORDS   3

/* 0: none. */
struct cvg_launch_limits {
    int64_t memory;    /* bytes of address space, of each process */
    int64_t processes; /* at one time, the program itself included */
    int64_t file;      /* bytes of a file that it writes */
    int64_t cpu_s;     /* processor time of each process, seconds */
};

enum cvg_launch_outcome {
    CVG_LAUNCH_EXITED = 1,   /* value: its exit code */
    CVG_LAUNCH_SIGNALED,     /* value: the signal that ended it */
    CVG_LAUNCH_NOT_STARTED,  /* value: an errno of execve, or of what precedes it */
    CVG_LAUNCH_NO_DIRECTORY, /* value: an errno of chdir */
    CVG_LAUNCH_TOO_MANY,     /* value: how many processes it had */
};

struct cvg_launch_report {
    uint32_t outcome; /* enum cvg_launch_outcome; 0: none came */
    int32_t value;
};

#define CVG_LAUNCH_LIMITS_TEXT 96

void cvg_launch_limits_write(const struct cvg_launch_limits *limits,
                             char ret[CVG_LAUNCH_LIMITS_TEXT]);
/* 0, or -1 where it is not what the other one writes. */
int cvg_launch_limits_read(const char *text, struct cvg_launch_limits *ret);

#endif
