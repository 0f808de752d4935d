/* SPDX-License-Identifier: Apache-2.0 */
#include "make.h"

struct cvg_kept_reading *make_reading(uint32_t status, int64_t observed_at)
{
    static const char *const reasons[CVG_STATUS_COUNT] = {"CannotTell", "Failed", "Degraded",
                                                          "Progressing", "Ready"};
    struct cvg_reading reading = {
        .size = sizeof reading,
        .status = status,
        .reason = reasons[status],
        .observed_at_ns = observed_at,
    };
    return cvg_reading_keep(&reading, observed_at);
}
