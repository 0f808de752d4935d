/* SPDX-License-Identifier: Apache-2.0 */
/* Whole numbers and sizes as text. Pure; any thread. */
#include <convergate/number.h>

#include <string.h>

int cvg_parse_uint64(const char *text, size_t length, uint64_t *ret)
{
    uint64_t value = 0;
    if (length == 0 || (length > 1 && text[0] == '0')) {
        return -1;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return -1;
        }
    }
    *ret = value;
    return 0;
}

int cvg_parse_int64(const char *text, size_t length, int64_t *ret)
{
    int negative = length > 0 && text[0] == '-';
    uint64_t value;
    if (cvg_parse_uint64(text + negative, length - (size_t)negative, &value) < 0) {
        return -1;
    }
    /* The negative side reaches one further. */
    if (value > (uint64_t)INT64_MAX + (uint64_t)negative) {
        return -1;
    }
    if (negative) {
        *ret = value == 0 ? 0 : -(int64_t)(value - 1) - 1;
    } else {
        *ret = (int64_t)value;
    }
    return 0;
}

int cvg_parse_size(const char *text, size_t length, int64_t *ret_bytes)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } units[] = {
        {"", 1},
        {"B", 1},
        {"KiB", INT64_C(1) << 10},
        {"MiB", INT64_C(1) << 20},
        {"GiB", INT64_C(1) << 30},
        {"KB", 1000},
        {"MB", 1000 * 1000},
        {"GB", 1000 * 1000 * 1000},
    };

    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9') {
        digits++;
    }
    int64_t count;
    if (cvg_parse_int64(text, digits, &count) < 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t size = strlen(units[i].name);
        if (size == length - digits && memcmp(text + digits, units[i].name, size) == 0) {
            if (__builtin_mul_overflow(count, units[i].bytes, &count)) {
                return -1;
            }
            *ret_bytes = count;
            return 0;
        }
    }
    return -1;
}
