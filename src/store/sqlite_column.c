/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns of a row, taken strictly. A file that was damaged, or edited by somebody, may hold any type
 * and any length anywhere; SQLite's accessors convert silently, so the type is asked first.
 */
#include "store/sqlite.h"

#include <string.h>

static bool is(struct cvg_columns *columns, int at, int type)
{
    if (!columns->wrong && sqlite3_column_type(columns->statement, at) != type) {
        columns->wrong = true;
    }
    return !columns->wrong;
}

/* The length of a text or of bytes; 0 and wrong where it is over the limit. */
static size_t length_of(struct cvg_columns *columns, int at, size_t limit)
{
    int length = sqlite3_column_bytes(columns->statement, at);

    if (length < 0 || (size_t)length > limit) {
        columns->wrong = true;
        return 0;
    }
    return (size_t)length;
}

int64_t cvg_column_int(struct cvg_columns *columns, int at)
{
    return is(columns, at, SQLITE_INTEGER) ? sqlite3_column_int64(columns->statement, at) : 0;
}

const char *cvg_column_body(struct cvg_columns *columns, int at, size_t limit, size_t *ret_length)
{
    *ret_length = 0;
    if (!is(columns, at, SQLITE_TEXT)) {
        return "";
    }
    const char *text = (const char *)sqlite3_column_text(columns->statement, at);
    size_t length = length_of(columns, at, limit);

    if (!text || columns->wrong) {
        columns->wrong = true;
        return "";
    }
    *ret_length = length;
    return text;
}

const char *cvg_column_text(struct cvg_columns *columns, int at, size_t limit)
{
    size_t length;
    const char *text = cvg_column_body(columns, at, limit, &length);

    if (strlen(text) != length) {
        columns->wrong = true;
        return "";
    }
    return text;
}

const void *cvg_column_bytes(struct cvg_columns *columns, int at, size_t limit, size_t *ret_length)
{
    *ret_length = 0;
    if (!is(columns, at, SQLITE_BLOB)) {
        return "";
    }
    const void *bytes = sqlite3_column_blob(columns->statement, at);
    size_t length = length_of(columns, at, limit);

    if (columns->wrong || !bytes) {
        return "";
    }
    *ret_length = length;
    return bytes;
}

void cvg_column_fixed(struct cvg_columns *columns, int at, unsigned char *ret, size_t length)
{
    size_t got;
    const void *bytes = cvg_column_bytes(columns, at, length, &got);

    if (got != length) {
        columns->wrong = true;
        memset(ret, 0, length);
        return;
    }
    memcpy(ret, bytes, length);
}
