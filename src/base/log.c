/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log. The threshold is the only state, an atomic that is set once at start. Whether stderr
 * is the journal is asked for each line: stderr may be replaced, and lines are rare.
 */
#include "base/log.h"

#include "base/macros.h"
#include "base/text.h"
#include "base/time.h"

#include <convergate/number.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MOST 8192
/* Kept free at the end for a value's closing quote, the dots, and the newline. */
#define LINE_TAIL 5

#define GAP_FIRST CVG_MINUTE
#define GAP_MOST  (60 * CVG_MINUTE)

struct line {
    size_t length;
    bool cut;  /* something did not fit: nothing more is added */
    bool open; /* within quotes */
    char text[LINE_MOST];
};

static _Atomic int threshold = CVG_LOG_INFO;

void cvg_log_set_level(enum cvg_log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

bool cvg_log_enabled(enum cvg_log_level level)
{
    return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

static void add(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || line->length + length > LINE_MOST - LINE_TAIL) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static bool needs_quotes(const char *value)
{
    size_t length = strlen(value);
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t step = cvg_text_decode(value + at, length - at, &character);
        if (step == 0 || !cvg_text_is_printable(character) || strchr(" =\"\\", value[at])) {
            return true;
        }
        at += step;
    }
    return length == 0;
}

/* What may not stand there as it is: quotes, backslashes, unprintable characters, stray bytes. */
static void add_escaped(struct line *line, const char *bytes, size_t length)
{
    char escape[4 * 4 + 1];
    size_t used = 0;
    switch (bytes[0]) {
    case '"':
        add_text(line, "\\\"");
        return;
    case '\\':
        add_text(line, "\\\\");
        return;
    case '\n':
        add_text(line, "\\n");
        return;
    case '\t':
        add_text(line, "\\t");
        return;
    default:
        for (size_t i = 0; i < length; i++) {
            used += (size_t)snprintf(escape + used, sizeof escape - used, "\\x%02x",
                                     (unsigned)(unsigned char)bytes[i]);
        }
        add(line, escape, used);
    }
}

static void add_value(struct line *line, const char *value)
{
    bool quoted = needs_quotes(value);
    if (quoted) {
        add_text(line, "\"");
        line->open = !line->cut;
    }
    size_t length = strlen(value);
    for (size_t at = 0; at < length && !line->cut;) {
        uint32_t character;
        size_t step = cvg_text_decode(value + at, length - at, &character);
        if (step && cvg_text_is_printable(character) && value[at] != '"' && value[at] != '\\') {
            add(line, value + at, step);
        } else {
            add_escaped(line, value + at, step ? step : 1);
        }
        at += step ? step : 1;
    }
    if (quoted && !line->cut) {
        line->text[line->length++] = '"';
        line->open = false;
    }
}

/* LINE_TAIL is kept free for this, so that even a cut line ends as it must. */
static void finish(struct line *line)
{
    if (line->cut) {
        memcpy(line->text + line->length, "...", 3);
        line->length += 3;
    }
    if (line->open) {
        line->text[line->length++] = '"';
    }
    line->text[line->length++] = '\n';
}

/* systemd sets JOURNAL_STREAM to "device:inode" of the stream that it connected; a child that was
 * given another stderr inherits the variable too, hence the comparison. */
static bool stderr_is_journal(void)
{
    /* Nobody writes the environment: setenv() is banned. */
    const char *stream = getenv("JOURNAL_STREAM"); /* NOLINT(concurrency-mt-unsafe) */
    struct stat st;
    if (!stream || fstat(STDERR_FILENO, &st) != 0) {
        return false;
    }
    char mine[64];
    (void)snprintf(mine, sizeof mine, "%" PRIuMAX ":%" PRIuMAX, (uintmax_t)st.st_dev,
                   (uintmax_t)st.st_ino);
    return strcmp(stream, mine) == 0;
}

const char *cvg_log_priority(enum cvg_log_level level)
{
    if (!stderr_is_journal()) {
        return "";
    }
    switch (level) {
    case CVG_LOG_ERROR:
        return "<3>";
    case CVG_LOG_WARNING:
        return "<4>";
    case CVG_LOG_INFO:
        return "<6>";
    case CVG_LOG_DEBUG:
        break;
    }
    return "<7>";
}

static const char *level_name(enum cvg_log_level level)
{
    switch (level) {
    case CVG_LOG_ERROR:
        return "error";
    case CVG_LOG_WARNING:
        return "warning";
    case CVG_LOG_INFO:
        return "info";
    case CVG_LOG_DEBUG:
        break;
    }
    return "debug";
}

static void begin(struct line *line, enum cvg_log_level level)
{
    char head[CVG_NUMBER_TEXT];
    line->length = 0;
    line->cut = line->open = false;
    const char *priority = cvg_log_priority(level);
    if (*priority) {
        add_text(line, priority);
    } else {
        cvg_format_time(cvg_time_wall(), 3, head, sizeof head);
        add_text(line, head);
        add_text(line, " ");
    }
    add_text(line, "level=");
    add_text(line, level_name(level));
}

void cvg_log(enum cvg_log_level level, const char *message, ...)
{
    if (!cvg_log_enabled(level)) {
        return;
    }
    int saved = errno;
    struct line line;
    begin(&line, level);
    add_text(&line, " msg=");
    add_value(&line, message);
    va_list args;
    va_start(args, message);
    for (const char *key; (key = va_arg(args, const char *));) {
        const char *value = va_arg(args, const char *);
        if (value) {
            add_text(&line, " ");
            add_text(&line, key);
            add_text(&line, "=");
            add_value(&line, value);
        }
    }
    va_end(args);
    finish(&line);
    /* Where stderr is gone there is nobody left to tell. */
    ssize_t written = write(STDERR_FILENO, line.text, line.length);
    (void)written;
    errno = saved;
}

bool cvg_complaint_raise(struct cvg_complaint *complaint, int64_t now)
{
    if (complaint->count++ == 0) {
        complaint->since = now;
        complaint->gap = GAP_FIRST;
    } else if (now < complaint->next) {
        return false;
    } else {
        complaint->gap = CVG_MIN(complaint->gap * 2, GAP_MOST);
    }
    complaint->next = now + complaint->gap;
    return true;
}

bool cvg_complaint_clear(struct cvg_complaint *complaint, uint64_t *ret_count)
{
    if (complaint->count == 0) {
        return false;
    }
    if (ret_count) {
        *ret_count = complaint->count;
    }
    *complaint = (struct cvg_complaint){0};
    return true;
}
