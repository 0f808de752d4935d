/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing buffers. Invariant: data is NULL and capacity 0, or length < capacity and
 * data[length] is NUL. `limit` counts bytes without that NUL.
 */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cvg_buf_done(struct cvg_buf *buf)
{
    free(buf->data);
    buf->data = NULL;
    buf->length = buf->capacity = 0;
    buf->overflow = false;
}

void cvg_buf_clear(struct cvg_buf *buf)
{
    buf->length = 0;
    buf->overflow = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

/* Room for `more` bytes and the NUL, or -1 and the sticking error. */
static int reserve(struct cvg_buf *buf, size_t more)
{
    if (buf->overflow || more > buf->limit - buf->length || more >= SIZE_MAX - buf->length) {
        buf->overflow = true;
        return -1;
    }
    size_t need = buf->length + more + 1;
    if (need > buf->capacity) {
        size_t grown = buf->capacity > SIZE_MAX / 2 ? need : buf->capacity * 2;
        size_t capacity = CVG_MAX(CVG_MAX(need, grown), 64);
        buf->data = cvg_realloc_array(buf->data, capacity, 1);
        buf->capacity = capacity;
    }
    return 0;
}

int cvg_buf_add(struct cvg_buf *buf, const void *bytes, size_t length)
{
    if (reserve(buf, length) < 0) {
        return -1;
    }
    if (length) {
        memcpy(buf->data + buf->length, bytes, length);
    }
    buf->length += length;
    buf->data[buf->length] = '\0';
    return 0;
}

int cvg_buf_puts(struct cvg_buf *buf, const char *text)
{
    return cvg_buf_add(buf, text, strlen(text));
}

int cvg_buf_putc(struct cvg_buf *buf, char byte)
{
    return cvg_buf_add(buf, &byte, 1);
}

int cvg_buf_printf(struct cvg_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    int result = -1;
    if (length < 0) {
        buf->overflow = true;
    } else if (reserve(buf, (size_t)length) == 0) {
        (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
        buf->length += (size_t)length;
        result = 0;
    }
    va_end(again);
    return result;
}

const char *cvg_buf_text(const struct cvg_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *cvg_buf_take(struct cvg_buf *buf, size_t *ret_length)
{
    char *data = buf->data ? buf->data : cvg_strndup("", 0);
    if (ret_length) {
        *ret_length = buf->length;
    }
    buf->data = NULL;
    cvg_buf_done(buf);
    return data;
}
