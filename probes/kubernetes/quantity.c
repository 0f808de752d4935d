/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sign, digits with a point among them, and a suffix that is a power of ten, a power of two or
 * an exponent. All of it is done in whole numbers: the digits as one number, the point as a power
 * of ten to divide by. Digits beyond what the number holds only matter for rounding up.
 */
#include "quantity.h"

#include <stddef.h>
#include <string.h>

/* Any exponent beyond this is either zero or saturated whatever the digits are. */
#define EXPONENT_MOST 100

__extension__ typedef unsigned __int128 wide;

static const wide wide_most = ~(wide)0;

struct reading {
    const char *at;
    wide digits;  /* the leading ones, as one number */
    int exponent; /* of ten, that digits are to be multiplied with */
    int inexact;  /* a digit other than 0 was left away */
    int power;    /* of two */
};

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* -1: there is no digit. */
static int read_digits(struct reading *reading)
{
    int seen = 0, point = 0;
    for (;; reading->at++) {
        char byte = *reading->at;
        if (byte == '.' && !point) {
            point = 1;
            continue;
        }
        if (!is_digit(byte)) {
            return seen ? 0 : -1;
        }
        seen = 1;
        if (reading->digits < wide_most / 10 - 10) {
            reading->digits = reading->digits * 10 + (unsigned)(byte - '0');
            reading->exponent -= point;
        } else {
            reading->inexact |= byte != '0';
            reading->exponent += !point;
        }
        if (reading->exponent > EXPONENT_MOST || reading->exponent < -EXPONENT_MOST) {
            return -1;
        }
    }
}

/* "e3", "E-2"; a bare "E" is a suffix. -1: it is no exponent. */
static int read_exponent(struct reading *reading)
{
    const char *at = reading->at + 1;
    int negative = *at == '-', value = 0;
    at += *at == '-' || *at == '+';
    if (!is_digit(*at)) {
        return -1;
    }
    for (; is_digit(*at); at++) {
        value = value * 10 + (*at - '0');
        value = value > EXPONENT_MOST ? EXPONENT_MOST : value;
    }
    reading->exponent += negative ? -value : value;
    reading->at = at;
    return 0;
}

static int read_suffix(struct reading *reading)
{
    static const struct suffix {
        const char *text;
        int exponent, power;
    } suffixes[] = {
        {"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},
        {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
        {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
    };

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strcmp(reading->at, suffixes[i].text) == 0) {
            reading->exponent += suffixes[i].exponent;
            reading->power = suffixes[i].power;
            return 0;
        }
    }
    if (*reading->at != 'e' && *reading->at != 'E') {
        return -1;
    }
    return read_exponent(reading) == 0 && *reading->at == '\0' ? 0 : -1;
}

/* digits * 10^exponent * 2^power, rounded up; INT64_MAX where it is more. */
static int64_t evaluate(const struct reading *reading)
{
    wide value = reading->digits;
    int exponent = reading->exponent, power = reading->power, inexact = reading->inexact;
    if (value == 0) {
        return inexact;
    }
    for (; power > 0 && value <= wide_most / 2; power--) {
        value *= 2;
    }
    for (; exponent > 0 && value <= wide_most / 10; exponent--) {
        value *= 10;
    }
    if (exponent > 0) {
        return INT64_MAX;
    }
    for (; exponent < 0 && (value > 0 || power > 0); exponent++) {
        inexact |= value % 10 != 0;
        value /= 10;
        for (; power > 0 && value <= wide_most / 2; power--) {
            value *= 2;
        }
    }
    if (power > 0 || value >= INT64_MAX) {
        return INT64_MAX;
    }
    return (int64_t)value + (inexact ? 1 : 0);
}

int cvg_kube_quantity_milli(const char *text, int64_t *ret)
{
    struct reading reading = {.at = text, .exponent = 3};
    int negative = text[0] == '-';
    reading.at += text[0] == '-' || text[0] == '+';
    if (read_digits(&reading) < 0 || read_suffix(&reading) < 0) {
        return -1;
    }
    int64_t value = evaluate(&reading);
    if (negative) {
        value = value == INT64_MAX ? INT64_MIN : -value;
    }
    *ret = value;
    return 0;
}
