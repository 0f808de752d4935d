/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions on a number; see condition.h. */
#include "kit/condition.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

static const char not_a_condition[] =
    "is not a condition: write a comparison such as \"< 0.01\" or \">= 3\", or a range such as "
    "\"0.2..0.8\"";
static const char not_a_number[] =
    "needs a plain number behind the comparison, such as 0.01 (no unit, no %)";

/* A finite number between blanks. */
static int parse_number(const char *text, size_t length, double *ret)
{
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    double value = 0;
    if (cvg_parse_double(text, length, &value) < 0 || !isfinite(value)) {
        return -1;
    }
    *ret = value;
    return 0;
}

static const char *parse_range(const char *text, const char *dots, struct cvg_kit_condition *ret)
{
    struct cvg_kit_condition range = {0};
    if (parse_number(text, (size_t)(dots - text), &range.low) < 0 ||
        parse_number(dots + 2, strlen(dots + 2), &range.high) < 0) {
        return "needs a plain number at both ends of the range, such as \"0.2..0.8\"";
    }
    if (range.low > range.high) {
        return "is a range whose first end is above its second";
    }
    *ret = range;
    return NULL;
}

const char *cvg_kit_condition_parse(const char *text, struct cvg_kit_condition *ret)
{
    text += strspn(text, " \t");
    size_t length = strspn(text, "<>=!");
    if (length == 0) {
        const char *dots = strstr(text, "..");
        return dots == NULL ? not_a_condition : parse_range(text, dots, ret);
    }
    static const char *const comparisons[] = {"<", "<=", ">", ">=", "==", "!="};
    size_t which = 0;
    const size_t count = sizeof(comparisons) / sizeof(comparisons[0]);
    while (which < count && (strlen(comparisons[which]) != length ||
                             memcmp(comparisons[which], text, length) != 0)) {
        which++;
    }
    if (which == count) {
        return not_a_condition;
    }
    double number = 0;
    if (parse_number(text + length, strlen(text + length), &number) < 0) {
        return not_a_number;
    }
    int below = which < 2;
    int above = which == 2 || which == 3;
    *ret = (struct cvg_kit_condition){
        .low = below ? -(double)INFINITY : number,
        .high = above ? (double)INFINITY : number,
        .low_open = which == 2,
        .high_open = which == 0,
        .outside = which == 5,
    };
    return NULL;
}

int cvg_kit_condition_holds(const struct cvg_kit_condition *condition, double value)
{
    if (isnan(value)) {
        return 0;
    }
    int inside = (condition->low_open ? value > condition->low : value >= condition->low) &&
                 (condition->high_open ? value < condition->high : value <= condition->high);
    return condition->outside ? !inside : inside;
}

double cvg_kit_condition_distance(const struct cvg_kit_condition *condition, double value)
{
    if (condition->outside) {
        return 0;
    }
    if (value < condition->low) {
        return condition->low - value;
    }
    /* An end that is not in the interval is not away from it, nor is NaN. */
    return value > condition->high ? value - condition->high : 0;
}

int cvg_kit_condition_covers(const struct cvg_kit_condition *outer,
                             const struct cvg_kit_condition *inner)
{
    if (outer->outside || inner->outside) {
        return 0;
    }
    int low = outer->low < inner->low ||
              (!(outer->low > inner->low) && (!outer->low_open || inner->low_open));
    int high = outer->high > inner->high ||
               (!(outer->high < inner->high) && (!outer->high_open || inner->high_open));
    return low && high;
}
