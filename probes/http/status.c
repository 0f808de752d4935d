/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses and ranges; see status.h. */
#include "status.h"

#include <convergate/number.h>

#include <string.h>

static int parse_one(const char *text, size_t length, uint32_t *ret)
{
    uint64_t value = 0;
    if (length != 3 || cvg_parse_uint64(text, length, &value) < 0 || value < 100 || value > 599) {
        return -1;
    }
    *ret = (uint32_t)value;
    return 0;
}

int cvg_http_range_parse(const char *text, struct cvg_http_range *ret)
{
    struct cvg_http_range range = {0};
    size_t first = strcspn(text, "-");
    if (parse_one(text, first, &range.low) < 0) {
        return -1;
    }
    range.high = range.low;
    if (text[first] == '-' &&
        parse_one(text + first + 1, strlen(text + first + 1), &range.high) < 0) {
        return -1;
    }
    if (range.high < range.low) {
        return -1;
    }
    *ret = range;
    return 0;
}

int cvg_http_range_has(const char *text, uint32_t status)
{
    struct cvg_http_range range;
    return cvg_http_range_parse(text, &range) == 0 && status >= range.low && status <= range.high;
}
