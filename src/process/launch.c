/* SPDX-License-Identifier: Apache-2.0 */
/* Limits as one word; see launch.h. */
#include "process/launch.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void cvg_launch_limits_write(const struct cvg_launch_limits *limits,
                             char ret[CVG_LAUNCH_LIMITS_TEXT])
{
    (void)snprintf(ret, CVG_LAUNCH_LIMITS_TEXT, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
                   limits->memory, limits->processes, limits->file, limits->cpu_s);
}

int cvg_launch_limits_read(const char *text, struct cvg_launch_limits *ret)
{
    struct cvg_launch_limits limits = {0};
    int64_t *const into[] = {&limits.memory, &limits.processes, &limits.file, &limits.cpu_s};
    const size_t count = sizeof into / sizeof into[0];
    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(text, ",");
        if (cvg_parse_int64(text, length, into[i]) < 0 || *into[i] < 0 ||
            text[length] != (i + 1 < count ? ',' : '\0')) {
            return -1;
        }
        text += length + 1;
    }
    *ret = limits;
    return 0;
}
