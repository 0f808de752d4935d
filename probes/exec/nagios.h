/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The output of monitoring plugins, by their guidelines:
 *
 *   TEXT | 'label'=value[UNIT];[warn];[crit];[min];[max] ...
 *   LONG TEXT ...
 *   LONG TEXT | more performance data
 *   more performance data ...
 *
 * An item that is not well-formed is counted and left out: its neighbours are still good. Nothing here
 * allocates or looks at the locale. Any thread.
 */
#ifndef CVG_EXEC_NAGIOS_H
#define CVG_EXEC_NAGIOS_H

#include <stddef.h>

#define CVG_EXEC_LABEL 64

/* A piece of the output. */
struct cvg_exec_piece {
    const char *text;
    size_t length;
};

struct cvg_exec_perf {
    char label[CVG_EXEC_LABEL];  /* unquoted */
    struct cvg_exec_piece value; /* a number, as it stands; length 0: not determined ("U") */
    struct cvg_exec_piece unit;
    struct cvg_exec_piece warn, crit; /* ranges: "10", "10:", "~:10", "@5:9" */
    struct cvg_exec_piece min, max;   /* numbers */
};

/* A number as plugins write it: "-1.5", ".5", "5.", "007". 0 or -1. */
int cvg_exec_nagios_number(const struct cvg_exec_piece *piece, double *ret);
/* The first line, up to the performance data. */
struct cvg_exec_piece cvg_exec_nagios_message(const char *out, size_t length);
/* Each well-formed item in its order, until `each` returns nonzero. Returns how many were not
 * well-formed. */
size_t cvg_exec_nagios_perf(const char *out, size_t length,
                            int (*each)(void *arg, const struct cvg_exec_perf *perf), void *arg);

#endif
