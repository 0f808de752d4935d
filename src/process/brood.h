/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What descends from a process, as /proc tells, and its end. A process that left its group or its
 * session is still a descendant, and one whose parent died becomes a child of the nearest subreaper:
 * so a subreaper that ends its brood until it has no child any more has left nothing.
 *
 * What changes while it is read is read wrongly: callers look again until nothing is left. Numbers are
 * used within microseconds of being read, and those of our own children cannot be reused before we
 * reap them. Any thread; nothing is kept.
 */
#ifndef CVG_PROCESS_BROOD_H
#define CVG_PROCESS_BROOD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* More are left for the next look. */
#define CVG_BROOD_MOST 4096

struct cvg_brood {
    size_t count;
    pid_t pids[CVG_BROOD_MOST];
};

/* A child that is nobody's business here, with all that descends from it. */
typedef bool cvg_brood_spare(void *arg, pid_t child);

/* All descendants of this process, zombies included, without those that are spared. spare: NULL for
 * none. */
void cvg_brood_list(struct cvg_brood *ret, cvg_brood_spare *spare, void *arg);
/* Kills the process groups that they are in, which the kernel does in one step that no fork slips
 * through, but never the caller's own; then stops who is left, so that none makes another meanwhile,
 * and kills all. Returns how many there were last; their zombies are for the caller to reap. */
size_t cvg_brood_kill(cvg_brood_spare *spare, void *arg);

#endif
