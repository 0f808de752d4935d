/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants as RFC 3339 text, reckoned in the proleptic Gregorian calendar without the system's
 * zone data, so that no TZ variable and no lock of the C library is touched. Pure; any thread.
 */
#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define DAY    INT64_C(86400)

/* Days from 1970-01-01. The year begins in March, so that the leap day is its last one. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_from_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    *ret_month = (int)(month < 10 ? month + 3 : month - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* `count` digits with a value from `least` to `most`. */
static int take_number(const char *text, size_t count, int least, int most, int *ret)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        value = value * 10 + (text[i] - '0');
    }
    *ret = value;
    return value < least || value > most ? -1 : 0;
}

/* ".123": nanoseconds and the bytes taken. Without a point nothing is taken. */
static int take_fraction(const char *text, size_t length, int64_t *ret_ns, size_t *ret_taken)
{
    int64_t ns = 0, unit = SECOND;
    size_t at = 0;
    if (length > 0 && text[0] == '.') {
        for (at = 1; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
            unit /= 10;
            if (unit == 0) {
                return -1;
            }
            ns += unit * (text[at] - '0');
        }
        if (at == 1) {
            return -1;
        }
    }
    *ret_ns = ns;
    *ret_taken = at;
    return 0;
}

/* "Z" or "+hh:mm", all of it; seconds east of Greenwich. */
static int take_offset(const char *text, size_t length, int64_t *ret)
{
    int hours, minutes;
    if (length == 1 && (text[0] == 'Z' || text[0] == 'z')) {
        *ret = 0;
        return 0;
    }
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        take_number(text + 1, 2, 0, 23, &hours) < 0 ||
        take_number(text + 4, 2, 0, 59, &minutes) < 0) {
        return -1;
    }
    *ret = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
    return 0;
}

int cvg_parse_time(const char *text, size_t length, int64_t *ret_ns)
{
    int year, month, day, hour, minute, second;
    if (length < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':' || take_number(text, 4, 1970, 2261, &year) < 0 ||
        take_number(text + 5, 2, 1, 12, &month) < 0 ||
        take_number(text + 8, 2, 1, days_in_month(year, month), &day) < 0 ||
        take_number(text + 11, 2, 0, 23, &hour) < 0 ||
        take_number(text + 14, 2, 0, 59, &minute) < 0 ||
        take_number(text + 17, 2, 0, 60, &second) < 0) {
        return -1;
    }
    int64_t fraction, offset;
    size_t taken;
    if (take_fraction(text + 19, length - 19, &fraction, &taken) < 0 ||
        take_offset(text + 19 + taken, length - 19 - taken, &offset) < 0) {
        return -1;
    }
    int64_t seconds =
        days_from_date(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    /* A leap second ends a day of UTC; anywhere else ":60" is a mistake. */
    if ((second == 60 && seconds % DAY != 0) || seconds < 0) {
        return -1;
    }
    *ret_ns = seconds * SECOND + fraction;
    return 0;
}

size_t cvg_format_time(int64_t wall_ns, int digits, char *ret, size_t size)
{
    int64_t seconds = wall_ns / SECOND, ns = wall_ns % SECOND;
    if (ns < 0) {
        ns += SECOND;
        seconds--;
    }
    int64_t days = seconds / DAY, of_day = seconds % DAY;
    if (of_day < 0) {
        of_day += DAY;
        days--;
    }
    int64_t year;
    int month, day;
    date_from_days(days, &year, &month, &day);
    char fraction[16] = "";
    int places = 0;
    int64_t unit = SECOND;
    for (; places < digits && places < 9; places++) {
        unit /= 10;
    }
    if (places > 0) {
        (void)snprintf(fraction, sizeof fraction, ".%0*lld", places, (long long)(ns / unit));
    }
    if (size == 0) {
        return 0;
    }
    size_t length = (size_t)snprintf(ret, size, "%04lld-%02d-%02dT%02d:%02d:%02d%sZ",
                                     (long long)year, month, day, (int)(of_day / 3600),
                                     (int)(of_day / 60 % 60), (int)(of_day % 60), fraction);
    return length < size ? length : size - 1;
}
