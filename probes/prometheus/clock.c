/* SPDX-License-Identifier: Apache-2.0 */
/* Reading Date and saying what is wrong; see clock.h. */
#include "clock.h"

#include <convergate/number.h>
#include <convergate/reading.h>

#include <string.h>
#include <strings.h>

#define SECOND         INT64_C(1000000000)
/* Machines that keep time are within one second of each other, and Date is cut to one. */
#define MOST_BEHIND_NS (10 * SECOND)
#define DATE_LENGTH    29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */

static int month_of(const char *name)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (int i = 0; i < 12; i++) {
        if (memcmp(months + 3 * i, name, 3) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The one form that servers may write (RFC 9110 5.6.7), put into the order that the reader of
 * times knows. */
static int read_date(const char *date, int64_t *ret_ns)
{
    char text[] = "YYYY-MM-DDThh:mm:ssZ";
    int month = month_of(date + 8);
    if (month == 0 || memcmp(date + 25, " GMT", 4) != 0) {
        return -1;
    }
    memcpy(text, date + 12, 4);
    text[5] = (char)('0' + month / 10);
    text[6] = (char)('0' + month % 10);
    memcpy(text + 8, date + 5, 2);
    memcpy(text + 11, date + 17, 8);
    return cvg_parse_time(text, sizeof(text) - 1, ret_ns);
}

int64_t cvg_prom_clock_behind(const char *headers, int64_t wall_ns)
{
    for (const char *line = headers; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\r\n");
        if (strncasecmp(line, "date:", 5) == 0) {
            const char *value = line + 5 + strspn(line + 5, " \t");
            int64_t date_ns = 0;
            if (line + length - value < DATE_LENGTH || read_date(value, &date_ns) < 0) {
                return 0;
            }
            return date_ns > wall_ns ? date_ns - wall_ns : 0;
        }
        line += length + strspn(line + length, "\r\n");
    }
    return 0;
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
