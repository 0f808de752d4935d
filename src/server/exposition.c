/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the text format, with label values escaped. */
#include "server/exposition.h"

#include "base/time.h"

#include <convergate/number.h>

#include <inttypes.h>
#include <string.h>

void cvg_exposition_family(struct cvg_buf *buf, const char *name, const char *type,
                           const char *help)
{
    cvg_buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_escaped(struct cvg_buf *buf, const char *text)
{
    for (const char *at = text; *at;) {
        size_t plain = strcspn(at, "\\\"\n");
        cvg_buf_add(buf, at, plain);
        at += plain;
        if (*at) {
            cvg_buf_putc(buf, '\\');
            cvg_buf_putc(buf, *at == '\n' ? 'n' : *at);
            at++;
        }
    }
}

static void put_series(struct cvg_buf *buf, const char *name,
                       const struct cvg_exposition_label *labels, size_t label_count)
{
    cvg_buf_puts(buf, name);
    for (size_t i = 0; i < label_count; i++) {
        cvg_buf_putc(buf, i ? ',' : '{');
        cvg_buf_puts(buf, labels[i].name);
        cvg_buf_puts(buf, "=\"");
        put_escaped(buf, labels[i].value);
        cvg_buf_putc(buf, '"');
    }
    cvg_buf_puts(buf, label_count ? "} " : " ");
}

void cvg_exposition_sample(struct cvg_buf *buf, const char *name,
                           const struct cvg_exposition_label *labels, size_t label_count,
                           double value)
{
    char text[CVG_NUMBER_TEXT];

    put_series(buf, name, labels, label_count);
    cvg_buf_add(buf, text, cvg_format_double(value, text, sizeof(text)));
    cvg_buf_putc(buf, '\n');
}

void cvg_exposition_count(struct cvg_buf *buf, const char *name,
                          const struct cvg_exposition_label *labels, size_t label_count,
                          uint64_t value)
{
    put_series(buf, name, labels, label_count);
    cvg_buf_printf(buf, "%" PRIu64 "\n", value);
}

void cvg_exposition_one(struct cvg_buf *buf, const char *name, const char *type, const char *help,
                        double value)
{
    cvg_exposition_family(buf, name, type, help);
    cvg_exposition_sample(buf, name, NULL, 0, value);
}

double cvg_exposition_seconds(int64_t ns)
{
    return (double)ns / (double)CVG_SECOND;
}
