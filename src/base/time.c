/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks. They are in the vDSO or a plain system call, and cannot fail for these ids. */
#include "base/time.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec ts = {0};
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * CVG_SECOND + ts.tv_nsec;
}

int64_t cvg_time_now(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t cvg_time_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t cvg_time_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}
