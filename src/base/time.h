/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two clocks, both in nanoseconds as int64_t. `now` is CLOCK_BOOTTIME: it goes on while the
 * machine is suspended, so that evidence from before is old. `wall` labels what people see.
 */
#ifndef CVG_BASE_TIME_H
#define CVG_BASE_TIME_H

#include <stdint.h>

#define CVG_MS     INT64_C(1000000)
#define CVG_SECOND INT64_C(1000000000)
#define CVG_MINUTE (60 * CVG_SECOND)
#define CVG_NEVER  INT64_MAX

int64_t cvg_time_now(void);
int64_t cvg_time_wall(void);
/* CLOCK_THREAD_CPUTIME_ID of the calling thread. */
int64_t cvg_time_thread_cpu(void);

#endif
