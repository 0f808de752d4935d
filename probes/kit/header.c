/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a header, reading a date; see header.h. */
#include "kit/header.h"

#include <convergate/number.h>

#include <string.h>
#include <strings.h>

#define DATE_LENGTH 29

const char *cvg_kit_header(const char *headers, const char *name, size_t *ret_length)
{
    size_t name_length = strlen(name);
    for (const char *line = headers; line != NULL && *line != '\0';) {
        size_t length = strcspn(line, "\r\n");
        if (length > name_length && line[name_length] == ':' &&
            strncasecmp(line, name, name_length) == 0) {
            const char *value = line + name_length + 1;
            value += strspn(value, " \t");
            const char *end = line + length;
            while (end > value && (end[-1] == ' ' || end[-1] == '\t')) {
                end--;
            }
            *ret_length = (size_t)(end - value);
            return value;
        }
        line += length + strspn(line + length, "\r\n");
    }
    return NULL;
}

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

/* Put into the order that the reader of times knows. */
int cvg_kit_http_date(const char *text, size_t length, int64_t *ret_ns)
{
    char ordered[] = "YYYY-MM-DDThh:mm:ssZ";
    int month = length == DATE_LENGTH ? month_of(text + 8) : 0;
    if (month == 0 || memcmp(text + 25, " GMT", 4) != 0) {
        return -1;
    }
    memcpy(ordered, text + 12, 4);
    ordered[5] = (char)('0' + month / 10);
    ordered[6] = (char)('0' + month % 10);
    memcpy(ordered + 8, text + 5, 2);
    memcpy(ordered + 11, text + 17, 8);
    return cvg_parse_time(ordered, sizeof(ordered) - 1, ret_ns);
}
