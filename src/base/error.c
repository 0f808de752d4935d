/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as plain values: written by the function that fails, read at the edge. Any thread. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Ends a text that vsnprintf had to cut with "...", not in the middle of a UTF-8 character. */
static void mark_cut(char *text, size_t size, int wanted)
{
    if (wanted < 0 || (size_t)wanted < size || size < 4) {
        return;
    }
    size_t end = size - 4;
    while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80) {
        end--;
    }
    memcpy(text + end, "...", 4);
}

static CVG_PRINTF(3, 0) void set_text(struct cvg_error *error, int code, const char *format,
                                      va_list args)
{
    /* Written aside first: the arguments may point into this very error. */
    char text[CVG_ERROR_TEXT];
    int wanted = vsnprintf(text, sizeof text, format, args);
    mark_cut(text, sizeof text, wanted);
    memset(error, 0, sizeof *error);
    error->code = code;
    memcpy(error->text, text, sizeof text);
}

int cvg_error_set(struct cvg_error *reterr, int code, const char *format, ...)
{
    if (reterr) {
        va_list args;
        va_start(args, format);
        set_text(reterr, code, format, args);
        va_end(args);
    }
    return code;
}

int cvg_error_set_errno(struct cvg_error *reterr, int errnum, const char *format, ...)
{
    if (reterr) {
        va_list args;
        va_start(args, format);
        set_text(reterr, CVG_E_IO, format, args);
        va_end(args);
        char words[128];
        const char *reason = strerror_r(errnum, words, sizeof words);
        size_t length = strlen(reterr->text), room = sizeof reterr->text - length;
        mark_cut(reterr->text, sizeof reterr->text,
                 (int)length + snprintf(reterr->text + length, room, ": %s", reason));
    }
    return CVG_E_IO;
}

int cvg_error_prefix(struct cvg_error *error, const char *format, ...)
{
    if (!error) {
        return CVG_E_INVALID;
    }
    char text[CVG_ERROR_TEXT];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length >= 0 && (size_t)length < sizeof text) {
        length += snprintf(text + length, sizeof text - (size_t)length, ": %s", error->text);
    }
    mark_cut(text, sizeof text, length);
    memcpy(error->text, text, sizeof text);
    return error->code;
}
