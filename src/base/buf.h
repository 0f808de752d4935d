/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing byte buffer that is born with a ceiling. Going over it is an error that sticks
 * (`overflow`), never a silent cut: the bytes that did not fit are dropped whole.
 * One owner, no locks.
 */
#ifndef CVG_BASE_BUF_H
#define CVG_BASE_BUF_H

#include "base/macros.h"

#include <stdbool.h>
#include <stdint.h>

struct cvg_buf {
    char *data; /* owned; NUL after length; NULL while empty */
    size_t length, capacity, limit;
    bool overflow;
};

#define CVG_BUF_INIT(ceiling)                                                                      \
    {                                                                                              \
        .limit = (ceiling)                                                                         \
    }

void cvg_buf_done(struct cvg_buf *buf); /* frees; the buffer may be used again */
void cvg_buf_clear(struct cvg_buf *buf);
/* 0, or -1 over the limit. */
int cvg_buf_add(struct cvg_buf *buf, const void *bytes, size_t length);
int cvg_buf_puts(struct cvg_buf *buf, const char *text);
int cvg_buf_putc(struct cvg_buf *buf, char byte);
int cvg_buf_printf(struct cvg_buf *buf, const char *format, ...) CVG_PRINTF(2, 3);
/* The text, "" while empty. Lives until the next change. */
const char *cvg_buf_text(const struct cvg_buf *buf);
/* Hands the memory over to the caller (free it), and starts empty. Never NULL. */
char *cvg_buf_take(struct cvg_buf *buf, size_t *ret_length);

#endif
