/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line to stderr for a person who can act on it: logfmt with a "<priority>" prefix when
 * stderr is the journal (JOURNAL_STREAM matches), a time stamp otherwise.
 *
 *   cvg_log(CVG_LOG_WARNING, "source unavailable", "source", "metrics", "after", "2s", NULL);
 *   => level=warning msg="source unavailable" source=metrics after=2s
 *
 * Keys and values alternate and end with a NULL key; a NULL value leaves its pair out. Values are
 * quoted and escaped where needed, control characters too. Safe from any thread; a line is written
 * by one write(2) and is at most 8 KiB long, cut with "..." where it does not fit. Only the edges
 * (daemon, decide, server, module host, client) log above debug; the rest returns errors.
 */
#ifndef CVG_BASE_LOG_H
#define CVG_BASE_LOG_H

#include <convergate/module.h>

#include <stdbool.h>

/* Threshold, set once at start. Default CVG_LOG_INFO. */
void cvg_log_set_level(enum cvg_log_level level);
bool cvg_log_enabled(enum cvg_log_level level);
void cvg_log(enum cvg_log_level level, const char *message, ...) __attribute__((sentinel));

/* "<3>" and the like where stderr is the journal, else "": for lines that another form is better
 * for than logfmt. */
const char *cvg_log_priority(enum cvg_log_level level);

/* Repeated trouble is told once, then at growing gaps (1 m, 2 m, 4 m ... 1 h), then "recovered".
 * Zeroed at start; the owner keeps one for each thing that can be in trouble. */
struct cvg_complaint {
    int64_t since, next, gap;
    uint64_t count;
};

/* True when this occurrence is to be logged now. */
bool cvg_complaint_raise(struct cvg_complaint *complaint, int64_t now);
/* True when there was trouble: log "recovered" with the count since. */
bool cvg_complaint_clear(struct cvg_complaint *complaint, uint64_t *ret_count);

#endif
