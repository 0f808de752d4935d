/* SPDX-License-Identifier: Apache-2.0 */
/* What Date says, and what is wrong with it; see clock.h. */
#include "clock.h"

#include "kit/header.h"

#include <convergate/reading.h>

#define SECOND         INT64_C(1000000000)
/* Machines that keep time are within one second of each other, and Date is cut to one. */
#define MOST_BEHIND_NS (10 * SECOND)

int64_t cvg_prom_clock_behind(const char *headers, int64_t wall_ns)
{
    size_t length = 0;
    const char *date = cvg_kit_header(headers, "Date", &length);
    int64_t date_ns = 0;
    if (date == NULL || cvg_kit_http_date(date, length, &date_ns) < 0) {
        return 0;
    }
    return date_ns > wall_ns ? date_ns - wall_ns : 0;
}

int cvg_prom_clock_refuse(struct cvg_prom_answer *answer, const char *headers, int64_t wall_ns)
{
    int64_t behind = cvg_prom_clock_behind(headers, wall_ns);
    if (behind <= MOST_BEHIND_NS) {
        return 0;
    }
    cvg_prom_answer_reset(answer);
    struct cvg_kit_text text =
        cvg_prom_answer_refuse(answer, CVG_FAULT_REQUEST, CVG_PROM_REASON_CLOCK_BEHIND);
    cvg_kit_text_format(&text,
                        "this machine's clock is %lld s behind the source's, so the query asked "
                        "about that long ago",
                        (long long)(behind / SECOND));
    return -1;
}
