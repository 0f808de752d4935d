/* SPDX-License-Identifier: Apache-2.0 */
/* Output of monitoring plugins; see nagios.h. */
#include "nagios.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

struct cursor {
    const char *at, *end;
};

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *find(const char *at, const char *end, char wanted)
{
    const char *found = at < end ? memchr(at, wanted, (size_t)(end - at)) : NULL;
    return found == NULL ? end : found;
}

struct cvg_exec_piece cvg_exec_nagios_message(const char *out, size_t length)
{
    const char *end = find(out, out + length, '\n');
    end = find(out, end, '|');
    while (end > out && is_blank(end[-1])) {
        end--;
    }
    return (struct cvg_exec_piece){out, (size_t)(end - out)};
}

/* At the end of a label, which is not looked past. */
static int ends_label(const struct cursor *cursor, int quoted)
{
    char c = *cursor->at;
    if (quoted) {
        return c == '\'' && (cursor->end - cursor->at < 2 || cursor->at[1] != '\'');
    }
    return c == '=' || is_blank(c) || c == '\'';
}

/* A quoted label has '' for each ' in it. -1: not well-formed. */
static int read_label(struct cursor *cursor, char ret[CVG_EXEC_LABEL])
{
    size_t length = 0;
    int quoted = cursor->at < cursor->end && *cursor->at == '\'';
    cursor->at += quoted;
    while (cursor->at < cursor->end && !ends_label(cursor, quoted)) {
        char c = *cursor->at;
        cursor->at += c == '\'' ? 2 : 1;
        if (c == '\n' || c == '\0' || length + 1 >= CVG_EXEC_LABEL) {
            return -1;
        }
        ret[length++] = c;
    }
    ret[length] = '\0';
    if (quoted && (cursor->at >= cursor->end || *cursor->at++ != '\'')) {
        return -1;
    }
    return length > 0 && cursor->at < cursor->end && *cursor->at++ == '=' ? 0 : -1;
}

/* How much of the text is a number: "-1.5", "3e-05". */
static size_t number_length(const char *text, size_t length)
{
    size_t at = length > 0 && text[0] == '-';
    size_t digits = at;
    while (at < length && (is_digit(text[at]) || text[at] == '.')) {
        at++;
    }
    if (at == digits) {
        return 0;
    }
    size_t power = at;
    if (power < length && (text[power] == 'e' || text[power] == 'E')) {
        power++;
        power += power < length && (text[power] == '-' || text[power] == '+');
        size_t first = power;
        while (power < length && is_digit(text[power])) {
            power++;
        }
        at = power > first ? power : at;
    }
    return at;
}

int cvg_exec_nagios_number(const struct cvg_exec_piece *piece, double *ret)
{
    char room[48] = "";
    size_t sign = piece->length > 0 && piece->text[0] == '-';
    size_t length = piece->length - sign;
    if (length == 0 || length + 2 >= sizeof(room) ||
        number_length(piece->text, piece->length) != piece->length) {
        return -1;
    }
    (void)snprintf(room, sizeof(room), "%s%s%.*s", sign ? "-" : "",
                   piece->text[sign] == '.' ? "0" : "", (int)length, piece->text + sign);
    length = strlen(room);
    length -= room[length - 1] == '.';
    return cvg_parse_double(room, length, ret);
}

static int is_number(const struct cvg_exec_piece *piece)
{
    double value = 0;
    return cvg_exec_nagios_number(piece, &value) == 0;
}

/* [@][start:][end], start "~" or a number. */
static int is_range(struct cvg_exec_piece piece)
{
    if (piece.length > 0 && piece.text[0] == '@') {
        piece.text++;
        piece.length--;
    }
    const char *end = piece.text + piece.length;
    const char *colon = find(piece.text, end, ':');
    struct cvg_exec_piece first = {piece.text, (size_t)(colon - piece.text)};
    if (colon == end) {
        return is_number(&first);
    }
    struct cvg_exec_piece last = {colon + 1, (size_t)(end - colon - 1)};
    int open = first.length == 0 || (first.length == 1 && first.text[0] == '~');
    return (open || is_number(&first)) && (last.length == 0 || is_number(&last));
}

static int read_value(struct cvg_exec_piece piece, struct cvg_exec_perf *ret)
{
    if (piece.length == 1 && piece.text[0] == 'U') {
        return 0;
    }
    size_t length = number_length(piece.text, piece.length);
    ret->value = (struct cvg_exec_piece){piece.text, length};
    ret->unit = (struct cvg_exec_piece){piece.text + length, piece.length - length};
    for (size_t i = 0; i < ret->unit.length; i++) {
        char c = ret->unit.text[i];
        if (is_digit(c) || c == '\'' || c == '"' || c == '=' || c == '.' || c == ',' || c == '-') {
            return -1;
        }
    }
    return length > 0 && ret->unit.length <= 16 && is_number(&ret->value) ? 0 : -1;
}

/* value[UNIT];[warn];[crit];[min];[max], up to a blank. */
static int read_fields(struct cursor *cursor, struct cvg_exec_perf *ret)
{
    struct cvg_exec_piece *const optional[] = {&ret->warn, &ret->crit, &ret->min, &ret->max};
    const char *end = cursor->at;
    while (end < cursor->end && !is_blank(*end)) {
        end++;
    }
    const char *at = cursor->at;
    cursor->at = end;
    const char *stop = find(at, end, ';');
    if (read_value((struct cvg_exec_piece){at, (size_t)(stop - at)}, ret) < 0) {
        return -1;
    }
    for (size_t i = 0; stop < end; i++) {
        if (i >= sizeof(optional) / sizeof(optional[0])) {
            return stop + 1 == end ? 0 : -1; /* many end with one more ';' */
        }
        at = stop + 1;
        stop = find(at, end, ';');
        struct cvg_exec_piece piece = {at, (size_t)(stop - at)};
        if (piece.length > 0 && !(i < 2 ? is_range(piece) : is_number(&piece))) {
            return -1;
        }
        *optional[i] = piece;
    }
    return 0;
}

struct reading {
    int (*each)(void *arg, const struct cvg_exec_perf *perf);
    void *arg;
    size_t wrong;
    int enough;
};

static void read_items(struct reading *reading, const char *text, const char *end)
{
    struct cursor cursor = {text, end};
    while (!reading->enough) {
        while (cursor.at < end && is_blank(*cursor.at)) {
            cursor.at++;
        }
        if (cursor.at >= end) {
            return;
        }
        struct cvg_exec_perf perf = {.label = ""};
        if (read_label(&cursor, perf.label) == 0 && read_fields(&cursor, &perf) == 0) {
            reading->enough = reading->each(reading->arg, &perf);
            continue;
        }
        reading->wrong++;
        while (cursor.at < end && !is_blank(*cursor.at)) {
            cursor.at++;
        }
    }
}

size_t cvg_exec_nagios_perf(const char *out, size_t length,
                            int (*each)(void *arg, const struct cvg_exec_perf *perf), void *arg)
{
    struct reading reading = {.each = each, .arg = arg};
    const char *end = out + length;
    const char *line = find(out, end, '\n');
    const char *bar = find(out, line, '|');
    if (bar < line) {
        read_items(&reading, bar + 1, line);
    }
    bar = line < end ? find(line + 1, end, '|') : end;
    if (bar < end) {
        read_items(&reading, bar + 1, end);
    }
    return reading.wrong;
}
