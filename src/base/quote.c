/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON. DEL needs no escape, and gets one: people look at what is written here. */
#include "base/quote.h"

void cvg_quote_json(struct cvg_buf *out, const char *text)
{
    cvg_buf_putc(out, '"');
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\') {
            cvg_buf_putc(out, '\\');
            cvg_buf_putc(out, *c);
        } else if (byte == '\n') {
            cvg_buf_puts(out, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            cvg_buf_printf(out, "\\u%04x", byte);
        } else {
            cvg_buf_putc(out, *c);
        }
    }
    cvg_buf_putc(out, '"');
}
