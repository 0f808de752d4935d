/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference page as a manual page: the Markdown that describe.c prints, line by line in
 * mdoc(7). It knows no more Markdown than that page has: headings, paragraphs, tables and `code`.
 */
#include "config/describe.h"

#include "base/alloc.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

#define PAGE_LIMIT   ((size_t)16 * 1024 * 1024)
#define CELLS_MOST   4
#define SENTENCE_END ". "
#define COLUMNS      78

static const char head[] = ".\\\" SPDX-License-Identifier: Apache-2.0\n"
                           ".\\\" Printed by convergated --print-manual.\n"
                           ".Dd November 20, 2026\n"
                           ".Dt CONVERGATE.YAML 5\n"
                           ".Os\n"
                           ".Sh NAME\n"
                           ".Nm convergate.yaml\n"
                           ".Nd what a convergence gate watches, and what it asks of it\n"
                           ".Sh DESCRIPTION\n"
                           "The configuration of\n"
                           ".Xr convergated 8 .\n"
                           ".Ql convergated --check\n"
                           "reports all mistakes at once, each with its line and column;\n"
                           ".Ql convergated --print-schema\n"
                           "prints a JSON Schema for editors.\n";

static const char tail[] = ".Sh FILES\n"
                           ".Bl -tag -width Ds\n"
                           ".It Pa /etc/convergate/convergate.yaml\n"
                           "The file that the service reads.\n"
                           ".It Pa /etc/convergate/conf.d/*.yaml\n"
                           "Further ones, in the order of their names.\n"
                           ".El\n"
                           ".Sh EXAMPLES\n"
                           "One environment that asks a Prometheus server:\n"
                           ".Bd -literal -offset indent\n"
                           "sources:\n"
                           "  metrics: {type: prometheus, url: \"http://127.0.0.1:9090\"}\n"
                           "environments:\n"
                           "  prod:\n"
                           "    checks:\n"
                           "      up: {source: metrics, query: \"min(up)\", ready: \"== 1\"}\n"
                           ".Ed\n"
                           ".Sh SEE ALSO\n"
                           ".Xr convergate 1 ,\n"
                           ".Xr convergated 8\n";

/* Whether the line is to be broken at this space, so that the word after it begins the next one. */
static bool breaks(const struct cvg_buf *out, const char *text, size_t at, size_t length)
{
    size_t column = 0, word = 0;

    if (text[at] != ' ' || at + 1 >= length || text[at + 1] == ' ') {
        return false;
    }
    while (column < out->length && out->data[out->length - 1 - column] != '\n') {
        column++;
    }
    while (at + 1 + word < length && text[at + 1 + word] != ' ') {
        word++;
    }
    return column + 1 + word > COLUMNS;
}

/* The text of one line or cell. Each sentence begins a line of its own, as mdoc wants it; nothing
 * at the beginning of a line is taken for a macro. */
static void put_text(struct cvg_buf *out, const char *text, size_t length)
{
    bool code = false, fresh = true;

    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool escaped = c == '\\' && i + 1 < length && text[i + 1] == '|';
        uint32_t character;
        size_t step = cvg_text_decode(text + i, length - i, &character);

        if (fresh && (c == '.' || c == '\'')) {
            cvg_buf_puts(out, "\\&");
        }
        fresh = false;
        if (c == '`') {
            code = !code;
            cvg_buf_puts(out, code ? "\\fB" : "\\fR");
        } else if (escaped) {
            continue;
        } else if (c == '\\') {
            cvg_buf_puts(out, "\\e");
        } else if (c == '-' && code) {
            cvg_buf_puts(out, "\\-");
        } else if (step > 1) {
            cvg_buf_printf(out, "\\[u%04X]", (unsigned)character);
            i += step - 1;
        } else if (!code && i + 2 < length && cvg_text_starts(text + i, SENTENCE_END) &&
                   (isupper((unsigned char)text[i + 2]) || text[i + 2] == '`')) {
            cvg_buf_puts(out, ".\n");
            fresh = true;
            i++;
        } else if (!code && breaks(out, text, i, length)) {
            cvg_buf_putc(out, '\n');
            fresh = true;
        } else {
            cvg_buf_putc(out, c);
        }
    }
}

static void put_line(struct cvg_buf *out, const char *text, size_t length)
{
    put_text(out, text, length);
    cvg_buf_putc(out, '\n');
}

