/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, durations, sizes and times as text. Nothing here looks at the locale, sets errno or
 * allocates. Parsers take exactly `length` bytes, all of which must belong to the value; they
 * return 0, or -1 and leave *ret alone.
 */
#ifndef CONVERGATE_NUMBER_H
#define CONVERGATE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Decimal, correctly rounded. Takes what Prometheus writes: NaN, +Inf, -Inf, Inf, -0, 5e-324,
 * 1e+300. A magnitude beyond double is refused, not made infinite; below, it becomes 0. */
int cvg_parse_double(const char *text, size_t length, double *ret);
/* Decimal, without '+' and without leading zeros. */
int cvg_parse_int64(const char *text, size_t length, int64_t *ret);
int cvg_parse_uint64(const char *text, size_t length, uint64_t *ret);

/* 500ms, 15s, 2m, 1h30m, 7d, 2w; each unit once, falling; a bare 0 is allowed. Nanoseconds, not
 * negative. Units: ms s m h d w (Prometheus's, without y). */
int cvg_parse_duration(const char *text, size_t length, int64_t *ret_ns);
/* 512, 64KiB, 8MiB, 1GiB; also B, KB, MB, GB (powers of 1000). */
int cvg_parse_size(const char *text, size_t length, int64_t *ret_bytes);
/* RFC 3339 with up to 9 fraction digits, Z or an offset; nanoseconds since 1970. Leap seconds
 * (":60", only where a day of UTC ends) count as the second after. Years 1970 to 2261. */
int cvg_parse_time(const char *text, size_t length, int64_t *ret_ns);

/* Writers return the length written without the NUL, and always end with one.
 * CVG_NUMBER_TEXT bytes are enough for each; where they do not fit they are cut. */
#define CVG_NUMBER_TEXT 64
/* Shortest text that reads back as the same double; NaN, +Inf, -Inf as Prometheus writes them. A
 * finite one is also a number of JSON: plain from 1e-6 to 1e21, else with an exponent. */
size_t cvg_format_double(double value, char *ret, size_t size);
/* The same rounded to so many significant digits (1 to 17), without zeros at the end: for people. */
size_t cvg_format_rounded(double value, int digits, char *ret, size_t size);
/* "7d", "1h30m", "15s", "500ms"; below a millisecond "0s"; negative with a '-'. */
size_t cvg_format_duration(int64_t ns, char *ret, size_t size);
/* 2026-01-01T10:05:00Z; with digits (0 to 9) of fraction. */
size_t cvg_format_time(int64_t wall_ns, int digits, char *ret, size_t size);

/* The word that fits the number: cvg_plural(count, "row", "rows"). */
static inline const char *cvg_plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

#ifdef __cplusplus
}
#endif

#endif
