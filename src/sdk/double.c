/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doubles as text, independent of the locale, which any library in the process may change.
 *
 * Reading: the text is taken apart here into an integer of digits and a power of ten. Up to 2^53
 * and 10^22 both are exact doubles and one multiplication or division rounds correctly (Clinger).
 * The rest goes to strtod as "digits e exponent": without a decimal point there is nothing in the
 * text that a locale could change. More than 768 digits never decide the rounding; all that is
 * behind them is whether something follows, so they are cut and a 1 appended.
 *
 * Writing: snprintf makes the digits, whatever stands between them is dropped, and the text is
 * laid out here.
 *
 * Pure; any thread.
 */
#include <convergate/number.h>

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MOST   800
/* Beyond these, the exponent alone decides. */
#define EXPONENT_MOST 400
/* Exponents in the text stop counting here, far beyond any that a number of digits can mend. */
#define EXPONENT_STOP INT64_C(1000000000000000)

_Static_assert(FLT_EVAL_METHOD == 0, "the exact path needs plain double arithmetic");

/* digits * 10^exponent; digits without leading zeros, "" for zero. */
struct decimal {
    int negative;
    size_t count;
    int64_t exponent;
    char digits[DIGITS_MOST + 2];
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes over a run of digits. Each one dropped at the end raises the exponent. */
static size_t take_digits(const char *text, size_t length, int fraction, struct decimal *decimal)
{
    size_t at = 0;
    for (; at < length && is_digit(text[at]); at++) {
        decimal->exponent -= fraction;
        if (decimal->count == 0 && text[at] == '0') {
            continue;
        }
        if (decimal->count < DIGITS_MOST) {
            decimal->digits[decimal->count++] = text[at];
            continue;
        }
        decimal->exponent++;
        if (text[at] != '0') {
            decimal->digits[DIGITS_MOST] = '1';
        }
    }
    return at;
}

/* The digits after 'e' with their sign; 0 where it is broken. */
static size_t take_exponent(const char *text, size_t length, int64_t *ret)
{
    size_t at = 0;
    int negative = 0;
    if (length > 0 && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        at = 1;
    }
    size_t start = at;
    int64_t value = 0;
    for (; at < length && is_digit(text[at]); at++) {
        if (value < EXPONENT_STOP) {
            value = value * 10 + (text[at] - '0');
        }
    }
    *ret = negative ? -value : value;
    return at > start ? at : 0;
}

/* -?D+(.D+)?([eE][+-]?D+)?, all of it. */
static int take_apart(const char *text, size_t length, struct decimal *ret)
{
    ret->negative = length > 0 && text[0] == '-';
    ret->count = 0;
    ret->exponent = 0;
    ret->digits[DIGITS_MOST] = '0';
    size_t at = (size_t)ret->negative;
    size_t whole = take_digits(text + at, length - at, 0, ret);
    at += whole;
    if (whole == 0) {
        return -1;
    }
    if (at < length && text[at] == '.') {
        size_t fraction = take_digits(text + at + 1, length - at - 1, 1, ret);
        if (fraction == 0) {
            return -1;
        }
        at += 1 + fraction;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        int64_t exponent;
        size_t size = take_exponent(text + at + 1, length - at - 1, &exponent);
        if (size == 0) {
            return -1;
        }
        at += 1 + size;
        ret->exponent += exponent;
    }
    return at == length ? 0 : -1;
}

/* Nonzero where both halves are exact doubles. */
static int exactly(const struct decimal *decimal, double *ret)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (decimal->count > 16 || decimal->exponent < -22 || decimal->exponent > 22) {
        return 0;
    }
    uint64_t mantissa = 0;
    for (size_t i = 0; i < decimal->count; i++) {
        mantissa = mantissa * 10 + (uint64_t)(decimal->digits[i] - '0');
    }
    if (mantissa > UINT64_C(1) << 53) {
        return 0;
    }
    double value = (double)mantissa;
    *ret =
        decimal->exponent < 0 ? value / tens[-decimal->exponent] : value * tens[decimal->exponent];
    return 1;
}

static double by_library(struct decimal *decimal)
{
    char text[DIGITS_MOST + 32];
    size_t count = decimal->count;
    int64_t exponent = decimal->exponent;
    if (count == DIGITS_MOST) {
        /* The digit that stands for all that were dropped. */
        count++;
        exponent--;
    }
    memcpy(text, decimal->digits, count);
    (void)snprintf(text + count, sizeof text - count, "e%lld", (long long)exponent);
    int saved = errno;
    double value = strtod(text, NULL);
    errno = saved;
    return value;
}

static int parse_name(const char *text, size_t length, double *ret)
{
    static const struct {
        const char *name;
        double value;
    } names[] = {
        {"NaN", (double)NAN},
        {"+Inf", (double)INFINITY},
        {"-Inf", -(double)INFINITY},
        {"Inf", (double)INFINITY},
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (length == strlen(names[i].name) && memcmp(text, names[i].name, length) == 0) {
            *ret = names[i].value;
            return 0;
        }
    }
    return -1;
}

