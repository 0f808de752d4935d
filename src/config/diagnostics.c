/* SPDX-License-Identifier: Apache-2.0 */
/* The list of what is wrong with a configuration. One owner, no locks. */
#include "config/diagnostics.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "config/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One problem's text: long enough for every sentence of ours, short enough for a terminal. */
#define TEXT_MOST 1024

void cvg_diagnostics_done(struct cvg_diagnostics *diagnostics)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        free(diagnostics->items[i].file);
        free(diagnostics->items[i].text);
        free(diagnostics->items[i].use);
    }
    free(diagnostics->items);
    *diagnostics = (struct cvg_diagnostics){0};
}

void cvg_diagnostics_use(struct cvg_diagnostics *diagnostics, const struct cvg_use *use)
{
    diagnostics->use = use;
}

static char *use_text(const struct cvg_use *use)
{
    return cvg_format("environment '%s', %s:%u:%u", use->name,
                      use->node->file ? use->node->file : "", use->node->line, use->node->column);
}

/* The same problem of another use of the template, or NULL. */
static struct cvg_diagnostic *same_elsewhere(struct cvg_diagnostics *diagnostics,
                                             const struct cvg_diagnostic *place, const char *text)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        struct cvg_diagnostic *item = &diagnostics->items[i];
        if (item->use && item->line == place->line && item->column == place->column &&
            cvg_text_equal(item->file, place->file) && cvg_text_equal(item->text, text)) {
            return item;
        }
    }
    return NULL;
}

static void add(struct cvg_diagnostics *diagnostics, const struct cvg_diagnostic *place,
                const struct cvg_use *use, const char *format, va_list args) CVG_PRINTF(4, 0);

/* `place` lends its file; text is made here. use NULL: not in a template. */
static void add(struct cvg_diagnostics *diagnostics, const struct cvg_diagnostic *place,
                const struct cvg_use *use, const char *format, va_list args)
{
    char text[TEXT_MOST];
    diagnostics->errors += place->warning ? 0 : 1;
    (void)vsnprintf(text, sizeof text, format, args);
    struct cvg_diagnostic *same = use ? same_elsewhere(diagnostics, place, text) : NULL;
    if (same) {
        same->more++;
        return;
    }
    if (diagnostics->count == CVG_DIAGNOSTICS_LIMIT) {
        diagnostics->dropped++;
        return;
    }
    CVG_GROW(diagnostics->items, diagnostics->count, diagnostics->capacity);
    struct cvg_diagnostic *item = &diagnostics->items[diagnostics->count++];
    *item = *place;
    item->file = cvg_strdup(place->file);
    item->text = cvg_strdup(text);
    item->use = use ? use_text(use) : NULL;
}

static const struct cvg_use *use_of(const struct cvg_diagnostics *diagnostics,
                                    const struct cvg_node *node)
{
    return node && node->templated ? diagnostics->use : NULL;
}

static struct cvg_diagnostic place_of(const struct cvg_node *node, char **ret_file)
{
    *ret_file = node && node->file ? cvg_strdup(node->file) : NULL;
    return (struct cvg_diagnostic){
        .file = *ret_file, .line = node ? node->line : 0, .column = node ? node->column : 0};
}

void cvg_diagnostics_error(struct cvg_diagnostics *diagnostics, const struct cvg_node *node,
                           const char *format, ...)
{
    CVG_CLEANUP(cvg_free_pointer) char *file = NULL;
    struct cvg_diagnostic place = place_of(node, &file);
    va_list args;
    va_start(args, format);
    add(diagnostics, &place, use_of(diagnostics, node), format, args);
    va_end(args);
}

void cvg_diagnostics_warning(struct cvg_diagnostics *diagnostics, const struct cvg_node *node,
                             const char *format, ...)
{
    CVG_CLEANUP(cvg_free_pointer) char *file = NULL;
    struct cvg_diagnostic place = place_of(node, &file);
    place.warning = true;
    va_list args;
    va_start(args, format);
    add(diagnostics, &place, use_of(diagnostics, node), format, args);
    va_end(args);
}

void cvg_diagnostics_at(struct cvg_diagnostics *diagnostics, const char *file, unsigned line,
                        unsigned column, const char *format, ...)
{
    CVG_CLEANUP(cvg_free_pointer) char *copy = cvg_strdup(file);
    struct cvg_diagnostic place = {.file = copy, .line = line, .column = column};
    va_list args;
    va_start(args, format);
    add(diagnostics, &place, NULL, format, args);
    va_end(args);
}

static int compare(const void *a, const void *b)
{
    const struct cvg_diagnostic *left = a, *right = b;
    int order = strcmp(left->file ? left->file : "", right->file ? right->file : "");
    if (order == 0 && left->line != right->line) {
        order = left->line < right->line ? -1 : 1;
    }
    if (order == 0 && left->column != right->column) {
        order = left->column < right->column ? -1 : 1;
    }
    /* qsort is not stable; the text makes the order the same each time. */
    return order ? order : strcmp(left->text, right->text);
}

static void print_use(const struct cvg_diagnostic *item, FILE *out)
{
    if (item->use && item->more) {
        (void)fprintf(out, " (template used by %s, and %zu more)", item->use, item->more);
    } else if (item->use) {
        (void)fprintf(out, " (template used by %s)", item->use);
    }
}

void cvg_diagnostics_print(struct cvg_diagnostics *diagnostics, FILE *out)
{
    if (diagnostics->count) {
        qsort(diagnostics->items, diagnostics->count, sizeof *diagnostics->items, compare);
    }
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct cvg_diagnostic *item = &diagnostics->items[i];
        const char *level = item->warning ? "warning" : "error";
        if (out == stderr) {
            fputs(cvg_log_priority(item->warning ? CVG_LOG_WARNING : CVG_LOG_ERROR), out);
        }
        if (item->file && item->line) {
            (void)fprintf(out, "%s:%u:%u: ", item->file, item->line, item->column);
        } else if (item->file) {
            (void)fprintf(out, "%s: ", item->file);
        }
        (void)fprintf(out, "%s: %s", level, item->text);
        print_use(item, out);
        (void)fputc('\n', out);
    }
    if (diagnostics->dropped) {
        (void)fprintf(out, "and %zu more\n", diagnostics->dropped);
    }
}
