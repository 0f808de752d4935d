/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel knows of this process, for the metrics that every Prometheus client has. */
#ifndef CVG_SERVER_PROCESS_H
#define CVG_SERVER_PROCESS_H

#include "base/macros.h"

#include <stdint.h>

struct cvg_process {
    double cpu_seconds;
    uint64_t resident_bytes, virtual_bytes;
    uint64_t open_fds, max_fds;
    int64_t started_at; /* wall time, nanoseconds */
};

/* From /proc/self. 0, or -1 where it cannot be read. Any thread; a few system calls. */
CVG_NODISCARD int cvg_process_read(struct cvg_process *ret);

#endif
