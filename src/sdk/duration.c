/* SPDX-License-Identifier: Apache-2.0 */
/* Durations as text, in Prometheus's units without the year (which is no fixed time). Pure. */
#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    {"w", 604800000 * MS}, {"d", 86400000 * MS}, {"h", 3600000 * MS},
    {"m", 60000 * MS},     {"s", 1000 * MS},     {"ms", MS},
};

#define UNITS (sizeof units / sizeof units[0])

/* "15m" or "15ms": the number, and which unit follows. Returns the bytes taken, or 0. */
static size_t take_part(const char *text, size_t length, int64_t *ret_count, size_t *ret_unit)
{
    size_t at = 0, best = 0;
    int64_t count = 0;
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
        if (__builtin_mul_overflow(count, 10, &count) ||
            __builtin_add_overflow(count, text[at] - '0', &count)) {
            return 0;
        }
    }
    if (at == 0) {
        return 0;
    }
    /* The longest name wins: "ms" is not a minute with an s behind it. */
    for (size_t i = 0; i < UNITS; i++) {
        size_t size = strlen(units[i].name);
        if (size > best && size <= length - at && memcmp(text + at, units[i].name, size) == 0) {
            best = size;
            *ret_unit = i;
        }
    }
    *ret_count = count;
    return best ? at + best : 0;
}

int cvg_parse_duration(const char *text, size_t length, int64_t *ret_ns)
{
    int64_t total = 0;
    size_t next_unit = 0;
    if (length == 1 && text[0] == '0') {
        *ret_ns = 0;
        return 0;
    }
    if (length == 0) {
        return -1;
    }
    for (size_t at = 0; at < length;) {
        int64_t count;
        size_t unit;
        size_t size = take_part(text + at, length - at, &count, &unit);
        if (size == 0 || unit < next_unit ||
            __builtin_mul_overflow(count, units[unit].ns, &count) ||
            __builtin_add_overflow(total, count, &total)) {
            return -1;
        }
        next_unit = unit + 1;
        at += size;
    }
    *ret_ns = total;
    return 0;
}

size_t cvg_format_duration(int64_t ns, char *ret, size_t size)
{
    char text[CVG_NUMBER_TEXT];
    uint64_t rest = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    size_t used = 0;
    /* Weeks are for writing; "14d" is easier to read than "2w" beside "13d". */
    for (size_t i = 1; i < UNITS; i++) {
        uint64_t unit = (uint64_t)units[i].ns;
        if (rest >= unit) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu%s",
                                     ns < 0 && used == 0 ? "-" : "",
                                     (unsigned long long)(rest / unit), units[i].name);
            rest %= unit;
        }
    }
    if (size == 0) {
        return 0;
    }
    size_t length = (size_t)snprintf(ret, size, "%s", used ? text : "0s");
    return length < size ? length : size - 1;
}
