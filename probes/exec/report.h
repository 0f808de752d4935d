/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program writes with `output: json`: one object, each key of which may be left out.
 *
 *   {"status": "ready", "message": "12 of 12", "revision": "0042", "value": 12,
 *    "facts": {"version": "0042", "pending": 0}}
 *
 * Read strictly: anything else in it makes all of it invalid. Pure; any thread.
 */
#ifndef CVG_EXEC_REPORT_H
#define CVG_EXEC_REPORT_H

#include "kit/finding.h"

#define CVG_EXEC_NO_STATUS  UINT32_MAX
#define CVG_EXEC_FACTS_MOST 48
#define CVG_EXEC_REVISION   256

struct cvg_exec_report {
    uint32_t status;     /* enum cvg_status, or CVG_EXEC_NO_STATUS */
    const char *message; /* in the finding; NULL */
};

/* Facts, value and revision go to the finding. 0; -1, and wrong says what is wrong with it, without
 * words of it; the finding may have a part of it then. */
int cvg_exec_report_read(const char *text, size_t length, struct cvg_kit_finding *finding,
                         struct cvg_exec_report *ret, char *wrong, size_t size);

#endif