int cvg_parse_double(const char *text, size_t length, double *ret)
{
    struct decimal decimal;
    if (take_apart(text, length, &decimal) < 0) {
        return parse_name(text, length, ret);
    }
    double value = 0;
    if (decimal.count > 0 && !exactly(&decimal, &value)) {
        int64_t magnitude = decimal.exponent + (int64_t)decimal.count;
        if (magnitude > EXPONENT_MOST) {
            return -1;
        }
        value = magnitude < -EXPONENT_MOST ? 0 : by_library(&decimal);
        if (isinf(value)) {
            return -1;
        }
    }
    *ret = decimal.negative ? -value : value;
    return 0;
}

/* The digits of a positive finite value, rounded to `count` (at most 17), zeros at the end
 * dropped; the value is 0.DIGITS * 10^(*ret_point). */
static void make_digits(double value, int count, char digits[18], int *ret_point)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%.*e", count - 1, value);
    size_t used = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++) {
        if (is_digit(*at) && used < 17) {
            digits[used++] = *at;
        }
    }
    while (used > 1 && digits[used - 1] == '0') {
        used--;
    }
    digits[used] = '\0';
    int64_t exponent = 0;
    if (*at == 'e') {
        take_exponent(at + 1, strlen(at + 1), &exponent);
    }
    *ret_point = (int)exponent + 1;
}

static int reads_back(double value, const char *digits, int point)
{
    struct decimal decimal = {.count = strlen(digits)};
    memcpy(decimal.digits, digits, decimal.count);
    decimal.exponent = point - (int)decimal.count;
    double again;
    if (!exactly(&decimal, &again)) {
        again = by_library(&decimal);
    }
    return again == value;
}

/* One more in the last of `places`. Zeros at the end are dropped; 0 where there are only nines. */
static int count_up(char *digits, size_t places)
{
    size_t count = strlen(digits);
    if (count < places) {
        memset(digits + count, '0', places - count);
        count = places;
    }
    while (count > 0 && digits[count - 1] == '9') {
        count--;
    }
    digits[count] = '\0';
    if (count == 0) {
        return 0;
    }
    digits[count - 1]++;
    return 1;
}

/* The fewest digits that read back. 15 digits always find the shortest text of an ordinary
 * number, where there is one of up to 15; subnormal numbers hold less than that. Above a power of
 * two the doubles lie further apart than below it, so there the text above the nearest one may
 * read back where the nearest does not. */
static void shortest_digits(double value, char digits[18], int *ret_point)
{
    int exponent;
    int power_of_two = frexp(value, &exponent) == 0.5;
    for (int count = value < DBL_MIN ? 1 : 15; count < 17; count++) {
        make_digits(value, count, digits, ret_point);
        if (reads_back(value, digits, *ret_point)) {
            return;
        }
        if (power_of_two && count_up(digits, (size_t)count) &&
            reads_back(value, digits, *ret_point)) {
            return;
        }
    }
    make_digits(value, 17, digits, ret_point);
}

/* Plain between 1e-6 and 1e21, like JSON from Go and JavaScript; else with an exponent. */
static size_t lay_out(int negative, const char *digits, int point, char *ret, size_t size)
{
    const char *sign = negative ? "-" : "";
    int count = (int)strlen(digits);
    int written;
    if (point > 21 || point < -5) {
        written = snprintf(ret, size, "%s%c%s%se%+d", sign, digits[0], count > 1 ? "." : "",
                           digits + 1, point - 1);
    } else if (point <= 0) {
        written = snprintf(ret, size, "%s0.%.*s%s", sign, -point, "00000", digits);
    } else if (point >= count) {
        written =
            snprintf(ret, size, "%s%s%.*s", sign, digits, point - count, "000000000000000000000");
    } else {
        written = snprintf(ret, size, "%s%.*s.%s", sign, point, digits, digits + point);
    }
    return written < 0 ? 0 : (size_t)written;
}

/* places 0: as many as it takes to read back the same. */
static size_t format(double value, int places, char *ret, size_t size)
{
    char digits[18];
    int point;
    if (size == 0) {
        return 0;
    }
    size_t length;
    if (isnan(value)) {
        length = (size_t)snprintf(ret, size, "NaN");
    } else if (isinf(value)) {
        length = (size_t)snprintf(ret, size, "%s", value > 0 ? "+Inf" : "-Inf");
    } else if (value == 0) {
        length = (size_t)snprintf(ret, size, "%s", signbit(value) ? "-0" : "0");
    } else {
        if (places) {
            make_digits(fabs(value), places, digits, &point);
        } else {
            shortest_digits(fabs(value), digits, &point);
        }
        length = lay_out(signbit(value) != 0, digits, point, ret, size);
    }
    return length < size ? length : size - 1;
}

size_t cvg_format_double(double value, char *ret, size_t size)
{
    return format(value, 0, ret, size);
}

size_t cvg_format_rounded(double value, int digits, char *ret, size_t size)
{
    return format(value, digits < 1 ? 1 : digits > 17 ? 17 : digits, ret, size);
}