/* "## The file": sections are in capitals, and have no marks. */
static void put_heading(struct cvg_buf *out, const char *line, size_t length)
{
    bool section = cvg_text_starts(line, "## ");
    size_t start = strcspn(line, " ") + 1;

    cvg_buf_puts(out, section ? ".Sh " : ".Ss ");
    for (size_t i = start; i < length; i++) {
        if (line[i] != '`') {
            cvg_buf_putc(out, section ? (char)toupper((unsigned char)line[i]) : line[i]);
        }
    }
    cvg_buf_putc(out, '\n');
}

struct cell {
    const char *text;
    size_t length;
};

/* "| a | b |" */
static size_t split(const char *line, size_t length, struct cell cells[CELLS_MOST])
{
    size_t count = 0, start = 1;

    for (size_t i = 1; i < length && count < CELLS_MOST; i++) {
        if (line[i] == '|' && line[i - 1] != '\\') {
            struct cell *cell = &cells[count++];
            *cell = (struct cell){line + start, i - start};
            while (cell->length && *cell->text == ' ') {
                cell->text++;
                cell->length--;
            }
            while (cell->length && cell->text[cell->length - 1] == ' ') {
                cell->length--;
            }
            start = i + 1;
        }
    }
    return count;
}

/* Of two cells, what it is and how it is written; of four, a key with its type, default, meaning. */
static void put_row(struct cvg_buf *out, const char *line, size_t length)
{
    struct cell cells[CELLS_MOST] = {{0}};
    size_t count = split(line, length, cells);

    if (count < 2) {
        return;
    }
    cvg_buf_puts(out, ".It ");
    put_line(out, cells[0].text, cells[0].length);
    if (count == 2) {
        put_line(out, cells[1].text, cells[1].length);
        return;
    }
    cvg_buf_putc(out, '(');
    put_text(out, cells[1].text, cells[1].length);
    if (cells[2].length) {
        cvg_buf_puts(out, cells[2].text[0] == '`' ? "; default " : "; ");
        put_text(out, cells[2].text, cells[2].length);
    }
    cvg_buf_puts(out, ")\n.br\n");
    put_line(out, cells[3].text, cells[3].length);
}

/* What stood before decides whether a list is to be opened or closed. */
struct place {
    bool table;     /* within one */
    bool heading;   /* right below one: no paragraph is to be begun */
    bool paragraph; /* one ended before */
};

static void put_body_line(struct cvg_buf *out, const char *line, size_t length, struct place *place)
{
    bool row = length && line[0] == '|';

    if (place->table && !row) {
        cvg_buf_puts(out, ".El\n");
        place->table = false;
    }
    if (length == 0) {
        place->paragraph = true;
    } else if (cvg_text_starts(line, "|---")) {
        cvg_buf_puts(out, ".Bl -tag -width Ds\n");
        place->table = true;
    } else if (row && place->table) {
        put_row(out, line, length);
    } else if (line[0] == '#') {
        put_heading(out, line, length);
        place->heading = true;
    } else if (!row) { /* a row before the dashes is the table's heading */
        if (place->paragraph && !place->heading) {
            cvg_buf_puts(out, ".Pp\n");
        }
        place->paragraph = place->heading = false;
        put_line(out, line, length);
    }
}

/* The page's title and first paragraph tell of the page itself; the manual has its own. */
static const char *skip_introduction(const char *page)
{
    for (int blank = 0; blank < 2; blank++) {
        const char *end = strstr(page, "\n\n");
        page = end ? end + 2 : page + strlen(page);
    }
    return page;
}

int cvg_describe_manual(const struct cvg_kinds *kinds, struct cvg_buf *ret)
{
    struct cvg_buf page CVG_CLEANUP(cvg_buf_done) = CVG_BUF_INIT(PAGE_LIMIT);
    struct place place = {.paragraph = true};

    if (cvg_describe_reference(kinds, &page) < 0) {
        return -1;
    }
    cvg_buf_puts(ret, head);
    for (const char *line = skip_introduction(cvg_buf_text(&page)); *line;) {
        size_t length = strcspn(line, "\n");
        put_body_line(ret, line, length, &place);
        line += length + (line[length] == '\n');
    }
    cvg_buf_puts(ret, place.table ? ".El\n" : "");
    cvg_buf_puts(ret, tail);
    return ret->overflow ? -1 : 0;
}
