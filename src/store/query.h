/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of recorded rows. Pages go from the newest to the oldest; a page's cursor is the
 * place of its last row, so that rows that come meanwhile move nothing. Plain data, borrowed; NULL
 * and 0 are "any".
 */
#ifndef CVG_STORE_QUERY_H
#define CVG_STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most rows of a page. */
#define CVG_STORE_PAGE 500

struct cvg_record_query {
    const char *id;
    /* Any of these; NULL: all. With count 0 and the array not NULL nothing matches. */
    const char *const *environments;
    size_t environment_count;
    const char *gate, *app, *revision, *verdict;
    const char *action;  /* CVG_RECORD_DECISION: decisions only; NULL: everything */
    int64_t from, until; /* wall: from <= at < until */
    uint64_t before;     /* cursor: number below this */
    size_t limit;        /* rows; 0: CVG_STORE_PAGE */
    bool without_body;
};

/* A place in history, which is ordered by time and then by number. */
struct cvg_change_cursor {
    int64_t at;
    uint64_t number; /* 0: from the newest */
};

struct cvg_change_query {
    const char *environment; /* required */
    uint32_t kinds;          /* bits, 1 << enum cvg_change_kind; 0: all */
    const char *name;
    int64_t from, until;
    struct cvg_change_cursor before;
    size_t limit;
};

#endif
