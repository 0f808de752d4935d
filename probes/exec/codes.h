/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exit code means: one of two tables that are in wide use, and over it what the operator wrote
 * for single codes, ranges and the rest. Pure; any thread.
 */
#ifndef CVG_EXEC_CODES_H
#define CVG_EXEC_CODES_H

#include <convergate/field.h>

#include <stdint.h>

enum cvg_exec_table {
    CVG_EXEC_SCRIPT = 0, /* 0 ready, 75 progressing, else failed */
    CVG_EXEC_NAGIOS      /* 0, 1, 2, 3: ready, degraded, failed, unknown, else unknown */
};

/* "ready", "progressing", "degraded", "failed", "unknown". 0, or -1 and *ret as it was. */
int cvg_exec_status_read(const char *word, size_t length, uint32_t *ret);
/* NULL, or what is wrong with an entry of `codes`: a code or range ("0", "3-9", "default") and a
 * word. */
const char *cvg_exec_codes_check(const struct cvg_pair *entry);
/* enum cvg_status. overrides: struct cvg_pair, all of which are good; a single code beats a range,
 * that `default`, which is not for a 0, and all
 * of them the table. *ret_named: 0 where only the rest of a table says it. */
uint32_t cvg_exec_codes_status(const struct cvg_list *overrides, uint32_t table, int32_t code,
                               int *ret_named);

#endif
